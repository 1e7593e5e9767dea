//! Refreshes sessions: one refresh at a time for each, whoever asks (RFC 6749 §6, OpenID Connect Core §12).
//!
//! With rotation, a refresh token that is used twice ends the session at the provider: one of two requests at
//! once would sign the user out. So a refresh needs the session's lock in this process and its lease in the
//! store, and looks again whether there is something to do once it has both.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tollgate_core::Rejection;

use super::SignIn;
use super::error::SignInError;
use super::exchange::{ask, granted_scope, verify};
use super::id_token::{Occasion, VerifiedIdToken};
use super::inner::Inner;
use super::outage::Outage;
use super::record::{SessionRecord, Target};
use super::slot::{Loaded, Slot};
use super::store::{RecordKey, Rule, Saved, Version};
use super::token_answer::{NoTokens, TokenAnswer};

/// How long a request waits for a refresh.
const WAIT: Duration = Duration::from_secs(3);

/// How long a refresh may take before another process may try: longer than a request to the token endpoint.
const LEASE: Duration = Duration::from_secs(10);

/// How often to look whether another process has refreshed a session.
const POLL: Duration = Duration::from_millis(100);

/// How often to write a session that others write at the same time.
const MAX_CONFLICTS: usize = 8;

/// How long to try to store the answer to a refresh, if the store fails: longer than redis takes to start again.
const STORE_PATIENCE: Duration = LEASE;

/// The sessions that are being refreshed.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<RecordKey, Arc<Flight>>>);

/// The refreshes of one session.
#[derive(Default)]
struct Flight {
    turn: Arc<AsyncMutex<()>>,
    /// The provider refuses something that concerns this session only.
    outage: Outage,
}

/// The right to refresh a session in this process.
pub(super) struct Turn {
    flight: Arc<Flight>,
    _guard: OwnedMutexGuard<()>,
}

impl Flights {
    fn of(&self, key: RecordKey) -> Arc<Flight> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key) {
            return Arc::clone(flight);
        }
        // Before the map grows, those that nobody needs any more leave it.
        if flights.len() == flights.capacity() {
            flights.retain(|_, flight| Arc::strong_count(flight) > 1 || flight.outage.is_quiet());
        }
        let flight = Arc::<Flight>::default();
        flights.insert(key, Arc::clone(&flight));
        flight
    }

    /// Waits until nobody else refreshes this session.
    pub(super) async fn turn(&self, key: RecordKey) -> Turn {
        let flight = self.of(key);
        let _guard = Arc::clone(&flight.turn).lock_owned().await;
        Turn { flight, _guard }
    }

    /// Takes the right, unless somebody has it, or the provider is to be left alone.
    fn turn_now(&self, key: RecordKey) -> Option<Turn> {
        let flight = self.of(key);
        if flight.outage.is_quiet() {
            return None;
        }
        let _guard = Arc::clone(&flight.turn).try_lock_owned().ok()?;
        Some(Turn { flight, _guard })
    }
}

impl SignIn {
    /// Refreshes a session, unless somebody else just has, and returns it. `None` if it is over. Waits at most
    /// three seconds.
    pub(super) async fn refresh(
        &self,
        slot: &Slot,
        target: &Target,
    ) -> Result<Option<Loaded>, SignInError> {
        let refreshed = async {
            let turn = self.0.flights.turn(slot.key()).await;
            let interrupted = |_| unavailable("a refresh was interrupted");
            self.start_refresh(turn, slot, target).await.map_err(interrupted)?
        };
        let slow = |_| unavailable("a refresh takes longer than three seconds");
        timeout(WAIT, refreshed).await.map_err(slow)?
    }

    /// Refreshes a session while its access token is still valid, unless that is under way.
    pub(super) fn refresh_in_background(&self, slot: &Slot) {
        if self.0.outage.is_quiet() {
            return;
        }
        if let Some(turn) = self.0.flights.turn_now(slot.key()) {
            // Failures are logged where they happen.
            drop(self.start_refresh(turn, slot, &Target::Default));
        }
    }

    /// A client that hangs up does not stop a refresh, since its answer has the only valid refresh token.
    fn start_refresh(
        &self,
        turn: Turn,
        slot: &Slot,
        target: &Target,
    ) -> JoinHandle<Result<Option<Loaded>, SignInError>> {
        let (this, slot, target) = (self.clone(), slot.clone(), target.clone());
        self.0.tasks.start(async move { this.0.refresh(&turn, &slot, &target).await })
    }
}

