//! The rules for ID tokens only: OIDC Core §3.1.3.7.

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::claim::Claim;
use crate::claims::Claims;
use crate::json::Text;
use crate::rejection::Rejection;

/// The values of an authentication request that its ID token must match.
///
/// ```
/// use tollgate_core::policy::{Audience, IdTokenRules, Policy};
///
/// // As the client has stored it with the user's session before the sign-in.
/// let nonce = "GdvXx8kUBQgvuX1509AREaFMnpFZp3xMBEpaJRVNbCM";
/// let rules = IdTokenRules { nonce: Some(nonce), ..IdTokenRules::new("app_orders") };
/// let policy = Policy::id_token(
///     &["https://auth.example.com/oidc"],
///     &[Audience::Exact("app_orders")],
///     rules,
/// )
/// .build()?;
/// # Ok::<(), tollgate_core::policy::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct IdTokenRules<'p> {
    /// The client's id. `azp` must equal it if present, and must be present if there are several
    /// audiences.
    pub client_id: &'p str,
    /// The `nonce` that was sent. If set, the token must have the same.
    pub nonce: Option<&'p str>,
    /// The `max_age` that was sent, in seconds. If set, `auth_time` must be present and not older.
    pub max_authentication_age: Option<u32>,
    /// The access token that came with the ID token. If set, `at_hash` must match it, if present.
    pub access_token: Option<&'p str>,
}

impl<'p> IdTokenRules<'p> {
    /// Makes the rules for a client that sent neither `nonce` nor `max_age`.
    #[must_use]
    pub const fn new(client_id: &'p str) -> Self {
        Self { client_id, nonce: None, max_authentication_age: None, access_token: None }
    }

    pub(super) fn judge(
        &self,
        claims: &Claims<'_>,
        algorithm: Algorithm,
        is_trusted: impl Fn(Text<'_>) -> bool,
    ) -> Result<(), Rejection> {
        let audiences = claims.audiences().ok_or(Rejection::ClaimMissing(Claim::Audience))?;
        if !audiences.iter().any(|audience| audience == *self.client_id) {
            return Err(Rejection::AudienceMismatch);
        }
        if !audiences.iter().all(is_trusted) {
            return Err(Rejection::AudienceUntrusted);
        }
        match claims.authorized_party()? {
            Some(azp) if azp == *self.client_id => {}
            Some(_) => return Err(Rejection::AuthorizedPartyMismatch),
            None if audiences.iter().nth(1).is_some() => {
                return Err(Rejection::ClaimMissing(Claim::AuthorizedParty));
            }
            None => {}
        }
        if let Some(expected) = self.nonce {
            let nonce = claims.nonce()?.ok_or(Rejection::ClaimMissing(Claim::Nonce))?;
            if nonce != *expected {
                return Err(Rejection::NonceMismatch);
            }
        }
        if let Some(access_token) = self.access_token
            && let Some(at_hash) = claims.access_token_hash()?
            && !is_half_hash(at_hash, access_token.as_bytes(), algorithm)
        {
            return Err(Rejection::AccessTokenHashMismatch);
        }
        Ok(())
    }
}

/// Returns whether `claimed` is the left half of the token's hash in base64url (OIDC Core §3.1.3.6).
fn is_half_hash(claimed: Text<'_>, token: &[u8], algorithm: Algorithm) -> bool {
    let (mut unescaped, mut buffer) = ([0; 43], [0; 32]);
    let Some(claimed) = claimed.unescape_into(&mut unescaped) else { return false };
    let Some(half) = buffer.get_mut(..base64url::decoded_len(claimed.len())) else { return false };
    if base64url::decode(claimed.as_bytes(), half).is_err() {
        return false;
    }
    match algorithm {
        Algorithm::Es256 | Algorithm::Rs256 | Algorithm::Ps256 => {
            Sha256::digest(token).get(..16) == Some(half)
        }
        Algorithm::Es384 | Algorithm::Rs384 | Algorithm::Ps384 => {
            Sha384::digest(token).get(..24) == Some(half)
        }
        // Ed25519 hashes with SHA-512.
        Algorithm::Es512 | Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => {
            Sha512::digest(token).get(..32) == Some(half)
        }
    }
}
