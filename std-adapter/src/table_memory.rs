//! [`TableMemory`]: how much memory the tables of all keys may take together.
//!
//! | file | what it has |
//! |---|---|
//! | `account` | the limit, and bytes that count themselves |
//! | `curve` | the sizes of tables on each curve |
//! | `generators` | the tables of the curves' generators |
//! | `prepared` | keys that are ready for their tables |

mod account;
mod curve;
mod generators;
mod prepared;

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use tollgate_core::{
    Jwk, Key, KeySet, KeySetError, KeyType, KeyUse, SignatureVerifier, UnusableKey,
};

use crate::keys::{self, FirstKeys, KeyIdentity, SharedVerifier};
use crate::table_size::TableKey;
use account::Account;
use generators::Generators;
use prepared::{Prepared, prepare};

/// How much memory the tables of all keys may take together.
///
/// A key with a larger table verifies faster. The limit decides the sizes:
///
/// - A key that already has a table keeps it, for as long as a key set contains the key.
/// - The new keys of a set get half of the memory that is left, in equal shares. Each gets the largest
///   table that fits its share. So there is always memory for the next set, and key sets that rotate take
///   equal parts in the long run.
/// - A key for which there is no memory verifies without a table. It gets one when its set changes again
///   and memory is left.
/// - The first key of a curve also brings a table for the curve's generator, which all keys of the curve
///   share. It is built before the keys' own, if it fits into half of the memory that is left.
/// - Memory is free again as soon as no key set contains the key.
///
/// | size | P-256 | P-384 | P-521 | Ed25519 |
/// |---|---|---|---|---|
/// | generator, and largest | 1 MiB | 1.1 MiB | 1.7 MiB | 1.5 MiB |
/// | large | 192 KiB | 288 KiB | 432 KiB | 288 KiB |
/// | medium | 64 KiB | 96 KiB | 144 KiB | 96 KiB |
/// | small | 16 KiB | 24 KiB | 36 KiB | 24 KiB |
/// | smallest | 4 KiB | 6 KiB | 9 KiB | 6 KiB |
///
/// RSA keys have no tables. They take about 1 KiB each, which is not counted.
///
/// All gates of a process share [`global`](Self::global), unless
/// [`GateBuilder::table_memory`](crate::gate::GateBuilder::table_memory) says otherwise. Clones share
/// everything.
///
/// ```
/// use tollgate::table_memory::TableMemory;
///
/// // For this process: hundreds of keys with large tables.
/// TableMemory::global().set_limit(128 << 20);
/// ```
#[derive(Clone)]
pub struct TableMemory(Arc<Inner>);

struct Inner {
    account: Arc<Account>,
    /// Held while tables are built, so that equal keys are built once and building takes one processor.
    tables: Mutex<Tables>,
}

/// The engines that have a table. Key sets own them.
#[derive(Default)]
struct Tables {
    keys: Vec<(TableKey, Weak<dyn SignatureVerifier + Send + Sync>)>,
    generators: Generators,
}

/// A key of a set, and what its JWK says besides.
pub(crate) struct ReadKey {
    pub(crate) key: Key<SharedVerifier>,
    pub(crate) identity: KeyIdentity,
    /// The member `issuer`.
    pub(crate) issuer: Option<String>,
}

/// What a key set is made of before its keys have tables.
struct WithoutTable {
    engine: SharedVerifier,
    key: Option<TableKey>,
    identity: KeyIdentity,
    /// The member `issuer`.
    issuer: Option<String>,
}

fn without_table(jwk: &Jwk<'_>) -> Result<WithoutTable, UnusableKey> {
    let has_table = jwk.key_type() != KeyType::Rsa;
    let key = has_table.then(|| TableKey::try_from(jwk)).transpose()?;
    // What is no text names no issuer that a token can have.
    let issuer = jwk
        .has_member("issuer")
        .then(|| jwk.text("issuer").map(|issuer| issuer.to_string()).unwrap_or_default());
    let (engine, identity) = (keys::without_table(jwk)?.into(), keys::identity(jwk));
    Ok(WithoutTable { engine, key, identity, issuer })
}

static GLOBAL: LazyLock<TableMemory> =
    LazyLock::new(|| TableMemory::new(TableMemory::DEFAULT_LIMIT));

impl TableMemory {
    /// The default limit: 8 MiB. A provider with up to three ES256 or ES384 keys gets the largest tables
    /// beside the generator's, and one with up to a dozen gets large ones. All of it fits into the last
    /// cache of a server's processor.
    pub const DEFAULT_LIMIT: usize = 8 << 20;

