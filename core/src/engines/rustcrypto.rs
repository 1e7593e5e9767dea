//! Engines over RustCrypto's curves, `p256` and `p384`, and big integers, `crypto-bigint`.
//!
//! They are widely reviewed and need no table. A program that needs only one algorithm uses
//! [`P256Key`], [`P384Key`] or [`RsaKey`], and the linker drops the others.
//!
//! ```
//! use tollgate_core::engines::rustcrypto::{P256Key, P384Key, RsaKey, RustCryptoKey};
//! use tollgate_core::{Jwk, UnusableKey};
//!
//! let json = br#"{"kty":"EC","crv":"P-256",
//!     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
//!     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
//! let (_, jwk) = Jwk::parse(json)?;
//! let key = P256Key::try_from(&jwk)?;
//! let either = RustCryptoKey::try_from(&jwk)?;
//! assert_eq!(P384Key::try_from(&jwk).unwrap_err(), UnusableKey::NotForThisEngine);
//! assert_eq!(RsaKey::try_from(&jwk).unwrap_err(), UnusableKey::NotForThisEngine);
//! # Ok::<(), UnusableKey>(())
//! ```

mod rsa;

use ecdsa::elliptic_curve::point::AffineCoordinates;
use ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256, Sha384};

use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engine::{InvalidSignature, SignatureVerifier};
use crate::engines::ecdsa::EcPublicKey;
use crate::jwk::{Jwk, UnusableKey};

pub use rsa::RsaKey;

macro_rules! engine {
    ($(#[$doc:meta])* $name:ident, $curve:ident, $hash:ident, $algorithm:ident, $signature_len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name($curve::ecdsa::VerifyingKey);

        impl SignatureVerifier for $name {
            fn algorithms(&self) -> KeyAlgorithms {
                KeyAlgorithms::only(Algorithm::$algorithm)
            }

            fn signature_len(&self) -> usize {
                $signature_len
            }

            fn verify(
                &self,
                algorithm: Algorithm,
                message: &[u8],
                signature: &[u8],
            ) -> Result<(), InvalidSignature> {
                if algorithm != Algorithm::$algorithm {
                    return Err(InvalidSignature);
                }
                let signature = $curve::ecdsa::Signature::from_slice(signature)
                    .map_err(|_| InvalidSignature)?;
                self.0
                    .verify_prehash(&$hash::digest(message), &signature)
                    .map_err(|_| InvalidSignature)
            }
        }

        impl TryFrom<&EcPublicKey> for $name {
            type Error = UnusableKey;

            fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
                if key.algorithm() != Algorithm::$algorithm {
                    return Err(UnusableKey::NotForThisEngine);
                }
                let x = key.x().try_into().map_err(|_| UnusableKey::Coordinate)?;
                let y = key.y().try_into().map_err(|_| UnusableKey::Coordinate)?;
                // This checks both coordinates with the curve's equation. The identity has no coordinates.
                let point = $curve::AffinePoint::from_coordinates(&x, &y).into_option();
                point
                    .and_then(|point| $curve::ecdsa::VerifyingKey::from_affine(point).ok())
                    .map(Self)
                    .ok_or(UnusableKey::NotOnCurve)
            }
        }

        impl TryFrom<&Jwk<'_>> for $name {
            type Error = UnusableKey;

            fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
                Self::try_from(&EcPublicKey::try_from(jwk)?)
            }
        }
    };
}

engine!(
    /// An engine for ES256, with a P-256 key.
    ///
    /// See the example of the [module](self).
    P256Key, p256, Sha256, Es256, 64
);

engine!(
    /// An engine for ES384, with a P-384 key.
    ///
    /// See the example of the [module](self).
    P384Key, p384, Sha384, Es384, 96
);

/// An engine for either algorithm. The code of both curves is linked.
///
/// See the example of the [module](self).
#[derive(Clone, Debug)]
pub enum RustCryptoKey {
    /// An ES256 key.
    P256(P256Key),
    /// An ES384 key.
    P384(P384Key),
}

impl SignatureVerifier for RustCryptoKey {
    fn algorithms(&self) -> KeyAlgorithms {
        match self {
            Self::P256(key) => key.algorithms(),
            Self::P384(key) => key.algorithms(),
        }
    }

    fn signature_len(&self) -> usize {
        match self {
            Self::P256(key) => key.signature_len(),
            Self::P384(key) => key.signature_len(),
        }
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        match self {
            Self::P256(key) => key.verify(algorithm, message, signature),
            Self::P384(key) => key.verify(algorithm, message, signature),
        }
    }
}

impl TryFrom<&EcPublicKey> for RustCryptoKey {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        match key.algorithm() {
            Algorithm::Es256 => P256Key::try_from(key).map(Self::P256),
            Algorithm::Es384 => P384Key::try_from(key).map(Self::P384),
            _ => Err(UnusableKey::NotForThisEngine),
        }
    }
}

impl TryFrom<&Jwk<'_>> for RustCryptoKey {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        Self::try_from(&EcPublicKey::try_from(jwk)?)
    }
}
