//! Puts a [`Gate`](crate::gate::Gate) in front of a service: [`RequireAuth`] is a tower layer, and
//! `Authenticated` an extractor for axum's handlers.

mod admission;
mod future;
mod layer;
mod service;

#[cfg(feature = "axum")]
mod extract;

#[cfg(feature = "axum")]
pub use extract::{Authenticated, Unauthenticated};
pub use future::ResponseFuture;
pub use layer::RequireAuth;
pub use service::RequireAuthService;
