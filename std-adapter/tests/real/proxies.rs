//! The examples of proxies, each with a provider, tollgate and an API: what passes, and what the
//! API gets to see.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::http::{Answer, Request};
use crate::parts::{Folder, Process, free_port, root, until};
use crate::provider::{API, API_ES256, Provider, claims, tampered, with_kid};
use crate::upstream::{Seen, Upstream, is_from_api};

/// Each rule is a test for each proxy.
macro_rules! behind_each_proxy {
    ($($rule:ident,)*) => {
        behind_each_proxy!(nginx: Nginx, $($rule)*);
        behind_each_proxy!(caddy: Caddy, $($rule)*);
        behind_each_proxy!(envoy: Envoy, $($rule)*);
        behind_each_proxy!(traefik: Traefik, $($rule)*);
    };
    ($module:ident: $proxy:ident, $($rule:ident)*) => {
        mod $module {
            $(
                #[test]
                #[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
                fn $rule() {
                    super::$rule(super::Proxy::$proxy);
                }
            )*
        }
    };
}

behind_each_proxy! {
    good_tokens_pass_with_their_identity,
    a_request_without_a_token_is_challenged,
    refused_tokens_get_the_reason_and_never_reach_the_api,
    forged_identities_never_reach_the_api,
    ambiguous_paths_open_nothing,
    forged_origins_open_nothing,
    forged_origins_close_nothing,
    methods_need_what_the_rules_say,
    preflights_pass_where_the_rules_say,
    only_the_metadata_of_tollgate_are_public,
    without_keys_nothing_passes_and_the_client_may_come_back,
    without_tollgate_nothing_passes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proxy {
    Nginx,
    Caddy,
    Envoy,
    Traefik,
}

impl Proxy {
    const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Traefik => "traefik",
        }
    }

    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx.conf"],
            Self::Caddy => &["Caddyfile"],
            Self::Envoy => &["envoy.yaml"],
            Self::Traefik => &["traefik.yml", "dynamic.yml"],
        }
    }

    fn command(self, folder: &Folder) -> Command {
        let installed = |name| root().join("target/ci/real/python/bin").join(name);
        let file = |name| folder.path(name);
        match self {
            Self::Nginx => {
                let mut command = Command::new("nginx");
                command.args(["-e", "stderr", "-p"]).arg(file("")).args(["-c", "nginx.conf"]);
                command
            }
            Self::Caddy => {
                let mut command = Command::new("caddy");
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file("Caddyfile"));
                command.env("HOME", file(""));
                command
            }
            Self::Envoy => {
                let mut command = Command::new(installed("envoy"));
                command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "error", "-c"]);
                command.arg(file("envoy.yaml"));
                command
            }
            Self::Traefik => {
                let mut command = Command::new(installed("traefik"));
                command.current_dir(file(""));
                command
            }
        }
    }
}

/// A proxy with everything around it.
struct Stack {
    port: u16,
    upstream: Upstream,
    gateway: Gateway,
    _proxy: Process,
    _folder: Folder,
}

impl Stack {
    fn start(proxy: Proxy) -> Self {
        let stack = Self::start_for(proxy, &PARTIES.provider.issuer);
        until("tollgate has keys", || (stack.gateway.readyz().status == 200).then_some(()));
        stack
    }

