//! Refreshes sessions: one refresh at a time for each, whoever asks (RFC 6749 §6, OpenID Connect Core §12).
//!
//! With rotation, a refresh token that is used twice ends the session at the provider: one of two requests at
//! once would sign the user out. So a refresh needs the session's lock in this process and its lease in the
//! store, and looks again whether there is something to do once it has both.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, timeout};

use super::SignIn;
use super::error::SignInError;
use super::exchange::{ask, verify};
use super::id_token::Occasion;
use super::inner::Inner;
use super::record::Target;
use super::session::Loaded;
use super::session_id::SessionId;
use super::store::{RecordKey, Rule, Saved};
use super::token_answer::{NoTokens, TokenAnswer};

/// How long a request waits for a refresh.
const WAIT: Duration = Duration::from_secs(3);

/// How long a refresh may take before another process may try: longer than a request to the token endpoint.
const LEASE: Duration = Duration::from_secs(10);

/// How often to look whether another process has refreshed a session.
const POLL: Duration = Duration::from_millis(100);

/// How often to write a session that others write at the same time.
const MAX_CONFLICTS: usize = 8;

/// What became of a refresh.
#[derive(Debug)]
pub(super) enum Refreshed {
    /// The session has a token that is not old.
    Done(Box<Loaded>),
    /// The session is over.
    Ended,
    /// The session is as it was.
    Failed(SignInError),
}

/// The locks of the sessions that are being refreshed.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<RecordKey, Weak<AsyncMutex<()>>>>);

