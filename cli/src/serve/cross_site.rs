//! Refuses requests that another site made a browser send with its user's cookies: cross-site request
//! forgery and WebSocket hijacking.

#[cfg(test)]
mod tests;

use http::header::HeaderMap;
use tollgate::cross_site::{self, CrossSite};
use tollgate::untrusted::Excerpt;

use super::origins::Origins;

/// The origins under which browsers see the API: the setting `public_url`.
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicOrigins(pub(crate) Origins);

impl PublicOrigins {
    /// Checks a request whose token came by cookie. `method` is the original one, `headers` are those of the
    /// check.
    ///
    /// # Errors
    ///
    /// The request may come from another site.
    pub(crate) fn check(&self, method: &str, headers: &HeaderMap) -> Result<(), CrossSite> {
        cross_site::check(method, headers, |origin| self.0.contain(origin))
    }
}

/// What came, what was wanted, and which setting decides: for the operator.
pub(crate) fn explanation(cross_site: &CrossSite) -> String {
    match cross_site {
        CrossSite::Site(site) => format!(
            "Sec-Fetch-Site is {}, wanted same-origin or none for a token by cookie (token_from)",
            Excerpt(site)
        ),
        CrossSite::Origin(origin) => format!(
            "Origin is {}, and there is no Sec-Fetch-Site; wanted an origin that public_url lists for a \
             token by cookie (token_from)",
            Excerpt(origin)
        ),
        other => other.to_string(),
    }
}
