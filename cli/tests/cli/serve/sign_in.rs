//! `[sign_in]`: browsers that sign in at the demo's provider, with the checks of a proxy.

mod config;
mod connector;
mod cookie_sessions;
mod one_issuer;
#[cfg(feature = "redis")]
mod redis_sessions;
mod reload;

use super::{bearer, file};
use crate::server::{Answer, Server, wait_for};

/// The origin that the demo's provider has registered for an app behind a proxy.
const ORIGIN: &str = "http://localhost:8080";
const HOST: &str = "localhost:8080";

/// Fields of a browser that opens a page.
const OPENS_A_PAGE: [(&str, &str); 3] = [
    ("Accept", "text/html,application/xhtml+xml"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
];

/// The demo as the provider, and a server that asks it.
struct Gateway {
    demo: Server,
    server: Server,
    proxy: &'static str,
}

/// One user's browser.
struct Browser<'g> {
    gateway: &'g Gateway,
    cookie: String,
}

impl Gateway {
    /// `more` follows the table `[sign_in]` of anyone.
    fn start(name: &str, more: &str) -> Self {
        Self::behind("nginx", name, &format!("anyone = true\n{more}"))
    }

    /// `more` are lines of the table `[sign_in]`, and tables.
    fn behind(proxy: &'static str, name: &str, more: &str) -> Self {
        let (demo, _) = Server::demo();
        let config = file(name, &config(&demo, proxy, more));
        let server = Server::start(&["--config", config.to_str().unwrap()]);
        let gateway = Self { demo, server, proxy };
        gateway.wait_until_ready();
        gateway
    }

    fn wait_until_ready(&self) {
        wait_for("the provider", || {
            let readiness = self.server.get("/readyz", &[]).json();
            (readiness["sign_in"]["provider"] == true && readiness["ready"] == true).then_some(())
        });
    }

    /// Asks whether a request may pass.
    fn check(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let own = [
            ("X-Original-Method", method),
            ("X-Original-URI", target),
            ("X-Forwarded-Method", method),
            ("X-Forwarded-Uri", target),
            ("X-Forwarded-Host", HOST),
            ("Host", HOST),
        ];
        let host = headers.iter().any(|(name, _)| *name == "Host" || *name == "X-Forwarded-Host");
        let wanted: &[&str] = match self.proxy {
            "nginx" => &["X-Original-Method", "X-Original-URI", "X-Forwarded-Host"],
            "traefik" => &["X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host"],
            _ => &["X-Forwarded-Method", "X-Forwarded-Uri", "Host"],
        };
        let own = own.into_iter().filter(|(name, _)| {
            wanted.contains(name) && !(host && (*name == "X-Forwarded-Host" || *name == "Host"))
        });
        let headers: Vec<_> = own.chain(headers.iter().copied()).collect();
        self.server.get("/auth", &headers)
    }

    /// Opens a page of sign-in.
    fn page(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        let host = if self.proxy == "caddy" { "Host" } else { "X-Forwarded-Host" };
        self.server.get(target, &[&[(host, HOST)], headers].concat())
    }

    /// Signs a new user in, who returns to `target`.
    fn signed_in(&self, user: &str, target: &str) -> Browser<'_> {
        let answer = self.sign_in(user, target);
        assert_eq!((answer.status, answer.header("location")), (303, Some(target)), "{answer:?}");
        Browser { gateway: self, cookie: session_cookie(&answer) }
    }

    /// The answer to the provider's answer about a new user.
    fn sign_in(&self, user: &str, target: &str) -> Answer {
        let encoded = target.replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
        let started = self.page(&format!("/tollgate/sign-in?return_to={encoded}"), &[]);
        assert_eq!(started.status, 302, "{started:?}");
        let attempt = cookies(&started).remove(0);
        let url = started.header("location").unwrap();
        let target = url.strip_prefix(&format!("http://{}", self.demo.address)).unwrap();
        let register = target.replace("/authorize?", "/register?");
        let origin = format!("http://{}", self.demo.address);
        let headers = [("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin")];
        let form = format!("username={user}&password=correct+horse");
        let mut back = self.demo.post(&register, &headers, &form);
        if back.body.contains("Allow access?") {
            let cookie = cookies(&back).remove(0);
            let consent = target.replace("/authorize?", "/consent?");
            let headers = [&headers[..], &[("Cookie", cookie.as_str())]].concat();
            back = self.demo.post(&consent, &headers, "decision=allow");
        }
        let callback = back.header("location").unwrap_or_else(|| panic!("{back:?}"));
        let callback = callback.strip_prefix(ORIGIN).unwrap();
        self.page(callback, &[("Cookie", &attempt)])
    }
}

