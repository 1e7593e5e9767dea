//! Keys from a JWK set, for an engine without tables for them: for one algorithm.

use tollgate_core::KeySet;
use tollgate_core::engines::ecdsa::{Comb, UntabledKey};

use crate::cases::generated::JWKS;

#[cfg(feature = "es256")]
type Curve = tollgate_core::engines::ecdsa::P256;
#[cfg(feature = "es384")]
type Curve = tollgate_core::engines::ecdsa::P384;

/// With a small table for the generator.
pub type Keys = KeySet<UntabledKey<Curve, Comb<6, 2>>, 1>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    Keys::from_jwks(&JWKS).ok()
}
