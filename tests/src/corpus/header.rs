//! The JOSE header: RFC 7515 §4.

use serde_json::json;
use sha2::{Digest, Sha256};
use tollgate_core::Algorithm;

use super::case::Case;
use super::rule::rule;
use crate::mint::{self, SigningKey, Token, base64url, jwk, jwks};

const CRIT: &str = "RFC 7515 §4.1.11";
const ALG: &str = "RFC 7515 §4.1.1";
const KID: &str = "RFC 7515 §4.1.4";
const B64: &str = "RFC 7797 §3";

pub(super) fn rules() -> Vec<Case> {
    [algorithms(), key_ids(), critical(), other_members()].concat()
}

fn algorithms() -> Vec<Case> {
    let good = Token::good;
    let mut rules = vec![
        rule("alg_es256_is_accepted", "RFC 7518 §3.4", good()).accepted(),
        rule("alg_es384_is_accepted", "RFC 7518 §3.4", Token::good_es384()).accepted(),
        rule("missing_alg_is_rejected", ALG, good().without_member("alg"))
            .rejected("algorithm-missing"),
        rule("empty_header_object_is_rejected", ALG, good().header("{}"))
            .rejected("algorithm-missing"),
        rule("alg_written_with_escapes_is_accepted", "RFC 7515 §5.3", {
            good().header(r#"{"a\u006cg":"ES\u00325\u0036","kid":"k1"}"#)
        })
        .accepted(),
        rule("hmac_with_the_public_key_is_rejected", "CVE-2015-9235", {
            let token = good().member("alg", json!("HS256"));
            let (x, y) = mint::k1().coordinates();
            let public_key = [&[4], &x[..], &y].concat();
            let (header, payload) = (token.header_bytes(), token.payload_bytes());
            let signing_input = format!("{}.{}", base64url(header), base64url(payload));
            let mac = hmac(&public_key, signing_input.as_bytes());
            format!("{signing_input}.{}", base64url(mac))
        })
        .rejected("algorithm-unsupported"),
        rule("es256_alone_rejects_es384", "RFC 8725 §3.1", Token::good_es384())
            .algorithms(&["ES256"])
            .rejected("algorithm-not-allowed"),
        rule("es384_alone_rejects_es256", "RFC 8725 §3.1", good())
            .algorithms(&["ES384"])
            .rejected("algorithm-not-allowed"),
        rule("es384_alone_accepts_es384", "RFC 8725 §3.1", Token::good_es384())
            .algorithms(&["ES384"])
            .accepted(),
        rule("empty_list_of_algorithms_allows_none", "RFC 8725 §3.1", good())
            .algorithms(&[])
            .rejected("algorithm-not-allowed"),
    ];
    for (name, value) in
        [("null", json!(null)), ("number", json!(256)), ("array", json!(["ES256"]))]
    {
        let id = format!("alg_that_is_{name}_is_rejected");
        rules.push(rule(&id, ALG, good().member("alg", value)).rejected("header-member-type"));
    }
    for algorithm in Algorithm::ALL.iter().filter(|it| !["ES256", "ES384"].contains(&it.name())) {
        let name = algorithm.name();
        let keys = || jwks([jwk(&mint::key_for(*algorithm), mint::kid_for(*algorithm))]);
        rules.push(
            rule(&format!("alg_{}_is_accepted", name.to_lowercase()), "RFC 7518 §3.1", {
                Token::good_for(*algorithm)
            })
            .keys(keys())
            .accepted(),
        );
        rules.push(
            rule(&format!("{}_alone_rejects_es256", name.to_lowercase()), "RFC 8725 §3.1", good())
                .algorithms(&[name])
                .rejected("algorithm-not-allowed"),
        );
    }
    for alg in ["RS256", "RS512", "PS256", "ES512", "EdDSA", "Ed25519"] {
        let id = format!("alg_{alg}_is_rejected_with_a_key_of_another_type_or_curve");
        let token = good().member("alg", json!(alg));
        rules.push(rule(&id, "RFC 8725 §3.1", token).rejected("algorithm-mismatch"));
    }
    for alg in [
        "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS1", "ES521", "ES256K",
        "Ed448", "ESP256", "A128KW", "dir", "RSA1_5",
    ] {
        let id = format!("alg_{alg}_is_rejected");
        let token = good().member("alg", json!(alg));
        rules.push(rule(&id, ALG, token).rejected("algorithm-unsupported"));
    }
    for (name, alg) in [
        ("in_lower_case", "es256"),
        ("rs256_in_lower_case", "rs256"),
        ("eddsa_in_lower_case", "eddsa"),
        ("ed25519_in_upper_case", "ED25519"),
        ("with_a_space", "ES256 "),
        ("with_a_nul", "ES256\0"),
        ("that_is_empty", ""),
        ("in_fullwidth_letters", "\u{ff25}\u{ff33}256"),
    ] {
        let id = format!("alg_{name}_is_rejected");
        let token = good().member("alg", json!(alg));
        rules.push(rule(&id, ALG, token).rejected("algorithm-unsupported"));
    }
    rules
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&Sha256::digest(key));
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message);
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

