//! `tollgate verify`, on tokens of a real OpenID provider.

use super::support::{AUDIENCE, ISSUER, Run, example, example_path, tollgate};

/// A time at which the example tokens are valid, 260 seconds after their `iat`.
const NOW: &str = "1795287000";

fn verify(options: &[&str], input: &str) -> Run {
    let jwks = example_path("jwks.json");
    tollgate(&[&["verify", "--jwks", &jwks], options].concat(), input)
}

fn strict(options: &[&str], input: &str) -> Run {
    let expected = ["--issuer", ISSUER, "--audience", AUDIENCE, "--now", NOW];
    verify(&[&expected, options].concat(), input)
}

#[test]
fn an_accepted_token_is_shown_with_its_claims_and_times() {
    let run = strict(&["--token", &example("access_token.txt")], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in [
        "ACCEPTED",
        "  subject     user_7f3k",
        "  scope       read:orders write:orders",
        "  expires     2026-11-21 19:45:40 UTC (in 55 minutes)",
    ] {
        assert!(run.stdout.contains(line), "{line} is not in\n{}", run.stdout);
    }
}

#[test]
fn tokens_come_as_header_or_bare_as_argument_or_on_standard_input() {
    let token = example("access_token.txt");
    let header = format!("Bearer {token}");
    for (options, input) in [
        (vec![header.as_str()], ""),
        (vec![], header.as_str()),
        (vec!["--token", &token], ""),
        (vec!["--token"], &token),
        (vec!["--token"], &format!("{token}\r\n")),
    ] {
        assert_eq!(strict(&options, input).code, 0, "{options:?}");
    }
    let run = strict(&["--json", &token], "");
    assert_eq!(run.json()["code"], "auth.authorization_token_invalid_format");
    assert_eq!(strict(&["--json"], "").json()["code"], "auth.authorization_header_missing");
}

#[test]
fn a_tampered_token_is_rejected_with_the_rule_and_the_place() {
    let run = strict(&["--token"], &example("tampered_token.txt"));
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("REJECTED  signature-invalid\n"), "{}", run.stdout);
    assert!(run.stdout.contains("the third part: the signature"), "{}", run.stdout);
}

#[test]
fn a_misencoded_byte_is_pointed_at() {
    let token = example("access_token.txt").replacen(".", ".+", 1);
    let run = strict(&["--token", "--algorithm", "ES384"], &token);
    // The payload is decoded only after the signature is verified, so the signature fails first.
    assert!(run.stdout.starts_with("REJECTED  signature-invalid\n"), "{}", run.stdout);
    let token = example("access_token.txt").replacen("eyJ", "e+J", 1);
    let run = strict(&["--token"], &token);
    assert!(run.stdout.starts_with("REJECTED  misencoded\n"), "{}", run.stdout);
    let lines: Vec<&str> = run.stdout.lines().collect();
    let pointer = lines.iter().position(|line| line.trim() == "^").unwrap();
    assert_eq!(lines[pointer - 1].chars().nth(lines[pointer].find('^').unwrap()), Some('+'));
}

#[test]
fn json_has_the_claims_or_the_whole_answer() {
    let token = example("access_token.txt");
    let run = strict(&["--json", "--token", &token], "");
    let report = run.json();
    assert_eq!(report["verdict"], "accept");
    assert_eq!(report["claims"]["sub"], "user_7f3k");
    assert_eq!(report["header"]["alg"], "ES384");

    let run = strict(&["--json", "--scope", "admin", "--token", &token], "");
    assert_eq!(run.code, 1);
    let report = run.json();
    assert_eq!(report["verdict"], "reject");
    assert_eq!(report["code"], "insufficient_scope");
    assert_eq!(report["reason"], "insufficient-scope");
    assert_eq!(report["status"], 403);
    assert!(report["message"].as_str().unwrap().contains("scope"));
    assert!(report["challenge"].as_str().unwrap().ends_with("scope=\"admin\""));
}

#[test]
fn every_option_is_enforced() {
    let token = example("access_token.txt");
    let base = ["--any-issuer", "--any-audience", "--now", NOW, "--json", "--token", &token];
    for (options, reason) in [
        (vec!["--scope", "read:orders", "--scope", "write:orders"], None),
        (vec!["--scope", "read"], Some("insufficient-scope")),
        (vec!["--typ", "JWT", "--typ", "at+jwt"], None),
        (vec!["--typ", "JWT"], Some("typ-mismatch")),
        (vec!["--typ", "JWT", "--typ-absent"], Some("typ-mismatch")),
        (vec!["--algorithm", "ES384"], None),
        (vec!["--algorithm", "ES256"], Some("algorithm-not-allowed")),
        (vec!["--subject", "user_7f3k"], None),
        (vec!["--subject", "user_7f3"], Some("subject-mismatch")),
        (vec!["--require", "client_id"], None),
        (vec!["--require", "organization_id"], Some("required-claim-missing")),
        (vec!["--max-age", "5 minutes"], None),
        (vec!["--max-age", "260", "--leeway", "0"], None),
        (vec!["--max-age", "259", "--leeway", "0"], Some("too-old")),
        (vec!["--max-age", "4m", "--leeway", "0"], Some("too-old")),
    ] {
        let run = verify(&[&base, options.as_slice()].concat(), "");
        assert_eq!(run.json()["reason"].as_str(), reason, "{options:?}");
        assert_eq!(run.code, i32::from(reason.is_some()), "{options:?}");
    }
    let at = |now, leeway| {
        let options = ["--any-issuer", "--any-audience", "--now", now, "--leeway", leeway];
        verify(&[&options, ["--token", &token].as_slice()].concat(), "").code
    };
    assert_eq!(at("1795290339", "0"), 0);
    assert_eq!(at("1795290340", "0"), 1);
    assert_eq!(at("1795290340", "1"), 0);
    assert_eq!(at("1795286739", "0"), 1, "issued in the future");
}