    /// Starts the example of a proxy with another issuer and other ports.
    fn start_for(proxy: Proxy, issuer: &str) -> Self {
        let examples = root().join("examples/proxies");
        let read = |path: PathBuf| fs::read_to_string(&path).unwrap();
        let toml = read(examples.join("tollgate.toml"));
        let toml = replaced(&toml, "https://auth.example.com/oidc", issuer);
        let audiences = format!("audience = [\"{API}\", \"{API_ES256}\"]");
        let toml = replaced(&toml, &format!("audience = [\"{API}\"]"), &audiences);
        let toml = format!("allow_insecure_loopback = true\n{toml}");
        let gateway = Gateway::configured(&toml, &["--proxy", proxy.name()]);

        let upstream = Upstream::start();
        let (port, folder) = (free_port(), Folder::new());
        for name in proxy.files() {
            let mut text = read(examples.join(proxy.name()).join(name));
            for (example, port) in [(8080, port), (4180, gateway.port), (9000, upstream.port)] {
                for before in ["127.0.0.1:", "port_value: "] {
                    text = text.replace(&format!("{before}{example}"), &format!("{before}{port}"));
                }
            }
            folder.write(name, &text);
        }
        let mut process = Process::start(&mut proxy.command(&folder), &folder.path("proxy.log"));
        until("the proxy lets a public path pass", || {
            assert!(process.has_ended().is_none(), "{}", folder.read("proxy.log"));
            let answer = Request::get("/health").try_ask(port);
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        });
        upstream.take();
        Self { port, upstream, gateway, _proxy: process, _folder: folder }
    }

    fn ask(&self, request: &Request) -> Answer {
        request.ask(self.port)
    }

    /// Asks, and returns how the request looked to the API.
    fn passes(&self, request: &Request) -> Seen {
        let answer = self.ask(request);
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        let mut seen = self.upstream.take();
        assert_eq!(seen.len(), 1, "{request:?}: {seen:?}");
        seen.remove(0)
    }

    /// Asks, and sees that nothing reaches the API.
    fn is_refused(&self, request: &Request) -> Answer {
        let answer = self.ask(request);
        let seen = self.upstream.take();
        assert!(seen.is_empty() && !is_from_api(&answer), "{request:?} reached the API: {seen:?}");
        assert!((400..=599).contains(&answer.status), "{request:?}: {answer:?}");
        answer
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the example has no {from}");
    text.replace(from, to)
}

/// The provider that all these tests share, and tokens of it.
struct Parties {
    provider: Provider,
    full: String,
    es256: String,
    user: String,
    id_token: String,
    read: String,
    write: String,
    wrong_audience: String,
}

/// The provider ends with the test's process.
static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let provider = Provider::start();
    let signed_in = provider.mint(json!({"grant": "authorization_code"}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Parties {
        full: provider.token(),
        es256: provider.access_token(json!({"resource": API_ES256})),
        user: text(&signed_in["access_token"]),
        id_token: text(&signed_in["id_token"]),
        read: provider.access_token(json!({"scope": "read:orders"})),
        write: provider.access_token(json!({"scope": "write:orders"})),
        wrong_audience: provider.access_token(json!({"resource": "https://other.example.com"})),
        provider,
    }
});

const IDENTITY: [&str; 6] = [
    "X-Auth-Request-User",
    "X-Auth-Request-Scope",
    "X-Auth-Request-Client",
    "X-Auth-Request-Issuer",
    "X-Auth-Request-Audience",
    "X-Auth-Request-Expires",
];

const METADATA: &str =
    "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"";

fn good_tokens_pass_with_their_identity(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for (token, subject, audience) in [
        (&PARTIES.full, "app_orders", API),
        (&PARTIES.es256, "app_orders", API_ES256),
        (&PARTIES.user, "user_7f3k", API),
    ] {
        let seen = stack.passes(&Request::get("/orders/7?x=1").bearer(token));
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/orders/7?x=1"));
        let expires = claims(token)["exp"].to_string();
        let issuer = PARTIES.provider.issuer.as_str();
        let scope = "read:orders write:orders";
        let values = [subject, scope, "app_orders", issuer, audience, &expires];
        for (name, value) in IDENTITY.into_iter().zip(values) {
            assert_eq!(seen.values(name), [value], "{name}");
        }
    }
}

fn a_request_without_a_token_is_challenged(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for target in ["/orders", "/orders/7", "/elsewhere", "/"] {
        let answer = stack.is_refused(&Request::get(target));
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("WWW-Authenticate"), Some(&*format!("Bearer {METADATA}")));
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let body = json!({
            "code": "auth.authorization_header_missing",
            "message": "there is no Authorization header",
        });
        assert_eq!(answer.json(), body);
    }
}

