//! Signs users in at an OpenID provider, and keeps their sessions: the authorization code flow with PKCE
//! (OpenID Connect Core §3.1, RFC 9700), for web apps with axum.
//!
//! ```no_run
//! use axum::Router;
//! use axum::routing::get;
//! use tollgate::sign_in::{Provider, RequireSignIn, Secret, Session, Sessions, SignIn, SignInLayer};
//!
//! async fn home(session: Option<Session>) -> &'static str {
//!     if session.is_some() { "Authenticated" } else { "Not authenticated" }
//! }
//!
//! async fn orders(session: Session) -> String {
//!     format!("orders of {}", session.subject())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let provider = Provider::discover("https://auth.example.com/oidc");
//!     let sign_in = SignIn::builder(provider, "app_bookstore", "https://app.example.com")
//!         .client_secret(Secret::read("client.secret")?)
//!         .scopes(["profile"])
//!         .sessions(Sessions::memory())
//!         .build()?;
//!     let app = Router::new()
//!         .route("/", get(home))
//!         .route("/orders", get(orders).layer(RequireSignIn::new(sign_in.clone())))
//!         .merge(sign_in.routes())
//!         .layer(SignInLayer::new(sign_in));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     Ok(axum::serve(listener, app).await?)
//! }
//! ```
//!
//! The routes are `/sign-in`, `/callback`, `/sign-out` and `/backchannel-logout`. Register `/callback` at the provider
//! as a redirect URI, the page after sign-out as a post-sign-out redirect URI, and `/backchannel-logout` as the
//! back-channel logout URI.
//!
//! # One way through
//!
//! | file | what it has |
//! |---|---|
//! | `builder` | checks the settings: `settings`, `origin`, `sessions`, `secret`, `cookie_secret`, `connector` |
//! | `provider`, `open_provider` | where the provider is, what it can, and requests to it |
//! | `start` | an `attempt` begins: `request` makes the URL of the provider's page |
//! | `finish` | the `callback` answers the attempt, and a session begins; `redeem_once` has those under way |
//! | `exchange` | the code for tokens, by `client` and `token_answer`; `id_token` says which are accepted |
//! | `session` | the `user` who is signed in |
//! | `keeping` | where sessions are: a `record` in the `slot` of a store, by its `fields`, or a `sealed_session` in a cookie |
//! | `refresh` | a new access token, one request at a time, and patience in an `outage` |
//! | `user_info` | what else the provider says about the user, at sign-in or later |
//! | `sign_out` | the session ends, here and at the provider |
//! | `backchannel` | the provider ends sessions by a `logout_token`; a `logout_mark` stops sign-ins that are under way |
//! | `routes`, `layer`, `extract`, `required`, `pages`, `navigation` | all of that in HTTP |
//! | `store` | where sessions are kept |
//! | `seal`, `session_id`, `cookies`, `return_path` | what a browser keeps, and nobody can forge |
//! | `clock`, `tasks`, `tally`, `key_file` | time, work that goes on, counts for metrics, a key beside a file |
//!
//! Not supported: the implicit and hybrid flows, front-channel logout, request objects (JAR), `private_key_jwt`, and
//! several clients on one origin.

mod attempt;
mod backchannel;
mod builder;
mod callback;
mod client;
mod clock;
mod connector;
mod cookie_secret;
mod cookies;
mod error;
mod exchange;
mod extract;
mod fields;
mod finish;
mod id_token;
mod inner;
mod keeping;
#[cfg(feature = "file")]
mod key_file;
mod layer;
mod logout_mark;
mod logout_token;
mod navigation;
mod open_provider;
mod origin;
mod outage;
mod pages;
mod provider;
mod record;
mod redeem_once;
mod refresh;
mod request;
mod required;
mod return_path;
mod routes;
mod seal;
mod sealed_session;
mod secret;
mod session;
mod session_id;
mod sessions;
mod settings;
mod sign_out;
mod slot;
mod start;
pub mod store;
mod tally;
mod tasks;
mod token_answer;
mod user;
mod user_info;

pub use builder::{SignInBuildError, SignInBuilder};
pub use connector::{
    AuthRequestOptionalConfig, CheckedConnector, ConnectorConfig, ConnectorError, ConnectorWarning,
    IdTokenVerificationConfig,
};
pub use cookie_secret::{CookieSecret, InvalidCookieSecret};
pub use cookies::session_cookie_name;
pub use error::SignInError;
pub use finish::{Finished, NotFinished};
pub use layer::{RequireSignIn, RequireSignInService, SignInLayer};
pub use logout_token::LogoutError;
pub use origin::OriginError;
pub use provider::{Offered, Provider, ProviderError};
pub use record::{Owner, Target};
pub use request::{Screen, Start};
pub use return_path::{InvalidReturnPath, ReturnPath};
pub use seal::NoRandomness;
pub use secret::{Secret, SecretError};
pub use session::{NoAccessToken, NoUserInfo, Session};
pub use sessions::Sessions;
pub use settings::ClientAuth;
pub use sign_out::Ended;
pub use start::Started;
pub use tally::{Durations, Statistics};

use std::fmt;
use std::sync::Arc;

use crate::issuer_url::Plaintext;
use inner::Inner;
use store::RecordKey;

/// Signs users in. Clones share everything.
///
/// See the example of the [module](self).
#[derive(Clone)]
pub struct SignIn(Arc<Inner>);

impl SignIn {
    /// Starts building a `SignIn` for the app at `origin`, such as `https://app.example.com`, which is the client
    /// `client_id` of the provider.
    pub fn builder(
        provider: Provider,
        client_id: impl Into<String>,
        origin: impl Into<String>,
    ) -> SignInBuilder {
        SignInBuilder::new(provider, client_id.into(), origin.into())
    }

    /// Starts building a `SignIn` from the JSON of a connector, as Logto's OpenID Connect connector has it. `plaintext`
    /// says whether the app and the provider may be on this machine without TLS. Warnings go to the log.
    ///
    /// # Errors
    ///
    /// A value of the connector cannot be used. The error names its path.
    pub fn from_connector(
        connector: ConnectorConfig,
        origin: impl Into<String>,
        plaintext: Plaintext,
    ) -> Result<SignInBuilder, ConnectorError> {
        let (settings, warnings) = connector.settings(&plaintext.into())?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let builder = SignInBuilder::from_settings(settings, origin.into());
        Ok(match plaintext {
            Plaintext::Loopback => builder.allow_insecure_loopback(),
            Plaintext::Refuse => builder,
        })
    }

    /// Waits until the provider's metadata and keys are there, without a time limit.
    pub async fn ready(&self) {
        self.0.provider.gate().ready().await;
    }

    /// Returns whether the provider's metadata and keys are there, so that users can sign in.
    #[must_use]
    pub fn provider_works(&self) -> bool {
        let endpoints = self.0.provider.endpoints();
        let suffice = endpoints.and_then(|endpoints| self.0.settings.judge(&endpoints)).is_ok();
        suffice && self.0.provider.gate().is_ready()
    }

    /// Asks the store for a session that does not exist, and returns whether it answers. Sessions in cookies always
    /// work.
    pub async fn store_works(&self) -> bool {
        match self.0.store() {
            Some(store) => store.load(&RecordKey([0; 32])).await.is_ok(),
            None => true,
        }
    }

    /// Waits until the sign-ins, refreshes and sign-outs that are under way have ended. Call it before the program
    /// ends: the answer to a refresh has the only refresh token that is still valid.
    pub async fn drained(&self) {
        self.0.tasks.drained().await;
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("client_id", &self.0.settings.client_id)
            .finish_non_exhaustive()
    }
}
