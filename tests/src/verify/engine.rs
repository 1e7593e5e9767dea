//! The engines that the tests compare.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use tollgate_core::provisioned::{
    Comb, P256, P384, ProvisionedKey, PublicKey, UntabledKey, table_bytes,
};
use tollgate_core::rustcrypto::RustCryptoKey;
use tollgate_core::{Algorithm, EcPublicKey, InvalidSignature, SignatureVerifier, UnusableKey};

/// An engine that verifies signatures, or believes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// RustCrypto's curves.
    RustCrypto,
    /// Our own, with a table for each key.
    Tables,
    /// Our own, without tables.
    NoTables,
    /// Believes every signature.
    Credulous,
}

/// An engine of any kind. Copies share its table.
pub type SharedEngine = Arc<dyn SignatureVerifier + Send + Sync>;

impl Engine {
    /// All that verify.
    pub const ALL: [Self; 3] = [Self::RustCrypto, Self::Tables, Self::NoTables];

    /// Makes an engine of this kind for a key.
    ///
    /// # Errors
    ///
    /// The point is not on its curve; [`Credulous`](Self::Credulous) does not ask.
    pub fn make(self, key: &EcPublicKey) -> Result<SharedEngine, UnusableKey> {
        Ok(match (self, key.algorithm()) {
            (Self::RustCrypto, _) => Arc::new(RustCryptoKey::try_from(key)?),
            (Self::Tables, _) => with_table(key)?,
            (Self::NoTables, Algorithm::Es256) => Arc::new(UntabledKey::<P256>::try_from(key)?),
            (Self::NoTables, Algorithm::Es384) => Arc::new(UntabledKey::<P384>::try_from(key)?),
            (Self::Credulous, algorithm) => Arc::new(Credulous(algorithm)),
        })
    }
}

/// Makes an engine with a table, once for each key, since tables cost more than tokens.
fn with_table(key: &EcPublicKey) -> Result<SharedEngine, UnusableKey> {
    type Known = HashMap<(Vec<u8>, Vec<u8>), SharedEngine>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let name = (key.x().to_vec(), key.y().to_vec());
    if let Some(known) = KNOWN.lock().unwrap().get(&name) {
        return Ok(Arc::clone(known));
    }
    let made: SharedEngine = match key.algorithm() {
        Algorithm::Es256 => {
            let memory = vec![0; table_bytes::<P256, Comb<5, 2>>()];
            let key = PublicKey::<P256>::try_from(key)?;
            let key = ProvisionedKey::<P256, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
            Arc::new(key.unwrap())
        }
        Algorithm::Es384 => {
            let memory = vec![0; table_bytes::<P384, Comb<5, 2>>()];
            let key = PublicKey::<P384>::try_from(key)?;
            let key = ProvisionedKey::<P384, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
            Arc::new(key.unwrap())
        }
    };
    KNOWN.lock().unwrap().insert(name, Arc::clone(&made));
    Ok(made)
}

/// An engine that believes every signature: for tests of what comes after, without the cost of
/// signing.
#[derive(Clone, Copy, Debug)]
pub struct Credulous(pub Algorithm);

impl SignatureVerifier for Credulous {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }
}
