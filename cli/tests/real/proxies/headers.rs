//! Headers that a client forges: an identity, or another original request.

use std::fs;

use super::IDENTITY;
use super::parties::PARTIES;
use super::stack::{Proxy, Stack};
use crate::http::Request;
use crate::parts::root;
use crate::upstream::{Seen, is_from_api};

#[test]
fn the_manifests_for_kubernetes_replace_every_identity_header() {
    let folder = root().join("examples/proxies/kubernetes");
    for name in ["envoy-gateway.yaml", "gateway-api.yaml", "ingress-nginx.yaml", "istio-mesh.yaml"]
    {
        let text = fs::read_to_string(folder.join(name)).unwrap().to_lowercase();
        for header in IDENTITY {
            assert!(text.contains(&header.to_lowercase()), "{name} lacks {header}");
        }
    }
}

pub(super) fn forged_identities_never_reach_the_api(proxy: Proxy) {
    no_forged_identity_reaches_the_api(&Stack::start(proxy));
}

#[test]
#[ignore = "needs node and envoy: .ci/real-parts"]
fn an_answer_over_grpc_alone_replaces_forged_identities() {
    let stack = Stack::start_defenceless(&PARTIES.provider.issuer).ready();
    no_forged_identity_reaches_the_api(&stack);
}

fn no_forged_identity_reaches_the_api(stack: &Stack) {
    let connections = [
        None,
        Some("X-Auth-Request-User, X-Auth-Request-Scope, X-User-Organization"),
        Some("Authorization, X-Original-URI, X-Forwarded-Uri"),
    ];
    for (connection, repeated) in
        connections.into_iter().flat_map(|connection| [1, 2].map(|times| (connection, times)))
    {
        let forge = |mut request: Request| {
            for name in IDENTITY {
                let (lower, underscored) = (name.to_lowercase(), name.replace('-', "_"));
                for _ in 0..repeated {
                    for name in [name, &lower, &underscored, &underscored.to_lowercase()] {
                        request = request.header(name, "forged");
                    }
                }
            }
            match connection {
                Some(names) => request.header("Connection", names),
                None => request,
            }
        };
        let is_forged = |seen: &Seen| seen.headers.iter().any(|(_, value)| value == "forged");

        let public = stack.passes(&forge(Request::get("/health")));
        assert!(!is_forged(&public), "{public:?}");
        for name in IDENTITY {
            assert!(public.values(name).iter().all(|value| value.is_empty()), "{public:?}");
        }
        let request = forge(Request::get("/orders").bearer(&PARTIES.user));
        if connection.is_some_and(|names| names.contains("Authorization")) {
            // Some proxies then drop the header, also from the check. The request must not pass as
            // another user.
            let answer = stack.ask(&request);
            for seen in stack.upstream.take() {
                assert!(!is_forged(&seen), "{seen:?}");
                assert_eq!(seen.values("X-Auth-Request-User"), ["user_7f3k"]);
            }
            assert!([200, 401, 403].contains(&answer.status), "{answer:?}");
            continue;
        }
        let seen = stack.passes(&request);
        assert!(!is_forged(&seen), "{seen:?}");
        assert_eq!(seen.values("X-Auth-Request-User"), ["user_7f3k"]);
        assert_eq!(seen.values("X-Auth-Request-Scope"), ["read:orders write:orders"]);
    }
}

pub(super) fn configured_headers_reach_the_api_whatever_a_client_forges(proxy: Proxy) {
    const NAME: &str = "X-User-Organization";
    let stack = Stack::start(proxy);
    let organization = |request: Request| {
        let seen = stack.passes(&request);
        let values = seen
            .headers
            .iter()
            .filter(|(name, _)| name.replace('_', "-").eq_ignore_ascii_case(NAME));
        let values = values.map(|(_, value)| value.clone()).filter(|value| !value.is_empty());
        values.collect::<Vec<_>>()
    };
    let forge = |request: Request, name: &str| {
        request.header(name, "org_9").header(name, "org_8").header("Connection", name)
    };
    let member = || Request::get("/orders").bearer(&PARTIES.member);
    assert_eq!(organization(member()), ["org_1"]);
    for name in [NAME, "x-user-organization", "X_User_Organization", "X-User_Organization"] {
        assert_eq!(organization(forge(member(), name)), ["org_1"], "{name}");
        for request in [Request::get("/orders").bearer(&PARTIES.read), Request::get("/health")] {
            assert!(organization(forge(request, name)).is_empty(), "{name}");
        }
    }
}

/// Headers from which a proxy, tollgate or an API might take the path or the method.
const ORIGINS: [(&str, &str); 13] = [
    ("X-Original-URI", "/health"),
    ("X-Original-URL", "/health"),
    ("X-Forwarded-Uri", "/health"),
    ("X-Rewrite-URL", "/health"),
    ("X_Original_URI", "/health"),
    ("X_Forwarded_Uri", "/health"),
    ("X-Original-Method", "GET"),
    ("X-Forwarded-Method", "GET"),
    ("X-HTTP-Method-Override", "GET"),
    ("X-HTTP-Method", "GET"),
    ("X-Method-Override", "GET"),
    ("X-Original-Method", "OPTIONS"),
    ("X-Forwarded-Method", "OPTIONS"),
];

pub(super) fn forged_origins_open_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    // Once, twice, and together with the true value.
    for (name, value) in ORIGINS {
        let truth = if value.starts_with('/') { "/orders/7" } else { "DELETE" };
        for values in [&[value][..], &[value, value], &[value, truth], &[truth, value]] {
            let mut request = Request::new("DELETE", "/orders/7");
            for value in values {
                request = request.header(name, value);
            }
            for request in [
                request.clone(),
                request.clone().bearer(&PARTIES.read),
                request.clone().header("Connection", name),
                request
                    .header("Origin", "https://x.example")
                    .header("Access-Control-Request-Method", "GET"),
            ] {
                let answer = stack.is_refused(&request);
                assert!([401, 403].contains(&answer.status), "{request:?}: {answer:?}");
            }
        }
    }
    // All at once.
    let all = |request: Request| {
        ORIGINS.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    };
    stack.is_refused(&all(Request::new("DELETE", "/orders/7")));
    stack.is_refused(&all(Request::new("DELETE", "/orders/7")).bearer(&PARTIES.read));
    stack.is_refused(&all(Request::get("/orders")));
}

pub(super) fn forged_hosts_open_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for host in [
        "a?",
        "a#",
        "health?a",
        "a/health?",
        "a\\health?",
        "a@b",
        "a%2fhealth%3f",
        "a;x",
        "a, b",
        "",
    ] {
        for target in ["/orders/7", "http://a/orders/7"] {
            let request = Request::new("DELETE", target).header("Host", host);
            for request in [request.clone(), request.bearer(&PARTIES.read)] {
                let answer = stack.ask(&request);
                let seen = stack.upstream.take();
                // Caddy has no site for other hosts, and answers with an empty 200 itself.
                assert!(seen.is_empty() && !is_from_api(&answer), "{request:?}: {answer:?}");
            }
        }
    }
}

pub(super) fn forged_origins_close_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for (name, value) in ORIGINS {
        let request = Request::new("DELETE", "/orders/7").header(name, value);
        let seen = stack.passes(&request.bearer(&PARTIES.full));
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("DELETE", "/orders/7"));
        // An API might trust them, so they must not reach it.
        assert!(!seen.values(name).contains(&value), "{name}: {seen:?}");
    }
}
