//! Wrong and empty configurations.

use std::process;

use super::file;
use crate::support::tollgate;

#[test]
fn a_wrong_configuration_is_an_error_that_names_the_key_and_the_fix() {
    let issuer = "issuer = \"https://auth.example.com/oidc\"\naudience = \"a\"\n";
    let table = |rest: &str| format!("[[issuer]]\n{issuer}{rest}");
    for (config, key, fix) in [
        (String::new(), "no issuer", "--issuer"),
        ("listne = \"127.0.0.1:1\"".to_owned(), "listne", "expected one of"),
        ("listen = \"127.0.0.1\"".to_owned(), "listen", "give HOST:PORT"),
        ("listen = [\"unix:\"]".to_owned(), "listen", "unix:/run/tollgate.sock"),
        ("socket_mode = 660".to_owned(), "socket_mode", "in octal"),
        ("socket_owner = \":\"".to_owned(), "socket_owner", "USER:GROUP"),
        (table("audiense = \"a\""), "audiense", "expected one of"),
        ("[[issuer]]\nissuer = \"https://a.example\"".to_owned(), "audience", "name the API"),
        (table("any_audience = true"), "any_audience", "remove"),
        (table("leeway = \"2 hours\""), "leeway", "at most 3600 seconds"),
        (table("leeway = \"soon\""), "leeway", "5 minutes"),
        (table("algorithms = [\"HS256\"]"), "algorithms", "choose from ES256, ES384"),
        (table("typ = \"JWT\"\nany_typ = true"), "any_typ", "remove"),
        (table("typ_absent = true"), "typ_absent", "typ = \"JWT\""),
        (table("any_typ = true\ntyp_absent = true"), "typ_absent", "remove"),
        (table("proof_of_possession = \"yes\""), "proof_of_possession", "checked-by-gateway"),
        (table("scope = [\"read orders\"]"), "scope", "\"read orders\""),
        (table("max_stale = 0"), "max_stale", "at least 1 s"),
        (table("refresh = \"59 s\""), "refresh", "60 to 86400 seconds"),
        (table("refresh = \"25 hours\""), "refresh", "60 to 86400 seconds"),
        (table("cooldown = 0"), "cooldown", "1 to 3600 seconds"),
        (table("cooldown = \"2 hours\""), "cooldown", "1 to 3600 seconds"),
        (table("fetch_timeout = 0"), "fetch_timeout", "1 to 60 seconds"),
        (table("fetch_timeout = 61"), "fetch_timeout", "1 to 60 seconds"),
        (table("crit = [\"exp\", \"alg\"]"), "crit", "registered"),
        (table("required_claims = { a = false }"), "required_claims", "equals = false"),
        (table("max_token_age = \"5 months\""), "max_token_age", "30 days"),
        (table("jwks_uri = \"http://a.example/jwks\""), "jwks_uri", "https://"),
        (
            "[[issuer]]\nissuer = \"http://a.example\"\naudience = \"a\"".to_owned(),
            "issuer",
            "https://",
        ),
        (
            "[[issuer]]\nissuer = \"my-service\"\naudience = \"a\"".to_owned(),
            "my-service",
            "set jwks_uri",
        ),
        (
            format!("allow_http_hosts = \"keycloak\"\n{}", table("")),
            "allow_http_hosts",
            "keycloak:8080",
        ),
        (table("ca_file = \"/nowhere/ca.pem\""), "ca_file", "/nowhere/ca.pem"),
        (table("bearer_token_file = \"/nowhere/token\""), "bearer_token_file", "/nowhere/token"),
        (
            table("[[rule]]\npath = \"/a\""),
            "proxy",
            "nginx, ingress-nginx, haproxy, traefik, caddy or envoy",
        ),
        (format!("proxy = \"apache\"\n{}", table("")), "proxy", "nginx"),
        (format!("proxy = \"nginx\"\n{}[[rule]]\npath = \"a\"", table("")), "path", "/"),
        (format!("resource = \"api\"\n{}", table("")), "resource", "https://"),
        (format!("token_from = []\n{}", table("")), "token_from", "name a source"),
        (format!("token_from = \"query\"\n{}", table("")), "token_from", "cookie"),
        (format!("token_from = 7\n{}", table("")), "token_from", "or a list of these"),
        (
            format!("token_from = {{ header = \"Host\" }}\n{}", table("")),
            "token_from",
            "choose another name",
        ),
        (
            format!("headers = {{ X-Forwarded-For = \"/sub\" }}\n{}", table("")),
            "X-Forwarded-For",
            "choose another name",
        ),
        (format!("headers = {{ X-User = \"sub\" }}\n{}", table("")), "X-User", "\"/email\""),
        (format!("percent_encode_identity = 1\n{}", table("")), "percent_encode_identity", "true"),
        (
            format!("percent_encode_identity = [\"X-User\"]\n{}", table("")),
            "percent_encode_identity",
            "[headers]",
        ),
        (format!("public_url = \"app\"\n{}", table("")), "public_url", "https://app.example.com"),
        (format!("cors_origins = \"*\"\n{}", table("")), "cors_origins", "https://app.example.com"),
        (format!("max_connections = 0\n{}", table("")), "max_connections", "1 to 1000000"),
        (format!("max_header_bytes = 4096\n{}", table("")), "max_header_bytes", "8192 to 1048576"),
        (format!("idle_timeout = 0\n{}", table("")), "idle_timeout", "1 to 3600 seconds"),
        (format!("idle_timeout = \"soon\"\n{}", table("")), "idle_timeout", "5 minutes"),
        (
            format!("drain_timeout = \"2 hours\"\n{}", table("")),
            "drain_timeout",
            "0 to 3600 seconds",
        ),
        (
            format!("shutdown_delay = \"2 hours\"\n{}", table("")),
            "shutdown_delay",
            "0 to 3600 seconds",
        ),
        (format!("table_memory = \"lots\"\n{}", table("")), "table_memory", "8 MiB"),
        (format!("table_memory = -1\n{}", table("")), "table_memory", "give bytes"),
        (
            format!("remembered_signatures = 20000000\n{}", table("")),
            "remembered_signatures is 20000000",
            "give 0 to 16777216",
        ),
        (format!("current_date = true\n{}", table("")), "current_date", "seconds since 1970"),
        (format!("current_date = \"yesterday\"\n{}", table("")), "current_date", "seconds"),
    ] {
        let path = file("wrong.toml", &config);
        let run =
            tollgate(&["serve", "--listen", "127.0.0.1:0", "--config", path.to_str().unwrap()], "");
        assert_eq!(run.code, 2, "{config}");
        assert!(run.stderr.contains(key), "{config}: {}", run.stderr);
        assert!(run.stderr.contains(fix), "{config}: {}", run.stderr);
    }
}

