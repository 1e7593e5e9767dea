//! Users who sign in, use the app, and are signed out, and what is right to answer them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use tollgate_tests::mint::{SigningKey, Token, base64url};
use tollgate_tests::random::Random;

use crate::browser::{
    Jar, PAGE, SESSION, Tab, VISITS, Visit, authorization_request, callback, is_signed_out, page,
};
use crate::clients::World;
use crate::grants::{CLIENT, sid};
use crate::http::Answer;
use crate::issuer::Issuer;
use crate::redis::{Redis, StoreStanding, StoreView};
use crate::server::PATIENCE;
use crate::tally::Tally;

/// How long access tokens live, in seconds: some must be refreshed while requests wait, some in the background.
const LIFETIMES: [u32; 4] = [1, 2, 2, 62];

/// How long to wait for what a server does with the answer to a refresh that comes after a sign-out.
const AFTERMATH: Duration = Duration::from_millis(200);

/// An app behind one or more servers that share sessions.
pub struct App {
    pub world: Arc<World>,
    pub provider: Issuer,
    /// Addresses of the servers.
    pub addresses: Vec<String>,
    /// Where the sessions are, if not in the memory of the one server.
    pub redis: Option<Arc<Redis>>,
}

/// A user who is signed in.
struct Session {
    user: String,
    family: u64,
    jar: Jar,
    /// The callback that began it.
    callback: String,
    /// When it ends, as the first answer said.
    expires: OnceLock<String>,
}

/// Signs users in and out until the soak ends.
pub async fn users(app: Arc<App>, seed: u64) {
    let mut random = Random::new(seed, 0);
    for number in 0.. {
        if !app.world.goes_on() {
            return;
        }
        let user = format!("user-{seed}-{number}");
        if let Err(how) = app.life(&mut random, &user).await {
            app.tally().wrong("a signed-in user", format_args!("{user}: {how}"));
        }
    }
}

impl App {
    fn tally(&self) -> &Tally {
        &self.world.tally
    }

    fn url(&self) -> &str {
        &self.provider.url
    }

    fn store(&self) -> StoreView {
        self.redis.as_ref().map_or(StoreView::WORKS, |redis| redis.view())
    }

    /// Everything that a user does from sign-in to sign-out.
    async fn life(&self, random: &mut Random, user: &str) -> Result<(), String> {
        let address = |number| &self.addresses[number % self.addresses.len()];
        let [mut first, mut second, mut third] = [0, 1, 2].map(|number| Tab::new(address(number)));
        let Some(session) = self.signed_in(&mut first, random, user).await? else { return Ok(()) };
        for _ in 0..random.below(40) {
            let visit = random.one(&VISITS);
            let lives = match random.below(8) {
                0..3 => {
                    let (visits, session) = (VISITS.map(|_| random.one(&VISITS)), &session);
                    let lives = tokio::join!(
                        self.visit(&mut first, session, visits[0]),
                        self.visit(&mut second, session, visits[1]),
                        self.visit(&mut third, session, visits[2]),
                    );
                    lives.0? & lives.1? & lives.2?
                }
                3 => {
                    self.meddle(&mut first, &session, random).await?;
                    self.visit(&mut second, &session, visit).await?
                }
                4 => self.visit(&mut second, &session, visit).await?,
                _ => self.visit(&mut first, &session, visit).await?,
            };
            if !lives || !self.world.goes_on() {
                break;
            }
            sleep(Duration::from_millis(random.number() % 250)).await;
        }
        match random.below(5) {
            0 | 1 => self.sign_out(&mut first, &session, random.below(2) == 0).await?,
            2 => self.sign_out_during_refresh([&mut first, &mut second], &session).await?,
            3 => {
                // Another browser of the same user, which stays signed in, or not.
                let twin = self.signed_in(&mut third, random, user).await?;
                let is_for_all = random.below(2) == 0;
                self.log_out(&mut second, &session, is_for_all).await?;
                if let Some(twin) = twin {
                    match is_for_all {
                        true => self.is_over(&mut third, &twin).await?,
                        false => {
                            self.visit(&mut third, &twin, Visit::Page).await?;
                            self.sign_out(&mut third, &twin, false).await?;
                            self.is_over(&mut third, &twin).await?;
                        }
                    }
                    self.provider.grants(|grants| grants.forget(twin.family));
                }
            }
            _ => self.log_out(&mut second, &session, false).await?,
        }
        self.is_over(&mut first, &session).await?;
        // A refresh that was under way must not bring it back.
        while self.is_refreshing(&session) {
            sleep(Duration::from_millis(10)).await;
        }
        sleep(AFTERMATH).await;
        for tab in [&mut first, &mut second, &mut third] {
            self.is_over(tab, &session).await?;
        }
        self.provider.grants(|grants| grants.forget(session.family));
        Ok(())
    }

