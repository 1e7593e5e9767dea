//! The [`Gate`]: issuers with their policies, and keys that look after themselves.

mod builder;
mod denied;
mod identity;
mod issuer;

pub use builder::{GateBuilder, GateError};
pub use denied::{Denied, json_response};
pub use identity::Identity;
pub use issuer::{Issuer, IssuerStatus};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::header::{AUTHORIZATION, HeaderMap};
use tokio::task::JoinSet;
use tollgate_core::{BearerToken, Now, Rejection, Scratch};

use issuer::OpenIssuer;

/// Judges requests: by any of its issuers, each with its own keys and its own policy.
///
/// A token is accepted if *one* issuer accepts it, by a key of that issuer and by the policy for
/// that issuer: none can speak for another, and one that cannot be reached fails only its own
/// tokens. Clones are the same gate; its keys are looked after until the last one is dropped.
///
/// ```no_run
/// # async fn example(authorization: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate::gate::{Gate, Issuer};
///
/// let gate = Gate::builder()
///     .issuer(Issuer::new("https://auth.example.com/oidc").audience("https://api.example.com"))
///     .build()?;
/// let identity = gate.authorize(authorization).await?;
/// println!("hello, {}", identity.subject().unwrap_or("whoever you are"));
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
    /// They end with the gate.
    _tasks: JoinSet<()>,
}

type Clock = dyn Fn() -> Now + Send + Sync;

impl Gate {
    /// A gate in the making.
    pub fn builder() -> GateBuilder {
        GateBuilder::new()
    }

    /// Judges the value of an `Authorization` header.
    ///
    /// If the key that it names is unknown, or there are no keys yet, newer keys are fetched, unless
    /// that was tried a moment ago; a bounded number of requests wait for them, for a bounded time.
    ///
    /// # Errors
    ///
    /// The token is refused, or there are no keys to judge it with.
    pub async fn authorize(&self, authorization: impl AsRef<[u8]>) -> Result<Identity, Denied> {
        self.judge(BearerToken::from_header_value(authorization.as_ref())?, NO_MORE_SCOPES).await
    }

    /// Judges a request by its header fields; its token must have all of `scopes`, too.
    ///
    /// # Errors
    ///
    /// The token is refused, or there are no keys to judge it with.
    pub async fn authorize_request<S: AsRef<str>>(
        &self,
        headers: &HeaderMap,
        scopes: &[S],
    ) -> Result<Identity, Denied> {
        self.judge(bearer_token(headers)?, scopes).await
    }

    /// [`authorize`](Self::authorize) by the keys that are there: it never waits.
    ///
    /// # Errors
    ///
    /// The token is refused, or there are no keys to judge it with.
    pub fn authorize_now(&self, authorization: impl AsRef<[u8]>) -> Result<Identity, Denied> {
        let token = BearerToken::from_header_value(authorization.as_ref())?;
        Ok(self.judge_now(token, NO_MORE_SCOPES)?)
    }

    /// [`authorize_request`](Self::authorize_request) by the keys that are there: it never waits.
    ///
    /// # Errors
    ///
    /// The token is refused, or there are no keys to judge it with.
    pub fn authorize_request_now<S: AsRef<str>>(
        &self,
        headers: &HeaderMap,
        scopes: &[S],
    ) -> Result<Identity, Denied> {
        Ok(self.judge_now(bearer_token(headers)?, scopes)?)
    }

    /// The same, which also tells whether it may be of use to wait.
    #[cfg(feature = "tower")]
    pub(crate) fn judge_request_now<S: AsRef<str>>(
        &self,
        headers: &HeaderMap,
        scopes: &[S],
    ) -> Result<Identity, Refusal> {
        let settled = |rejection: Rejection| Refusal { denied: rejection.into(), is_final: true };
        self.judge_now(bearer_token(headers).map_err(settled)?, scopes)
    }

