//! [`SignInBuilder`] checks the settings of a [`SignIn`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tollgate_core::Now;
use tollgate_core::policy::{PolicyError, Requirement};

use super::SignIn;
use super::clock::SessionClock;
use super::cookie_secret::CookieSecret;
use super::cookies::Cookies;
use super::id_token::IdTokens;
use super::inner::{Inner, Lifetimes, Routes};
use super::open_provider::OpenProvider;
use super::origin::{self, OriginError};
use super::provider::{Provider, ProviderError};
use super::request::is_reserved;
use super::return_path::{InvalidReturnPath, ReturnPath};
use super::seal::SealingKeys;
use super::secret::Secret;
use super::sessions::{OpenSessions, Sessions};
use super::settings::{ClientAuth, ResponseMode, Settings};
#[cfg(feature = "file")]
use super::store::FileStoreError;
#[cfg(feature = "redis")]
use super::store::RedisStoreError;
use crate::clock;
use crate::gate::{Gate, GateBuilder, GateError};
use crate::issuer_url::{AllowedHttp, Plaintext};
use crate::jwks::Fetch;

/// Builds a [`SignIn`].
///
/// ```
/// use tollgate::sign_in::{ClientAuth, Provider, SignIn, SignInBuildError, SignInBuilder};
///
/// fn settings(origin: &str) -> SignInBuilder {
///     let provider = Provider::discover("https://auth.example.com/oidc");
///     // A public client has no secret.
///     SignIn::builder(provider, "app_bookstore", origin)
///         .client_auth(ClientAuth::None)
///         .scopes(["profile", "email"])
///         .after_sign_out("/goodbye")
/// }
///
/// let error = settings("http://app.example.com").build().unwrap_err();
/// assert!(matches!(error, SignInBuildError::Origin(_)));
/// ```
#[must_use = "call build() to get a SignIn"]
pub struct SignInBuilder {
    settings: Settings,
    origin: String,
    prefix: String,
    after_sign_in: String,
    after_sign_out: String,
    permitted: Vec<Requirement<String>>,
    sessions: Sessions,
    insecure_loopback: bool,
    access_tokens: Option<Gate>,
    shared: Option<Gate>,
    predecessor: Option<SignIn>,
    secrets: Vec<CookieSecret>,
    fetcher: Option<Arc<dyn Fetch>>,
    clock: Arc<dyn Fn() -> Now + Send + Sync>,
}