#[test]
fn an_empty_variable_of_the_environment_is_none() {
    let output = process::Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(["serve", "--issuer", "http://127.0.0.1:1", "--audience", "a"])
        .envs(
            [
                "TOLLGATE_LISTEN",
                "TOLLGATE_SCOPE",
                "TOLLGATE_CONFIG",
                "TOLLGATE_LEEWAY",
                "TOLLGATE_MAX_CONNECTIONS",
                "TOLLGATE_IDLE_TIMEOUT",
                "TOLLGATE_TABLE_MEMORY",
            ]
            .map(|it| (it, "")),
        )
        .output()
        .unwrap();
    // It fails at the issuer, which is not https.
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("https://"), "{error}");
}

#[test]
fn flags_that_contradict_each_other_are_an_error() {
    let config = file(
        "both.toml",
        "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"https://api.example.com\"\n",
    );
    for (arguments, message) in [
        (&["--audience", "https://api.example.com"][..], "--issuer"),
        (
            &["--config", config.to_str().unwrap(), "--issuer", "https://a.example"],
            "remove one of the two",
        ),
        (&["--demo", "--issuer", "https://a.example"], "--demo"),
        (&["--demo", "--max-connections", "1"], "--demo"),
        (&["--demo", "--table-memory", "1 MiB"], "--demo"),
        (&["--table-memory", "8 potatoes"], "512 KiB"),
        (&["--max-connections", "0"], "max_connections is 0: give 1 to 1000000"),
        (&["--idle-timeout", "2 hours"], "idle_timeout is 7200: give 1 to 3600 seconds"),
        (&["--config", "/nowhere/tollgate.toml"], "cannot read"),
    ] {
        let run = tollgate(&[&["serve"], arguments].concat(), "");
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
    }
}
