//! RSA with keys of blobs, and with the feature `large-jwks-keys` of JWK sets.

use tollgate_core::engines::rsa::{Capacity, RsaKey};
use tollgate_core::engines::{BlobError, BlobKey};
use tollgate_core::{Algorithm, InvalidSignature, SignatureVerifier};

use super::{Engine, Material};

/// The chosen algorithms. Each element is a scheme, or `()` if its feature is off.
type Schemes =
    (chosen::Rs256, chosen::Rs384, chosen::Rs512, chosen::Ps256, chosen::Ps384, chosen::Ps512);

/// The room for a modulus, and so the stack.
#[cfg(feature = "rsa-4096")]
type Room = tollgate_core::engines::rsa::Bits4096;
#[cfg(all(feature = "rsa-3072", not(feature = "rsa-4096")))]
type Room = tollgate_core::engines::rsa::Bits3072;
#[cfg(not(any(feature = "rsa-3072", feature = "rsa-4096")))]
type Room = tollgate_core::engines::rsa::Bits2048;

/// A key in a blob.
pub(super) type Borrowed = RsaKey<&'static [u8], Schemes, Room>;
/// A key of a JWK set.
#[cfg(feature = "large-jwks-keys")]
pub(super) type Own = RsaKey<tollgate_core::engines::rsa::RsaKeyBytes, Schemes, Room>;

mod chosen {
    macro_rules! choose {
        ($($feature:literal: $scheme:ident,)*) => { $(
            #[cfg(feature = $feature)]
            pub(super) use tollgate_core::engines::rsa::$scheme;
            #[cfg(not(feature = $feature))]
            pub(super) type $scheme = ();
        )* };
    }
    choose! {
        "rs256": Rs256,
        "rs384": Rs384,
        "rs512": Rs512,
        "ps256": Ps256,
        "ps384": Ps384,
        "ps512": Ps512,
    }
}

/// There is no trusted way, because a key proves its constant quickly.
pub(super) fn from_blob(key: &BlobKey<'static>) -> Result<Engine, BlobError> {
    let key = key.rsa_key::<Schemes, Room>()?;
    Ok(engine(&key, verify_borrowed, Material::Rsa(key)))
}

#[cfg(feature = "large-jwks-keys")]
pub(super) fn from_jwk(jwk: &tollgate_core::Jwk<'_>) -> Result<Engine, tollgate_core::UnusableKey> {
    let key = Own::try_from(jwk)?;
    Ok(engine(&key, verify_own, Material::RsaOfJwk(key)))
}

fn engine(key: &impl SignatureVerifier, verify: super::Verify, material: Material) -> Engine {
    const { assert!(Room::BITS <= 4096, "the length of a signature fits") };
    let signature_len = u16::try_from(key.signature_len()).unwrap_or(0);
    Engine { algorithms: key.algorithms(), signature_len, verify, material }
}

fn verify_borrowed(
    key: &Material,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    #[allow(irrefutable_let_patterns, reason = "with RSA alone, every key is in a blob")]
    let Material::Rsa(key) = key else { return Err(InvalidSignature) };
    key.verify(algorithm, message, signature)
}

#[cfg(feature = "large-jwks-keys")]
fn verify_own(
    key: &Material,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let Material::RsaOfJwk(key) = key else { return Err(InvalidSignature) };
    key.verify(algorithm, message, signature)
}
