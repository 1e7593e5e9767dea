//! Scopes: RFC 6749 §3.3, RFC 6750 §3.1.

use serde_json::json;

use super::case::Case;
use super::rule::rule;
use crate::mint::{NOW, Token};

const SCOPE: &str = "RFC 6749 §3.3";
/// No standard knows of lists, nor of other claims.
const LISTED: &str = "core/src/scopes.rs";

pub(super) fn rules() -> Vec<Case> {
    let scope = |text: &str| Token::good().claim("scope", json!(text));
    let many: Vec<String> = (0..501).map(|index| format!("scope:{index}")).collect();
    let mut rules = vec![
        rule("five_hundred_and_one_scopes_are_accepted", SCOPE, scope(&many.join(" ")))
            .scopes(&["scope:0", "scope:500", "scope:250"])
            .accepted(),
        rule("missing_scope_claim_is_insufficient", SCOPE, Token::good().without("scope"))
            .scopes(&["read:orders"])
            .rejected("insufficient-scope"),
        rule("missing_scope_claim_is_accepted_where_none_is_required", SCOPE, {
            Token::good().without("scope")
        })
        .accepted(),
        rule("scopes_in_another_claim_do_not_count", SCOPE, {
            Token::good().without("scope").claim("scp", json!("read:orders"))
        })
        .scopes(&["read:orders"])
        .rejected("insufficient-scope"),
        rule("scopes_separated_by_an_escaped_space_are_accepted", SCOPE, {
            Token::good().claim("scope", r#""read:orders\u0020write:\u006frders""#)
        })
        .scopes(&["write:orders", "read:orders"])
        .accepted(),
        rule("scope_that_is_a_number_is_rejected_where_one_is_required", "RFC 8693 §4.2", {
            Token::good().claim("scope", json!(1))
        })
        .scopes(&["read:orders"])
        .rejected("claim-type"),
        rule("list_of_scopes_with_a_number_is_rejected_though_one_fits", "RFC 8693 §4.2", {
            Token::good().claim("scope", json!(["read:orders", 1]))
        })
        .scopes(&["read:orders"])
        .rejected("claim-type"),
        rule("expired_token_is_invalid_before_it_is_insufficient", "RFC 6750 §3.1", {
            scope("email").claim("exp", NOW)
        })
        .scopes(&["read:orders"])
        .rejected("expired"),
        rule("bound_token_is_invalid_before_it_is_insufficient", "RFC 6750 §3.1", {
            scope("email").claim("cnf", json!({}))
        })
        .scopes(&["read:orders"])
        .rejected("proof-of-possession-required"),
    ];
    for (id, held, required) in [
        ("scope_in_a_list_is_accepted", json!(["email", "read"]), &["read"][..]),
        ("scopes_in_a_list_are_accepted_in_any_order", json!(["a", "b"]), &["b", "a"]),
    ] {
        let token = Token::good().claim("scope", held);
        rules.push(rule(id, LISTED, token).scopes(required).accepted());
    }
    for (id, held) in [
        ("scope_in_a_list_is_never_split", json!(["read write"])),
        ("empty_list_of_scopes_is_insufficient", json!([])),
        ("scope_in_a_list_in_another_case_is_insufficient", json!(["READ"])),
    ] {
        let token = Token::good().claim("scope", held);
        rules.push(rule(id, LISTED, token).scopes(&["read"]).rejected("insufficient-scope"));
    }
    let elsewhere = |rule: super::rule::Rule, claims: &[&str]| {
        let claims: Vec<String> = claims.iter().map(|claim| (*claim).to_owned()).collect();
        rule.scopes(&["read"]).options(|options| options.scope_claim = claims)
    };
    let scp = |value| Token::good().claim("scp", value);
    rules.extend([
        elsewhere(
            rule("scopes_in_a_named_claim_are_accepted", LISTED, scp(json!("read"))),
            &["scp"],
        )
        .accepted(),
        elsewhere(
            rule("list_of_scopes_in_a_named_claim_is_accepted", LISTED, scp(json!(["read"]))),
            &["scp"],
        )
        .accepted(),
        elsewhere(
            rule("scopes_of_several_named_claims_are_united", LISTED, {
                scp(json!("write")).claim("scope", json!("read"))
            }),
            &["scp", "scope"],
        )
        .scopes(&["read", "write"])
        .accepted(),
        elsewhere(
            rule("scopes_by_a_pointer_are_accepted", LISTED, {
                Token::good().claim("realm_access", json!({ "roles": ["read"] }))
            }),
            &["/realm_access/roles"],
        )
        .accepted(),
        elsewhere(
            rule("scope_does_not_count_where_another_claim_is_named", LISTED, scope("read")),
            &["scp"],
        )
        .rejected("insufficient-scope"),
        elsewhere(
            rule("named_claim_with_scopes_of_the_wrong_type_is_rejected", LISTED, {
                scp(json!({ "read": true })).claim("scope", json!("read"))
            }),
            &["scope", "scp"],
        )
        .rejected("claim-type"),
    ]);
    for (id, held, required) in [
        ("the_only_scope_is_accepted", "read", &["read"][..]),
        ("first_scope_is_accepted", "read write admin", &["read"]),
        ("middle_scope_is_accepted", "read write admin", &["write"]),
        ("last_scope_is_accepted", "read write admin", &["admin"]),
        ("scopes_are_accepted_in_any_order", "read write admin", &["admin", "read"]),
        ("scopes_separated_by_several_spaces_are_accepted", "  read   write ", &["write", "read"]),
        (
            "scope_of_every_allowed_character_is_accepted",
            "!#[]~ a,b;c='d'",
            &["!#[]~", "a,b;c='d'"],
        ),
    ] {
        rules.push(rule(id, SCOPE, scope(held)).scopes(required).accepted());
    }
    for (id, held, required) in [
        ("other_scope_is_insufficient", "email", &["read"][..]),
        ("one_of_two_required_scopes_is_insufficient", "read", &["read", "write"]),
        ("empty_scope_is_insufficient", "", &["read"]),
        ("scope_that_begins_so_is_insufficient", "read:orders", &["read"]),
        ("scope_that_ends_so_is_insufficient", "admin:read", &["read"]),
        ("scope_cut_short_is_insufficient", "rea", &["read"]),
        ("scope_in_another_case_is_insufficient", "READ", &["read"]),
        ("scopes_separated_by_commas_are_one_scope", "read,write", &["read"]),
        ("scopes_separated_by_a_tab_are_one_scope", "read\twrite", &["read"]),
        ("scopes_separated_by_a_no_break_space_are_one_scope", "read\u{a0}write", &["read"]),
        ("wildcard_is_no_scope", "*", &["read"]),
    ] {
        rules.push(rule(id, SCOPE, scope(held)).scopes(required).rejected("insufficient-scope"));
    }
    rules
}
