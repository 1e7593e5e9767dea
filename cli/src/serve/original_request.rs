//! [`OriginalRequest`]: what the client asked the proxy for, read from a check: from the proxy's headers, or from
//! what Envoy says over gRPC.
//!
//! A *check* is the request in which the proxy asks whether the original one may pass.

mod check;
mod error;
#[cfg(test)]
mod tests;

use std::str;

use http::{HeaderMap, HeaderValue, Method};

use super::path::{BadPath, RequestPath};
pub(crate) use check::Check;
pub(crate) use error::OriginalRequestError;

/// The prefix of the paths of [`Proxy::Envoy`]'s checks.
const PREFIX: &str = "/auth";

/// The maximum length of a method, in bytes. The longest registered one, `UPDATEREDIRECTREF`, has
/// 17.
const MAX_METHOD_LEN: usize = 32;

/// The proxy that asks. It decides which headers carry the original request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Proxy {
    /// X-Original-Method and X-Original-URI, which the nginx configuration must set
    Nginx,
    /// X-Original-Method and X-Original-URL, which the annotation auth-url makes it set
    IngressNginx,
    /// X-Forwarded-Method and X-Forwarded-Uri, which a Lua action must set
    Haproxy,
    /// X-Forwarded-Method and X-Forwarded-Uri, which its forward authentication sets
    Traefik,
    /// X-Forwarded-Method and X-Forwarded-Uri, which its forward authentication sets
    Caddy,
    /// The method and path of the check itself; set the path prefix to /auth
    Envoy,
}

impl Proxy {
    /// Reads the original request from a check: from its method, its `target` (path and query) and
    /// its `headers`.
    ///
    /// Only the headers that this proxy sets are trusted. If a client sends those of another proxy
    /// as well, they must agree: something else in the chain might trust them.
    ///
    /// # Errors
    ///
    /// The trusted headers are missing, repeated, contradicted or malformed.
    fn original_request<'a>(
        self,
        method: &'a Method,
        target: &'a str,
        headers: &'a HeaderMap,
    ) -> Result<OriginalRequest<'a>, OriginalRequestError> {
        use Header::{ForwardedMethod, ForwardedUri, OriginalMethod, OriginalUri, OriginalUrl};

        let required =
            |header: Header| header.value(headers)?.ok_or(OriginalRequestError::Missing { header });
        let (method, target) = match self {
            Self::Nginx => (required(OriginalMethod)?, required(OriginalUri)?),
            Self::IngressNginx => {
                let (method, url) = (required(OriginalMethod)?, required(OriginalUrl)?);
                (method, after_authority(url).ok_or(OriginalRequestError::Url)?)
            }
            Self::Haproxy | Self::Traefik | Self::Caddy => {
                (required(ForwardedMethod)?, required(ForwardedUri)?)
            }
            Self::Envoy => (method.as_str().as_bytes(), after_prefix(target)?.as_bytes()),
        };
        OriginalRequest::uncontradicted(method, target, headers)
    }

    /// The method and the target (path and query) that the trusted headers of a check name, unchecked: for the
    /// log.
    fn claimed_request<'a>(
        self,
        method: &'a Method,
        target: &'a str,
        headers: &'a HeaderMap,
    ) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
        let first = |header: Header| headers.get(header.name()).map(HeaderValue::as_bytes);
        match self {
            Self::Nginx => (first(Header::OriginalMethod), first(Header::OriginalUri)),
            Self::IngressNginx => (
                first(Header::OriginalMethod),
                first(Header::OriginalUrl).and_then(after_authority),
            ),
            Self::Haproxy | Self::Traefik | Self::Caddy => {
                (first(Header::ForwardedMethod), first(Header::ForwardedUri))
            }
            Self::Envoy => {
                (Some(method.as_str().as_bytes()), after_prefix(target).ok().map(str::as_bytes))
            }
        }
    }
}

/// What the client asked the proxy for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginalRequest<'a> {
    /// The method, whose case matters (RFC 9110 §9.1).
    pub(crate) method: &'a str,
    /// The path, without its query.
    pub(crate) path: RequestPath<'a>,
}

