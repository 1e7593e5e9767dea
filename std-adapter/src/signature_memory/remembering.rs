//! [`Remembering`]: an engine that asks the memory first.

use std::sync::Arc;

use tollgate_core::{Algorithm, InvalidSignature, KeyAlgorithms, SignatureVerifier};

use super::SignatureMemory;
use super::fingerprint::Fingerprint;
use super::key_number::KeyNumber;

/// An engine that remembers the signatures that it has verified.
///
/// Make one with [`SignatureMemory::remembering`], which has an example.
#[derive(Debug)]
pub struct Remembering<V> {
    engine: V,
    number: Arc<KeyNumber>,
    memory: SignatureMemory,
}

impl<V> Remembering<V> {
    pub(super) const fn new(engine: V, number: Arc<KeyNumber>, memory: SignatureMemory) -> Self {
        Self { engine, number, memory }
    }
}

impl<V: SignatureVerifier> SignatureVerifier for Remembering<V> {
    fn algorithms(&self) -> KeyAlgorithms {
        self.engine.algorithms()
    }

    fn signature_len(&self) -> usize {
        self.engine.signature_len()
    }

    fn issuer(&self) -> Option<&str> {
        self.engine.issuer()
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.memory.recall_or(
            || Fingerprint::of(&self.number, algorithm, message, signature),
            || self.engine.verify(algorithm, message, signature),
        )
    }
}
