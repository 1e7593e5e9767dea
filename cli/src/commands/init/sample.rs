//! [`Sample`]: what a token says whose signature was verified.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use tollgate::owned_policy::OwnedPolicy;
use tollgate_core::{
    Algorithm, BearerToken, CompactJws, NumericDate, Rejection, SignedClaims, UnixTime,
};

use crate::input::TokenScratch;
use crate::keys::LoadedKeys;
use crate::policy_flags::any_token;

/// The content of a sample token that a key of the issuer signed.
pub(super) struct Sample {
    /// `typ` in the header.
    pub(super) typ: Option<String>,
    /// `alg` in the header.
    pub(super) algorithm: Algorithm,
    /// `exp`.
    pub(super) expiration: Option<UnixTime>,
    claims: BTreeMap<String, Box<RawValue>>,
}

/// Whether a token is an access token or an ID token, and which sign says so.
pub(super) enum Kind {
    Access,
    Id(&'static str),
    Unknown,
}

/// Claims about the user or the session, which ID tokens have.
const OF_USERS: [&str; 5] = ["preferred_username", "name", "picture", "sid", "auth_time"];

/// Claims that access tokens have, and ID tokens do not need.
const OF_ACCESS_TOKENS: [&str; 6] = ["scope", "scp", "permissions", "client_id", "cid", "appid"];

impl Sample {
    /// Verifies the signature of a token and reads its claims, whatever they are.
    pub(super) fn verify(token: BearerToken<'_>, keys: &LoadedKeys<'_>) -> Result<Self, Rejection> {
        let mut settings = any_token();
        // An RSA key without `alg` is for every algorithm that a policy lists, and the sample says which.
        settings.algorithms = Some(Algorithm::ALL.to_vec());
        let policy = OwnedPolicy::new(&settings).map_err(|_| Rejection::CustomClaims)?;
        let mut scratch = TokenScratch::new();
        let jws = CompactJws::split(token)?;
        let candidate = jws.decode_header(&policy.view().header_rules(), &mut scratch)?;
        let signed = SignedClaims::parse(keys.select(candidate)?.verify()?)?;
        let claims = signed.claims();
        Ok(Self {
            typ: signed.header().typ().map(|typ| typ.to_string()),
            algorithm: signed.header().algorithm(),
            expiration: claims.expiration().map(NumericDate::floor),
            claims: serde_json::from_str(claims.object().as_str())
                .map_err(|_| Rejection::CustomClaims)?,
        })
    }

    /// Whether a claim is present and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.claims.get(name).is_some_and(|value| value.get() != "null")
    }

    /// The value of a claim that is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.claims.get(name)?.get()).ok()
    }

    /// The values of a claim that is a text or an array of texts.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let one = self.text(name).map(|text| vec![text]);
        one.or_else(|| serde_json::from_str(self.claims.get(name)?.get()).ok())
    }

    /// The id of the client, under the names that providers give it.
    pub(super) fn clients(&self) -> Vec<String> {
        let names = ["client_id", "azp", "cid", "appid"];
        names.iter().filter_map(|name| self.text(name)).collect()
    }

    /// Whether `typ` says that it is an access token (RFC 9068 §2.1).
    pub(super) fn is_typed_access_token(&self) -> bool {
        let typ = self.typ.as_deref().unwrap_or_default().to_ascii_lowercase();
        typ.strip_prefix("application/").unwrap_or(&typ) == "at+jwt"
    }

    /// What kind of token it is.
    pub(super) fn kind(&self) -> Kind {
        let is = |name, value: &str| self.text(name).as_deref() == Some(value);
        let has = |name| self.has(name);
        if self.is_typed_access_token() || is("token_use", "access") || is("typ", "Bearer") {
            Kind::Access
        } else if is("token_use", "id") {
            Kind::Id("token_use is \"id\"")
        } else if is("typ", "ID") {
            Kind::Id("its claim typ is \"ID\"")
        } else if has("at_hash") || has("c_hash") {
            Kind::Id("it has the claim at_hash or c_hash (OpenID Connect Core §3.3.2.11)")
        } else if has("nonce") && !has("scope") && !has("scp") {
            Kind::Id("it has the claim nonce (OpenID Connect Core §2) and no scopes")
        } else if OF_USERS.into_iter().any(has) && !OF_ACCESS_TOKENS.into_iter().any(has) {
            Kind::Id(
                "it describes its user (OpenID Connect Core §5.1), and has neither scopes nor a client",
            )
        } else {
            Kind::Unknown
        }
    }
}