/// Why a [`SignIn`] cannot be built.
///
/// See the example of [`SignInBuilder`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInBuildError {
    /// The origin is not one, or has no TLS.
    #[error("{0}")]
    Origin(#[from] OriginError),
    /// Browsers do not bring an attempt's cookie along with a form from another site, unless it is for TLS alone.
    #[error("responseMode form_post needs an origin with https://: use query")]
    FormPostWithoutTls,
    /// The client has no id.
    #[error("client_id is empty: take the one that the provider shows for this app")]
    ClientId,
    /// A scope is not a scope-token (RFC 6749 §3.3).
    #[error("{0:?} is not a scope: list scopes one by one, without spaces")]
    Scope(String),
    /// The provider's endpoints are fixed, and lack one that is needed.
    #[error("{0}")]
    Endpoints(#[from] ProviderError),
    /// The client authenticates with a secret, but has none.
    #[error(
        "the client has no secret to authenticate with: set client_secret, or ClientAuth::None"
    )]
    NoSecret,
    /// A parameter is one that the flow sets itself, or that another setting has.
    #[error(
        "the parameter {0:?} cannot be set by extra: sign-in sets it itself, or has a setting for it"
    )]
    Parameter(String),
    /// A path does not begin with a slash, ends with one, or has other characters than paths have.
    #[error("{setting} {path:?} is not a path such as \"/account\"")]
    Path {
        /// The setting.
        setting: &'static str,
        /// Its value.
        path: String,
    },
    /// The page after sign-in is not a page of the app.
    #[error("after_sign_in {path:?} is not a page of the app such as \"/home\": {error}")]
    AfterSignIn {
        /// The setting's value.
        path: String,
        /// What is wrong with it.
        error: InvalidReturnPath,
    },
    /// A requirement on claims, or another rule for ID tokens, is invalid.
    #[error("the rules for ID tokens: {0}")]
    Rules(#[from] PolicyError),
    /// A setting of the provider is invalid.
    #[error("{0}")]
    Provider(#[from] GateError),
    /// A duration is zero, or longer than ten years.
    #[error("{0} must be between a second and ten years")]
    Duration(&'static str),
    /// Two secrets are the same.
    #[error("the secrets that seal cookies: {0}")]
    Secrets(String),
    /// Sessions are in cookies, and nothing seals them.
    #[error(
        "sessions in cookies need secrets that seal them: read them with CookieSecret::read, and call secrets()"
    )]
    NoSecrets,
    /// Several processes share the sessions, but not the secrets that seal sign-ins which are under way.
    #[cfg(feature = "redis")]
    #[error(
        "sessions in redis need secrets, which all processes share, so that each can finish a sign-in that another began: \
         read them with CookieSecret::read, and call secrets()"
    )]
    NoSharedSecrets,
    /// Nothing records when a session in a cookie was last used.
    #[error(
        "sessions in cookies have no idle_timeout: remove it, and set max_age to how long a session may last at most"
    )]
    IdleTimeoutOfCookies,
    /// A store keeps all claims.
    #[error("claims() is for sessions in cookies, and a store keeps all claims: remove it")]
    ClaimsOfStore,
    /// The store cannot be opened.
    #[cfg(feature = "file")]
    #[error("{0}")]
    Store(#[from] FileStoreError),
    /// The URL of redis cannot be used.
    #[cfg(feature = "redis")]
    #[error("{0}")]
    Redis(#[from] RedisStoreError),
    /// The file with the key for attempts cannot be used.
    #[error("the key file {} cannot be used: {error}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl SignInBuilder {
    pub(super) fn new(provider: Provider, client_id: String, origin: String) -> Self {
        Self::from_settings(Settings::new(provider, client_id), origin)
    }

    pub(super) fn from_settings(settings: Settings, origin: String) -> Self {
        Self {
            settings,
            origin,
            prefix: String::new(),
            after_sign_in: "/".to_owned(),
            after_sign_out: "/".to_owned(),
            permitted: Vec::new(),
            sessions: Sessions::memory(),
            insecure_loopback: false,
            access_tokens: None,
            shared: None,
            predecessor: None,
            secrets: Vec::new(),
            fetcher: None,
            clock: Arc::new(clock::now),
        }
    }

    /// Sets the secret of the client. Without one, it is a public client.
    pub fn client_secret(mut self, secret: Secret) -> Self {
        self.settings.client_secret = Some(secret);
        self
    }

    /// Sets how the client authenticates. By default, the provider's metadata decide, Basic first.
    pub fn client_auth(mut self, client_auth: ClientAuth) -> Self {
        self.settings.client_auth = Some(client_auth);
        self
    }

    /// Also asks for these scopes. `openid` is always asked for. Ask for `offline_access` if sessions need access
    /// tokens for longer than one lives.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Asks for access tokens for this resource (RFC 8707).
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.settings.resource = Some(resource.into());
        self
    }

    /// Judges the access tokens of the [resource](Self::resource) by this gate: a sign-in needs one that it accepts,
    /// with the same `sub`, and [`Session::scope`](super::Session::scope) has the scopes of the newest one. Without
    /// this, access tokens are opaque, and no session has a scope.
    pub fn access_token_gate(mut self, gate: &Gate) -> Self {
        self.access_tokens = Some(gate.clone());
        self
    }

    /// Shares the provider's keys and metadata with this gate, if it has the same issuer, so that they are fetched once.
    /// Build it with [`keep_metadata`](GateBuilder::keep_metadata). The gate decides how keys are fetched, by which
    /// rules and with which certificate authorities.
    pub fn share_keys(mut self, gate: &Gate) -> Self {
        self.shared = Some(gate.clone());
        self
    }

    /// Sets `prompt` of each sign-in: `login`, for instance (OpenID Connect Core §3.1.2.1).
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.settings.prompt = Some(prompt.into());
        self
    }

    /// Requires that the user has authenticated at most so many seconds before the sign-in.
    pub fn max_authentication_age(mut self, secs: u32) -> Self {
        self.settings.max_age = Some(secs);
        self
    }

    /// Asks for one of these authentication context classes, and requires it.
    pub fn require_acr(mut self, acr: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.require_acr.extend(acr.into_iter().map(Into::into));
        self.settings.acr_values = Some(self.settings.require_acr.join(" "));
        self
    }

    /// Sets how the provider shows its pages: `page`, `popup`, `touch` or `wap` (OpenID Connect Core §3.1.2.1).
    pub fn display(mut self, display: impl Into<String>) -> Self {
        self.settings.display = Some(display.into());
        self
    }

    /// Sets the languages of the provider's pages, as in `fr-CA fr en`.
    pub fn ui_locales(mut self, ui_locales: impl Into<String>) -> Self {
        self.settings.ui_locales = Some(ui_locales.into());
        self
    }

    /// Sets the user name with which the provider's form begins.
    pub fn login_hint(mut self, login_hint: impl Into<String>) -> Self {
        self.settings.login_hint = Some(login_hint.into());
        self
    }

    /// Asks for one of these authentication context classes, but does not require it.
    pub fn acr_values(mut self, acr: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let acr: Vec<String> = acr.into_iter().map(Into::into).collect();
        self.settings.acr_values = Some(acr.join(" "));
        self
    }

    /// Counts `email` even if the provider has not verified it: for providers that check each address, and do not
    /// say so.
    pub fn trust_unverified_email(mut self) -> Self {
        self.settings.trust_unverified_email = true;
        self
    }

    /// Asks the provider for its user info, once, at each sign-in (OpenID Connect Core §5.3). Its claims join those of
    /// the ID token: [`require`](Self::require) and all of the session's claims include them, also after a refresh.
    ///
    /// What the ID token says counts, since it is signed; `email` and `email_verified` come from the same place. User
    /// info about another `sub` is refused. Nobody can sign in while the provider offers none. With a
    /// [`resource`](Self::resource), its access token is the one that the provider must accept.
    pub fn user_info(mut self) -> Self {
        self.settings.user_info = true;
        self
    }

    /// Also sends this parameter of the provider's with each sign-in.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.extra.push((name.into(), value.into()));
        self
    }

    /// Admits only users whose claims meet these requirements. `email` meets one only together with
    /// `email_verified`.
    ///
    /// Without any, everybody with an account at the provider may sign in.
    pub fn require(mut self, requirements: impl IntoIterator<Item = Requirement<String>>) -> Self {
        self.permitted.extend(requirements);
        self
    }

    /// Also accepts logout tokens whose `typ` is `JWT` or absent, as some providers issue them. By default, it must be
    /// `logout+jwt`, which OpenID Connect Back-Channel Logout §2.4 recommends.
    pub fn accept_untyped_logout_tokens(mut self) -> Self {
        self.settings.accept_untyped_logout_tokens = true;
        self
    }

    /// Sets where sessions are kept, and how long. In memory by default.
    pub fn sessions(self, sessions: Sessions) -> Self {
        Self { sessions, ..self }
    }

    /// Seals attempts, and [sessions in cookies](Sessions::in_cookie), by these secrets: the first seals, and all open.
    /// By default, sessions in a file have a secret beside them; otherwise a new one is made at each start, so that
    /// sign-ins which are under way have to begin again. Several processes behind one address need the same, and sessions in
    /// redis require some.
    ///
    /// To replace a secret, give all processes the new one after the old one, then before it. Remove the old one after
    /// [`max_age`](Sessions::max_age): by then, everything that it sealed has expired. If you remove it earlier, the
    /// sessions that it sealed end.
    ///
    /// Each is a [`CookieSecret`], or 32 random bytes.
    pub fn secrets(self, secrets: impl IntoIterator<Item = impl Into<CookieSecret>>) -> Self {
        Self { secrets: secrets.into_iter().map(Into::into).collect(), ..self }
    }

    /// Puts the routes below this path: with `/account`, the provider answers at `/account/callback`.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Sets where the browser goes after a sign-in that names no return path: a path of the app, with its query, and
    /// `/` by default.
    pub fn after_sign_in(self, path: impl Into<String>) -> Self {
        Self { after_sign_in: path.into(), ..self }
    }

    /// Sets where the browser goes after sign-out: a path of the app, `/` by default. Its URL must be registered at
    /// the provider.
    pub fn after_sign_out(self, path: impl Into<String>) -> Self {
        Self { after_sign_out: path.into(), ..self }
    }

    /// Takes over from another `SignIn`, which this one replaces: its sessions and attempts live on, and so do its
    /// provider's keys. The store stays the same, whatever [`sessions`](Self::sessions) names, and so do the keys that
    /// seal attempts, unless [`secrets`](Self::secrets) are given.
    pub fn replaces(self, predecessor: &SignIn) -> Self {
        Self { predecessor: Some(predecessor.clone()), ..self }
    }

    /// Allows an app and a provider on this machine without TLS, for development.
    pub fn allow_insecure_loopback(self) -> Self {
        Self { insecure_loopback: true, ..self }
    }

    /// Asks the provider with this client instead of the default one.
    pub fn fetcher(self, fetcher: impl Fetch) -> Self {
        Self { fetcher: Some(Arc::new(fetcher)), ..self }
    }

    /// Judges times by this clock instead of the system's.
    pub fn clock(self, clock: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Checks the settings, opens the store, and starts to fetch the provider's metadata and keys. A provider that
    /// is down does not matter yet.
    ///
    /// Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// A setting is invalid; see [`SignInBuildError`].
    pub fn build(self) -> Result<SignIn, SignInBuildError> {
        let origin = origin::checked(&self.origin, self.insecure_loopback)?;
        if origin.scheme() == "http" && self.settings.response_mode == ResponseMode::FormPost {
            return Err(SignInBuildError::FormPostWithoutTls);
        }
        let Self { settings, prefix, after_sign_in, after_sign_out, sessions, .. } = self;
        check_settings(&settings)?;
        check_path("prefix", &prefix, true)?;
        check_path("after_sign_out", &after_sign_out, false)?;
        let after_sign_in = ReturnPath::parse(&after_sign_in, &origin, &prefix)
            .map_err(|error| SignInBuildError::AfterSignIn { path: after_sign_in, error })?;
        sessions.check(!self.secrets.is_empty())?;
        let lifetimes = lifetimes(&sessions)?;
        let id_tokens = IdTokens::new(&settings, &self.permitted)?;
        let plaintext = match self.insecure_loopback {
            true => Plaintext::Loopback,
            false => Plaintext::Refuse,
        };
        let clock = Arc::clone(&self.clock);
        let client_id = settings.client_id.clone();
        let has_date = settings.provider.judged_at.is_some();
        let predecessor = self.predecessor.map(|it| it.0);
        let configure = |gate: GateBuilder| {
            // A connector may judge as of a date of its own.
            let gate = if has_date { gate } else { gate.clock(move || clock()) };
            let gate = match &self.shared {
                Some(shared) => gate.share_keys(shared),
                None => gate,
            };
            match &predecessor {
                Some(predecessor) => gate.replaces(predecessor.provider.gate()),
                None => gate,
            }
        };
        let provider = OpenProvider::open(
            settings.provider.clone(),
            self.fetcher,
            AllowedHttp::from(plaintext),
            |issuer| issuer.audience(client_id),
            configure,
        )?;
        let new_keys = |secrets: &[CookieSecret]| {
            let keys = SealingKeys::new(secrets.iter().map(CookieSecret::expose));
            keys.map_err(|error| SignInBuildError::Secrets(error.to_string()))
        };
        let given_keys = match self.secrets.is_empty() {
            true => None,
            false => Some(Arc::new(new_keys(&self.secrets)?)),
        };
        let tally = Arc::default();
        let OpenSessions { keeping, attempt_key } = match &predecessor {
            Some(predecessor) => sessions.reopen(&predecessor.keeping),
            None => sessions.open(&tally)?,
        };
        let keys = match (given_keys, attempt_key, &predecessor) {
            (Some(keys), ..) => keys,
            (None, Some(key), _) => Arc::new(new_keys(&[key])?),
            (None, None, Some(predecessor)) => Arc::clone(&predecessor.keys),
            (None, None, None) => {
                Arc::new(SealingKeys::generate().map_err(|_| SignInBuildError::NoRandomness)?)
            }
        };
        let clock = self.clock;
        let inner = Inner {
            client_name: settings.client_name().into(),
            settings: Arc::new(settings),
            provider: Arc::new(provider),
            id_tokens: Arc::new(id_tokens),
            access_tokens: self.access_tokens,
            cookies: Cookies::of(&origin),
            origin,
            insecure_loopback: self.insecure_loopback,
            routes: Routes { prefix, after_sign_in, after_sign_out },
            keys,
            keeping,
            lifetimes,
            clock: Arc::new(SessionClock::new(move || clock())),
            outage: Arc::default(),
            flights: Arc::default(),
            redemptions: Arc::default(),
            tasks: Arc::default(),
            tally,
            log_limit: Arc::default(),
        };
        Ok(SignIn(Arc::new(match predecessor {
            Some(predecessor) => inner.continuing(&predecessor),
            None => inner,
        })))
    }
}

