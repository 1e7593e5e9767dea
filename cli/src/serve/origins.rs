//! Origins of browsers (RFC 6454), as settings list them.

use http::{HeaderValue, Uri};

/// A list of origins, compared exactly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(Vec<String>);

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
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(OriginError { setting, origin: origin.clone() }),
            None => Ok(Self(origins)),
        }
    }

    /// Whether this is one of them.
    pub(crate) fn contain(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|listed| origin == listed)
    }
}

/// An origin as browsers serialize it (RFC 6454 §6.2): `https://app.example.com`.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
    let port = match (scheme, uri.port_u16()) {
        ("https", Some(443)) | ("http", Some(80)) => return false,
        ("https" | "http", Some(port)) => format!(":{port}"),
        ("https" | "http", None) => String::new(),
        _ => return false,
    };
    // A browser never writes a wildcard.
    let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[:]".contains(&byte);
    !host.is_empty()
        && host.bytes().all(of_host)
        && text == format!("{scheme}://{}{port}", host.to_ascii_lowercase())
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
        ] {
            assert!(Origins::new("public_url", vec![url.to_owned()]).is_ok(), "{url}");
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
}
