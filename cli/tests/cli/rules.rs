//! `tollgate rules`: which rule decides, and whether a token passes.

use std::{env, fs, process};

use super::support::{AUDIENCE, ISSUER, Run, example, example_path, tollgate};

const RULES: &str = "
    [[rule]]
    path_exact = '/health'
    public = true
    [[rule]]
    path = '/orders'
    methods = ['GET']
    scope = ['read:orders']
    [[rule]]
    path_pattern = '/orders/{}/refund'
    scope = ['refund:orders']
    required_claims = { '/realm/roles' = { contains = 'clerk' } }
    [[rule]]
    path = '/admin'
    deny = true
";

/// Runs the command with a configuration file of these lines, as of a time at which the example tokens are valid.
fn rules(name: &str, lines: &str, arguments: &[&str]) -> Run {
    rules_with(name, lines, arguments, "")
}

fn rules_with(name: &str, lines: &str, arguments: &[&str], input: &str) -> Run {
    let file = env::temp_dir().join(format!("tollgate-rules-{}-{name}.toml", process::id()));
    let text = format!(
        "proxy = 'nginx'\ncurrent_date = 1795287000\n{lines}\n[[issuer]]\nissuer = '{ISSUER}'\n\
         audience = '{AUDIENCE}'\njwks_file = '{}'\n",
        example_path("jwks.json")
    );
    fs::write(&file, text).unwrap();
    let run =
        tollgate(&[&["rules", "--config", file.to_str().unwrap()], arguments].concat(), input);
    fs::remove_file(file).unwrap();
    run
}

#[test]
fn rules_are_listed_in_the_order_of_precedence() {
    let run = rules("list", RULES, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "rule 4: path = \"/admin\": refused\n\
         rule 1: path_exact = \"/health\": public\n\
         rule 3: path_pattern = \"/orders/{}/refund\": a valid token with scope refund:orders, required claims \
         /realm/roles\n\
         rule 2: path = \"/orders\", methods = [\"GET\"]: a valid token with scope read:orders\n\
         all other paths: any valid token\n"
    );
    let json = rules("list-json", &format!("default = 'deny'\n{RULES}"), &["--json"]).json();
    assert_eq!(json["default"], "deny");
    assert_eq!(json["rules"][2]["path_pattern"], "/orders/{}/refund");
    assert_eq!(json["rules"][2]["scope"][0], "refund:orders");
    assert_eq!(json["rules"][0]["asks"], "refuses");
}

#[test]
fn without_rules_the_path_is_not_read() {
    let run = rules("none", "", &["GET", "/a//b"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "NEEDS A TOKEN\n  no rule decides\n"));
}

