//! The engines for tokens: [`Ed25519Key`], and [`UntabledEd25519Key`] without a table.

use super::generator::Generator;
use super::key::{Ed25519Key, Ed25519PublicKey};
use super::without_table::UntabledEd25519Key;
use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engine::{InvalidSignature, SignatureVerifier};
use crate::engines::comb::CombSize;
use crate::jwk::{Jwk, KeyType, UnusableKey};

/// R and S (RFC 8032 §5.1.6).
const SIGNATURE_LEN: usize = 64;

macro_rules! verify {
    () => {
        fn algorithms(&self) -> KeyAlgorithms {
            KeyAlgorithms::only(Algorithm::EdDsa)
        }

        fn signature_len(&self) -> usize {
            SIGNATURE_LEN
        }

        fn verify(
            &self,
            algorithm: Algorithm,
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), InvalidSignature> {
            if algorithm != Algorithm::EdDsa {
                return Err(InvalidSignature);
            }
            self.verify_vartime(message, signature)
        }
    };
}

impl<S, B, G> SignatureVerifier for Ed25519Key<S, B, G>
where
    S: CombSize,
    B: AsRef<[u8]>,
    G: Generator,
{
    verify!();
}

impl<G: Generator> SignatureVerifier for UntabledEd25519Key<G> {
    verify!();
}

/// Reads the key of a JWK with `kty` OKP and `crv` Ed25519 (RFC 8037 §2).
impl TryFrom<&Jwk<'_>> for Ed25519PublicKey {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        if jwk.key_type() != KeyType::Okp {
            return Err(UnusableKey::NotForThisEngine);
        }
        if !jwk.text("crv").is_some_and(|crv| crv == *"Ed25519") {
            return Err(UnusableKey::Curve);
        }
        jwk.algorithms(KeyAlgorithms::only(Algorithm::EdDsa))?;
        let mut x = [0; 32];
        jwk.decode("x", &mut x).ok_or(UnusableKey::Coordinate)?;
        Self::from_bytes(&x).map_err(|_| UnusableKey::NotOnCurve)
    }
}

impl<G: CombSize> TryFrom<&Jwk<'_>> for UntabledEd25519Key<G> {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        Ed25519PublicKey::try_from(jwk).map(Self::from)
    }
}
