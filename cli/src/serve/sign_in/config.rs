//! [`SignInConfig`]: the table `[sign_in]`, checked.

use std::env;
use std::path::PathBuf;

use tollgate::gate::{Demand, DemandError, Gate, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::sign_in::{
    ClientAuth, ConnectorConfig, ConnectorError, CookieSecret, Provider, Secret, SecretError,
    Sessions, SignIn, SignInBuildError, SignInBuilder,
};

use super::browsers::{Browsers, OpenedStore};
use super::table::{RawClientAuth, RawSession, RawSignIn, StoreKind};
use crate::error::Error;
use crate::input;
use crate::serve::limits::{self, LimitError};
use crate::serve::original_request::Proxy;
use crate::serve::origins::{Origin, Origins};
use crate::serve::rules::SignInFacts;

/// The variable with the secret of the client.
const SECRET_VARIABLE: &str = "TOLLGATE_CLIENT_SECRET";

/// The variable with the URL of redis.
const REDIS_URL_VARIABLE: &str = "TOLLGATE_REDIS_URL";

/// Where the pages of sign-in are, unless the table says so.
const DEFAULT_PREFIX: &str = "/tollgate";

/// What the prefix must not hide.
const OWN_ENDPOINTS: [&str; 5] = ["/auth", "/healthz", "/readyz", "/metrics", "/.well-known"];

/// The maximum of `max_sessions`, which takes some 40 GiB.
const MAX_SESSIONS: u64 = 10_000_000;

/// The table `[sign_in]`, checked as far as that goes without opening anything.
#[derive(Clone, Debug)]
pub(crate) struct SignInConfig {
    table: RawSignIn,
    connector: Option<ConnectorConfig>,
    client_secret: Option<Secret>,
    secrets: Vec<CookieSecret>,
    redis_url: Option<Secret>,
    max_sessions: Option<usize>,
    /// The certificate authorities of the provider's servers: those of the `[[issuer]]`, unless the table has others.
    ca_file: Option<PathBuf>,
    origins: Vec<Origin>,
    proxy: Proxy,
    plaintext: Plaintext,
}

/// Why sign-in is configured wrongly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInConfigError {
    #[error(
        "public_url is not set. List the origins under which browsers see the app, as in \
         \"https://app.example.com\""
    )]
    NoPublicUrl,
    #[error(
        "proxy is not set. Set it to the proxy in front: nginx, ingress-nginx, haproxy, traefik, caddy or envoy"
    )]
    NoProxy,
    #[error(
        "it needs exactly one of issuer and connector. Write issuer = \"https://auth.example.com/oidc\""
    )]
    NotOneProvider,
    #[error("client_id is not set. Take the one that the provider shows for this app")]
    NoClientId,
    #[error("{0}: the connector says this already. Remove it from one of the two")]
    InConnector(&'static str),
    #[error(
        "require is not set, so everybody with an account at the provider could sign in. Say who may, as in \
         require = [{{ claim = \"/email\", ends_with = \"@example.com\" }}], or write anyone = true"
    )]
    NobodyNamed,
    #[error("require and anyone = true contradict each other. Remove one of the two")]
    RequireAndAnyone,
    #[error(
        "prefix {0:?} does not do: it must be a path of letters, digits, '-', '.', '_' and '~', and not be one of \
         Tollgate's own. Write one like \"/tollgate\""
    )]
    Prefix(String),
    #[error("max_age: it is too long. Write one like \"1 hour\"")]
    MaxAge,
    #[error(
        "resource: access tokens for {0:?} have to be verified, but no [[issuer]] accepts this audience. Add an \
         [[issuer]] table with it"
    )]
    Resource(String),
    #[error("session.path: it is for store = \"file\" only. Remove it, or set store")]
    PathWithoutFile,
    #[error(
        "session.secret_files is not set, and sessions in {0} need a secret, which all servers share. Make one with \
         `tollgate secret -o cookie.key`, and write secret_files = \"cookie.key\""
    )]
    NoSecretFiles(&'static str),
    #[error(
        "session.idle_timeout: sessions in cookies have none. Remove it, and set max_age to how long one may last"
    )]
    IdleTimeoutOfCookies,
    #[error("session.claims: it is for store = \"cookie\" only. Remove it, or set store")]
    ClaimsOfStore,
    #[error(
        "pass_access_token: sessions in cookies have no access token. Remove it, or set session.store to \"memory\" or \
         \"file\""
    )]
    AccessTokenOfCookies,
    #[error(
        "session.path is not set. Write path = \"sessions.redb\", on a disk that outlives a restart"
    )]
    NoPath,
    #[error(
        "session.redis_url_file is not set. Write the URL of redis into a file, and name it here, or set the variable \
         {REDIS_URL_VARIABLE}"
    )]
    NoRedisUrl,
    #[error("session.redis_url_file: it is for store = \"redis\" only. Remove it, or set store")]
    RedisUrlWithoutRedis,
    #[error("session.redis_url_file: {0}")]
    RedisUrlFile(SecretError),
    #[error(
        "session.max_sessions: redis limits sessions by its maxmemory. Remove it, or set store to \"memory\" or \"file\""
    )]
    MaxSessionsOfRedis,
    #[error(
        "session.store: this build has no store {0:?}: it was compiled without the feature of that name"
    )]
    NotBuilt(&'static str),
    #[error("session.{0}")]
    Limit(#[from] LimitError),
    #[error("session.secret_files: {0}")]
    SecretFile(SecretError),
    #[error("client_secret_file: {0}")]
    ClientSecret(#[from] SecretError),
    #[error("connector: {0}")]
    ConnectorFile(Box<Error>),
    #[error("connector {}: {error}", path.display())]
    Connector { path: PathBuf, error: ConnectorError },
    #[error("{0}")]
    Build(#[from] SignInBuildError),
}

impl SignInConfig {
    /// Checks the table, and reads the files that it names.
    ///
    /// # Errors
    ///
    /// A setting is missing or invalid, or a file cannot be read.
    pub(crate) fn new(
        table: RawSignIn,
        origins: &Origins,
        proxy: Option<Proxy>,
        plaintext: Plaintext,
        issuers: &[Issuer],
    ) -> Result<Self, SignInConfigError> {
        use SignInConfigError as Fault;
        let origins = origins.as_slice().to_vec();
        if origins.is_empty() {
            return Err(Fault::NoPublicUrl);
        }
        let proxy = proxy.ok_or(Fault::NoProxy)?;
        if table.require.is_empty() != table.anyone {
            return Err(if table.anyone { Fault::RequireAndAnyone } else { Fault::NobodyNamed });
        }
        let prefix = table.prefix();
        let is_own = |own: &&str| {
            prefix.strip_prefix(*own).is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'/', ..]))
        };
        if !is_plain(prefix) || OWN_ENDPOINTS.iter().any(is_own) {
            return Err(Fault::Prefix(prefix.to_owned()));
        }
        if let Some(resource) = &table.resource {
            let demand = Demand::builder().audience(resource).build();
            let checked = demand.and_then(|demand| demand.check_issuers(issuers));
            checked.map_err(|_: DemandError| Fault::Resource(resource.clone()))?;
        }
        match (table.session.store, &table.session.path) {
            (StoreKind::File, None) => return Err(Fault::NoPath),
            (StoreKind::File, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(Fault::PathWithoutFile),
        }
        table.check_cookies()?;
        match table.session.store {
            StoreKind::File if !cfg!(feature = "file") => return Err(Fault::NotBuilt("file")),
            StoreKind::Redis if !cfg!(feature = "redis") => return Err(Fault::NotBuilt("redis")),
            _ => {}
        }
        let redis_url = table.session.redis_url()?;
        let max_sessions =
            limits::count("max_sessions", table.session.max_sessions, 1..=MAX_SESSIONS)?;
        let secrets = table.session.secret_files.iter().map(CookieSecret::read);
        let secrets = secrets.collect::<Result<_, _>>().map_err(Fault::SecretFile)?;
        let as_issuer = issuers.iter().find(|it| it.issuer.first() == table.issuer.as_ref());
        let ca_file = table.ca_file.clone().or_else(|| as_issuer?.ca_file.clone());
        // A connector has its own.
        let variable = env::var(SECRET_VARIABLE).ok().filter(|_| table.connector.is_none());
        let client_secret = match (&table.client_secret_file, variable) {
            (Some(file), _) => Some(Secret::read(file)?),
            (None, Some(secret)) if !secret.is_empty() => Some(Secret::new(secret)),
            (None, _) => None,
        };
        let connector = match (&table.issuer, &table.connector) {
            (Some(_), None) if table.client_id.is_none() => return Err(Fault::NoClientId),
            (Some(_), None) => None,
            (None, Some(path)) => {
                if let Some(key) = table.set_beside_connector() {
                    return Err(Fault::InConnector(key));
                }
                let text =
                    input::file(path).map_err(|error| Fault::ConnectorFile(Box::new(error)))?;
                let read = ConnectorConfig::from_json(&text);
                Some(read.map_err(|error| Fault::Connector { path: path.clone(), error })?)
            }
            _ => return Err(Fault::NotOneProvider),
        };
        Ok(Self {
            table,
            connector,
            client_secret,
            secrets,
            redis_url,
            max_sessions,
            ca_file,
            origins,
            proxy,
            plaintext,
        })
    }

    /// What rules have to know.
    pub(crate) fn facts(&self) -> SignInFacts<'_> {
        SignInFacts {
            issuer: self.table.issuer.as_deref(),
            resource: self.table.resource.as_deref(),
        }
    }

    /// The origins under which browsers see the app.
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Where the pages of sign-in are.
    pub(crate) fn prefix(&self) -> &str {
        self.table.prefix()
    }

    /// Why no other process can reach the sessions, if that is so.
    pub(crate) const fn out_of_reach(&self) -> Option<&'static str> {
        match self.table.session.store {
            StoreKind::Memory => Some(
                "they are in the memory of the server, which forgets them at a restart: set store in \
                 [sign_in.session] to \"file\" or \"redis\"",
            ),
            StoreKind::Cookie => Some(
                "they are in cookies, which only their browsers have: a new secret in secret_files, and no old one, \
                 ends all of them",
            ),
            StoreKind::File | StoreKind::Redis => None,
        }
    }

    /// Whether the service gets the access token.
    pub(crate) fn passes_access_token(&self) -> bool {
        self.table.pass_access_token
    }

    /// Opens the store, and starts to discover the provider. On a reload, sessions and attempts live on.
    ///
    /// Call it inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// A setting is invalid, or the store cannot be opened.
    pub(crate) fn open(
        &self,
        gate: &Gate,
        predecessor: Option<&Browsers>,
    ) -> Result<Browsers, SignInConfigError> {
        let (first, others) = self.origins.split_first().ok_or(SignInConfigError::NoPublicUrl)?;
        let mut builder = self.builder(first.as_str())?.share_keys(gate);
        if self.table.resource.is_some() {
            builder = builder.access_token_gate(gate);
        }
        if let Some(predecessor) = predecessor
            && let Some(first) = predecessor.first()
        {
            builder = builder.replaces(first);
            if *predecessor.opened() != self.store() {
                tracing::warn!(
                    "new values of store, path, max_sessions and the URL of redis in [sign_in.session] take effect \
                     after a restart"
                );
            }
        }
        let first = builder.build()?;
        let mut sign_ins = vec![first.clone()];
        for origin in others {
            sign_ins.push(first.at_origin(origin.as_str())?);
        }
        let prefix = self.table.prefix().to_owned();
        let resource = self.table.resource.clone();
        let opened = predecessor.map_or_else(|| self.store(), |it| it.opened().clone());
        Ok(Browsers::new(sign_ins, &self.origins, prefix, self.proxy, resource, opened))
    }

    /// What a store is opened by.
    fn store(&self) -> OpenedStore {
        let RawSession { store, path, .. } = &self.table.session;
        OpenedStore {
            store: *store,
            path: path.clone(),
            redis_url: self.redis_url.clone(),
            max_sessions: self.max_sessions,
        }
    }

    fn builder(&self, origin: &str) -> Result<SignInBuilder, SignInConfigError> {
        let table = &self.table;
        let mut builder = match &self.connector {
            Some(connector) => {
                let builder = SignIn::from_connector(connector.clone(), origin, self.plaintext);
                let path = || table.connector.clone().unwrap_or_default();
                builder.map_err(|error| SignInConfigError::Connector { path: path(), error })?
            }
            None => {
                let mut provider = Provider::discover(table.issuer.as_deref().unwrap_or_default());
                if let Some(file) = &self.ca_file {
                    provider = provider.ca_file(file);
                }
                let client_id = table.client_id.as_deref().unwrap_or_default();
                SignIn::builder(provider, client_id, origin)
            }
        };
        if self.plaintext == Plaintext::Loopback {
            builder = builder.allow_insecure_loopback();
        }
        if let Some(secret) = &self.client_secret {
            builder = builder.client_secret(secret.clone());
        }
        if let Some(client_auth) = table.client_auth {
            builder = builder.client_auth(match client_auth {
                RawClientAuth::Basic => ClientAuth::Basic,
                RawClientAuth::Post => ClientAuth::Post,
                RawClientAuth::None => ClientAuth::None,
            });
        }
        builder = builder
            .scopes(&table.scope)
            .require(table.require.iter().cloned())
            .prefix(table.prefix())
            .sessions(self.sessions())
            .secrets(self.secrets.iter().cloned());
        if let Some(path) = &table.after_sign_in {
            builder = builder.after_sign_in(path);
        }
        if let Some(path) = &table.after_sign_out {
            builder = builder.after_sign_out(path);
        }
        if let Some(resource) = &table.resource {
            builder = builder.resource(resource);
        }
        if let Some(prompt) = &table.prompt {
            builder = builder.prompt(prompt);
        }
        if let Some(display) = table.display {
            builder = builder.display(display.as_str());
        }
        if let Some(max_age) = table.max_age {
            let secs = max_age.as_secs().ok_or(SignInConfigError::MaxAge)?;
            builder = builder.max_authentication_age(secs);
        }
        if let Some(ui_locales) = &table.ui_locales {
            builder = builder.ui_locales(ui_locales);
        }
        if let Some(login_hint) = &table.login_hint {
            builder = builder.login_hint(login_hint);
        }
        if !table.require_acr.is_empty() {
            builder = builder.require_acr(&table.require_acr);
        }
        if !table.acr_values.is_empty() {
            builder = builder.acr_values(&table.acr_values);
        }
        if table.user_info {
            builder = builder.user_info();
        }
        if table.trust_unverified_email {
            builder = builder.trust_unverified_email();
        }
        for (name, value) in &table.extra {
            builder = builder.extra(name, value);
        }
        Ok(builder)
    }

    fn sessions(&self) -> Sessions {
        let RawSession { store, path, claims, max_age, idle_timeout, outage_grace, .. } =
            &self.table.session;
        let mut sessions = match (store, path, &self.redis_url) {
            #[cfg(feature = "file")]
            (StoreKind::File, Some(path), _) => Sessions::file(path),
            #[cfg(feature = "redis")]
            (StoreKind::Redis, _, Some(url)) => Sessions::redis(url.clone()),
            (StoreKind::Cookie, ..) => Sessions::in_cookie().claims(claims),
            _ => Sessions::memory(),
        };
        if let Some(age) = max_age {
            sessions = sessions.max_age(age.0);
        }
        if let Some(time) = idle_timeout {
            sessions = sessions.idle_timeout(time.0);
        }
        if let Some(time) = outage_grace {
            sessions = sessions.outage_grace(time.0);
        }
        match self.max_sessions {
            Some(most) => sessions.max_sessions(most),
            None => sessions,
        }
    }
}

