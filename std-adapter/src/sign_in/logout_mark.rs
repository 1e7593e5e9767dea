//! [`Mark`]: what a back-channel logout leaves in the store, so that a sign-in that is under way opens no session.
//!
//! No order of events leaves a session alive. A logout first writes its mark, and then removes the sessions. A
//! sign-in first stores its session, and then looks for a mark; only after that, the browser gets the identifier.
//! If it looks after the mark was written, it finds the mark, and removes the session itself. If it looks before,
//! the session was stored even earlier, and the logout removes it. A refresh replaces a record, and never creates
//! one, so it brings nothing back.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::attempt::ATTEMPT_TIME;
use super::error::SignInError;
use super::inner::Inner;
use super::logout_token::MAX_AGE;
use super::record::{Owner, SessionRecord};
use super::slot::Slot;
use super::store::{RecordKey, Rule, Saved, SessionStore, StoreError, Version};

/// Separates the keys of marks from those of sessions.
const MARK_LABEL: &[u8] = b"tollgate logout mark v1";

/// How long a sign-in may take after its attempt was answered, at most, in seconds.
const EXCHANGE_TIME: i64 = 60;

/// How often to write a mark that others write at the same time.
const MAX_CONFLICTS: usize = 8;

/// The provider has ended sessions of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    /// When the provider said so, in seconds since 1970 by its clock.
    issued: f64,
    /// When this app heard of it, by the clock of sessions.
    heard: i64,
    /// Whether the sessions that there were have been removed.
    done: bool,
}

/// When an ID token says that something happened, in seconds since 1970 by the provider's clock.
#[derive(Deserialize)]
struct TokenTimes {
    iat: f64,
    #[serde(default)]
    auth_time: Option<f64>,
}

impl Mark {
    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether the logout of a user also ends a sign-in whose attempt began at `started`. It does not if the
    /// sign-in is newer: the attempt began after this app had heard of the logout, or the user authenticated after
    /// the provider had issued it. Without `auth_time`, `iat` counts: a provider that issues an ID token after the
    /// logout still vouches for the user.
    fn ends(&self, started: i64, times: &TokenTimes) -> bool {
        started <= self.heard && times.auth_time.unwrap_or(times.iat) <= self.issued
    }
}

impl Inner {
    /// Ends the sessions of an owner, as the provider said at `issued`, and those that are about to begin. Returns
    /// how many there were.
    ///
    /// What was done once is not done again: a logout token that comes twice ends no session that began since then.
    pub(super) async fn end_by_provider(
        &self,
        store: &dyn SessionStore,
        owner: Owner<'_>,
        issued: f64,
    ) -> Result<usize, StoreError> {
        let key = mark_key(owner);
        let (mark, version) = self.write_mark(store, &key, issued).await?;
        if mark.done {
            return Ok(0);
        }
        let ended = store.remove_all(&owner.key()).await?;
        let done = Mark { done: true, ..mark };
        // A conflict means that a later logout has written a mark of its own.
        let _: Saved = self.save_mark(store, &key, done, Rule::Replace(version)).await?;
        Ok(ended)
    }

    /// Removes the session that a sign-in has just stored, and refuses it, if the provider has ended it meanwhile.
    pub(super) async fn refuse_if_logged_out(
        &self,
        store: &dyn SessionStore,
        slot: &Slot,
        record: &SessionRecord,
        started: i64,
    ) -> Result<(), SignInError> {
        if !is_logged_out(store, record, started).await? {
            return Ok(());
        }
        slot.remove().await?;
        self.revoke(record.refresh_token.as_deref()).await;
        Err(SignInError::LoggedOut)
    }

    /// Writes a mark, unless there is one of the same logout or a later one. Returns the one that is there now.
    async fn write_mark(
        &self,
        store: &dyn SessionStore,
        key: &RecordKey,
        issued: f64,
    ) -> Result<(Mark, Version), StoreError> {
        for _ in 0..MAX_CONFLICTS {
            let stored = store.load(key).await?;
            let rule = stored.as_ref().map_or(Rule::Create, |it| Rule::Replace(it.version));
            if let Some(stored) = stored
                && let Some(mark) = Mark::read(&stored.bytes)
                && mark.issued >= issued
            {
                return Ok((mark, stored.version));
            }
            let mark = Mark { issued, heard: self.clock.now(), done: false };
            if let Saved::Done(version) = self.save_mark(store, key, mark, rule).await? {
                return Ok((mark, version));
            }
        }
        Err(StoreError("a mark of a logout is written all the time".to_owned()))
    }

    async fn save_mark(
        &self,
        store: &dyn SessionStore,
        key: &RecordKey,
        mark: Mark,
        rule: Rule,
    ) -> Result<Saved, StoreError> {
        // A struct of numbers can always be serialized.
        let bytes = serde_json::to_vec(&mark).unwrap_or_default();
        store.save(key, bytes, rule, &[], self.mark_time()).await
    }

    /// How long a mark is kept: until each attempt that began before the logout is over, and its logout token is too
    /// old to come again.
    fn mark_time(&self) -> Duration {
        let attempt = ATTEMPT_TIME.saturating_add(EXCHANGE_TIME).unsigned_abs();
        let leeway = u64::from(self.settings.provider.issuer.leeway.as_secs());
        let token = u64::from(MAX_AGE).saturating_add(leeway.saturating_mul(2));
        Duration::from_secs(attempt.max(token))
    }
}

async fn is_logged_out(
    store: &dyn SessionStore,
    record: &SessionRecord,
    started: i64,
) -> Result<bool, StoreError> {
    let user = &record.user;
    let (issuer, subject) = (&user.issuer, &user.subject);
    // A session at the provider that has ended does not begin again.
    if let Some(sid) = &record.sid
        && store.load(&mark_key(Owner::Sid { issuer, sid })).await?.is_some()
    {
        return Ok(true);
    }
    let stored = store.load(&mark_key(Owner::Subject { issuer, subject })).await?;
    let mark = stored.and_then(|stored| Mark::read(&stored.bytes));
    // An accepted ID token always has `iat`.
    let times = serde_json::from_str::<TokenTimes>(&user.claims).ok();
    Ok(mark.zip(times).is_some_and(|(mark, times)| mark.ends(started, &times)))
}

/// The key of the mark of an owner. It has no owner itself, so that no logout removes it.
fn mark_key(owner: Owner<'_>) -> RecordKey {
    let hash = Sha256::new().chain_update(MARK_LABEL).chain_update(owner.key().0);
    RecordKey(hash.finalize().into())
}
