//! [`Provider`]: where the provider is, and what it can.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use tollgate_core::{Algorithm, Leeway, UnixTime};

use super::settings::ClientAuth;
use crate::issuer::{Issuer, Profile};
use crate::issuer_url::{self, AllowedHttp, UrlError};
use crate::jwks::{FetchError, FetchRules};
use crate::untrusted::Excerpt;

/// An OpenID provider: how it is found, and which ID tokens of it are accepted.
///
/// ```
/// use tollgate::sign_in::Provider;
///
/// let provider = Provider::discover("https://auth.example.com/oidc");
/// let logto = Provider::logto("https://tenant.logto.app/");
/// ```
#[derive(Clone, Debug)]
pub struct Provider {
    /// Whose ID tokens are accepted, by which rules, and where the keys are. The client's part, such as the
    /// audience, is added later.
    pub(crate) issuer: Issuer,
    /// Without discovery, what metadata would say.
    pub(crate) endpoints: Option<Endpoints>,
    /// ID tokens are judged as of this time instead of now.
    pub(crate) judged_at: Option<UnixTime>,
}

impl Provider {
    /// Finds the provider by the URL of its issuer, whose metadata are at a well-known place below it
    /// (OpenID Connect Discovery §4). `iss` of its ID tokens must equal the URL exactly.
    #[must_use]
    pub fn discover(issuer: impl Into<String>) -> Self {
        Self { issuer: id_tokens(Issuer::new(issuer)), endpoints: None, judged_at: None }
    }

    /// Finds a Logto tenant by its endpoint, such as `https://tenant.logto.app/`: its issuer is at `/oidc` below
    /// that.
    #[must_use]
    pub fn logto(endpoint: impl AsRef<str>) -> Self {
        Self::discover(format!("{}/oidc", endpoint.as_ref().trim_end_matches('/')))
    }

    /// The provider whose endpoints are known. `issuer` must name the keys.
    pub(crate) fn fixed(issuer: Issuer, endpoints: Endpoints) -> Self {
        Self { issuer: id_tokens(issuer), endpoints: Some(endpoints), judged_at: None }
    }

    /// Reads the metadata from this URL instead of the well-known place. The `issuer` in them must still be the one
    /// of [`discover`](Self::discover).
    #[must_use]
    pub fn metadata_url(mut self, url: impl Into<String>) -> Self {
        self.issuer.metadata_url = Some(url.into());
        self
    }

    /// Accepts only ID tokens that are signed with one of these algorithms. By default, all that the keys are for
    /// are accepted.
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.issuer.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Tolerates clocks that differ by this much: 60 seconds by default.
    #[must_use]
    pub fn leeway(mut self, leeway: Leeway) -> Self {
        self.issuer.leeway = leeway;
        self
    }

    /// Trusts the certificate authorities in this file (PEM) for the provider's servers, in addition to the
    /// system's.
    #[must_use]
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.issuer.ca_file = Some(file.into());
        self
    }

    /// Fetches the metadata and the keys by these rules.
    #[must_use]
    pub fn fetch_rules(mut self, rules: FetchRules) -> Self {
        self.issuer.fetch_rules = rules;
        self
    }
}

/// Accepts ID tokens: `typ` is `JWT` or absent (OpenID Connect Core §2 sets none).
fn id_tokens(mut issuer: Issuer) -> Issuer {
    issuer.profile = Profile::AnyToken;
    issuer.typ_absent = issuer.typ.is_none();
    issuer.typ = issuer.typ.or_else(|| Some(vec!["JWT".to_owned()]));
    issuer
}

/// The endpoints and abilities of a provider (OpenID Connect Discovery §3, RFC 8414 §2). Each URL may be used: it
/// has https, or http where that is allowed, and neither a fragment nor user info. A query is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) end_session_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    /// `token_endpoint_auth_methods_supported`, or its default.
    pub(crate) client_auth_methods: Vec<String>,
    /// `prompt_values_supported`.
    pub(crate) prompt_values: Vec<String>,
    /// Answers carry `iss` (RFC 9207 §3).
    pub(crate) returns_iss: bool,
    /// `id_token_signing_alg_values_supported`, which plain OAuth servers do not have.
    pub(crate) id_token_algorithms: Option<Vec<String>>,
}

/// The members of metadata that sign-in reads. Each may be there once.
#[derive(Deserialize)]
struct Members {
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
    /// They only choose how to ask for the sign-up screen.
    #[serde(default, deserialize_with = "texts_if_any")]
    prompt_values_supported: Vec<String>,
}

