//! An engine of your own beside Tollgate's in one key set: here ring verifies ES256, and Tollgate
//! ES384. A hardware accelerator is plugged in the same way.
//!
//! ```sh
//! cargo run --example own_engine -- examples/oidc-provider/jwks.json \
//!     "Bearer $(cat examples/oidc-provider/access_token_es256.txt)"
//! ```

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use tollgate::clock;
use tollgate::gate::Issuer;
use tollgate::keys::{self, BoxedVerifier};
use tollgate::owned_policy::{InvalidPolicy, OwnedPolicy};
use tollgate::tollgate_core::engines::ecdsa::EcPublicKey;
use tollgate::tollgate_core::{
    Algorithm, InvalidSignature, Jwk, KeyAlgorithms, KeySet, KeySetError, Now, Rejection, Scratch,
    SignatureVerifier, UnusableKey, Verifier, limits,
};

/// A P-256 key for ring.
struct RingKey(UnparsedPublicKey<Vec<u8>>);

impl SignatureVerifier for RingKey {
    fn algorithms(&self) -> KeyAlgorithms {
        KeyAlgorithms::only(Algorithm::Es256)
    }

    fn signature_len(&self) -> usize {
        64
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if algorithm != Algorithm::Es256 {
            return Err(InvalidSignature);
        }
        self.0.verify(message, signature).map_err(|_| InvalidSignature)
    }
}

/// Chooses the engine of a key.
fn engine(jwk: &Jwk<'_>) -> Result<BoxedVerifier<'static>, UnusableKey> {
    match EcPublicKey::try_from(jwk) {
        Ok(key) if key.algorithm() == Algorithm::Es256 => {
            // ring checks the point only when it verifies, and a set takes no bad points.
            keys::without_table(jwk)?;
            let point = [&[4], key.x(), key.y()].concat();
            Ok(Box::new(RingKey(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point))))
        }
        _ => keys::with_table(jwk),
    }
}

/// What a program keeps to verify tokens.
pub(crate) struct Api {
    keys: KeySet<BoxedVerifier<'static>, 8>,
    policy: OwnedPolicy,
}

impl Api {
    /// Reads the key set of an issuer.
    pub(crate) fn new(jwks: &[u8], policy: OwnedPolicy) -> Result<Self, KeySetError> {
        Ok(Self { keys: KeySet::from_jwks_with(jwks, engine)?, policy })
    }

    /// Returns the user that the `Authorization` header names.
    pub(crate) fn user(&self, authorization: &str, now: Now) -> Result<String, Rejection> {
        let mut scratch = vec![0; Scratch::needed_for(limits::MAX_TOKEN_LEN)];
        let verifier = Verifier::new(&self.keys, self.policy.view());
        let token = verifier.verify_header(authorization.as_bytes(), now, &mut scratch)?;
        Ok(token.claims().subject().map(|subject| subject.to_string()).unwrap_or_default())
    }
}

/// Accepts access tokens of this issuer for two APIs.
pub(crate) fn policy() -> Result<OwnedPolicy, InvalidPolicy> {
    let issuer = "https://auth.example.com/oidc";
    let audiences = Issuer::new(issuer).audience("https://api.example.com");
    OwnedPolicy::new(&audiences.audience("https://es256.example.com"))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(jwks), Some(authorization)) = (arguments.next(), arguments.next()) else {
        return Err("usage: own_engine JWKS_FILE AUTHORIZATION".into());
    };
    let api = Api::new(&std::fs::read(jwks)?, policy()?)?;
    match api.user(&authorization, clock::now()) {
        Ok(user) => println!("accepted: {user}"),
        Err(rejection) => println!("rejected ({}): {rejection}", rejection.reason()),
    }
    Ok(())
}
