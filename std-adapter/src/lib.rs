//! Protects services in Rust with JWT bearer tokens from an OpenID Connect provider.
//!
//! You name the issuer and your API. A [`Gate`](gate::Gate) then discovers, fetches and rotates the
//! issuer's keys in the background, and verifies the token of each request: signature (ES256, ES384,
//! ES512, RS256 to RS512, PS256 to PS512, EdDSA), issuer, audience, times, type and scopes. It answers
//! bad requests as RFC 6750 asks.
//!
//! With the feature `sign-in`, it also signs users in to a web app: see `sign_in`. For firmware, use [`tollgate_core`] alone. For
//! a service in another language, put `tollgate serve`, the server of the package `tollgate-cli`,
//! behind your proxy.
//!
//! # An axum API
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tollgate::gate::{Gate, Issuer};
//! use tollgate::middleware::{Authenticated, RequireAuth};
//!
//! async fn orders(user: Authenticated) -> String {
//!     format!("orders of {}", user.subject().unwrap_or("nobody"))
//! }
//!
//! async fn hello(user: Option<Authenticated>) -> &'static str {
//!     if user.is_some() { "hello, friend" } else { "hello, stranger" }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let issuer = Issuer::new("https://auth.example.com/oidc").audience("https://api.example.com");
//!     let gate = Gate::builder().issuer(issuer).build()?;
//!     let auth = RequireAuth::new(gate);
//!     let app = Router::new()
//!         .route("/orders", get(orders).layer(auth.clone().scope("read:orders")))
//!         .route("/hello", get(hello).layer(auth.allow_anonymous()));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     Ok(axum::serve(listener, app).await?)
//! }
//! ```
//!
//! [`RequireAuth`](middleware::RequireAuth) answers 401, 403 and 503 itself.
//! [`Authenticated`](middleware::Authenticated) tells the handler who makes the request. The whole
//! program is `examples/axum.rs` in the repository.
//!
//! # Any other service
//!
//! `RequireAuth` is a layer for every tower service. Without tower, call
//! [`Gate::authorize`](gate::Gate::authorize) with the value of the `Authorization` header, or
//! [`Gate::authorize_request`](gate::Gate::authorize_request) with all header fields. From
//! synchronous code, call their `_now` variants, which never wait. For a token with an unknown key,
//! these fetch newer keys in the background, so a client that retries is accepted after a key
//! rotation:
//!
//! ```
//! use http::{Request, Response};
//! use tollgate::gate::Gate;
//!
//! fn answer<B>(gate: &Gate, request: &Request<B>) -> Response<String> {
//!     match gate.authorize_request_now(request.headers(), &["read:orders"]) {
//!         Ok(identity) => Response::new(format!("orders of {:?}", identity.subject())),
//!         // 401, 403 or 503, with the headers that RFC 6750 asks for.
//!         Err(denied) => denied.response(gate),
//!     }
//! }
//! ```
//!
//! The whole program, with a hyper server: `examples/synchronous.rs`.
//!
//! # Claims of your own
//!
//! Any serde type reads the claims. An error names the claim that is missing or has the wrong type:
//!
//! ```
//! use tollgate::gate::{ClaimsError, Identity};
//!
//! #[derive(serde::Deserialize)]
//! struct Member {
//!     organization_id: String,
//!     #[serde(default)]
//!     roles: Vec<String>,
//! }
//!
//! fn is_admin(identity: &Identity) -> Result<bool, ClaimsError> {
//!     let member: Member = identity.claims()?;
//!     Ok(member.roles.iter().any(|role| role == "admin"))
//! }
//! ```
//!
//! In axum, take `Authenticated<Member>` and read `user.claims`. The whole program:
//! `examples/own_claims.rs`.
//!
//! # The core alone
//!
//! [`tollgate_core`] verifies without network, runtime or heap. You bring the JWK set, the time and
//! the memory. The compiler checks a policy that is a `const`:
//!
//! ```
//! use tollgate::keys::{self, BoxedVerifier};
//! use tollgate::tollgate_core::policy::{Audience, Policy};
//! use tollgate::tollgate_core::{KeySet, KeySetError, Now, Rejection, Scratch, Verifier};
//!
//! const POLICY: Policy<'static> = match Policy::access_token(
//!     &["https://auth.example.com/oidc"],
//!     &[Audience::Exact("https://api.example.com")],
//! )
//! .required_scopes(&["read:orders"])
//! .build()
//! {
//!     Ok(policy) => policy,
//!     Err(_) => panic!("invalid policy"),
//! };
//!
//! struct Api {
//!     keys: KeySet<BoxedVerifier<'static>, 8>,
//! }
//!
//! impl Api {
//!     fn new(jwks: &str) -> Result<Self, KeySetError> {
//!         Ok(Self { keys: KeySet::from_jwks_with(jwks.as_bytes(), keys::with_table)? })
//!     }
//!
//!     fn user(&self, authorization: &[u8], now: Now) -> Result<String, Rejection> {
//!         let mut scratch = Scratch::<4096>::new();
//!         let token = Verifier::new(&self.keys, POLICY).verify_header(authorization, now, &mut scratch)?;
//!         Ok(token.claims().subject().map(|subject| subject.to_string()).unwrap_or_default())
//!     }
//! }
//! ```
//!
//! If the policy is known only at run time, keep an [`OwnedPolicy`](owned_policy::OwnedPolicy). The
//! whole program, without this crate: `examples/core_only.rs`.
//!
//! # An engine of your own
//!
//! Implement [`SignatureVerifier`](tollgate_core::SignatureVerifier) for a hardware accelerator or
//! another library. [`BoxedVerifier`](keys::BoxedVerifier) puts it into one key set with others. Such a
//! set is for the core's [`Verifier`](tollgate_core::Verifier); a `Gate` makes its engines itself.
//!
//! ```
//! use tollgate::keys::{self, BoxedVerifier};
//! use tollgate::tollgate_core::engines::ecdsa::EcPublicKey;
//! use tollgate::tollgate_core::{
//!     Algorithm, InvalidSignature, Jwk, KeyAlgorithms, KeySet, SignatureVerifier, UnusableKey,
//! };
//!
//! struct Accelerator(EcPublicKey);
//!
//! impl SignatureVerifier for Accelerator {
//!     fn algorithms(&self) -> KeyAlgorithms {
//!         KeyAlgorithms::only(Algorithm::Es256)
//!     }
//!
//!     fn signature_len(&self) -> usize {
//!         64
//!     }
//!
//!     fn verify(
//!         &self,
//!         algorithm: Algorithm,
//!         message: &[u8],
//!         signature: &[u8],
//!     ) -> Result<(), InvalidSignature> {
//! #       let _ = (algorithm, message, signature);
//!         // Ask the device.
//! #       Err(InvalidSignature)
//!     }
//! }
//!
//! fn engine(jwk: &Jwk<'_>) -> Result<BoxedVerifier<'static>, UnusableKey> {
//!     match EcPublicKey::try_from(jwk) {
//!         Ok(key) if key.algorithm() == Algorithm::Es256 => Ok(Box::new(Accelerator(key))),
//!         _ => keys::with_table(jwk),
//!     }
//! }
//!
//! let keys: KeySet<BoxedVerifier<'_>, 8> = KeySet::from_jwks_with(br#"{"keys":[]}"#, engine)?;
//! # Ok::<(), tollgate::tollgate_core::KeySetError>(())
//! ```
//!
//! The whole program, with ring as the other engine: `examples/own_engine.rs`.
//!
//! # Modules and features
//!
//! | module | what it has |
//! |---|---|
//! | [`gate`] | [`Gate`](gate::Gate), which judges requests, and [`Issuer`](gate::Issuer), its settings |
//! | `middleware` | `RequireAuth`, a tower layer, and `Authenticated`, an extractor for axum |
//! | `sign_in` | sign-in at an OpenID provider, and sessions |
//! | [`jwks`] | keys that are fetched and rotated in the background, and HTTP clients for that |
//! | [`key_file`] | keys in files: JWK sets, single JWKs and PEM |
//! | [`keys`], [`table_size`] | engines for servers |
//! | [`table_memory`] | a budget for the tables of all keys |
//! | [`signature_memory`] | valid signatures that need not be verified again |
//! | [`owned_policy`] | a policy for a long-lived struct |
//! | [`issuer_url`], [`duration`], [`one_or_many`], [`required_claims`] | values of settings |
//! | [`explanation`] | why a token is refused, for the operator |
//! | [`untrusted`] | untrusted text in logs and on terminals |
//! | [`cross_site`] | requests that another site made a browser send |
//! | [`clock`] | the system clock |
//! | [`tollgate_core`] | the verification itself, which this crate does not change |
//!
//! | feature | what it adds |
//! |---|---|
//! | `reqwest` (default) | `jwks::HttpFetcher`, which fetches keys over HTTPS |
//! | `tower` | `middleware::RequireAuth`, for any tower service |
//! | `axum` (default) | `middleware::Authenticated`, for axum's handlers; includes `tower` |
//! | `sign-in` | `sign_in`, for web apps with axum |
//! | `file` | `sign_in::Sessions::file`, for sessions that survive a restart; includes `sign-in` |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bounded_file;
pub mod clock;
pub mod cross_site;
pub mod duration;
pub mod explanation;
pub mod gate;
mod issuer;
mod issuer_template;
pub mod issuer_url;
pub mod jwks;
pub mod key_file;
pub mod keys;
pub mod log_limit;
mod memory;
#[cfg(feature = "tower")]
pub mod middleware;
pub mod one_or_many;
pub mod owned_policy;
pub mod required_claims;
#[cfg(feature = "sign-in")]
pub mod sign_in;
pub mod signature_memory;
pub mod table_memory;
pub mod table_size;
mod trust_domain;
pub mod untrusted;

/// The core, without its feature `rustcrypto`: [`keys`] has engines that need no other crate.
pub use tollgate_core;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
