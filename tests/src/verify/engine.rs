//! The engines that the tests compare.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use tollgate_core::engines::ecdsa::{
    Comb, EcPublicKey, P256, P384, P521, ProvisionedKey, PublicKey, UntabledKey, table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey, UntabledEd25519Key};
use tollgate_core::engines::rsa::{RsaKey, RsaKeyBytes};
use tollgate_core::engines::rustcrypto::{self, RustCryptoKey};
use tollgate_core::{
    Algorithm, InvalidSignature, Jwk, KeyAlgorithms, KeyType, SignatureVerifier, UnusableKey,
};

/// An engine that verifies signatures, or believes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// RustCrypto's curves and big integers.
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
    /// The reason why the key cannot be used.
    pub fn make(self, jwk: &Jwk<'_>) -> Result<SharedEngine, UnusableKey> {
        match jwk.key_type() {
            KeyType::Ec => self.ecdsa(&EcPublicKey::try_from(jwk)?),
            KeyType::Okp => self.eddsa(jwk),
            KeyType::Rsa => self.rsa(jwk),
        }
    }

    fn ecdsa(self, key: &EcPublicKey) -> Result<SharedEngine, UnusableKey> {
        Ok(match (self, key.algorithm()) {
            // A believed key need not be on its curve.
            (Self::Credulous, algorithm) => Arc::new(Credulous {
                algorithms: algorithm.into(),
                signature_len: 2 * key.x().len(),
            }),
            // RustCrypto's engines have no P-521: ours without a table stands in.
            (Self::RustCrypto | Self::NoTables, Algorithm::Es512) => {
                Arc::new(UntabledKey::<P521>::try_from(key)?)
            }
            (Self::RustCrypto, _) => Arc::new(RustCryptoKey::try_from(key)?),
            (Self::Tables, _) => with_table(key)?,
            (Self::NoTables, Algorithm::Es256) => Arc::new(UntabledKey::<P256>::try_from(key)?),
            (Self::NoTables, Algorithm::Es384) => Arc::new(UntabledKey::<P384>::try_from(key)?),
            (Self::NoTables, _) => return Err(UnusableKey::NotForThisEngine),
        })
    }

    /// RustCrypto's engines have no Ed25519: ours without a table stands in.
    fn eddsa(self, jwk: &Jwk<'_>) -> Result<SharedEngine, UnusableKey> {
        let untabled = UntabledEd25519Key::<Comb<10, 2>>::try_from(jwk)?;
        Ok(match self {
            Self::Credulous => {
                Arc::new(Credulous { algorithms: Algorithm::EdDsa.into(), signature_len: 64 })
            }
            Self::Tables => once(vec![jwk_bytes(jwk)], || {
                let memory = vec![0; eddsa::table_bytes::<Comb<5, 2>>()];
                let key = Ed25519PublicKey::try_from(jwk)?;
                let key = Ed25519Key::<Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
                Ok(Arc::new(key.unwrap()))
            })?,
            Self::RustCrypto | Self::NoTables => Arc::new(untabled),
        })
    }

    /// Ours has no tables: its key is on the heap, or in the engine.
    fn rsa(self, jwk: &Jwk<'_>) -> Result<SharedEngine, UnusableKey> {
        let key: RsaKey<Vec<u8>> = RsaKey::from_jwk_in(jwk, |len| vec![0; len])?;
        Ok(match self {
            Self::Credulous => Arc::new(Credulous {
                algorithms: key.algorithms(),
                signature_len: key.signature_len(),
            }),
            Self::NoTables => Arc::new(RsaKey::<RsaKeyBytes>::try_from(jwk)?),
            Self::RustCrypto => Arc::new(rustcrypto::RsaKey::try_from(jwk)?),
            Self::Tables => Arc::new(key),
        })
    }
}

/// Makes an ECDSA engine with a table.
fn with_table(key: &EcPublicKey) -> Result<SharedEngine, UnusableKey> {
    once(vec![key.x().to_vec(), key.y().to_vec()], || {
        Ok(match key.algorithm() {
            Algorithm::Es256 => {
                let memory = vec![0; table_bytes::<P256, Comb<5, 2>>()];
                let key = PublicKey::<P256>::try_from(key)?;
                let key =
                    ProvisionedKey::<P256, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
                Arc::new(key.unwrap())
            }
            Algorithm::Es384 => {
                let memory = vec![0; table_bytes::<P384, Comb<5, 2>>()];
                let key = PublicKey::<P384>::try_from(key)?;
                let key =
                    ProvisionedKey::<P384, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
                Arc::new(key.unwrap())
            }
            Algorithm::Es512 => {
                let memory = vec![0; table_bytes::<P521, Comb<5, 2>>()];
                let key = PublicKey::<P521>::try_from(key)?;
                let key =
                    ProvisionedKey::<P521, Comb<5, 2>, _, Comb<10, 2>>::build_in(&key, memory);
                Arc::new(key.unwrap())
            }
            _ => return Err(UnusableKey::NotForThisEngine),
        })
    })
}

/// Makes an engine once for each key, since tables cost more than tokens.
fn once(
    key: Vec<Vec<u8>>,
    make: impl FnOnce() -> Result<SharedEngine, UnusableKey>,
) -> Result<SharedEngine, UnusableKey> {
    static KNOWN: LazyLock<Mutex<HashMap<Vec<Vec<u8>>, SharedEngine>>> =
        LazyLock::new(Mutex::default);
    if let Some(known) = KNOWN.lock().unwrap().get(&key) {
        return Ok(Arc::clone(known));
    }
    let made = make()?;
    KNOWN.lock().unwrap().insert(key, Arc::clone(&made));
    Ok(made)
}

/// The text of `x`.
fn jwk_bytes(jwk: &Jwk<'_>) -> Vec<u8> {
    jwk.text("x").map(|x| x.to_string().into_bytes()).unwrap_or_default()
}

/// An engine that believes every signature: for tests of what comes after, without the cost of
/// signing.
#[derive(Clone, Copy, Debug)]
pub struct Credulous {
    /// The algorithms of the key.
    pub algorithms: KeyAlgorithms,
    /// The length of its signatures.
    pub signature_len: usize,
}

impl SignatureVerifier for Credulous {
    fn algorithms(&self) -> KeyAlgorithms {
        self.algorithms
    }

    fn signature_len(&self) -> usize {
        self.signature_len
    }

    fn verify(&self, _: Algorithm, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }
}
