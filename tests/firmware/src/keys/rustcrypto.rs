//! Keys from a JWK set, with RustCrypto's engine.

use tollgate_core::KeySet;

use crate::cases::generated::JWKS;

#[cfg(all(feature = "es256", not(feature = "es384")))]
type Engine = tollgate_core::engines::rustcrypto::P256Key;
#[cfg(all(feature = "es384", not(feature = "es256")))]
type Engine = tollgate_core::engines::rustcrypto::P384Key;
#[cfg(all(feature = "es256", feature = "es384"))]
type Engine = tollgate_core::engines::rustcrypto::RustCryptoKey;

pub type Keys = KeySet<Engine, 2>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    Keys::from_jwks(&JWKS).ok()
}
