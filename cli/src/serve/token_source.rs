//! [`TokenSources`]: where in a request a token may be, the setting `token_from`.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use serde::{Deserialize, Deserializer};
use tollgate_core::{BearerToken, Rejection};

use super::cookie;
use super::field_name::{self, FieldNameError};

/// The places in which a request may carry its token. All others are ignored.
#[derive(Clone, Debug)]
pub(crate) struct TokenSources(Vec<TokenSource>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum TokenSource {
    /// The Authorization header, with the scheme Bearer (RFC 6750 §2.1).
    Authorization,
    /// A header, with or without a scheme before the token.
    Header { name: HeaderName, scheme: Option<String> },
    /// A cookie, whose value is the token.
    Cookie { name: String },
}

/// A token in a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundToken<'h> {
    pub(crate) token: BearerToken<'h>,
    /// Whether a browser may have sent the token without the user's intent.
    pub(crate) is_from_cookie: bool,
}

impl TokenSources {
    /// Checks the setting.
    ///
    /// # Errors
    ///
    /// The list is empty, or one of its sources is invalid or listed twice.
    pub(crate) fn new(raw: Vec<RawTokenSource>) -> Result<Self, TokenSourceError> {
        let mut sources = Vec::new();
        for raw in raw {
            let source = TokenSource::try_from(raw)?;
            if sources.iter().any(|other| source.is_at_the_place_of(other)) {
                return Err(TokenSourceError::Twice(source.to_string()));
            }
            sources.push(source);
        }
        if sources.is_empty() { Err(TokenSourceError::Empty) } else { Ok(Self(sources)) }
    }

    /// Finds the one token of a request.
    ///
    /// # Errors
    ///
    /// There is no token, more than one, or one that is malformed.
    pub(crate) fn find<'h>(&self, headers: &'h HeaderMap) -> Result<FoundToken<'h>, TokenError> {
        let mut found = None;
        for source in &self.0 {
            if let Some(value) = source.value(headers)?
                && found.replace((source, value)).is_some()
            {
                return Err(TokenError::Repeated);
            }
        }
        let (source, value) = found.ok_or(match self.0.as_slice() {
            [TokenSource::Authorization] => TokenError::Rejected(Rejection::AuthorizationMissing),
            _ => TokenError::Missing,
        })?;
        let is_from_cookie = matches!(source, TokenSource::Cookie { .. });
        Ok(FoundToken { token: source.token(value)?, is_from_cookie })
    }

    /// Whether no source of the request has a value.
    pub(crate) fn are_silent(&self, headers: &HeaderMap) -> bool {
        self.0.iter().all(|source| matches!(source.value(headers), Ok(None)))
    }

    /// Whether one of the sources is a cookie.
    pub(crate) fn include_a_cookie(&self) -> bool {
        self.0.iter().any(|source| matches!(source, TokenSource::Cookie { .. }))
    }

    /// Whether a source is the header with this name.
    pub(crate) fn include_header(&self, header: &HeaderName) -> bool {
        let is_it = |source: &TokenSource| matches!(source, TokenSource::Header { name, .. } if name == header);
        self.0.iter().any(is_it)
    }

    /// The headers that are sources, besides Authorization and Cookie.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().filter_map(|source| match source {
            TokenSource::Header { name, .. } => Some(name),
            TokenSource::Authorization | TokenSource::Cookie { .. } => None,
        })
    }

    /// Whether one of the sources is the Authorization header.
    pub(crate) fn include_authorization(&self) -> bool {
        self.0.contains(&TokenSource::Authorization)
    }
}

impl Default for TokenSources {
    /// The Authorization header.
    fn default() -> Self {
        Self(vec![TokenSource::Authorization])
    }
}

impl TokenSource {
    /// What the source holds; `None` if that is nothing but white space.
    fn value<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h [u8]>, TokenError> {
        let value = match self {
            Self::Authorization => the_only(headers, &AUTHORIZATION)
                .map_err(|Repeated| TokenError::Rejected(Rejection::AuthorizationRepeated))?,
            Self::Header { name, .. } => {
                the_only(headers, name).map_err(|Repeated| TokenError::Repeated)?
            }
            Self::Cookie { name } => {
                cookie::find(headers, name).map_err(|cookie::Repeated| TokenError::Repeated)?
            }
        };
        Ok(value.filter(|value| !value.trim_ascii().is_empty()))
    }

    /// Parses what the source holds.
    fn token<'h>(&self, value: &'h [u8]) -> Result<BearerToken<'h>, TokenError> {
        let token = match self {
            Self::Authorization => BearerToken::from_header_value(value),
            Self::Header { scheme: Some(scheme), .. } => {
                BearerToken::from_token68(after_scheme(value, scheme)?)
            }
            Self::Header { scheme: None, .. } | Self::Cookie { .. } => {
                BearerToken::from_token68(value)
            }
        };
        token.map_err(TokenError::Rejected)
    }

    /// Whether both read the same header or cookie.
    fn is_at_the_place_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Header { name, .. }, Self::Header { name: other, .. }) => name == other,
            _ => self == other,
        }
    }
}

/// A header occurs more than once.
struct Repeated;

fn the_only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, Repeated> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|value| value.as_bytes())),
        (_, Some(_)) => Err(Repeated),
    }
}

