//! Check request → [`Origin`]: what the client asked the proxy for.

use std::fmt;
use std::str;

use http::{HeaderMap, Method};

use super::path::{BadPath, NormalPath};

/// Where the checks of [`Proxy::Envoy`] begin.
const PREFIX: &str = "/auth";

/// Bytes of the longest method. The longest that is registered, `UPDATEREDIRECTREF`, has 17.
const MAX_METHOD_LEN: usize = 32;

/// The proxy that asks, which decides where the original request is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Proxy {
    /// The headers X-Original-Method and X-Original-URI, which its configuration has to set
    Nginx,
    /// The headers X-Forwarded-Method and X-Forwarded-Uri, which forwardAuth sets
    Traefik,
    /// The headers X-Forwarded-Method and X-Forwarded-Uri, which its forward-auth directive sets
    Caddy,
    /// The method of the check itself, and its path after /auth, which is the path prefix to set
    Envoy,
}

impl Proxy {
    /// Reads the original request out of a check: its method, its `target` (path and query) and
    /// its `headers`.
    ///
    /// The source is trusted because the proxy writes it. A client may send the headers of other
    /// proxies as well; they must not say anything else, or some part of the chain would believe
    /// them.
    ///
    /// # Errors
    ///
    /// The source is missing, ambiguous, contradicted or malformed.
    pub(crate) fn origin<'a>(
        self,
        method: &'a Method,
        target: &'a str,
        headers: &'a HeaderMap,
    ) -> Result<Origin<'a>, BadOrigin> {
        use Header::{ForwardedMethod, ForwardedUri, OriginalMethod, OriginalUri};

        let required = |header: Header| header.value(headers)?.ok_or(BadOrigin::Missing { header });
        let (method, uri) = match self {
            Self::Nginx => (required(OriginalMethod)?, required(OriginalUri)?),
            Self::Traefik | Self::Caddy => (required(ForwardedMethod)?, required(ForwardedUri)?),
            Self::Envoy => (method.as_str().as_bytes(), after_prefix(target)?.as_bytes()),
        };
        for (header, trusted) in [
            (OriginalMethod, method),
            (OriginalUri, uri),
            (ForwardedMethod, method),
            (ForwardedUri, uri),
        ] {
            if header.value(headers)?.is_some_and(|value| value != trusted) {
                return Err(BadOrigin::Conflict { header });
            }
        }
        let method = str::from_utf8(method).ok().filter(|method| is_method(method));
        let uri = str::from_utf8(uri).map_err(|_| BadOrigin::Path(BadPath::NotVisibleAscii))?;
        Ok(Origin {
            method: method.ok_or(BadOrigin::Method)?,
            path: NormalPath::parse(uri).map_err(BadOrigin::Path)?,
        })
    }
}

/// What the client asked the proxy for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin<'a> {
    /// The method, whose case matters (RFC 9110 §9.1).
    pub(crate) method: &'a str,
    /// The path, without its query.
    pub(crate) path: NormalPath<'a>,
}

/// `method = token`, `token = 1*tchar` (RFC 9110 §5.6.2, §9.1)
pub(super) fn is_method(text: &str) -> bool {
    (1..=MAX_METHOD_LEN).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The target of a check without [`PREFIX`], if that ends at a segment.
fn after_prefix(target: &str) -> Result<&str, BadOrigin> {
    match target.strip_prefix(PREFIX) {
        Some(rest) if rest.starts_with('/') => Ok(rest),
        Some(rest) if rest.is_empty() || rest.starts_with('?') => Ok("/"),
        _ => Err(BadOrigin::NotACheck),
    }
}

/// The headers that name the original request to one proxy or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// `X-Original-Method`
    OriginalMethod,
    /// `X-Original-URI`
    OriginalUri,
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
            Self::ForwardedMethod => "X-Forwarded-Method",
            Self::ForwardedUri => "X-Forwarded-Uri",
        }
    }

    /// Its value, if it is there: which of several the others believe cannot be known.
    fn value(self, headers: &HeaderMap) -> Result<Option<&[u8]>, BadOrigin> {
        let mut values = headers.get_all(self.name()).iter();
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|value| value.as_bytes())),
            (_, Some(_)) => Err(BadOrigin::Repeated { header: self }),
        }
    }
}

/// Why a request tells nothing certain about an original one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadOrigin {
    /// The proxy does not send what it is trusted for.
    Missing {
        /// The trusted header.
        header: Header,
    },
    /// There are several values.
    Repeated {
        /// Trusted or not.
        header: Header,
    },
    /// Another header says something else than the trusted source.
    Conflict {
        /// The header that is not trusted.
        header: Header,
    },
    /// The method is no token of a sensible length.
    Method,
    /// The path can be read in two ways.
    Path(BadPath),
    /// The target of the check does not begin with the prefix.
    NotACheck,
}