#[test]
fn without_a_token_the_rule_and_its_demands_are_shown() {
    for (method, path, code, parts) in [
        ("GET", "/health", 0, &["PASSES", "rule 1"][..]),
        ("GET", "/orders/7?x", 0, &["NEEDS A TOKEN", "rule 2", "scope read:orders"]),
        ("POST", "/orders/7/refund/x", 0, &["NEEDS A TOKEN", "rule 3", "/realm/roles"]),
        ("GET", "/other", 0, &["NEEDS A TOKEN", "no rule decides"]),
        ("GET", "/admin/x", 1, &["REFUSED (denied-by-rule)", "rule 4"]),
        ("PUT", "/orders", 1, &["REFUSED (method-not-listed)", "path = \"/orders\""]),
        ("GET", "/orders/../admin", 1, &["REFUSED (path-malformed)", "dot segment"]),
        ("GET", "/orders//7", 1, &["REFUSED (path-malformed)", "//"]),
        ("GET", "/%40me", 0, &["NEEDS A TOKEN"]),
    ] {
        let run = rules("decide", RULES, &[method, path]);
        assert_eq!(run.code, code, "{method} {path}: {} {}", run.stdout, run.stderr);
        for part in parts {
            assert!(run.stdout.contains(part), "{method} {path}: {part} is not in\n{}", run.stdout);
        }
    }
    let run = rules("default", &format!("default = 'deny'\n{RULES}"), &["--json", "GET", "/ADMIN"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["verdict"], "refuse");
    assert_eq!(run.json()["reason"], "denied-by-default");
}

#[test]
fn a_token_is_judged_as_the_server_judges_it() {
    let (token, tampered) = (example_path("access_token.txt"), example_path("tampered_token.txt"));
    let id_token = example_path("id_token.txt");
    for (path, token, code, parts) in [
        ("/orders", &token, 0, &["PASSES", "rule 2"][..]),
        ("/other", &token, 0, &["PASSES"]),
        ("/health", &tampered, 0, &["PASSES", "rule 1"]),
        ("/orders", &tampered, 1, &["REFUSED (signature-invalid)", "rule 2"]),
        ("/orders", &id_token, 1, &["REFUSED (typ-missing)", "see the setting typ"]),
        ("/orders/7/refund", &token, 1, &["REFUSED (insufficient-scope)", "refund:orders"]),
        ("/admin", &token, 1, &["REFUSED (denied-by-rule)"]),
    ] {
        let run = rules("token", RULES, &["GET", path, "--token", token]);
        assert_eq!(run.code, code, "{path} {token}: {} {}", run.stdout, run.stderr);
        for part in parts {
            assert!(run.stdout.contains(part), "{path}: {part} is not in\n{}", run.stdout);
        }
    }
    let header = format!("Authorization: Bearer {}\n", example("access_token.txt"));
    let run = rules_with("stdin", RULES, &["--json", "GET", "/orders", "--token", "-"], &header);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.json()["verdict"], "pass");
    assert_eq!(run.json()["decided_by"]["rule"], 2);
    let run = rules_with("opaque", RULES, &["GET", "/orders", "--token", "-"], "opaque");
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert_eq!(rules_with("empty", RULES, &["GET", "/orders", "--token", "-"], "").code, 2);
}

#[test]
fn unreachable_rules_are_listed() {
    let lines = "rule = [{ path = '/a' }, { path_exact = '/a' }, { path_pattern = '/a/{}' }]";
    let run = rules("unreachable", lines, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let warning = "warning: rule 1 never decides: rules 2, 3 decide about all of its paths";
    assert!(run.stdout.contains(warning), "{}", run.stdout);
    let json = rules("unreachable-json", lines, &["--json"]).json();
    assert_eq!(json["rules"][2]["unreachable_by"], serde_json::json!([2, 3]));
}

#[test]
fn what_cannot_be_used_exits_with_2() {
    for (lines, arguments, problem) in [
        ("rule = [{ path = '/a/*' }]", &[][..], "Write path = \"/a\""),
        ("default = 'public'", &[], "public"),
        ("default = 'deny'", &[], "no request would pass"),
        (RULES, &["GET"], "PATH"),
        (RULES, &["--token", "x"], "PATH"),
        (RULES, &["GET", "/orders", "--token", "/does/not/exist"], "cannot read"),
    ] {
        let run = rules("unusable", lines, arguments);
        assert_eq!(run.code, 2, "{lines}: {}", run.stdout);
        assert!(run.stderr.contains(problem), "{problem} is not in\n{}", run.stderr);
    }
    let unreachable = format!(
        "rule = [{{ path = '/' }}]\nallow_insecure_loopback = true\n[[issuer]]\nissuer = 'http://127.0.0.1:9'\n\
         audience = '{AUDIENCE}'\n"
    );
    let run = rules("no-keys", &unreachable, &["GET", "/"]);
    assert_eq!(run.code, 0, "keys are fetched for a token only: {}", run.stderr);
}

#[test]
fn help_shows_the_request_and_leaves_out_most_settings_of_the_server() {
    let help = tollgate(&["rules", "--help"], "").stdout;
    for shown in ["[METHOD]", "[PATH]", "--token", "--json", "--config", "--proxy"] {
        assert!(help.contains(shown), "{shown} is not in\n{help}");
    }
    assert!(!help.contains("--idle-timeout"), "{help}");
}