/// `credentials = auth-scheme [ 1*SP token68 ]` (RFC 9110 §11.4). The scheme is compared without case.
fn after_scheme<'h>(value: &'h [u8], scheme: &str) -> Result<&'h [u8], TokenError> {
    let mut words = value.splitn(2, |byte| *byte == b' ');
    let found = words.next().unwrap_or_default();
    let mut token = words.next().unwrap_or_default();
    while let [b' ', rest @ ..] = token {
        token = rest;
    }
    if found.is_empty() || token.is_empty() {
        Err(TokenError::Malformed)
    } else if !found.eq_ignore_ascii_case(scheme.as_bytes()) {
        Err(TokenError::AnotherScheme)
    } else {
        Ok(token)
    }
}

/// Why a request has no token that can be judged. It repeats nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// As a gate rejects it.
    #[error("{0}")]
    Rejected(Rejection),
    #[error("the request carries no token")]
    Missing,
    #[error("the request carries a token more than once")]
    Repeated,
    #[error("the header with the token is not of the form: SCHEME TOKEN")]
    Malformed,
    #[error("the scheme before the token is not the expected one")]
    AnotherScheme,
}

impl TokenError {
    /// The same fault of an Authorization header.
    pub(crate) const fn as_rejection(self) -> Rejection {
        match self {
            Self::Rejected(rejection) => rejection,
            Self::Missing => Rejection::AuthorizationMissing,
            Self::Repeated => Rejection::AuthorizationRepeated,
            Self::Malformed => Rejection::AuthorizationMalformed,
            Self::AnotherScheme => Rejection::SchemeNotBearer,
        }
    }

    /// The stable name of the reason (kebab-case).
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Repeated => "token-repeated",
            other => other.as_rejection().reason(),
        }
    }

    /// The HTTP status of the response: 400 for a token that is given more than once (RFC 6750 §3.1).
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Repeated => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

/// A source as in the file, or as a flag: `authorization`, `header=NAME`, `header=NAME:SCHEME` or
/// `cookie=NAME`.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "give \"authorization\", { header = \"X-Token\" }, { header = \"X-Token\", scheme = \
                 \"Bearer\" }, { cookie = \"session\" }, or a list of these"
)]
pub(crate) enum RawTokenSource {
    Text(String),
    Header { header: String, scheme: Option<String> },
    Cookie { cookie: String },
}

/// Reads the setting as in the file: one source or a list.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<RawTokenSource>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "give \"authorization\", { header = \"X-Token\" }, { header = \"X-Token\", scheme = \
                     \"Bearer\" }, { cookie = \"session\" }, or a list of these"
    )]
    enum OneOrMany {
        One(RawTokenSource),
        Many(Vec<RawTokenSource>),
    }
    Ok(Some(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    }))
}

impl FromStr for RawTokenSource {
    type Err = TokenSourceError;

    fn from_str(text: &str) -> Result<Self, TokenSourceError> {
        match text.split_once('=') {
            None => Ok(Self::Text(text.to_owned())),
            Some(("cookie", cookie)) => Ok(Self::Cookie { cookie: cookie.to_owned() }),
            Some(("header", header)) => {
                let (header, scheme) = match header.split_once(':') {
                    Some((header, scheme)) => (header, Some(scheme.to_owned())),
                    None => (header, None),
                };
                Ok(Self::Header { header: header.to_owned(), scheme })
            }
            Some(_) => Err(TokenSourceError::Flag(text.to_owned())),
        }
    }
}

impl TryFrom<RawTokenSource> for TokenSource {
    type Error = TokenSourceError;

    fn try_from(raw: RawTokenSource) -> Result<Self, TokenSourceError> {
        match raw {
            RawTokenSource::Text(text) if text == "authorization" => Ok(Self::Authorization),
            RawTokenSource::Text(text) => Err(TokenSourceError::Text(text)),
            RawTokenSource::Header { header, .. }
                if header.eq_ignore_ascii_case("authorization") =>
            {
                Err(TokenSourceError::HeaderAuthorization)
            }
            RawTokenSource::Header { header, scheme } => {
                let name = field_name::parse(&header)
                    .map_err(|error| TokenSourceError::Header { header, error })?;
                match scheme {
                    // `auth-scheme = token`, as the name of a cookie is one.
                    Some(scheme) if !cookie::is_name(&scheme) => {
                        Err(TokenSourceError::Scheme(scheme))
                    }
                    scheme => Ok(Self::Header { name, scheme }),
                }
            }
            RawTokenSource::Cookie { cookie } if cookie::is_name(&cookie) => {
                Ok(Self::Cookie { name: cookie })
            }
            RawTokenSource::Cookie { cookie } => Err(TokenSourceError::Cookie(cookie)),
        }
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authorization => f.write_str("authorization"),
            Self::Header { name, .. } => write!(f, "the header {name}"),
            Self::Cookie { name } => write!(f, "the cookie {name}"),
        }
    }
}

/// Why `token_from` is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenSourceError {
    #[error("the list is empty. Remove token_from for the Authorization header, or name a source")]
    Empty,
    #[error("{0} is listed twice. Remove one of them")]
    Twice(String),
    #[error("{0:?} is not a source. Write \"authorization\", {{ header = … }} or {{ cookie = … }}")]
    Text(String),
    #[error(
        "{0:?} is not a source. Write authorization, header=NAME, header=NAME:SCHEME or cookie=NAME"
    )]
    Flag(String),
    #[error("write \"authorization\" for the Authorization header")]
    HeaderAuthorization,
    #[error("header {header:?}: {error}")]
    Header { header: String, error: FieldNameError },
    #[error("scheme {0:?} is not a scheme (RFC 9110 §11.1). Write one like \"Bearer\"")]
    Scheme(String),
    #[error("cookie {0:?} is not a name of a cookie (RFC 6265 §4.1.1). Write one like \"session\"")]
    Cookie(String),
}
