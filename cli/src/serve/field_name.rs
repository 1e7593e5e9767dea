//! Names of header fields that the configuration may use: [`parse`].

use http::header::HeaderName;

/// Fields that belong to HTTP itself, or from which servers take more than their value.
const OF_HTTP: &[&str] = &[
    "accept",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "cookie2",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    // Methods, paths and addresses, as proxies and frameworks pass them on.
    "cf-connecting-ip",
    "client-ip",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-method-override",
    "x-real-ip",
    "x-rewrite-url",
];

const PREFIXES_OF_HTTP: &[&str] =
    &["accept-", "access-control-", "content-", "grpc-", "if-", "proxy-", "sec-", "x-http-"];

/// Fields that proxies set, or that Tollgate reads and writes.
const PREFIXES_OF_PROXIES: &[&str] =
    &["x-accel-", "x-auth-request-", "x-envoy-", "x-forwarded-", "x-original-", "x-sendfile"];

/// Why a field cannot have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldNameError {
    #[error(
        "it is not a field name of letters, digits and hyphens: write one like \"X-User-Email\""
    )]
    Malformed,
    #[error(
        "proxies drop names with an underscore, and many frameworks read it as a hyphen: write a hyphen"
    )]
    Underscore,
    #[error("HTTP itself uses this field: choose another name, such as \"X-User-Email\"")]
    OfHttp,
    #[error("proxies or Tollgate use this field: choose another name, such as \"X-User-Email\"")]
    OfProxies,
}

/// Parses the name of a field that is the operator's own.
///
/// # Errors
///
/// The name is malformed, or HTTP, proxies or Tollgate use it.
pub(crate) fn parse(name: &str) -> Result<HeaderName, FieldNameError> {
    let parsed = HeaderName::try_from(name).map_err(|_| FieldNameError::Malformed)?;
    let begins_with =
        |prefixes: &[&str]| prefixes.iter().any(|prefix| parsed.as_str().starts_with(prefix));
    // RFC 9110 §5.1 allows more, but servers map other characters to each other.
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if parsed.as_str().contains('_') {
        Err(FieldNameError::Underscore)
    } else if !parsed.as_str().bytes().all(is_usual) {
        Err(FieldNameError::Malformed)
    } else if OF_HTTP.contains(&parsed.as_str()) || begins_with(PREFIXES_OF_HTTP) {
        Err(FieldNameError::OfHttp)
    } else if begins_with(PREFIXES_OF_PROXIES) {
        Err(FieldNameError::OfProxies)
    } else {
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_http_proxies_or_tollgate_use_are_refused() {
        for (name, error) in [
            ("", FieldNameError::Malformed),
            ("X User", FieldNameError::Malformed),
            ("X-Üser", FieldNameError::Malformed),
            ("X:User", FieldNameError::Malformed),
            ("X.User", FieldNameError::Malformed),
            ("X~User", FieldNameError::Malformed),
            ("X_User", FieldNameError::Underscore),
            ("X-Auth_Request-User", FieldNameError::Underscore),
            ("Connection", FieldNameError::OfHttp),
            ("TE", FieldNameError::OfHttp),
            ("Transfer-Encoding", FieldNameError::OfHttp),
            ("Host", FieldNameError::OfHttp),
            ("content-LENGTH", FieldNameError::OfHttp),
            ("Cookie", FieldNameError::OfHttp),
            ("Authorization", FieldNameError::OfHttp),
            ("Proxy-Authorization", FieldNameError::OfHttp),
            ("Sec-Fetch-Site", FieldNameError::OfHttp),
            ("Origin", FieldNameError::OfHttp),
            ("X-HTTP-Method-Override", FieldNameError::OfHttp),
            ("X-Real-IP", FieldNameError::OfHttp),
            ("X-Forwarded-User", FieldNameError::OfProxies),
            ("x-original-uri", FieldNameError::OfProxies),
            ("X-Auth-Request-User", FieldNameError::OfProxies),
            ("X-Auth-Request-Email", FieldNameError::OfProxies),
            ("X-Envoy-Original-Path", FieldNameError::OfProxies),
            ("X-Accel-Redirect", FieldNameError::OfProxies),
        ] {
            assert_eq!(parse(name), Err(error), "{name}");
        }
    }

    #[test]
    fn other_names_are_compared_without_case() {
        for name in
            ["X-User-Email", "Remote-User", "X-Goog-Iap-Jwt-Assertion", "Cf-Access-Jwt-Assertion"]
        {
            assert_eq!(parse(name).unwrap().as_str(), name.to_lowercase());
        }
    }
}
