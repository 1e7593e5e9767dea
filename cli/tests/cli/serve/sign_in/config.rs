//! What a configuration of sign-in must say.

use super::file;
use crate::support::{Run, tollgate};

const START: &str = "proxy = \"nginx\"\npublic_url = \"https://app.example.com\"\n";
const CLIENT: &str = "[sign_in]\nissuer = \"https://auth.example.com\"\nclient_id = \"app\"\n";

fn run(arguments: &[&str]) -> Run {
    tollgate(arguments, "")
}

/// What `tollgate rules` says about a configuration, which it reads as the server does.
fn error(name: &str, config: &str) -> String {
    let path = file(name, config);
    let output = run(&["rules", "--config", path.to_str().unwrap()]);
    assert_eq!(output.code, 2, "{config}\n{}", output.stderr);
    output.stderr
}

const COOKIE: &str = "[sign_in.session]\nstore = \"cookie\"\n";
const REDIS: &str = "[sign_in.session]\nstore = \"redis\"\n";
const SECRET: &str = "secret_files = \"cookie.key\"\n";

#[test]
fn a_wrong_table_says_what_to_write() {
    let anyone = "anyone = true\n";
    for (config, expected) in [
        (format!("proxy = \"nginx\"\n{CLIENT}{anyone}"), "public_url is not set"),
        (format!("public_url = \"https://app.example.com\"\n{CLIENT}{anyone}"), "proxy is not set"),
        (format!("{START}{CLIENT}"), "require is not set, so everybody"),
        (format!("{START}{CLIENT}{anyone}require = {{ a = \"b\" }}\n"), "contradict each other"),
        (
            format!("{START}[sign_in]\nclient_id = \"app\"\n{anyone}"),
            "exactly one of issuer and connector",
        ),
        (
            format!("{START}[sign_in]\nissuer = \"https://auth.example.com\"\n{anyone}"),
            "client_id is not set",
        ),
        (
            format!("{START}{CLIENT}{anyone}prefix = \"/auth/x\"\n"),
            "prefix \"/auth/x\" does not do",
        ),
        (format!("{START}{CLIENT}{anyone}prefix = \"\"\n"), "prefix \"\" does not do"),
        (format!("{START}{CLIENT}{anyone}prefix = \"/a/\"\n"), "prefix \"/a/\" does not do"),
        (
            format!("{START}{CLIENT}{anyone}prefix = \"/a{{b;}}\"\n"),
            "prefix \"/a{b;}\" does not do",
        ),
        (
            format!("{START}{CLIENT}{anyone}resource = \"https://api.example.com\"\n"),
            "no [[issuer]] accepts this audience",
        ),
        (
            format!("{START}{CLIENT}{anyone}cookie_domain = \"a\"\n"),
            "unknown field `cookie_domain`",
        ),
        (
            format!("{START}{CLIENT}{anyone}[sign_in.session]\nstore = \"file\"\n"),
            "session.path is not set",
        ),
        (
            format!("{START}{CLIENT}{anyone}[sign_in.session]\npath = \"a\"\n"),
            "session.path: it is for store = \"file\" only",
        ),
        (
            format!("{START}{CLIENT}{anyone}[sign_in.session]\nmax_sessions = 0\n"),
            "session.max_sessions",
        ),
        (
            format!("{START}{CLIENT}{anyone}[sign_in.session]\nsecret_files = \"missing.key\"\n"),
            "missing.key",
        ),
        (
            format!("{START}{CLIENT}{anyone}[sign_in.session]\nclaims = \"email\"\n"),
            "session.claims: it is for store = \"cookie\" only",
        ),
        (
            format!("{START}{CLIENT}{anyone}[sign_in.session]\nredis_url_file = \"redis.url\"\n"),
            "session.redis_url_file: it is for store = \"redis\" only",
        ),
        (format!("{START}{CLIENT}{anyone}{COOKIE}"), "session.secret_files is not set"),
        (
            format!("{START}{CLIENT}{anyone}{COOKIE}path = \"a\"\n"),
            "session.path: it is for store = \"file\" only",
        ),
        (
            format!("{START}{CLIENT}{anyone}{COOKIE}{SECRET}idle_timeout = \"1 hour\"\n"),
            "session.idle_timeout: sessions in cookies have none",
        ),
        (
            format!("{START}{CLIENT}{anyone}pass_access_token = true\n{COOKIE}{SECRET}"),
            "pass_access_token: sessions in cookies have no access token",
        ),
        (
            format!("{START}{CLIENT}{anyone}client_secret_file = \"missing.secret\"\n"),
            "missing.secret",
        ),
        (format!("{START}[sign_in]\nconnector = \"missing.json\"\n{anyone}"), "missing.json"),
        (
            format!("{START}[sign_in]\nconnector = \"missing.json\"\nclient_id = \"a\"\n{anyone}"),
            "client_id: the connector says this already",
        ),
    ] {
        let error = error("wrong_sign_in.toml", &config);
        assert!(error.contains("sign_in") && error.contains(expected), "{config}\n{error}");
    }
}

