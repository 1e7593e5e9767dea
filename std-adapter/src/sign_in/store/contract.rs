//! [`check`]: a test of any [`SessionStore`].
//!
//! ```
//! use tollgate::sign_in::store::contract::{self, Violation};
//! # use tollgate::sign_in::store::MemoryStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Violation> {
//! let store = MemoryStore::new();
//! contract::check(&store).await?;
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::{Lease, OwnerKey, Record, RecordKey, Rule, Saved, SessionStore, StoreError, Version};
use crate::sign_in::seal::{self, NoRandomness};

/// How long records live that should outlive the test.
const LONG: Duration = Duration::from_secs(300);

/// How long records live that should not.
const SHORT: Duration = Duration::from_millis(100);

/// How long records live that are given more time before it is over.
const MEDIUM: Duration = Duration::from_millis(800);

/// The maximum size of a record in bytes.
const MAX_RECORD_LEN: usize = 32 * 1024;

/// How many calls meet.
const CONCURRENT: usize = 16;

/// [`Rule::Replace`] or [`Rule::Touch`].
type Change = fn(Version) -> Rule;

/// Why a store does not pass.
///
/// See the example of the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// It breaks a rule.
    #[error("the store breaks this rule: {rule}")]
    Rule {
        /// The rule, as a sentence.
        rule: &'static str,
    },
    /// A call failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no random keys for the test.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Tests whether a store keeps the rules of [`SessionStore`].
///
/// It writes some dozens of records under random keys, and removes them unless the store fails. It takes about a
/// second of real time: run it without tokio's paused clock, unless the store uses that clock, too.
///
/// # Errors
///
/// The first [`Violation`].
pub async fn check(store: &dyn SessionStore) -> Result<(), Violation> {
    records_are_created_once(store).await?;
    records_are_replaced_by_version(store).await?;
    removed_records_stay_removed(store).await?;
    contents_come_back(store).await?;
    records_are_counted(store).await?;
    owners_have_records(store).await?;
    leases_are_exclusive(store).await?;
    concurrent_calls_have_one_winner(store).await?;
    times_are_kept(store).await
}

async fn records_are_created_once(store: &dyn SessionStore) -> Result<(), Violation> {
    let record = Tested::new(store)?;
    rule("load finds nothing under an unknown key", record.load().await?.is_none())?;
    rule("remove returns false for an unknown key", !record.remove().await?)?;
    let version = record.create(b"first").await?;
    rule(
        "load finds a created record, with the version that save returned",
        record.is(b"first", version).await?,
    )?;
    let again = record.save(b"second", Rule::Create, &[], LONG).await?;
    rule("Create does not write over a record", again == Saved::Conflict)?;
    rule("after a conflict, the record is as before", record.is(b"first", version).await?)?;
    let other = Tested::new(store)?;
    rule("a record is under its own key only", other.load().await?.is_none())?;
    rule("remove returns true for a record", record.remove().await?)?;
    rule("a removed record is gone", record.load().await?.is_none())?;
    rule("remove returns false for a removed record", !record.remove().await?)?;
    record.create(b"third").await?;
    rule("after a removal, Create writes again", record.has(b"third").await?)?;
    record.remove().await?;
    Ok(())
}

async fn records_are_replaced_by_version(store: &dyn SessionStore) -> Result<(), Violation> {
    let record = Tested::new(store)?;
    let first = record.create(b"first").await?;
    let Saved::Done(second) = record.save(b"second", Rule::Replace(first), &[], LONG).await? else {
        return broken("Replace writes over the version that it names");
    };
    rule("Replace changes the version", second != first)?;
    rule(
        "load finds a replaced record, with the version that save returned",
        record.is(b"second", second).await?,
    )?;
    for (outdated, sentence) in [
        (Rule::Replace(first), "Replace does not write over another version than it names"),
        (Rule::Touch(first), "Touch does not write over another version than it names"),
    ] {
        let saved = record.save(b"late", outdated, &[], LONG).await?;
        rule(sentence, saved == Saved::Conflict && record.is(b"second", second).await?)?;
    }
    let touched = record.save(b"touched", Rule::Touch(second), &[], LONG).await?;
    rule("Touch keeps the version", touched == Saved::Done(second))?;
    rule("Touch changes the content", record.is(b"touched", second).await?)?;
    let Saved::Done(third) = record.save(b"third", Rule::Replace(second), &[], LONG).await? else {
        return broken("Replace writes over a version that was touched");
    };
    rule("no version of a record comes back", third != first && third != second)?;
    record.remove().await?;
    Ok(())
}

