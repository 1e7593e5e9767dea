//! [`Cookies`]: the names and attributes of our cookies (RFC 6265, draft-ietf-httpbis-rfc6265bis).
//!
//! There are two kinds: the session's, and one for each attempt to sign in. Browsers send all of them with each
//! request, and many servers refuse requests with more than 8 KiB of header fields, so their size is limited.

use std::fmt;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use url::Url;

/// The maximum length of a cookie's name and value together, in bytes. Browsers drop a cookie of more than 4,096
/// silently.
pub(crate) const MAX_COOKIE_LEN: usize = 4000;

/// The maximum length of all our cookies of a browser together, names and values, in bytes.
pub(crate) const MAX_TOTAL_LEN: usize = 6000;

/// The maximum number of attempts that a browser may have under way, such as in several tabs.
pub(crate) const MAX_ATTEMPTS: usize = 5;

/// The maximum number of attempts that are looked at in a request.
const MAX_LISTED: usize = 16;

/// The maximum length of the Cookie fields of a request, in bytes. In a longer request no cookie is found.
const MAX_FIELDS_LEN: usize = 64 * 1024;

/// The names and attributes of the cookies of one origin.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    session: CookieName,
    attempt_prefix: String,
    secure: bool,
}

/// The name of one of our cookies: letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CookieName(String);

/// An attempt's cookie in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptCookie<'h> {
    pub(crate) name: CookieName,
    /// `None` if the request has the name twice.
    pub(crate) value: Option<&'h str>,
}

/// Whether a browser sends the cookie with requests that other sites cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    /// With navigations by GET only.
    Lax,
    /// With all, which an answer by `form_post` needs: it is a POST from the provider's page. On http, where
    /// browsers refuse this, it is [`Lax`](Self::Lax).
    None,
}

/// Why a cookie cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CookieError {
    /// The cookie, or all our cookies together, would be too long.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The value has a character that is not allowed in cookies.
    #[error("the value of the cookie {0} has a character that cookies cannot carry")]
    Value(CookieName),
}

/// A cookie is too long for browsers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cookie {name} makes {length} bytes, and {limit} are allowed")]
pub(crate) struct TooLarge {
    pub(crate) name: CookieName,
    /// The length of its name and value, or of all our cookies if it were set.
    pub(crate) length: usize,
    /// [`MAX_COOKIE_LEN`] or [`MAX_TOTAL_LEN`].
    pub(crate) limit: usize,
}

/// Returns the name of the session's cookie of an app at `origin`. The names of the cookies of its attempts to sign in
/// begin with it and `-attempt-`.
///
/// A proxy in front of an app that must not see them removes cookies by these names.
///
/// ```
/// use tollgate::sign_in::session_cookie_name;
/// use url::Url;
///
/// let name = |origin| session_cookie_name(&Url::parse(origin).unwrap());
/// assert_eq!(name("https://app.example.com"), "__Host-tollgate");
/// assert_eq!(name("http://localhost:3000"), "tollgate-3000");
/// ```
#[must_use]
pub fn session_cookie_name(origin: &Url) -> String {
    Cookies::of(origin).session.0
}

impl Cookies {
    /// Names and attributes for an origin.
    pub(crate) fn of(origin: &Url) -> Self {
        match origin.scheme() {
            "https" => Self::for_https(),
            _ => Self::for_insecure_loopback(origin.port().unwrap_or(80)),
        }
    }

    /// Names and attributes for an origin with https. The prefix `__Host-` makes browsers refuse a cookie of this
    /// name that a subdomain sets, or a page without https.
    pub(crate) fn for_https() -> Self {
        Self::new("__Host-tollgate", true)
    }

    /// Names and attributes for `http://localhost:PORT`, for development. The port is in the names, since browsers
    /// send cookies to all ports of a host.
    pub(crate) fn for_insecure_loopback(port: u16) -> Self {
        Self::new(&format!("tollgate-{port}"), false)
    }

    fn new(session: &str, secure: bool) -> Self {
        let attempt_prefix = format!("{session}-attempt-");
        Self { session: CookieName(session.to_owned()), attempt_prefix, secure }
    }

    /// The name of the session's cookie.
    pub(crate) fn session(&self) -> &CookieName {
        &self.session
    }

    /// The name of the cookie of the attempt with this `state`. It has 48 bits of a hash of it, since logs may
    /// show names of cookies.
    pub(crate) fn attempt(&self, state: &str) -> CookieName {
        let [a, b, c, d, e, f, ..]: [u8; 32] = Sha256::digest(state).into();
        let hash = Base64UrlUnpadded::encode_string(&[a, b, c, d, e, f]);
        CookieName(format!("{}{hash}", self.attempt_prefix))
    }