#[cfg(not(feature = "redis"))]
#[test]
fn a_store_that_is_not_built_is_an_error() {
    let config = format!("{START}{CLIENT}anyone = true\n{REDIS}{SECRET}");
    let error = error("not_built.toml", &config);
    assert!(error.contains("session.store: this build has no store \"redis\""), "{error}");
}

#[cfg(feature = "redis")]
#[test]
fn sessions_in_redis_need_a_secret_and_a_url() {
    let start = format!("{START}{CLIENT}anyone = true\n{REDIS}");
    for (more, expected) in [
        ("", "session.secret_files is not set, and sessions in redis need a secret"),
        (SECRET, "session.redis_url_file is not set"),
        (
            "secret_files = \"cookie.key\"\nredis_url_file = \"missing.url\"\n",
            "session.redis_url_file: the secret in missing.url cannot be read",
        ),
        (
            "secret_files = \"cookie.key\"\nmax_sessions = 5\n",
            "session.max_sessions: redis limits sessions by its maxmemory",
        ),
        (
            "secret_files = \"cookie.key\"\npath = \"a\"\n",
            "session.path: it is for store = \"file\" only",
        ),
        (
            "secret_files = \"cookie.key\"\nredis_url = \"redis://:s3cret@host\"\n",
            "unknown field `redis_url`",
        ),
    ] {
        let error = error("redis.toml", &format!("{start}{more}"));
        assert!(error.contains(expected), "{more}\n{error}");
    }
}

#[test]
fn a_rule_that_no_session_can_meet_is_an_error() {
    let anyone = "anyone = true\n";
    let issuer = "[[issuer]]\nissuer = \"https://auth.example.com\"\naudience = \"https://api.example.com\"\n";
    let rule = |keys: &str| format!("[[rule]]\npath = \"/orders\"\n{keys}\n");
    for (keys, expected) in [
        ("scope = \"a\"", "a session has no scopes"),
        ("any_scope = [\"a\"]", "a session has no scopes"),
        ("audience = \"https://api.example.com\"", "audience: it is for tokens"),
        ("max_age = 300", "max_age: it is for tokens"),
        ("acr = \"mfa\"", "acr: it is for tokens"),
        ("mcp = \"2026-07-28\"", "mcp: it is for tokens"),
        ("credentials = []", "the list is empty"),
        ("credentials = [\"cookie\"]", "unknown variant `cookie`"),
        ("credentials = [\"bearer\"]\ncross_site = \"allow\"", "cross_site: it is for sessions"),
        ("public = true\ncredentials = [\"session\"]", "a public path needs no credentials"),
    ] {
        let error =
            error("unmeetable.toml", &format!("{START}{CLIENT}{anyone}{issuer}{}", rule(keys)));
        assert!(error.contains(expected), "{keys}\n{error}");
        let for_tokens = format!("{keys}\ncredentials = [\"bearer\"]");
        if !keys.contains("credentials") {
            let config = format!("{START}{CLIENT}{anyone}{issuer}{}", rule(&for_tokens));
            let path = file("meetable.toml", &config);
            let output = run(&["rules", "--config", path.to_str().unwrap()]);
            assert_eq!(output.code, 0, "{keys}\n{}", output.stderr);
        }
    }
    let without = format!("proxy = \"nginx\"\n{issuer}{}", rule("credentials = [\"session\"]"));
    let error = error("without_sign_in.toml", &without);
    assert!(error.contains("there is no table [sign_in]"), "{error}");
}
