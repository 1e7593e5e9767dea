//! [`SignatureMemory`]: valid signatures that need not be verified again.
//!
//! | file | what it has |
//! |---|---|
//! | `fingerprint` | what stands for a signature |
//! | `key_number` | what stands for a key |
//! | `remembering` | the engine that asks the memory first |
//! | `table` | the bounded table |

mod fingerprint;
mod key_number;
mod remembering;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;

use crate::keys::{KeyIdentity, SharedVerifier};
use fingerprint::Fingerprint;
use key_number::{KeyNumber, KeyNumbers};
pub use remembering::Remembering;
use table::Table;

/// Remembers which signatures are valid, so that a token that comes again skips the arithmetic of its
/// signature.
///
/// **This is not a cache of verdicts.** A token that comes again is parsed again, its key is selected again, and
/// its claims and times are judged again by the policy of that moment. Only the engine's work is skipped.
///
/// - Only valid signatures are remembered. So a client without valid tokens cannot push out others.
/// - For each signature, the memory holds a SHA-256 hash of the key's number, the algorithm, the signed bytes
///   and the signature. It compares all 256 bits, and holds no token.
/// - A key has its number for as long as a key set contains it, across refreshes and reloads. Numbers are
///   never reused, so nothing that was remembered for a removed key is found again.
/// - A signature takes 34 bytes: 2.2 MB for the default capacity. When there is no room left, a new signature
///   replaces the least recently used one of eight.
///
/// All gates of a process share [`global`](Self::global), unless
/// [`GateBuilder::signature_memory`](crate::gate::GateBuilder::signature_memory) says otherwise. Clones share
/// everything.
///
/// ```
/// use tollgate::signature_memory::SignatureMemory;
///
/// // In this process, every token is verified from scratch.
/// SignatureMemory::global().set_capacity(0);
/// ```
#[derive(Clone)]
pub struct SignatureMemory(Arc<Inner>);

struct Inner {
    table: ArcSwap<Table>,
    hits: AtomicU64,
    numbers: KeyNumbers,
}

static GLOBAL: LazyLock<SignatureMemory> =
    LazyLock::new(|| SignatureMemory::new(SignatureMemory::DEFAULT_CAPACITY));

impl SignatureMemory {
    /// The default capacity: 65,536 signatures. Each token that is in use at a time takes one of them.
    pub const DEFAULT_CAPACITY: usize = 64 << 10;

    /// Makes a memory for `capacity` signatures, rounded up to a multiple of eight. With 0, it remembers
    /// nothing and costs nothing.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Inner {
            table: ArcSwap::from_pointee(Table::new(capacity)),
            hits: AtomicU64::new(0),
            numbers: KeyNumbers::default(),
        }))
    }

    /// Returns the memory of the process.
    #[must_use]
    pub fn global() -> &'static Self {
        &GLOBAL
    }

    /// Returns the maximum number of signatures.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.table.load().capacity()
    }

    /// Changes the maximum number of signatures, rounded up to a multiple of eight. If the number differs from
    /// the current one, the memory forgets all signatures.
    pub fn set_capacity(&self, capacity: usize) {
        let table = Table::new(capacity);
        if table.capacity() != self.capacity() {
            self.0.table.store(Arc::new(table));
        }
    }

    /// Returns how many verifications this memory has saved.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.0.hits.load(Ordering::Relaxed)
    }

    /// Makes an engine remember the signatures that it has verified. Each engine gets a number of its own, so
    /// engines share nothing, not even two with the same key.
    ///
    /// Gates do this themselves. For a program that has its own key sets:
    ///
    /// ```
    /// use tollgate::keys::SharedVerifier;
    /// use tollgate::signature_memory::{Remembering, SignatureMemory};
    /// use tollgate::tollgate_core::KeySet;
    ///
    /// fn remembering(keys: KeySet<SharedVerifier, 8>) -> KeySet<Remembering<SharedVerifier>, 8> {
    ///     keys.map(|engine| SignatureMemory::global().remembering(engine))
    /// }
    /// # assert!(remembering(KeySet::new()).keys().is_empty());
    /// ```
    #[must_use]
    pub fn remembering<V>(&self, engine: V) -> Remembering<V> {
        Remembering::new(engine, Arc::new(KeyNumber::next()), self.clone())
    }

    /// Makes the engine of a key in a set remember. As long as one of these engines lives, the next one for
    /// an equal key has the same number.
    pub(crate) fn shared(&self, key: KeyIdentity, engine: SharedVerifier) -> SharedVerifier {
        Arc::new(Remembering::new(engine, self.0.numbers.of(key), self.clone()))
    }

    /// Verifies by memory, or else by `verify`, whose success it remembers.
    fn recall_or<E>(
        &self,
        fingerprint: impl FnOnce() -> Fingerprint,
        verify: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let table = self.0.table.load();
        if table.capacity() == 0 {
            return verify();
        }
        let fingerprint = fingerprint();
        if table.recalls(&fingerprint) {
            self.0.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        verify()?;
        table.remember(fingerprint);
        Ok(())
    }
}

impl fmt::Debug for SignatureMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SignatureMemory");
        debug.field("capacity", &self.capacity()).field("hits", &self.hits()).finish()
    }
}
