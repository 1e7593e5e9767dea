//! Sessions in a cookie: the cookie has all of the session, sealed. Nothing is stored, so nothing can end a copy of it
//! before its time is over.

use std::collections::{BTreeMap, BTreeSet};

use http::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollgate_core::Rejection;

use super::error::SignInError;
use super::inner::Inner;
use super::user::SignedIn;

/// The claims that each session keeps: whose it is, and how the user has authenticated.
const ALWAYS_KEPT: [&str; 4] = ["iss", "sub", "auth_time", "acr"];

/// The claims that a session in a cookie keeps.
#[derive(Clone, Debug)]
pub(super) struct KeptClaims(BTreeSet<String>);

/// What the cookie holds, before it is sealed. It has no tokens.
#[derive(Serialize, Deserialize)]
struct Content {
    client: String,
    /// Some of the session's, each as it was written.
    claims: Box<RawValue>,
    scope: Option<String>,
    opened: i64,
    ends: i64,
}

/// Whose session it is.
#[derive(Deserialize)]
struct Owner {
    iss: String,
    sub: String,
}

impl KeptClaims {
    /// Takes the names of more claims than those that are always kept. `email` brings `email_verified` along, since
    /// it counts only with that.
    pub(super) fn new(names: &[String]) -> Self {
        let mut kept: BTreeSet<_> = names.iter().cloned().collect();
        kept.extend(ALWAYS_KEPT.map(str::to_owned));
        if kept.contains("email") {
            kept.insert("email_verified".to_owned());
        }
        Self(kept)
    }

    /// Drops the other claims of a JSON object.
    fn select(&self, claims: &str) -> serde_json::Result<Box<RawValue>> {
        let mut all: BTreeMap<String, &RawValue> = serde_json::from_str(claims)?;
        all.retain(|name, _| self.0.contains(name));
        serde_json::value::to_raw_value(&all)
    }
}

impl Content {
    fn new(user: &SignedIn, kept: &KeptClaims) -> serde_json::Result<Self> {
        Ok(Self {
            client: user.client.clone(),
            claims: kept.select(&user.claims)?,
            scope: user.scope.clone(),
            opened: user.opened,
            ends: user.ends,
        })
    }

    fn read(json: &[u8]) -> serde_json::Result<SignedIn> {
        let Self { client, claims, scope, opened, ends } = serde_json::from_slice(json)?;
        let Owner { iss, sub } = serde_json::from_str(claims.get())?;
        let claims = claims.get().to_owned();
        Ok(SignedIn { client, claims, issuer: iss, subject: sub, scope, opened, ends })
    }
}

impl Inner {
    /// Makes the value of a new session's cookie.
    ///
    /// # Errors
    ///
    /// [`SignInError::NoRandomness`]
    pub(super) fn seal_session(
        &self,
        user: &SignedIn,
        kept: &KeptClaims,
    ) -> Result<String, SignInError> {
        let name = self.cookies.session().as_str();
        // Not reached: the core has read the claims.
        let unreadable = |_| SignInError::IdTokenRefused(Rejection::CustomClaims);
        let content = Content::new(user, kept).and_then(|content| serde_json::to_vec(&content));
        Ok(self.keys.seal(name, &content.map_err(unreadable)?)?)
    }

    /// Opens the session in the cookie of a request. `None` if there is none that lives.
    pub(super) fn sealed_session(&self, headers: &HeaderMap) -> Option<SignedIn> {
        let name = self.cookies.session();
        let content = self.keys.open(name.as_str(), self.cookies.find(headers, name)?)?;
        let user = Content::read(&content).ok()?;
        let lives =
            user.client == *self.client_name && self.clock.now_after(user.opened) < user.ends;
        lives.then_some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(claims: &str) -> SignedIn {
        SignedIn {
            client: "app https://auth.example.com/oidc".to_owned(),
            claims: claims.to_owned(),
            issuer: "https://auth.example.com/oidc".to_owned(),
            subject: "user_1".to_owned(),
            scope: Some("read:orders".to_owned()),
            opened: 1_000,
            ends: 4_600,
        }
    }

    fn kept(names: &[&str]) -> KeptClaims {
        KeptClaims::new(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_named_claims_are_kept_and_those_that_a_session_needs() {
        let claims = r#"{"aud":"app","sub":"user_1","email":"ada@example.com","iss":"https://auth.example.com/oidc",
            "email_verified":true,"nonce":"n","auth_time":1.5e9,"acr":"mfa","name":"Ada","iat":1,"sid":"s"}"#;
        let selected = |names: &[&str]| kept(names).select(claims).unwrap().get().to_owned();
        assert_eq!(
            selected(&[]),
            r#"{"acr":"mfa","auth_time":1.5e9,"iss":"https://auth.example.com/oidc","sub":"user_1"}"#
        );
        assert!(
            selected(&["email"]).contains(r#""email":"ada@example.com","email_verified":true"#)
        );
        assert!(selected(&["name", "missing"]).contains(r#""name":"Ada""#));
    }

    #[test]
    fn a_session_opens_as_it_was_sealed() {
        let claims = r#"{"iss":"https://auth.example.com/oidc","name":"Zoë \" {","sub":"user_1"}"#;
        let content = Content::new(&user(claims), &kept(&["name"])).unwrap();
        let json = serde_json::to_vec(&content).unwrap();
        assert!(Content::read(&json).unwrap() == user(claims));
    }

    #[test]
    fn what_is_no_session_is_not_read() {
        for json in [
            "",
            "{}",
            "[]",
            r#"{"client":"app","claims":{"sub":"a"},"scope":null,"opened":1,"ends":2}"#,
            r#"{"client":"app","claims":"{}","scope":null,"opened":1,"ends":2}"#,
            r#"{"client":"app","claims":{"iss":"a","sub":"a"},"scope":null,"opened":1}"#,
            // An attempt that was spent.
            r#"{"Spent":{"at":1,"return_path":"/"}}"#,
        ] {
            assert!(Content::read(json.as_bytes()).is_err(), "{json}");
        }
    }
}
