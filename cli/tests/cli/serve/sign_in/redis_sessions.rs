//! Two servers that share sessions in redis.

#[path = "../../../../../std-adapter/tests/redis/server.rs"]
#[allow(dead_code, reason = "the tests of the library need more")]
mod redis;

use super::*;
use crate::support::tollgate;

#[test]
fn another_url_of_redis_takes_a_restart_and_the_log_says_so() {
    let (demo, _) = Server::demo();
    // Nobody listens there.
    let url = file("another_redis.url", "redis://127.0.0.1:1/0\n");
    let secret = file("another_redis.key", "");
    let run = tollgate(&["secret", "--force", "-o", secret.to_str().unwrap()], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let table = format!(
        "anyone = true\n[sign_in.session]\nstore = \"redis\"\nredis_url_file = {url:?}\nsecret_files = {secret:?}\n"
    );
    let path = file("another_redis.toml", &config(&demo, "nginx", &table));
    let server = Server::start(&["--config", path.to_str().unwrap()]);
    let log_after_reload = |reloads: usize| {
        server.signal("HUP");
        wait_for("a reload", || {
            let log = server.log();
            (log.matches("configuration reloaded").count() == reloads).then_some(log)
        })
    };
    assert!(!log_after_reload(1).contains("the URL of redis"));
    file("another_redis.url", "redis://127.0.0.1:2/0\n");
    let log = log_after_reload(2);
    assert!(log.contains("the URL of redis") && !log.contains("redis://"), "{log}");
}

#[test]
#[ignore = "needs redis-server: .ci/real-parts"]
fn a_session_in_redis_outlives_the_server_that_began_it() {
    let redis = redis::Server::start();
    let url = file("redis.url", &format!("{}\n", redis.url()));
    let secret = file("redis.key", "");
    let run = tollgate(&["secret", "--force", "-o", secret.to_str().unwrap()], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let table = format!(
        "anyone = true\n[sign_in.session]\nstore = \"redis\"\nredis_url_file = {url:?}\nsecret_files = {secret:?}\n"
    );
    let Gateway { demo, server, proxy } = Gateway::behind("nginx", "redis_one.toml", &table);
    let first = Gateway { demo, server, proxy };
    let [cookie, other_cookie] = ["ada", "grace"].map(|user| first.signed_in(user, "/").cookie);
    let config = file("redis_two.toml", &config(&first.demo, "nginx", &table));
    let Gateway { demo, server: killed, proxy } = first;
    let second = Server::start(&["--config", config.to_str().unwrap()]);
    killed.signal("KILL");
    let second = Gateway { demo, server: second, proxy };
    let status = |cookie: &str| second.check("GET", "/", &[("Cookie", cookie)]).status;
    assert_eq!((status(&cookie), status(&other_cookie)), (200, 200));

    let ready = || second.server.get("/readyz", &[]).json()["sign_in"]["store"].clone();
    redis.hang();
    assert_eq!((status(&cookie), ready()), (503, false.into()));
    redis.go_on();
    assert_eq!((status(&cookie), ready()), (200, true.into()));

    let config_two = config.to_str().unwrap();
    let count = tollgate(&["sessions", "--config", config_two, "--json"], "");
    assert_eq!(count.json()["sessions"], 2, "{}", count.stderr);

    let from_the_app = [("Sec-Fetch-Site", "same-origin"), ("Cookie", &cookie)];
    let leaves = [&from_the_app, &OPENS_A_PAGE[1..]].concat();
    assert_eq!(second.page("/tollgate/sign-out", &leaves).status, 303);
    assert_eq!((status(&cookie), status(&other_cookie)), (401, 200));
}
