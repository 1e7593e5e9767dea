//! Origins of browsers (RFC 6454), as settings list them.

use http::HeaderValue;
use url::Url;

/// An origin as browsers serialize it (RFC 6454 §6.2): `https://app.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    text: String,
    url: Url,
}

/// A list of origins, compared exactly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(Vec<Origin>);

/// Why a list of origins is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{setting} {origin:?} is not an origin as browsers write it: write scheme, host in lower case, and the port \
     unless it is the default, as in \"https://app.example.com\""
)]
pub(crate) struct OriginError {
    setting: &'static str,
    origin: String,
}

impl Origins {
    /// Checks the values of a setting.
    ///
    /// # Errors
    ///
    /// A value is not an origin as browsers write it.
    pub(crate) fn new(setting: &'static str, origins: Vec<String>) -> Result<Self, OriginError> {
        let parse = |origin: String| Origin::parse(&origin).ok_or(OriginError { setting, origin });
        origins.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this is one of them.
    pub(crate) fn contain(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|listed| origin == listed.as_str())
    }

    pub(crate) fn as_slice(&self) -> &[Origin] {
        &self.0
    }
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        // A browser never writes a wildcard.
        let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[:]".contains(&byte);
        let is_origin = matches!(url.scheme(), "https" | "http")
            && url.origin().ascii_serialization() == text
            && url.host_str()?.bytes().all(of_host);
        is_origin.then(|| Self { text: text.to_owned(), url })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) const fn as_url(&self) -> &Url {
        &self.url
    }

    /// The host, with the port unless it is the default.
    pub(crate) fn authority(&self) -> &str {
        self.url.authority()
    }

    /// The values of Host that mean this origin: with its port, and without the default one.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let authority = self.authority().to_owned();
        let default = self.url.port_or_known_default().filter(|_| self.url.port().is_none());
        let with_port = default.map(|port| format!("{authority}:{port}"));
        [authority].into_iter().chain(with_port).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_list_origins_as_browsers_write_them() {
        for url in [
            "https://app.example.com",
            "http://localhost:3000",
            "https://[::1]:8443",
            "https://127.0.0.1",
            "https://xn--bcher-kva.example",
            "https://my_app.example.com",
        ] {
            let origins = Origins::new("public_url", vec![url.to_owned()]).unwrap();
            assert!(origins.contain(&HeaderValue::from_static(url)), "{url}");
        }
        for url in [
            "",
            "app.example.com",
            "https://",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com?a",
            "https://app.example.com#a",
            "https://App.example.com",
            "HTTPS://app.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:",
            "https://app.example.com:08443",
            "https://user@app.example.com",
            "https://b\u{fc}cher.example",
            "https://*.example.com",
            "ws://app.example.com",
            "null",
            "*",
        ] {
            let error = Origins::new("public_url", vec![url.to_owned()]).err();
            let expected = OriginError { setting: "public_url", origin: url.to_owned() };
            assert_eq!(error, Some(expected), "{url}");
        }
    }

    #[test]
    fn a_host_is_compared_without_the_default_port() {
        let hosts = |origin| Origin::parse(origin).unwrap().hosts();
        assert_eq!(hosts("https://app.example.com"), ["app.example.com", "app.example.com:443"]);
        assert_eq!(hosts("http://localhost"), ["localhost", "localhost:80"]);
        assert_eq!(hosts("http://localhost:3000"), ["localhost:3000"]);
        assert_eq!(hosts("https://[::1]"), ["[::1]", "[::1]:443"]);
        assert_eq!(hosts("https://[::1]:8443"), ["[::1]:8443"]);
    }
}