    /// Whether there are usable keys of an issuer at least.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.issuers.iter().any(OpenIssuer::is_usable)
    }

    /// Waits until there are usable keys of every issuer, for as long as one cannot be reached.
    pub async fn ready(&self) {
        for issuer in &self.0.issuers {
            issuer.ready().await;
        }
    }

    /// How each issuer is doing.
    pub fn issuers(&self) -> impl Iterator<Item = IssuerStatus<'_>> {
        self.0.issuers.iter().map(OpenIssuer::status)
    }

    /// The value of `WWW-Authenticate` for a refused request.
    #[must_use]
    pub fn challenge(&self, rejection: Rejection, scopes: &[String]) -> String {
        let challenge = rejection.challenge(self.0.realm.as_deref(), scopes);
        match &self.0.resource_metadata {
            Some(url) => challenge.with_resource_metadata(url).to_string(),
            None => challenge.to_string(),
        }
    }

    async fn judge<S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        scopes: &[S],
    ) -> Result<Identity, Denied> {
        let mut attempts = self.attempts();
        let mut refusal = match self.judge_now(token, scopes) {
            Ok(identity) => return Ok(identity),
            Err(refusal) if refusal.is_final => return Err(refusal.denied),
            Err(refusal) => refusal,
        };
        let wait_limit = self.0.wait_limit;
        let issuers = self.0.issuers.iter();
        let issuers = issuers.filter(|issuer| issuer.can_refresh() && issuer.lacks_key_for(token));
        let mut refreshes: FuturesUnordered<_> =
            issuers.map(|issuer| issuer.refreshed(wait_limit)).collect();
        loop {
            let is_last = refreshes.next().await.is_none();
            // Keys may also have come between the verdict and the question.
            let attempts_now = self.attempts();
            if attempts_now != attempts {
                attempts = attempts_now;
                refusal = match self.judge_now(token, scopes) {
                    Ok(identity) => return Ok(identity),
                    Err(refusal) => refusal,
                };
            }
            if is_last || refusal.is_final {
                return Err(refusal.denied);
            }
        }
    }

    /// How many attempts to fetch keys have ended, of all issuers together.
    fn attempts(&self) -> u64 {
        self.0.issuers.iter().fold(0, |sum, issuer| sum.wrapping_add(issuer.attempts()))
    }

    /// The verdict of the issuer that accepts the token, or else of the one that got furthest.
    fn judge_now<S: AsRef<str>>(
        &self,
        token: BearerToken<'_>,
        scopes: &[S],
    ) -> Result<Identity, Refusal> {
        let now = (self.0.clock)();
        let mut scratch = vec![0; Scratch::needed_for(token.as_str().len())];
        let mut furthest: Option<Denied> = None;
        let mut is_final = true;
        for issuer in &self.0.issuers {
            let denied = match issuer.judge(token, scopes, now, &mut scratch) {
                Ok(identity) => return Ok(identity),
                Err(denied) => denied,
            };
            is_final &= !denied.may_pass_with_newer_keys();
            if furthest.as_ref().is_none_or(|furthest| furthest.progress() < denied.progress()) {
                furthest = Some(denied);
            }
        }
        // There is an issuer at least.
        let nothing = Denied::KeysUnavailable { retry_after: Duration::from_secs(1) };
        let denied = furthest.unwrap_or(nothing);
        let is_final = is_final || denied.is_settled();
        Err(Refusal { denied, is_final })
    }
}

/// The verdict of a moment.
pub(crate) struct Refusal {
    pub(crate) denied: Denied,
    /// Newer keys of no issuer would change it.
    pub(crate) is_final: bool,
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        refusal.denied
    }
}

/// What the policies require is enough.
const NO_MORE_SCOPES: &[&str] = &[];

/// The bearer token in the header fields of a request.
fn bearer_token(headers: &HeaderMap) -> Result<BearerToken<'_>, Rejection> {
    BearerToken::from_field_lines(headers.get_all(AUTHORIZATION).iter().map(AsRef::as_ref))
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.issuers()).finish()
    }
}