    /// Finds the value of a cookie in the Cookie fields of a request. `None` if the request has no such cookie, or
    /// more than one: another site could have set one of them (RFC 6265 §8.6), and servers differ in which they
    /// read.
    ///
    /// Names are compared exactly. Several fields count as one, as in HTTP/2 (RFC 9113 §8.2.3).
    pub(crate) fn find<'h>(&self, headers: &'h HeaderMap, name: &CookieName) -> Option<&'h str> {
        let mut values = pairs(headers).filter(|(other, _)| *other == name.0.as_bytes());
        match (values.next(), values.next()) {
            (Some((_, value)), None) => cookie_value(value),
            _ => None,
        }
    }

    /// Lists the cookies of attempts in a request, each name once, and at most 16.
    pub(crate) fn attempts<'h>(&self, headers: &'h HeaderMap) -> Vec<AttemptCookie<'h>> {
        let mut attempts: Vec<AttemptCookie<'h>> = Vec::new();
        for (name, value) in pairs(headers) {
            let Some(name) = self.attempt_name(name) else { continue };
            if let Some(known) = attempts.iter_mut().find(|attempt| attempt.name.0 == name) {
                known.value = None;
            } else if attempts.len() < MAX_LISTED {
                let name = CookieName(name.to_owned());
                attempts.push(AttemptCookie { name, value: cookie_value(value) });
            }
        }
        attempts
    }

    /// Says which cookies of attempts to clear when a cookie is set, so that at most [`MAX_ATTEMPTS`] attempts and
    /// [`MAX_TOTAL_LEN`] bytes remain: those that are void, then the oldest.
    ///
    /// `value` is the value of the cookie to be set, the session's or an attempt's. `started` opens a cookie that
    /// the browser has, and returns when its attempt started, in any unit; `None` if it is void.
    ///
    /// # Errors
    ///
    /// The cookie is too long beside that of the session, even without other attempts.
    pub(crate) fn make_room(
        &self,
        headers: &HeaderMap,
        name: &CookieName,
        value: &str,
        started: impl Fn(&CookieName, &str) -> Option<u64>,
    ) -> Result<Vec<CookieName>, TooLarge> {
        let mut total = name.0.len().saturating_add(value.len());
        let mut room = MAX_ATTEMPTS;
        if *name != self.session {
            room = room.saturating_sub(1);
            // All of them count, in case the browser sent two.
            for (other, value) in pairs(headers) {
                if other == self.session.0.as_bytes() {
                    total = total.saturating_add(other.len()).saturating_add(value.len());
                }
            }
        }
        if total > MAX_TOTAL_LEN {
            return Err(TooLarge { name: name.clone(), length: total, limit: MAX_TOTAL_LEN });
        }
        let others = self.attempts(headers).into_iter().filter(|other| other.name != *name);
        let mut others: Vec<_> = others
            .map(|AttemptCookie { name, value }| {
                let started = value.and_then(|value| started(&name, value));
                let length = name.0.len().saturating_add(value.map_or(0, str::len));
                (started, name, length)
            })
            .collect();
        others.sort_by_key(|(started, ..)| std::cmp::Reverse(*started));
        let mut cleared = Vec::new();
        for (started, name, length) in others {
            total = total.saturating_add(length);
            if started.is_none() || room == 0 || total > MAX_TOTAL_LEN {
                // What is older than a cleared one is cleared, too.
                room = 0;
                cleared.push(name);
            } else {
                room = room.saturating_sub(1);
            }
        }
        Ok(cleared)
    }

    /// Writes the `Set-Cookie` field that sets a cookie.
    ///
    /// # Errors
    ///
    /// See [`CookieError`].
    pub(crate) fn set(
        &self,
        name: &CookieName,
        value: &str,
        same_site: SameSite,
        max_age: Duration,
    ) -> Result<HeaderValue, CookieError> {
        let length = name.0.len().saturating_add(value.len());
        if length > MAX_COOKIE_LEN {
            return Err(TooLarge { name: name.clone(), length, limit: MAX_COOKIE_LEN }.into());
        }
        let invalid = || CookieError::Value(name.clone());
        let value = cookie_value(value.as_bytes()).ok_or_else(invalid)?;
        let max_age = format!("; Max-Age={}", max_age.as_secs());
        let attributes = self.attributes(same_site);
        let cookie = HeaderValue::try_from(format!("{name}={value}{attributes}{max_age}"));
        let mut cookie = cookie.map_err(|_| invalid())?;
        // So no log shows it.
        cookie.set_sensitive(true);
        Ok(cookie)
    }

    /// Writes the `Set-Cookie` field that removes a cookie from the browser.
    pub(crate) fn clear(&self, name: &CookieName) -> HeaderValue {
        let attributes = self.attributes(SameSite::Lax);
        // Never an error, since the name has no control characters. Browsers ignore an empty field.
        HeaderValue::try_from(format!("{name}={attributes}; Max-Age=0"))
            .unwrap_or(HeaderValue::from_static(""))
    }

    fn attributes(&self, same_site: SameSite) -> &'static str {
        match (self.secure, same_site) {
            (true, SameSite::Lax) => "; Path=/; HttpOnly; SameSite=Lax; Secure",
            (true, SameSite::None) => "; Path=/; HttpOnly; SameSite=None; Secure",
            (false, _) => "; Path=/; HttpOnly; SameSite=Lax",
        }
    }

    /// The name, if it is one that [`attempt`](Self::attempt) returns for some `state`.
    fn attempt_name<'h>(&self, name: &'h [u8]) -> Option<&'h str> {
        let hash = name.strip_prefix(self.attempt_prefix.as_bytes())?;
        let is_hash = hash.len() == 8
            && hash.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        is_hash.then_some(name).and_then(|name| str::from_utf8(name).ok())
    }
}

