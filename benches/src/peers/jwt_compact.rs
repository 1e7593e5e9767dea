//! jwt-compact, for ES256. It has no ES384. Its caller deserializes and compares issuer and audience.

use std::hint::black_box;

use chrono::{TimeDelta, Utc};
use jwt_compact::alg::{Es256, VerifyingKey};
use jwt_compact::{AlgorithmExt, TimeOptions, UntrustedToken};
use serde::Deserialize;
use tollgate_core::Algorithm;

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
pub fn peer(issuer: &Issuer) -> Option<Peer> {
    if issuer.algorithm() != Algorithm::Es256 {
        return None;
    }
    let key = VerifyingKey::<Es256>::from_slice(&issuer.public_key()).unwrap();
    let times = TimeOptions::new(TimeDelta::zero(), Utc::now);
    Some(Peer::new("jwt-compact", "parsed key", move |specimen| {
        let Ok(token) = UntrustedToken::new(specimen.token()) else { return false };
        let Ok(token) = Es256.validator::<Custom>(&key).validate(&token) else { return false };
        let claims = token.claims();
        black_box((&claims.custom.sub, &claims.custom.scope));
        claims.validate_expiration(&times).is_ok()
            && claims.custom.iss == ISSUER
            && claims.custom.aud == AUDIENCE
    }))
}
