//! The `Authorization` header: RFC 9110 §11, RFC 6750 §2.1.

use super::case::{Case, Input};
use super::rule::{authorization, hex, rule};
use crate::mint::Token;

const SCHEME: &str = "RFC 9110 §11.1";
const TOKEN68: &str = "RFC 9110 §11.2";
const CREDENTIALS: &str = "RFC 9110 §11.4";
const BEARER: &str = "RFC 6750 §2.1";

pub(super) fn rules() -> Vec<Case> {
    let good = Token::good().mint();
    let mut rules = vec![
        rule("missing_header_is_refused_as_missing", "RFC 6750 §3", absent())
            .rejected("authorization-missing"),
        rule("request_without_field_lines_is_refused_as_missing", "RFC 6750 §3", lines(&[]))
            .rejected("authorization-missing"),
        rule("one_field_line_is_accepted", "RFC 9110 §5.3", lines(&[&format!("Bearer {good}")]))
            .accepted(),
        rule(
            "two_field_lines_are_refused",
            "RFC 6750 §2",
            lines(&[&format!("Bearer {good}"), "Basic dXNlcjpwYXNz"]),
        )
        .rejected("authorization-repeated"),
        rule(
            "two_equal_field_lines_are_refused",
            "RFC 6750 §2",
            lines(&[&format!("Bearer {good}"), &format!("Bearer {good}")]),
        )
        .rejected("authorization-repeated"),
        rule(
            "an_empty_second_field_line_is_refused",
            "RFC 6750 §2",
            lines(&[&format!("Bearer {good}"), ""]),
        )
        .rejected("authorization-repeated"),
        rule(
            "header_that_is_not_ascii_is_refused",
            TOKEN68,
            Input::AuthorizationHeaderHex(hex(format!("Bearer {good}\u{fc}").as_bytes())),
        )
        .rejected("token-malformed"),
        rule(
            "header_that_is_not_utf8_is_refused",
            TOKEN68,
            Input::AuthorizationHeaderHex(hex(&[b"Bearer ", b"\xff".as_slice()].concat())),
        )
        .rejected("token-malformed"),
        rule(
            "scheme_that_is_not_utf8_is_not_supported",
            SCHEME,
            Input::AuthorizationHeaderHex(hex(&[b"B\xffarer ", good.as_bytes()].concat())),
        )
        .rejected("scheme-not-bearer"),
    ];
    for (id, reference, value, reason) in [
        ("scheme_in_its_usual_case_is_accepted", SCHEME, "Bearer TOKEN", None),
        ("scheme_in_lower_case_is_accepted", SCHEME, "bearer TOKEN", None),
        ("scheme_in_upper_case_is_accepted", SCHEME, "BEARER TOKEN", None),
        ("scheme_in_mixed_case_is_accepted", SCHEME, "bEaReR TOKEN", None),
        ("several_spaces_before_the_token_are_accepted", CREDENTIALS, "Bearer     TOKEN", None),
        ("empty_header_is_refused_as_missing", BEARER, "", Some("authorization-missing")),
        ("blank_header_is_refused_as_missing", BEARER, "  \t ", Some("authorization-missing")),
        ("scheme_alone_is_malformed", BEARER, "Bearer", Some("authorization-malformed")),
        ("scheme_and_a_space_are_malformed", BEARER, "Bearer  ", Some("authorization-malformed")),
        ("token_alone_is_malformed", BEARER, "TOKEN", Some("authorization-malformed")),
        ("other_scheme_alone_is_malformed", BEARER, "Basic", Some("authorization-malformed")),
        (
            "tab_instead_of_the_space_is_malformed",
            CREDENTIALS,
            "Bearer\tTOKEN",
            Some("authorization-malformed"),
        ),
        (
            "space_before_the_scheme_is_malformed",
            CREDENTIALS,
            " Bearer TOKEN",
            Some("authorization-malformed"),
        ),
        ("scheme_basic_is_not_supported", SCHEME, "Basic dTpw", Some("scheme-not-bearer")),
        ("scheme_dpop_is_not_supported", SCHEME, "DPoP TOKEN", Some("scheme-not-bearer")),
        (
            "scheme_with_a_colon_is_not_supported",
            SCHEME,
            "Bearer: TOKEN",
            Some("scheme-not-bearer"),
        ),
        (
            "scheme_that_begins_so_is_not_supported",
            SCHEME,
            "Bearers TOKEN",
            Some("scheme-not-bearer"),
        ),
        ("scheme_cut_short_is_not_supported", SCHEME, "Beare TOKEN", Some("scheme-not-bearer")),
        (
            "other_scheme_is_named_before_its_credentials",
            SCHEME,
            "Digest a, b",
            Some("scheme-not-bearer"),
        ),
        ("tab_before_the_token_is_refused", CREDENTIALS, "Bearer \tTOKEN", Some("token-malformed")),
        ("space_after_the_token_is_refused", TOKEN68, "Bearer TOKEN ", Some("token-malformed")),
        ("tab_after_the_token_is_refused", TOKEN68, "Bearer TOKEN\t", Some("token-malformed")),
        (
            "line_break_after_the_token_is_refused",
            TOKEN68,
            "Bearer TOKEN\r\n",
            Some("token-malformed"),
        ),
        ("second_token_is_refused", TOKEN68, "Bearer TOKEN TOKEN", Some("token-malformed")),
        ("list_of_tokens_is_refused", TOKEN68, "Bearer TOKEN,TOKEN", Some("token-malformed")),
        (
            "list_of_credentials_is_refused",
            TOKEN68,
            "Bearer TOKEN, Bearer TOKEN",
            Some("token-malformed"),
        ),
        ("repeated_scheme_is_refused", TOKEN68, "Bearer Bearer TOKEN", Some("token-malformed")),
        ("quoted_token_is_refused", TOKEN68, "Bearer \"TOKEN\"", Some("token-malformed")),
        ("token_as_a_parameter_is_refused", TOKEN68, "Bearer token=TOKEN", Some("token-malformed")),
        ("nul_after_the_token_is_refused", TOKEN68, "Bearer TOKEN\0", Some("token-malformed")),
        (
            "byte_order_mark_before_the_token_is_refused",
            TOKEN68,
            "Bearer \u{feff}TOKEN",
            Some("token-malformed"),
        ),
        ("equals_signs_alone_are_refused", TOKEN68, "Bearer ==", Some("token-malformed")),
        (
            "opaque_token_is_refused_for_its_parts",
            BEARER,
            "Bearer mF_9.B5f-4.1JqM.x~y",
            Some("part-count"),
        ),
    ] {
        let rule = rule(id, reference, authorization(value.replace("TOKEN", &good)));
        rules.push(match reason {
            None => rule.accepted(),
            Some(reason) => rule.rejected(reason),
        });
    }
    rules
}

fn absent() -> Input {
    Input::AuthorizationHeader(None)
}

fn lines(lines: &[&str]) -> Input {
    Input::AuthorizationHeaders(lines.iter().map(|line| (*line).to_owned()).collect())
}
