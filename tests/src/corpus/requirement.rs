//! Requirements of claims, and how configuration files write them.

use serde_json::{Map, Value, json};

use super::case::Case;
use super::rule::{Rule as Line, rule};
use crate::mint::{NOW, Token};
use crate::oracle::{Path, Requirement, Rule, Scalar, Test};

/// A claim whose path begins with a slash is found by it, and others by their name.
pub(super) fn path(text: &str) -> Path {
    match text.starts_with('/') {
        true => Path::Pointer(text.to_owned()),
        false => Path::Name(text.to_owned()),
    }
}

pub(super) fn path_text(path: &Path) -> String {
    match path {
        Path::Pointer(pointer) => pointer.clone(),
        Path::Name(name) if !name.starts_with('/') => name.clone(),
        Path::Name(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
    }
}

/// Reads a requirement as a file has it.
pub(super) fn read(value: &Value) -> Requirement {
    let validity = value.get("validity").is_some_and(|validity| *validity == json!(true));
    Requirement { rule: read_rule(value), validity }
}

fn read_rule(value: &Value) -> Rule {
    let parts = |parts: &Value| parts.as_array().unwrap().iter().map(read_rule).collect();
    let scalar = |value: &Value| match value {
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => Scalar::Number(number.to_string()),
        Value::String(text) => Scalar::Text(text.clone()),
        other => panic!("no claim can be compared with {other}"),
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(any) = value.get("any") {
        return Rule::Any(parts(any));
    }
    if let Some(all) = value.get("all") {
        return Rule::All(parts(all));
    }
    type Make<'a> = &'a dyn Fn(&Value) -> Test;
    let tests: [(&str, Make<'_>); 4] = [
        ("equals", &|value| Test::Equals(scalar(value))),
        ("contains", &|value| Test::Contains(scalar(value))),
        ("starts_with", &|value| Test::StartsWith(text(value))),
        ("ends_with", &|value| Test::EndsWith(text(value))),
    ];
    let path = path(value["claim"].as_str().unwrap());
    let found = tests.iter().find_map(|(name, make)| Some((value.get(name)?, make)));
    match found {
        None => Rule::Claim(path, Test::Present),
        // Several values are alternatives.
        Some((Value::Array(values), make)) => {
            Rule::Any(values.iter().map(|value| Rule::Claim(path.clone(), make(value))).collect())
        }
        Some((value, make)) => Rule::Claim(path, make(value)),
    }
}

/// Writes a requirement as a file has it.
pub(super) fn written(requirement: &Requirement) -> Value {
    let mut value = written_rule(&requirement.rule);
    if requirement.validity {
        value["validity"] = json!(true);
    }
    value
}

fn written_rule(rule: &Rule) -> Value {
    let parts = |parts: &[Rule]| parts.iter().map(written_rule).collect::<Vec<_>>();
    let scalar = |scalar: &Scalar| match scalar {
        Scalar::Text(text) => json!(text),
        Scalar::Number(number) => serde_json::from_str(number).unwrap_or(json!(0)),
        Scalar::Bool(value) => json!(value),
    };
    let (path, test) = match rule {
        Rule::Any(any) => return json!({ "any": parts(any) }),
        Rule::All(all) => return json!({ "all": parts(all) }),
        Rule::Claim(path, test) => (path_text(path), test),
    };
    let mut value = Map::from_iter([("claim".to_owned(), json!(path))]);
    let test = match test {
        Test::Present => None,
        Test::Equals(expected) => Some(("equals", scalar(expected))),
        Test::Contains(expected) => Some(("contains", scalar(expected))),
        Test::StartsWith(start) => Some(("starts_with", json!(start))),
        Test::EndsWith(end) => Some(("ends_with", json!(end))),
    };
    value.extend(test.map(|(name, expected)| (name.to_owned(), expected)));
    Value::Object(value)
}

/// No standard says how a verifier is told of the claims that it requires.
const ACCESS: &str = "core/src/policy/requirement.rs";
const POINTER: &str = "core/src/policy/requirement.rs, RFC 6901 §4";
const NUMBER: &str = "core/src/policy/requirement.rs, RFC 8259 §6";

fn requires(line: Line, requirements: Value) -> Line {
    line.options(|options| options.required_claims = requirements.as_array().unwrap().clone())
}

pub(super) fn rules() -> Vec<Case> {
    [tests(), groups(), verdicts()].concat()
}

/// What one claim must be, and what it is.
fn tests() -> Vec<Case> {
    let met: Vec<(&str, &str, Value, Value)> = vec![
        ("text_that_equals", ACCESS, json!({ "equals": "a b" }), json!("a b")),
        ("number_that_equals", NUMBER, json!({ "equals": 2 }), json!(2)),
        ("number_that_is_written_otherwise", NUMBER, json!({ "equals": 2 }), json!(2.0)),
        ("boolean_that_equals", ACCESS, json!({ "equals": false }), json!(false)),
        ("second_of_several_values", ACCESS, json!({ "equals": ["a", "b"] }), json!("b")),
        ("element_of_an_array", ACCESS, json!({ "contains": "admin" }), json!(["a", "admin"])),
        ("element_with_a_space", ACCESS, json!({ "contains": "a b" }), json!(["a b"])),
        ("number_in_an_array", NUMBER, json!({ "contains": 7 }), json!([1, 7.0])),
        ("word_of_a_text", ACCESS, json!({ "contains": "admin" }), json!("a admin b")),
        ("one_of_two_elements", ACCESS, json!({ "contains": ["x", "a"] }), json!(["a"])),
        (
            "text_that_ends_so",
            ACCESS,
            json!({ "ends_with": "@example.com" }),
            json!("a@example.com"),
        ),
        (
            "text_that_begins_so",
            ACCESS,
            json!({ "starts_with": "spiffe://a/" }),
            json!("spiffe://a/b"),
        ),
        ("presence_of_false", ACCESS, json!({}), json!(false)),
        ("presence_of_an_object", ACCESS, json!({}), json!({})),
    ];
    let unmet: Vec<(&str, &str, Value, Value)> = vec![
        ("text_in_another_case", ACCESS, json!({ "equals": "a" }), json!("A")),
        ("text_that_goes_on", ACCESS, json!({ "equals": "a" }), json!("a ")),
        ("number_that_is_a_text", ACCESS, json!({ "equals": 2 }), json!("2")),
        ("text_that_is_a_number", ACCESS, json!({ "equals": "2" }), json!(2)),
        ("boolean_that_is_a_text", ACCESS, json!({ "equals": true }), json!("true")),
        ("boolean_that_is_a_number", ACCESS, json!({ "equals": true }), json!(1)),
        ("other_number", NUMBER, json!({ "equals": 9_007_199_254_740_993_u64 }), {
            json!(9_007_199_254_740_992_u64)
        }),
        ("value_in_an_array_that_must_equal", ACCESS, json!({ "equals": "a" }), json!(["a"])),
        ("value_that_must_be_contained", ACCESS, json!({ "contains": 1 }), json!(1)),
        ("part_of_a_word", ACCESS, json!({ "contains": "admin" }), json!("administrator")),
        ("two_words_of_a_text", ACCESS, json!({ "contains": "a b" }), json!("a b")),
        ("word_of_an_element", ACCESS, json!({ "contains": "a" }), json!(["a b"])),
        ("element_of_an_inner_array", ACCESS, json!({ "contains": "a" }), json!([["a"]])),
        ("name_in_an_object", ACCESS, json!({ "contains": "a" }), json!({ "a": true })),
        ("text_that_ends_within_a_name", ACCESS, json!({ "ends_with": ".example.com" }), {
            json!("a@notexample.com")
        }),
        ("text_that_is_only_its_end", ACCESS, json!({ "ends_with": "@example.com" }), {
            json!("@example.com")
        }),
        ("text_that_goes_on_after_its_end", ACCESS, json!({ "ends_with": "@example.com" }), {
            json!("a@example.com.evil.example")
        }),
        ("text_that_begins_otherwise", ACCESS, json!({ "starts_with": "spiffe://a/" }), {
            json!("spiffe://a.evil/b")
        }),
        ("text_that_is_only_its_start", ACCESS, json!({ "starts_with": "spiffe://a/" }), {
            json!("spiffe://a/")
        }),
        ("presence_of_null", ACCESS, json!({}), json!(null)),
        ("null_that_must_be_a_text", ACCESS, json!({ "equals": "null" }), json!(null)),
    ];
    let line = |(name, reference, test, value): (&str, &str, Value, Value), verdict: &str| {
        let mut requirement = test;
        requirement["claim"] = json!("tenant");
        let id = format!("required_{name}_{verdict}");
        let token = Token::good().claim("tenant", value);
        requires(rule(&id, reference, token), json!([requirement]))
    };
    let met = met.into_iter().map(|test| line(test, "is_accepted").accepted());
    let unmet =
        unmet.into_iter().map(|test| line(test, "is_no_access").rejected("requirement-unmet"));
    met.chain(unmet).collect()
}

fn groups() -> Vec<Case> {
    let roles = json!({ "a/b": { "m~n": [1] }, "realm_access": { "roles": ["user", "admin"] } });
    let token = || {
        roles
            .as_object()
            .unwrap()
            .iter()
            .fold(Token::good(), |token, (name, value)| token.claim(name, value.clone()))
    };
    let admin = json!({ "claim": "/realm_access/roles", "contains": "admin" });
    let staff = json!({ "claim": "email", "ends_with": "@example.com" });
    let is = |id: &str, requirements: Value| requires(rule(id, ACCESS, token()), requirements);
    vec![
        requires(rule("required_claim_is_found_by_its_pointer", POINTER, token()), json!([admin]))
            .accepted(),
        requires(
            rule("required_claim_is_found_by_an_escaped_pointer", POINTER, token()),
            json!([{ "claim": "/a~1b/m~0n/0", "equals": 1 }]),
        )
        .accepted(),
        requires(
            rule("required_claim_is_not_found_by_dots", POINTER, token()),
            json!([{ "claim": "realm_access.roles", "contains": "admin" }]),
        )
        .rejected("requirement-unmet"),
        is("one_of_two_required_claims_is_accepted", json!([{ "any": [staff, admin] }])).accepted(),
        is("none_of_two_required_claims_is_no_access", {
            json!([{ "any": [staff, { "claim": "x" }] }])
        })
        .rejected("requirement-unmet"),
        is("both_required_claims_are_accepted", json!([{ "all": [{ "claim": "sub" }, admin] }]))
            .accepted(),
        is("one_of_both_required_claims_is_no_access", json!([{ "all": [admin, staff] }]))
            .rejected("requirement-unmet"),
        is("each_requirement_must_be_met", json!([admin, staff])).rejected("requirement-unmet"),
        is("required_claims_in_groups_of_groups_are_accepted", {
            json!([{ "any": [{ "all": [admin, staff] }, { "all": [{ "claim": "sub" }, admin] }] }])
        })
        .accepted(),
    ]
}

/// What the client is told, and what comes first.
fn verdicts() -> Vec<Case> {
    let access = json!([{ "claim": "token_use", "equals": "access", "validity": true }]);
    let nobody = json!([{ "claim": "tenant", "equals": "a" }]);
    let line = |id: &str, token: Token, requirements: &Value| {
        requires(rule(id, ACCESS, token), requirements.clone())
    };
    vec![
        line(
            "claim_that_makes_a_token_valid_is_accepted",
            Token::good().claim("token_use", json!("access")),
            &access,
        )
        .accepted(),
        line("claim_that_makes_a_token_valid_is_missing", Token::good(), &access)
            .rejected("required-claim-missing"),
        line(
            "claim_that_makes_a_token_valid_is_another",
            Token::good().claim("token_use", json!("id")),
            &access,
        )
        .rejected("required-claim-mismatch"),
        line("missing_claim_is_no_access", Token::good(), &nobody).rejected("requirement-unmet"),
        line(
            "expired_token_is_invalid_before_it_is_no_access",
            Token::good().claim("exp", NOW),
            &nobody,
        )
        .rejected("expired"),
        line(
            "bound_token_is_invalid_before_it_is_no_access",
            Token::good().claim("cnf", json!({})),
            &nobody,
        )
        .rejected("proof-of-possession-required"),
        line(
            "claim_of_the_wrong_type_that_is_required_is_invalid",
            Token::good().claim("azp", json!(null)),
            &json!([{ "claim": "azp" }]),
        )
        .rejected("claim-type"),
        line(
            "time_of_the_wrong_type_that_is_required_is_invalid",
            Token::good().claim("auth_time", json!("2026-01-01")),
            &json!([{ "claim": "/auth_time" }]),
        )
        .rejected("claim-type"),
        line("token_lacks_a_scope_before_it_is_no_access", Token::good(), &nobody)
            .scopes(&["admin"])
            .rejected("insufficient-scope"),
    ]
}
