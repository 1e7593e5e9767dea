//! The claims of ID tokens and access tokens, and which tokens the provider has issued.

use ring::digest;
use serde_json::{Map, Value, json};

use super::accounts::Account;
use super::authorize::SignIn;
use super::bounded::Bounded;
use super::browser_sessions::BrowserSession;
use super::grants::{Grant, GrantId};
use super::secrets::{Fingerprint, NoRandomness, base64url, random_text};
use super::{LogoutNotice, Provider};

const MAX_TOKENS: usize = 4000;

/// The tokens that the provider has issued, by their fingerprints.
pub(super) struct IssuedTokens(Bounded<Fingerprint, IssuedToken>);

/// A token that the provider has issued, and what it needs to know when it sees it again.
#[derive(Clone, Debug)]
pub(super) enum IssuedToken {
    Access {
        grant: GrantId,
        expires: i64,
        scopes: Vec<String>,
    },
    /// Known beyond its expiry, for hints.
    Id {
        client_id: String,
        subject: String,
        sid: String,
    },
}

impl Default for IssuedTokens {
    fn default() -> Self {
        Self(Bounded::new(MAX_TOKENS))
    }
}

impl IssuedTokens {
    pub(super) fn insert(&mut self, token: &str, issued: IssuedToken) {
        self.0.insert(Fingerprint::of(token), issued);
    }

    pub(super) fn get(&self, token: &str) -> Option<&IssuedToken> {
        self.0.get(&Fingerprint::of(token))
    }

    pub(super) fn forget(&mut self, token: &str) {
        self.0.remove(&Fingerprint::of(token));
    }

    /// The subject of an ID token of this provider.
    pub(super) fn subject_of_id_token(&self, token: &str) -> Option<String> {
        match self.get(token)? {
            IssuedToken::Id { subject, .. } => Some(subject.clone()),
            IssuedToken::Access { .. } => None,
        }
    }
}

impl Provider {
    /// An access token (RFC 9068 §2.2).
    pub(super) fn access_token(
        &self,
        grant: &Grant,
        scopes: &[String],
        now: i64,
    ) -> Result<String, NoRandomness> {
        let claims = json!({
            "iss": self.settings.issuer,
            "sub": grant.sign_in.account.subject,
            "aud": grant.resource,
            "client_id": grant.client_id,
            "iat": now,
            "exp": now.saturating_add(self.settings.lifetimes.access_token),
            "jti": random_text::<16>()?,
            "auth_time": grant.sign_in.auth_time,
            "scope": scopes.join(" "),
        });
        Ok(self.signer.sign("at+jwt", &claims))
    }

    /// An ID token (OpenID Connect Core §2).
    pub(super) fn id_token(
        &self,
        grant: &Grant,
        nonce: Option<&str>,
        access_token: &str,
        now: i64,
    ) -> String {
        let SignIn { account, sid, auth_time } = &grant.sign_in;
        let mut claims = user_claims(account, |scope| grant.has_scope(scope));
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("iss", json!(self.settings.issuer));
        set("sub", json!(account.subject));
        set("aud", json!(grant.client_id));
        set("iat", json!(now));
        set("exp", json!(now.saturating_add(self.settings.lifetimes.id_token)));
        set("auth_time", json!(auth_time));
        set("sid", json!(sid));
        set("amr", json!(["pwd"]));
        set("at_hash", json!(at_hash(self.signer.algorithm(), access_token)));
        if let Some(acr) = grant.acr {
            set("acr", json!(acr));
        }
        if let Some(nonce) = nonce {
            set("nonce", json!(nonce));
        }
        self.signer.sign("JWT", &Value::Object(claims))
    }

    /// Tells the clients of a session that it has ended (OpenID Connect Back-Channel Logout §2.4).
    pub(super) fn logout_notices(
        &self,
        ended: &BrowserSession,
        now: i64,
    ) -> Result<Vec<LogoutNotice>, NoRandomness> {
        let clients = ended.clients.iter().filter_map(|id| self.settings.client(id));
        let told =
            clients.filter_map(|client| Some((client, client.backchannel_logout_uri.as_ref()?)));
        told.map(|(client, url)| {
            let claims = json!({
                "iss": self.settings.issuer,
                "sub": ended.account.subject,
                "aud": client.id,
                "iat": now,
                "exp": now.saturating_add(120),
                "jti": random_text::<16>()?,
                "sid": ended.sid,
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            });
            let logout_token = self.signer.sign("logout+jwt", &claims);
            Ok(LogoutNotice { url: url.clone(), logout_token })
        })
        .collect()
    }
}

/// What scopes let a client know about a user (OpenID Connect Core §5.4).
pub(super) fn user_claims(account: &Account, has: impl Fn(&str) -> bool) -> Map<String, Value> {
    let mut claims = Map::new();
    if has("profile") {
        claims.insert("name".to_owned(), json!(account.name));
        claims.insert("preferred_username".to_owned(), json!(account.name));
    }
    for (name, value) in &account.claims {
        let scope = match name.as_str() {
            "email" | "email_verified" => "email",
            _ => "profile",
        };
        if has(scope) {
            claims.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// The left half of the access token's hash (OpenID Connect Core §3.1.3.6).
fn at_hash(algorithm: &str, access_token: &str) -> String {
    let hash = match algorithm.get(2..) {
        Some("256") => &digest::SHA256,
        Some("384") => &digest::SHA384,
        _ => &digest::SHA512,
    };
    let hash = digest::digest(hash, access_token.as_bytes());
    let half = hash.as_ref().len() / 2;
    base64url(hash.as_ref().get(..half).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_the_hash() {
        // The example of OpenID Connect Core, appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash("RS256", token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash("ES384", token).len(), 32);
        assert_eq!(at_hash("EdDSA", token).len(), 43);
    }
}
