//! The engines for tokens: [`ProvisionedKey`], and [`UntabledKey`] without a table.

use sha2::digest::Output;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::curve::{Curve, P256, P384, P521};
use super::generator::Generator;
use super::jwk::EcPublicKey;
use super::key::{ProvisionedKey, PublicKey};
use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engine::{InvalidSignature, SignatureVerifier};
use crate::engines::arithmetic::scalar::Scalar;
use crate::engines::comb::{Comb, CombSize};
use crate::jwk::{Jwk, UnusableKey};

/// A curve that JOSE combines with a hash (RFC 7518 §3.4).
///
/// ```
/// use tollgate_core::Algorithm;
/// use tollgate_core::engines::ecdsa::{JoseCurve, P256, P384, P521};
///
/// assert_eq!(P256::ALGORITHM, Algorithm::Es256);
/// assert_eq!(P384::ALGORITHM, Algorithm::Es384);
/// // P-521 has SHA-512.
/// assert_eq!(P521::ALGORITHM, Algorithm::Es512);
/// ```
pub trait JoseCurve: Curve {
    /// The algorithm of curve and hash.
    const ALGORITHM: Algorithm;
    /// The hash function.
    type Hash: Digest;
}

impl JoseCurve for P256 {
    const ALGORITHM: Algorithm = Algorithm::Es256;
    type Hash = Sha256;
}

impl JoseCurve for P384 {
    const ALGORITHM: Algorithm = Algorithm::Es384;
    type Hash = Sha384;
}

impl JoseCurve for P521 {
    const ALGORITHM: Algorithm = Algorithm::Es512;
    type Hash = Sha512;
}

/// An engine without a table for its key: ready at once, for keys that are used only a few times.
///
/// The curve's generator still has a table: `G` is its size, or a
/// [`BuiltGenerator`](crate::engines::ecdsa::BuiltGenerator).
///
/// See the example of [`Jwk`](crate::Jwk).
#[derive(Clone, Copy, Debug)]
pub struct UntabledKey<C: Curve, G = Comb<10, 2>> {
    key: PublicKey<C>,
    generator: G,
}

impl<C: Curve, G> UntabledKey<C, G> {
    /// Uses another table for the generator.
    pub fn with_generator<H: Generator<C>>(self, generator: H) -> UntabledKey<C, H> {
        UntabledKey { key: self.key, generator }
    }
}

impl<C: Curve, G: CombSize> From<PublicKey<C>> for UntabledKey<C, G> {
    fn from(key: PublicKey<C>) -> Self {
        Self { key, generator: G::VALUE }
    }
}

impl<C, S, B, G> SignatureVerifier for ProvisionedKey<C, S, B, G>
where
    C: JoseCurve,
    S: CombSize,
    B: AsRef<[u8]>,
    G: Generator<C>,
{
    fn algorithms(&self) -> KeyAlgorithms {
        KeyAlgorithms::only(C::ALGORITHM)
    }

    fn signature_len(&self) -> usize {
        C::Scalar::BYTES.saturating_mul(2)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if algorithm != C::ALGORITHM {
            return Err(InvalidSignature);
        }
        self.verify_prehash_vartime(&prehash::<C>(message), signature)
    }
}

impl<C, G> SignatureVerifier for UntabledKey<C, G>
where
    C: JoseCurve,
    G: Generator<C>,
{
    fn algorithms(&self) -> KeyAlgorithms {
        KeyAlgorithms::only(C::ALGORITHM)
    }

    fn signature_len(&self) -> usize {
        C::Scalar::BYTES.saturating_mul(2)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if algorithm != C::ALGORITHM {
            return Err(InvalidSignature);
        }
        self.key.verify_prehash_with_vartime(&self.generator, &prehash::<C>(message), signature)
    }
}

impl<C: JoseCurve> TryFrom<&EcPublicKey> for PublicKey<C> {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        if key.algorithm() != C::ALGORITHM {
            return Err(UnusableKey::NotForThisEngine);
        }
        Self::from_coordinates(key.x(), key.y()).map_err(|_| UnusableKey::NotOnCurve)
    }
}

impl<C: JoseCurve> TryFrom<&Jwk<'_>> for PublicKey<C> {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        Self::try_from(&EcPublicKey::try_from(jwk)?)
    }
}

impl<C: JoseCurve, G: CombSize> TryFrom<&EcPublicKey> for UntabledKey<C, G> {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        PublicKey::try_from(key).map(Self::from)
    }
}

impl<C: JoseCurve, G: CombSize> TryFrom<&Jwk<'_>> for UntabledKey<C, G> {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        PublicKey::try_from(jwk).map(Self::from)
    }
}

/// Not inlined, so that the hash's stack is free again when the curve needs stack.
#[inline(never)]
fn prehash<C: JoseCurve>(message: &[u8]) -> Output<C::Hash> {
    C::Hash::digest(message)
}
