//! What a request is: a navigation of a user, a prefetch, or something else (Fetch Metadata).

use http::header::{HeaderMap, HeaderName};

use super::pages::accepts;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const NEXT_ROUTER_PREFETCH: HeaderName = HeaderName::from_static("next-router-prefetch");

/// Whether a request is a user's way to a page, so that a redirect leads somewhere. Browsers leave out
/// `Sec-Fetch-*` on http off this machine, hence `Accept`.
pub(super) fn is_navigation(method: &str, headers: &HeaderMap) -> bool {
    let is_read = method == "GET" || method == "HEAD";
    is_read && is_page_load(headers) && !is_prefetch(headers)
}

/// Whether a browser shows the answer as a page, whatever the method.
pub(super) fn is_page_load(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => {
            mode == "navigate" && headers.get(SEC_FETCH_DEST).is_some_and(|dest| dest == "document")
        }
        None => accepts(headers, "text/html"),
    }
}

/// Whether nobody has asked for the answer yet.
pub(super) fn is_prefetch(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_PURPOSE) || headers.contains_key(NEXT_ROUTER_PREFETCH)
}

/// Whether the user came here from this site, or by the address bar: not an image, nor another site's link.
pub(super) fn is_own_navigation(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_SITE) {
        Some(site) => (site == "same-origin" || site == "none") && is_page_load(headers),
        None => !headers.contains_key(SEC_FETCH_MODE) && !headers.contains_key(SEC_FETCH_DEST),
    }
}
