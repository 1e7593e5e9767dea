//! [`Gate`] judges requests by the policies and current keys of its issuers.

mod builder;
mod challenge;
mod claims_error;
mod demand;
mod denied;
mod error;
mod identity;
mod open_issuer;
mod refusals;
mod scratch;
#[cfg(feature = "sign-in")]
mod verify_by;

pub use crate::issuer::{Issuer, Profile};
pub use crate::issuer_template::Tenants;
pub use builder::GateBuilder;
pub use claims_error::ClaimsError;
pub use demand::{AsDemand, Demand, DemandBuilder, DemandError};
pub use denied::{Denied, json_response};
pub use error::GateError;
pub use identity::Identity;
pub use open_issuer::IssuerStatus;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::header::{AUTHORIZATION, HeaderMap};
use tokio::task::JoinSet;
use tollgate_core::{BearerToken, Now, Rejection, Scratch};

use crate::explanation::Explanation;
#[cfg(feature = "sign-in")]
use crate::jwks::KeptMetadata;
pub(crate) use demand::Wanted;
use demand::sealed::Wants as _;
use open_issuer::OpenIssuer;
pub(crate) use refusals::Refusals;
use refusals::{Cause, Refusal};
use scratch::with_scratch;

/// Judges requests by the tokens that they carry.
///
/// A gate trusts one issuer or several, each with its own keys and its own policy. It accepts a
/// token if *one* issuer's key verifies it and the policy for that issuer accepts it. So no issuer
/// can speak for another, and an outage of one affects only its own tokens.
///
/// The gate fetches and rotates keys in the background, until its last clone is dropped. Clones
/// share everything.
///
/// ```no_run
/// # async fn example(authorization: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate::gate::{Gate, Issuer};
///
/// let gate = Gate::builder()
///     .issuer(Issuer::new("https://auth.example.com/oidc").audience("https://api.example.com"))
///     .build()?;
/// let identity = gate.authorize(authorization).await?;
/// println!("hello, {}", identity.subject().unwrap_or("stranger"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    issuers: Vec<OpenIssuer>,
    clock: Box<Clock>,
    wait_limit: Duration,
    realm: Option<String>,
    resource_metadata: Option<String>,
    /// Dropping the set stops the tasks that fetch keys.
    _tasks: JoinSet<()>,
    /// Whose keys are shared, which it fetches for as long as it is there.
    _shared: Option<Gate>,
}

type Clock = dyn Fn() -> Now + Send + Sync;

impl Gate {
    /// Starts building a gate.
    pub fn builder() -> GateBuilder {
        GateBuilder::new()
    }

    /// Judges the value of an `Authorization` header.
    ///
    /// If newer keys may help, this fetches them and waits, but not longer than the
    /// [wait limit](GateBuilder::wait_limit). They may help a token that names an unknown key, names a key
    /// of another algorithm, or names none and is not verified; and any token while there are no keys.
    /// Tokens cause at most two fetches at once, and then one per
    /// [cooldown](crate::jwks::FetchRules::cooldown).
    ///
    /// # Errors
    ///
    /// The token is rejected, or there are no keys to judge it with.
    pub async fn authorize(&self, authorization: impl AsRef<[u8]>) -> Result<Identity, Denied> {
        match BearerToken::from_header_value(authorization.as_ref()) {
            Ok(token) => self.authorize_token(token, &Demand::NOTHING).await,
            Err(rejection) => Err(self.refuse(rejection, &Demand::NOTHING)),
        }
    }

    /// Judges a request by its header fields. Its token must also meet `demand`: have all of these scopes, or
    /// what a [`Demand`] says.
    ///
    /// Waits for newer keys as [`authorize`](Self::authorize) does.
    ///
    /// # Errors
    ///
    /// The token is rejected, or there are no keys to judge it with.
    pub async fn authorize_request(
        &self,
        headers: &HeaderMap,
        demand: &(impl AsDemand + ?Sized),
    ) -> Result<Identity, Denied> {
        let wanted = demand.wanted();
        match self.judge_request_now(headers, wanted) {
            Ok(identity) => Ok(identity),
            Err(refusals) => self.judge_request_later(headers, wanted, refusals).await,
        }
    }