impl SignIn {
    /// The same app under another origin, for a server that browsers see under several. Each origin has cookies of its
    /// own, so users sign in at each, which the provider may do without asking them.
    ///
    /// # Errors
    ///
    /// The origin is not one, or has no TLS.
    pub fn at_origin(&self, origin: &str) -> Result<Self, SignInBuildError> {
        let origin = origin::checked(origin, self.0.insecure_loopback)?;
        let cookies = Cookies::of(&origin);
        Ok(Self(Arc::new(Inner { origin, cookies, ..Inner::clone(&self.0) })))
    }
}

fn check_settings(settings: &Settings) -> Result<(), SignInBuildError> {
    if settings.client_id.is_empty() {
        return Err(SignInBuildError::ClientId);
    }
    let is_scope = |scope: &str| {
        !scope.is_empty()
            && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if let Some(scope) = settings.scopes.iter().find(|scope| !is_scope(scope)) {
        return Err(SignInBuildError::Scope(scope.clone()));
    }
    let needs_secret = matches!(settings.client_auth, Some(ClientAuth::Basic | ClientAuth::Post));
    if needs_secret && settings.client_secret.is_none() {
        return Err(SignInBuildError::NoSecret);
    }
    if let Some(endpoints) = &settings.provider.endpoints {
        settings.judge(endpoints)?;
    }
    let extra = settings.extra.iter().chain(&settings.token_extra);
    match extra.map(|(name, _)| name).find(|name| is_reserved(name)) {
        Some(name) => Err(SignInBuildError::Parameter(name.clone())),
        None => Ok(()),
    }
}

fn check_path(setting: &'static str, path: &str, is_prefix: bool) -> Result<(), SignInBuildError> {
    let is_plain = path.bytes().all(|byte| {
        byte.is_ascii_alphanumeric()
            || b"/-._~".contains(&byte)
            || (!is_prefix && b"?=&%".contains(&byte))
    });
    let is_path = match is_prefix {
        true => path.is_empty() || path.starts_with('/') && !path.ends_with('/'),
        false => path.starts_with('/'),
    };
    if is_path && is_plain && !path.contains("//") {
        Ok(())
    } else {
        Err(SignInBuildError::Path { setting, path: path.to_owned() })
    }
}

fn lifetimes(sessions: &Sessions) -> Result<Lifetimes, SignInBuildError> {
    const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    let secs = |setting, duration: Duration, least| {
        let is_within = (least..=TEN_YEARS).contains(&duration);
        let secs = i64::try_from(duration.as_secs()).ok().filter(|_| is_within);
        secs.ok_or(SignInBuildError::Duration(setting))
    };
    let second = Duration::from_secs(1);
    Ok(Lifetimes {
        max_age: secs("max_age", sessions.max_age_or_default(), second)?,
        idle_timeout: secs("idle_timeout", sessions.idle_timeout_or_default(), second)?,
        outage_grace: secs("outage_grace", sessions.outage_grace, Duration::ZERO)?,
    })
}
