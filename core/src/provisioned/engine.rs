//! The engines for tokens: [`ProvisionedKey`], and [`UntabledKey`] without a table.

use core::marker::PhantomData;

use sha2::digest::Output;
use sha2::{Digest, Sha256, Sha384};

use super::comb::{Comb, CombSize};
use super::curve::{Curve, P256, P384};
use super::generator::GeneratorTable;
use super::key::{ProvisionedKey, PublicKey};
use crate::algorithm::Algorithm;
use crate::engine::{InvalidSignature, SignatureVerifier};
use crate::jwk::{EcPublicKey, UnusableKey};

/// A curve that JOSE combines with a hash (RFC 7518 §3.4).
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

/// An engine without a table for its key: ready at once, for keys that are used only a few times.
///
/// The curve's generator still has a table, of size `G`.
#[derive(Clone, Copy, Debug)]
pub struct UntabledKey<C: Curve, G = Comb<10, 2>> {
    key: PublicKey<C>,
    size: PhantomData<G>,
}

impl<C: Curve, G> From<PublicKey<C>> for UntabledKey<C, G> {
    fn from(key: PublicKey<C>) -> Self {
        Self { key, size: PhantomData }
    }
}

impl<C, S, B, G> SignatureVerifier for ProvisionedKey<C, S, B, G>
where
    C: JoseCurve + GeneratorTable<G>,
    S: CombSize,
    B: AsRef<[u8]>,
    G: CombSize,
{
    fn algorithm(&self) -> Algorithm {
        C::ALGORITHM
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.verify_prehash_vartime(&prehash::<C>(message), signature)
    }
}

impl<C, G> SignatureVerifier for UntabledKey<C, G>
where
    C: JoseCurve + GeneratorTable<G>,
    G: CombSize,
{
    fn algorithm(&self) -> Algorithm {
        C::ALGORITHM
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.key.verify_prehash_vartime::<G>(&prehash::<C>(message), signature)
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

impl<C: JoseCurve, G> TryFrom<&EcPublicKey> for UntabledKey<C, G> {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        PublicKey::try_from(key).map(Self::from)
    }
}

/// Not inlined, so that the hash's stack is free again when the curve needs stack.
#[inline(never)]
fn prehash<C: JoseCurve>(message: &[u8]) -> Output<C::Hash> {
    C::Hash::digest(message)
}