/// Whether a path means the same to every proxy, without escapes, also in a configuration.
fn is_plain(path: &str) -> bool {
    let of_segments = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    path.strip_prefix('/').is_some_and(|segments| {
        segments.split('/').all(|segment| !segment.is_empty() && segment.bytes().all(of_segments))
    })
}

impl RawSession {
    /// The URL of redis, if sessions are there. Refuses settings that do not fit together.
    fn redis_url(&self) -> Result<Option<Secret>, SignInConfigError> {
        use SignInConfigError as Fault;
        if self.store != StoreKind::Redis {
            let is_unset = self.redis_url_file.is_none();
            return if is_unset { Ok(None) } else { Err(Fault::RedisUrlWithoutRedis) };
        }
        if self.secret_files.is_empty() {
            return Err(Fault::NoSecretFiles("redis"));
        }
        if self.max_sessions.is_some() {
            return Err(Fault::MaxSessionsOfRedis);
        }
        let url = match (&self.redis_url_file, env::var(REDIS_URL_VARIABLE)) {
            (Some(file), _) => Secret::read(file).map_err(Fault::RedisUrlFile)?,
            (None, Ok(url)) if !url.is_empty() => Secret::new(url),
            (None, _) => return Err(Fault::NoRedisUrl),
        };
        Ok(Some(url))
    }
}

