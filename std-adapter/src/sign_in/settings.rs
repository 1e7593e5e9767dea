//! [`Settings`]: what a client asks of a provider, whether a program says so or a connector's file.

use tollgate_core::policy::{ClaimPath, ClaimTest, Requirement, Scalar};

use super::provider::{Endpoints, Provider, ProviderError};
use super::secret::Secret;

/// What a client asks of a provider.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    /// A public client has none.
    pub(crate) client_secret: Option<Secret>,
    /// `None` chooses by the provider's metadata, `Basic` first.
    pub(crate) client_auth: Option<ClientAuth>,
    /// Without `openid`, which is always asked for.
    pub(crate) scopes: Vec<String>,
    pub(crate) response_mode: ResponseMode,
    pub(crate) display: Option<String>,
    pub(crate) prompt: Option<String>,
    /// In seconds. Then `auth_time` is required and judged.
    pub(crate) max_age: Option<u32>,
    pub(crate) ui_locales: Option<String>,
    pub(crate) login_hint: Option<String>,
    pub(crate) acr_values: Option<String>,
    /// The ID token must name one of these.
    pub(crate) require_acr: Vec<String>,
    pub(crate) id_token_hint: Option<String>,
    /// The resource for which access tokens are asked by default (RFC 8707).
    pub(crate) resource: Option<String>,
    /// Parameters of one's own, for the authorization request.
    pub(crate) extra: Vec<(String, String)>,
    /// Parameters of one's own, for the token request.
    pub(crate) token_extra: Vec<(String, String)>,
    /// `email_verified` may be the text `"true"`.
    pub(crate) accept_string_booleans: bool,
    /// The e-mail address counts even if it is not verified.
    pub(crate) trust_unverified_email: bool,
    /// Each sign-in asks for the user info, whose claims count.
    pub(crate) user_info: bool,
    /// Logout tokens may have `JWT` as their `typ`, or none.
    pub(crate) accept_untyped_logout_tokens: bool,
}

impl Settings {
    /// The settings of a public client that asks for nothing special.
    pub(crate) fn new(provider: Provider, client_id: String) -> Self {
        Self {
            provider,
            client_id,
            client_secret: None,
            client_auth: None,
            scopes: Vec::new(),
            response_mode: ResponseMode::Query,
            display: None,
            prompt: None,
            max_age: None,
            ui_locales: None,
            login_hint: None,
            acr_values: None,
            require_acr: Vec::new(),
            id_token_hint: None,
            resource: None,
            extra: Vec::new(),
            token_extra: Vec::new(),
            accept_string_booleans: false,
            trust_unverified_email: false,
            user_info: false,
            accept_untyped_logout_tokens: false,
        }
    }

    /// Requirements on claims, in which `email` counts only together with `email_verified`, unless the settings say
    /// otherwise.
    pub(crate) fn with_verified_email(
        &self,
        requirements: &[Requirement<String>],
    ) -> Vec<Requirement<String>> {
        match self.trust_unverified_email {
            true => requirements.to_vec(),
            false => verified_email_only(requirements, self.accept_string_booleans),
        }
    }

    /// Checks that a provider offers what these settings need.
    pub(crate) fn judge(&self, endpoints: &Endpoints) -> Result<(), ProviderError> {
        match self.user_info && endpoints.userinfo_endpoint.is_none() {
            true => Err(ProviderError::NoUserInfo),
            false => Ok(()),
        }
    }

    /// Tells this client of this provider from others.
    pub(crate) fn client_name(&self) -> String {
        let issuer = self.provider.issuer.name().unwrap_or_default();
        format!("{} {issuer}", self.client_id)
    }

    /// The parameters of each authorization request that are always the same. The others are `redirect_uri`,
    /// `state`, `nonce` and PKCE's `code_challenge` and `code_challenge_method`.
    pub(crate) fn authorization_parameters(&self) -> Vec<(&str, String)> {
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.clone()),
            ("scope", self.scope()),
        ];
        let max_age = self.max_age.map(|secs| secs.to_string());
        let optional = [
            ("response_mode", self.response_mode.parameter().map(str::to_owned)),
            ("display", self.display.clone()),
            ("prompt", self.prompt.clone()),
            ("max_age", max_age),
            ("ui_locales", self.ui_locales.clone()),
            ("id_token_hint", self.id_token_hint.clone()),
            ("login_hint", self.login_hint.clone()),
            ("acr_values", self.acr_values.clone()),
            ("resource", self.resource.clone()),
        ];
        parameters.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        parameters.extend(self.extra.iter().map(|(name, value)| (&**name, value.clone())));
        parameters
    }

    /// The scopes as they are sent: `openid` first.
    pub(crate) fn scope(&self) -> String {
        let scopes = self.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
        std::iter::once("openid").chain(scopes).collect::<Vec<_>>().join(" ")
    }
}

/// How the client authenticates at the token endpoint (OpenID Connect Core §9).
///
/// See the example of [`SignInBuilder`](super::SignInBuilder).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuth {
    /// `client_secret_basic`: by HTTP's Basic scheme.
    Basic,
    /// `client_secret_post`: by parameters of the form.
    Post,
    /// `none`: a public client has no secret.
    None,
}

impl ClientAuth {
    /// Returns the name that metadata have for it, such as `client_secret_basic`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::None => "none",
        }
    }
}

/// How the provider's answer comes back (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    #[default]
    Query,
    FormPost,
}

impl ResponseMode {
    /// The value of `response_mode`. `query` is the default of the code flow, so it is not sent.
    pub(crate) const fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Query => None,
            Self::FormPost => Some("form_post"),
        }
    }
}

/// Lets `email` meet a requirement only together with `email_verified`: at many providers, anyone may write any
/// address into a profile.
fn verified_email_only(
    requirements: &[Requirement<String>],
    accept_texts: bool,
) -> Vec<Requirement<String>> {
    let verified = |value| Requirement::name("email_verified".to_owned(), ClaimTest::Equals(value));
    let mut list = Vec::new();
    for requirement in requirements {
        let is_email = matches!(
            requirement.path(),
            Some(ClaimPath::Name(path) | ClaimPath::Pointer(path)) if path == "email" || path == "/email"
        );
        if !is_email {
            list.push(requirement.clone());
            continue;
        }
        list.extend([Requirement::all(2), requirement.clone()]);
        if accept_texts {
            list.extend([Requirement::any(2), verified(Scalar::Text("true".to_owned()))]);
        }
        list.push(verified(Scalar::Bool(true)));
    }
    list
}