async fn removed_records_stay_removed(store: &dyn SessionStore) -> Result<(), Violation> {
    let record = Tested::new(store)?;
    let version = record.create(b"first").await?;
    record.remove().await?;
    for (late, sentence) in [
        (
            Rule::Replace(version),
            "Replace never creates a record, so that a removed one stays removed",
        ),
        (Rule::Touch(version), "Touch never creates a record, so that a removed one stays removed"),
    ] {
        let saved = record.save(b"late", late, &[], LONG).await?;
        rule(sentence, saved == Saved::Conflict && record.load().await?.is_none())?;
    }
    Ok(())
}

async fn contents_come_back(store: &dyn SessionStore) -> Result<(), Violation> {
    let every_byte: Vec<u8> = (0..=u8::MAX).cycle().take(MAX_RECORD_LEN).collect();
    for (content, sentence) in [
        (&b""[..], "a record may be empty"),
        (&every_byte, "a record may have 32 KiB, of any bytes"),
    ] {
        let record = Tested::new(store)?;
        let version = record.create(content).await?;
        rule(sentence, record.is(content, version).await?)?;
        record.remove().await?;
    }
    Ok(())
}

/// Others may use the store meanwhile, so it may count more.
async fn records_are_counted(store: &dyn SessionStore) -> Result<(), Violation> {
    let records = [Tested::new(store)?, Tested::new(store)?];
    for record in &records {
        record.create(b"counted").await?;
    }
    let counted = store.count().await?;
    rule(
        "a store that can count counts each record",
        counted.is_none_or(|number| number >= records.len()),
    )?;
    for record in &records {
        record.remove().await?;
    }
    Ok(())
}

async fn owners_have_records(store: &dyn SessionStore) -> Result<(), Violation> {
    let [alice, bob, sid] =
        [OwnerKey(seal::random()?), OwnerKey(seal::random()?), OwnerKey(seal::random()?)];
    rule("remove_all returns 0 for an unknown owner", store.remove_all(&alice).await? == 0)?;
    let (one, two, three, nobodys) =
        (Tested::new(store)?, Tested::new(store)?, Tested::new(store)?, Tested::new(store)?);
    for (record, owners) in
        [(&one, &[alice][..]), (&two, &[alice, sid]), (&three, &[bob]), (&nobodys, &[])]
    {
        let saved = record.save(b"owned", Rule::Create, owners, LONG).await?;
        rule("a record may have no owner, one, or several", matches!(saved, Saved::Done(_)))?;
    }
    rule("remove_all returns how many records it removed", store.remove_all(&alice).await? == 2)?;
    let gone = one.load().await?.is_none() && two.load().await?.is_none();
    rule("remove_all removes all records of the owner", gone)?;
    let kept = three.load().await?.is_some() && nobodys.load().await?.is_some();
    rule("remove_all removes no records of others", kept)?;
    let counted = store.remove_all(&alice).await? == 0 && store.remove_all(&sid).await? == 0;
    rule("remove_all does not count records that are gone, for any of their owners", counted)?;

    one.create(b"again").await?;
    store.remove_all(&alice).await?;
    rule(
        "a record does not belong to the owners of a removed one under its key",
        one.load().await?.is_some(),
    )?;
    let changes: [Change; 2] = [Rule::Replace, Rule::Touch];
    for change in changes {
        let Some(Record { version, .. }) = three.load().await? else {
            return broken("a record stays");
        };
        let saved = three.save(b"owned", change(version), &[sid], LONG).await?;
        rule("the owners of a record may change", matches!(saved, Saved::Done(_)))?;
        store.remove_all(&bob).await?;
        rule(
            "a changed record does not belong to its former owners",
            three.load().await?.is_some(),
        )?;
    }
    let removed = store.remove_all(&sid).await? == 1 && three.load().await?.is_none();
    rule("a changed record belongs to its new owners", removed)?;

    let saved = two.save(b"owned", Rule::Create, &[alice, alice], LONG).await?;
    rule("after a removal, Create writes again", matches!(saved, Saved::Done(_)))?;
    two.remove().await?;
    rule(
        "remove_all does not count a record that was removed by itself",
        store.remove_all(&alice).await? == 0,
    )?;
    for record in [one, nobodys] {
        record.remove().await?;
    }
    Ok(())
}

