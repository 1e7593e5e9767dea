//! [`IssuerUrl`]: an https URL without query and fragment (OpenID Connect Discovery §3,
//! RFC 8414 §2).

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};

/// The URL of an issuer. It keeps its spelling, since `iss` is compared with it exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl {
    text: String,
    authority: Authority,
    /// Without a trailing slash.
    path: String,
}

/// Whether keys may be fetched without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plaintext {
    /// Only https.
    #[default]
    Refuse,
    /// Also http from this machine, for development and sidecars.
    Loopback,
}

/// Why keys may not be fetched from a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not an absolute URL.
    #[error("is not a URL: write it like https://auth.example.com/oidc")]
    Malformed,
    /// It would be fetched without TLS.
    #[error(
        "does not begin with https://; http:// needs a loopback address and the setting that \
         allows it"
    )]
    NotHttps,
    /// It has a query, which an issuer cannot have.
    #[error("has a query: remove the part from ? on")]
    Query,
    /// It has a fragment.
    #[error("has a fragment: remove the part from # on")]
    Fragment,
    /// It has a user name or a password.
    #[error("has credentials: remove the part before @")]
    Credentials,
}

impl IssuerUrl {
    /// Parses the URL of an issuer.
    ///
    /// # Errors
    ///
    /// See [`UrlError`].
    pub fn parse(text: &str, plaintext: Plaintext) -> Result<Self, UrlError> {
        let uri = parse(text, plaintext)?;
        if uri.query().is_some() {
            return Err(UrlError::Query);
        }
        let authority = uri.authority().ok_or(UrlError::Malformed)?.clone();
        let path = uri.path();
        let path = path.strip_suffix('/').unwrap_or(path).to_owned();
        Ok(Self { text: text.to_owned(), authority, path })
    }

    /// Returns the URL in its original spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the URL of the issuer's metadata by OpenID Connect Discovery §4: below its path.
    #[must_use]
    pub fn openid_configuration(&self) -> String {
        let text = self.text.strip_suffix('/').unwrap_or(&self.text);
        format!("{text}/.well-known/openid-configuration")
    }

    /// Returns the URL of the issuer's metadata by RFC 8414 §3: between its host and its path.
    #[must_use]
    pub fn oauth_authorization_server(&self) -> String {
        let scheme = self.text.split("://").next().unwrap_or("https");
        let Self { authority, path, .. } = self;
        format!("{scheme}://{authority}/.well-known/oauth-authorization-server{path}")
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Parses a URL from which keys or metadata may be fetched. It may have a query.
///
/// # Errors
///
/// See [`UrlError`].
pub fn parse(text: &str, plaintext: Plaintext) -> Result<Uri, UrlError> {
    // `Uri` drops fragments silently.
    if text.contains('#') {
        return Err(UrlError::Fragment);
    }
    let uri: Uri = text.parse().map_err(|_| UrlError::Malformed)?;
    let authority = uri.authority().ok_or(UrlError::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(UrlError::Credentials);
    }
    if authority.host().is_empty() {
        return Err(UrlError::Malformed);
    }
    let scheme = uri.scheme().ok_or(UrlError::Malformed)?;
    let may_be_plain = plaintext == Plaintext::Loopback && is_loopback(authority.host());
    if *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP && may_be_plain {
        Ok(uri)
    } else {
        Err(UrlError::NotHttps)
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_paths_follow_both_standards() {
        for issuer in ["https://example.com/oidc", "https://example.com/oidc/"] {
            let issuer = IssuerUrl::parse(issuer, Plaintext::Refuse).unwrap();
            assert_eq!(
                issuer.openid_configuration(),
                "https://example.com/oidc/.well-known/openid-configuration"
            );
            assert_eq!(
                issuer.oauth_authorization_server(),
                "https://example.com/.well-known/oauth-authorization-server/oidc"
            );
        }
        let issuer = IssuerUrl::parse("https://example.com:8443", Plaintext::Refuse).unwrap();
        assert_eq!(
            issuer.oauth_authorization_server(),
            "https://example.com:8443/.well-known/oauth-authorization-server"
        );
    }

    #[test]
    fn an_issuer_url_keeps_its_spelling() {
        let issuer = IssuerUrl::parse("https://Example.com/oidc/", Plaintext::Refuse).unwrap();
        assert_eq!(issuer.as_str(), "https://Example.com/oidc/");
    }

    #[test]
    fn an_issuer_has_https_and_neither_query_nor_fragment_nor_credentials() {
        for (text, error) in [
            ("http://example.com", UrlError::NotHttps),
            ("file:///etc/passwd", UrlError::Malformed),
            ("ftp://example.com", UrlError::NotHttps),
            ("example.com", UrlError::Malformed),
            ("/oidc", UrlError::Malformed),
            ("", UrlError::Malformed),
            ("https://example.com/?a=b", UrlError::Query),
            ("https://example.com/?", UrlError::Query),
            ("https://example.com/#a", UrlError::Fragment),
            ("https://user:secret@example.com/", UrlError::Credentials),
            ("https://exa mple.com/", UrlError::Malformed),
        ] {
            assert_eq!(IssuerUrl::parse(text, Plaintext::Loopback), Err(error), "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_alone_and_only_if_it_is_allowed() {
        for host in ["localhost", "127.0.0.1:8080", "127.1.2.3", "[::1]:80"] {
            let url = format!("http://{host}/oidc");
            assert_eq!(IssuerUrl::parse(&url, Plaintext::Refuse), Err(UrlError::NotHttps));
            assert!(IssuerUrl::parse(&url, Plaintext::Loopback).is_ok(), "{url}");
        }
        for host in ["localhost.example.com", "10.0.0.1", "[::2]", "0.0.0.0", "127.0.0.1.nip.io"] {
            let url = format!("http://{host}/oidc");
            assert_eq!(IssuerUrl::parse(&url, Plaintext::Loopback), Err(UrlError::NotHttps));
        }
    }
}
