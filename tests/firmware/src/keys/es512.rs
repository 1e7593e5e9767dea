//! A P-521 key, as its table in flash, which `firmware_cases` has written.

use tollgate_core::engines::ecdsa::{Comb, P521, ProvisionedKey};
use tollgate_core::{Key, KeyId, KeySet};

/// With a table of the same size for the generator.
type Engine = ProvisionedKey<P521, Comb<6, 2>, &'static [u8]>;

static TABLE: [u8; 9216] = *include_bytes!(concat!(env!("TOLLGATE_GENERATED"), "/es512-6x2.bin"));

static KEY: Engine = match Engine::from_trusted_static_table(&TABLE) {
    Some(key) => key,
    None => panic!("the table has the wrong length"),
};

pub type Keys = KeySet<&'static Engine, 1>;

#[inline(never)]
pub fn keys() -> Option<Keys> {
    let mut keys = Keys::new();
    keys.insert(Key::new(&KEY).with_id(KeyId::new("ES512"))).ok()?;
    Some(keys)
}
