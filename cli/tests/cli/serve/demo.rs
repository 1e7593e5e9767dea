//! `tollgate serve --demo`.

use super::bearer;
use crate::server::Server;
use crate::support::tollgate;

#[test]
fn the_demo_answers_its_own_lines_as_it_says() {
    let (demo, greeting) = Server::demo();
    let lines = curl_lines(&greeting);
    let mut statuses = Vec::new();
    for (token, url) in &lines {
        let path = url.strip_prefix(&format!("http://{}", demo.address)).unwrap();
        let authorization = token.as_deref().map(bearer);
        let headers = authorization.iter().map(|value| ("Authorization", value.as_str()));
        statuses.push(demo.get(path, &headers.collect::<Vec<_>>()).status);
    }
    assert_eq!(statuses, [200, 401, 401, 403, 401]);
    for status in ["200", "401", "403"] {
        assert!(greeting.contains(&format!(": {status}\n")), "{greeting}");
    }
}

/// The commands that the demo prints: the token, if any, and the URL.
fn curl_lines(greeting: &str) -> Vec<(Option<String>, String)> {
    let lines = greeting.lines().filter(|line| line.starts_with("curl"));
    lines
        .map(|line| {
            let token =
                line.split_once("Bearer ").map(|(_, rest)| rest.split('\'').next().unwrap());
            (token.map(str::to_owned), line.split(' ').next_back().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn the_demo_mints_what_is_asked_for() {
    let (demo, _) = Server::demo();
    for (query, status, reason) in [
        ("scope=read:orders", 200, ""),
        ("scope=read:orders&alg=ES256", 200, ""),
        ("scope=read:orders&alg=RS256", 200, ""),
        ("scope=read:orders&alg=EdDSA", 200, ""),
        ("scope=read:orders&alg=Ed25519", 200, ""),
        ("scope=write:orders&alg=RS256", 403, "insufficient_scope"),
        ("scope=write:orders+read:orders", 200, ""),
        ("scope=write:orders", 403, "insufficient_scope"),
        ("scope=read:orders&lifetime=-100", 401, "invalid_token"),
        ("scope=read:orders&audience=https://other.example", 401, "invalid_token"),
    ] {
        let authorization = bearer(&demo.token(query));
        let answer = demo.get("/orders", &[("Authorization", &authorization)]);
        assert_eq!(answer.status, status, "{query}: {answer:?}");
        assert!(answer.body.contains(reason), "{query}: {answer:?}");
    }
    for alg in ["HS256", "ES512", "none"] {
        assert_eq!(demo.get(&format!("/demo/token?alg={alg}"), &[]).status, 400);
    }
    assert_eq!(demo.get("/demo/token?scop=a", &[]).status, 400);
    let json = demo.get("/demo/token", &[("Accept", "application/json")]).json();
    assert_eq!(json["token_type"], "Bearer");
}

#[test]
fn the_demo_listens_on_loopback_only() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:4180"] {
        let run = tollgate(&["serve", "--demo", "--listen", listen], "");
        assert_eq!(run.code, 2, "{listen}");
        assert!(run.stderr.contains("loopback"), "{}", run.stderr);
    }
}
