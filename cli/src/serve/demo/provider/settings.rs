//! [`Settings`]: what the provider is for.

use std::num::NonZeroU32;

use super::clients::Client;

/// The scopes of OpenID Connect that the provider knows (OpenID Connect Core §5.4, §11).
pub(super) const OPENID_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The one value of `acr`: the user has given a password.
pub(super) const ACR_PASSWORD: &str = "password";

/// The settings of a provider.
pub(crate) struct Settings {
    /// Such as `http://127.0.0.1:4180/demo`.
    pub(crate) issuer: String,
    pub(crate) clients: Vec<Client>,
    /// The audiences of access tokens (RFC 8707). The first is the default.
    pub(crate) resources: Vec<String>,
    /// The scopes of the resources, which users grant along with those of OpenID Connect.
    pub(crate) scopes: Vec<String>,
    pub(crate) lifetimes: Lifetimes,
    /// The iterations of PBKDF2 for a password.
    pub(crate) password_rounds: NonZeroU32,
}

/// How long things live, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    pub(crate) code: i64,
    pub(crate) id_token: i64,
    pub(crate) access_token: i64,
    /// From the sign-in on; a rotation does not prolong it.
    pub(crate) refresh_token: i64,
    /// Of the session at the provider, from the last time that the user gave a password.
    pub(crate) session: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const HOUR: i64 = 3600;
        Self {
            code: 60,
            id_token: HOUR,
            access_token: HOUR,
            refresh_token: 14 * 24 * HOUR,
            session: 12 * HOUR,
        }
    }
}

impl Settings {
    /// The iterations of PBKDF2 with SHA-256 that OWASP recommends.
    pub(crate) const PASSWORD_ROUNDS: NonZeroU32 = match NonZeroU32::new(600_000) {
        Some(rounds) => rounds,
        None => NonZeroU32::MIN,
    };

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// The URL of an endpoint.
    pub(super) fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The path of the issuer, such as `/demo`.
    pub(super) fn issuer_path(&self) -> &str {
        self.issuer.strip_prefix(self.origin()).unwrap_or_default()
    }

    /// The origin of the issuer, such as `http://127.0.0.1:4180`.
    pub(super) fn origin(&self) -> &str {
        origin_of(&self.issuer)
    }

    /// The name of the cookie at the browser. Ports do not separate cookies, so it has the port.
    pub(super) fn cookie_name(&self) -> String {
        let port = self.origin().rsplit_once(':').map_or("", |(_, port)| port);
        let port: String = port.chars().filter(char::is_ascii_digit).collect();
        format!("demo-provider-{port}")
    }

    /// Whether a scope is known.
    pub(super) fn knows_scope(&self, scope: &str) -> bool {
        OPENID_SCOPES.contains(&scope) || self.scopes.iter().any(|known| known == scope)
    }
}

/// The part of a URL before its path.
pub(super) fn origin_of(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at.saturating_add(3));
    let rest = url.get(authority..).unwrap_or_default();
    let end = rest.find(['/', '?', '#']).map_or(url.len(), |at| at.saturating_add(authority));
    url.get(..end).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_before_the_path() {
        for (url, origin) in [
            ("http://127.0.0.1:4180/demo", "http://127.0.0.1:4180"),
            ("http://localhost:4180", "http://localhost:4180"),
            ("https://[::1]:8443?a=/", "https://[::1]:8443"),
        ] {
            assert_eq!(origin_of(url), origin);
        }
    }
}
