//! Tells requests that another site made a browser send with its user's cookies: cross-site request forgery and
//! WebSocket hijacking.
//!
//! A cookie proves only that a browser sends a request, not that its user wants it. So whoever accepts credentials
//! by cookie checks this, too.

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, UPGRADE};

/// Which site a browser's request comes from (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks a request whose credentials came by cookie. `is_ours` knows the origins under which browsers see the app.
///
/// Safe methods pass, since they change nothing (RFC 9110 §9.2.1) and other sites cannot read the response. The
/// handshake of a WebSocket is not safe, whatever its method.
///
/// # Errors
///
/// The request may come from another site.
pub fn check(
    method: &str,
    headers: &HeaderMap,
    is_ours: impl Fn(&HeaderValue) -> bool,
) -> Result<(), CrossSite> {
    if matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE") && !is_websocket(headers) {
        return Ok(());
    }
    match values(headers, &SEC_FETCH_SITE).as_slice() {
        [site] if *site == "same-origin" || *site == "none" => return Ok(()),
        [] => {}
        sites => return Err(CrossSite::Site(text(sites))),
    }
    match values(headers, &ORIGIN).as_slice() {
        [] => Ok(()),
        [origin] if is_ours(origin) => Ok(()),
        origins => Err(CrossSite::Origin(text(origins))),
    }
}

/// Whether this is the handshake of a WebSocket (RFC 6455 §4.1), which is not bound by the same-origin policy.
/// Proxies may drop Upgrade from what they ask, but not the other fields.
fn is_websocket(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
        || headers.keys().any(|name| name.as_str().starts_with("sec-websocket-"))
}

fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h HeaderValue> {
    headers.get_all(name).iter().collect()
}

fn text(values: &[&HeaderValue]) -> String {
    let values = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(", ")
}

/// A request that may come from another site.
///
/// ```
/// use http::HeaderMap;
/// use tollgate::cross_site::{self, CrossSite};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("sec-fetch-site", "cross-site".parse()?);
/// let is_ours = |origin: &http::HeaderValue| origin == "https://app.example.com";
/// let refused = cross_site::check("POST", &headers, is_ours);
/// assert_eq!(refused, Err(CrossSite::Site("cross-site".to_owned())));
/// // Another site may link to a page.
/// assert_eq!(cross_site::check("GET", &headers, is_ours), Ok(()));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrossSite {
    /// `Sec-Fetch-Site` says so: this is its value.
    #[error("Sec-Fetch-Site is {0:?}")]
    Site(String),
    /// `Sec-Fetch-Site` is absent, and this `Origin` is not one of ours.
    #[error("Origin is {0:?}, and there is no Sec-Fetch-Site")]
    Origin(String),
}