#[test]
fn wrong_use_exits_with_2_and_says_what_to_do() {
    let token = example("access_token.txt");
    for (options, says) in [
        (vec!["--any-audience"], "--issuer"),
        (vec!["--any-issuer"], "--audience"),
        (vec!["--issuer", "x", "--any-issuer", "--any-audience"], "cannot be used with"),
        (vec!["--any-issuer", "--any-audience", "--algorithm", "none"], "ES256, ES384"),
        (vec!["--any-issuer", "--any-audience", "--leeway", "3601"], "3600"),
        (vec!["--any-issuer", "--any-audience", "--max-age", "soon"], "5 minutes"),
        (vec!["--any-issuer", "--any-audience", "--scope", "a b"], "scope-token"),
        (vec!["--any-issuer", "--any-audience", "--typ-absent"], "--typ"),
    ] {
        let run = verify(&[options.as_slice(), &["--token", &token]].concat(), "");
        assert_eq!(run.code, 2, "{options:?}");
        assert!(run.stderr.contains(says), "{options:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{options:?}");
    }
}

#[test]
fn unreadable_input_exits_with_2_and_names_the_file() {
    let all = ["--any-issuer", "--any-audience", "--token", "a.b.c"];
    let run = tollgate(&[&["verify", "--jwks", "no-such-file"], all.as_slice()].concat(), "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no-such-file"), "{}", run.stderr);
    let not_keys = example_path("access_token.txt");
    let run = tollgate(&[&["verify", "--jwks", &not_keys], all.as_slice()].concat(), "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("neither a JWK set nor a JWK nor PEM"), "{}", run.stderr);
}

#[test]
fn private_keys_are_refused_loudly() {
    let jwks = std::env::temp_dir().join(format!("tollgate-private-{}.json", std::process::id()));
    std::fs::write(&jwks, r#"{"keys":[{"kty":"EC","crv":"P-256","d":"AA","x":"AA","y":"AA"}]}"#)
        .unwrap();
    let path = jwks.to_str().unwrap();
    let run =
        tollgate(&["verify", "--jwks", path, "--any-issuer", "--any-audience"], "Bearer a.b.c");
    std::fs::remove_file(&jwks).unwrap();
    assert!(run.stderr.contains("private"), "{}", run.stderr);
    assert_eq!(run.code, 1);
}

#[test]
fn inspecting_is_never_mistaken_for_verifying() {
    let run = tollgate(&["inspect"], example("tampered_token.txt"));
    assert_eq!(run.code, 0);
    assert!(run.stdout.starts_with("NOT VERIFIED"), "{}", run.stdout);
    assert!(run.stdout.contains("user_7f3j"), "{}", run.stdout);

    // {"alg":"none"}.{"sub":"a"}.
    let run = tollgate(&["inspect", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.AA"], "");
    assert!(run.stdout.contains("reject it  algorithm-unsupported"), "{}", run.stdout);
    let run = tollgate(&["inspect", "not a token"], "");
    assert_eq!(run.code, 2);
}

#[test]
fn help_teaches() {
    let run = tollgate(&["verify", "--help"], "");
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("Examples:"), "{}", run.stdout);
    let run = tollgate(&["--help"], "");
    assert!(run.stdout.contains("Exit codes:"), "{}", run.stdout);
}

#[test]
fn a_megabyte_of_token_is_rejected_not_unreadable() {
    let run = strict(&["--json"], &format!("Bearer {}", "a".repeat(1 << 20)));
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["reason"], "token-too-long");
}

#[test]
fn the_pointer_stands_below_the_byte_whatever_comes_before_it() {
    for (options, input) in [
        (vec![], "Bearer a.b.c d"),
        (vec![], "bearer    a.b.c d"),
        (vec!["--token"], "a.b.c d"),
        (vec!["--token"], " a.b.c"),
    ] {
        let run = strict(&options, input);
        let lines: Vec<&str> = run.stdout.lines().collect();
        let pointer = lines.iter().position(|line| line.trim() == "^").unwrap();
        let column = lines[pointer].find('^').unwrap();
        assert_eq!(lines[pointer - 1].chars().nth(column), Some(' '), "{}", run.stdout);
    }
}

#[test]
fn an_unset_variable_is_no_expectation() {
    let token = example("access_token.txt");
    for expected in [["--issuer", "", "--any-audience"], ["--any-issuer", "--audience", ""]] {
        let run = verify(&[&expected[..], &["--token", &token]].concat(), "");
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("empty"), "{}", run.stderr);
    }
}
