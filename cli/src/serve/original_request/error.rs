//! Why an original request cannot be read.

use std::fmt;

use super::{Header, MAX_METHOD_LEN, PREFIX};
use crate::serve::path::BadPath;

/// Why the original request cannot be read from a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OriginalRequestError {
    /// The proxy does not send a header that it should set.
    Missing {
        /// The header.
        header: Header,
    },
    /// A header occurs more than once.
    Repeated {
        /// The header, trusted or not.
        header: Header,
    },
    /// Another header contradicts the trusted one.
    Conflict {
        /// The header that is not trusted.
        header: Header,
    },
    /// `X-Original-URL` is not an absolute URL with a host and a path.
    Url,
    /// The method is not a token, or too long.
    Method,
    /// The path is ambiguous or malformed.
    Path(BadPath),
    /// The target of the check does not begin with the prefix.
    NotACheck,
}

/// Tells the operator what to change. It repeats nothing that a client sent.
impl fmt::Display for OriginalRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OR_PROXY: &str = "or set --proxy to the proxy in front";
        match self {
            Self::Missing { header } => {
                let name = header.name();
                write!(f, "the header {name} is missing: ")?;
                match header {
                    Header::OriginalMethod => {
                        write!(f, "set it in nginx with proxy_set_header {name} $request_method")
                    }
                    Header::OriginalUri => {
                        write!(f, "set it in nginx with proxy_set_header {name} $request_uri")
                    }
                    Header::OriginalUrl => f.write_str(
                        "use ingress-nginx with the annotation nginx.ingress.kubernetes.io/auth-url, \
                         which sets it",
                    ),
                    Header::ForwardedMethod | Header::ForwardedUri => f.write_str(
                        "use Traefik's forwardAuth, Caddy's forward_auth or the Lua action for \
                         HAProxy, which set it",
                    ),
                }?;
                write!(f, ", {OR_PROXY}")
            }
            Self::Repeated { header } => write!(
                f,
                "the header {} occurs more than once: let the proxy overwrite what clients send",
                header.name()
            ),
            Self::Conflict { header } => write!(
                f,
                "the header {} contradicts the original request: let the proxy remove it from \
                 client requests, {OR_PROXY}",
                header.name()
            ),
            Self::Url => write!(
                f,
                "the header X-Original-URL is not an http:// or https:// URL with a host and a path"
            ),
            Self::Method => write!(
                f,
                "the original method is not a token of at most {MAX_METHOD_LEN} characters \
                 (RFC 9110 §9.1)"
            ),
            Self::Path(bad) => write!(f, "the original path is ambiguous or malformed: {bad}"),
            Self::NotACheck => write!(
                f,
                "the path of the check is not below {PREFIX}: set path_prefix to {PREFIX} in \
                 Envoy's ext_authz, {OR_PROXY}"
            ),
        }
    }
}

impl std::error::Error for OriginalRequestError {}