impl CookieName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names and values of all Cookie fields. None, if they are longer than [`MAX_FIELDS_LEN`]: a second cookie of
/// a name could hide at the end.
///
/// `cookie-string = cookie-pair *( ";" SP cookie-pair )` (RFC 6265 §4.2.1). The space may be missing. Any other
/// white space is part of a name or a value.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let fields = || headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let length = fields().fold(0_usize, |sum, field| sum.saturating_add(field.len()));
    let fields = (length <= MAX_FIELDS_LEN).then(fields);
    fields.into_iter().flatten().flat_map(|field| field.split(|byte| *byte == b';')).filter_map(
        |pair| {
            let pair = pair.strip_prefix(b" ").unwrap_or(pair);
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = pair.split_at_checked(equals)?;
            Some((name, value.get(1..).unwrap_or_default()))
        },
    )
}

/// `*cookie-octet` (RFC 6265 §4.1.1), without quotation marks around it.
fn cookie_value(value: &[u8]) -> Option<&str> {
    let is_octet = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\".contains(byte);
    value.iter().all(is_octet).then(|| str::from_utf8(value).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "__Host-tollgate";

    fn headers(fields: &[&str]) -> HeaderMap {
        let field = |field: &&str| (COOKIE, HeaderValue::from_bytes(field.as_bytes()).unwrap());
        fields.iter().map(field).collect()
    }

    fn found(fields: &[&str]) -> Option<String> {
        let cookies = Cookies::for_https();
        cookies.find(&headers(fields), cookies.session()).map(str::to_owned)
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for fields in [
            &["__Host-tollgate=abc"][..],
            &["a=1; __Host-tollgate=abc"],
            &["__Host-tollgate=abc; b=__Host-tollgate"],
            &["a=1;__Host-tollgate=abc;"],
            &["x; __Host-tollgate=abc; =__Host-tollgate"],
            &["a=\u{fc}; __Host-tollgate=abc"],
            &["a=1", "__Host-tollgate=abc", "b=2"],
            &["__Host-tollgate-attempt-AAAAAAAA=1; __Host-tollgate=abc"],
        ] {
            assert_eq!(found(fields).as_deref(), Some("abc"), "{fields:?}");
        }
        assert_eq!(found(&["__Host-tollgate="]).as_deref(), Some(""));
        assert_eq!(found(&["__Host-tollgate=a=b="]).as_deref(), Some("a=b="));
    }

    #[test]
    fn a_name_in_other_case_or_spacing_is_not_ours() {
        for field in [
            "",
            ";;=;",
            "__Host-tollgate",
            "__host-tollgate=abc",
            "__HOST-TOLLGATE=abc",
            "__Host-Tollgate=abc",
            "__Host-tollgate =abc",
            "__Host-tollgate\t=abc",
            "a=1;  __Host-tollgate=abc",
            "a=1;\t__Host-tollgate=abc",
            "=__Host-tollgate=abc",
            "a=__Host-tollgate=abc",
            "__Host-tollgate2=abc",
            "tollgate=abc",
            "__Secure-tollgate=abc",
            "\"__Host-tollgate\"=abc",
            "__Host%2Dtollgate=abc",
        ] {
            assert_eq!(found(&[field]), None, "{field}");
        }
        // And it does not count as a second one.
        assert_eq!(found(&["__host-tollgate=x; __Host-tollgate=abc"]).as_deref(), Some("abc"));
    }

    #[test]
    fn a_second_cookie_of_the_name_signs_nobody_in() {
        for fields in [
            &["__Host-tollgate=a; __Host-tollgate=b"][..],
            &["__Host-tollgate=a; __Host-tollgate=a"],
            &["__Host-tollgate=; __Host-tollgate=a"],
            &["__Host-tollgate=a;x=y;__Host-tollgate=\u{fc}"],
            &["__Host-tollgate=a", "__Host-tollgate=b"],
        ] {
            assert_eq!(found(fields), None, "{fields:?}");
        }
    }

    #[test]
    fn a_value_with_other_characters_is_none() {
        for value in ["\"abc\"", "a b", "abc ", " abc", "a,b", "a\\b", "\u{fc}", "a\tb", "\t"] {
            assert_eq!(found(&[&format!("__Host-tollgate={value}; a=b")]), None, "{value:?}");
        }
    }

    #[test]
    fn a_second_cookie_cannot_hide_behind_long_ones() {
        let long = format!("a={}", "x".repeat(MAX_FIELDS_LEN));
        assert_eq!(found(&["__Host-tollgate=a", &long, "__Host-tollgate=b"]), None);
        assert_eq!(found(&["__Host-tollgate=a", &long]), None);
        let most = format!("a={}", "x".repeat(MAX_FIELDS_LEN - SESSION.len() - 4));
        assert_eq!(found(&["__Host-tollgate=a", &most]).as_deref(), Some("a"));
    }

    #[test]
    fn attributes_keep_cookies_on_the_origin() {
        let (https, http) = (Cookies::for_https(), Cookies::for_insecure_loopback(3000));
        let minutes = Duration::from_millis(600_900);
        for (cookies, same_site, lifetime, expected) in [
            (
                &https,
                SameSite::Lax,
                minutes,
                "__Host-tollgate=a; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600",
            ),
            (
                &https,
                SameSite::None,
                minutes,
                "__Host-tollgate=a; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=600",
            ),
            (
                &https,
                SameSite::Lax,
                Duration::from_secs(9),
                "__Host-tollgate=a; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=9",
            ),
            (
                &http,
                SameSite::Lax,
                minutes,
                "tollgate-3000=a; Path=/; HttpOnly; SameSite=Lax; Max-Age=600",
            ),
            (
                &http,
                SameSite::None,
                Duration::from_secs(9),
                "tollgate-3000=a; Path=/; HttpOnly; SameSite=Lax; Max-Age=9",
            ),
        ] {
            let set = cookies.set(cookies.session(), "a", same_site, lifetime).unwrap();
            assert_eq!(set, expected);
        }
        let cleared = "__Host-tollgate=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
        assert_eq!(https.clear(https.session()), cleared);
        let attempt = http.attempt("state");
        let cleared = format!("{attempt}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        assert_eq!(http.clear(&attempt), cleared);
    }

    #[test]
    fn a_value_cannot_add_attributes() {
        let cookies = Cookies::for_https();
        for value in ["a; Domain=example.com", "a\r\nb", "a b", "\"a\"", "a,b", "\u{fc}"] {
            let set = cookies.set(cookies.session(), value, SameSite::Lax, Duration::from_secs(9));
            assert_eq!(set, Err(CookieError::Value(cookies.session().clone())), "{value:?}");
        }
    }

    #[test]
    fn a_cookie_that_browsers_would_drop_is_an_error() {
        let cookies = Cookies::for_https();
        let set = |length| {
            let value = "a".repeat(length);
            cookies.set(cookies.session(), &value, SameSite::Lax, Duration::from_secs(9))
        };
        assert!(set(4000 - SESSION.len()).is_ok());
        let error = set(4001 - SESSION.len()).unwrap_err();
        let expected = TooLarge { name: cookies.session().clone(), length: 4001, limit: 4000 };
        assert_eq!(error, CookieError::TooLarge(expected));
        assert!(error.to_string().contains("4001"), "{error}");
    }

    #[test]
    fn names_of_attempts_follow_from_state_and_do_not_reveal_it() {
        let (https, http) = (Cookies::for_https(), Cookies::for_insecure_loopback(80));
        let name = https.attempt("AAAAAAAA");
        assert_eq!(name.as_str(), "__Host-tollgate-attempt-w0q2q7ey");
        assert_eq!(https.attempt("AAAAAAAA"), name);
        assert_ne!(https.attempt("AAAAAAAB"), name);
        assert_eq!(http.attempt("AAAAAAAA").as_str(), "tollgate-80-attempt-w0q2q7ey");
    }

    #[test]
    fn attempts_are_listed_once_and_not_without_end() {
        let cookies = Cookies::for_https();
        let field = "__Host-tollgate-attempt-AAAAAAAA=a; __Host-tollgate-attempt-BBBBBBBB=b; \
                     __Host-tollgate-attempt-AAAAAAAA=c; __Host-tollgate-attempt-short=d; \
                     __Host-tollgate-attempt-too-long-1=e; __Host-tollgate-attempt-AAAA.AAA=f; \
                     __host-tollgate-attempt-CCCCCCCC=g; __Host-tollgate=h";
        let headers_of_it = headers(&[field]);
        let listed: Vec<_> =
            cookies.attempts(&headers_of_it).into_iter().map(|it| (it.name.0, it.value)).collect();
        assert_eq!(
            listed,
            [
                ("__Host-tollgate-attempt-AAAAAAAA".to_owned(), None),
                ("__Host-tollgate-attempt-BBBBBBBB".to_owned(), Some("b")),
            ]
        );
        let many: Vec<_> =
            (0..100).map(|state| format!("{}=a", cookies.attempt(&state.to_string()))).collect();
        assert_eq!(cookies.attempts(&headers(&[&many.join("; ")])).len(), 16);
    }

    /// What is cleared when a cookie is set, given others as (name, when it started, length of the value). The start
    /// is the first character of the value.
    fn cleared(
        session: usize,
        others: &[(&str, char, usize)],
        name: &CookieName,
        length: usize,
    ) -> Result<Vec<String>, TooLarge> {
        let cookies = Cookies::for_https();
        let mut fields = vec![format!("{SESSION}={}", "s".repeat(session))];
        for (state, started, length) in others {
            let rest = "x".repeat(*length).replacen('x', "", 1);
            fields.push(format!("{}={started}{rest}", cookies.attempt(state)));
        }
        let headers = headers(&[&fields.join("; ")]);
        let started =
            |_: &CookieName, value: &str| Some(value.chars().next()?.to_digit(10)?.into());
        let cleared = cookies.make_room(&headers, name, &"v".repeat(length), started)?;
        let state = |name: &CookieName| {
            let (state, ..) =
                others.iter().find(|(state, ..)| cookies.attempt(state) == *name).unwrap();
            (*state).to_owned()
        };
        Ok(cleared.iter().map(state).collect())
    }

    #[test]
    fn the_oldest_attempts_make_room_for_a_new_one() {
        let cookies = Cookies::for_https();
        let new = cookies.attempt("new");
        let others =
            [("c", '3', 300), ("a", '1', 300), ("e", '5', 300), ("b", '2', 300), ("d", '4', 300)];
        assert_eq!(cleared(43, &others[..4], &new, 300).unwrap(), [""; 0]);
        assert_eq!(cleared(43, &others, &new, 300).unwrap(), ["a"]);
        assert_eq!(cleared(43, &others, &cookies.attempt("c"), 300).unwrap(), [""; 0], "replaced");
        assert_eq!(cleared(43, &others, cookies.session(), 43).unwrap(), [""; 0]);
        // Void ones go first.
        let with_void = [("v", 'v', 9), ("a", '1', 300), ("w", 'w', 9), ("b", '2', 300)];
        assert_eq!(cleared(43, &with_void, &new, 300).unwrap(), ["v", "w"]);
    }

    #[test]
    fn all_cookies_together_stay_small() {
        let cookies = Cookies::for_https();
        let new = cookies.attempt("new");
        let others = [("a", '1', 1500), ("b", '2', 1500), ("c", '3', 1500)];
        assert_eq!(cleared(43, &others, &new, 1500).unwrap(), ["a"]);
        assert_eq!(cleared(43, &others, &new, 3000).unwrap(), ["b", "a"]);
        assert_eq!(cleared(43, &others, cookies.session(), 3900).unwrap(), ["b", "a"]);
        assert_eq!(cleared(3900, &others, &new, 1000).unwrap(), ["c", "b", "a"]);
        let error = cleared(3900, &others, &new, 2100).unwrap_err();
        assert_eq!((error.length, error.limit), (3900 + 15 + 2100 + 32, 6000));
        // As many as the limit are not too many.
        let most = 6000 - 3900 - 15 - 32;
        assert_eq!(cleared(3900, &[], &new, most).unwrap(), [""; 0]);
        assert!(cleared(3900, &[], &new, most + 1).is_err());
        let other = [("a", '1', 1000)];
        assert_eq!(cleared(2868, &other, &new, most).unwrap(), [""; 0]);
        assert_eq!(cleared(2868, &other, &new, most + 1).unwrap(), ["a"]);
    }
}
