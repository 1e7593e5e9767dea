//! [`IdentityHeaders`]: the headers that tell the service who makes a request.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::str::FromStr;

use bytes::BytesMut;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate::gate::Identity;
use tollgate::sign_in::Session;
use tollgate_core::UnixTime;

use super::claim_pointer::{ClaimPointer, Claims};
use super::field_name::{self, FieldNameError};
use super::token_source::TokenSources;

/// The maximum number of headers in the table `[headers]`. Servers accept about 100 header fields.
const MAX_CONFIGURED: usize = 32;

/// Whom the headers are about: what a token or a session says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Person<'a> {
    pub(crate) subject: Option<&'a str>,
    pub(crate) scope: Option<&'a str>,
    pub(crate) client: Option<&'a str>,
    pub(crate) issuer: Option<&'a str>,
    pub(crate) audience: Option<&'a str>,
    pub(crate) expires: Option<UnixTime>,
    /// The access token of a session.
    pub(crate) access_token: Option<&'a str>,
    /// All claims: a JSON object.
    pub(crate) claims: &'a str,
    /// Whether `email` counts without `email_verified`.
    pub(crate) trusts_email: bool,
}

impl<'a> Person<'a> {
    pub(crate) fn of_token(identity: &'a Identity) -> Self {
        Self {
            subject: identity.subject(),
            scope: identity.scope(),
            client: identity.client(),
            issuer: identity.issuer(),
            audience: identity.audience(),
            expires: identity.expires(),
            access_token: None,
            claims: identity.as_json(),
            trusts_email: false,
        }
    }

    pub(crate) fn of_session(session: &'a Session) -> Self {
        Self {
            subject: Some(session.subject()),
            scope: session.scope(),
            issuer: Some(session.issuer()),
            expires: Some(session.ends()),
            claims: session.as_json(),
            trusts_email: session.trusts_unverified_email(),
            ..Self::default()
        }
    }
}

/// The headers of every response that lets a request pass.
#[derive(Clone, Debug)]
pub(crate) struct IdentityHeaders(Vec<IdentityHeader>);

#[derive(Clone, Debug)]
struct IdentityHeader {
    name: HeaderName,
    source: Source,
    is_percent_encoded: bool,
}

/// Where the value of a header comes from.
#[derive(Clone, Debug)]
enum Source {
    Subject,
    Scope,
    Client,
    Issuer,
    /// The audience that the policy matched.
    Audience,
    Expires,
    /// The access token of a session. A request with a bearer token carries its own.
    AccessToken,
    Claim(ClaimPointer),
}

/// The headers that every response has.
const FIXED: [(HeaderName, Source); 6] = [
    (HeaderName::from_static("x-auth-request-user"), Source::Subject),
    (HeaderName::from_static("x-auth-request-scope"), Source::Scope),
    (HeaderName::from_static("x-auth-request-client"), Source::Client),
    (HeaderName::from_static("x-auth-request-issuer"), Source::Issuer),
    (HeaderName::from_static("x-auth-request-audience"), Source::Audience),
    (HeaderName::from_static("x-auth-request-expires"), Source::Expires),
];

const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-auth-request-access-token");

impl IdentityHeaders {
    /// Checks the table `[headers]` and the setting `percent_encode_identity`.
    ///
    /// # Errors
    ///
    /// A name or a pointer is invalid.
    pub(crate) fn new(
        table: &BTreeMap<String, String>,
        percent_encoded: &PercentEncoded,
        sources: &TokenSources,
        passes_access_token: bool,
    ) -> Result<Self, IdentityHeaderError> {
        if table.len() > MAX_CONFIGURED {
            return Err(IdentityHeaderError::TooMany);
        }
        let access_token = passes_access_token.then_some((ACCESS_TOKEN, Source::AccessToken));
        let mut headers: Vec<_> = FIXED.into_iter().chain(access_token).collect();
        for (name, pointer) in table {
            let of_name = |error| IdentityHeaderError::Name { name: name.clone(), error };
            let parsed = field_name::parse(name).map_err(of_name)?;
            if headers.iter().any(|(other, _)| *other == parsed) {
                return Err(IdentityHeaderError::Twice(name.clone()));
            }
            if sources.include_header(&parsed) {
                return Err(IdentityHeaderError::TokenSource(name.clone()));
            }
            let pointer = ClaimPointer::parse(pointer).ok_or_else(|| {
                IdentityHeaderError::Pointer { name: name.clone(), pointer: pointer.clone() }
            })?;
            headers.push((parsed, Source::Claim(pointer)));
        }
        let listed: &[String] = match percent_encoded {
            PercentEncoded::All(_) => &[],
            PercentEncoded::Listed(names) => names,
        };
        let is_listed = |name: &HeaderName| {
            listed.iter().any(|listed| listed.eq_ignore_ascii_case(name.as_str()))
        };
        let is_known = |listed: &&String| {
            headers.iter().any(|(name, _)| listed.eq_ignore_ascii_case(name.as_str()))
        };
        if let Some(unknown) = listed.iter().find(|listed| !is_known(listed)) {
            return Err(IdentityHeaderError::Unknown(unknown.clone()));
        }
        let headers = headers.into_iter().map(|(name, source)| {
            let is_percent_encoded =
                matches!(percent_encoded, PercentEncoded::All(true)) || is_listed(&name);
            IdentityHeader { name, source, is_percent_encoded }
        });
        Ok(Self(headers.collect()))
    }