impl<'a> OriginalRequest<'a> {
    /// Reads what a proxy says. The headers must not contradict it.
    fn uncontradicted(
        method: &'a [u8],
        target: &'a [u8],
        headers: &HeaderMap,
    ) -> Result<Self, OriginalRequestError> {
        use Header::{ForwardedMethod, ForwardedUri, OriginalMethod, OriginalUri, OriginalUrl};

        for (header, trusted) in [
            (OriginalMethod, method),
            (OriginalUri, target),
            (ForwardedMethod, method),
            (ForwardedUri, target),
        ] {
            if header.value(headers)?.is_some_and(|value| value != trusted) {
                return Err(OriginalRequestError::Conflict { header });
            }
        }
        // Some servers write only the path into it.
        if let Some(url) = OriginalUrl.value(headers)?
            && url != target
            && after_authority(url) != Some(target)
        {
            return Err(OriginalRequestError::Conflict { header: OriginalUrl });
        }
        Self::new(method, target)
    }

    /// Reads a method and a target in origin-form.
    ///
    /// # Errors
    ///
    /// The method is malformed, or the path is malformed or ambiguous in a way that no rule can allow.
    pub(crate) fn new(method: &'a [u8], target: &'a [u8]) -> Result<Self, OriginalRequestError> {
        let method = str::from_utf8(method).ok().filter(|method| is_method(method));
        // The query may have any bytes, since it decides nothing.
        let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let path = str::from_utf8(path).map_err(|_| BadPath::NotVisibleAscii);
        Ok(Self {
            method: method.ok_or(OriginalRequestError::Method)?,
            path: path.and_then(RequestPath::parse).map_err(OriginalRequestError::Path)?,
        })
    }
}

/// `method = token`, `token = 1*tchar` (RFC 9110 §5.6.2, §9.1)
pub(super) fn is_method(text: &str) -> bool {
    (1..=MAX_METHOD_LEN).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The target of a check without [`PREFIX`], which must end at a segment.
fn after_prefix(target: &str) -> Result<&str, OriginalRequestError> {
    match target.strip_prefix(PREFIX) {
        Some(rest) if rest.starts_with('/') => Ok(rest),
        Some(rest) if rest.is_empty() || rest.starts_with('?') => Ok("/"),
        _ => Err(OriginalRequestError::NotACheck),
    }
}

/// Returns the path and the query of an absolute `http` or `https` URL, as they were written.
///
/// The client chooses the host. If it could contain `?` or `#`, the path of `http://host?/orders` would
/// be read as a query.
pub(super) fn after_authority(url: &[u8]) -> Option<&[u8]> {
    let rest = url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://"))?;
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    let (authority, path) = rest.split_at_checked(slash)?;
    let is_of_hosts = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte);
    (!authority.is_empty() && authority.iter().all(is_of_hosts)).then_some(path)
}

/// The headers in which proxies pass on the original request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// `X-Original-Method`
    OriginalMethod,
    /// `X-Original-URI`
    OriginalUri,
    /// `X-Original-URL`, with scheme and host
    OriginalUrl,
    /// `X-Forwarded-Method`
    ForwardedMethod,
    /// `X-Forwarded-Uri`
    ForwardedUri,
}

impl Header {
    const fn name(self) -> &'static str {
        match self {
            Self::OriginalMethod => "X-Original-Method",
            Self::OriginalUri => "X-Original-URI",
            Self::OriginalUrl => "X-Original-URL",
            Self::ForwardedMethod => "X-Forwarded-Method",
            Self::ForwardedUri => "X-Forwarded-Uri",
        }
    }

    /// The value of the header, if it is present. A repeated header is an error, since servers differ
    /// in which value they use.
    fn value(self, headers: &HeaderMap) -> Result<Option<&[u8]>, OriginalRequestError> {
        let mut values = headers.get_all(self.name()).iter();
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|value| value.as_bytes())),
            (_, Some(_)) => Err(OriginalRequestError::Repeated { header: self }),
        }
    }
}
