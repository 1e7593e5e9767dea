//! [`Browsers`]: the running sign-in, under each public origin.

use axum::Router;
use tollgate::sign_in::SignIn;

use super::table::RawSession;
use crate::serve::original_request::Proxy;
use crate::serve::origins::Origin;

/// The running sign-in.
pub(crate) struct Browsers {
    sites: Vec<Site>,
    /// Where the pages of sign-in are.
    prefix: String,
    pub(super) proxy: Proxy,
    /// The resource whose access tokens say what scopes a session has.
    pub(super) resource: Option<String>,
    /// How its store was configured.
    session: RawSession,
}

/// The app under one public origin.
pub(super) struct Site {
    /// The values of Host that mean this origin.
    hosts: Vec<String>,
    pub(super) sign_in: SignIn,
    pub(super) pages: Router,
}

impl Browsers {
    /// `sign_ins` are for `origins`, in the same order. There is at least one.
    pub(super) fn new(
        sign_ins: Vec<SignIn>,
        origins: &[Origin],
        prefix: String,
        proxy: Proxy,
        resource: Option<String>,
        session: RawSession,
    ) -> Self {
        let sites = sign_ins.into_iter().zip(origins).map(|(sign_in, origin)| {
            let pages = sign_in.routes();
            Site { hosts: origin.hosts(), sign_in, pages }
        });
        Self { sites: sites.collect(), prefix, proxy, resource, session }
    }
}

impl Browsers {
    /// The app under the origin that a host means.
    pub(super) fn at(&self, host: &[u8]) -> Option<&Site> {
        self.sites
            .iter()
            .find(|site| site.hosts.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(host)))
    }

    pub(super) fn first_site(&self) -> Option<&Site> {
        self.sites.first()
    }

    /// The sign-in under the first origin. All share the provider and the sessions.
    pub(crate) fn first(&self) -> Option<&SignIn> {
        self.first_site().map(|site| &site.sign_in)
    }

    /// Whether a path belongs to the pages of sign-in.
    pub(super) fn have_page(&self, path: &str) -> bool {
        path.strip_prefix(&self.prefix).is_some_and(|rest| rest.starts_with('/'))
    }

    /// How the store was configured when it was opened.
    pub(super) fn session(&self) -> &RawSession {
        &self.session
    }
}

/// The values of Host that mean an origin: with its port, and without the default one.
fn hosts(origin: &str) -> Vec<String> {
    let (scheme, host) = origin.split_once("://").unwrap_or_default();
    let port = if scheme == "https" { 443 } else { 80 };
    // An IPv6 address has colons in brackets.
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    match has_port {
        true => vec![host.to_owned()],
        false => vec![host.to_owned(), format!("{host}:{port}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_without_the_default_port() {
        assert_eq!(hosts("https://app.example.com"), ["app.example.com", "app.example.com:443"]);
        assert_eq!(hosts("http://localhost"), ["localhost", "localhost:80"]);
        assert_eq!(hosts("http://localhost:3000"), ["localhost:3000"]);
        assert_eq!(hosts("https://[::1]"), ["[::1]", "[::1]:443"]);
        assert_eq!(hosts("https://[::1]:8443"), ["[::1]:8443"]);
    }
}
