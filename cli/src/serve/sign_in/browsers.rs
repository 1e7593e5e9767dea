//! [`Browsers`]: the running sign-in, under each public origin.

use std::path::PathBuf;

use axum::Router;
use tollgate::sign_in::{Secret, SignIn};

use super::table::StoreKind;
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
    opened: OpenedStore,
}

/// How the store was configured when it was opened. Another store takes a restart.
#[derive(Clone, PartialEq)]
pub(super) struct OpenedStore {
    pub(super) store: StoreKind,
    pub(super) path: Option<PathBuf>,
    pub(super) redis_url: Option<Secret>,
    pub(super) max_sessions: Option<usize>,
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
        opened: OpenedStore,
    ) -> Self {
        let sites = sign_ins.into_iter().zip(origins).map(|(sign_in, origin)| {
            let pages = sign_in.routes();
            Site { hosts: origin.hosts(), sign_in, pages }
        });
        Self { sites: sites.collect(), prefix, proxy, resource, opened }
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

    pub(super) const fn opened(&self) -> &OpenedStore {
        &self.opened
    }
}