    /// Whether a header carries the access token of a session.
    pub(crate) fn has_access_token(&self) -> bool {
        self.0.iter().any(|header| matches!(header.source, Source::AccessToken))
    }

    /// The names of all headers, which no client may set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().map(|header| &header.name)
    }

    /// The headers for a user, or for a request that needs none.
    ///
    /// All of them are present, empty if the token has no such value, so that they always overwrite headers of
    /// the same names that a client sent.
    ///
    /// # Errors
    ///
    /// A header cannot carry a value.
    pub(crate) fn of(&self, person: Option<&Person<'_>>) -> Result<HeaderMap, Uncarried> {
        // With room for the Content-Length that axum adds.
        let mut headers = HeaderMap::with_capacity(self.0.len().saturating_add(1));
        let mut claims = None;
        // One allocation for all values. Most of them are parts of the claims.
        let mut values = BytesMut::with_capacity(person.map_or(0, |it| it.claims.len()));
        for header in &self.0 {
            match (person, &header.source) {
                (None, _) => {}
                (Some(person), Source::Claim(pointer)) => {
                    let claims = claims.get_or_insert_with(|| Claims::read(person.claims));
                    let value = header.claim(pointer, claims, person.trusts_email)?;
                    values.extend_from_slice(value.as_bytes());
                }
                (Some(person), Source::Expires) => {
                    // Writing to memory does not fail.
                    let _ = person.expires.map(|expires| write!(values, "{expires}"));
                }
                (Some(person), source) => {
                    let text = source.text(person).unwrap_or_default();
                    values.extend_from_slice(header.text(text.into())?.as_bytes());
                }
            }
            let value = HeaderValue::from_maybe_shared(values.split().freeze())
                .map_err(|_| header.uncarried(UncarriedKind::Characters))?;
            headers.insert(&header.name, value);
        }
        Ok(headers)
    }
}

impl Default for IdentityHeaders {
    /// The headers that every response has, not percent-encoded.
    fn default() -> Self {
        let headers = FIXED.into_iter();
        let header = |(name, source)| IdentityHeader { name, source, is_percent_encoded: false };
        Self(headers.map(header).collect())
    }
}

impl IdentityHeader {
    /// The value of a claim. An absent claim, null and objects make an empty header.
    fn claim<'a>(
        &self,
        pointer: &ClaimPointer,
        claims: &Claims<'a>,
        trusts_email: bool,
    ) -> Result<Cow<'a, str>, Uncarried> {
        // Some issuers let users write any address (OIDC Core §5.7).
        let is_verified =
            || trusts_email || claims.get("email_verified").is_some_and(|it| it.get() == "true");
        if pointer.claim() == "email" && !is_verified() {
            return Ok(Cow::default());
        }
        let Some(value) = pointer.find(claims) else { return Ok(Cow::default()) };
        if !value.get().starts_with('[') {
            return self.text(scalar(value).unwrap_or_default());
        }
        let elements: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
        let elements = elements.into_iter().map(scalar).collect::<Option<Vec<_>>>();
        let elements = elements.unwrap_or_default();
        let elements = elements.into_iter().map(|element| self.element(element));
        Ok(elements.collect::<Result<Vec<_>, _>>()?.join(",").into())
    }

    /// An element of an array. A comma in it would make two of it.
    fn element<'a>(&self, text: Cow<'a, str>) -> Result<Cow<'a, str>, Uncarried> {
        let is_ambiguous = text.contains(',') || text.trim().len() != text.len();
        if is_ambiguous && !self.is_percent_encoded {
            return Err(self.uncarried(UncarriedKind::Element));
        }
        self.text(text)
    }

    /// A value that every server reads in the same way: visible ASCII, with spaces only inside.
    fn text<'a>(&self, text: Cow<'a, str>) -> Result<Cow<'a, str>, Uncarried> {
        if self.is_percent_encoded {
            return Ok(percent_encoded(&text).into());
        }
        let is_trimmed = text.trim_matches(' ').len() == text.len();
        if is_trimmed && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            Ok(text)
        } else {
            Err(self.uncarried(UncarriedKind::Characters))
        }
    }

    fn uncarried(&self, kind: UncarriedKind) -> Uncarried {
        let claim = match &self.source {
            Source::Subject => "/sub".to_owned(),
            Source::Scope => "/scope".to_owned(),
            Source::Client => "/client_id or /azp".to_owned(),
            Source::Issuer => "/iss".to_owned(),
            Source::Audience => "/aud".to_owned(),
            Source::Expires => "/exp".to_owned(),
            Source::AccessToken => "access_token".to_owned(),
            Source::Claim(pointer) => pointer.to_string(),
        };
        Uncarried { header: self.name.clone(), claim, kind }
    }
}

