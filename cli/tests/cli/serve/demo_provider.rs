//! The OpenID provider of `tollgate serve --demo`, as a client and a browser use it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{bearer, file};
use crate::server::{Answer, Server};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const USER: &str = "username=ada&password=correct+horse";

/// A demo, and an app at `localhost`.
struct Demo {
    server: Server,
    app: String,
}

impl Demo {
    fn start() -> Self {
        let (server, _) = Server::demo();
        let (_, port) = server.address.rsplit_once(':').unwrap();
        let app = format!("http://localhost:{port}");
        Self { server, app }
    }

    fn port(&self) -> &str {
        self.app.rsplit_once(':').unwrap().1
    }

    /// The query of an authorization request.
    fn query(&self, rest: &str) -> String {
        format!(
            "response_type=code&client_id=demo-app&redirect_uri={}&state=the-state&nonce=the-nonce\
             &code_challenge={CHALLENGE}&code_challenge_method=S256{rest}",
            self.callback()
        )
    }

    /// The redirect URI, encoded.
    fn callback(&self) -> String {
        format!("http%3A%2F%2Flocalhost%3A{}%2Fcallback", self.port())
    }

    /// Sends a form of the provider's pages as a browser does.
    fn submit(&self, target: &str, cookie: &str, form: &str) -> Answer {
        let origin = format!("http://{}", self.server.address);
        let mut headers = vec![("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin")];
        if !cookie.is_empty() {
            headers.push(("Cookie", cookie));
        }
        self.server.post(target, &headers, form)
    }

    fn token(&self, form: &str) -> Answer {
        // demo-app:demo-secret
        let basic = [("Authorization", "Basic ZGVtby1hcHA6ZGVtby1zZWNyZXQ=")];
        self.server.post("/demo/token", &basic, form)
    }

    fn redeem(&self, code: &str) -> Answer {
        let callback = self.callback();
        self.token(&format!(
            "grant_type=authorization_code&code={code}&redirect_uri={callback}&code_verifier={VERIFIER}"
        ))
    }

    fn refresh(&self, token: &Value) -> Answer {
        let token = token["refresh_token"].as_str().unwrap();
        self.token(&format!("grant_type=refresh_token&refresh_token={token}"))
    }

