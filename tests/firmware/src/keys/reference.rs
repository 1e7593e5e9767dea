//! Keys from a JWK set, for RustCrypto's curves.

use tollgate_core::KeySet;

use crate::cases::generated::JWKS;

#[cfg(all(feature = "es256", not(feature = "es384")))]
type Engine = tollgate_core::reference::P256Key;
#[cfg(all(feature = "es384", not(feature = "es256")))]
type Engine = tollgate_core::reference::P384Key;
#[cfg(all(feature = "es256", feature = "es384"))]
type Engine = tollgate_core::reference::ReferenceKey;

pub type Keys = KeySet<Engine, 2>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    Keys::from_jwks(&JWKS).ok()
}