impl Source {
    /// The text that is known without reading the claims.
    fn text<'a>(&self, person: &Person<'a>) -> Option<&'a str> {
        match self {
            Self::Subject => person.subject,
            Self::Scope => person.scope,
            Self::Client => person.client,
            Self::Issuer => person.issuer,
            Self::Audience => person.audience,
            Self::AccessToken => person.access_token,
            Self::Expires | Self::Claim(_) => None,
        }
    }
}

/// The text of a string, a number or a boolean; numbers as the token writes them.
fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(value.get()).ok().map(Cow::Owned),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.get().into()),
    }
}

/// Percent-encodes all but visible ASCII (RFC 3986 §2.1), and `%` and `,`, so that each value has one reading.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' if !matches!(byte, b'%' | b',') => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The setting `percent_encode_identity`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "give true, false, or a list of header names")]
pub(crate) enum PercentEncoded {
    /// All identity headers, or none.
    All(bool),
    /// Those with these names.
    Listed(Vec<String>),
}

impl Default for PercentEncoded {
    fn default() -> Self {
        Self::All(false)
    }
}

impl FromStr for PercentEncoded {
    type Err = Infallible;

    /// Reads `true`, `false`, or names with spaces between them.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let names = || text.split_whitespace().map(str::to_owned).collect();
        Ok(text.parse().map_or_else(|_| Self::Listed(names()), Self::All))
    }
}

/// A value that a header cannot carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uncarried {
    header: HeaderName,
    claim: String,
    kind: UncarriedKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UncarriedKind {
    Characters,
    Element,
}

impl Uncarried {
    /// The stable name of the reason (kebab-case).
    pub(crate) const fn reason(&self) -> &'static str {
        match self.kind {
            UncarriedKind::Characters => "identity-not-ascii",
            UncarriedKind::Element => "identity-ambiguous",
        }
    }

    /// Which header, which claim, and which setting decides: for the operator.
    pub(crate) fn explanation(&self) -> String {
        let Self { header, claim, kind } = self;
        let what = match kind {
            UncarriedKind::Characters => {
                "it contains characters other than visible ASCII, or white space at an end"
            }
            UncarriedKind::Element => {
                "an element of the array contains a comma, or white space at an end"
            }
        };
        format!(
            "the header {header} cannot carry the claim {claim}: {what}. Set percent_encode_identity for this \
             header, and decode it in the service"
        )
    }
}

/// Why the table `[headers]` or `percent_encode_identity` is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdentityHeaderError {
    #[error("headers: there are more than {MAX_CONFIGURED}. Remove some")]
    TooMany,
    #[error("headers: {name:?}: {error}")]
    Name { name: String, error: FieldNameError },
    #[error("headers: {0:?} is listed twice, since names have no case. Remove one of them")]
    Twice(String),
    #[error("headers: {0:?} carries the token (token_from). Choose another name")]
    TokenSource(String),
    #[error(
        "headers: {name:?}: {pointer:?} is not a JSON Pointer to a claim (RFC 6901). Write one like \"/email\" \
         or \"/realm_access/roles\""
    )]
    Pointer { name: String, pointer: String },
    #[error(
        "percent_encode_identity: {0:?} is no identity header. Name one of the table [headers], or one such as \
         \"X-Auth-Request-User\""
    )]
    Unknown(String),
}
