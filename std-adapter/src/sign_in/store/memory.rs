//! [`MemoryStore`]: sessions in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::leases::{Leases, end_of};
use super::{
    DEFAULT_MAX_SESSIONS, Lease, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore,
    StoreStatistics, Storing, Version,
};

/// The maximum number of expired records that one call removes, so that none takes long.
const SWEPT_AT_ONCE: usize = 64;

/// A store in memory: fast, and empty after a restart of the process.
///
/// Its size is bounded: a session beyond [`max_sessions`](Self::max_sessions) replaces the one that has not been
/// used for longest.
///
/// See the example of [`SessionStore`].
pub struct MemoryStore(Mutex<State>);

impl MemoryStore {
    /// Makes an empty store for [`DEFAULT_MAX_SESSIONS`].
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(State {
            max_sessions: DEFAULT_MAX_SESSIONS,
            records: HashMap::new(),
            by_use: BTreeMap::new(),
            by_end: BTreeSet::new(),
            by_owner: BTreeSet::new(),
            last_number: 0,
            evictions: 0,
            leases: Leases::default(),
        }))
    }

    /// Sets the maximum number of sessions, at least 1. One takes 2 to 4 KiB with most providers, and 32 KiB at
    /// most.
    #[must_use]
    pub fn max_sessions(self, max_sessions: usize) -> Self {
        self.state().max_sessions = max_sessions.max(1);
        self
    }

    /// Returns the number of sessions.
    #[must_use]
    pub fn sessions(&self) -> usize {
        let mut state = self.state();
        state.sweep(Instant::now());
        state.records.len()
    }

    /// Returns how many sessions had to make room for others before their time was over.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.state().evictions
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("sessions", &self.sessions()).finish_non_exhaustive()
    }
}

impl SessionStore for MemoryStore {
    fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
        Box::pin(async move { Ok(self.state().load(key, Instant::now())) })
    }

    fn save<'a>(
        &'a self,
        key: &'a RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &'a [OwnerKey],
        time: Duration,
    ) -> Storing<'a, Saved> {
        Box::pin(
            async move { Ok(self.state().save(key, bytes, rule, owners, time, Instant::now())) },
        )
    }

    fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
        Box::pin(async move { Ok(self.state().remove(key, Instant::now())) })
    }

    fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
        Box::pin(async move { Ok(self.state().remove_all(owner, Instant::now())) })
    }

    fn count(&self) -> Storing<'_, Option<usize>> {
        Box::pin(async { Ok(Some(self.sessions())) })
    }

    fn statistics(&self) -> StoreStatistics {
        StoreStatistics {
            sessions: u64::try_from(self.sessions()).ok(),
            evictions: Some(self.evictions()),
        }
    }

    fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
        Box::pin(async move { self.state().leases.take(*key, time, Instant::now()) })
    }

    fn release<'a>(&'a self, key: &'a RecordKey, lease: Lease) -> Storing<'a, ()> {
        Box::pin(async move {
            self.state().leases.release(*key, lease);
            Ok(())
        })
    }
}

/// The records, and indexes of them.
struct State {
    max_sessions: usize,
    records: HashMap<RecordKey, Entry>,
    by_use: BTreeMap<u64, RecordKey>,
    by_end: BTreeSet<(Instant, RecordKey)>,
    by_owner: BTreeSet<(OwnerKey, RecordKey)>,
    /// Numbers versions and uses. None is used twice.
    last_number: u64,
    evictions: u64,
    leases: Leases,
}

struct Entry {
    bytes: Vec<u8>,
    version: Version,
    owners: Vec<OwnerKey>,
    end: Instant,
    last_use: u64,
}

impl State {
    fn load(&mut self, key: &RecordKey, now: Instant) -> Option<Record> {
        self.sweep(now);
        let number = self.next_number();
        let entry = self.records.get_mut(key).filter(|entry| now < entry.end)?;
        self.by_use.remove(&entry.last_use);
        self.by_use.insert(number, *key);
        entry.last_use = number;
        Some(Record { bytes: entry.bytes.clone(), version: entry.version })
    }

    fn save(
        &mut self,
        key: &RecordKey,
        bytes: Vec<u8>,
        rule: Rule,
        owners: &[OwnerKey],
        time: Duration,
        now: Instant,
    ) -> Saved {
        self.sweep(now);
        let current = self.records.get(key).filter(|entry| now < entry.end);
        let version = match (rule, current.map(|entry| entry.version)) {
            (Rule::Create, None) => Version(self.next_number()),
            (Rule::Replace(expected), Some(version)) if version == expected => {
                Version(self.next_number())
            }
            (Rule::Touch(expected), Some(version)) if version == expected => version,
            _ => return Saved::Conflict,
        };
        self.forget(key);
        while self.records.len() >= self.max_sessions {
            let Some((_, idle)) = self.by_use.pop_first() else { break };
            if self.forget(&idle).is_some_and(|entry| now < entry.end) {
                self.evictions = self.evictions.saturating_add(1);
            }
        }
        let (end, last_use) = (end_of(time, now), self.next_number());
        self.by_use.insert(last_use, *key);
        self.by_end.insert((end, *key));
        self.by_owner.extend(owners.iter().map(|owner| (*owner, *key)));
        let entry = Entry { bytes, version, owners: owners.to_vec(), end, last_use };
        self.records.insert(*key, entry);
        Saved::Done(version)
    }

    fn remove(&mut self, key: &RecordKey, now: Instant) -> bool {
        self.forget(key).is_some_and(|entry| now < entry.end)
    }

