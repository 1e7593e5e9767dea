//! Claims but for the times: RFC 7519 §4.1.

use serde_json::{Value, json};

use super::case::{Case, OneOrMany};
use super::rule::rule;
use crate::mint::{AUDIENCE, ISSUER, NOW, Token};

const ISS: &str = "RFC 7519 §4.1.1";
const AUD: &str = "RFC 7519 §4.1.3";
const EXACT: &str = "RFC 7519 §7.3";

pub(super) fn rules() -> Vec<Case> {
    [issuers(), audiences(), types(), presence(), others()].concat()
}

fn issuers() -> Vec<Case> {
    let iss = |value: Value| Token::good().claim("iss", value);
    let anyone = |rule: super::rule::Rule| rule.options(|options| options.issuer = None);
    let mut rules = vec![
        rule("issuer_is_accepted_as_expected", ISS, Token::good()).accepted(),
        rule("missing_issuer_is_rejected_where_one_is_expected", ISS, Token::good().without("iss"))
            .rejected("claim-missing"),
        anyone(rule("missing_issuer_is_accepted_from_anyone", ISS, Token::good().without("iss")))
            .accepted(),
        anyone(rule("any_issuer_is_accepted_from_anyone", ISS, iss(json!("joe")))).accepted(),
        anyone(rule("issuer_of_the_wrong_type_is_never_taken_as_absent", "CVE-2026-25537", {
            iss(json!([ISSUER]))
        }))
        .rejected("claim-type"),
        rule("issuer_written_with_escapes_is_accepted", EXACT, {
            Token::good().claim("iss", r#""https:\/\/auth.example.com\u002foidc""#)
        })
        .accepted(),
        rule("list_of_issuers_is_rejected", "CVE-2026-25537", iss(json!([ISSUER])))
            .rejected("claim-type"),
    ];
    for (id, other) in [
        ("issuer_with_a_trailing_slash_is_another", format!("{ISSUER}/")),
        ("issuer_in_upper_case_is_another", ISSUER.to_uppercase()),
        ("issuer_over_http_is_another", ISSUER.replace("https", "http")),
        ("issuer_with_its_port_is_another", ISSUER.replace(".com/", ".com:443/")),
        ("issuer_that_begins_so_is_another", format!("{ISSUER}.evil.example")),
        ("issuer_cut_short_is_another", ISSUER[..ISSUER.len() - 1].to_owned()),
        ("issuer_with_a_space_is_another", format!("{ISSUER} ")),
        ("issuer_with_a_nul_is_another", format!("{ISSUER}\0")),
        ("issuer_with_a_percent_escape_is_another", ISSUER.replace("oidc", "oid%63")),
        ("empty_issuer_is_another", String::new()),
    ] {
        rules.push(rule(id, EXACT, iss(json!(other))).rejected("issuer-mismatch"));
    }
    let composed = |rule: super::rule::Rule| {
        rule.options(|options| options.issuer = Some("https://caf\u{e9}.example".to_owned()))
    };
    rules.push(
        composed(rule("issuer_outside_of_ascii_is_accepted", EXACT, {
            Token::good().claim("iss", r#""https://caf\u00e9.example""#)
        }))
        .accepted(),
    );
    rules.push(
        composed(rule("issuer_in_another_normalisation_is_another", EXACT, {
            iss(json!("https://cafe\u{301}.example"))
        }))
        .rejected("issuer-mismatch"),
    );
    rules
}

fn audiences() -> Vec<Case> {
    let aud = |value: Value| Token::good().claim("aud", value);
    let unchecked = |rule: super::rule::Rule| rule.audience(None);
    let many = |count: usize| {
        let others = (1..count).map(|index| format!("https://api-{index}.example.com"));
        json!(others.chain([AUDIENCE.to_owned()]).collect::<Vec<_>>())
    };
    let mut rules = vec![
        rule("audience_as_a_string_is_accepted", AUD, aud(json!(AUDIENCE))).accepted(),
        rule("audience_in_a_list_of_one_is_accepted", AUD, aud(json!([AUDIENCE]))).accepted(),
        rule("audience_in_a_list_of_several_is_accepted", AUD, aud(json!(["a", AUDIENCE, "b"])))
            .accepted(),
        rule("audience_repeated_in_a_list_is_accepted", AUD, aud(json!([AUDIENCE, AUDIENCE])))
            .accepted(),
        rule("audience_at_the_end_of_a_hundred_and_one_is_accepted", AUD, aud(many(101)))
            .accepted(),
        rule("audience_written_with_escapes_is_accepted", EXACT, {
            Token::good().claim("aud", r#"["https:\/\/api.example.\u0063om"]"#)
        })
        .accepted(),
        rule("any_of_several_expected_audiences_is_accepted", AUD, aud(json!(["x", "second"])))
            .audience(OneOrMany::from(["first", "second"].as_slice()))
            .accepted(),
        rule("none_of_several_expected_audiences_is_rejected", AUD, aud(json!(["x", "third"])))
            .audience(OneOrMany::from(["first", "second"].as_slice()))
            .rejected("audience-mismatch"),
        rule("empty_list_of_expected_audiences_accepts_none", AUD, Token::good())
            .audience(OneOrMany::from([].as_slice()))
            .rejected("audience-mismatch"),
        rule("empty_list_of_audiences_names_nobody", AUD, aud(json!([])))
            .rejected("audience-mismatch"),
        rule("missing_audience_is_rejected_where_one_is_expected", AUD, {
            Token::good().without("aud")
        })
        .rejected("claim-missing"),
        unchecked(rule(
            "missing_audience_is_accepted_by_anyone",
            AUD,
            Token::good().without("aud"),
        ))
        .accepted(),
        unchecked(rule("any_audience_is_accepted_by_anyone", AUD, aud(json!("other")))).accepted(),
        unchecked(rule("empty_list_of_audiences_is_accepted_by_anyone", AUD, aud(json!([]))))
            .accepted(),
        unchecked(rule("audience_of_the_wrong_type_is_never_taken_as_absent", "CVE-2020-26160", {
            aud(json!({}))
        }))
        .rejected("claim-type"),
    ];
    for (id, other) in [
        ("other_audience_is_rejected", "https://other.example.com"),
        ("audience_with_a_trailing_slash_is_another", "https://api.example.com/"),
        ("audience_in_another_case_is_another", "https://API.example.com"),
        ("audience_that_begins_so_is_another", "https://api.example.com.evil.example"),
        ("audience_cut_short_is_another", "https://api.example.co"),
        ("audience_among_words_is_another", "other https://api.example.com"),
        ("audience_that_is_a_wildcard_is_another", "*"),
        ("empty_audience_is_another", ""),
    ] {
        rules.push(rule(id, EXACT, aud(json!(other))).rejected("audience-mismatch"));
    }
    for (id, value) in [
        ("audience_that_is_null_is_rejected", json!(null)),
        ("audience_that_is_a_number_is_rejected", json!(1)),
        ("audience_that_is_an_object_is_rejected", json!({ AUDIENCE: true })),
        ("audience_with_a_number_in_its_list_is_rejected", json!([AUDIENCE, 1])),
        ("audience_with_null_in_its_list_is_rejected", json!([null, AUDIENCE])),
        ("audience_with_a_list_in_its_list_is_rejected", json!([[AUDIENCE]])),
    ] {
        rules.push(rule(id, "CVE-2020-26160", aud(value)).rejected("claim-type"));
    }
    rules
}

/// Claims that every token is judged by must have their types, and others where somebody reads them.
fn types() -> Vec<Case> {
    let always = [
        ("sub", "RFC 7519 §4.1.2", json!(1)),
        ("sub", "RFC 7519 §4.1.2", json!(null)),
        ("iss", ISS, json!(null)),
        ("iss", ISS, json!(1)),
        ("client_id", "RFC 8693 §4.3", json!({})),
        ("client_id", "RFC 8693 §4.3", json!(null)),
    ];
    let where_read = [
        ("jti", "RFC 7519 §4.1.7", json!(7)),
        ("jti", "RFC 7519 §4.1.7", json!(null)),
        ("scope", "RFC 8693 §4.2", json!(1)),
        ("scope", "RFC 8693 §4.2", json!(null)),
        ("azp", "OIDC Core §2", json!(["app_1"])),
        ("azp", "OIDC Core §2", json!(null)),
        ("nonce", "OIDC Core §2", json!(1)),
        ("nonce", "OIDC Core §2", json!(null)),
        ("at_hash", "OIDC Core §3.1.3.6", json!(false)),
        ("at_hash", "OIDC Core §3.1.3.6", json!(null)),
        ("auth_time", "OIDC Core §2", json!("2026-11-28T10:00:00.000Z")),
        ("auth_time", "OIDC Core §2", json!(null)),
    ];
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "a_boolean",
        Value::Number(_) => "a_number",
        Value::String(_) => "a_string",
        Value::Array(_) => "an_array",
        Value::Object(_) => "an_object",
    };
    let always = always.into_iter().map(|(name, reference, value)| {
        let id = format!("claim_{name}_that_is_{}_is_rejected", kind(&value));
        rule(&id, reference, Token::good().claim(name, value)).rejected("claim-type")
    });
    let where_read = where_read.into_iter().flat_map(|(name, reference, value)| {
        let about = |verdict: &str| {
            let id = format!("claim_{name}_that_is_{}_{verdict}", kind(&value));
            rule(&id, reference, Token::good().claim(name, value.clone()))
        };
        [
            about("is_accepted_where_nobody_reads_it").accepted(),
            about("is_rejected_where_it_is_required").require(&[name]).rejected("claim-type"),
        ]
    });
    always.chain(where_read).collect()
}

fn presence() -> Vec<Case> {
    let required = "RFC 7519 §4";
    let mut rules = vec![
        rule("required_claims_that_are_there_are_accepted", required, Token::good())
            .require(&["exp", "iat", "sub", "jti"])
            .accepted(),
        rule("required_exp_that_is_missing_is_rejected", required, Token::good().without("exp"))
            .require(&["exp"])
            .rejected("claim-missing"),
        rule("required_iat_that_is_missing_is_rejected", required, Token::good().without("iat"))
            .require(&["exp", "iat"])
            .rejected("required-claim-missing"),
        rule("exp_may_be_missing_unless_it_is_required", required, Token::good().without("exp"))
            .accepted(),
        rule("required_claim_that_is_null_is_rejected", required, {
            Token::good().claim("tenant", "null")
        })
        .require(&["tenant"])
        .rejected("required-claim-missing"),
        rule("required_claim_written_with_escapes_is_accepted", "RFC 7515 §5.3", {
            Token::good().claim(r"t\u0065nant", 1)
        })
        .require(&["tenant"])
        .accepted(),
        rule("required_claim_with_dots_in_its_name_is_no_path", required, {
            Token::good().claim("https://example.com/a.b", 1)
        })
        .require(&["https://example.com/a.b"])
        .accepted(),
        rule("required_claim_is_not_looked_for_within_others", required, {
            Token::good().claim("a", json!({ "b": 1 }))
        })
        .require(&["b"])
        .rejected("required-claim-missing"),
        rule("required_claim_in_another_case_is_missing", EXACT, Token::good().claim("Tenant", 1))
            .require(&["tenant"])
            .rejected("required-claim-missing"),
    ];
    for (name, value) in [("false", json!(false)), ("zero", json!(0)), ("empty", json!(""))] {
        let id = format!("required_claim_that_is_{name}_is_accepted");
        let token = Token::good().claim("tenant", value);
        rules.push(rule(&id, required, token).require(&["tenant"]).accepted());
    }
    rules
}

fn others() -> Vec<Case> {
    vec![
        rule("unknown_claims_are_ignored", "RFC 7519 §4", {
            Token::good()
                .claim("x", r#"{"exp":0,"aud":[1]}"#)
                .claim("https://example.com/y", "null")
        })
        .accepted(),
        rule("claim_names_are_compared_with_case", "RFC 7519 §4", {
            Token::good().claim("EXP", 0).claim("Iss", 1)
        })
        .accepted(),
        rule("registered_claim_written_with_escapes_is_judged", "RFC 7515 §5.3", {
            Token::good().without("exp").claim(r"\u0065x\u0070", NOW - 1)
        })
        .rejected("expired"),
        rule("subject_may_hold_an_escaped_nul", EXACT, Token::good().claim("sub", r#""a\u0000b""#))
            .accepted(),
        rule("white_space_around_claims_is_accepted", "RFC 7515 §5.2", {
            let text = String::from_utf8(Token::good().payload_bytes()).unwrap();
            Token::good().payload(format!(" \r\n{}\t\n", text.replace("\":", "\" :\n ")))
        })
        .accepted(),
        rule("claims_in_the_header_are_no_claims", "RFC 7519 §5.3", {
            Token::good().member("iss", format!("{ISSUER:?}")).without("iss")
        })
        .rejected("claim-missing"),
        rule("token_bound_to_a_key_is_no_bearer_token", "RFC 7800 §3.1", {
            Token::good()
                .claim("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }))
        })
        .rejected("proof-of-possession-required"),
        rule("token_bound_to_a_certificate_is_no_bearer_token", "RFC 8705 §3.1", {
            Token::good()
                .claim("cnf", json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }))
        })
        .rejected("proof-of-possession-required"),
        rule("binding_that_is_null_is_a_binding_all_the_same", "RFC 7800 §3.1", {
            Token::good().claim("cnf", "null")
        })
        .rejected("proof-of-possession-required"),
        rule("empty_claims_are_accepted_where_nothing_is_asked", "RFC 7519 §4", {
            Token::good().payload("{}")
        })
        .audience(None)
        .options(|options| options.issuer = None)
        .accepted(),
    ]
}
