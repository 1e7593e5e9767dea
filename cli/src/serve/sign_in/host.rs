//! Under which host name a browser sees the app, as its proxy says.

use http::header::{HOST, HeaderMap, HeaderName};

use crate::serve::original_request::{Check, Proxy, after_authority};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");

/// The host of the request that a check is about. `None` if the proxy's header is missing or repeated.
pub(super) fn of_check<'h>(
    proxy: Proxy,
    check: Check<'h>,
    headers: &'h HeaderMap,
) -> Option<&'h [u8]> {
    #[cfg(feature = "grpc")]
    if let Check::Attributes { host, .. } = check {
        return Some(host);
    }
    #[cfg(not(feature = "grpc"))]
    let _ = check;
    match proxy {
        Proxy::IngressNginx => authority(the_only(headers, &ORIGINAL_URL)?),
        proxy => of_page(proxy, headers),
    }
}

/// The host of a request for a page of sign-in, which the proxy hands on.
pub(super) fn of_page(proxy: Proxy, headers: &HeaderMap) -> Option<&[u8]> {
    match proxy {
        Proxy::Nginx | Proxy::Haproxy | Proxy::Traefik => the_only(headers, &FORWARDED_HOST),
        Proxy::IngressNginx | Proxy::Caddy | Proxy::Envoy => the_only(headers, &HOST),
    }
}

fn the_only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

/// The host and the port of a URL.
fn authority(url: &[u8]) -> Option<&[u8]> {
    let rest = after_authority(url)?;
    let before = url.get(..url.len().checked_sub(rest.len())?)?;
    let slashes = before.windows(3).position(|three| three == b"://")?;
    before.get(slashes.checked_add(3)?..)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn host(proxy: Proxy, fields: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        let check = Check::Http { method: &Method::GET, target: "/auth" };
        let host = of_check(proxy, check, &headers)?;
        Some(String::from_utf8(host.to_vec()).unwrap())
    }

    #[test]
    fn each_proxy_has_one_source_of_the_host() {
        let all = [
            ("host", "own.example"),
            ("x-forwarded-host", "forwarded.example"),
            ("x-original-url", "https://original.example:8443/orders?a=https://b.example/"),
        ];
        for (proxy, expected) in [
            (Proxy::Nginx, "forwarded.example"),
            (Proxy::Haproxy, "forwarded.example"),
            (Proxy::Traefik, "forwarded.example"),
            (Proxy::IngressNginx, "original.example:8443"),
            (Proxy::Caddy, "own.example"),
            (Proxy::Envoy, "own.example"),
        ] {
            assert_eq!(host(proxy, &all).as_deref(), Some(expected), "{proxy:?}");
            assert_eq!(host(proxy, &[]), None, "{proxy:?}");
            let twice: Vec<_> = all.iter().chain(&all).copied().collect();
            assert_eq!(host(proxy, &twice), None, "{proxy:?}");
        }
    }
}
