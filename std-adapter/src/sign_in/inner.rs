//! [`Inner`]: what a `SignIn` works with. Another one for another origin of the same app shares all of it but the
//! origin and its cookies.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::clock::SessionClock;
use super::cookies::Cookies;
use super::error::SignInError;
use super::id_token::IdTokens;
use super::keeping::Keeping;
use super::open_provider::OpenProvider;
use super::outage::Outage;
use super::provider::Endpoints;
use super::record::SessionRecord;
use super::redeem_once::Redemptions;
use super::refresh::Flights;
use super::return_path::ReturnPath;
use super::seal::SealingKeys;
use super::settings::Settings;
use super::tally::Tally;
use super::tasks::Tasks;
use crate::gate::Gate;
use crate::log_limit::LogLimit;

/// How long a request waits for the provider's first metadata.
const METADATA_WAIT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(super) struct Inner {
    pub(super) settings: Arc<Settings>,
    /// Tells this client of this provider from others, which may have the same store or secrets.
    pub(super) client_name: Arc<str>,
    pub(super) provider: Arc<OpenProvider>,
    pub(super) id_tokens: Arc<IdTokens>,
    /// Judges the access tokens of the default target, if their scopes count.
    pub(super) access_tokens: Option<Gate>,
    /// The app's.
    pub(super) origin: Url,
    /// Whether an origin on this machine may lack TLS.
    pub(super) insecure_loopback: bool,
    pub(super) routes: Routes,
    pub(super) cookies: Cookies,
    /// They seal attempts, and sessions in cookies.
    pub(super) keys: Arc<SealingKeys>,
    pub(super) keeping: Keeping,
    pub(super) lifetimes: Lifetimes,
    pub(super) clock: Arc<SessionClock>,
    pub(super) outage: Arc<Outage>,
    pub(super) flights: Arc<Flights>,
    pub(super) redemptions: Arc<Redemptions>,
    pub(super) tasks: Arc<Tasks>,
    pub(super) tally: Arc<Tally>,
    /// Limits the lines about error pages.
    pub(super) log_limit: Arc<LogLimit>,
}

impl Inner {
    /// Continues what another one, which this one replaces, has under way.
    pub(super) fn continuing(self, predecessor: &Self) -> Self {
        let Self { clock, outage, flights, redemptions, tasks, tally, log_limit, .. } =
            predecessor.clone();
        Self { clock, outage, flights, redemptions, tasks, tally, log_limit, ..self }
    }

    /// What the provider can. Waits for the first metadata.
    pub(super) async fn endpoints(&self) -> Result<Arc<Endpoints>, SignInError> {
        Ok(self.provider.endpoints_within(METADATA_WAIT).await?)
    }

    /// What the provider can, if that suffices to sign in.
    pub(super) async fn endpoints_to_sign_in(&self) -> Result<Arc<Endpoints>, SignInError> {
        let endpoints = self.endpoints().await?;
        self.settings.judge(&endpoints)?;
        Ok(endpoints)
    }
}

/// Where the routes of sign-in are.
#[derive(Clone, Debug)]
pub(super) struct Routes {
    /// Empty, or a path without a slash at its end.
    pub(super) prefix: String,
    /// Where the browser goes after a sign-in that names no return path.
    pub(super) after_sign_in: ReturnPath,
    /// Where the browser goes after sign-out.
    pub(super) after_sign_out: String,
}

impl Routes {
    pub(super) fn sign_in(&self) -> String {
        format!("{}/sign-in", self.prefix)
    }

    /// Where a sign-in leads, unless it names a return path.
    pub(super) fn home(&self) -> &str {
        self.after_sign_in.as_str()
    }

    pub(super) fn callback(&self) -> String {
        format!("{}/callback", self.prefix)
    }

    pub(super) fn sign_out(&self) -> String {
        format!("{}/sign-out", self.prefix)
    }

    pub(super) fn backchannel_logout(&self) -> String {
        format!("{}/backchannel-logout", self.prefix)
    }

    /// The URI at which the provider answers.
    pub(super) fn redirect_uri(&self, origin: &Url) -> String {
        format!("{}{}", origin.origin().ascii_serialization(), self.callback())
    }

    /// The URI to which the provider sends the browser after sign-out.
    pub(super) fn post_logout_redirect_uri(&self, origin: &Url) -> String {
        format!("{}{}", origin.origin().ascii_serialization(), self.after_sign_out)
    }
}

/// How long sessions live, in seconds. Those in cookies have an end only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    /// From sign-in on, whatever happens.
    pub(super) max_age: i64,
    /// Without a request.
    pub(super) idle_timeout: i64,
    /// Past the access token's end, while the provider cannot be reached.
    pub(super) outage_grace: i64,
}

impl Lifetimes {
    /// Whether a session has ended.
    pub(super) fn have_ended(&self, record: &SessionRecord, now: i64) -> bool {
        now >= record.user.ends || now >= record.last_seen.saturating_add(self.idle_timeout)
    }

    /// How long a session lives if it is used now and never again.
    pub(super) fn time_left(&self, record: &SessionRecord, now: i64) -> Duration {
        let secs = record.user.ends.saturating_sub(now).min(self.idle_timeout);
        Duration::from_secs(u64::try_from(secs).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::jwks::{Fetch, FetchError, Fetching};
    use crate::sign_in::{Provider, SignIn, SignInBuilder};

    struct Unreachable;

    impl Fetch for Unreachable {
        fn fetch(&self, _: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
            Box::pin(async { Err(FetchError::Network("the provider is unreachable".to_owned())) })
        }
    }

    fn settings() -> SignInBuilder {
        let provider = Provider::discover("https://auth.example.com/oidc");
        SignIn::builder(provider, "app_bookstore", "https://app.example.com").fetcher(Unreachable)
    }

    #[tokio::test]
    async fn a_successor_continues_what_is_under_way() {
        let first = settings().build().unwrap().0;
        let next = settings().replaces(&SignIn(Arc::clone(&first))).build().unwrap().0;
        assert!(Arc::ptr_eq(&first.clock, &next.clock));
        assert!(Arc::ptr_eq(&first.outage, &next.outage));
        assert!(Arc::ptr_eq(&first.flights, &next.flights));
        assert!(Arc::ptr_eq(&first.redemptions, &next.redemptions));
        assert!(Arc::ptr_eq(&first.tasks, &next.tasks));
        assert!(Arc::ptr_eq(&first.tally, &next.tally));
        assert!(Arc::ptr_eq(&first.log_limit, &next.log_limit));
        assert!(!Arc::ptr_eq(&first.settings, &next.settings));
    }
}
