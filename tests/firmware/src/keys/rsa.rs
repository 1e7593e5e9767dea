//! An RSA key as bytes in flash, written by `firmware_cases`, for one algorithm. Loading it checks it.

use tollgate_core::engines::rsa::{RsaKey, provisioned_bytes};
use tollgate_core::{Algorithm, Key, KeyId, KeySet};

#[cfg(not(feature = "long-keys"))]
mod room {
    pub use tollgate_core::engines::rsa::Bits2048 as Room;

    pub const BITS: usize = 2048;
    pub const BYTES: &[u8] = include_bytes!(concat!(env!("TOLLGATE_GENERATED"), "/rsa-2048.bin"));
}
#[cfg(feature = "long-keys")]
mod room {
    pub use tollgate_core::engines::rsa::Bits4096 as Room;

    pub const BITS: usize = 4096;
    pub const BYTES: &[u8] = include_bytes!(concat!(env!("TOLLGATE_GENERATED"), "/rsa-4096.bin"));
}

#[cfg(feature = "ps256")]
use tollgate_core::engines::rsa::Ps256 as Scheme;
#[cfg(feature = "rs256")]
use tollgate_core::engines::rsa::Rs256 as Scheme;

const ALGORITHM: Algorithm =
    if cfg!(feature = "rs256") { Algorithm::Rs256 } else { Algorithm::Ps256 };

static TABLE: [u8; provisioned_bytes(room::BITS)] = match room::BYTES.first_chunk() {
    Some(bytes) => *bytes,
    None => panic!("the key has the wrong length"),
};

pub type Keys = KeySet<RsaKey<&'static [u8], Scheme, room::Room>, 1>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    let key = RsaKey::from_bytes(&TABLE[..]).ok()?.with_alg(ALGORITHM)?;
    let mut keys = Keys::new();
    keys.insert(Key::new(key).with_id(KeyId::new(ALGORITHM.name()))).ok()?;
    Some(keys)
}
