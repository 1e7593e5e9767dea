//! Refuses requests that another site made a browser send with its user's cookies: cross-site request
//! forgery and WebSocket hijacking.

#[cfg(test)]
mod tests;

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, UPGRADE};
use tollgate::untrusted::Excerpt;

use super::origins::Origins;

/// Which site a browser's request comes from (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins under which browsers see the API: the setting `public_url`.
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicOrigins(pub(crate) Origins);

impl PublicOrigins {
    /// Checks a request whose token came by cookie. `method` is the original one, `headers` are those of the
    /// check.
    ///
    /// Safe methods pass, since they change nothing (RFC 9110 §9.2.1) and other sites cannot read the response.
    ///
    /// # Errors
    ///
    /// The request may come from another site.
    pub(crate) fn check(&self, method: &str, headers: &HeaderMap) -> Result<(), CrossSite> {
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
            [origin] if self.0.contain(origin) => Ok(()),
            origins => Err(CrossSite::Origin(text(origins))),
        }
    }
}

fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h HeaderValue> {
    headers.get_all(name).iter().collect()
}

fn text(values: &[&HeaderValue]) -> String {
    let values = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(", ")
}

/// Whether this is the handshake of a WebSocket (RFC 6455 §4.1), which is not bound by the same-origin policy.
/// Proxies may drop Upgrade from the check, but not the other fields.
fn is_websocket(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
        || headers.keys().any(|name| name.as_str().starts_with("sec-websocket-"))
}

/// A request that may come from another site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CrossSite {
    /// Sec-Fetch-Site says so.
    Site(String),
    /// Sec-Fetch-Site is absent, and Origin is not one of ours.
    Origin(String),
}

impl CrossSite {
    /// What came, what was wanted, and which setting decides: for the operator.
    pub(crate) fn explanation(&self) -> String {
        match self {
            Self::Site(site) => format!(
                "Sec-Fetch-Site is {}, wanted same-origin or none for a token by cookie (token_from)",
                Excerpt(site)
            ),
            Self::Origin(origin) => format!(
                "Origin is {}, and there is no Sec-Fetch-Site; wanted an origin that public_url lists for a \
                 token by cookie (token_from)",
                Excerpt(origin)
            ),
        }
    }
}
