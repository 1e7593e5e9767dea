//! [`ReturnPath`]: where the browser goes after sign-in, which is never another origin (RFC 9700 §4.11.1).

use url::{Origin, Url};

/// The maximum length of a return path in bytes. It travels in a cookie.
const MAX_LEN: usize = 1024;

/// How many times a path may be percent-encoded.
const MAX_ENCODINGS: usize = 4;

/// The routes of sign-in, without their prefix.
const ROUTES: [&str; 4] = ["/sign-in", "/callback", "/sign-out", "/backchannel-logout"];

/// A path on the app's own origin, with its query and its fragment, where the browser goes after sign-in.
///
/// It stays on the origin for whoever resolves it: a browser, and a proxy or an app that decodes or normalises it
/// first.
///
/// ```
/// use tollgate::sign_in::ReturnPath;
/// use url::Url;
///
/// let origin = Url::parse("https://app.example.com").unwrap();
/// let path = ReturnPath::parse("/orders?page=2", &origin, "").unwrap();
/// assert_eq!(path.as_str(), "/orders?page=2");
/// for text in ["https://evil.example", "//evil.example", "/\\evil.example", "/..//evil.example"] {
///     assert!(ReturnPath::parse(text, &origin, "").is_err());
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath(String);

/// Why a text is not a return path.
///
/// ```
/// use tollgate::sign_in::{InvalidReturnPath, ReturnPath};
///
/// let origin = url::Url::parse("https://app.example.com").unwrap();
/// let error = |text| ReturnPath::parse(text, &origin, "").unwrap_err();
/// assert_eq!(error("https://evil.example"), InvalidReturnPath::NoPath);
/// assert_eq!(error("/..//evil.example"), InvalidReturnPath::OtherOrigin);
/// assert_eq!(error("/sign-out"), InvalidReturnPath::OwnRoute);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReturnPath {
    /// It has more than 1,024 bytes.
    #[error("the return path is longer than {MAX_LEN} bytes")]
    TooLong,
    /// It does not begin with one `/`.
    #[error("the return path must begin with one /")]
    NoPath,
    /// It has, or hides by percent-encoding, a character that some software reads as another one.
    #[error("the return path contains a character that is not visible ASCII, or a backslash")]
    Character,
    /// Some software reads it as a URL of another origin.
    #[error("the return path leads, or could lead, to another origin")]
    OtherOrigin,
    /// It is a route of sign-in, where nobody should return to.
    #[error("the return path is a route of sign-in itself")]
    OwnRoute,
}

impl ReturnPath {
    /// The path `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Reads a return path, such as the value of `return_to`.
    ///
    /// `origin` is the app's. `prefix` is the path under which all routes belong to sign-in, such as `/tollgate`.
    /// If it is empty, the routes are `/sign-in`, `/callback`, `/sign-out` and `/backchannel-logout`.
    ///
    /// # Errors
    ///
    /// See [`InvalidReturnPath`].
    pub fn parse(text: &str, origin: &Url, prefix: &str) -> Result<Self, InvalidReturnPath> {
        if text.len() > MAX_LEN {
            return Err(InvalidReturnPath::TooLong);
        }
        if !text.starts_with('/') || text.starts_with("//") {
            return Err(InvalidReturnPath::NoPath);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(InvalidReturnPath::Character);
        }
        // A query or a fragment cannot change the origin.
        let path = text.split(['?', '#']).next().unwrap_or_default();
        judge(path, origin, prefix)?;
        let mut encoded = path.as_bytes().to_vec();
        for _ in 0..MAX_ENCODINGS {
            let decoded = percent_decoded(&encoded);
            if decoded == encoded {
                return Ok(Self(text.to_owned()));
            }
            if decoded.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
                return Err(InvalidReturnPath::Character);
            }
            judge(&String::from_utf8_lossy(&decoded), origin, prefix)?;
            encoded = decoded;
        }
        Err(InvalidReturnPath::OtherOrigin)
    }

    /// Returns the path as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Resolves a path as browsers do (WHATWG URL), and judges where it leads.
fn judge(path: &str, origin: &Url, prefix: &str) -> Result<(), InvalidReturnPath> {
    // `/.//host` is `//host` without its dots, which alone is a URL of another host. Software differs in which dots
    // it removes, and no path needs both.
    let has_dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    if path.starts_with("//") || has_dots && path.contains("//") {
        return Err(InvalidReturnPath::OtherOrigin);
    }
    let url = origin.join(path).map_err(|_| InvalidReturnPath::OtherOrigin)?;
    let same = matches!(url.origin(), Origin::Tuple(..)) && url.origin() == origin.origin();
    if !same || !url.path().starts_with('/') || url.path().starts_with("//") {
        return Err(InvalidReturnPath::OtherOrigin);
    }
    // Browsers remove the dots of `/c:/../sign-in`, and `url` takes it for a Windows drive.
    let is_own = is_own_route(url.path(), prefix) || is_own_route(&without_dots(path), prefix);
    if is_own { Err(InvalidReturnPath::OwnRoute) } else { Ok(()) }
}

