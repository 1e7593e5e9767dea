//! [`IssuerUrl`]: an https URL without query and fragment (OpenID Connect Discovery §3,
//! RFC 8414 §2).

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};

/// The URL of an issuer. It keeps its spelling, since `iss` is compared with it exactly.
///
/// ```
/// use tollgate::issuer_url::{AllowedHttp, IssuerUrl, NotAHost, Plaintext, UrlError};
///
/// let url = IssuerUrl::parse("https://auth.example.com/oidc", Plaintext::Refuse)?;
/// assert_eq!(
///     url.openid_configuration(),
///     "https://auth.example.com/oidc/.well-known/openid-configuration"
/// );
///
/// // Inside a network of containers:
/// let keycloak = "http://keycloak:8080/realms/shop";
/// assert_eq!(IssuerUrl::parse(keycloak, Plaintext::Loopback), Err(UrlError::NotHttps));
/// let allowed = AllowedHttp::default().with_hosts(["keycloak:8080".to_owned()])?;
/// assert!(IssuerUrl::parse(keycloak, allowed).is_ok());
/// let error: NotAHost = AllowedHttp::default().with_hosts(["keycloak".to_owned()]).unwrap_err();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl {
    text: String,
    authority: Authority,
    /// Without a trailing slash.
    path: String,
}

/// Whether keys may be fetched without TLS.
///
/// See the example of [`IssuerUrl`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plaintext {
    /// Only https.
    #[default]
    Refuse,
    /// Also http from this machine, for development and sidecars.
    Loopback,
}

/// The URLs from which keys may be fetched without TLS: those on this machine, if [`Plaintext`] says so, and
/// those of named hosts.
///
/// See the example of [`IssuerUrl`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHttp {
    loopback: Plaintext,
    hosts: Vec<String>,
}

/// The text does not name a host and its port.
///
/// See the example of [`IssuerUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not name a host and its port: write it like \"keycloak:8080\"")]
pub struct NotAHost(String);

impl AllowedHttp {
    /// Also allows these hosts, each with its port: `keycloak:8080`. They are compared exactly. Anyone on the
    /// network path can replace the keys, so name only hosts on networks that you trust.
    ///
    /// # Errors
    ///
    /// A text is not a host and a port.
    pub fn with_hosts(self, hosts: impl IntoIterator<Item = String>) -> Result<Self, NotAHost> {
        let checked = hosts.into_iter().map(|host| match host.parse::<Authority>() {
            Ok(authority) if host.contains('@') || authority.port_u16().is_none() => {
                Err(NotAHost(host))
            }
            Ok(_) => Ok(host),
            Err(_) => Err(NotAHost(host)),
        });
        Ok(Self { hosts: checked.collect::<Result<_, _>>()?, ..self })
    }

    /// Returns whether URLs of this machine are allowed.
    #[cfg(feature = "sign-in")]
    pub(crate) const fn loopback(&self) -> Plaintext {
        self.loopback
    }

    /// Returns the hosts that are allowed by name.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn allows(&self, authority: &Authority) -> bool {
        let host = authority.host();
        self.loopback == Plaintext::Loopback && is_loopback(host)
            || port_of(authority, 80)
                .is_some_and(|port| self.hosts.contains(&format!("{host}:{port}")))
    }
}

impl From<Plaintext> for AllowedHttp {
    fn from(loopback: Plaintext) -> Self {
        Self { loopback, hosts: Vec::new() }
    }
}

impl From<&Self> for AllowedHttp {
    fn from(allowed: &Self) -> Self {
        allowed.clone()
    }
}

