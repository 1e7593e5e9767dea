//! [`BearerTokenFile`]: the credential for key sets that need one, such as that of a Kubernetes API server.

use std::io;
use std::path::{Path, PathBuf};

use http::uri::Scheme;
use http::{HeaderValue, Uri};

use crate::bounded_file;
use crate::issuer_url::port_of;

/// The maximum length of the file. Tokens of service accounts have about 1 KiB.
const MAX_LEN: usize = 16 * 1024;

/// A file with a bearer token, and the servers that may see it. Metadata must not send the token elsewhere, so
/// these are only servers that the configuration itself names.
#[derive(Clone, Debug)]
pub(crate) struct BearerTokenFile {
    path: PathBuf,
    servers: Vec<Server>,
}

/// The host and the port of an https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
}

/// Why there is no token in a file.
///
/// ```
/// use tollgate::gate::GateError;
/// use tollgate::jwks::BearerTokenError;
///
/// fn is_not_written_yet(error: &GateError) -> bool {
///     matches!(error, GateError::BearerTokenFile { error: BearerTokenError::Empty, .. })
/// }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum BearerTokenError {
    /// The file cannot be read, or is too long.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It has no token.
    #[error("the file is empty")]
    Empty,
    /// It has more than a token.
    #[error("the file has more than one line, or characters that a header cannot carry")]
    Characters,
}

impl BearerTokenFile {
    /// Makes a file whose token may go to the servers of these URLs, but only over TLS.
    pub(crate) fn new<'a>(path: PathBuf, urls: impl IntoIterator<Item = &'a str>) -> Self {
        let servers = urls.into_iter().filter_map(|url| Server::of(&url.parse().ok()?));
        Self { path, servers: servers.collect() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the server of a URL may see the token.
    pub(crate) fn is_for(&self, url: &Uri) -> bool {
        Server::of(url).is_some_and(|server| self.servers.contains(&server))
    }

    /// Reads the value of `Authorization`. The file may change at any time: tokens of Kubernetes live for an
    /// hour.
    pub(crate) fn read(&self) -> Result<HeaderValue, BearerTokenError> {
        let text = bounded_file::read(&self.path, MAX_LEN)?;
        let line = text.strip_suffix(b"\n").unwrap_or(&text);
        let token = if line.len() < text.len() { line.strip_suffix(b"\r") } else { None };
        let token = token.unwrap_or(line);
        if token.is_empty() {
            return Err(BearerTokenError::Empty);
        }
        if !token.iter().all(u8::is_ascii_graphic) {
            return Err(BearerTokenError::Characters);
        }
        let value = [b"Bearer ", token].concat();
        let mut value =
            HeaderValue::from_bytes(&value).map_err(|_| BearerTokenError::Characters)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl Server {
    fn of(url: &Uri) -> Option<Self> {
        let authority = url.authority().filter(|_| url.scheme() == Some(&Scheme::HTTPS))?;
        let port = port_of(authority, 443)?;
        Some(Self { host: authority.host().to_ascii_lowercase(), port })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(name: &str, content: &[u8]) -> BearerTokenFile {
        let name = format!("tollgate-bearer-token-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        BearerTokenFile::new(
            path,
            ["https://Example.com/oidc", "https://keys.example.com:8443/jwks"],
        )
    }

    #[test]
    fn one_line_end_is_trimmed() {
        for content in ["a.b-c", "a.b-c\n", "a.b-c\r\n"] {
            let file = file("line-end", content.as_bytes());
            let value = file.read().unwrap();
            assert_eq!(value, "Bearer a.b-c");
            assert!(value.is_sensitive() && !format!("{value:?}").contains("a.b"));
            fs::remove_file(file.path()).unwrap();
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        for content in ["a\n\n", "a\nb", "a b", " a", "a\0", "a\u{feff}", "\u{e9}", "a\rb"] {
            let file = file("characters", content.as_bytes());
            assert!(matches!(file.read(), Err(BearerTokenError::Characters)), "{content:?}");
        }
        for content in ["", "\n", "\r\n"] {
            assert!(matches!(
                file("empty", content.as_bytes()).read(),
                Err(BearerTokenError::Empty)
            ));
        }
    }

    #[test]
    fn a_token_is_bounded() {
        assert!(file("longest", &[b'a'; MAX_LEN]).read().is_ok());
        for len in [MAX_LEN + 1, 1 << 20] {
            let error = file("too-long", &vec![b'a'; len]).read().unwrap_err();
            assert!(error.to_string().contains("16 KiB"), "{len}: {error}");
        }
    }

    #[test]
    fn a_token_goes_to_named_servers_over_tls_only() {
        let file = file("servers", b"a");
        for (url, may_see) in [
            ("https://example.com/other", true),
            ("https://EXAMPLE.com:443/", true),
            ("https://keys.example.com:8443/", true),
            ("https://keys.example.com/", false),
            ("https://example.com:8443/", false),
            ("http://example.com/", false),
            ("http://example.com:443/", false),
            ("https://example.com.evil.example/", false),
            ("https://evil.example/", false),
        ] {
            assert_eq!(file.is_for(&url.parse().unwrap()), may_see, "{url}");
        }
        let plain = BearerTokenFile::new("a".into(), ["http://example.com"]);
        assert!(!plain.is_for(&"http://example.com/".parse().unwrap()));
    }
}