fn config(demo: &Server, proxy: &str, more: &str) -> String {
    let secret = format!("{}.secret", demo.address.replace(':', "-"));
    format!(
        "allow_insecure_loopback = true\npublic_url = \"{ORIGIN}\"\nproxy = \"{proxy}\"\n\
         [sign_in]\nissuer = \"{}\"\nclient_id = \"demo-app\"\n\
         client_secret_file = \"{}\"\n{more}",
        demo.issuer(),
        file(&secret, "demo-secret\n").display()
    )
}

/// An issuer whose access tokens are accepted, for `config`.
fn api(demo: &Server) -> String {
    format!("[[issuer]]\nissuer = \"{}\"\naudience = \"https://api.example.com\"\n", demo.issuer())
}

impl Browser<'_> {
    fn check(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let cookie = [("Cookie", self.cookie.as_str())];
        self.gateway.check(method, target, &[&cookie, headers].concat())
    }
}

/// The cookies that an answer sets, each as a browser sends it.
fn cookies(answer: &Answer) -> Vec<String> {
    let pair = |field: &String| field.split(';').next().unwrap().to_owned();
    answer.values("set-cookie").iter().map(pair).collect()
}

fn session_cookie(answer: &Answer) -> String {
    let mut cookies = cookies(answer).into_iter();
    cookies.find(|cookie| !cookie.contains("-attempt-")).unwrap()
}

