//! The origin of an app, as browsers see it.

use url::{Host, Url};

/// Why a text cannot be the origin of an app.
///
/// ```
/// use tollgate::sign_in::{OriginError, Provider, SignIn, SignInBuildError};
///
/// // Without TLS, anybody on the way could take a session over.
/// let provider = Provider::discover("https://auth.example.com/oidc");
/// let sign_in = SignIn::builder(provider, "app_bookstore", "http://app.example.com");
/// assert!(matches!(sign_in.build(), Err(SignInBuildError::Origin(OriginError::Insecure(_)))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It is not an origin.
    #[error(
        "{0:?} is not the origin of an app: write scheme and host, as in \"https://app.example.com\""
    )]
    Malformed(String),
    /// It has no TLS, so anybody on the way could take a session over.
    #[error(
        "the origin {0:?} does not begin with https://; for development on this machine, use \
         http://localhost with a port, and call allow_insecure_loopback()"
    )]
    Insecure(String),
}

/// Reads an origin, which may end with a slash.
///
/// # Errors
///
/// See [`OriginError`].
pub(super) fn checked(text: &str, insecure_loopback: bool) -> Result<Url, OriginError> {
    let malformed = || OriginError::Malformed(text.to_owned());
    let url = Url::parse(text).map_err(|_| malformed())?;
    let serialized = url.origin().ascii_serialization();
    if text.strip_suffix('/').unwrap_or(text) != serialized {
        return Err(malformed());
    }
    let is_loopback = match url.host() {
        Some(Host::Domain(host)) => host == "localhost" || host.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback && insecure_loopback => Ok(url),
        "http" => Err(OriginError::Insecure(text.to_owned())),
        _ => Err(malformed()),
    }
}