    fn user_info(&self, tokens: &Value) -> Answer {
        let authorization = bearer(tokens["access_token"].as_str().unwrap());
        self.server.get("/demo/userinfo", &[("Authorization", &authorization)])
    }
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

/// The code that a redirect brings.
fn code(answer: &Answer) -> &str {
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    location.split_once("code=").unwrap().1.split('&').next().unwrap()
}

#[test]
fn a_user_signs_in_and_out_at_the_demo() {
    let demo = Demo::start();
    let query = demo.query("&scope=openid+profile+offline_access+read:orders&prompt=consent");
    let page = demo.server.get(&format!("/demo/authorize?{query}"), &[]);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<h1>Sign in</h1>"), "{page:?}");

    // Register, sign in again, consent.
    let page = demo.submit(&format!("/demo/register?{query}"), "", USER);
    assert!(page.body.contains("<h1>Allow access?</h1>"), "{page:?}");
    let wrong = demo.submit(&format!("/demo/login?{query}"), "", "username=ada&password=wrong");
    assert!(wrong.body.contains("The user name or password is wrong."), "{wrong:?}");
    let page = demo.submit(&format!("/demo/login?{query}"), &cookie(&page), USER);
    let session = cookie(&page);
    let back = demo.submit(&format!("/demo/consent?{query}"), &session, "decision=allow");
    assert_eq!(back.status, 303);
    let location = back.header("location").unwrap();
    assert!(location.starts_with(&format!("{}/callback?code=", demo.app)), "{location}");
    assert!(location.contains("&state=the-state&iss=http%3A%2F%2F127.0.0.1"), "{location}");

    // The tokens pass the gate, and tell who the user is.
    let code = code(&back);
    let tokens = demo.redeem(code).json();
    let authorization = bearer(tokens["access_token"].as_str().unwrap());
    assert_eq!(demo.server.get("/orders", &[("Authorization", &authorization)]).status, 200);
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(demo.server.get("/orders", &[("Authorization", &bearer(id_token))]).status, 401);
    assert_eq!(demo.user_info(&tokens).json()["name"], "ada");
    assert_eq!(demo.redeem(code).json()["error"], "invalid_grant");
    assert_eq!(demo.user_info(&tokens).status, 401, "a code that is used twice ends its tokens");

    // Refresh tokens rotate, and a used one ends the family.
    let query = demo.query("&scope=openid+offline_access&prompt=consent");
    let back = demo.submit(&format!("/demo/consent?{query}"), &session, "decision=allow");
    let first = demo.redeem(self::code(&back)).json();
    let second = demo.refresh(&first).json();
    assert_eq!(demo.user_info(&second).status, 200);
    let reused = demo.refresh(&first);
    assert_eq!((reused.status, reused.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(demo.refresh(&second).json()["error"], "invalid_grant");
    assert_eq!(demo.user_info(&second).status, 401);

    // The user who is signed in returns at once, until signing out.
    let query = demo.query("&scope=openid");
    let authorize = format!("/demo/authorize?{query}");
    let cookies = [("Cookie", session.as_str())];
    let back = demo.server.get(&authorize, &cookies);
    assert_eq!(back.status, 302);
    let tokens = demo.redeem(self::code(&back)).json();
    let hint = tokens["id_token"].as_str().unwrap();
    let target = format!(
        "/demo/end_session?id_token_hint={hint}&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A{}%2F",
        demo.port()
    );
    let out = demo.server.get(&target, &cookies);
    assert_eq!((out.status, out.header("location")), (302, Some(&*format!("{}/", demo.app))));
    assert!(demo.server.get(&authorize, &cookies).body.contains("<h1>Sign in</h1>"));
    demo.server.logged_line("told the app that a session has ended");
}

#[test]
fn a_sign_out_at_the_demos_provider_ends_the_session_of_the_bookstore() {
    let demo = Demo::start();
    let host = format!("localhost:{}", demo.port());
    let at_app = |target: &str, cookie: &str| {
        demo.server.get(target, &[("Host", &host), ("Cookie", cookie)])
    };
    let begun = demo.server.get("/sign-in", &[("Host", &host)]);
    let (_, query) = begun.header("location").unwrap().split_once('?').unwrap();
    let back = demo.submit(&format!("/demo/register?{query}"), "", USER);
    let at_provider = cookie(&back);
    let callback = back.header("location").unwrap().strip_prefix(&demo.app).unwrap();
    let finished = at_app(callback, &cookie(&begun));
    let cookies = finished.values("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|it| it.split(';').next().unwrap()).collect();
    let session = cookies.join("; ");
    assert!(at_app("/", &session).body.contains(">Authenticated<"), "{finished:?}");

    let target = format!(
        "/demo/end_session/confirm?client_id=demo-app&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A{}%2F",
        demo.port()
    );
    let out = demo.submit(&target, &at_provider, "decision=sign-out");
    assert_eq!(out.header("location"), Some(&*format!("{}/", demo.app)));
    let ended = Instant::now();
    while !at_app("/", &session).body.contains(">Not authenticated<") {
        assert!(ended.elapsed() < Duration::from_secs(1), "the session lives");
    }
    let line = demo.server.logged_line("the provider has ended sessions");
    assert!(line.contains("ended=1") && line.contains(&demo.server.issuer()), "{line}");

    let refused = demo.server.post("/backchannel-logout", &[], "logout_token=eyJ9.eyJ9.eyJ9");
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_request")));
    let line = demo.server.logged_line("a back-channel logout was refused");
    assert!(line.contains("the logout token is refused: "), "{line}");
    assert!(!demo.server.log().contains("eyJ"), "{}", demo.server.log());
}

/// The trial of the guide is the recipe of a Flask app, too.
#[test]
fn the_configuration_of_the_guide_signs_users_in_at_the_demo() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sign-in-proxy.md");
    let guide = fs::read_to_string(guide).unwrap();
    let (secret, configuration) =
        (between(&guide, "echo ", " >"), between(&guide, "```toml\n", "```"));
    let demo = Demo::start();
    let secret = file("guide.secret", secret);
    let configuration = configuration
        .replace("http://127.0.0.1:4181/demo", &demo.server.issuer())
        .replace("client.secret", secret.to_str().unwrap());
    assert!(configuration.contains(&demo.server.issuer()), "{configuration}");
    let configuration = file("guide.toml", &configuration);
    let gate = Server::start(&["--config", configuration.to_str().unwrap()]);
    gate.wait_until_ready();

    let begun = at_guides_host(&gate, "/tollgate/sign-in?return_to=/orders?page=2", "");
    let (_, query) = begun.header("location").unwrap().split_once('?').unwrap();
    let back = demo.submit(&format!("/demo/register?{query}"), "", USER);
    let callback = back.header("location").unwrap_or_else(|| panic!("{back:?}"));
    let callback = callback.strip_prefix("http://localhost:8080").unwrap();
    let finished = at_guides_host(&gate, callback, &cookie(&begun));
    let session = finished.values("set-cookie").iter().find(|it| it.starts_with("tollgate-8080="));
    let session = session.unwrap_or_else(|| panic!("{finished:?}")).split(';').next().unwrap();
    let out = at_guides_host(&gate, "/tollgate/sign-out", session);
    let (_, target) = out.header("location").unwrap().split_once("/demo/").unwrap();
    let out = demo.server.get(&format!("/demo/{target}"), &[("Cookie", &cookie(&back))]);
    assert_eq!(out.header("location"), Some("http://localhost:8080/"));
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

/// As nginx sends it.
fn at_guides_host(gate: &Server, target: &str, cookie: &str) -> Answer {
    gate.get(target, &[("X-Forwarded-Host", "localhost:8080"), ("Cookie", cookie)])
}

#[test]
fn the_demo_describes_its_provider() {
    let demo = Demo::start();
    let metadata = demo.server.get("/demo/.well-known/openid-configuration", &[]).json();
    let issuer = demo.server.issuer();
    assert_eq!(metadata["issuer"], issuer);
    for name in ["authorization", "token", "userinfo", "end_session", "revocation"] {
        let url = metadata[format!("{name}_endpoint")].as_str().unwrap();
        let path = url.strip_prefix(&format!("http://{}", demo.server.address)).unwrap();
        assert_ne!(demo.server.post(path, &[], "").status, 404, "{url}");
    }
    let jwks = demo.server.get("/demo/jwks", &[]).json();
    assert_eq!(metadata["jwks_uri"], format!("{issuer}/jwks"));
    assert_eq!(metadata["id_token_signing_alg_values_supported"][0], jwks["keys"][0]["alg"]);
}

#[test]
fn pages_are_redirected_to_their_host() {
    let demo = Demo::start();
    let (app, provider) = (format!("localhost:{}", demo.port()), &demo.server.address);
    let at_app = [("Host", app.as_str())];
    let page = demo.server.get("/demo/authorize?a=b", &at_app);
    let expected = format!("http://{provider}/demo/authorize?a=b");
    assert_eq!((page.status, page.header("location")), (302, Some(&*expected)));
    let page = demo.server.get("/callback?code=a", &[]);
    let expected = format!("{}/callback?code=a", demo.app);
    assert_eq!((page.status, page.header("location")), (302, Some(&*expected)));
    // Programs use both names.
    let authorization = bearer(&demo.server.token("scope=read:orders"));
    let headers = [("Host", app.as_str()), ("Authorization", &authorization)];
    for path in ["/orders", "/auth", "/user/info"] {
        assert_eq!(demo.server.get(path, &headers).status, 200, "{path}");
    }
    for path in ["/demo/jwks", "/demo/token", "/demo/.well-known/openid-configuration", "/metrics"]
    {
        assert_eq!(demo.server.get(path, &at_app).status, 200, "{path}");
    }
}

#[test]
fn a_body_that_is_too_large_is_not_read() {
    let demo = Demo::start();
    let form = "a".repeat(17 * 1024);
    assert_eq!(demo.server.post("/demo/token", &[], &form).status, 413);
}
