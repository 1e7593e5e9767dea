//! Kinds of token: `typ` and `cty`, RFC 7515 §4.1.9 and §4.1.10.

use serde_json::{Value, json};

use super::case::{Case, OneOrMany};
use super::rule::rule;
use crate::mint::Token;

const TYP: &str = "RFC 7515 §4.1.9";
const EXPLICIT: &str = "RFC 8725 §3.11";

pub(super) fn rules() -> Vec<Case> {
    let typ = |value: Value| Token::good().member("typ", value);
    let mut rules = vec![
        rule("any_typ_is_accepted_where_none_is_expected", TYP, typ(json!("whatever"))).accepted(),
        rule("missing_typ_is_accepted_where_none_is_expected", TYP, {
            Token::good().without_member("typ")
        })
        .accepted(),
        rule("missing_typ_is_rejected_where_one_is_expected", EXPLICIT, {
            Token::good().without_member("typ")
        })
        .typ(&["at+jwt"])
        .rejected("typ-missing"),
        rule("empty_list_of_types_accepts_none", EXPLICIT, Token::good())
            .typ(&[])
            .rejected("typ-mismatch"),
        rule("any_of_several_types_is_accepted", EXPLICIT, typ(json!("at+jwt")))
            .typ(&["logout+jwt", "at+jwt"])
            .accepted(),
        rule("one_expected_type_need_not_be_a_list", EXPLICIT, typ(json!("at+jwt")))
            .options(|options| options.typ = Some(OneOrMany::from("at+jwt")))
            .accepted(),
        rule("typ_written_with_escapes_is_accepted", TYP, {
            Token::good().member("typ", r#""at\u002bjwt""#)
        })
        .typ(&["at+jwt"])
        .accepted(),
    ];
    for (id, received, expected) in [
        ("typ_is_accepted_as_expected", "at+jwt", "at+jwt"),
        ("typ_with_application_is_the_same_type", "application/at+jwt", "at+jwt"),
        ("expected_application_is_the_same_type", "at+jwt", "application/at+jwt"),
        ("typ_is_compared_without_case", "AT+JWT", "at+jwt"),
        ("application_is_compared_without_case", "Application/At+Jwt", "at+jwt"),
        ("expected_typ_is_compared_without_case", "at+jwt", "APPLICATION/AT+JWT"),
        ("typ_of_another_tree_is_accepted_as_expected", "text/x", "text/x"),
        ("expected_typ_of_two_slashes_is_compared_whole", "application/a/b", "application/a/b"),
    ] {
        rules.push(rule(id, TYP, typ(json!(received))).typ(&[expected]).accepted());
    }
    for (id, received, expected) in [
        ("id_token_in_place_of_an_access_token_is_rejected", "JWT", "at+jwt"),
        ("access_token_in_place_of_an_id_token_is_rejected", "at+jwt", "JWT"),
        ("typ_that_begins_so_is_rejected", "at+jwtx", "at+jwt"),
        ("typ_with_a_parameter_is_rejected", "application/at+jwt;v=1", "at+jwt"),
        ("typ_of_another_tree_is_rejected", "text/at+jwt", "at+jwt"),
        ("application_twice_is_rejected", "application/application/at+jwt", "at+jwt"),
        ("application_is_no_part_of_a_type_with_a_slash", "application/text/x", "text/x"),
        ("expected_tree_as_long_as_application_is_not_left_out", "jwt", "example.org/jwt"),
        ("expected_application_before_a_slash_is_not_left_out", "a/b", "application/a/b"),
        ("typ_with_a_space_is_rejected", "at+jwt ", "at+jwt"),
        ("empty_typ_is_rejected", "", "at+jwt"),
        ("typ_of_a_tree_alone_is_rejected", "application/", "at+jwt"),
    ] {
        let token = typ(json!(received));
        rules.push(rule(id, EXPLICIT, token).typ(&[expected]).rejected("typ-mismatch"));
    }
    for (name, value) in [("null", json!(null)), ("number", json!(1)), ("array", json!(["at+jwt"]))]
    {
        let id = format!("typ_that_is_{name}_is_rejected");
        rules.push(rule(&id, TYP, typ(value)).rejected("header-member-type"));
    }
    for (name, cty) in
        [("jwt", "JWT"), ("jwt_in_lower_case", "jwt"), ("application_jwt", "application/JWT")]
    {
        let id = format!("nested_token_with_cty_{name}_is_rejected");
        let token = Token::good().member("cty", json!(cty));
        rules.push(rule(&id, "RFC 7519 §5.2", token).rejected("nested"));
    }
    rules.push(
        rule("cty_of_another_type_is_ignored", "RFC 7515 §4.1.10", {
            Token::good().member("cty", json!("json"))
        })
        .accepted(),
    );
    rules.push(
        rule("cty_that_is_a_number_is_rejected", "RFC 7515 §4.1.10", {
            Token::good().member("cty", 1)
        })
        .rejected("header-member-type"),
    );
    rules
}
