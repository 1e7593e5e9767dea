//! Sessions in any order of sign-ins, requests, outages, sign-outs and clock steps, against a model: by the session's
//! own clock none outlives its end, and none ends early.

use std::time::Duration;

use proptest::prelude::*;
use tollgate::sign_in::Sessions;

use super::app::{self, settings};
use super::browser::Browser;
use super::provider::{Fault, Provider};
use super::time;

const MAX_AGE: i64 = 5_000;
const IDLE: i64 = 900;
const GRACE: i64 = 120;
const TOKEN: i64 = 600;

#[derive(Clone, Debug)]
enum Step {
    SignIn,
    Request,
    SignOut,
    /// Time passes.
    Pass(u64),
    /// Somebody sets the wall clock.
    SetClock(i64),
    /// The token endpoint fails from now on, or works again.
    Outage(bool),
    /// The provider ends all sessions.
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::SignIn),
        8 => Just(Step::Request),
        1 => Just(Step::SignOut),
        4 => (0_u64..120).prop_map(Step::Pass),
        3 => (120_u64..1_000).prop_map(Step::Pass),
        1 => (-700_i64..200).prop_map(Step::SetClock),
        1 => any::<bool>().prop_map(Step::Outage),
        1 => Just(Step::Forget),
    ]
}

/// What should be.
#[derive(Default)]
struct Model {
    session: Option<Expected>,
    /// The latest time of the wall clock that the app has seen, and the time that has passed since.
    latest: i64,
    /// How long the test has run, in seconds.
    elapsed: i64,
    latest_at: i64,
    is_down: bool,
    failures: u32,
    quiet_until: i64,
}

struct Expected {
    ends: i64,
    last_seen: i64,
    expires: i64,
    /// Whether the provider still knows its refresh token.
    is_known: bool,
}

impl Model {
    /// The time by which sessions end.
    fn now(&mut self) -> i64 {
        let advanced = self.latest + self.elapsed - self.latest_at;
        let wall = time::now();
        if wall > advanced {
            (self.latest, self.latest_at) = (wall, self.elapsed);
        }
        advanced.max(wall)
    }

    fn sign_in(&mut self) -> bool {
        let now = self.now();
        if self.is_down {
            return false;
        }
        let (ends, expires) = (now + MAX_AGE, now + TOKEN);
        self.session = Some(Expected { ends, last_seen: now, expires, is_known: true });
        true
    }

    /// What a request gets.
    fn request(&mut self) -> &'static str {
        let now = self.now();
        let Some(mut session) = self.session.take() else { return "nobody" };
        if now >= session.ends || now >= session.last_seen + IDLE {
            return "nobody";
        }
        let is_valid = now < session.expires;
        if now >= session.expires - 60 && self.elapsed >= self.quiet_until {
            if self.is_down {
                let wait = 1_i64.checked_shl(self.failures).unwrap_or(i64::MAX).min(60);
                self.failures += 1;
                self.quiet_until = self.elapsed + wait;
            } else if session.is_known {
                (session.expires, session.last_seen) = (now + TOKEN, now);
                (self.failures, self.quiet_until) = (0, 0);
            } else if is_valid {
                // The refresh goes on behind this request, and ends the session.
                return "user_1";
            } else {
                return "nobody";
            }
        }
        if now - session.last_seen >= 60 {
            session.last_seen = now;
        }
        let passes = now < session.expires + GRACE;
        self.session = Some(session);
        if passes { "user_1" } else { "503 Service Unavailable provider-unavailable" }
    }
}

async fn run(steps: Vec<Step>) {
    let provider = Provider::new();
    let secs = |secs: i64| Duration::from_secs(secs.unsigned_abs());
    let sessions = Sessions::memory()
        .max_age(secs(MAX_AGE))
        .idle_timeout(secs(IDLE))
        .outage_grace(secs(GRACE));
    let (_, mut browser) = app::start(settings(&provider).sessions(sessions)).await;
    let mut model = Model::default();
    model.now();
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::SignIn => {
                // The pages that tell of circles have a test of their own.
                browser = Browser { cookies: browser.cookies, app: browser.app };
                browser.cookies.retain(|name, _| !name.contains("attempt"));
                let url = browser.begin("/sign-in").await;
                let page = browser.come_back(&provider.authorize(&url)).await;
                assert_eq!(page.status.as_u16() == 303, model.sign_in(), "{index} {steps:?}");
            }
            Step::Request => {
                assert_eq!(browser.user().await, model.request(), "{index} {steps:?}");
                time::pass(0).await;
            }
            Step::SignOut => {
                browser.open("/sign-out").await;
                model.now();
                model.session = None;
            }
            Step::Pass(secs) => {
                time::pass(*secs).await;
                model.elapsed += i64::try_from(*secs).unwrap();
            }
            Step::SetClock(secs) => time::step(*secs),
            Step::Outage(is_down) => {
                model.is_down = *is_down;
                provider.state().fault = is_down.then_some(Fault::Network);
            }
            Step::Forget => {
                provider.forget();
                if let Some(session) = &mut model.session {
                    session.is_known = false;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sessions_live_as_long_as_the_model_says(steps in prop::collection::vec(step(), 1..80)) {
        time::start_anew();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().start_paused(true).build().unwrap().block_on(run(steps));
    }
}