impl Endpoints {
    /// Reads the metadata that are at `url`, whose issuer has been compared already.
    pub(crate) fn from_metadata(
        json: &[u8],
        url: &str,
        allowed_http: &AllowedHttp,
    ) -> Result<Self, ProviderError> {
        let members: Members = serde_json::from_slice(json).map_err(|error| {
            ProviderError::Metadata { url: url.to_owned(), error: error.to_string() }
        })?;
        if let Some(types) = members.response_types_supported
            && !types.iter().any(|it| it == "code")
        {
            return Err(ProviderError::NoCodeFlow { offered: Offered(types) });
        }
        // RFC 9700 §2.1.1. Without the member, nobody knows; a provider ignores parameters that it does not know
        // (RFC 6749 §3.1).
        if let Some(methods) = members.code_challenge_methods_supported
            && !methods.iter().any(|it| it == "S256")
        {
            return Err(ProviderError::NoPkce { offered: Offered(methods) });
        }
        if let Some(offered) = &members.id_token_signing_alg_values_supported {
            judge_algorithms(offered, Algorithm::ALL)?;
        }
        let endpoint = |member, text: String| match named_endpoint(&text, url, allowed_http) {
            Ok(()) => Ok(text),
            Err(error) => Err(ProviderError::Endpoint { member, url: text, error }),
        };
        let optional =
            |member, text: Option<String>| text.map(|text| endpoint(member, text)).transpose();
        let basic = || vec![ClientAuth::Basic.name().to_owned()];
        Ok(Self {
            authorization_endpoint: endpoint(
                "authorization_endpoint",
                members.authorization_endpoint,
            )?,
            token_endpoint: endpoint("token_endpoint", members.token_endpoint)?,
            userinfo_endpoint: optional("userinfo_endpoint", members.userinfo_endpoint)?,
            end_session_endpoint: optional("end_session_endpoint", members.end_session_endpoint)?,
            revocation_endpoint: optional("revocation_endpoint", members.revocation_endpoint)?,
            client_auth_methods: members
                .token_endpoint_auth_methods_supported
                .unwrap_or_else(basic),
            prompt_values: members.prompt_values_supported,
            returns_iss: members.authorization_response_iss_parameter_supported.unwrap_or(false),
            id_token_algorithms: members.id_token_signing_alg_values_supported,
        })
    }

    /// Chooses how the client authenticates, if its settings do not say it (OpenID Connect Core §9).
    pub(crate) fn client_auth(&self, has_secret: bool) -> Result<ClientAuth, ProviderError> {
        if !has_secret {
            return Ok(ClientAuth::None);
        }
        let is_offered =
            |auth: &ClientAuth| self.client_auth_methods.iter().any(|it| it == auth.name());
        [ClientAuth::Basic, ClientAuth::Post].into_iter().find(is_offered).ok_or_else(|| {
            ProviderError::NoClientAuth { offered: Offered(self.client_auth_methods.clone()) }
        })
    }

    /// Checks that the provider signs ID tokens with one of the `accepted` algorithms.
    pub(crate) fn judge_algorithms(&self, accepted: &[Algorithm]) -> Result<(), ProviderError> {
        match &self.id_token_algorithms {
            Some(offered) => judge_algorithms(offered, accepted),
            None => Ok(()),
        }
    }
}

fn judge_algorithms(offered: &[String], accepted: &[Algorithm]) -> Result<(), ProviderError> {
    let fits = |name: &String| Algorithm::from_name(name).is_some_and(|it| accepted.contains(&it));
    if offered.iter().any(fits) {
        return Ok(());
    }
    let accepted = accepted.iter().map(|it| it.name().to_owned()).collect();
    Err(ProviderError::NoAlgorithm {
        offered: Offered(offered.to_owned()),
        accepted: Offered(accepted),
    })
}

/// Checks the URL of an endpoint in a configuration.
pub(crate) fn judge_endpoint(text: &str, allowed_http: &AllowedHttp) -> Result<(), UrlError> {
    is_printable(text)?;
    issuer_url::parse(text, allowed_http).map(drop)
}

/// Checks the URL of an endpoint that the metadata at `url` names.
fn named_endpoint(text: &str, url: &str, allowed_http: &AllowedHttp) -> Result<(), UrlError> {
    is_printable(text)?;
    issuer_url::parse_named(text, url, allowed_http).map(drop)
}

/// A header must be able to carry the URL, which parsers do not promise.
fn is_printable(text: &str) -> Result<(), UrlError> {
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_printable.then_some(()).ok_or(UrlError::Malformed)
}

/// The texts in a list. Whatever else there is counts as absent.
fn texts_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    let texts = value.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    Ok(texts.map(str::to_owned).collect())
}