#[test]
fn the_provider_finds_back_channel_logout_under_any_host() {
    let gateway = Gateway::start("sign-in-backchannel", "");
    for host in [HOST, "127.0.0.1:1", "another.example"] {
        let headers = [("X-Forwarded-Host", host)];
        let form = "logout_token=eyJ9.eyJ9.eyJ9";
        let answer = gateway.server.post("/tollgate/backchannel-logout", &headers, form);
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some("invalid_request"))
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn a_navigation_without_a_session_goes_to_sign_in() {
    let location = format!("{ORIGIN}/tollgate/sign-in?return_to=%2Forders%3Fa%3Db%2526c");
    for (proxy, status) in [("nginx", 401), ("caddy", 302), ("traefik", 302)] {
        let gateway = Gateway::behind(proxy, &format!("{proxy}.toml"), "anyone = true\n");
        let answer = gateway.check("GET", "/orders?a=b%26c", &OPENS_A_PAGE);
        assert_eq!((answer.status, answer.header("location")), (status, Some(&*location)));
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{proxy}");
        // Off this machine, browsers say less on http.
        let answer = gateway.check("GET", "/orders?a=b%26c", &[("Accept", "text/html")]);
        assert_eq!((answer.status, answer.header("location")), (status, Some(&*location)));
    }
}

#[test]
fn what_is_no_navigation_gets_401_with_json() {
    let gateway = Gateway::start("no_navigation.toml", "");
    let fetch = [("Accept", "text/html"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")];
    let prefetch = [&OPENS_A_PAGE[..], &[("Sec-Purpose", "prefetch")]].concat();
    let frame =
        [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")];
    let websocket = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")];
    for headers in [&fetch[..], &prefetch, &frame, &websocket, &[]] {
        let answer = gateway.check("GET", "/orders", headers);
        assert_eq!((answer.status, answer.header("location")), (401, None), "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let json = answer.json();
        assert_eq!(json["code"], "sign_in_required");
        assert_eq!(json["sign_in"], format!("{ORIGIN}/tollgate/sign-in"));
    }
    // A form that was sent is not lost silently.
    let page = gateway.check("POST", "/orders", &OPENS_A_PAGE);
    assert_eq!((page.status, page.header("location")), (401, None));
    assert!(page.body.contains("Your session has ended"), "{page:?}");
}

#[test]
fn a_sign_in_without_a_return_path_leads_to_the_configured_page() {
    let gateway = Gateway::start("after_sign_in.toml", "after_sign_in = \"/home?tab=1\"\n");
    let answer = gateway.sign_in("ada", "");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/home?tab=1")));
    gateway.signed_in("eve", "/");
}

#[test]
fn a_session_passes_with_the_identity_of_its_user() {
    let more = "scope = \"profile\"\n[headers]\nX-Name = \"/name\"\nX-Email = \"/email\"\n";
    let gateway = Gateway::start("session.toml", more);
    let browser = gateway.signed_in("ada", "/orders?a=b");
    for (method, target) in [("GET", "/orders"), ("POST", "/anything"), ("DELETE", "/")] {
        let answer = browser.check(method, target, &[("Sec-Fetch-Site", "same-origin")]);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("x-name"), Some("ada"));
        assert_eq!(answer.header("x-auth-request-client"), Some("demo-app"));
        assert_eq!(answer.header("x-auth-request-issuer"), Some(&*gateway.demo.issuer()));
        assert_ne!(answer.header("x-auth-request-user"), Some(""));
        assert_ne!(answer.header("x-auth-request-expires"), Some(""));
        // Always there, to overwrite what a client forges.
        for empty in ["x-email", "x-auth-request-scope", "x-auth-request-audience"] {
            assert_eq!(answer.header(empty), Some(""), "{empty}");
        }
        assert_eq!(answer.header("set-cookie"), None, "a check sets no cookie");
    }
    // Another identifier is no session, and neither is the same one twice.
    let (name, value) = browser.cookie.split_once('=').unwrap();
    let first = if value.starts_with('A') { "B" } else { "A" };
    let forged = format!("{name}={first}{}", value.chars().skip(1).collect::<String>());
    let twice = format!("{}; {0}", browser.cookie);
    for cookie in [&forged, &twice] {
        let answer = gateway.check("GET", "/orders", &[("Cookie", cookie)]);
        assert_eq!(answer.status, 401, "{cookie}");
    }
}

#[test]
fn bearer_and_session_never_mix() {
    let gateway = {
        let (demo, _) = Server::demo();
        let more = format!("anyone = true\n{}", api(&demo));
        let path = file("mix.toml", &config(&demo, "nginx", &more));
        let server = Server::start(&["--config", path.to_str().unwrap()]);
        let gateway = Gateway { demo, server, proxy: "nginx" };
        gateway.wait_until_ready();
        gateway
    };
    let browser = gateway.signed_in("ada", "/");
    assert_eq!(browser.check("GET", "/", &[]).header("x-auth-request-client"), Some("demo-app"));
    let good = bearer(&gateway.demo.token("subject=robot"));
    let expired = bearer(&gateway.demo.token("lifetime=-3600"));
    let answer = browser.check("GET", "/", &[("Authorization", &good)]);
    assert_eq!((answer.status, answer.header("x-auth-request-user")), (200, Some("robot")));
    for bad in [expired.as_str(), "Bearer abc", "Basic YTpi", ""] {
        let answer = browser.check("GET", "/", &[("Authorization", bad)]);
        assert_eq!((answer.status, answer.header("location")), (401, None), "{bad:?}");
    }
    // The host is asked only of browsers.
    let of_robot = [("Authorization", good.as_str()), ("X-Forwarded-Host", "10.0.0.7")];
    assert_eq!(gateway.check("GET", "/", &of_robot).status, 200);
}

#[test]
fn rules_say_which_credentials_they_accept() {
    let (demo, _) = Server::demo();
    let rules = "\
        [[rule]]\npath = \"/api\"\ncredentials = [\"bearer\"]\n\
        [[rule]]\npath = \"/account\"\ncredentials = [\"session\"]\n\
        [[rule]]\npath = \"/hook\"\ncross_site = \"allow\"\n\
        [[rule]]\npath = \"/staff\"\nrequired_claims = { preferred_username = \"ada\" }\n\
        [[rule]]\npath = \"/public\"\npublic = true\n";
    let more = format!("anyone = true\nscope = \"profile\"\n{}{rules}", api(&demo));
    let path = file("credentials.toml", &config(&demo, "nginx", &more));
    let server = Server::start(&["--config", path.to_str().unwrap()]);
    let gateway = Gateway { demo, server, proxy: "nginx" };
    gateway.wait_until_ready();
    let (ada, eve) = (gateway.signed_in("ada", "/"), gateway.signed_in("eve", "/"));
    let token = bearer(&gateway.demo.token(""));
    let with_token = [("Authorization", token.as_str())];

    let answer = ada.check("GET", "/api/orders", &OPENS_A_PAGE);
    assert_eq!((answer.status, answer.header("location")), (401, None), "{answer:?}");
    assert_eq!(answer.json()["code"], "auth.authorization_header_missing");
    assert_eq!(gateway.check("GET", "/api/orders", &with_token).status, 200);

    assert_eq!(ada.check("GET", "/account", &[]).status, 200);
    let answer = gateway.check("GET", "/account", &with_token);
    assert_eq!((answer.status, &*answer.json()["code"].to_string()), (403, "\"access_denied\""));

    let of_other_site = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(ada.check("POST", "/hook", &of_other_site).status, 200);
    assert_eq!(ada.check("POST", "/", &of_other_site).status, 403);

    assert_eq!(ada.check("GET", "/staff", &[]).status, 200);
    let page = eve.check("GET", "/staff", &OPENS_A_PAGE);
    assert_eq!((page.status, page.header("location")), (403, None), "never a redirect");
    assert!(page.body.contains("not-permitted"), "{page:?}");

    let public = gateway.check("GET", "/public", &[]);
    assert_eq!((public.status, public.header("x-auth-request-user")), (200, Some("")));
    // A public page knows its user, and lets everyone pass.
    let public = ada.check("GET", "/public", &[]);
    assert_eq!(public.status, 200);
    assert!(public.header("x-auth-request-user").is_some_and(|user| !user.is_empty()));
    let public = ada.check("POST", "/public", &[("Sec-Fetch-Site", "cross-site")]);
    assert_eq!((public.status, public.header("x-auth-request-user")), (200, Some("")));
}

#[test]
fn the_scopes_of_a_session_are_those_of_its_access_token() {
    let (demo, _) = Server::demo();
    let rules = "\
        [[rule]]\npath = \"/orders\"\nscope = \"read:orders\"\n\
        [[rule]]\npath = \"/write\"\nany_scope = [\"write:orders\"]\n";
    let more = format!(
        "anyone = true\nscope = [\"read:orders\"]\nresource = \"https://api.example.com\"\n\
         pass_access_token = true\n{}{rules}",
        api(&demo)
    );
    let path = file("scopes.toml", &config(&demo, "nginx", &more));
    let server = Server::start(&["--config", path.to_str().unwrap()]);
    let gateway = Gateway { demo, server, proxy: "nginx" };
    gateway.wait_until_ready();
    let browser = gateway.signed_in("ada", "/");
    let answer = browser.check("GET", "/orders", &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    let scopes = answer.header("x-auth-request-scope").unwrap();
    assert!(scopes.split(' ').any(|scope| scope == "read:orders"), "{scopes}");
    assert_eq!(answer.header("x-auth-request-audience"), Some("https://api.example.com"));
    let token = bearer(answer.header("x-auth-request-access-token").unwrap());
    assert_eq!(gateway.check("GET", "/orders", &[("Authorization", &token)]).status, 200);
    let answer = browser.check("GET", "/write", &[("Accept", "application/json")]);
    assert_eq!((answer.status, &*answer.json()["code"].to_string()), (403, "\"not-permitted\""));
}

#[test]
fn another_site_cannot_use_a_session() {
    let gateway = Gateway::start("cross_site.toml", "");
    let browser = gateway.signed_in("ada", "/");
    for (method, headers, status) in [
        ("GET", &[("Sec-Fetch-Site", "cross-site")][..], 200),
        ("POST", &[("Sec-Fetch-Site", "cross-site")], 403),
        ("POST", &[("Sec-Fetch-Site", "same-site")], 403),
        ("POST", &[("Sec-Fetch-Site", "none")], 200),
        ("POST", &[("Origin", ORIGIN)], 200),
        ("POST", &[("Origin", "https://evil.example")], 403),
        ("POST", &[("Origin", "null")], 403),
        ("POST", &[], 200),
        ("GET", &[("Upgrade", "websocket"), ("Origin", "https://evil.example")], 403),
        ("GET", &[("Sec-WebSocket-Version", "13"), ("Origin", ORIGIN)], 200),
    ] {
        let answer = browser.check(method, "/orders", headers);
        assert_eq!(answer.status, status, "{method} {headers:?}");
    }
    assert!(gateway.server.log().contains("reason=\"cross-site\""));
}

#[test]
fn an_unknown_host_is_misdirected() {
    let gateway = Gateway::start("misdirected.toml", "");
    let browser = gateway.signed_in("ada", "/");
    for host in ["evil.example", "localhost", "localhost:80800", "", "localhost:8080.evil.example"]
    {
        let foreign = [("X-Forwarded-Host", host)];
        let answer = browser.check("GET", "/", &foreign);
        assert_eq!((answer.status, answer.header("location")), (403, None), "{host:?}");
        let page = gateway.server.get("/tollgate/sign-in", &foreign);
        assert_eq!((page.status, page.header("set-cookie")), (421, None), "{host:?}");
    }
    gateway.server.logged_line("reason=\"misdirected\"");
    assert_eq!(gateway.server.get("/tollgate/sign-in", &[]).status, 421);
    let repeated = [("X-Forwarded-Host", HOST), ("X-Forwarded-Host", HOST)];
    assert_eq!(browser.check("GET", "/", &repeated).status, 403);
    let in_capitals = [("X-Forwarded-Host", "LocalHost:8080")];
    assert_eq!(browser.check("GET", "/", &in_capitals).status, 200);
}

#[test]
fn sign_out_ends_the_session() {
    let gateway = Gateway::start("sign_out.toml", "");
    let browser = gateway.signed_in("ada", "/");
    let cookie = ("Cookie", browser.cookie.as_str());
    let own = [("Sec-Fetch-Site", "same-origin"), cookie];
    let confirm = gateway.page("/tollgate/sign-out", &[("Sec-Fetch-Site", "cross-site"), cookie]);
    assert_eq!(confirm.status, 200);
    assert_eq!(browser.check("GET", "/", &[]).status, 200, "an image cannot sign out");
    let out = gateway.page("/tollgate/sign-out", &[&own[..], &OPENS_A_PAGE].concat());
    assert_eq!(out.status, 303, "{out:?}");
    assert!(out.header("location").unwrap().contains("/demo/end_session?"), "{out:?}");
    assert_eq!(browser.check("GET", "/", &[]).status, 401);
}

#[test]
fn a_stranger_with_a_valid_account_gets_no_session() {
    let require = "scope = \"profile\"\nrequire = { preferred_username = \"ada\" }\n";
    let gateway = Gateway::behind("nginx", "stranger.toml", require);
    let answer = gateway.sign_in("eve", "/");
    assert_eq!((answer.status, answer.header("location")), (403, None), "{answer:?}");
    assert!(answer.body.contains("not-permitted"), "{answer:?}");
    assert!(cookies(&answer).iter().all(|cookie| cookie.contains("-attempt-")));
    let browser = gateway.signed_in("ada", "/");
    assert_eq!(browser.check("GET", "/", &[]).status, 200);
}

#[test]
fn metrics_and_readiness_know_sign_in() {
    let gateway = Gateway::start("metrics.toml", "");
    let browser = gateway.signed_in("ada", "/");
    assert_eq!(browser.check("GET", "/", &[]).status, 200);
    assert_eq!(gateway.check("GET", "/", &OPENS_A_PAGE).status, 401);
    gateway.page("/tollgate/callback?state=unknown&code=a", &[]);
    let metrics = gateway.server.get("/metrics", &[]).body;
    for line in [
        "tollgate_sign_ins_total{outcome=\"success\"} 1",
        "tollgate_sign_ins_total{outcome=\"attempt-unknown\"} 1",
        "tollgate_sessions 1",
        "tollgate_session_evictions_total 0",
        "tollgate_sign_in_seconds_bucket{le=\"+Inf\"} 1",
        "tollgate_sign_in_seconds_count 1",
        "tollgate_verdicts_total{reason=\"session\"} 1",
        "tollgate_verdicts_total{reason=\"sign-in-required\"} 1",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line}\n{metrics}");
    }
    let readiness = gateway.server.get("/readyz", &[]).json();
    assert_eq!(readiness["sign_in"]["store"], true);
    assert_eq!(readiness["issuers"].as_array().unwrap().len(), 0);
    // Nothing of a session is in the log.
    let secret = browser.cookie.split_once('=').unwrap().1;
    assert!(!gateway.server.log().contains(secret));
}

#[test]
fn a_flood_of_error_pages_is_a_few_lines_in_the_log() {
    let gateway = Gateway::start("flood.toml", "");
    for _ in 0..40 {
        let page = gateway.page("/tollgate/callback?state=unknown&code=a", &[]);
        assert!(page.body.contains("attempt-unknown"), "{page:?}");
    }
    let lines = gateway.server.log().matches("sign-in was refused").count();
    // It may be the end of one interval and the begin of another.
    assert!((10..=20).contains(&lines), "{lines}");
}

#[test]
fn without_an_issuer_every_token_is_refused() {
    let gateway = Gateway::start("no_issuer.toml", "");
    let token = bearer(&gateway.demo.token(""));
    assert_eq!(gateway.check("GET", "/", &[("Authorization", &token)]).status, 401);
}