    /// Makes a budget of `limit` bytes. With 0, no key has a table.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let (account, tables) = (Arc::new(Account::new(limit)), Mutex::default());
        Self(Arc::new(Inner { account, tables }))
    }

    /// Returns the budget of the process.
    #[must_use]
    pub fn global() -> &'static Self {
        &GLOBAL
    }

    /// Returns the limit, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.0.account.limit()
    }

    /// Changes the limit, in bytes. It applies to new keys: those that have a table keep it.
    pub fn set_limit(&self, limit: usize) {
        self.0.account.set_limit(limit);
    }

    /// Returns how many bytes all tables take now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.account.used()
    }

    /// Reads a JWK set, and makes an engine for each key, with a table if there is memory. For each key
    /// that cannot verify, calls `left_out` with its index in the set and the reason.
    ///
    /// Each new table takes up to ten milliseconds, so call this on a thread that serves no requests.
    /// Gates do this themselves. For a program that has its own key sets:
    ///
    /// ```
    /// use tollgate::keys::SharedVerifier;
    /// use tollgate::table_memory::TableMemory;
    /// use tollgate::tollgate_core::{KeySet, KeySetError};
    ///
    /// /// Keys that are also in the set before keep their tables.
    /// fn refresh(keys: &mut KeySet<SharedVerifier, 8>, jwks: &[u8]) -> Result<(), KeySetError> {
    ///     *keys = TableMemory::global().key_set(jwks, |_, _| ())?;
    ///     Ok(())
    /// }
    /// # assert!(refresh(&mut KeySet::new(), br#"{"keys":[]}"#).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// The text is not a JWK set, or has more usable keys than `N`. Nothing is built then.
    pub fn key_set<const N: usize>(
        &self,
        jwks: &[u8],
        left_out: impl FnMut(usize, UnusableKey),
    ) -> Result<KeySet<SharedVerifier, N>, KeySetError> {
        let FirstKeys { keys, surplus } =
            FirstKeys::read(jwks, KeyUse::Signature, N, without_table, left_out)?;
        if surplus > 0 {
            return Err(KeySetError::TooManyKeys { capacity: N });
        }
        let mut set = KeySet::new();
        self.with_tables(keys).into_iter().try_for_each(|key| set.insert(key))?;
        Ok(set)
    }

    /// Reads a JWK set as [`key_set`](Self::key_set) does, but takes only its first `limit` usable keys.
    /// Returns them, and the number of the others.
    pub(crate) fn first_keys(
        &self,
        jwks: &[u8],
        key_use: KeyUse,
        limit: usize,
        left_out: impl FnMut(usize, UnusableKey),
    ) -> Result<(Vec<ReadKey>, usize), KeySetError> {
        let FirstKeys { keys, surplus } =
            FirstKeys::read(jwks, key_use, limit, without_table, left_out)?;
        let facts = |key: &Key<WithoutTable>| {
            let WithoutTable { identity, issuer, .. } = key.verifier();
            (identity.clone(), issuer.clone())
        };
        let facts: Vec<_> = keys.iter().map(facts).collect();
        let keys = self.with_tables(keys).into_iter().zip(facts);
        let read = keys.map(|(key, (identity, issuer))| ReadKey { key, identity, issuer });
        Ok((read.collect(), surplus))
    }

    /// Gives keys their tables, as far as there is memory.
    fn with_tables(&self, keys: Vec<Key<WithoutTable>>) -> Vec<Key<SharedVerifier>> {
        let mut wanted = Vec::new();
        for key in keys.iter().filter_map(|key| key.verifier().key) {
            if !wanted.contains(&key) {
                wanted.push(key);
            }
        }
        let tabled = self.tabled(&wanted);
        let with_table = |WithoutTable { engine, key, .. }: WithoutTable| {
            let tabled = key.and_then(|key| find(&tabled, &key)).cloned();
            tabled.unwrap_or(engine)
        };
        keys.into_iter().map(|key| key.map(with_table)).collect()
    }

    /// Returns the engines of keys that have a table, after building those that are missing and fit.
    fn tabled(&self, wanted: &[TableKey]) -> Vec<(TableKey, SharedVerifier)> {
        let account = &self.0.account;
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Tables { keys, generators } = &mut *tables;
        let mut tabled: Vec<(TableKey, SharedVerifier)> = Vec::new();
        keys.retain(|(key, engine)| {
            let Some(engine) = engine.upgrade() else { return false };
            if wanted.contains(key) {
                tabled.push((*key, engine));
            }
            true
        });
        let missing: Vec<_> = wanted.iter().filter(|key| find(&tabled, key).is_none()).collect();
        // Generators first: each serves all keys of its curve.
        let prepared: Vec<(&TableKey, Box<dyn Prepared>)> = missing
            .into_iter()
            .filter_map(|key| Some((key, prepare(key, generators, account)?)))
            .collect();
        let share = account.half_of_rest().checked_div(prepared.len()).unwrap_or_default();
        let mut without: usize = 0;
        for (key, prepared) in prepared {
            match prepared.build(share, account) {
                Some(engine) => {
                    keys.push((*key, Arc::downgrade(&engine)));
                    tabled.push((*key, engine));
                }
                None => without = without.saturating_add(1),
            }
        }
        drop(tables);
        let limit = account.limit();
        if without > 0 && limit > 0 {
            let used = account.used();
            tracing::warn!(
                keys = without,
                used,
                limit,
                "there is no memory left for the tables of new keys, which verify more slowly: raise \
                 table_memory"
            );
        }
        tabled
    }
}

fn find<'a>(
    tabled: &'a [(TableKey, SharedVerifier)],
    key: &TableKey,
) -> Option<&'a SharedVerifier> {
    tabled.iter().find_map(|(other, engine)| (other == key).then_some(engine))
}

impl fmt::Debug for TableMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("TableMemory");
        debug.field("limit", &self.limit()).field("used", &self.used()).finish()
    }
}
