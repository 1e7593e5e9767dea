//! [`BrowserSessions`]: who is signed in at which browser.

use std::sync::Arc;

use http::header::{COOKIE, HeaderMap, HeaderValue};

use super::accounts::Account;
use super::bounded::Bounded;
use super::secrets::{Fingerprint, NoRandomness, random_text};
use super::settings::Settings;

const MAX_SESSIONS: usize = 1000;

/// The sessions, by the fingerprints of the cookies.
pub(super) struct BrowserSessions(Bounded<Fingerprint, BrowserSession>);

/// A user who is signed in at a browser.
#[derive(Clone, Debug)]
pub(super) struct BrowserSession {
    /// Names the session in tokens. Unlike the cookie, it is not a secret.
    pub(super) sid: String,
    pub(super) account: Arc<Account>,
    /// When the user gave the password, in seconds since 1970.
    pub(super) auth_time: i64,
    /// The authorization request for which the user gave the password, until it is answered.
    pub(super) fresh_for: Option<Fingerprint>,
    /// The clients that have received codes.
    pub(super) clients: Vec<String>,
}

/// The identifier of a session, as the browser's cookie has it.
#[derive(Clone, Debug)]
pub(super) struct SessionCookie(String);

impl Default for BrowserSessions {
    fn default() -> Self {
        Self(Bounded::new(MAX_SESSIONS))
    }
}

impl BrowserSessions {
    /// The session of a cookie, if it has not ended.
    pub(super) fn get(
        &self,
        cookie: Option<&SessionCookie>,
        settings: &Settings,
        now: i64,
    ) -> Option<&BrowserSession> {
        let session = self.0.get(&cookie?.fingerprint())?;
        let age = now.saturating_sub(session.auth_time);
        (age < settings.lifetimes.session).then_some(session)
    }

    pub(super) fn get_mut(&mut self, cookie: &SessionCookie) -> Option<&mut BrowserSession> {
        self.0.get_mut(&cookie.fingerprint())
    }

    /// Opens a session under a new cookie: an identifier from before the sign-in is never kept. Returns the cookie,
    /// and the browser's former session if it was another user's, which has ended.
    pub(super) fn open(
        &mut self,
        former: Option<&SessionCookie>,
        account: Arc<Account>,
        fresh_for: &str,
        now: i64,
    ) -> Result<(SessionCookie, Option<BrowserSession>), NoRandomness> {
        let (cookie, sid) = (SessionCookie(random_text::<32>()?), random_text::<16>()?);
        let former = former.and_then(|former| self.0.remove(&former.fingerprint()));
        let (kept, ended) = match former {
            Some(former) if former.account.subject == account.subject => (Some(former), None),
            former => (None, former),
        };
        // Clients know the session of the same user by its sid.
        let (sid, clients) = kept.map_or((sid, Vec::new()), |kept| (kept.sid, kept.clients));
        let fresh_for = Some(Fingerprint::of(fresh_for));
        let session = BrowserSession { sid, account, auth_time: now, fresh_for, clients };
        self.0.insert(cookie.fingerprint(), session);
        Ok((cookie, ended))
    }

    pub(super) fn end(&mut self, cookie: &SessionCookie) -> Option<BrowserSession> {
        self.0.remove(&cookie.fingerprint())
    }
}

impl BrowserSession {
    /// Whether the user has given the password for this very request.
    pub(super) fn is_fresh_for(&self, query: &str) -> bool {
        self.fresh_for.as_ref() == Some(&Fingerprint::of(query))
    }
}

impl SessionCookie {
    /// The cookie of a request. Two of the same name count as absent: one may come from elsewhere (RFC 6265 §8.6).
    pub(super) fn of(headers: &HeaderMap, settings: &Settings) -> Option<Self> {
        let name = settings.cookie_name();
        let fields = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
        let pairs = fields.flat_map(|field| field.split(';'));
        let mut values = pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(found, _)| *found == name)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) => Some(Self(value.to_owned())),
            _ => None,
        }
    }

    /// The header that stores it.
    pub(super) fn set(&self, settings: &Settings) -> Option<HeaderValue> {
        let (name, path) = (settings.cookie_name(), settings.issuer_path());
        let value = format!("{name}={}; Path={path}; HttpOnly; SameSite=Lax", self.0);
        HeaderValue::try_from(value).ok()
    }

    /// The header that removes it.
    pub(super) fn clear(settings: &Settings) -> Option<HeaderValue> {
        let (name, path) = (settings.cookie_name(), settings.issuer_path());
        let value = format!("{name}=; Path={path}; HttpOnly; SameSite=Lax; Max-Age=0");
        HeaderValue::try_from(value).ok()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    fn cookie(fields: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(COOKIE, field.parse().unwrap());
        }
        SessionCookie::of(&headers, &settings()).map(|cookie| cookie.0)
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let found =
            cookie(&["a=1; demo-provider-4180=x; xdemo-provider-4180=y; demo-provider-41801=z"]);
        assert_eq!(found.as_deref(), Some("x"));
        assert_eq!(cookie(&["demo-provider-4181=x", "demo-provider-4180"]), None);
    }

    #[test]
    fn two_cookies_of_one_name_are_none() {
        assert_eq!(cookie(&["demo-provider-4180=x; demo-provider-4180=y"]), None);
        assert_eq!(cookie(&["demo-provider-4180=x", "demo-provider-4180=x"]), None);
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_the_cookie() {
        let header = SessionCookie("x".to_owned()).set(&settings()).unwrap();
        assert_eq!(header, "demo-provider-4180=x; Path=/demo; HttpOnly; SameSite=Lax");
    }
}
