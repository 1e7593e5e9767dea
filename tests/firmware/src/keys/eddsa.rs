//! An Ed25519 key with its table in flash, both written by `firmware_cases`.

use tollgate_core::engines::eddsa::{Comb, Ed25519Key};
use tollgate_core::{Key, KeyId, KeySet};

/// With a table of the same size for the generator.
type Engine = Ed25519Key<Comb<6, 2>, &'static [u8]>;

static TABLE: [u8; 6144] = *include_bytes!(concat!(env!("TOLLGATE_GENERATED"), "/eddsa-6x2.bin"));

static KEY: Engine = {
    let encoded = *include_bytes!(concat!(env!("TOLLGATE_GENERATED"), "/eddsa.bin"));
    match Engine::from_trusted_static_table(encoded, &TABLE) {
        Some(key) => key,
        None => panic!("the table has the wrong length"),
    }
};

pub type Keys = KeySet<&'static Engine, 1>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    let mut keys = Keys::new();
    keys.insert(Key::new(&KEY).with_id(KeyId::new("EdDSA"))).ok()?;
    Some(keys)
}
