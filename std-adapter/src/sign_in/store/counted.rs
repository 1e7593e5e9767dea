//! [`Counted`]: a store whose errors are counted.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Lease, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, StoreError, StoreStatistics,
    Storing,
};
use crate::sign_in::tally::Tally;

/// Counts the errors of another store.
pub(in crate::sign_in) struct Counted {
    pub(in crate::sign_in) store: Arc<dyn SessionStore>,
    pub(in crate::sign_in) tally: Arc<Tally>,
}

impl Counted {
    async fn counting<T>(
        &self,
        operation: &'static str,
        call: Storing<'_, T>,
    ) -> Result<T, StoreError> {
        call.await.inspect_err(|_| self.tally.store_error(operation))
    }
}

impl SessionStore for Counted {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        Box::pin(self.counting("load", self.store.load(key)))
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        Box::pin(self.counting("save", self.store.save(key, bytes, rule, owners, time)))
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        Box::pin(self.counting("remove", self.store.remove(key)))
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        Box::pin(self.counting("remove_all", self.store.remove_all(owner)))
    }

    fn count(&self) -> Storing<'_, Option<usize>> {
        Box::pin(self.counting("count", self.store.count()))
    }

    fn statistics(&self) -> StoreStatistics {
        self.store.statistics()
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        Box::pin(self.counting("lease", self.store.lease(key, time)))
    }

    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()> {
        Box::pin(self.counting("release", self.store.release(key, lease)))
    }
}
