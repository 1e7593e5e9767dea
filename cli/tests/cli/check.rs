//! `tollgate check`: the format on which the corpora of other projects rely.

use std::fs;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use super::support::{Run, example, example_path, tollgate};

fn check(cases: &[Value]) -> Run {
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    tollgate(&["check", "-"], lines)
}

fn keys() -> Value {
    serde_json::from_str(&fs::read_to_string(example_path("jwks.json")).unwrap()).unwrap()
}

/// The case of the example token, with some fields replaced.
fn case(fields: Value) -> Value {
    let mut case = json!({
        "id": "x",
        "jwks": keys(),
        "token": example("access_token.txt"),
        "options": { "now": 1_795_287_000 },
    });
    for (name, value) in fields.as_object().unwrap() {
        case[name] = value.clone();
    }
    case
}

fn without_token(fields: Value) -> Value {
    let mut case = case(fields);
    case.as_object_mut().unwrap().remove("token");
    case
}

fn reason(case: Value) -> Option<String> {
    let run = check(std::slice::from_ref(&case));
    let verdict = run.json();
    assert_eq!(verdict["verdict"] == "accept", verdict["reason"].is_null(), "{verdict}");
    verdict["reason"].as_str().map(ToOwned::to_owned)
}

fn hex(bytes: &str) -> String {
    bytes.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_accepted_case_has_nulls_and_a_rejected_one_the_answer() {
    let tampered = case(json!({ "id": 2, "token": example("tampered_token.txt") }));
    let run = check(&[case(json!({})), tampered]);
    assert_eq!(run.code, 0);
    let verdicts = run.json_lines();
    let accepted = json!({"id": "x", "verdict": "accept", "code": null, "reason": null,
        "status": null, "challenge": null, "jws": "accept"});
    assert_eq!(verdicts[0], accepted);
    let challenge =
        "Bearer error=\"invalid_token\", error_description=\"the signature does not verify\"";
    let rejected = json!({"id": 2, "verdict": "reject", "code": "invalid_token",
        "reason": "signature-invalid", "status": 401, "challenge": challenge, "jws": "reject"});
    assert_eq!(verdicts[1], rejected);
    assert!(run.stderr.contains("2 cases: 1 accepted, 1 rejected"), "{}", run.stderr);
}

#[test]
fn keys_come_as_json_as_text_or_as_bytes() {
    let text = keys().to_string();
    for (field, value) in [("jwks_text", &text), ("jwks_hex", &hex(&text))] {
        let mut case = case(json!({ field: value }));
        case.as_object_mut().unwrap().remove("jwks");
        assert_eq!(reason(case), None, "{field}");
    }
}

#[test]
fn input_comes_in_every_way() {
    let token = example("access_token.txt");
    let header = format!("Bearer {token}");
    for (fields, expected) in [
        (json!({ "token_hex": hex(&token) }), None),
        (json!({ "authorization_header": header }), None),
        (json!({ "authorization_header": null }), Some("authorization-missing")),
        (json!({ "authorization_header": token }), Some("authorization-malformed")),
        (json!({ "authorization_header_hex": hex(&header) }), None),
        (json!({ "authorization_headers": [header] }), None),
        (json!({ "authorization_headers": [header, header] }), Some("authorization-repeated")),
        (json!({ "authorization_headers": [] }), Some("authorization-missing")),
    ] {
        assert_eq!(reason(without_token(fields.clone())).as_deref(), expected, "{fields}");
    }
    assert_eq!(reason(case(json!({ "token": "" }))).as_deref(), Some("token-malformed"));
}

#[test]
fn an_unusable_key_set_is_a_verdict() {
    for (jwks, expected) in [
        (json!(null), "json-not-an-object"),
        (json!([]), "json-not-an-object"),
        (json!("keys"), "json-not-an-object"),
        (json!({}), "key-set-without-keys"),
        (json!({ "keys": {} }), "key-set-without-keys"),
        (json!({ "keys": [] }), "no-usable-key"),
        (json!({ "keys": [1, { "kty": "oct" }] }), "no-usable-key"),
    ] {
        assert_eq!(reason(case(json!({ "jwks": jwks }))).as_deref(), Some(expected), "{jwks}");
    }
    let text = json!({ "jwks": null, "jwks_text": "{\"keys\":[],\"keys\":[]}" });
    assert_eq!(reason(case(text)).as_deref(), Some("json-duplicate-name"));
}

#[test]
fn options_that_are_missing_or_null_are_not_checked() {
    let now = 1_795_287_000;
    for (options, expected) in [
        (
            json!({ "now": now, "issuer": null, "audience": null, "typ": null, "require": null }),
            None,
        ),
        (json!({ "now": now, "issuer": "https://auth.example.com/oidc" }), None),
        (json!({ "now": now, "issuer": "https://auth.example.com" }), Some("issuer-mismatch")),
        (json!({ "now": now, "audience": "https://api.example.com" }), None),
        (json!({ "now": now, "audience": ["x", "https://api.example.com"] }), None),
        (json!({ "now": now, "audience": [] }), Some("audience-mismatch")),
        (json!({ "now": now, "algorithms": ["RS256", "ES384"] }), None),
        (json!({ "now": now, "algorithms": ["ES256"] }), Some("algorithm-not-allowed")),
        (json!({ "now": now, "algorithms": [] }), Some("algorithm-not-allowed")),
        (json!({ "now": now, "typ": ["application/at+jwt"] }), None),
        (json!({ "now": now, "typ": ["JWT"] }), Some("typ-mismatch")),
        (json!({ "now": now, "require": ["exp", "jti"] }), None),
        (json!({ "now": now, "require": ["cnf"] }), Some("required-claim-missing")),
        (json!({ "now": now, "required_scopes": ["read:orders"] }), None),
        (json!({ "now": now, "required_scopes": ["orders"] }), Some("insufficient-scope")),
        (json!({ "now": now, "required_scopes": ["a b"] }), Some("policy-scope")),
        (json!({ "now": 1_795_290_340, "leeway": 0 }), Some("expired")),
        (json!({ "now": 1_795_290_340, "leeway": 1 }), None),
        (json!({ "now": now, "leeway": 3601 }), Some("policy-leeway")),
        (json!({ "now": now, "leeway": 18_446_744_073_709_551_615_u64 }), Some("policy-leeway")),
        (json!({ "now": now, "unheard_of": true, "jws_only": null }), None),
    ] {
        let verdict = reason(case(json!({ "options": options })));
        assert_eq!(verdict.as_deref(), expected, "{options}");
    }
}

#[test]
fn the_signature_layer_has_a_verdict_of_its_own() {
    let now = 1_795_287_000;
    for options in [
        json!({ "now": now, "issuer": "nobody" }),
        json!({ "now": now, "typ": ["JWT"] }),
        json!({ "now": now, "required_scopes": ["a b"] }),
    ] {
        let run = check(&[case(json!({ "options": options }))]);
        assert_eq!(run.json()["verdict"], "reject", "{options}");
        assert_eq!(run.json()["jws"], "accept", "{options}");
    }
    let options = json!({ "now": now, "algorithms": ["ES256"] });
    assert_eq!(check(&[case(json!({ "options": options }))]).json()["jws"], "reject");
}

#[test]
fn signatures_alone_are_cases() {
    let token = example("access_token.txt");
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature: String = Base64UrlUnpadded::decode_vec(signature)
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let kid = |key: &&Value| key["crv"] == "P-384";
    let keys = keys();
    let jwk = keys["keys"].as_array().unwrap().iter().find(kid).unwrap();
    let base = json!({ "id": 1, "alg": "ES384", "jwk": jwk, "msg_hex": hex(message) });
    let with = |signature: &str, fields: Value| {
        let mut case = base.clone();
        case["sig_hex"] = json!(signature);
        for (name, value) in fields.as_object().unwrap() {
            case[name] = value.clone();
        }
        case
    };
    assert_eq!(reason(with(&signature, json!({}))), None);
    let zeros = "00".repeat(96);
    let message = hex(&format!("{message}x"));
    for (case, expected) in [
        (with(&signature, json!({ "msg_hex": message })), "signature-invalid"),
        (with("00", json!({})), "signature-length"),
        (with(&zeros, json!({})), "signature-invalid"),
        (with(&zeros, json!({ "alg": "ES256" })), "algorithm-mismatch"),
        (with(&zeros, json!({ "alg": "none" })), "algorithm-unsupported"),
        (with(&zeros, json!({ "jwk": {} })), "no-usable-key"),
    ] {
        assert_eq!(reason(case.clone()).as_deref(), Some(expected), "{case}");
    }
    let run = check(&[with("00", json!({ "valid": true }))]);
    assert_eq!(run.code, 1, "what differs from `valid` is a mismatch");
    assert_eq!(check(&[with("00", json!({ "valid": false }))]).code, 0);
}

#[test]
fn mismatches_exit_with_1_and_name_the_line() {
    let run = check(&[case(json!({ "expect": "accept" })), case(json!({ "expect": "reject" }))]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("-:2: \"x\": accepted, but expected to be rejected"),
        "{}",
        run.stderr
    );
    assert_eq!(check(&[case(json!({ "expect": "either" }))]).code, 0);
    let signed = json!({ "options": { "now": 0 }, "expect": "reject", "jws_expect": "accept" });
    assert_eq!(check(&[case(signed)]).code, 0);
    assert_eq!(check(&[case(json!({ "jws_expect": "reject" }))]).code, 1);
}

#[test]
fn under_jws_only_an_expected_acceptance_is_not_compared() {
    let with = |expect: &str| {
        let options = json!({ "now": 0, "issuer": "nobody", "jws_only": true });
        check(&[case(json!({ "options": options, "expect": expect }))]).code
    };
    assert_eq!(with("accept"), 0);
    assert_eq!(with("reject"), 0);
    let options = json!({ "now": 1_795_287_000, "jws_only": true });
    assert_eq!(check(&[case(json!({ "options": options, "expect": "reject" }))]).code, 1);
}

#[test]
fn a_line_that_is_not_a_case_exits_with_2_and_the_rest_still_runs() {
    let good = case(json!({}));
    for bad in [
        "nonsense",
        "[]",
        "{}",
        "{\"id\":1}",
        "{\"token_hex\":\"0\"}",
        "{\"token_hex\":\"+1\"}",
        "{\"token\":1}",
        "{\"token\":\"\",\"expect\":\"maybe\"}",
    ] {
        let run = tollgate(&["check", "-"], format!("{good}\n\n{bad}\n{good}"));
        assert_eq!(run.code, 2, "{bad}");
        assert_eq!(run.json_lines().len(), 2, "{bad}");
        assert!(run.stderr.contains("-:3: not a case"), "{bad}: {}", run.stderr);
    }
    let run = tollgate(&["check", "no-such-file"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no-such-file"), "{}", run.stderr);
}

#[test]
fn sets_of_1024_keys_fit() {
    let mut jwks = keys();
    let first = jwks["keys"][0].clone();
    let mut all: Vec<Value> = jwks["keys"].as_array().unwrap().clone();
    for index in all.len()..1024 {
        let mut key = first.clone();
        key["kid"] = json!(format!("k{index}"));
        all.push(key);
    }
    jwks["keys"] = json!(all);
    assert_eq!(reason(case(json!({ "jwks": jwks }))), None);
    all.push(json!({ "kty": "EC" }));
    jwks["keys"] = json!(all);
    assert_eq!(reason(case(json!({ "jwks": jwks }))), None, "unusable keys do not count");
}

#[test]
fn the_text_of_a_key_set_reaches_the_verifier_as_it_is_written() {
    let token = example("access_token.txt");
    let keys = keys().to_string();
    let line = |jwks: &str| {
        format!(
            "{{\"id\":1,\"token\":\"{token}\",\"options\":{{\"now\":1795287000}},\"jwks\":{jwks}}}"
        )
    };
    let run = tollgate(&["check", "-"], line(&keys));
    assert!(run.json()["reason"].is_null());
    let run =
        tollgate(&["check", "-"], line(&keys.replacen("{\"keys\":", "{\"keys\":[],\"keys\":", 1)));
    assert_eq!(run.json()["reason"], "json-duplicate-name");
}

#[test]
fn options_may_be_null() {
    assert_eq!(check(&[case(json!({ "options": null, "expect": "either" }))]).code, 0);
}

#[test]
fn what_is_wrong_with_keys_or_options_is_not_said_of_the_token() {
    let run = check(&[case(json!({ "options": { "leeway": 3601 } }))]);
    assert_eq!(run.json()["challenge"], "Bearer error=\"invalid_token\"");
}

#[test]
fn every_engine_gives_the_same_verdicts() {
    let verdicts = |engine, rules: &Path| {
        let run = tollgate(&["check", "--engine", engine, rules.to_str().unwrap()], "");
        assert_eq!(run.code, 0, "{engine}: {}", run.stderr);
        run.stdout
    };
    let all = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/rules.jsonl"));
    assert!(verdicts("provisioned", all) == verdicts("untabled", all));

    // RustCrypto's engines have no keys of these curves.
    let text = fs::read_to_string(all).unwrap();
    let is_known = |rule: &&str| !rule.contains("P-521") && !rule.contains("Ed25519");
    let known: String = text.split_inclusive('\n').filter(is_known).collect();
    assert!(known.len() > text.len() / 2);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("known.jsonl");
    fs::write(&path, known).unwrap();
    assert!(verdicts("provisioned", &path) == verdicts("reference", &path));
}
