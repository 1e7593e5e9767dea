//! Keys that serve one tenant alone, in a set for many.

use std::sync::Arc;

use tollgate_core::{Algorithm, InvalidSignature, Key, KeyAlgorithms, SignatureVerifier};

use crate::issuer_template::IssuerTemplate;
use crate::keys::SharedVerifier;

/// Binds a key of many tenants to the issuer that it names as its own, unless that is the template.
pub(super) fn bound(
    key: Key<SharedVerifier>,
    owner: String,
    template: &IssuerTemplate,
) -> Key<SharedVerifier> {
    if template.is_like(&owner) {
        return key;
    }
    key.map(|engine| -> SharedVerifier { Arc::new(BoundKey { engine, owner }) })
}

/// A key that serves one issuer alone.
struct BoundKey {
    engine: SharedVerifier,
    owner: String,
}

impl SignatureVerifier for BoundKey {
    fn algorithms(&self) -> KeyAlgorithms {
        self.engine.algorithms()
    }

    fn signature_len(&self) -> usize {
        self.engine.signature_len()
    }

    fn issuer(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.engine.verify(algorithm, message, signature)
    }
}
