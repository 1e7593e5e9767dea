//! [`Slot`]: where a store keeps one session, and the key to its record.

use std::sync::Arc;
use std::time::Duration;

use super::error::SignInError;
use super::record::SessionRecord;
use super::session_id::SessionId;
use super::store::{Lease, RecordKey, Rule, Saved, SessionStore, StoreError, Version};

/// The place of one session in a store. There need not be a record in it.
#[derive(Clone)]
pub(super) struct Slot {
    id: SessionId,
    store: Arc<dyn SessionStore>,
}

/// A record as the store has it.
pub(super) struct Loaded {
    pub(super) record: SessionRecord,
    pub(super) version: Version,
}

impl Slot {
    pub(super) const fn new(id: SessionId, store: Arc<dyn SessionStore>) -> Self {
        Self { id, store }
    }

    /// The key of the record.
    pub(super) fn key(&self) -> RecordKey {
        self.id.record_key()
    }

    /// Reads the record. `None` if there is none that this program can read.
    pub(super) async fn read(&self) -> Result<Option<Loaded>, StoreError> {
        let Some(stored) = self.store.load(&self.key()).await? else { return Ok(None) };
        // Sealed by another identifier, or from another version of this program.
        let opened = self.id.open_record(stored.bytes);
        let Some(record) = opened.and_then(|bytes| SessionRecord::from_bytes(&bytes)) else {
            tracing::warn!("a session's record cannot be read, so the user has to sign in again");
            return Ok(None);
        };
        Ok(Some(Loaded { record, version: stored.version }))
    }

    /// Writes the record if `rule` allows it, and keeps it for `time`.
    pub(super) async fn write(
        &self,
        record: &SessionRecord,
        rule: Rule,
        time: Duration,
    ) -> Result<Saved, SignInError> {
        let bytes = self.id.seal_record(&record.to_bytes()?)?;
        Ok(self.store.save(&self.key(), bytes, rule, &record.owners(), time).await?)
    }

    /// Removes the record.
    pub(super) async fn remove(&self) -> Result<bool, StoreError> {
        self.store.remove(&self.key()).await
    }

    /// Takes the right to refresh the session.
    pub(super) async fn lease(&self, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.store.lease(&self.key(), time).await
    }

    /// Gives the right back.
    pub(super) async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        self.store.release(&self.key(), lease).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::store::MemoryStore;

    #[tokio::test]
    async fn a_record_that_cannot_be_read_is_no_session() {
        let id = SessionId::generate().unwrap();
        let slot = Slot::new(id.clone(), Arc::new(MemoryStore::new()));
        for content in [&b""[..], b"{}", b"\x01", &[0xff; 100]] {
            for bytes in [id.seal_record(content).unwrap(), content.to_vec()] {
                let hour = Duration::from_secs(3600);
                let saved = slot.store.save(&slot.key(), bytes, Rule::Create, &[], hour).await;
                assert!(matches!(saved, Ok(Saved::Done(_))));
                assert!(matches!(slot.read().await, Ok(None)), "{content:?}");
                assert_eq!(slot.remove().await, Ok(true));
            }
        }
    }
}