impl Inner {
    async fn refresh(
        &self,
        turn: &Turn,
        slot: &Slot,
        target: &Target,
    ) -> Result<Option<Loaded>, SignInError> {
        let started = Instant::now();
        loop {
            match self.load(slot).await? {
                Some(loaded) if self.is_due(&loaded, target) => {}
                done => return Ok(done),
            }
            if self.outage.is_quiet() || turn.flight.outage.is_quiet() {
                return Err(unavailable("it failed a moment ago"));
            }
            if let Some(lease) = slot.lease(LEASE).await? {
                let refreshed = self.refresh_leased(turn, slot, target).await;
                if let Err(error) = slot.release(lease).await {
                    tracing::warn!(%error, "a session's lease ends by itself");
                }
                return refreshed;
            }
            if started.elapsed() >= WAIT {
                return Err(unavailable("another process refreshes the session"));
            }
            sleep(POLL).await;
        }
    }

    /// Whether a session needs another token for a target, and can get one.
    fn is_due(&self, loaded: &Loaded, target: &Target) -> bool {
        let now = self.clock.now();
        let record = &loaded.record;
        record.refresh_token.is_some() && record.token(target).is_none_or(|token| token.is_old(now))
    }

    async fn refresh_leased(
        &self,
        turn: &Turn,
        slot: &Slot,
        target: &Target,
    ) -> Result<Option<Loaded>, SignInError> {
        // Another process may have refreshed it before it gave the lease back.
        let loaded = match self.load(slot).await? {
            Some(loaded) if self.is_due(&loaded, target) => loaded,
            done => return Ok(done),
        };
        let Some(refresh_token) = loaded.record.refresh_token.clone() else {
            return Ok(Some(loaded));
        };
        let endpoints = self.endpoints().await?;
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
        match ask(self, &endpoints, &parameters, target).await {
            Ok(answer) => {
                self.tally.refresh("success");
                self.outage.succeeded();
                turn.flight.outage.succeeded();
                self.take_answer(slot, loaded, target, answer).await
            }
            Err(NoTokens::InvalidGrant) => {
                self.tally.refresh("ended");
                tracing::info!("the provider has ended a session: invalid_grant");
                self.end_unless_newer(slot, &refresh_token).await
            }
            Err(NoTokens::Malformed(error)) => {
                self.tally.refresh("ended");
                tracing::error!(error, "the answer to a refresh is malformed, so its session ends");
                self.end_unless_newer(slot, &refresh_token).await
            }
            // A mistake in the settings ends no session.
            Err(NoTokens::Client(error)) => {
                self.tally.refresh("refused");
                tracing::error!(error, "the token endpoint refuses the client");
                self.outage.failed();
                Err(SignInError::ClientRefused(error))
            }
            Err(NoTokens::Refused(error)) => {
                self.tally.refresh("refused");
                tracing::error!(error, "the token endpoint refuses to refresh a session");
                turn.flight.outage.failed();
                Err(unavailable(&error))
            }
            Err(NoTokens::Unavailable(error)) => {
                self.tally.refresh("unavailable");
                tracing::warn!(error, "the provider cannot refresh sessions");
                self.outage.failed();
                Err(SignInError::ProviderUnavailable(error))
            }
        }
    }

