//! jwt-compact: ES256, but not ES384. Its caller deserializes and compares issuer and audience.

use std::hint::black_box;

use chrono::{TimeDelta, Utc};
use jwt_compact::alg::{Es256, VerifyingKey};
use jwt_compact::{AlgorithmExt, TimeOptions, UntrustedToken};
use serde::Deserialize;

use super::Peer;
use crate::fixtures::{AUDIENCE, ISSUER, Issuer};

#[derive(Debug, Deserialize)]
struct Custom {
    iss: String,
    aud: String,
    sub: String,
    scope: String,
}

/// Returns the peer, with a parsed key.
pub fn peer(issuer: &Issuer) -> Peer {
    let key = VerifyingKey::<Es256>::from_slice(issuer.point()).unwrap();
    let times = TimeOptions::new(TimeDelta::zero(), Utc::now);
    Peer::new("jwt-compact", "parsed key", move |specimen| {
        let Ok(token) = UntrustedToken::new(specimen.token()) else { return false };
        let Ok(token) = Es256.validator::<Custom>(&key).validate(&token) else { return false };
        let claims = token.claims();
        black_box((&claims.custom.sub, &claims.custom.scope));
        claims.validate_expiration(&times).is_ok()
            && claims.custom.iss == ISSUER
            && claims.custom.aud == AUDIENCE
    })
}
