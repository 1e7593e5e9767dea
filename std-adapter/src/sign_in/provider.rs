//! [`Provider`]: where the provider is, and what it can.

use crate::issuer::Issuer;

/// An OpenID provider: how it is found, and which ID tokens of it are accepted.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Whose ID tokens are accepted, by which rules, and where the keys are. The client's part, such as the
    /// audience, is added later.
    pub(crate) issuer: Issuer,
    /// Without discovery, what metadata would say.
    pub(crate) endpoints: Option<Endpoints>,
}

/// The endpoints and abilities of a provider (OpenID Connect Discovery §3, RFC 8414 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
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
}