    /// Judges a token that came in another way than the `Authorization` header, such as a cookie. It must
    /// also meet `demand`, as for [`authorize_request`](Self::authorize_request).
    ///
    /// Waits for newer keys as [`authorize`](Self::authorize) does.
    ///
    /// # Errors
    ///
    /// The token is rejected, or there are no keys to judge it with. If it does not meet a requirement of a
    /// [`Demand`], the [rejection](Rejection::RequirementUnmet) has its place in the demand's list.
    pub async fn authorize_token(
        &self,
        token: BearerToken<'_>,
        demand: &(impl AsDemand + ?Sized),
    ) -> Result<Identity, Denied> {
        let wanted = demand.wanted();
        match self.judge_now(token, wanted) {
            Ok(identity) => Ok(identity),
            Err(refusals) => self.judge_later(token, wanted, refusals).await,
        }
    }

    /// Judges the value of an `Authorization` header with the current keys, without waiting.
    ///
    /// If newer keys may help, as [`authorize`](Self::authorize) describes, this starts to fetch them in the
    /// background. A later call then finds them, so that synchronous callers follow a key rotation, too.
    ///
    /// Pass an empty value if the request has no such header. If it may have several, use
    /// [`authorize_request_now`](Self::authorize_request_now), which refuses them.
    ///
    /// # Errors
    ///
    /// The token is rejected, or there are no keys to judge it with.
    pub fn authorize_now(&self, authorization: impl AsRef<[u8]>) -> Result<Identity, Denied> {
        match BearerToken::from_header_value(authorization.as_ref()) {
            Ok(token) => self.authorize_token_now(token, &Demand::NOTHING),
            Err(rejection) => Err(self.refuse(rejection, &Demand::NOTHING)),
        }
    }

    /// Judges a request by its header fields with the current keys, without waiting. Its token must also meet
    /// `demand`, as for [`authorize_request`](Self::authorize_request). Without any, write `&Demand::NOTHING`.
    ///
    /// Starts a fetch of newer keys as [`authorize_now`](Self::authorize_now) does.
    ///
    /// # Errors
    ///
    /// The token is rejected, or there are no keys to judge it with.
    pub fn authorize_request_now(
        &self,
        headers: &HeaderMap,
        demand: &(impl AsDemand + ?Sized),
    ) -> Result<Identity, Denied> {
        let wanted = demand.wanted();
        let refused = |refusals: Refusals| self.denied_for_now(refusals, wanted);
        self.judge_request_now(headers, wanted).map_err(refused)
    }

    /// Judges a token that came in another way than the `Authorization` header with the current keys,
    /// without waiting. It must also meet `demand`, as for [`authorize_request`](Self::authorize_request).
    ///
    /// Starts a fetch of newer keys as [`authorize_now`](Self::authorize_now) does.
    ///
    /// # Errors
    ///
    /// The token is rejected, or there are no keys to judge it with.
    pub fn authorize_token_now(
        &self,
        token: BearerToken<'_>,
        demand: &(impl AsDemand + ?Sized),
    ) -> Result<Identity, Denied> {
        let wanted = demand.wanted();
        let refused = |refusals: Refusals| self.denied_for_now(refusals, wanted);
        self.judge_now(token, wanted).map_err(refused)
    }

    /// Refuses a request in which you have found no token to judge. The challenge says what is demanded.
    #[must_use]
    pub fn refuse(&self, rejection: Rejection, demand: &(impl AsDemand + ?Sized)) -> Denied {
        self.rejected(rejection, None, demand.wanted())
    }