    /// Asks for something that needs the store, until the store works. While it fails, 503 is the only right answer.
    async fn ask(&self, tab: &mut Tab, request: &str) -> Result<Answer, String> {
        let begun = Instant::now();
        let mut failed = begun;
        loop {
            let before = self.store();
            let answer = tab.ask(self.tally(), request).await?;
            let standing = before.until(self.store());
            let is_unavailable = answer.status == 503
                && answer.says("store")
                && !answer.has_header_like("x-auth-request-")
                && answer.header("location").is_none()
                && answer.header("set-cookie").is_none();
            match (is_unavailable, standing) {
                (false, StoreStanding::Fails) => {
                    return Err(format!("not 503, although the store fails: {answer:?}"));
                }
                (false, _) => return Ok(answer),
                (true, StoreStanding::Works) if self.redis.is_none() => {
                    return Err(format!("503, although the store is in memory: {answer:?}"));
                }
                (true, StoreStanding::Works) if failed.elapsed() > PATIENCE => {
                    return Err(format!("503, although the store works: {answer:?}"));
                }
                (true, StoreStanding::Works) => self.tally().right("(redis was slow)"),
                (true, _) => {
                    failed = Instant::now();
                    self.tally().right("a session while redis fails: 503");
                }
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs a user in, as often as it takes while the issuer or the store fails. Returns nothing if the soak ends.
    async fn signed_in(
        &self,
        tab: &mut Tab,
        random: &mut Random,
        user: &str,
    ) -> Result<Option<Session>, String> {
        // Somebody else has set an identifier of their choice.
        let planted = identifier(random);
        let lifetime = random.one(&LIFETIMES);
        let mut jar = Jar::default();
        jar.set(SESSION, &planted);
        while self.world.goes_on() {
            let return_to: String = url::form_urlencoded::byte_serialize(PAGE.as_bytes()).collect();
            let target = format!("/tollgate/sign-in?return_to={return_to}");
            let started =
                tab.ask(self.tally(), &page("GET", &target, &jar.cookie(), "", "")).await?;
            let request = authorization_request(&started, self.url())?;
            let mut jar = jar.clone();
            jar.take(&started);
            let authorized =
                self.provider.grants(|grants| grants.authorize(&request, user, lifetime));
            let (family, code) = authorized?;
            let callback = callback(&request, &code, self.url());
            let (calm, store) = (self.provider.calm(), self.store());
            let answer =
                tab.ask(self.tally(), &page("GET", &callback, &jar.cookie(), "", "")).await?;
            if answer.status == 303 && answer.header("location") == Some(PAGE) {
                jar.take(&answer);
                if jar.session().is_none_or(|session| session == planted || session.len() != 43) {
                    return Err(format!("the session has no identifier of its own: {answer:?}"));
                }
                self.tally().right("a sign-in");
                let user = user.to_owned();
                let session = Session { user, family, jar, callback, expires: OnceLock::new() };
                let planted = format!("{SESSION}={planted}");
                self.must_require_sign_in(tab, "a planted identifier", &planted).await?;
                return Ok(Some(session));
            }
            is_no_sign_in(&answer)?;
            let issuer_works = calm.is_some() && self.provider.calm() == calm;
            let may_store_fail = self.redis.is_some()
                && (answer.status == 503 || store.until(self.store()) != StoreStanding::Works);
            if issuer_works && !may_store_fail {
                return Err(format!("not signed in: {answer:?}"));
            }
            self.tally().right("a sign-in while the issuer or redis fails");
            self.provider.grants(|grants| grants.forget(family));
            sleep(Duration::from_millis(50)).await;
        }
        Ok(None)
    }

    /// Asks for something with a session. Returns whether it lives: it ends only if the issuer has given a reason.
    async fn visit(&self, tab: &mut Tab, session: &Session, visit: Visit) -> Result<bool, String> {
        let answer = self.ask(tab, &visit.request(&session.jar.cookie())).await?;
        if visit.requires_sign_in(&answer) {
            if !self.may_be_over(session) {
                return Err(format!("{visit:?}: the session has ended without a reason"));
            }
            self.tally().right("(a session that the issuer has ended by a malformed answer)");
            return Ok(false);
        }
        session.admits(visit, &answer, self.url())?;
        self.tally().right(match visit {
            Visit::Page => "a page, with a session",
            Visit::Fetch => "a script, with a session",
            Visit::Form => "a form, with a session",
            Visit::ForeignForm => "a form of another site, with a session",
        });
        Ok(true)
    }

    /// Checks that nothing passes any more.
    async fn is_over(&self, tab: &mut Tab, session: &Session) -> Result<(), String> {
        for visit in VISITS {
            let answer = self.ask(tab, &visit.request(&session.jar.cookie())).await?;
            if !visit.requires_sign_in(&answer) {
                return Err(format!("{visit:?}: the session should be over: {answer:?}"));
            }
            self.tally().right("a session that is over");
        }
        Ok(())
    }

    async fn sign_out(
        &self,
        tab: &mut Tab,
        session: &Session,
        is_by_form: bool,
    ) -> Result<(), String> {
        let method = if is_by_form { "POST" } else { "GET" };
        let fields = "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
        let request = page(method, "/tollgate/sign-out", &session.jar.cookie(), fields, "");
        let answer = self.ask(tab, &request).await?;
        is_signed_out(&answer, self.url(), &session.user)?;
        self.tally().right("a sign-out");
        Ok(())
    }

    /// Signs out while the session is being refreshed, if its access token is old enough for that.
    async fn sign_out_during_refresh(
        &self,
        [first, second]: [&mut Tab; 2],
        session: &Session,
    ) -> Result<(), String> {
        let (begins, ends) = (AtomicBool::new(false), AtomicBool::new(false));
        let signs_out = async {
            for _ in 0..200 {
                if self.is_refreshing(session) {
                    self.tally().right("(a sign-out during a refresh)");
                    break;
                }
                sleep(Duration::from_millis(10)).await;
            }
            begins.store(true, Ordering::SeqCst);
            let signed_out = self.sign_out(second, session, true).await;
            ends.store(true, Ordering::SeqCst);
            signed_out
        };
        let visits = async {
            while !ends.load(Ordering::SeqCst) {
                let answer = self.ask(first, &Visit::Fetch.request(&session.jar.cookie())).await?;
                if !Visit::Fetch.requires_sign_in(&answer) {
                    session.admits(Visit::Fetch, &answer, self.url())?;
                } else if !begins.load(Ordering::SeqCst) && !self.may_be_over(session) {
                    return Err("the session has ended before its sign-out".to_owned());
                }
                sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        };
        let (signed_out, visited) = tokio::join!(signs_out, visits);
        signed_out.and(visited)
    }

    fn is_refreshing(&self, session: &Session) -> bool {
        self.provider.grants(|grants| grants.is_refreshing(session.family))
    }

    /// Whether the issuer has given a reason to end the session.
    fn may_be_over(&self, session: &Session) -> bool {
        self.provider.grants(|grants| grants.may_be_over(session.family))
    }

    /// The issuer ends one session, or all of the user.
    async fn log_out(
        &self,
        tab: &mut Tab,
        session: &Session,
        is_for_all: bool,
    ) -> Result<(), String> {
        self.provider.grants(|grants| grants.end(session.family));
        let token = self.provider.logout_token();
        let token = match is_for_all {
            true => token.claim("sub", json!(session.user)),
            false => token.claim("sid", json!(sid(session.family))),
        };
        let answer = self.ask(tab, &logout(&token)).await?;
        if answer.status != 200 {
            return Err(format!("a logout token is refused: {answer:?}"));
        }
        self.tally().right("a back-channel logout");
        Ok(())
    }

    /// Does what must not change anything.
    async fn meddle(
        &self,
        tab: &mut Tab,
        session: &Session,
        random: &mut Random,
    ) -> Result<(), String> {
        let value = session.jar.session().unwrap_or_default();
        let own = format!("{SESSION}={value}");
        let rest = value.get(1..).unwrap_or_default();
        let other = if value.starts_with('A') { 'B' } else { 'A' };
        match random.below(10) {
            0 => {
                let kind = "two cookies of the name";
                self.must_require_sign_in(tab, kind, &format!("{own}; {own}")).await
            }
            1 => {
                let kind = "two cookies of the name";
                let planted = identifier(random);
                self.must_require_sign_in(tab, kind, &format!("{SESSION}={planted}; {own}")).await
            }
            2 => {
                let damaged = format!("{SESSION}={other}{rest}");
                self.must_require_sign_in(tab, "a damaged cookie", &damaged).await
            }
            3 => {
                let damaged = format!("{SESSION}={rest}");
                self.must_require_sign_in(tab, "a damaged cookie", &damaged).await
            }
            4 => {
                let huge = format!("{own}{}", "x".repeat(20_000));
                self.must_require_sign_in(tab, "a huge cookie", &huge).await
            }
            5 => {
                // The app may set as many cookies as it likes.
                let cookie = format!("theme={}; {own}; a=b", "x".repeat(20_000));
                let answer = self.ask(tab, &Visit::Fetch.request(&cookie)).await?;
                match Visit::Fetch.requires_sign_in(&answer) {
                    true => self.visit(tab, session, Visit::Fetch).await.map(drop),
                    false => session.admits(Visit::Fetch, &answer, self.url()),
                }
            }
            6 => {
                let request = page("GET", &session.callback, &session.jar.cookie(), "", "");
                let answer = self.ask(tab, &request).await?;
                self.tally().right("a callback for the second time");
                let is_back = answer.status == 303
                    && answer.header("location") == Some(PAGE)
                    && answer.header("set-cookie").is_none();
                match is_back {
                    true => Ok(()),
                    false if self.may_be_over(session) => is_no_sign_in(&answer),
                    false => Err(format!("a callback for the second time: {answer:?}")),
                }
            }
            7 => {
                let request = page("GET", &session.callback, "", "", "");
                let answer = tab.ask(self.tally(), &request).await?;
                self.tally().right("a callback in another browser");
                match answer.status == 400 && answer.says("attempt-unknown") {
                    true => is_no_sign_in(&answer),
                    false => Err(format!("not an unknown attempt: {answer:?}")),
                }
            }
            8 => {
                // Another site has an image or a form with this address.
                let method = random.one(&["GET", "POST"]);
                let status = if method == "GET" { 200 } else { 403 };
                let fields = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n";
                let request = page(method, "/tollgate/sign-out", &session.jar.cookie(), fields, "");
                let answer = tab.ask(self.tally(), &request).await?;
                self.tally().right("a sign-out by another site");
                match answer.status == status && answer.header("set-cookie").is_none() {
                    true => Ok(()),
                    false => Err(format!("{method} of another site: {answer:?}")),
                }
            }
            _ => {
                let token = self.provider.logout_token().claim("sid", json!(sid(session.family)));
                let forged = match random.below(3) {
                    0 => token.signed_by(SigningKey::p256("nobody's key")),
                    1 => token.claim("aud", json!(format!("{CLIENT}2"))),
                    // As an ID token has it.
                    _ => token.claim("nonce", json!("a nonce")),
                };
                let answer = tab.ask(self.tally(), &logout(&forged)).await?;
                self.tally().right("a forged logout token");
                match answer.status {
                    400 => Ok(()),
                    _ => Err(format!("a forged logout token: {answer:?}")),
                }
            }
        }
    }

    async fn must_require_sign_in(
        &self,
        tab: &mut Tab,
        kind: &'static str,
        cookie: &str,
    ) -> Result<(), String> {
        for visit in [Visit::Page, Visit::Fetch] {
            // Not all of them make the server ask the store.
            let answer = loop {
                let answer = tab.ask(self.tally(), &visit.request(cookie)).await?;
                if self.redis.is_none() || answer.status != 503 || !answer.says("store") {
                    break answer;
                }
                sleep(Duration::from_millis(50)).await;
            };
            if !visit.requires_sign_in(&answer) {
                return Err(format!("{kind}: {answer:?}"));
            }
            self.tally().right(kind);
        }
        Ok(())
    }
}

impl Session {
    /// Checks an answer to a visit while the session lives.
    fn admits(&self, visit: Visit, answer: &Answer, issuer: &str) -> Result<(), String> {
        if visit == Visit::ForeignForm {
            let is_right = answer.status == 403 && !answer.has_header_like("x-auth-request-");
            return is_right.then_some(()).ok_or_else(|| format!("not 403: {answer:?}"));
        }
        let expires = answer.header("x-auth-request-expires").unwrap_or_default();
        let is_right = answer.status == 200
            && answer.body.is_empty()
            && answer.header("x-auth-request-user") == Some(&self.user)
            && answer.header("x-auth-request-issuer") == Some(issuer)
            && answer.header("x-auth-request-client") == Some(CLIENT)
            && answer.header("x-auth-request-scope") == Some("")
            && answer.header("x-auth-request-audience") == Some("")
            && !expires.is_empty()
            && self.expires.get_or_init(|| expires.to_owned()) == expires
            && !answer.has_header_like("set-cookie")
            && !answer.has_header_like("location");
        match is_right {
            true => Ok(()),
            false => {
                Err(format!("{visit:?}: not 200 with the identity of {}: {answer:?}", self.user))
            }
        }
    }
}

/// Checks that an answer to a callback signs nobody in.
pub fn is_no_sign_in(answer: &Answer) -> Result<(), String> {
    let signs_in =
        answer.values("set-cookie").any(|cookie| cookie.starts_with(&format!("{SESSION}=")));
    match answer.status >= 400 && answer.header("location").is_none() && !signs_in {
        true => Ok(()),
        false => Err(format!("not a page about a sign-in that failed: {answer:?}")),
    }
}

/// A text that could be the identifier of a session.
pub fn identifier(random: &mut Random) -> String {
    base64url((0..32).map(|_| random.byte()).collect::<Vec<_>>())
}

/// The request with which the issuer ends sessions.
fn logout(token: &Token) -> String {
    let fields = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = format!("logout_token={}", token.mint());
    page("POST", "/tollgate/backchannel-logout", "", fields, &body)
}
