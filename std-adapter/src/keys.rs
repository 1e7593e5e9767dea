//! Keys for servers: engines that own their memory and take either curve.

use std::fmt;
use std::ops::Deref;

use tollgate_core::provisioned::{Comb, P256, P384, UntabledKey};
use tollgate_core::{Algorithm, EcPublicKey, SignatureVerifier, UnusableKey};

use crate::table_size::{SharedVerifier, TableSize};

/// The size of a server's tables: 64 KiB for a P-256 key, 96 KiB for a P-384 key.
pub type ServerTable = Comb<10, 2>;

/// A key with a table on the heap: for keys that verify many tokens.
pub struct ServerKey(Box<SharedVerifier<'static>>);

/// A key without a table: ready at once, for keys that verify a few tokens.
pub struct QuickKey(Box<SharedVerifier<'static>>);

impl TryFrom<&EcPublicKey> for ServerKey {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        TableSize::SERVER.provision(key).map(Self)
    }
}

impl TryFrom<&EcPublicKey> for QuickKey {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        Ok(Self(match key.algorithm() {
            Algorithm::Es256 => Box::new(UntabledKey::<P256>::try_from(key)?),
            Algorithm::Es384 => Box::new(UntabledKey::<P384>::try_from(key)?),
        }))
    }
}

impl Deref for ServerKey {
    type Target = dyn SignatureVerifier;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Deref for QuickKey {
    type Target = dyn SignatureVerifier;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKey({})", self.algorithm())
    }
}

impl fmt::Debug for QuickKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuickKey({})", self.algorithm())
    }
}
