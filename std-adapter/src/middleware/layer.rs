//! [`RequireAuth`]: the layer.

use std::sync::Arc;

use tower_layer::Layer;

use super::service::RequireAuthService;
use crate::gate::{Demand, Gate, Wanted};

/// Lets only requests with an accepted token pass, and adds the token's
/// [`Identity`](crate::gate::Identity) to their extensions. It answers all others as RFC 6750 says,
/// with a JSON body `{"code":…,"message":…}`.
///
/// Layers may be nested, for routes that need more scopes than the rest. The inner layer does not
/// verify the token again, if it has the same gate and the request's header is still the same.
///
/// ```no_run
/// # #[cfg(feature = "axum")]
/// # fn example(gate: tollgate::gate::Gate) -> axum::Router {
/// use axum::Router;
/// use axum::routing::{get, post};
/// use tollgate::middleware::{Authenticated, RequireAuth};
///
/// async fn hello(user: Authenticated) -> String {
///     format!("hello, {}", user.subject().unwrap_or("stranger"))
/// }
///
/// let auth = RequireAuth::new(gate);
/// Router::new()
///     .route("/hello", get(hello))
///     .route("/orders", post(hello).layer(auth.clone().scope("write:orders")))
///     .layer(auth)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequireAuth {
    pub(super) gate: Gate,
    pub(super) scopes: Arc<[String]>,
    pub(super) demand: Demand,
    pub(super) allows_anonymous: bool,
}

impl RequireAuth {
    /// Requires a token that the gate accepts.
    #[must_use]
    pub fn new(gate: Gate) -> Self {
        Self { gate, scopes: Arc::default(), demand: Demand::NOTHING, allows_anonymous: false }
    }

    /// Also requires this scope. No token has a scope that is not a scope-token (RFC 6749 §3.3), so
    /// the layer then refuses every request.
    #[must_use]
    pub fn scope(self, scope: impl Into<String>) -> Self {
        let scopes = self.scopes.iter().cloned().chain([scope.into()]).collect();
        Self { scopes, ..self }
    }

    /// Also requires what a demand says. It replaces the layer's earlier demand, but not its scopes. A layer with a
    /// demand verifies the token, even if an outer one has verified it.
    ///
    /// ```no_run
    /// # fn example(gate: tollgate::gate::Gate) -> Result<(), tollgate::gate::DemandError> {
    /// use tollgate::gate::Demand;
    /// use tollgate::middleware::RequireAuth;
    ///
    /// // Payments need a user who has signed in within the last five minutes.
    /// let recent = Demand::builder().scope("write:payments").max_age(300).build()?;
    /// let payments = RequireAuth::new(gate).demand(recent);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn demand(self, demand: Demand) -> Self {
        Self { demand, ..self }
    }

    /// Also lets requests *without* credentials pass, for handlers that take
    /// `Option<Authenticated>`. A bad token is still refused.
    ///
    /// ```no_run
    /// # #[cfg(feature = "axum")]
    /// # fn example(gate: tollgate::gate::Gate) -> axum::Router {
    /// use axum::Router;
    /// use axum::routing::get;
    /// use tollgate::middleware::{Authenticated, RequireAuth};
    ///
    /// async fn hello(user: Option<Authenticated>) -> String {
    ///     match &user {
    ///         Some(user) => format!("hello, {}", user.subject().unwrap_or("machine")),
    ///         None => "hello, stranger".to_owned(),
    ///     }
    /// }
    ///
    /// Router::new().route("/hello", get(hello)).layer(RequireAuth::new(gate).allow_anonymous())
    /// # }
    /// ```
    #[must_use]
    pub fn allow_anonymous(self) -> Self {
        Self { allows_anonymous: true, ..self }
    }

    /// What a token needs, besides the policy of its issuer.
    pub(super) fn wanted(&self) -> Wanted<'_, String> {
        Wanted { scopes: &self.scopes, demand: &self.demand }
    }
}

impl<S> Layer<S> for RequireAuth {
    type Service = RequireAuthService<S>;

    fn layer(&self, inner: S) -> RequireAuthService<S> {
        RequireAuthService { inner, auth: self.clone() }
    }
}
