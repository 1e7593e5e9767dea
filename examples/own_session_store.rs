//! A store of sessions of your own. This one keeps them in a map; a database works the same way.
//!
//! ```sh
//! cargo run --example own_session_store --features sign-in
//! ```
//!
//! `contract::check` tests whether a store keeps the rules. Call it in a test of yours.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tollgate::sign_in::store::{
    Lease, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, Storing, Version, contract,
};

/// Records and leases, each with the moment at which it ends. A store in production also limits their number.
#[derive(Default)]
pub(crate) struct MapStore(Mutex<Maps>);

#[derive(Default)]
struct Maps {
    records: HashMap<RecordKey, (Record, Vec<OwnerKey>, Instant)>,
    leases: HashMap<RecordKey, (Lease, Instant)>,
    /// The last version or lease.
    last: u64,
}

impl MapStore {
    /// The lock makes each call atomic. A database has transactions, or conditional updates.
    fn maps(&self) -> MutexGuard<'_, Maps> {
        let mut maps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        maps.last = maps.last.wrapping_add(1);
        let now = Instant::now();
        maps.records.retain(|_, (.., end)| now < *end);
        maps.leases.retain(|_, (_, end)| now < *end);
        maps
    }
}

impl SessionStore for MapStore {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        Box::pin(async { Ok(self.maps().records.get(key).map(|(record, ..)| record.clone())) })
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        Box::pin(async move {
            let mut maps = self.maps();
            let current = maps.records.get(key).map(|(record, ..)| record.version);
            let version = match (rule, current) {
                (Rule::Create, None) => Version(maps.last),
                (Rule::Replace(expected), Some(version)) if version == expected => {
                    Version(maps.last)
                }
                (Rule::Touch(expected), Some(version)) if version == expected => version,
                _ => return Ok(Saved::Conflict),
            };
            let record = (Record { bytes, version }, owners.to_vec(), end_of(time));
            maps.records.insert(*key, record);
            Ok(Saved::Done(version))
        })
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        Box::pin(async { Ok(self.maps().records.remove(key).is_some()) })
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        Box::pin(async {
            Ok(self.maps().records.extract_if(|_, (_, owners, _)| owners.contains(owner)).count())
        })
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        Box::pin(async move {
            let mut maps = self.maps();
            let lease = Lease(maps.last);
            if maps.leases.contains_key(key) {
                return Ok(None);
            }
            maps.leases.insert(*key, (lease, end_of(time)));
            Ok(Some(lease))
        })
    }

    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()> {
        Box::pin(async move {
            self.maps().leases.retain(|other, (held, _)| other != key || *held != lease);
            Ok(())
        })
    }
}

fn end_of(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

#[tokio::main]
async fn main() -> Result<(), contract::Violation> {
    contract::check(&MapStore::default()).await?;
    println!("the store keeps the contract");
    Ok(())
}
