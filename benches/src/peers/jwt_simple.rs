//! jwt-simple: it checks issuer, audience, expiration and `typ`, and refuses `crit`.

use std::collections::HashSet;
use std::hint::black_box;

use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike, ECDSAP384PublicKeyLike, ES256PublicKey, ES384PublicKey,
    Ed25519PublicKey, EdDSAPublicKeyLike, JWTClaims, RS256PublicKey, RSAPublicKeyLike,
    VerificationOptions,
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
pub fn peer(issuer: &Issuer) -> Option<Peer> {
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([ISSUER.into()])),
        allowed_audiences: Some(HashSet::from([AUDIENCE.into()])),
        time_tolerance: Some(Duration::from_secs(0)),
        ..VerificationOptions::default()
    };
    let note = "parsed key";
    macro_rules! peer {
        ($key:expr) => {{
            let key = $key.unwrap();
            Some(Peer::new("jwt-simple", note, move |specimen| {
                accepted(key.verify_token(specimen.token(), Some(options.clone())).ok())
            }))
        }};
    }
    let key = issuer.public_key();
    match issuer.algorithm() {
        Algorithm::Es256 => peer!(ES256PublicKey::from_bytes(&key)),
        Algorithm::Es384 => peer!(ES384PublicKey::from_bytes(&key)),
        Algorithm::EdDsa => peer!(Ed25519PublicKey::from_bytes(&key)),
        Algorithm::Rs256 => {
            let (n, e) = issuer.rsa_components();
            peer!(RS256PublicKey::from_components(&n, &e))
        }
        _ => None,
    }
}

fn accepted(claims: Option<JWTClaims<Custom>>) -> bool {
    claims.is_some_and(|claims| {
        black_box((&claims.subject, &claims.custom.scope));
        true
    })
}
