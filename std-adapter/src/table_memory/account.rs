//! [`Account`] knows how much memory tables take, and [`TableBytes`] count themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::keys::AlignedBytes;

/// A limit, and how much of it is in use, in bytes. Reading and freeing take no lock.
#[derive(Debug)]
pub(super) struct Account {
    limit: AtomicUsize,
    used: AtomicUsize,
}

impl Account {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit: AtomicUsize::new(limit), used: AtomicUsize::new(0) }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Half of the memory that is left. A key set that takes no more always leaves some for the next.
    pub(super) fn half_of_rest(&self) -> usize {
        self.limit().saturating_sub(self.used()) >> 1
    }
}

/// The bytes of a table, at the start of a cache line. The account counts them until they are dropped.
pub(super) struct TableBytes {
    bytes: AlignedBytes,
    account: Arc<Account>,
}

impl TableBytes {
    pub(super) fn zeroed(account: &Arc<Account>, len: usize) -> Self {
        account.used.fetch_add(len, Ordering::Relaxed);
        Self { bytes: AlignedBytes::zeroed(len), account: Arc::clone(account) }
    }
}

impl Drop for TableBytes {
    fn drop(&mut self) {
        self.account.used.fetch_sub(self.bytes.as_ref().len(), Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for TableBytes {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

impl AsMut<[u8]> for TableBytes {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.as_mut()
    }
}