fn refused_tokens_get_the_reason_and_never_reach_the_api(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let full = PARTIES.full.as_str();
    let long = "a".repeat(12 * 1024);
    for (name, token, status, error) in [
        ("wrong audience", PARTIES.wrong_audience.as_str(), 401, "invalid_token"),
        ("tampered", &tampered(full), 401, "invalid_token"),
        ("unknown key", &with_kid(full, "unknown"), 401, "invalid_token"),
        ("ID token", &PARTIES.id_token, 401, "invalid_token"),
        ("missing scope", &PARTIES.write, 403, "insufficient_scope"),
        ("no token", "a.b", 401, "invalid_token"),
        ("long", &long, 401, "invalid_token"),
    ] {
        let answer = stack.is_refused(&Request::get("/orders").bearer(token));
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let challenge = answer.header("WWW-Authenticate").unwrap();
        let begins = format!("Bearer {METADATA}, error=\"{error}\", ");
        assert!(challenge.starts_with(&begins), "{name}: {challenge}");
        let scope = challenge.ends_with(", scope=\"read:orders\"");
        assert_eq!(scope, status == 403, "{name}: {challenge}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{name}");
        assert!(answer.json()["message"].is_string(), "{name}: {answer:?}");
    }
    // nginx refuses two headers by itself, and Envoy makes one of them.
    for second in [full, &PARTIES.read, "a.b.c"] {
        let two = Request::get("/orders").bearer(full).bearer(second);
        let status = stack.is_refused(&two).status;
        assert_eq!(status, if proxy == Proxy::Nginx { 400 } else { 401 });
    }
    for authorization in [format!("Bearer {full},{full}"), format!("Basic {full}"), full.to_owned()]
    {
        let request = Request::get("/orders").header("Authorization", &authorization);
        assert_eq!(stack.is_refused(&request).status, 401);
    }
}