impl RawSignIn {
    fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX)
    }

    /// Refuses what sessions in cookies cannot do, and what only they can.
    fn check_cookies(&self) -> Result<(), SignInConfigError> {
        use SignInConfigError as Fault;
        let session = &self.session;
        if session.store != StoreKind::Cookie {
            let is_unset = session.claims.is_empty();
            return if is_unset { Ok(()) } else { Err(Fault::ClaimsOfStore) };
        }
        if session.secret_files.is_empty() {
            return Err(Fault::NoSecretFiles("cookies"));
        }
        if session.idle_timeout.is_some() {
            return Err(Fault::IdleTimeoutOfCookies);
        }
        if self.pass_access_token {
            return Err(Fault::AccessTokenOfCookies);
        }
        Ok(())
    }

    /// A key that says what a connector says.
    fn set_beside_connector(&self) -> Option<&'static str> {
        let keys = [
            ("client_id", self.client_id.is_some()),
            ("client_secret_file", self.client_secret_file.is_some()),
            ("client_auth", self.client_auth.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("scope", !self.scope.is_empty()),
            ("prompt", self.prompt.is_some()),
            ("display", self.display.is_some()),
            ("max_age", self.max_age.is_some()),
            ("ui_locales", self.ui_locales.is_some()),
            ("login_hint", self.login_hint.is_some()),
            ("acr_values", !self.acr_values.is_empty()),
            ("extra", !self.extra.is_empty()),
            ("trust_unverified_email", self.trust_unverified_email),
        ];
        keys.into_iter().find_map(|(key, is_set)| is_set.then_some(key))
    }
}
