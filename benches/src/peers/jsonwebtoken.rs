//! jsonwebtoken, with both of its backends in one process.
//!
//! A process can install one provider of cryptography, once. So this installs a provider that asks a
//! switch which backend to use.
//!
//! The backend on RustCrypto is the crate's own. The one on aws-lc-rs is written out here, because the
//! crate has no default provider when both features are enabled, and Cargo unifies features: every
//! other program of this workspace would panic. It makes the same call as the crate's own backend
//! (`src/crypto/aws_lc` in version 12.0.0), which keeps the key as bytes and parses them for
//! every token.

use std::hint::black_box;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, rust_crypto};
use jsonwebtoken::errors::Result;
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm as Alg, DecodingKey, Validation, decode};
use serde::Deserialize;
use tollgate_core::Algorithm;

use super::Peer;
use crate::fixtures::{AUDIENCE, ISSUER, Issuer};

/// The claims that the handler gets. The library checks the others without this type.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    scope: String,
}

/// Returns the peer on aws-lc-rs.
pub fn with_aws_lc(issuer: &Issuer) -> Option<Peer> {
    peer(issuer, "jsonwebtoken-aws-lc", AWS_LC)
}

/// Returns the peer on RustCrypto, which parses the key for every token, too.
pub fn with_rust_crypto(issuer: &Issuer) -> Option<Peer> {
    peer(issuer, "jsonwebtoken-rust-crypto", RUST_CRYPTO)
}

const AWS_LC: bool = true;
const RUST_CRYPTO: bool = false;

/// The backend to use.
static BACKEND: AtomicBool = AtomicBool::new(AWS_LC);

/// Installs the provider; later calls do nothing.
fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let provider = CryptoProvider {
            verifier_factory: |algorithm, key| match BACKEND.load(Ordering::Relaxed) {
                AWS_LC => AwsLc::verifier(algorithm, key),
                RUST_CRYPTO => (rust_crypto::DEFAULT_PROVIDER.verifier_factory)(algorithm, key),
            },
            ..rust_crypto::DEFAULT_PROVIDER.clone()
        };
        Box::leak(Box::new(provider)).install_default().expect("no other provider");
    });
}

fn peer(issuer: &Issuer, subject: &'static str, backend: bool) -> Option<Peer> {
    install_provider();
    let (key, algorithm) = match issuer.algorithm() {
        Algorithm::Es256 => (DecodingKey::from_ec_der(&issuer.public_key()), Alg::ES256),
        Algorithm::Es384 => (DecodingKey::from_ec_der(&issuer.public_key()), Alg::ES384),
        Algorithm::EdDsa => (DecodingKey::from_ed_der(&issuer.public_key()), Alg::EdDSA),
        Algorithm::Rs256 => (DecodingKey::from_rsa_der(&issuer.public_key()), Alg::RS256),
        _ => return None,
    };
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    Some(Peer::new(subject, "parses the key each time", move |specimen| {
        BACKEND.store(backend, Ordering::Relaxed);
        let Ok(token) = decode::<Claims>(specimen.token(), &key, &validation) else { return false };
        black_box((&token.claims.sub, &token.claims.scope));
        true
    }))
}

/// The backend on aws-lc-rs, a copy of the crate's own.
struct AwsLc {
    key: DecodingKey,
    algorithm: Alg,
    verification: &'static dyn VerificationAlgorithm,
}

impl AwsLc {
    fn verifier(algorithm: &Alg, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
        let verification: &dyn VerificationAlgorithm = match algorithm {
            Alg::ES256 => &ECDSA_P256_SHA256_FIXED,
            Alg::ES384 => &ECDSA_P384_SHA384_FIXED,
            Alg::EdDSA => &ED25519,
            Alg::RS256 => &RSA_PKCS1_2048_8192_SHA256,
            _ => unreachable!("no fixture has another algorithm"),
        };
        Ok(Box::new(Self { key: key.clone(), algorithm: *algorithm, verification }))
    }
}

impl Verifier<Vec<u8>> for AwsLc {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let key = self.key.try_get_as_bytes().map_err(Error::from_source)?;
        self.verification.verify_sig(key, message, signature).map_err(Error::from_source)
    }
}

impl JwtVerifier for AwsLc {
    fn algorithm(&self) -> Alg {
        self.algorithm
    }
}
