//! Two servers without a common store, which share sessions by their secret.

use super::*;
use crate::support::tollgate;

#[test]
fn two_servers_share_sessions_by_a_secret_that_rotates_unnoticed() {
    let [old, new] = ["old.key", "new.key"].map(|name| {
        let path = file(name, "");
        let run = tollgate(&["secret", "--force", "-o", path.to_str().unwrap()], "");
        assert_eq!(run.code, 0, "{}", run.stderr);
        format!("{:?}", path.to_str().unwrap())
    });
    let table = |secrets: &str| {
        format!(
            "anyone = true\nscope = \"profile\"\n[sign_in.session]\nstore = \"cookie\"\nclaims = \"name\"\n\
             secret_files = [{secrets}]\n[headers]\nX-Name = \"/name\"\nX-User = \"/preferred_username\"\n"
        )
    };
    let first = Gateway::behind("nginx", "cookie_one.toml", &table(&old));
    let cookie = first.signed_in("ada", "/").cookie;
    let other = |name: &str, secrets: &str| {
        let config = file(name, &config(&first.demo, "nginx", &table(secrets)));
        Server::start(&["--config", config.to_str().unwrap()])
    };
    let check = |server: &Server| {
        let asked = [("X-Original-Method", "GET"), ("X-Original-URI", "/")];
        let browser = [("X-Forwarded-Host", HOST), ("Cookie", &cookie)];
        server.get("/auth", &[asked, browser].concat())
    };
    let answer = check(&other("cookie_other.toml", &old));
    assert_eq!((answer.status, answer.header("x-name")), (200, Some("ada")), "{answer:?}");
    // The cookie has no other claims.
    assert_eq!(answer.header("x-user"), Some(""), "{answer:?}");
    assert_eq!(check(&other("cookie_rotated.toml", &format!("{new}, {old}"))).status, 200);
    assert_eq!(check(&other("cookie_removed.toml", &new)).status, 401);
}