/// For the operator. Nothing that a client sent is repeated.
impl fmt::Display for BadOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OR_PROXY: &str = "or set --proxy to the proxy that stands in front";
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
                    Header::ForwardedMethod | Header::ForwardedUri => f.write_str(
                        "ask through Traefik's forwardAuth or Caddy's forward_auth, which set it",
                    ),
                }?;
                write!(f, ", {OR_PROXY}")
            }
            Self::Repeated { header } => write!(
                f,
                "the header {} occurs more than once: have the proxy replace what clients send",
                header.name()
            ),
            Self::Conflict { header } => write!(
                f,
                "the header {} contradicts the original request: have the proxy remove it from \
                 what clients send, {OR_PROXY}",
                header.name()
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

impl std::error::Error for BadOrigin {}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// All that are read from headers.
    const OTHERS: [Proxy; 3] = [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy];

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (name.parse::<HeaderName>().unwrap(), value)
        };
        lines.iter().map(line).collect()
    }

    fn names(proxy: Proxy) -> (&'static str, &'static str) {
        match proxy {
            Proxy::Nginx => ("X-Original-Method", "X-Original-URI"),
            _ => ("X-Forwarded-Method", "X-Forwarded-Uri"),
        }
    }

    /// The method and the target mean something to Envoy only.
    fn read(
        proxy: Proxy,
        lines: &[(&str, &str)],
    ) -> Result<(String, NormalPath<'static>), BadOrigin> {
        let headers = headers(lines);
        let origin = proxy.origin(&Method::PUT, "/auth/of/envoy", &headers)?;
        Ok((origin.method.to_owned(), origin.path.into_owned()))
    }

    fn envoy(method: &str, target: &str) -> Result<(String, NormalPath<'static>), BadOrigin> {
        let (method, headers) = (method.parse().unwrap(), HeaderMap::new());
        let origin = Proxy::Envoy.origin(&method, target, &headers)?;
        Ok((origin.method.to_owned(), origin.path.into_owned()))
    }

    fn asked(method: &str, path: &'static str) -> Result<(String, NormalPath<'static>), BadOrigin> {
        Ok((method.to_owned(), NormalPath::parse(path).unwrap()))
    }

    #[test]
    fn each_proxy_is_read_from_its_own_headers() {
        for proxy in OTHERS {
            let (method, uri) = names(proxy);
            let lines = [(method, "GET"), (uri, "/orders/7?x=1")];
            assert_eq!(read(proxy, &lines), asked("GET", "/orders/7"), "{proxy:?}");
        }
    }

    #[test]
    fn envoy_is_read_from_the_request_line() {
        for (target, path) in [
            ("/auth", "/"),
            ("/auth?x", "/"),
            ("/auth?/orders", "/"),
            ("/auth/", "/"),
            ("/auth/orders/7?x=1", "/orders/7"),
            ("/auth/auth", "/auth"),
        ] {
            assert_eq!(envoy("DELETE", target), asked("DELETE", path), "{target}");
        }
    }

    #[test]
    fn envoy_without_the_prefix_is_no_check() {
        for target in ["/authx", "/authx/auth", "/", "", "/orders", "/Auth", "/%61uth", "/auth%2Fa"]
        {
            assert_eq!(envoy("GET", target), Err(BadOrigin::NotACheck), "{target}");
        }
    }

    #[test]
    fn missing_headers_are_refused() {
        for proxy in OTHERS {
            let (method, uri) = names(proxy);
            let cases: [(&[(&str, &str)], &str); 3] =
                [(&[(uri, "/")], method), (&[(method, "GET")], uri), (&[], method)];
            for (lines, name) in cases {
                let error = read(proxy, lines).unwrap_err();
                assert!(matches!(error, BadOrigin::Missing { header } if header.name() == name));
            }
        }
    }

    #[test]
    fn headers_of_another_proxy_are_no_substitute() {
        let lines = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/")];
        let header = Header::OriginalMethod;
        assert_eq!(read(Proxy::Nginx, &lines), Err(BadOrigin::Missing { header }));
    }

    #[test]
    fn repeated_headers_are_refused_trusted_or_not() {
        for name in ["x-original-method", "x-original-uri", "x-forwarded-method", "x-forwarded-uri"]
        {
            for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy, Proxy::Envoy] {
                let value = if name.ends_with("uri") { "/of/envoy" } else { "PUT" };
                let mut lines = vec![(name, value)];
                if proxy != Proxy::Envoy {
                    let (method, uri) = names(proxy);
                    lines.extend([(method, "PUT"), (uri, "/of/envoy")]);
                }
                lines.push((name, value));
                let error = read(proxy, &lines).unwrap_err();
                let BadOrigin::Repeated { header } = error else { panic!("{proxy:?} {error:?}") };
                assert!(header.name().eq_ignore_ascii_case(name));
            }
        }
    }

    #[test]
    fn other_headers_that_agree_are_accepted() {
        let lines = [
            ("x-original-method", "PUT"),
            ("x-original-uri", "/of/envoy"),
            ("x-forwarded-method", "PUT"),
            ("x-forwarded-uri", "/of/envoy"),
        ];
        for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy, Proxy::Envoy] {
            assert_eq!(read(proxy, &lines), asked("PUT", "/of/envoy"), "{proxy:?}");
        }
    }

    #[test]
    fn other_headers_that_disagree_are_a_conflict() {
        for (name, value) in [
            ("x-forwarded-method", "POST"),
            ("x-forwarded-method", "get"),
            ("x-forwarded-method", ""),
            ("x-forwarded-uri", "/orders/"),
            ("x-forwarded-uri", "/%6Frders"),
            ("x-forwarded-uri", "/orders?x"),
            ("x-forwarded-uri", "/b\u{fc}cher"),
        ] {
            let lines =
                [("x-original-method", "GET"), ("x-original-uri", "/orders"), (name, value)];
            let error = read(Proxy::Nginx, &lines).unwrap_err();
            assert!(matches!(error, BadOrigin::Conflict { header }
                if header.name().eq_ignore_ascii_case(name)));
        }
    }

    #[test]
    fn headers_cannot_replace_the_request_line_of_envoy() {
        let header = Header::OriginalUri;
        let lines = [("x-original-uri", "/public")];
        assert_eq!(read(Proxy::Envoy, &lines), Err(BadOrigin::Conflict { header }));
        let header = Header::ForwardedMethod;
        let lines = [("x-forwarded-method", "GET")];
        assert_eq!(read(Proxy::Envoy, &lines), Err(BadOrigin::Conflict { header }));
    }

    #[test]
    fn methods_are_tokens_of_bounded_length() {
        let longest = "A".repeat(MAX_METHOD_LEN);
        for method in ["GET", "get", "M-SEARCH", "a!#$%&'*+-.^_`|~9", &longest] {
            let lines = [("x-original-method", method), ("x-original-uri", "/")];
            assert_eq!(read(Proxy::Nginx, &lines), asked(method, "/"), "{method}");
        }
        let too_long = format!("{longest}A");
        for method in ["", "GET POST", "GET,POST", "G\u{cb}T", "GET\t", "a/b", "\"GET\"", &too_long]
        {
            let lines = [("x-original-method", method), ("x-original-uri", "/")];
            assert_eq!(read(Proxy::Nginx, &lines), Err(BadOrigin::Method), "{method:?}");
        }
        assert_eq!(envoy(&too_long, "/auth"), Err(BadOrigin::Method));
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for (uri, reason) in [
            ("", BadPath::NotOriginForm),
            ("http://host/orders", BadPath::NotOriginForm),
            ("/a/../b", BadPath::DotSegment),
            ("/b\u{fc}cher", BadPath::NotVisibleAscii),
            ("/a b", BadPath::NotVisibleAscii),
        ] {
            let lines = [("x-original-method", "GET"), ("x-original-uri", uri)];
            assert_eq!(read(Proxy::Nginx, &lines), Err(BadOrigin::Path(reason)), "{uri:?}");
        }
        for target in ["/auth//", "/auth//orders"] {
            assert_eq!(envoy("GET", target), Err(BadOrigin::Path(BadPath::EmptySegment)));
        }
    }

    #[test]
    fn headers_that_are_no_utf8_are_refused() {
        let mut headers = headers(&[("x-original-method", "GET")]);
        headers.insert("x-original-uri", HeaderValue::from_bytes(b"/\xff").unwrap());
        let error = Proxy::Nginx.origin(&Method::GET, "/auth", &headers);
        assert_eq!(error, Err(BadOrigin::Path(BadPath::NotVisibleAscii)));
        headers.insert("x-original-method", HeaderValue::from_bytes(b"\xff").unwrap());
        headers.insert("x-original-uri", HeaderValue::from_static("/"));
        let error = Proxy::Nginx.origin(&Method::GET, "/auth", &headers);
        assert_eq!(error, Err(BadOrigin::Method));
    }

    #[test]
    fn errors_say_what_to_do() {
        for (error, advice) in [
            (
                BadOrigin::Missing { header: Header::OriginalUri },
                "the header X-Original-URI is missing: set it in nginx with proxy_set_header \
                 X-Original-URI $request_uri, or set --proxy to the proxy that stands in front",
            ),
            (
                BadOrigin::Conflict { header: Header::ForwardedUri },
                "the header X-Forwarded-Uri contradicts the original request: have the proxy \
                 remove it from what clients send, or set --proxy to the proxy that stands in \
                 front",
            ),
            (
                BadOrigin::NotACheck,
                "the path of the check is not below /auth: set path_prefix to /auth in Envoy's \
                 ext_authz, or set --proxy to the proxy that stands in front",
            ),
        ] {
            assert_eq!(error.to_string(), advice);
        }
    }
}
