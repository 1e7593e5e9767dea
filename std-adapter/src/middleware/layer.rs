//! The layer.

use std::sync::Arc;

use tower_layer::Layer;

use super::service::RequireAuthService;
use crate::gate::Gate;

/// Lets through requests with an accepted token only, and puts its
/// [`Identity`](crate::gate::Identity) into their extensions. All others are answered as RFC 6750
/// says, with a JSON body `{"code":…,"message":…}`.
///
/// ```no_run
/// # #[cfg(feature = "axum")]
/// # fn example(gate: tollgate::gate::Gate) -> axum::Router {
/// use axum::Router;
/// use axum::routing::{get, post};
/// use tollgate::middleware::{Authenticated, RequireAuth};
///
/// async fn hello(user: Authenticated) -> String {
///     format!("hello, {}", user.subject().unwrap_or("whoever you are"))
/// }
///
/// let writers = RequireAuth::new(gate.clone()).scope("write:orders");
/// Router::new()
///     .route("/hello", get(hello).layer(RequireAuth::new(gate)))
///     .route("/orders", post(hello).layer(writers))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequireAuth {
    pub(super) gate: Gate,
    pub(super) scopes: Arc<[String]>,
}

impl RequireAuth {
    /// Requires what the gate does.
    #[must_use]
    pub fn new(gate: Gate) -> Self {
        Self { gate, scopes: Arc::default() }
    }

    /// Requires this scope, too. What is no scope-token (RFC 6749 §3.3) is in no token, so that
    /// everything is refused then.
    #[must_use]
    pub fn scope(self, scope: impl Into<String>) -> Self {
        let scopes = self.scopes.iter().cloned().chain([scope.into()]).collect();
        Self { scopes, ..self }
    }
}

impl<S> Layer<S> for RequireAuth {
    type Service = RequireAuthService<S>;

    fn layer(&self, inner: S) -> RequireAuthService<S> {
        RequireAuthService { inner, auth: self.clone() }
    }
}
