//! What the issuer remembers of sign-ins: codes with PKCE, and families of refresh tokens, which rotate. A refresh
//! token that is used twice ends its family.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use tollgate_tests::mint::base64url;

use crate::keys::now;

/// The client that the server is, and its secret.
pub const CLIENT: &str = "app_soak";
pub const SECRET: &str = "a secret of the soak";

/// The parameters of a query or a form.
pub type Parameters = HashMap<String, String>;

#[derive(Default)]
pub struct Grants {
    codes: HashMap<String, Code>,
    families: HashMap<u64, Family>,
    /// The number of the last code, family or refresh token.
    last: u64,
    /// Refresh tokens that were used twice, which the server must never do.
    reused: Vec<String>,
}

struct Code {
    challenge: String,
    redirect_uri: String,
    nonce: String,
    family: u64,
}

/// What grew from one sign-in.
struct Family {
    user: String,
    /// How long its access tokens live, in seconds.
    lifetime: u32,
    auth_time: i64,
    /// The number of the refresh token that is valid.
    valid: Option<u64>,
    /// Whether the issuer has given the server a reason to end the session.
    may_be_over: bool,
    /// How many refreshes are under way.
    refreshing: u32,
}

/// The contents of an answer of the token endpoint.
pub struct Granted {
    pub family: u64,
    /// Tells tokens of a family apart.
    pub number: u64,
    pub user: String,
    pub lifetime: u32,
    pub auth_time: i64,
    /// For a code.
    pub nonce: Option<String>,
}

impl Granted {
    pub fn refresh_token(&self) -> String {
        format!("refresh.{}.{}", self.family, self.number)
    }

    pub fn sid(&self) -> String {
        sid(self.family)
    }
}

/// The name of the session at the issuer.
pub fn sid(family: u64) -> String {
    format!("sid-{family}")
}

/// The family and the number of a refresh token.
fn parsed(refresh_token: &str) -> Option<(u64, u64)> {
    let (family, number) = refresh_token.strip_prefix("refresh.")?.split_once('.')?;
    Some((family.parse().ok()?, number.parse().ok()?))
}

impl Grants {
    /// Answers an authorization request as a user who agrees at once. Returns the family and the code.
    pub fn authorize(
        &mut self,
        request: &Parameters,
        user: &str,
        lifetime: u32,
    ) -> Result<(u64, String), String> {
        let value = |name: &str| request.get(name).map(String::as_str).unwrap_or_default();
        let is_right = value("response_type") == "code"
            && value("client_id") == CLIENT
            && value("code_challenge_method") == "S256"
            && value("scope") == "openid"
            && ["state", "nonce", "code_challenge"].iter().all(|name| value(name).len() == 43);
        if !is_right {
            return Err(format!("not the authorization request of {CLIENT}: {request:?}"));
        }
        let family = self.next();
        let code = format!("code.{}", self.next());
        let asked = Code {
            challenge: value("code_challenge").to_owned(),
            redirect_uri: value("redirect_uri").to_owned(),
            nonce: value("nonce").to_owned(),
            family,
        };
        self.codes.insert(code.clone(), asked);
        let family_of_user = Family {
            user: user.to_owned(),
            lifetime,
            auth_time: now(),
            valid: None,
            may_be_over: false,
            refreshing: 0,
        };
        self.families.insert(family, family_of_user);
        Ok((family, code))
    }

    /// Redeems a code or a refresh token (RFC 6749 §4.1.3, §6). Refuses with the name of an error.
    pub fn redeem(&mut self, form: &Parameters) -> Result<Granted, &'static str> {
        let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if value("client_id") != CLIENT || value("client_secret") != SECRET {
            return Err("invalid_client");
        }
        match value("grant_type") {
            "authorization_code" => {
                let code = self.codes.remove(value("code")).ok_or("invalid_grant")?;
                let challenge = base64url(Sha256::digest(value("code_verifier")));
                if code.challenge != challenge || code.redirect_uri != value("redirect_uri") {
                    return Err("invalid_grant");
                }
                self.grant(code.family, Some(code.nonce))
            }
            "refresh_token" => {
                let token = value("refresh_token");
                let (family, number) = parsed(token).ok_or("invalid_grant")?;
                let grown = self.families.get_mut(&family).ok_or("invalid_grant")?;
                // An issuer that has ended a session, or has lost an answer, refuses quietly.
                let is_reused = grown.valid.take_if(|valid| *valid == number).is_none();
                if is_reused && grown.valid.take().is_some() && !grown.may_be_over {
                    self.reused.push(token.to_owned());
                }
                if is_reused { Err("invalid_grant") } else { self.grant(family, None) }
            }
            _ => Err("unsupported_grant_type"),
        }
    }

    fn grant(&mut self, family: u64, nonce: Option<String>) -> Result<Granted, &'static str> {
        let number = self.next();
        let grown = self.families.get_mut(&family).ok_or("invalid_grant")?;
        grown.valid = Some(number);
        Ok(Granted {
            family,
            number,
            user: grown.user.clone(),
            lifetime: grown.lifetime,
            auth_time: grown.auth_time,
            nonce,
        })
    }

    /// Ends a family: its user has signed out, or the server has revoked its token (RFC 7009).
    pub fn end(&mut self, family: u64) {
        if let Some(family) = self.families.get_mut(&family) {
            family.valid = None;
        }
    }

    pub fn revoke(&mut self, form: &Parameters) {
        if let Some((family, _)) = form.get("token").and_then(|token| parsed(token)) {
            self.end(family);
        }
    }

    /// Forgets a family whose session is over.
    pub fn forget(&mut self, family: u64) {
        self.families.remove(&family);
        self.codes.retain(|_, code| code.family != family);
    }

    /// The family of a request to refresh.
    pub fn refreshed_by(&self, form: &Parameters) -> Option<u64> {
        form.get("refresh_token").and_then(|token| parsed(token)).map(|(family, _)| family)
    }

    pub fn begin_refresh(&mut self, family: Option<u64>) {
        if let Some(family) = family.and_then(|family| self.families.get_mut(&family)) {
            family.refreshing += 1;
        }
    }

    pub fn end_refresh(&mut self, family: Option<u64>) {
        if let Some(family) = family.and_then(|family| self.families.get_mut(&family)) {
            family.refreshing = family.refreshing.saturating_sub(1);
        }
    }

    pub fn is_refreshing(&self, family: u64) -> bool {
        self.families.get(&family).is_some_and(|family| family.refreshing > 0)
    }

    pub fn is_refreshing_any(&self) -> bool {
        self.families.values().any(|family| family.refreshing > 0)
    }

    /// Records that the session of a family may end by what the issuer has done.
    pub fn spoil(&mut self, family: Option<u64>) {
        if let Some(family) = family.and_then(|family| self.families.get_mut(&family)) {
            family.may_be_over = true;
        }
    }

    pub fn may_be_over(&self, family: u64) -> bool {
        self.families.get(&family).is_none_or(|family| family.may_be_over)
    }

    pub fn reused(&self) -> &[String] {
        &self.reused
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