/// `remove_dot_segments` of RFC 3986 §5.2.4, for what is before a query.
fn without_dots(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

fn is_own_route(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        // Some apps ignore a slash at the end.
        return ROUTES.contains(&path.trim_end_matches('/'));
    }
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Decodes once (RFC 3986 §2.1). What is no encoded byte stays as it is.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let encoded = match after {
            [high, low, after @ ..] if byte == b'%' => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, after))
            }
            _ => None,
        };
        let (byte, after) = encoded.unwrap_or((byte, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::InvalidReturnPath::{Character, NoPath, OtherOrigin, OwnRoute, TooLong};
    use super::*;

    fn parse(text: &str, prefix: &str) -> Result<ReturnPath, InvalidReturnPath> {
        ReturnPath::parse(text, &Url::parse("https://app.example.com/base/").unwrap(), prefix)
    }

    /// What is accepted with each prefix.
    const GOOD: &[&str] = &[
        "/",
        "/orders",
        "/orders/",
        "/orders?page=2&sort=name",
        "/orders#top",
        "/?",
        "/#",
        "/a/b/../c",
        "/a//b",
        "/a/./b",
        "/.",
        "/..",
        "/.well-known/x",
        "/...//x",
        "/@evil.example",
        "/:80/",
        "/evil.example",
        "/https://evil.example",
        "/https:evil.example",
        "/javascript:alert(1)",
        "/?next=//evil.example",
        "/?next=https://evil.example/%0d%0a",
        "/?x=%5C%5Cevil.example",
        "/?..//evil.example",
        "/a?/..//b",
        "/#//evil.example",
        "/caf%C3%A9",
        "/caf%E9",
        "/a%20b",
        "/a%2Fb",
        "/a%2F%2Fb",
        "/100%",
        "/100%zz%2",
        "/a%252Fb",
        "/a%3Fb%23c",
        "/~user/'quoted'/(x);p=1,2",
        "/[::1]/",
        "/sign-in-help",
        "/sign-in/help",
        "/Sign-In",
        "/app/sign-in",
        "/callbacks",
        "/tollgates",
        "/app/tollgate",
        "/a|b^c`d{e}",
    ];

    const BAD: &[(&str, InvalidReturnPath)] = &[
        ("", NoPath),
        ("orders", NoPath),
        ("?a", NoPath),
        ("#a", NoPath),
        (".", NoPath),
        ("../a", NoPath),
        (" /a", NoPath),
        ("\t/a", NoPath),
        ("https://evil.example", NoPath),
        ("https://app.example.com/orders", NoPath),
        ("https:evil.example", NoPath),
        ("https:/evil.example", NoPath),
        ("javascript:alert(1)", NoPath),
        ("data:text/html,x", NoPath),
        ("\\\\evil.example", NoPath),
        ("\\/evil.example", NoPath),
        ("%2F%2Fevil.example", NoPath),
        ("@evil.example", NoPath),
        (".evil.example", NoPath),
        (":80", NoPath),
        ("//", NoPath),
        ("//evil.example", NoPath),
        ("///evil.example", NoPath),
        ("////evil.example", NoPath),
        ("//app.example.com/orders", NoPath),
        ("//evil.example:443@app.example.com", NoPath),
        ("//\\evil.example", NoPath),
        ("/\\evil.example", Character),
        ("/\\/evil.example", Character),
        ("/\\\\evil.example", Character),
        ("/a\\b", Character),
        ("/?a\\b", Character),
        ("/\t/evil.example", Character),
        ("/\n/evil.example", Character),
        ("/\r\n/evil.example", Character),
        ("/a\r\nSet-Cookie: a=b", Character),
        ("/\0/evil.example", Character),
        ("/ /evil.example", Character),
        ("/a b", Character),
        ("/a\u{7f}", Character),
        ("/caf\u{e9}", Character),
        ("/\u{ff0f}evil.example", Character),
        ("/\u{2028}/evil.example", Character),
        ("/%09/evil.example", Character),
        ("/%0a/evil.example", Character),
        ("/%0D%0ASet-Cookie:a=b", Character),
        ("/%00", Character),
        ("/%7f", Character),
        ("/%5Cevil.example", Character),
        ("/%5c%5cevil.example", Character),
        ("/%2509/evil.example", Character),
        ("/%255Cevil.example", Character),
        ("/a/%5C../", Character),
        ("/%2Fevil.example", OtherOrigin),
        ("/%2fevil.example", OtherOrigin),
        ("/%2F/evil.example", OtherOrigin),
        ("/%2Fapp.example.com/orders", OtherOrigin),
        ("/%2fapp.example.com/..//evil.example", OtherOrigin),
        ("/%2F%2Fevil.example", OtherOrigin),
        ("/%252Fevil.example", OtherOrigin),
        ("/%25252Fevil.example", OtherOrigin),
        ("/%2525252Fevil.example", OtherOrigin),
        ("/%252525252525252Fevil.example", OtherOrigin),
        ("/.//evil.example", OtherOrigin),
        ("/..//evil.example", OtherOrigin),
        ("/../..//evil.example", OtherOrigin),
        ("/a/..//evil.example", OtherOrigin),
        ("/a/../..//evil.example", OtherOrigin),
        ("/./.././/evil.example", OtherOrigin),
        ("/%2e//evil.example", OtherOrigin),
        ("/%2E%2e//evil.example", OtherOrigin),
        ("/.%2e//evil.example", OtherOrigin),
        ("/%252e//evil.example", OtherOrigin),
        ("/..%2F/evil.example", OtherOrigin),
        ("/%2e%2F%2Fevil.example", OtherOrigin),
        ("/.//", OtherOrigin),
        ("/a/b/..//c", OtherOrigin),
        ("/a//../b", OtherOrigin),
        ("/a//%2e%2e/b", OtherOrigin),
        ("/a%2F%2F%252e%252e/b", OtherOrigin),
        ("/%2F", OtherOrigin),
    ];

    #[test]
    fn return_paths_never_leave_the_origin() {
        for prefix in ["", "/tollgate", "/tollgate/"] {
            for text in GOOD {
                assert_eq!(
                    parse(text, prefix).map(|path| path.0),
                    Ok((*text).to_owned()),
                    "{text:?}"
                );
            }
            for (text, error) in BAD {
                assert_eq!(parse(text, prefix), Err(*error), "{text:?}");
            }
        }
    }

    /// Each path of up to five pieces, as software would read it that decodes, or normalises, or both.
    #[test]
    fn no_short_path_leads_elsewhere() {
        const PIECES: [&str; 11] = ["/", "\\", ".", "%2e", "%2F", "%25", "5c", "?", "#", "a", "\t"];
        let mut texts = vec!["/".to_owned()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|text| PIECES.map(|piece| format!("{text}{piece}")));
            texts = longer.collect();
            for text in &texts {
                let Ok(path) = parse(text, "") else { continue };
                let path = path.as_str().split(['?', '#']).next().unwrap().to_owned();
                let once = String::from_utf8(percent_decoded(path.as_bytes())).unwrap();
                for reading in [path, once] {
                    let mut segments: Vec<&str> = Vec::new();
                    for segment in reading.split(['/', '\\']).skip(1) {
                        match segment {
                            "." => {}
                            ".." => drop(segments.pop()),
                            segment => segments.push(segment),
                        }
                    }
                    assert!(segments.len() < 2 || !segments[0].trim().is_empty(), "{text:?}");
                }
            }
        }
        assert_eq!(texts.len(), PIECES.len().pow(4));
    }

    #[test]
    fn nobody_returns_to_a_route_of_sign_in() {
        for route in ROUTES {
            for text in [
                route.to_owned(),
                format!("{route}/"),
                format!("{route}?return_to=/"),
                format!("{route}#a"),
                format!("/a/..{route}"),
                format!("/.{route}"),
                format!("/c:/..{route}"),
                format!("/a/%2e%2e{route}"),
                format!("{route}/a/.."),
                route.replace("si", "%73i").replace("ca", "%63a").replace("b", "%62"),
                route.replace("si", "%2573i").replace("ca", "%2563a").replace("b", "%2562"),
            ] {
                assert_eq!(parse(&text, ""), Err(OwnRoute), "{text}");
                assert!(parse(&text, "/tollgate").is_ok(), "{text}");
                assert_eq!(
                    parse(&format!("/tollgate{text}"), "/tollgate"),
                    Err(OwnRoute),
                    "{text}"
                );
            }
        }
        for text in ["/tollgate", "/tollgate/", "/tollgate/x", "/toll%67ate/x", "/a/../tollgate?b"]
        {
            assert_eq!(parse(text, "/tollgate"), Err(OwnRoute), "{text}");
            assert!(parse(text, "").is_ok(), "{text}");
        }
    }

    #[test]
    fn a_return_path_fits_in_a_cookie() {
        assert!(parse(&format!("/{}", "a".repeat(1023)), "").is_ok());
        assert_eq!(parse(&format!("/{}", "a".repeat(1024)), ""), Err(TooLong));
    }

    #[test]
    fn an_origin_that_is_none_accepts_nothing() {
        for origin in ["data:text/html,x", "file:///srv/app/", "mailto:a@example.com"] {
            assert!(ReturnPath::parse("/a", &Url::parse(origin).unwrap(), "").is_err(), "{origin}");
        }
        for origin in
            ["http://localhost:3000", "http://[::1]:80/", "https://app.example.com:8443/a"]
        {
            assert!(ReturnPath::parse("/a", &Url::parse(origin).unwrap(), "").is_ok(), "{origin}");
        }
    }
}