async fn leases_are_exclusive(store: &dyn SessionStore) -> Result<(), Violation> {
    let (record, other) = (Tested::new(store)?, Tested::new(store)?);
    let Some(lease) = record.lease(LONG).await? else {
        return broken("lease needs no record");
    };
    rule("only one has the lease of a key at a time", record.lease(LONG).await?.is_none())?;
    let Some(others) = other.lease(LONG).await? else {
        return broken("the leases of two keys do not exclude each other");
    };
    let version = record.create(b"first").await?;
    let saved = record.save(b"second", Rule::Replace(version), &[], LONG).await?;
    rule("a lease keeps nobody from writing the record", matches!(saved, Saved::Done(_)))?;
    record.remove().await?;
    rule("a lease outlives the record", record.lease(LONG).await?.is_none())?;
    store.release(&record.key, lease).await?;
    let Some(next) = record.lease(LONG).await? else {
        return broken("after a release, the next one gets the lease");
    };
    rule("two leases of a key differ", next != lease)?;
    store.release(&record.key, lease).await?;
    rule(
        "release does nothing to the lease of somebody else",
        record.lease(LONG).await?.is_none(),
    )?;
    store.release(&record.key, next).await?;
    store.release(&other.key, others).await?;
    Ok(())
}

async fn concurrent_calls_have_one_winner(store: &dyn SessionStore) -> Result<(), Violation> {
    let record = Tested::new(store)?;
    let winner = record.race(Rule::Create).await?;
    let Some((content, first)) = winner else {
        return broken("of concurrent calls of Create, exactly one writes");
    };
    rule("the record is the winner's", record.is(&content, first).await?)?;
    let Some((content, second)) = record.race(Rule::Replace(first)).await? else {
        return broken("of concurrent calls of Replace with one version, exactly one writes");
    };
    rule("the record is the winner's", record.is(&content, second).await?)?;
    let removed = join_all((0..CONCURRENT).map(|_| record.remove())).await;
    let removed = removed.into_iter().collect::<Result<Vec<_>, _>>()?;
    let winners = removed.into_iter().filter(|removed| *removed).count();
    rule("of concurrent calls of remove, exactly one returns true", winners == 1)?;
    let leases = join_all((0..CONCURRENT).map(|_| record.lease(LONG))).await;
    let leases = leases.into_iter().collect::<Result<Vec<_>, _>>()?;
    let leases: Vec<Lease> = leases.into_iter().flatten().collect();
    let [lease] = *leases else {
        return broken("of concurrent calls of lease, exactly one gets it");
    };
    store.release(&record.key, lease).await?;
    Ok(())
}