/// Why a provider cannot be used for sign-in.
///
/// ```
/// use tollgate::sign_in::ProviderError;
///
/// fn advice(error: &ProviderError) -> String {
///     match error {
///         ProviderError::NoPkce { offered } => format!("enable S256 beside {offered}"),
///         other => other.to_string(),
///     }
/// }
///
/// assert_eq!(ProviderError::Pending.reason(), "metadata-pending");
/// assert!(advice(&ProviderError::Pending).ends_with("try again in a moment"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The metadata are still being fetched.
    #[error("the provider's metadata are still being fetched: try again in a moment")]
    Pending,
    /// The metadata could not be fetched yet. Further attempts follow.
    #[error("the provider's metadata could not be fetched, which is retried: {0}")]
    Unavailable(FetchError),
    /// The metadata cannot be used.
    #[error(
        "the metadata at {url} cannot be used for sign-in: {error}. Check that it is the URL of an OpenID provider, \
         and ask its operator to correct the document"
    )]
    Metadata {
        /// Where the metadata are.
        url: String,
        /// What is wrong with them.
        error: String,
    },
    /// The URL of an endpoint cannot be used.
    #[error("{member} {} in the provider's metadata {}", Excerpt(url), advice(*error))]
    Endpoint {
        /// The member of the metadata.
        member: &'static str,
        /// Its value.
        url: String,
        /// What is wrong with it.
        error: UrlError,
    },
    /// The provider does not offer the authorization code flow.
    #[error(
        "the provider does not offer the authorization code flow (response_types_supported: {offered}): ask its \
         operator to enable the response type \"code\""
    )]
    NoCodeFlow {
        /// The response types that it offers.
        offered: Offered,
    },
    /// The provider does not offer PKCE with S256.
    #[error(
        "the provider does not offer PKCE with S256 (code_challenge_methods_supported: {offered}): ask its operator \
         to enable it"
    )]
    NoPkce {
        /// The methods that it offers.
        offered: Offered,
    },
    /// The provider signs ID tokens with other algorithms.
    #[error(
        "the provider signs ID tokens with other algorithms (id_token_signing_alg_values_supported: {offered}): ask \
         its operator to sign those of this client with one of {accepted}"
    )]
    NoAlgorithm {
        /// The algorithms that it offers.
        offered: Offered,
        /// The algorithms that are accepted.
        accepted: Offered,
    },
    /// The provider has no user info, which each sign-in asks for.
    #[error(
        "the provider's metadata name no userinfo_endpoint, which user_info needs: remove user_info, or ask its \
         operator to offer one"
    )]
    NoUserInfo,
    /// The provider does not accept a client secret.
    #[error(
        "the provider does not accept a client secret (token_endpoint_auth_methods_supported: {offered}): ask its \
         operator to allow client_secret_basic or client_secret_post for this client, or set the method if the \
         client may use one that is not listed"
    )]
    NoClientAuth {
        /// The methods that it accepts.
        offered: Offered,
    },
}

impl ProviderError {
    /// Returns the stable kebab-case name of the error, for metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Pending => "metadata-pending",
            Self::Unavailable(_) => "metadata-unavailable",
            Self::Metadata { .. } => "metadata-malformed",
            Self::Endpoint { .. } => "endpoint",
            Self::NoCodeFlow { .. } => "no-code-flow",
            Self::NoPkce { .. } => "no-pkce",
            Self::NoAlgorithm { .. } => "no-algorithm",
            Self::NoUserInfo => "no-user-info",
            Self::NoClientAuth { .. } => "no-client-auth",
        }
    }
}

/// What is wrong with the URL of an endpoint, and what to do.
fn advice(error: UrlError) -> String {
    match error {
        UrlError::Malformed => {
            "is not a URL of visible ASCII characters: ask the provider's operator to correct it".to_owned()
        }
        UrlError::HttpInMetadata => {
            "begins with http://, but the metadata are neither on this machine nor themselves at an http:// URL: ask \
             the provider's operator for https://"
                .to_owned()
        }
        error => error.to_string(),
    }
}

/// What a provider lists in its metadata. Shows the first of many, since the list may be long.
///
/// ```
/// use tollgate::sign_in::{Offered, ProviderError};
///
/// /// What the provider offers instead of what sign-in needs.
/// fn offered(error: &ProviderError) -> Option<&Offered> {
///     match error {
///         ProviderError::NoPkce { offered } | ProviderError::NoCodeFlow { offered } => Some(offered),
///         _ => None,
///     }
/// }
/// # assert_eq!(offered(&ProviderError::Pending), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered(pub(super) Vec<String>);

impl std::fmt::Display for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MAX_SHOWN: usize = 8;
        if self.0.is_empty() {
            return f.write_str("an empty list");
        }
        for (index, text) in self.0.iter().take(MAX_SHOWN).enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { ", " }, Excerpt(text))?;
        }
        f.write_str(if self.0.len() > MAX_SHOWN { ", …" } else { "" })
    }
}

#[cfg(test)]
mod tests;