fn forged_identities_never_reach_the_api(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let connections = [
        None,
        Some("X-Auth-Request-User, X-Auth-Request-Scope"),
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
            // Some proxies drop the header then, for the check, too; the request must not pass as
            // somebody else.
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

/// Whether some API might take the target for one at or below `/orders`.
fn may_be_orders(target: &str) -> bool {
    let mut path = target.split('?').next().unwrap().to_ascii_lowercase();
    for (encoded, plain) in [
        ("%25", "%"),
        ("%25", "%"),
        ("%2e", "."),
        ("%2f", "/"),
        ("%5c", "/"),
        ("%6f", "o"),
        ("%3b", ";"),
        ("\\", "/"),
    ] {
        path = path.replace(encoded, plain);
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment.split(';').next().unwrap() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    segments.first() == Some(&"orders")
}

fn ambiguous_paths_open_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let paths = [
        "//orders",
        "/./orders",
        "/health//../orders",
        "/health/../orders",
        "/%2e%2e/orders",
        "/health/%2e%2e/orders",
        "/health/.%2E/orders",
        "/orders%2f7",
        "/health/..%2forders",
        "/health%2f..%2forders",
        "/a%5cb",
        "/health/..%5corders",
        "/health/..\\orders",
        "/orders;x",
        "/health;/../orders",
        "/health/..;/orders",
        "/orders%3bx",
        "/orders%252f7",
        "/health/%252e%252e/orders",
        "/orders%00",
        "/orders%",
    ];
    for path in paths {
        for token in [None, Some(&PARTIES.write), Some(&PARTIES.full)] {
            let request = Request::get(path);
            let request = token.map_or(request.clone(), |token| request.bearer(token));
            let answer = stack.ask(&request);
            let seen = stack.upstream.take();
            let is_full = token == Some(&PARTIES.full);
            if seen.is_empty() {
                assert!(!is_from_api(&answer), "{path}: {answer:?}");
                // 400 is the proxy's own, and so is what Traefik makes of the path.
                let is_known = [400, 403].contains(&answer.status)
                    || (proxy == Proxy::Traefik && answer.status == 401);
                assert!(is_known, "{path}: {answer:?}");
                continue;
            }
            // Traefik makes some of the paths unambiguous before tollgate sees them, and the API
            // gets what tollgate has judged.
            assert_eq!(proxy, Proxy::Traefik, "{path}: {seen:?}");
            for seen in seen {
                assert!(is_full || !may_be_orders(&seen.target), "{path}: {seen:?}");
                let ambiguous = ["//", "..", "%2e", "%2f", "%5c", ";", "\\", "%00"];
                let target = seen.target.to_ascii_lowercase();
                assert!(!ambiguous.iter().any(|part| target.contains(part)), "{path}: {seen:?}");
            }
        }
    }
    // Unreserved characters mean the same encoded or not (RFC 3986 §6.2.2.2).
    for (target, token, passes) in [
        ("/%6frders", Some(&PARTIES.full), true),
        ("/%6frders", Some(&PARTIES.write), false),
        ("/%6Frders/7", None, false),
        ("/health?/../orders", None, true),
        ("/orders?/../health", None, false),
        ("/orders/?x=/health", None, false),
        ("/orders/", Some(&PARTIES.write), false),
        ("/ordersx", Some(&PARTIES.write), true),
    ] {
        let request = Request::get(target);
        let request = token.map_or(request.clone(), |token| request.bearer(token));
        match passes {
            true => drop(stack.passes(&request)),
            false => drop(stack.is_refused(&request)),
        }
    }
    // In absolute form (RFC 9112 §3.2.2).
    for path in ["/orders", "/health/../orders", "//orders"] {
        let request = Request::get(&format!("http://127.0.0.1:{}{path}", stack.port));
        stack.ask(&request);
        stack.ask(&request.bearer(&PARTIES.write));
        let seen = stack.upstream.take();
        assert!(!seen.iter().any(|seen| may_be_orders(&seen.target)), "{path}: {seen:?}");
    }
}

/// Headers from which some proxy, tollgate or some API might take the path or the method.
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

fn forged_origins_open_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    // Once, twice, and together with what is true.
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

fn forged_origins_close_nothing(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for (name, value) in ORIGINS {
        let request = Request::new("DELETE", "/orders/7").header(name, value);
        let seen = stack.passes(&request.bearer(&PARTIES.full));
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("DELETE", "/orders/7"));
        // An API that believes them must not get them.
        assert!(!seen.values(name).contains(&value), "{name}: {seen:?}");
    }
}

fn methods_need_what_the_rules_say(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let Parties { read, write, full, .. } = &*PARTIES;
    for (method, token, status) in [
        ("GET", Some(read), 200),
        ("GET", Some(write), 403),
        ("HEAD", Some(read), 200),
        ("HEAD", Some(write), 403),
        ("HEAD", None, 401),
        ("POST", Some(write), 200),
        ("POST", Some(read), 403),
        ("POST", None, 401),
        ("DELETE", Some(full), 200),
        ("DELETE", Some(read), 403),
        ("PUT", Some(full), 403),
        ("PUT", None, 403),
        ("PATCH", Some(full), 403),
        ("OPTIONS", Some(full), 403),
        ("PROPFIND", Some(full), 403),
    ] {
        let request = Request::new(method, "/orders/7");
        let request = token.map_or(request.clone(), |token| request.bearer(token));
        if status == 200 {
            assert_eq!(stack.passes(&request).method, method);
            continue;
        }
        let answer = stack.is_refused(&request);
        assert_eq!(answer.status, status, "{request:?}: {answer:?}");
    }
    let answer = stack.is_refused(&Request::new("PUT", "/orders").bearer(full));
    assert_eq!(answer.json()["code"], "access_denied");
    assert_eq!(answer.header("WWW-Authenticate"), None);
    // Whatever a proxy does with other cases: these are other methods.
    for method in ["get", "Get", "post"] {
        stack.is_refused(&Request::new(method, "/orders/7").bearer(full));
    }
}

fn preflights_pass_where_the_rules_say(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let preflight = |target| {
        Request::new("OPTIONS", target)
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", "POST")
    };
    for target in ["/orders", "/orders/7"] {
        let seen = stack.passes(&preflight(target).header("X-Auth-Request-User", "admin"));
        assert_eq!(seen.method, "OPTIONS");
        assert_eq!(seen.values("Origin"), ["https://app.example.com"]);
        assert!(!seen.headers.iter().any(|(_, value)| value == "admin"), "{seen:?}");
    }
    assert_eq!(stack.is_refused(&preflight("/elsewhere")).status, 401);
    let origin_alone = Request::new("OPTIONS", "/orders").header("Origin", "https://a.example");
    assert_eq!(stack.is_refused(&origin_alone).status, 403);
    for forged in ["OPTIONS", "GET"] {
        let post = Request::new("POST", "/orders")
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", forged);
        assert_eq!(stack.is_refused(&post).status, 401);
    }
}

fn only_the_metadata_of_tollgate_are_public(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let answer = stack.ask(&Request::get("/.well-known/oauth-protected-resource"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let metadata = json!({
        "resource": API,
        "authorization_servers": [PARTIES.provider.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read:orders", "write:orders"],
    });
    assert_eq!(answer.json(), metadata);
    assert!(stack.upstream.take().is_empty());
    for target in [
        "/metrics",
        "/readyz",
        "/healthz",
        "/auth",
        "/auth/health",
        "/.internal/tollgate/check",
        "/.well-known/oauth-protected-resource/metrics",
        "/.well-known/oauth-protected-resource/../../metrics",
        "/.well-known/oauth-protected-resource/%2e%2e/%2e%2e/metrics",
        "/.well-known/oauth-protected-resource/..%2f..%2fmetrics",
        "/.well-known/../metrics",
    ] {
        let answer = stack.is_refused(&Request::get(target));
        assert!([400, 401, 403, 404].contains(&answer.status), "{target}: {answer:?}");
    }
    // Nobody but nginx itself asks through this.
    let check = Request::get("/.internal/tollgate/check").bearer(&PARTIES.full);
    match proxy {
        Proxy::Nginx => assert_eq!(stack.is_refused(&check).status, 404),
        _ => drop(stack.passes(&check)),
    }
    // A path of that name is the API's.
    assert_eq!(stack.passes(&Request::get("/metrics").bearer(&PARTIES.read)).target, "/metrics");
}

fn without_keys_nothing_passes_and_the_client_may_come_back(proxy: Proxy) {
    let provider = Provider::start();
    let token = provider.token();
    provider.down();
    let stack = Stack::start_for(proxy, &provider.issuer);
    let request = Request::get("/orders").bearer(&token);
    let answer = stack.is_refused(&request);
    assert_eq!(answer.status, 503, "{answer:?}");
    let seconds: u32 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.json()["code"], "temporarily_unavailable");
    assert_eq!(stack.is_refused(&Request::get("/orders")).status, 401);
    stack.passes(&Request::get("/health"));

    provider.up();
    until("the token passes", || (stack.ask(&request).status == 200).then_some(()));
}

fn without_tollgate_nothing_passes(proxy: Proxy) {
    let mut stack = Stack::start(proxy);
    stack.passes(&Request::get("/orders").bearer(&PARTIES.full));
    stack.gateway.process.kill();
    for target in ["/orders", "/health", "/elsewhere"] {
        let answer = stack.is_refused(&Request::get(target).bearer(&PARTIES.full));
        let expected = match proxy {
            Proxy::Nginx | Proxy::Envoy => 503,
            Proxy::Caddy => 502,
            Proxy::Traefik => 500,
        };
        assert_eq!(answer.status, expected, "{answer:?}");
        if expected == 503 {
            assert_eq!(answer.header("Retry-After"), Some("5"));
            assert_eq!(answer.json()["code"], "temporarily_unavailable");
        }
    }
}
