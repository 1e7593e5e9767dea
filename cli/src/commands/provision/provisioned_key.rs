//! A key to write: [`ProvisionedKey`].

use tollgate_core::{EcPublicKey, KeyId};

/// A key with its table.
pub(super) struct ProvisionedKey {
    pub(super) id: Option<KeyId>,
    pub(super) point: EcPublicKey,
    pub(super) table: Vec<u8>,
}