fn key_ids() -> Vec<Case> {
    let good = Token::good;
    let mut rules = vec![
        rule("kid_written_with_escapes_is_accepted", "RFC 7515 §5.3", {
            good().member("kid", r#""\u006b1""#)
        })
        .accepted(),
        rule("kid_outside_of_ascii_is_accepted", KID, good().member("kid", json!("schlüssel-😀")))
            .keys(jwks([jwk(&mint::k1(), "schlüssel-😀")]))
            .accepted(),
        rule("empty_kid_names_the_key_with_the_empty_kid", KID, good().member("kid", json!("")))
            .keys(jwks([jwk(&mint::k1(), ""), mint::k1().jwk()]))
            .accepted(),
        rule("kid_that_is_a_number_is_rejected", KID, good().member("kid", 1))
            .rejected("header-member-type"),
        rule("kid_that_is_null_is_rejected", KID, good().member("kid", "null"))
            .rejected("header-member-type"),
        rule("kid_that_is_an_array_is_rejected", KID, good().member("kid", json!(["k1"])))
            .rejected("header-member-type"),
    ];
    for (id, kid) in [
        ("kid_in_another_case_is_unknown", "K1"),
        ("kid_with_a_space_is_unknown", "k1 "),
        ("kid_with_a_nul_is_unknown", "k1\0"),
        ("kid_that_begins_so_is_unknown", "k1x"),
        ("kid_cut_short_is_unknown", "k"),
        ("kid_that_is_empty_is_unknown", ""),
        ("kid_that_is_a_path_is_unknown", "../../../../dev/null"),
        ("kid_that_is_a_query_is_unknown", "k1' OR '1'='1"),
        ("kid_that_is_an_address_is_unknown", "https://evil.example/jwks.json"),
    ] {
        rules.push(rule(id, KID, good().member("kid", json!(kid))).rejected("unknown-key"));
    }
    rules
}

fn critical() -> Vec<Case> {
    let crit = |value: serde_json::Value| Token::good().member("crit", value);
    let mut rules = vec![
        rule("crit_empty_array_is_rejected", CRIT, crit(json!([]))).rejected("crit-malformed"),
        rule("crit_that_names_a_registered_member_is_rejected", CRIT, crit(json!(["alg"])))
            .rejected("crit-malformed"),
        rule("b64_false_is_rejected", B64, crit(json!(["b64"])).member("b64", false))
            .rejected("payload-not-encoded"),
        rule("b64_false_outside_crit_is_rejected", B64, Token::good().member("b64", false))
            .rejected("payload-not-encoded"),
        rule("b64_true_outside_crit_is_ignored", B64, Token::good().member("b64", true)).accepted(),
        rule("b64_true_in_crit_is_rejected", "RFC 7797 §7", {
            crit(json!(["b64"])).member("b64", true)
        })
        .rejected("payload-not-encoded"),
        rule("b64_in_crit_written_with_escapes_is_rejected", B64, {
            Token::good().member("crit", r#"["b\u00364"]"#)
        })
        .rejected("payload-not-encoded"),
        rule("b64_written_with_escapes_is_rejected", B64, {
            Token::good().member(r"\u00626\u0034", false)
        })
        .rejected("payload-not-encoded"),
    ];
    for (name, value) in [("string", json!("true")), ("null", json!(null)), ("number", json!(1))] {
        let id = format!("b64_that_is_a_{name}_is_rejected");
        let token = Token::good().member("b64", value);
        rules.push(rule(&id, B64, token).rejected("payload-not-encoded"));
    }
    for (name, value) in [
        ("null", json!(null)),
        ("a_string", json!("exp")),
        ("an_object", json!({ "exp": true })),
        ("a_boolean", json!(true)),
        ("an_array_of_numbers", json!([1])),
        ("an_array_of_arrays", json!([["exp"]])),
    ] {
        let id = format!("crit_that_is_{name}_is_rejected");
        rules.push(rule(&id, CRIT, crit(value)).rejected("header-member-type"));
    }
    for (id, names) in [
        ("crit_that_is_not_understood_is_rejected", json!(["exp"])),
        ("crit_that_repeats_a_name_is_rejected", json!(["exp", "exp"])),
        ("crit_that_names_an_absent_member_is_rejected", json!(["http://example.com/absent"])),
        ("crit_with_an_empty_name_is_rejected", json!([""])),
    ] {
        let token = crit(names).member("exp", mint::NOW);
        rules.push(rule(id, CRIT, token).rejected("crit-not-understood"));
    }
    rules
}

fn other_members() -> Vec<Case> {
    let good = Token::good;
    let attacker = SigningKey::p256("the attacker's key");
    let embedded = good().member("jwk", jwk(&attacker, "k1"));
    let mut rules = vec![
        rule("embedded_jwk_is_never_a_key", "CVE-2018-0114", {
            embedded.clone().signed_by(attacker.clone())
        })
        .rejected("signature-invalid"),
        rule("embedded_jwk_is_no_key_without_a_kid_either", "RFC 7515 §4.1.3", {
            embedded.clone().without_member("kid").signed_by(attacker)
        })
        .rejected("signature-invalid"),
        rule("embedded_jwk_is_ignored", "RFC 8725 §3.10", embedded).accepted(),
        rule("unknown_members_are_ignored", "RFC 7515 §4", {
            good().member("x", r#"[null,{"a":{"a":1.5e3}},"\u0000"]"#).member("nonce", "null")
        })
        .accepted(),
        rule("member_names_are_compared_with_case", "RFC 7515 §4", {
            good().member("ALG", json!("none")).member("Kid", json!("k9")).member("B64", false)
        })
        .accepted(),
        rule("white_space_around_header_members_is_accepted", "RFC 7515 §3.1", {
            good().header(" {\r\n\t\"alg\" : \"ES256\" ,\n \"kid\":\"k1\" } \n")
        })
        .accepted(),
        rule("second_alg_is_rejected", "RFC 7515 §4", {
            good().header(r#"{"alg":"none","alg":"ES256","kid":"k1"}"#)
        })
        .rejected("json-duplicate-name"),
        rule("second_alg_written_with_escapes_is_rejected", "RFC 7515 §5.3", {
            good().header(r#"{"a\u006cg":"none","alg":"ES256","kid":"k1"}"#)
        })
        .rejected("json-duplicate-name"),
        rule("second_kid_of_the_same_value_is_rejected", "RFC 7515 §4", {
            good().header(r#"{"alg":"ES256","kid":"k1","kid":"k1"}"#)
        })
        .rejected("json-duplicate-name"),
        rule("second_unknown_member_is_rejected", "RFC 7515 §4", {
            good().header(r#"{"alg":"ES256","kid":"k1","x":1,"x":1}"#)
        })
        .rejected("json-duplicate-name"),
        rule("second_member_within_a_header_member_is_rejected", "RFC 7515 §4", {
            good().header(r#"{"alg":"ES256","kid":"k1","x":[{"a":1,"\u0061":1}]}"#)
        })
        .rejected("json-duplicate-name"),
    ];
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("jku", json!("file:///etc/keys.json")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!(["AAAA"])),
        ("x5t", json!("AAAA")),
        ("jwk", json!("no object")),
    ] {
        let kind = if value.to_string().contains("file") { "_of_a_file" } else { "" };
        let id = format!("header_member_{name}{kind}_is_ignored");
        rules.push(rule(&id, "RFC 8725 §3.10", good().member(name, value)).accepted());
    }
    for (id, reference, name, value, reason) in [
        ("compressed_token_is_rejected", "RFC 8725 §3.6", "zip", json!("DEF"), "compressed"),
        ("zip_of_null_is_rejected", "RFC 8725 §3.6", "zip", json!(null), "compressed"),
        ("encrypted_token_is_rejected", "RFC 7516 §4.1.2", "enc", json!("A256GCM"), "encrypted"),
    ] {
        rules.push(rule(id, reference, good().member(name, value)).rejected(reason));
    }
    rules
}