    /// Stores the tokens of an answer, which has the only valid refresh token.
    async fn take_answer(
        &self,
        slot: &Slot,
        mut loaded: Loaded,
        target: &Target,
        answer: TokenAnswer,
    ) -> Result<Option<Loaded>, SignInError> {
        let verified = match self.renewed(&loaded.record, &answer).await {
            Ok(verified) => verified,
            Err(error) => {
                tracing::error!(%error, "the ID token of a refresh is refused, so its session ends");
                self.revoke(answer.refresh_token.as_deref()).await;
                slot.remove().await?;
                return Ok(None);
            }
        };
        let scope = match *target {
            Target::Default => Some(self.renewed_scope(&loaded.record, &answer).await),
            _ => None,
        };
        for _ in 0..MAX_CONFLICTS {
            let now = self.clock.now();
            let Loaded { mut record, version } = loaded;
            if let Some(verified) = &verified {
                // It was checked against an earlier record of the same session.
                record.renew(verified.clone())?;
            }
            record.take(target.clone(), answer.clone(), now);
            if let Some(scope) = &scope {
                record.user.scope.clone_from(scope);
            }
            record.last_seen = record.last_seen.max(now);
            // Without the token that does not fit, the refresh token is kept.
            let kept = record.shrink(target);
            if let Saved::Done(version) = self.store_refreshed(slot, &record, version).await? {
                return kept.map(|()| Some(Loaded { record, version }));
            }
            // Somebody else has written it, so the answer is merged into that.
            match self.load(slot).await? {
                Some(newer) => loaded = newer,
                None => {
                    // A sign-out wins.
                    self.revoke(answer.refresh_token.as_deref()).await;
                    return Ok(None);
                }
            }
        }
        Err(unavailable("the session is written all the time"))
    }

    /// Verifies the ID token of an answer, if it has one, and compares it with the session's.
    async fn renewed(
        &self,
        record: &SessionRecord,
        answer: &TokenAnswer,
    ) -> Result<Option<VerifiedIdToken>, SignInError> {
        let Some(id_token) = &answer.id_token else { return Ok(None) };
        let occasion = Occasion::Refresh { nonce: &record.nonce };
        match verify(self, id_token, occasion, answer).await {
            Ok(verified) => {
                let mut renewed = record.clone();
                renewed.renew(verified.clone())?;
                self.id_tokens.permit(&renewed.user.claims)?;
                Ok(Some(verified))
            }
            // The tokens are kept, for they are the only ones, but not the claims that nobody could verify.
            Err(
                error @ (SignInError::ProviderUnavailable(_)
                | SignInError::IdTokenRefused(
                    Rejection::UnknownKey | Rejection::AlgorithmMismatch { .. },
                )),
            ) => {
                tracing::warn!(%error, "the ID token of a refresh cannot be verified for lack of a key");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The scopes of a new access token, which may have shrunk (RFC 6749 §6). A refused one grants none, but ends no
    /// session.
    async fn renewed_scope(&self, record: &SessionRecord, answer: &TokenAnswer) -> Option<String> {
        match granted_scope(self, &answer.access_token, &record.user.subject).await {
            Ok(scope) => scope,
            Err(error) => {
                tracing::error!(%error, "a session has no scopes: its new access token is refused");
                None
            }
        }
    }

    /// Stores a refreshed record, with patience for a store that fails for a moment.
    async fn store_refreshed(
        &self,
        slot: &Slot,
        record: &SessionRecord,
        version: Version,
    ) -> Result<Saved, SignInError> {
        let time = self.lifetimes.time_left(record, record.last_seen);
        let (started, mut is_told) = (Instant::now(), false);
        loop {
            match slot.write(record, Rule::Replace(version), time).await {
                Err(SignInError::Store(error)) if started.elapsed() < STORE_PATIENCE => {
                    if !is_told {
                        tracing::warn!(%error, "a refreshed session is stored as soon as the store works");
                    }
                    is_told = true;
                }
                saved => return saved,
            }
            sleep(POLL).await;
        }
    }

    /// Ends a session, unless another process has given it another refresh token in the meantime.
    async fn end_unless_newer(
        &self,
        slot: &Slot,
        refresh_token: &str,
    ) -> Result<Option<Loaded>, SignInError> {
        match self.load(slot).await? {
            Some(newer) if newer.record.refresh_token.as_deref() != Some(refresh_token) => {
                Ok(Some(newer))
            }
            _ => {
                slot.remove().await?;
                Ok(None)
            }
        }
    }
}

fn unavailable(what: &str) -> SignInError {
    SignInError::ProviderUnavailable(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn those_leave_that_nobody_needs_any_more() {
        let flights = Flights::default();
        let key = |number| RecordKey([number; 32]);
        let turn = flights.turn(key(0)).await;
        flights.of(key(1)).outage.failed();
        for number in 2..=u8::MAX {
            drop(flights.turn(key(number)).await);
        }
        assert!(Arc::ptr_eq(&turn.flight, &flights.of(key(0))), "it is under way");
        assert!(flights.of(key(1)).outage.is_quiet(), "it is to be left alone");
        assert!(flights.0.lock().unwrap().len() < 10);
    }
}
