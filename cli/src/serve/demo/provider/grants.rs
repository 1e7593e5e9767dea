//! [`Grants`]: what a user has granted a client, and its current refresh token.

use super::authorize::SignIn;
use super::bounded::Bounded;
use super::secrets::{Fingerprint, NoRandomness, random_text};

const MAX_GRANTS: usize = 1000;

/// Names a grant. It is part of its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GrantId(String);

/// The grants that have not ended.
pub(super) struct Grants(Bounded<GrantId, Grant>);

/// What a user has granted a client.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) sign_in: SignIn,
    pub(super) scopes: Vec<String>,
    pub(super) resource: String,
    pub(super) acr: Option<&'static str>,
    /// When its refresh tokens expire, in seconds since 1970.
    pub(super) expires: i64,
    /// The current refresh token. The former ones end the grant.
    refresh_token: Option<Fingerprint>,
}

/// Why a refresh token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshError {
    /// It is unknown, expired, or another client's.
    Unknown,
    /// It was used before: somebody has a copy, so the grant has ended (RFC 9700 §4.14.2).
    Reused,
}

impl Default for Grants {
    fn default() -> Self {
        Self(Bounded::new(MAX_GRANTS))
    }
}

impl Grant {
    pub(super) fn new(
        request: &super::authorization_request::AuthorizationRequest,
        sign_in: SignIn,
        expires: i64,
    ) -> Self {
        Self {
            client_id: request.client_id.clone(),
            sign_in,
            scopes: request.scopes.clone(),
            resource: request.resource.clone(),
            acr: request.acr,
            expires,
            refresh_token: None,
        }
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

impl Grants {
    pub(super) fn add(&mut self, grant: Grant) -> Result<GrantId, NoRandomness> {
        let id = GrantId(random_text::<16>()?);
        self.0.insert(id.clone(), grant);
        Ok(id)
    }

    pub(super) fn get(&self, id: &GrantId) -> Option<&Grant> {
        self.0.get(id)
    }

    /// Ends a grant, with all tokens that belong to it.
    pub(super) fn end(&mut self, id: &GrantId) {
        self.0.remove(id);
    }

    /// Replaces the refresh token of a grant by a new one.
    pub(super) fn rotate(&mut self, id: &GrantId) -> Result<String, NoRandomness> {
        let token = format!("{}.{}", id.0, random_text::<32>()?);
        if let Some(grant) = self.0.get_mut(id) {
            grant.refresh_token = Some(Fingerprint::of(&token));
        }
        Ok(token)
    }

    /// The grant of a client's refresh token. One that was used before ends the grant.
    pub(super) fn find(
        &mut self,
        refresh_token: &str,
        client_id: &str,
        now: i64,
    ) -> Result<(GrantId, Grant), RefreshError> {
        let (id, _) = refresh_token.split_once('.').ok_or(RefreshError::Unknown)?;
        let id = GrantId(id.to_owned());
        let grant = self.0.get(&id).ok_or(RefreshError::Unknown)?;
        if grant.client_id != client_id || grant.expires <= now {
            return Err(RefreshError::Unknown);
        }
        if grant.refresh_token != Some(Fingerprint::of(refresh_token)) {
            self.end(&id);
            return Err(RefreshError::Reused);
        }
        Ok((id, grant.clone()))
    }
}
