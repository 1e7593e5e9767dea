//! The table `[sign_in]`, as it is in the file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use tollgate::duration::HumanDuration;
use tollgate::{one_or_many, required_claims};
use tollgate_core::policy::Requirement;

/// The table `[sign_in]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawSignIn {
    /// The provider, which is discovered.
    pub(super) issuer: Option<String>,
    /// A file with the JSON of a connector, in place of the provider and the client.
    pub(super) connector: Option<PathBuf>,
    pub(super) client_id: Option<String>,
    /// Or the variable `TOLLGATE_CLIENT_SECRET`. A public client has none.
    pub(super) client_secret_file: Option<PathBuf>,
    pub(super) client_auth: Option<RawClientAuth>,
    /// The certificate authorities of the provider's servers, besides those of the system.
    pub(super) ca_file: Option<PathBuf>,
    /// What those who sign in must meet.
    #[serde(deserialize_with = "required_claims::deserialize")]
    pub(super) require: Vec<Requirement<String>>,
    /// Whether everybody with an account may sign in.
    pub(super) anyone: bool,
    #[serde(deserialize_with = "one_or_many::deserialize")]
    pub(super) scope: Vec<String>,
    /// The resource for which access tokens are asked (RFC 8707). Their scopes count.
    pub(super) resource: Option<String>,
    /// Where the pages of sign-in are.
    pub(super) prefix: Option<String>,
    pub(super) after_sign_in: Option<String>,
    pub(super) after_sign_out: Option<String>,
    pub(super) prompt: Option<String>,
    pub(super) display: Option<Display>,
    pub(super) max_age: Option<HumanDuration>,
    pub(super) ui_locales: Option<String>,
    pub(super) login_hint: Option<String>,
    #[serde(deserialize_with = "one_or_many::deserialize")]
    pub(super) acr_values: Vec<String>,
    #[serde(deserialize_with = "one_or_many::deserialize")]
    pub(super) require_acr: Vec<String>,
    /// Parameters of the provider's.
    pub(super) extra: BTreeMap<String, String>,
    pub(super) trust_unverified_email: bool,
    /// Whether each sign-in asks for the user info, whose claims count.
    pub(super) user_info: bool,
    /// Whether the service gets the access token.
    pub(super) pass_access_token: bool,
    pub(super) session: RawSession,
}

/// The table `[sign_in.session]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSession {
    pub(super) store: StoreKind,
    /// The file of the store.
    pub(super) path: Option<PathBuf>,
    /// A file with the URL of redis, or the variable `TOLLGATE_REDIS_URL`: the URL may have a password.
    pub(super) redis_url_file: Option<PathBuf>,
    /// What seals sign-ins that are under way, and sessions in cookies: the first seals, and all open.
    #[serde(deserialize_with = "one_or_many::deserialize")]
    pub(super) secret_files: Vec<String>,
    /// The claims that sessions in cookies keep, for rules and headers.
    #[serde(deserialize_with = "one_or_many::deserialize")]
    pub(super) claims: Vec<String>,
    pub(super) max_age: Option<HumanDuration>,
    pub(super) idle_timeout: Option<HumanDuration>,
    pub(super) outage_grace: Option<HumanDuration>,
    pub(super) max_sessions: Option<u64>,
}

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StoreKind {
    #[default]
    Memory,
    File,
    Cookie,
    Redis,
}

/// How the client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawClientAuth {
    Basic,
    Post,
    None,
}

/// How the provider shows its pages (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Display {
    Page,
    Popup,
    Touch,
    Wap,
}

impl Display {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
            Self::Wap => "wap",
        }
    }
}
