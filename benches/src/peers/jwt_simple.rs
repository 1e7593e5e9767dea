//! jwt-simple: it checks issuer, audience, expiration and `typ`, and refuses `crit`.

use std::collections::HashSet;
use std::hint::black_box;

use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike, ECDSAP384PublicKeyLike, ES256PublicKey, ES384PublicKey,
    JWTClaims, VerificationOptions,
};
use serde::Deserialize;
use tollgate_core::Algorithm;

use super::Peer;
use crate::fixtures::{AUDIENCE, ISSUER, Issuer};

#[derive(Debug, Deserialize)]
struct Custom {
    scope: String,
}

/// Returns the peer. It takes its options by value, so they are cloned for every token.
pub fn peer(issuer: &Issuer) -> Peer {
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([ISSUER.into()])),
        allowed_audiences: Some(HashSet::from([AUDIENCE.into()])),
        time_tolerance: Some(Duration::from_secs(0)),
        ..VerificationOptions::default()
    };
    let note = "parsed key";
    match issuer.algorithm() {
        Algorithm::Es256 => {
            let key = ES256PublicKey::from_bytes(issuer.point()).unwrap();
            Peer::new("jwt-simple", note, move |specimen| {
                accepted(key.verify_token(specimen.token(), Some(options.clone())).ok())
            })
        }
        Algorithm::Es384 => {
            let key = ES384PublicKey::from_bytes(issuer.point()).unwrap();
            Peer::new("jwt-simple", note, move |specimen| {
                accepted(key.verify_token(specimen.token(), Some(options.clone())).ok())
            })
        }
    }
}

fn accepted(claims: Option<JWTClaims<Custom>>) -> bool {
    claims.is_some_and(|claims| {
        black_box((&claims.subject, &claims.custom.scope));
        true
    })
}