/// Why keys may not be fetched from a URL.
///
/// See the example of [`IssuerUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not an absolute URL.
    #[error("is not a URL: write it like https://auth.example.com/oidc")]
    Malformed,
    /// It would be fetched without TLS.
    #[error(
        "does not begin with https://; http:// needs a loopback address and allow_insecure_loopback, or \
         its host and port in allow_http_hosts"
    )]
    NotHttps,
    /// The metadata of an issuer names a URL without TLS, and is not itself at such a URL.
    #[error(
        "begins with http://, but the metadata is neither on this machine nor itself at an http:// URL: if \
         you trust this URL, set jwks_uri to it"
    )]
    HttpInMetadata,
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
    pub fn parse(text: &str, allowed_http: impl Into<AllowedHttp>) -> Result<Self, UrlError> {
        let uri = parse(text, allowed_http)?;
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
pub fn parse(text: &str, allowed_http: impl Into<AllowedHttp>) -> Result<Uri, UrlError> {
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
    if *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP && allowed_http.into().allows(authority)
    {
        Ok(uri)
    } else {
        Err(UrlError::NotHttps)
    }
}

/// Parses a URL that the metadata at another URL names. A remote server must not make us send requests to
/// services on this machine, and one with TLS must not make us do without.
pub(crate) fn parse_named(
    text: &str,
    metadata_url: &str,
    allowed_http: &AllowedHttp,
) -> Result<Uri, UrlError> {
    let uri = parse(text, allowed_http)?;
    let metadata: Uri = metadata_url.parse().map_err(|_| UrlError::Malformed)?;
    let is_allowed = uri.scheme() == Some(&Scheme::HTTPS)
        || match uri.host().is_some_and(is_loopback) {
            true => metadata.host().is_some_and(is_loopback),
            false => metadata.scheme() == Some(&Scheme::HTTP),
        };
    if is_allowed { Ok(uri) } else { Err(UrlError::HttpInMetadata) }
}

/// The port of a URL, or that of its scheme; `None` if what it has is not a port.
pub(crate) fn port_of(authority: &Authority, of_scheme: u16) -> Option<u16> {
    let has_none = authority.as_str().len() == authority.host().len();
    if has_none { Some(of_scheme) } else { authority.port_u16() }
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

    fn keycloak() -> AllowedHttp {
        AllowedHttp::default().with_hosts(["keycloak:8080".to_owned()]).unwrap()
    }

    #[test]
    fn a_named_host_is_compared_with_its_port_exactly() {
        let hosts = ["keycloak:8080", "dex:80", "[fd00::1]:5556"].map(str::to_owned);
        let allowed = AllowedHttp::default().with_hosts(hosts).unwrap();
        for url in [
            "http://keycloak:8080/realms/a",
            "http://dex",
            "http://dex:80/a",
            "http://[fd00::1]:5556",
        ] {
            assert!(IssuerUrl::parse(url, &allowed).is_ok(), "{url}");
        }
        for url in [
            "http://keycloak/",
            "http://keycloak:80",
            "http://keycloak:80800",
            "http://keycloak.example:8080",
            "http://Keycloak:8080",
            "http://dex:8080",
            "http://[fd00::1]",
            "http://127.0.0.1:8080",
            "ftp://keycloak:8080",
        ] {
            assert!(IssuerUrl::parse(url, &allowed).is_err(), "{url}");
        }
        assert_eq!(
            IssuerUrl::parse("http://me@keycloak:8080", &allowed),
            Err(UrlError::Credentials)
        );
    }

    #[test]
    fn a_named_host_has_a_port_and_nothing_else() {
        for host in
            ["", "keycloak", "http://keycloak:8080", "a@keycloak:8080", "keycloak:8080/a", "k:0x1"]
        {
            let hosts = [host.to_owned()];
            let error = AllowedHttp::default().with_hosts(hosts).unwrap_err();
            assert!(error.to_string().contains("keycloak:8080"), "{error}");
        }
    }

    #[test]
    fn metadata_names_plain_http_only_for_issuers_that_use_it_themselves() {
        let allowed = AllowedHttp { loopback: Plaintext::Loopback, ..keycloak() };
        for (issuer, named, is_allowed) in [
            ("https://example.com", "https://keys.example.com", true),
            ("http://keycloak:8080", "https://keys.example.com", true),
            ("http://keycloak:8080", "http://keycloak:8080/keys", true),
            ("http://localhost", "http://127.0.0.1/keys", true),
            ("http://localhost", "http://keycloak:8080/keys", true),
            ("https://example.com", "http://keycloak:8080/keys", false),
            ("https://example.com", "http://127.0.0.1/keys", false),
            ("http://keycloak:8080", "http://127.0.0.1/keys", false),
            ("http://keycloak:8080", "http://keycloak/keys", false),
        ] {
            let url = IssuerUrl::parse(issuer, &allowed).unwrap();
            let parsed = parse_named(named, &url.openid_configuration(), &allowed);
            assert_eq!(parsed.is_ok(), is_allowed, "{issuer} {named}");
        }
    }
}