    /// Returns whether at least one issuer has usable keys.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.issuers.iter().any(OpenIssuer::is_usable)
    }

    /// Waits until every issuer has usable keys, without a time limit.
    pub async fn ready(&self) {
        for issuer in &self.0.issuers {
            issuer.ready().await;
        }
    }

    /// Returns the state of each issuer, for health checks and metrics.
    pub fn issuers(&self) -> impl Iterator<Item = IssuerStatus<'_>> {
        self.0.issuers.iter().map(OpenIssuer::status)
    }

    /// Explains to the operator why a token was denied: what came, what was wanted, and which setting decides.
    ///
    /// This judges the token again, so call it only if somebody reads the result, as in a debug log. `None` if
    /// there is nothing to explain, or if the token would be accepted by now.
    #[must_use]
    pub fn explain(&self, denied: &Denied, token: BearerToken<'_>) -> Option<Explanation> {
        let by_demand = denied.demand().and_then(|demand| {
            Some(Explanation::of_demand(denied, demand, token.as_str()))
                .filter(|explanation| !explanation.facts().is_empty())
        });
        let Denied::Rejected { rejection, scopes, .. } = denied else { return by_demand };
        let now = (self.0.clock)();
        let mut scratch = vec![0; Scratch::needed_for(token.as_str().len())];
        let mut refuses_so = |issuer: &&OpenIssuer| {
            match issuer.verify(token, Demand::NOTHING.wanted(), now, &mut scratch) {
                Err(own) => {
                    matches!(own.cause, Cause::Rejected(own) if own.reason() == rejection.reason())
                }
                // The scopes of the request are not judged here.
                Ok(_) => *rejection == Rejection::InsufficientScope,
            }
        };
        let issuers = self.0.issuers.iter().filter(|issuer| refuses_so(issuer));
        let explanations = issuers.map(|issuer| {
            let explanation = Explanation::new(*rejection, token.as_str(), &issuer.settings);
            explanation.with_scopes(scopes).with_key_ids(&issuer.key_ids())
        });
        // The issuer that the token names does not have to explain that it is another one.
        let shortest = explanations.min_by_key(|explanation| explanation.facts().len());
        shortest.filter(|explanation| !explanation.facts().is_empty()).or(by_demand)
    }

    /// Returns the value of `WWW-Authenticate` for a rejected request.
    #[must_use]
    pub fn challenge<S: AsRef<str>>(&self, rejection: Rejection, scopes: &[S]) -> String {
        challenge::rejected(self, rejection, scopes, &Demand::NOTHING)
    }

    /// Judges a request with the current keys.
    pub(crate) fn judge_request_now<S: AsRef<str>>(
        &self,
        headers: &HeaderMap,
        wanted: Wanted<'_, S>,
    ) -> Result<Identity, Refusals> {
        let token = bearer_token(headers).map_err(|rejection| {
            // There is no token yet, so all issuers would say the same.
            let mut refusals = Refusals::new(self.attempts());
            refusals.add(0, rejection.into());
            refusals
        })?;
        self.judge_now(token, wanted)
    }

    /// Judges a request again as soon as there are newer keys, if they can make a difference.
    pub(crate) async fn judge_request_later<S: AsRef<str>>(
        &self,
        headers: &HeaderMap,
        wanted: Wanted<'_, S>,
        refusals: Refusals,
    ) -> Result<Identity, Denied> {
        match bearer_token(headers) {
            Ok(token) if !refusals.are_final() => self.judge_later(token, wanted, refusals).await,
            _ => Err(self.denied(refusals, wanted)),
        }
    }

    /// The metadata of the first issuer, if the gate was built to keep it.
    #[cfg(feature = "sign-in")]
    pub(crate) fn metadata(&self) -> Option<Arc<KeptMetadata>> {
        self.0.issuers.first()?.store.metadata().cloned()
    }

    /// Requires more scopes of a request that this gate has accepted.
    #[cfg(feature = "tower")]
    pub(crate) fn require(&self, identity: &Identity, scopes: &[String]) -> Result<(), Denied> {
        if scopes.iter().all(|scope| identity.has_scope(scope)) {
            return Ok(());
        }
        let issuer = self.0.issuers.get(identity.accepted_by());
        Err(self.rejected(Rejection::InsufficientScope, issuer, scopes.wanted()))
    }

    /// Whether both are clones of one gate.
    #[cfg(feature = "tower")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Waits for the issuers that lack a key for the token, and judges it with their newer keys.
    async fn judge_later<S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        wanted: Wanted<'_, S>,
        mut refusals: Refusals,
    ) -> Result<Identity, Denied> {
        if refusals.are_final() {
            return Err(self.denied(refusals, wanted));
        }
        let wait_limit = self.0.wait_limit;
        let lacking = self.lacking(&refusals).filter(|(issuer, _)| issuer.can_refresh());
        let mut refreshes: FuturesUnordered<_> =
            lacking.map(|(issuer, attempts)| issuer.refreshed(attempts, wait_limit)).collect();
        loop {
            let is_last = refreshes.next().await.is_none();
            // Keys may also have arrived since the token was judged.
            if self.attempts() != refusals.attempts() {
                refusals = match self.judge_now(token, wanted) {
                    Ok(identity) => return Ok(identity),
                    Err(refusals) => refusals,
                };
            }
            if is_last || refusals.are_final() {
                return Err(self.denied(refusals, wanted));
            }
        }
    }

    /// Asks every issuer in turn, with the keys of this moment.
    fn judge_now<S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        wanted: Wanted<'_, S>,
    ) -> Result<Identity, Refusals> {
        let mut refusals = Refusals::new(self.attempts());
        let now = (self.0.clock)();
        with_scratch(token, |scratch| {
            for (index, issuer) in self.0.issuers.iter().enumerate() {
                let verdict = issuer.verify(token, wanted, now, scratch);
                let identity = verdict
                    .and_then(|accepted| Identity::new(&accepted, index).map_err(Refusal::from));
                match identity {
                    Ok(identity) => return Ok(identity),
                    Err(refusal) => refusals.add(index, refusal),
                }
            }
            Err(refusals)
        })
    }

    /// The answer for a caller that does not wait. Asks for newer keys, which later requests find.
    fn denied_for_now<S: AsRef<str>>(&self, refusals: Refusals, wanted: Wanted<'_, S>) -> Denied {
        if !refusals.are_final() {
            self.lacking(&refusals).for_each(|(issuer, attempts)| issuer.ask(attempts));
        }
        self.denied(refusals, wanted)
    }

    /// Turns the refusals into one answer: that of the issuer that knows most about the token.
    pub(crate) fn denied<S: AsRef<str>>(
        &self,
        refusals: Refusals,
        wanted: Wanted<'_, S>,
    ) -> Denied {
        let (index, cause) = refusals.furthest();
        let issuer = self.0.issuers.get(index);
        match (cause, issuer) {
            (Cause::Rejected(Rejection::NoUsableKey), Some(issuer)) => {
                Denied::KeysUnavailable { retry_after: issuer.next_attempt_in() }
            }
            (Cause::Rejected(rejection), _) => {
                let is_known = rejection == Rejection::InsufficientScope;
                self.rejected(rejection, issuer.filter(|_| is_known), wanted)
            }
            (Cause::UserAuthentication, issuer) => Denied::InsufficientUserAuthentication {
                scopes: self.required_scopes(issuer, wanted),
                demand: wanted.demand.clone(),
            },
        }
    }

    /// The answer to a token that an issuer has rejected, or that may be any issuer's.
    fn rejected<S: AsRef<str>>(
        &self,
        rejection: Rejection,
        issuer: Option<&OpenIssuer>,
        wanted: Wanted<'_, S>,
    ) -> Denied {
        let scopes = self.required_scopes(issuer, wanted);
        Denied::Rejected { rejection, scopes, demand: wanted.demand.clone() }
    }

    /// The scopes that a token of this issuer needs, or a token of any issuer, each once.
    fn required_scopes<S: AsRef<str>>(
        &self,
        issuer: Option<&OpenIssuer>,
        wanted: Wanted<'_, S>,
    ) -> Vec<String> {
        let of = issuer.or(self.0.issuers.first()).map_or(&[][..], OpenIssuer::required_scopes);
        let is_needed = |scope: &&String| {
            let mut all = self.0.issuers.iter().map(OpenIssuer::required_scopes);
            issuer.is_some() || all.all(|scopes| scopes.contains(scope))
        };
        let own = of.iter().filter(is_needed).map(String::as_str);
        let mut required: Vec<String> = Vec::new();
        for scope in own.chain(wanted.scopes_to_ask_for()) {
            if !required.iter().any(|other| other == scope) {
                required.push(scope.to_owned());
            }
        }
        required
    }

    /// The issuers that may have a key for the token later, each with the number of its fetches that had
    /// ended when it judged the token. If one has ended since, there are none: the token is to be judged
    /// again first.
    fn lacking<'g>(&'g self, refusals: &Refusals) -> impl Iterator<Item = (&'g OpenIssuer, u64)> {
        let (lack_key, judged_after) = (refusals.lack_key(), refusals.attempts());
        let lacking = self.0.issuers.iter().zip(lack_key).filter(|(_, lacks_key)| *lacks_key);
        // The numbers only grow, so if their sum is the same after one was read, so is that one.
        let counted = lacking.map(|(issuer, _)| (issuer, issuer.attempts()));
        counted.filter(move |_| self.attempts() == judged_after)
    }

    /// The number of key fetches that have ended, of all issuers together.
    fn attempts(&self) -> u64 {
        self.0.issuers.iter().fold(0, |sum, issuer| sum.wrapping_add(issuer.attempts()))
    }
}

/// The bearer token in the header fields of a request.
fn bearer_token(headers: &HeaderMap) -> Result<BearerToken<'_>, Rejection> {
    BearerToken::from_field_lines(headers.get_all(AUTHORIZATION).iter().map(AsRef::as_ref))
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.issuers()).finish()
    }
}