impl Flights {
    fn lock_of(&self, key: RecordKey) -> Arc<AsyncMutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        // Before the map grows, those that nobody holds any more leave it.
        if locks.len() == locks.capacity() {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::new(AsyncMutex::new(()));
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

impl SignIn {
    /// Refreshes a session, unless somebody else just has. Waits at most three seconds.
    pub(super) async fn refresh(&self, id: &SessionId, target: &Target) -> Refreshed {
        let lock = self.0.flights.lock_of(id.record_key());
        let refreshed = async {
            let guard = lock.lock_owned().await;
            self.refresh_holding(guard, id, target).await
        };
        timeout(WAIT, refreshed).await.unwrap_or_else(|_| {
            let slow = "a refresh takes longer than three seconds".to_owned();
            Refreshed::Failed(SignInError::ProviderUnavailable(slow))
        })
    }

    /// Refreshes a session while its access token is still valid, unless that is under way.
    pub(super) fn refresh_in_background(&self, id: &SessionId) {
        if self.0.outage.is_quiet() {
            return;
        }
        let lock = self.0.flights.lock_of(id.record_key());
        if let Ok(guard) = lock.try_lock_owned() {
            let (this, id) = (self.clone(), id.clone());
            // Failures have been logged.
            drop(self.0.tasks.start(async move {
                this.0.refresh(guard, &id, &Target::Default).await
            }));
        }
    }

    /// A client that hangs up does not stop it, since the answer has the only valid refresh token.
    async fn refresh_holding(
        &self,
        guard: OwnedMutexGuard<()>,
        id: &SessionId,
        target: &Target,
    ) -> Refreshed {
        let (this, id, target) = (self.clone(), id.clone(), target.clone());
        let task = self.0.tasks.start(async move { this.0.refresh(guard, &id, &target).await });
        task.await.unwrap_or_else(|_| {
            Refreshed::Failed(SignInError::ProviderUnavailable("interrupted".to_owned()))
        })
    }
}

impl Inner {
    async fn refresh(
        &self,
        _guard: OwnedMutexGuard<()>,
        id: &SessionId,
        target: &Target,
    ) -> Refreshed {
        self.try_refresh(id, target).await.unwrap_or_else(Refreshed::Failed)
    }

    async fn try_refresh(&self, id: &SessionId, target: &Target) -> Result<Refreshed, SignInError> {
        let key = id.record_key();
        let started = Instant::now();
        loop {
            match self.load(id).await? {
                None => return Ok(Refreshed::Ended),
                Some(loaded) if !self.is_due(&loaded, target) => {
                    return Ok(Refreshed::Done(Box::new(loaded)));
                }
                Some(_) => {}
            }
            if self.outage.is_quiet() {
                let quiet = "it failed a moment ago".to_owned();
                return Err(SignInError::ProviderUnavailable(quiet));
            }
            if let Some(lease) = self.store.lease(&key, LEASE).await? {
                let refreshed = self.refresh_leased(id, target).await;
                self.store.release(&key, lease).await?;
                return refreshed;
            }
            if started.elapsed() >= WAIT {
                let elsewhere = "another process refreshes the session".to_owned();
                return Err(SignInError::ProviderUnavailable(elsewhere));
            }
            sleep(POLL).await;
        }
    }

    /// Whether a session needs another token for a target.
    fn is_due(&self, loaded: &Loaded, target: &Target) -> bool {
        let now = self.clock.now();
        loaded.record.token(target).is_none_or(|token| token.is_old(now))
    }

    async fn refresh_leased(
        &self,
        id: &SessionId,
        target: &Target,
    ) -> Result<Refreshed, SignInError> {
        // Another process may have refreshed it before it gave the lease back.
        let Some(loaded) = self.load(id).await? else { return Ok(Refreshed::Ended) };
        let refresh_token = match &loaded.record.refresh_token {
            Some(token) if self.is_due(&loaded, target) => token.clone(),
            _ => return Ok(Refreshed::Done(Box::new(loaded))),
        };
        let endpoints = self.endpoints().await?;
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
        match ask(self, &endpoints, &parameters, target).await {
            Ok(answer) => {
                self.outage.succeeded();
                self.take_answer(id, loaded, target, answer).await
            }
            Err(NoTokens::InvalidGrant) => {
                tracing::info!("the provider has ended a session: invalid_grant");
                self.end(id).await
            }
            Err(NoTokens::Malformed(error)) => {
                tracing::error!(error, "a refresh's answer is malformed, so its session ends");
                self.end(id).await
            }
            // Nobody is signed out by a mistake in the settings.
            Err(NoTokens::Client(error)) if *target == Target::Default => {
                tracing::error!(error, "the token endpoint refuses the client");
                self.outage.failed();
                Err(SignInError::ClientRefused(error))
            }
            // Perhaps this client may not have tokens for this target. Others may still be refreshed.
            Err(NoTokens::Client(error)) => Err(SignInError::ClientRefused(error)),
            Err(NoTokens::Unavailable(error)) => {
                tracing::warn!(error, "the provider cannot refresh sessions");
                self.outage.failed();
                Err(SignInError::ProviderUnavailable(error))
            }
        }
    }

    async fn take_answer(
        &self,
        id: &SessionId,
        loaded: Loaded,
        target: &Target,
        answer: TokenAnswer,
    ) -> Result<Refreshed, SignInError> {
        let verified = match &answer.id_token {
            None => None,
            Some(id_token) => {
                let occasion = Occasion::Refresh { nonce: &loaded.record.nonce };
                match verify(self, id_token, occasion, &answer).await {
                    Ok(token) => Some(token),
                    // The tokens are kept, for they are the only ones, but not what nobody could verify.
                    Err(error @ SignInError::ProviderUnavailable(_)) => {
                        tracing::warn!(%error, "the ID token of a refresh could not be verified");
                        None
                    }
                    Err(error) => {
                        tracing::error!(%error, "the ID token of a refresh is refused, so its session ends");
                        self.revoke(answer.refresh_token.as_deref()).await;
                        return self.end(id).await;
                    }
                }
            }
        };
        let mut loaded = loaded;
        for _ in 0..MAX_CONFLICTS {
            let now = self.clock.now();
            let Loaded { mut record, version } = loaded;
            if let Some(verified) = verified.clone()
                && let Err(error) = record.renew(verified)
            {
                tracing::error!(%error, "a refresh's answer is about somebody else, so its session ends");
                self.revoke(answer.refresh_token.as_deref()).await;
                return self.end(id).await;
            }
            record.take(target.clone(), answer.clone(), now);
            record.last_seen = record.last_seen.max(now);
            let bytes = id.seal_record(&record.to_bytes()?)?;
            let time = self.lifetimes.time_left(&record, now);
            let (key, owners) = (id.record_key(), record.owners());
            let saved = self.store.save(&key, bytes, Rule::Replace(version), &owners, time).await?;
            if let Saved::Done(version) = saved {
                return Ok(Refreshed::Done(Box::new(Loaded { record, version })));
            }
            // Somebody else has written it: this answer is merged, for it has the only refresh token.
            match self.load(id).await? {
                Some(newer) => loaded = newer,
                None => {
                    // A sign-out wins.
                    self.revoke(answer.refresh_token.as_deref()).await;
                    return Ok(Refreshed::Ended);
                }
            }
        }
        Err(SignInError::ProviderUnavailable("the session is written all the time".to_owned()))
    }

    async fn end(&self, id: &SessionId) -> Result<Refreshed, SignInError> {
        self.store.remove(&id.record_key()).await?;
        Ok(Refreshed::Ended)
    }
}