    fn remove_all(&mut self, owner: &OwnerKey, now: Instant) -> usize {
        let all = (*owner, RecordKey([0; 32]))..=(*owner, RecordKey([u8::MAX; 32]));
        let keys: Vec<_> = self.by_owner.range(all).map(|(_, key)| *key).collect();
        keys.iter().filter(|key| self.remove(key, now)).count()
    }

    /// Removes records whose time is over.
    fn sweep(&mut self, now: Instant) {
        for _ in 0..SWEPT_AT_ONCE {
            let Some((_, key)) = self.by_end.first().copied().filter(|(end, _)| *end <= now) else {
                return;
            };
            self.forget(&key);
        }
    }

    /// Removes a record from everywhere.
    fn forget(&mut self, key: &RecordKey) -> Option<Entry> {
        let entry = self.records.remove(key)?;
        self.by_use.remove(&entry.last_use);
        self.by_end.remove(&(entry.end, *key));
        for owner in &entry.owners {
            self.by_owner.remove(&(*owner, *key));
        }
        Some(entry)
    }

    fn next_number(&mut self) -> u64 {
        self.last_number = self.last_number.saturating_add(1);
        self.last_number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const OWNER: OwnerKey = OwnerKey([9; 32]);

    fn key(number: usize) -> RecordKey {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        RecordKey(key)
    }

    async fn create(store: &MemoryStore, number: usize, time: Duration) {
        let saved = store.save(&key(number), vec![1], Rule::Create, &[OWNER], time).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)));
    }

    async fn has(store: &MemoryStore, number: usize) -> bool {
        store.load(&key(number)).await.unwrap().is_some()
    }

    /// No index has what another lacks.
    fn assert_consistent(store: &MemoryStore) {
        let state = store.state();
        let length = state.records.len();
        assert_eq!((state.by_use.len(), state.by_end.len()), (length, length));
        assert_eq!(
            state.by_owner.len(),
            state.records.values().map(|it| it.owners.len()).sum::<usize>()
        );
    }

    #[tokio::test]
    async fn the_longest_idle_session_makes_room() {
        let store = MemoryStore::new().max_sessions(3);
        for number in 0..3 {
            create(&store, number, HOUR).await;
        }
        assert!(has(&store, 0).await, "and it is in use");
        create(&store, 3, HOUR).await;
        assert_eq!((store.sessions(), store.evictions()), (3, 1));
        assert_eq!(format!("{store:?}"), "MemoryStore { sessions: 3, .. }");
        for (number, expected) in [(0, true), (1, false), (2, true), (3, true)] {
            assert_eq!(has(&store, number).await, expected, "{number}");
        }
        let version = store.load(&key(2)).await.unwrap().unwrap().version;
        let saved = store.save(&key(2), vec![2], Rule::Replace(version), &[], HOUR).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)), "a change needs no room");
        assert_eq!((store.sessions(), store.evictions()), (3, 1));
        assert_consistent(&store);
    }

    #[tokio::test(start_paused = true)]
    async fn expired_sessions_take_no_memory_and_are_no_evictions() {
        let store = MemoryStore::new().max_sessions(100);
        for number in 0..100 {
            create(&store, number, HOUR).await;
        }
        tokio::time::advance(HOUR).await;
        create(&store, 100, HOUR).await;
        assert_eq!(store.evictions(), 0);
        assert_eq!(store.sessions(), 1);
        assert_consistent(&store);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_over_at_its_end_even_if_it_is_still_there() {
        let store = MemoryStore::new();
        let last = SWEPT_AT_ONCE + 1;
        for number in 0..=last {
            create(&store, number, HOUR).await;
        }
        tokio::time::advance(HOUR).await;
        assert!(!store.remove(&key(0)).await.unwrap());
        // The call removes others, since they are too many at once.
        assert!(!has(&store, last).await);
        for number in 0..=last {
            create(&store, number, HOUR).await;
        }
        tokio::time::advance(HOUR).await;
        assert_eq!(store.remove_all(&OWNER).await, Ok(0));
        for number in 0..=last {
            create(&store, number, HOUR).await;
        }
        tokio::time::advance(HOUR).await;
        create(&store, last, HOUR).await;
        assert_consistent(&store);
    }

    #[tokio::test(start_paused = true)]
    async fn expired_sessions_that_make_room_are_no_evictions() {
        let store = MemoryStore::new();
        for number in 0..=2 * SWEPT_AT_ONCE {
            create(&store, number, HOUR).await;
        }
        tokio::time::advance(HOUR).await;
        let store = store.max_sessions(1);
        create(&store, 0, HOUR).await;
        assert_eq!((store.sessions(), store.evictions()), (1, 0));
    }

    #[tokio::test]
    async fn removing_leaves_nothing_behind() {
        let store = MemoryStore::new();
        for number in 0..50 {
            create(&store, number, HOUR).await;
        }
        assert!(store.remove(&key(7)).await.unwrap());
        assert_consistent(&store);
        assert_eq!(store.remove_all(&OWNER).await.unwrap(), 49);
        assert_eq!(store.sessions(), 0);
        assert_consistent(&store);
    }

    #[tokio::test]
    async fn one_session_fits_in_any_store() {
        let store = MemoryStore::new().max_sessions(0);
        create(&store, 0, Duration::MAX).await;
        assert!(has(&store, 0).await);
    }

    #[tokio::test]
    async fn a_future_that_is_not_awaited_changes_nothing() {
        let store = MemoryStore::new();
        drop(store.save(&key(0), vec![1], Rule::Create, &[], HOUR));
        assert!(!has(&store, 0).await);
    }
}