/// Tests what time changes, all with one pause.
async fn times_are_kept(store: &dyn SessionStore) -> Result<(), Violation> {
    let owner = OwnerKey(seal::random()?);
    let (brief, shortened, touched, replaced) =
        (Tested::new(store)?, Tested::new(store)?, Tested::new(store)?, Tested::new(store)?);
    let Saved::Done(brief_version) = brief.save(b"a", Rule::Create, &[owner], SHORT).await? else {
        return broken("Create writes a record under an unknown key");
    };
    let version = shortened.create(b"a").await?;
    let saved = shortened.save(b"a", Rule::Replace(version), &[owner], SHORT).await?;
    rule("Replace writes over the version that it names", matches!(saved, Saved::Done(_)))?;
    let extended: [(&Tested<'_>, Change); 2] =
        [(&touched, Rule::Touch), (&replaced, Rule::Replace)];
    for (record, change) in extended {
        // A slow machine may not manage it before the time is over.
        for attempt in 0.. {
            let started = Instant::now();
            let saved = record.save(b"a", Rule::Create, &[], MEDIUM).await?;
            let Saved::Done(version) = saved else {
                return broken("Create writes a record where there is none, or its time is over");
            };
            if matches!(record.save(b"b", change(version), &[], LONG).await?, Saved::Done(_)) {
                break;
            }
            rule(
                "a record is there until its time is over",
                started.elapsed() >= MEDIUM && attempt < 5,
            )?;
        }
    }
    let (lease, kept) = (brief.lease(SHORT).await?, touched.lease(LONG).await?);
    let (Some(lease), Some(kept)) = (lease, kept) else {
        return broken("lease needs no record");
    };

    sleep(MEDIUM.saturating_add(SHORT)).await;
    for record in [&brief, &shortened] {
        rule("a record is gone when its time is over", record.load().await?.is_none())?;
        rule("remove returns false for a record whose time is over", !record.remove().await?)?;
    }
    for late in [Rule::Replace(brief_version), Rule::Touch(brief_version)] {
        let saved = brief.save(b"late", late, &[], LONG).await?;
        rule("a record whose time is over stays gone", saved == Saved::Conflict)?;
    }
    rule(
        "remove_all does not count records whose time is over",
        store.remove_all(&owner).await? == 0,
    )?;
    brief.create(b"again").await?;
    rule(
        "a record does not belong to the owners of an earlier one",
        store.remove_all(&owner).await? == 0,
    )?;
    for (record, _) in extended {
        rule("a change gives a record its new time", record.has(b"b").await?)?;
    }

    let Some(next) = brief.lease(LONG).await? else {
        return broken("a lease ends when its time is over");
    };
    store.release(&brief.key, lease).await?;
    rule("a lease whose time is over ends nobody else's", brief.lease(LONG).await?.is_none())?;
    rule("a lease is held until its time is over", touched.lease(LONG).await?.is_none())?;
    store.release(&brief.key, next).await?;
    store.release(&touched.key, kept).await?;
    for record in [brief, touched, replaced] {
        record.remove().await?;
    }
    Ok(())
}

fn rule(rule: &'static str, kept: bool) -> Result<(), Violation> {
    if kept { Ok(()) } else { broken(rule) }
}

fn broken<T>(rule: &'static str) -> Result<T, Violation> {
    Err(Violation::Rule { rule })
}

/// A place for a record, under a random key.
struct Tested<'s> {
    store: &'s dyn SessionStore,
    key: RecordKey,
}

impl<'s> Tested<'s> {
    fn new(store: &'s dyn SessionStore) -> Result<Self, NoRandomness> {
        Ok(Self { store, key: RecordKey(seal::random()?) })
    }

    async fn load(&self) -> Result<Option<Record>, StoreError> {
        self.store.load(&self.key).await
    }

    async fn has(&self, content: &[u8]) -> Result<bool, StoreError> {
        Ok(self.load().await?.is_some_and(|record| record.bytes == content))
    }

    async fn is(&self, content: &[u8], version: Version) -> Result<bool, StoreError> {
        let expected = Record { bytes: content.to_vec(), version };
        Ok(self.load().await?.is_some_and(|record| record == expected))
    }

    async fn save(
        &self,
        content: &[u8],
        rule: Rule,
        owners: &[OwnerKey],
        time: Duration,
    ) -> Result<Saved, StoreError> {
        self.store.save(&self.key, content.to_vec(), rule, owners, time).await
    }

    async fn create(&self, content: &[u8]) -> Result<Version, Violation> {
        match self.save(content, Rule::Create, &[], LONG).await? {
            Saved::Done(version) => Ok(version),
            Saved::Conflict => {
                broken("Create writes a record where there is none, or its time is over")
            }
        }
    }

    async fn remove(&self) -> Result<bool, StoreError> {
        self.store.remove(&self.key).await
    }

    async fn lease(&self, time: Duration) -> Result<Option<Lease>, StoreError> {
        self.store.lease(&self.key, time).await
    }

    /// Writes different contents at once. Returns what the only winner wrote, and its version.
    async fn race(&self, rule: Rule) -> Result<Option<(Vec<u8>, Version)>, StoreError> {
        let contents: Vec<Vec<u8>> =
            (0..CONCURRENT).map(|number| number.to_le_bytes().to_vec()).collect();
        let saved =
            join_all(contents.iter().map(|content| self.save(content, rule, &[], LONG))).await;
        let mut winner = None;
        for (content, saved) in contents.into_iter().zip(saved) {
            if let Saved::Done(version) = saved?
                && winner.replace((content, version)).is_some()
            {
                return Ok(None);
            }
        }
        Ok(winner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use super::*;
    use crate::sign_in::store::{MemoryStore, Storing};

    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    #[tokio::test(start_paused = true)]
    async fn memory_keeps_the_contract() {
        let store = MemoryStore::new();
        check(&store).await.unwrap();
        assert_eq!(store.sessions(), 0, "it cleans up");
    }

    /// What stores get wrong.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Flaw {
        CreateOverwrites,
        ReplaceIgnoresTheVersion,
        ReplaceIgnoresConcurrentOnes,
        ReplaceCreates,
        ReplaceKeepsTheVersion,
        TouchChangesTheVersion,
        TouchIsIgnored,
        OwnersAreForgotten,
        FormerOwnersStay,
        RemoveSaysYes,
        RemoveAllSaysOne,
        RecordsNeverExpire,
        TheFirstTimeStays,
        EmptyRecordsAreNone,
        LongRecordsAreCut,
        OneCounts,
        LeasesAreShared,
        LeasesNeverExpire,
        AnybodyReleases,
        NobodyReleases,
        RemovalEndsTheLease,
    }

    struct Flawed {
        store: MemoryStore,
        flaw: Flaw,
        owners: Mutex<HashMap<RecordKey, Vec<OwnerKey>>>,
        ends: Mutex<HashMap<RecordKey, Instant>>,
        leases: Mutex<HashMap<RecordKey, Lease>>,
    }

    impl Flawed {
        fn new(flaw: Flaw) -> Self {
            let store = MemoryStore::new();
            Self {
                store,
                flaw,
                owners: Mutex::default(),
                ends: Mutex::default(),
                leases: Mutex::default(),
            }
        }
    }

    impl SessionStore for Flawed {
        fn load<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, Option<Record>> {
            Box::pin(async move {
                let record = self.store.load(key).await?;
                Ok(record
                    .filter(|it| self.flaw != Flaw::EmptyRecordsAreNone || !it.bytes.is_empty()))
            })
        }

        fn save<'a>(
            &'a self,
            key: &'a RecordKey,
            mut bytes: Vec<u8>,
            mut rule: Rule,
            owners: &'a [OwnerKey],
            mut time: Duration,
        ) -> Storing<'a, Saved> {
            Box::pin(async move {
                let mut owners = owners.to_vec();
                let current = self.store.load(key).await?;
                let version = current.as_ref().map(|record| record.version);
                match (self.flaw, rule, version) {
                    (Flaw::CreateOverwrites, Rule::Create, Some(version))
                    | (Flaw::ReplaceIgnoresTheVersion, Rule::Replace(_), Some(version)) => {
                        rule = Rule::Replace(version);
                    }
                    (
                        Flaw::ReplaceIgnoresConcurrentOnes,
                        Rule::Replace(expected),
                        Some(version),
                    ) => {
                        tokio::task::yield_now().await;
                        let now = self.store.load(key).await?.map(|record| record.version);
                        rule =
                            Rule::Replace(now.filter(|_| version == expected).unwrap_or(expected));
                    }
                    (Flaw::ReplaceCreates, Rule::Replace(_), None) => rule = Rule::Create,
                    (Flaw::ReplaceKeepsTheVersion, Rule::Replace(expected), _) => {
                        rule = Rule::Touch(expected);
                    }
                    (Flaw::TouchChangesTheVersion, Rule::Touch(expected), _) => {
                        rule = Rule::Replace(expected);
                    }
                    (Flaw::TouchIsIgnored, Rule::Touch(expected), Some(version))
                        if version == expected =>
                    {
                        return Ok(Saved::Done(version));
                    }
                    (Flaw::RecordsNeverExpire, ..) => time = YEAR,
                    (Flaw::LongRecordsAreCut, ..) => bytes.truncate(16 * 1024),
                    (Flaw::OwnersAreForgotten, ..) => owners.clear(),
                    (Flaw::FormerOwnersStay, ..) => {
                        let mut all = self.owners.lock().unwrap();
                        let all = all.entry(*key).or_default();
                        if version.is_none() {
                            all.clear();
                        }
                        all.append(&mut owners);
                        owners.clone_from(all);
                    }
                    (Flaw::TheFirstTimeStays, ..) => {
                        let mut ends = self.ends.lock().unwrap();
                        if version.is_none() {
                            ends.insert(*key, Instant::now().checked_add(time).unwrap());
                        }
                        time = ends[key].duration_since(Instant::now());
                    }
                    _ => {}
                }
                self.store.save(key, bytes, rule, &owners, time).await
            })
        }

        fn remove<'a>(&'a self, key: &'a RecordKey) -> Storing<'a, bool> {
            Box::pin(async move {
                let lease = self.leases.lock().unwrap().get(key).copied();
                if let Some(lease) = lease.filter(|_| self.flaw == Flaw::RemovalEndsTheLease) {
                    self.store.release(key, lease).await?;
                }
                let removed = self.store.remove(key).await?;
                Ok(removed || self.flaw == Flaw::RemoveSaysYes)
            })
        }

        fn remove_all<'a>(&'a self, owner: &'a OwnerKey) -> Storing<'a, usize> {
            Box::pin(async move {
                let removed = self.store.remove_all(owner).await?;
                Ok(if self.flaw == Flaw::RemoveAllSaysOne { 1 } else { removed })
            })
        }

        fn count(&self) -> Storing<'_, Option<usize>> {
            let is_flawed = self.flaw == Flaw::OneCounts;
            Box::pin(async move { if is_flawed { Ok(Some(1)) } else { self.store.count().await } })
        }

        fn lease<'a>(&'a self, key: &'a RecordKey, time: Duration) -> Storing<'a, Option<Lease>> {
            Box::pin(async move {
                let time = if self.flaw == Flaw::LeasesNeverExpire { YEAR } else { time };
                let lease = self.store.lease(key, time).await?;
                if let Some(lease) = lease {
                    self.leases.lock().unwrap().insert(*key, lease);
                }
                Ok(lease.or((self.flaw == Flaw::LeasesAreShared).then_some(Lease(0))))
            })
        }

        fn release<'a>(&'a self, key: &'a RecordKey, mut lease: Lease) -> Storing<'a, ()> {
            Box::pin(async move {
                match self.flaw {
                    Flaw::NobodyReleases => return Ok(()),
                    Flaw::AnybodyReleases => lease = self.leases.lock().unwrap()[key],
                    _ => {}
                }
                self.store.release(key, lease).await
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_flaw_is_noticed() {
        for (flaw, expected) in [
            (Flaw::CreateOverwrites, "Create does not write over a record"),
            (
                Flaw::ReplaceIgnoresTheVersion,
                "Replace does not write over another version than it names",
            ),
            (
                Flaw::ReplaceIgnoresConcurrentOnes,
                "of concurrent calls of Replace with one version, exactly one writes",
            ),
            (
                Flaw::ReplaceCreates,
                "Replace never creates a record, so that a removed one stays removed",
            ),
            (Flaw::ReplaceKeepsTheVersion, "Replace changes the version"),
            (Flaw::TouchChangesTheVersion, "Touch keeps the version"),
            (Flaw::TouchIsIgnored, "Touch changes the content"),
            (Flaw::OwnersAreForgotten, "remove_all returns how many records it removed"),
            (Flaw::FormerOwnersStay, "a changed record does not belong to its former owners"),
            (Flaw::RemoveSaysYes, "remove returns false for an unknown key"),
            (Flaw::RemoveAllSaysOne, "remove_all returns 0 for an unknown owner"),
            (Flaw::RecordsNeverExpire, "a record is gone when its time is over"),
            (Flaw::TheFirstTimeStays, "a record is gone when its time is over"),
            (Flaw::EmptyRecordsAreNone, "a record may be empty"),
            (Flaw::LongRecordsAreCut, "a record may have 32 KiB, of any bytes"),
            (Flaw::OneCounts, "a store that can count counts each record"),
            (Flaw::LeasesAreShared, "only one has the lease of a key at a time"),
            (Flaw::LeasesNeverExpire, "a lease ends when its time is over"),
            (Flaw::AnybodyReleases, "release does nothing to the lease of somebody else"),
            (Flaw::NobodyReleases, "after a release, the next one gets the lease"),
            (Flaw::RemovalEndsTheLease, "a lease outlives the record"),
        ] {
            let found = check(&Flawed::new(flaw)).await;
            assert_eq!(found, Err(Violation::Rule { rule: expected }), "{flaw:?}");
        }
    }

    #[test]
    fn a_violation_names_the_rule() {
        let error = Violation::Rule { rule: "Touch keeps the version" }.to_string();
        assert_eq!(error, "the store breaks this rule: Touch keeps the version");
    }
}
