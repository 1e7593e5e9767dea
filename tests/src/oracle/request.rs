//! What a verifier is asked to judge.

use super::policy::{Clock, Policy};

/// What a verifier is asked to judge.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the client sent.
    pub credentials: Credentials,
    /// JWK sets, each with the issuer that owns its keys, if it is known.
    pub sets: Vec<(Vec<u8>, Option<&'static str>)>,
    /// What the token must satisfy.
    pub policy: Policy,
    /// What is known of the time.
    pub clock: Clock,
}

/// What the client sent.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The lines of the `Authorization` field.
    Lines(Vec<Vec<u8>>),
    /// A token without a header around it.
    Token(Vec<u8>),
}
