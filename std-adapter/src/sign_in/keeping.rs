//! [`Keeping`]: where sessions are.

use std::sync::Arc;

use http::header::HeaderMap;

use super::inner::Inner;
use super::record::SessionRecord;
use super::sealed_session::KeptClaims;
use super::session_id::SessionId;
use super::slot::Slot;
use super::store::SessionStore;
use super::user::SignedIn;

/// Where the sessions of an app are.
#[derive(Clone)]
pub(super) enum Keeping {
    /// In a store. The cookie has an identifier.
    Stored(Arc<dyn SessionStore>),
    /// In the cookie itself.
    Sealed(KeptClaims),
}

/// A session, and what belongs to it in its place.
#[expect(
    clippy::large_enum_variant,
    reason = "most are the larger one, and a box would be allocated for each request"
)]
pub(super) enum Kept {
    /// It can be refreshed, and ended from elsewhere.
    Stored(Slot, SessionRecord),
    /// It is as it was at sign-in.
    Sealed(SignedIn),
}

impl Kept {
    pub(super) const fn user(&self) -> &SignedIn {
        match self {
            Self::Stored(_, record) => &record.user,
            Self::Sealed(user) => user,
        }
    }

    /// The ID token, for the `id_token_hint` of the sign-out.
    pub(super) fn id_token(&self) -> Option<&str> {
        match self {
            Self::Stored(_, record) => Some(&record.id_token),
            Self::Sealed(_) => None,
        }
    }
}

impl Inner {
    /// The store. `None` if sessions are in cookies: then nothing but the browser can end them.
    pub(super) const fn store(&self) -> Option<&Arc<dyn SessionStore>> {
        match &self.keeping {
            Keeping::Stored(store) => Some(store),
            Keeping::Sealed(_) => None,
        }
    }

    /// The place in the store that a request names.
    pub(super) fn slot(&self, headers: &HeaderMap) -> Option<Slot> {
        let store = self.store()?;
        let id = SessionId::parse(self.cookies.find(headers, self.cookies.session())?)?;
        Some(Slot::new(id, Arc::clone(store)))
    }
}
