//! Keys for servers: engines that own their memory and take either curve.

use std::fmt;
use std::ops::Deref;

use tollgate_core::provisioned::{
    Comb, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey, PublicKey, UntabledKey,
    table_bytes,
};
use tollgate_core::{Algorithm, EcPublicKey, SignatureVerifier, UnusableKey};

/// The size of a server's tables: 64 KiB for a P-256 key, 96 KiB for a P-384 key.
pub type ServerTable = Comb<10, 2>;

/// A key with a table on the heap: for keys that verify many tokens.
pub struct ServerKey(Box<dyn SignatureVerifier + Send + Sync>);

/// A key without a table: ready at once, for keys that verify a few tokens.
pub struct QuickKey(Box<dyn SignatureVerifier + Send + Sync>);

impl TryFrom<&EcPublicKey> for ServerKey {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        fn provision<C>(key: &EcPublicKey) -> Result<ServerKey, UnusableKey>
        where
            C: JoseCurve + GeneratorTable<ServerTable> + Send + Sync,
        {
            let point = PublicKey::<C>::try_from(key)?;
            let memory = vec![0; table_bytes::<C, ServerTable>()].into_boxed_slice();
            let key = ProvisionedKey::<C, ServerTable, _>::build_in(&point, memory);
            Ok(ServerKey(Box::new(key.map_err(|_| UnusableKey::NotOnCurve)?)))
        }
        match key.algorithm() {
            Algorithm::Es256 => provision::<P256>(key),
            Algorithm::Es384 => provision::<P384>(key),
        }
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
