//! The times: RFC 7519 §2 (NumericDate), §4.1.4, §4.1.5, §4.1.6.

use serde_json::json;

use super::case::Case;
use super::rule::rule;
use crate::mint::{NOW, Token};

const EXP: &str = "RFC 7519 §4.1.4";
const NBF: &str = "RFC 7519 §4.1.5";
const IAT: &str = "RFC 7519 §4.1.6";
const DATE: &str = "RFC 7519 §2";

pub(super) fn rules() -> Vec<Case> {
    [edges(), notations(), bounds(), types()].concat()
}

fn edges() -> Vec<Case> {
    let with = |name: &str, offset: i64| Token::good().claim(name, NOW + offset);
    let mut rules = Vec::new();
    for (id, reference, token, leeway, reason) in [
        ("exp_one_second_ahead_is_accepted", EXP, with("exp", 1), 0, None),
        ("exp_now_is_expired", EXP, with("exp", 0), 0, Some("expired")),
        ("exp_one_second_ago_is_expired", EXP, with("exp", -1), 0, Some("expired")),
        ("exp_within_the_leeway_is_accepted", EXP, with("exp", -59), 60, None),
        ("exp_at_the_leeway_is_expired", EXP, with("exp", -60), 60, Some("expired")),
        ("nbf_now_is_accepted", NBF, with("nbf", 0), 0, None),
        ("nbf_in_the_past_is_accepted", NBF, with("nbf", -3600), 0, None),
        ("nbf_one_second_ahead_is_not_yet_valid", NBF, with("nbf", 1), 0, Some("not-yet-valid")),
        ("nbf_at_the_leeway_is_accepted", NBF, with("nbf", 60), 60, None),
        ("nbf_beyond_the_leeway_is_not_yet_valid", NBF, with("nbf", 61), 60, Some("not-yet-valid")),
        ("iat_now_is_accepted", IAT, with("iat", 0), 0, None),
        ("iat_one_second_ahead_is_rejected", IAT, with("iat", 1), 0, Some("issued-in-future")),
        ("iat_at_the_leeway_is_accepted", IAT, with("iat", 60), 60, None),
        ("iat_beyond_the_leeway_is_rejected", IAT, with("iat", 61), 60, Some("issued-in-future")),
        ("missing_iat_is_accepted", IAT, Token::good().without("iat"), 0, None),
        ("leeway_of_a_thousand_seconds_counts", EXP, with("exp", -999), 1000, None),
        ("leeway_of_a_thousand_seconds_ends", EXP, with("exp", -1000), 1000, Some("expired")),
        ("leeway_of_an_hour_counts", EXP, with("exp", -3599), 3600, None),
        (
            "token_of_ten_years_ago_is_expired",
            EXP,
            with("exp", -315_360_000),
            3600,
            Some("expired"),
        ),
        ("exp_far_ahead_is_accepted", EXP, with("exp", 3_153_600_000), 0, None),
        ("iat_long_ago_is_accepted", IAT, with("iat", -NOW - 1), 0, None),
    ] {
        let rule = rule(id, reference, token).leeway(leeway);
        rules.push(match reason {
            None => rule.accepted(),
            Some(reason) => rule.rejected(reason),
        });
    }
    rules.push(
        rule("expired_token_is_refused_as_such_before_its_nbf_is", EXP, {
            with("exp", -10).claim("nbf", NOW + 10)
        })
        .rejected("expired"),
    );
    rules.push(
        rule("clock_before_1970_is_a_time_like_any_other", DATE, {
            Token::good().claim("exp", -10).claim("iat", -20)
        })
        .options(|options| options.now = -11)
        .accepted(),
    );
    rules
}

/// The full number grammar: `exp` is rounded down, `nbf` and `iat` are rounded up.
fn notations() -> Vec<Case> {
    let long = format!("{NOW}.{}1", "0".repeat(1000));
    let digits_41 = format!("{}.{}", NOW + 1, "3".repeat(30));
    assert_eq!(digits_41.len(), 41);
    let mut rules = Vec::new();
    for (id, name, number, reason) in [
        ("exp_in_the_running_second_is_expired", "exp", "1760000000.999", Some("expired")),
        ("exp_with_a_fraction_in_the_next_second_is_accepted", "exp", "1760000001.5", None),
        ("exp_with_a_fraction_of_zero_is_whole", "exp", "1760000001.000", None),
        ("exp_with_a_fraction_of_a_thousand_digits_is_expired", "exp", &long, Some("expired")),
        ("number_of_41_characters_is_accepted", "exp", &digits_41, None),
        ("exp_with_an_exponent_is_accepted", "exp", "1.760000001e9", None),
        ("exp_with_a_signed_exponent_in_upper_case_is_accepted", "exp", "1.760000001E+09", None),
        ("exp_with_a_negative_exponent_is_accepted", "exp", "176000000100e-2", None),
        (
            "exp_with_an_exponent_and_a_fraction_left_is_rounded_down",
            "exp",
            "17600000009e-1",
            Some("expired"),
        ),
        ("exp_with_an_exponent_is_expired_at_its_second", "exp", "1.76e9", Some("expired")),
        ("exp_of_the_smallest_float_is_expired", "exp", "5e-324", Some("expired")),
        ("exp_of_zero_is_expired", "exp", "0", Some("expired")),
        ("exp_of_minus_zero_is_expired", "exp", "-0", Some("expired")),
        (
            "exp_of_zero_with_a_huge_exponent_is_expired",
            "exp",
            "0e99999999999999999999",
            Some("expired"),
        ),
        ("exp_that_is_negative_is_expired", "exp", "-1760000001", Some("expired")),
        (
            "exp_with_a_huge_negative_exponent_is_expired",
            "exp",
            "1e-99999999999999999999",
            Some("expired"),
        ),
        ("nbf_with_a_fraction_ahead_is_rounded_up", "nbf", "1760000000.001", Some("not-yet-valid")),
        ("nbf_with_a_fraction_behind_is_accepted", "nbf", "1759999999.999", None),
        ("nbf_with_a_fraction_of_zero_is_now", "nbf", "1760000000.0", None),
        ("nbf_with_an_exponent_is_accepted", "nbf", "1.76e9", None),
        (
            "nbf_with_a_fraction_of_a_thousand_digits_is_rounded_up",
            "nbf",
            &long,
            Some("not-yet-valid"),
        ),
        (
            "iat_with_a_fraction_ahead_is_rounded_up",
            "iat",
            "1760000000.001",
            Some("issued-in-future"),
        ),
        ("iat_with_a_fraction_behind_is_accepted", "iat", "1759999999.999", None),
        ("iat_that_is_negative_is_accepted", "iat", "-1.5", None),
    ] {
        let rule = rule(id, DATE, Token::good().claim(name, number));
        rules.push(match reason {
            None => rule.accepted(),
            Some(reason) => rule.rejected(reason),
        });
    }
    rules
}

/// −2^53 … 2^53 is judged, everything beyond is refused.
fn bounds() -> Vec<Case> {
    let mut rules = Vec::new();
    for (name, number) in [
        ("two_to_the_53_and_one", "9007199254740993".to_owned()),
        ("two_to_the_53_and_a_fraction", "9007199254740992.5".to_owned()),
        ("minus_two_to_the_53_and_one", "-9007199254740993".to_owned()),
        ("two_to_the_63", "9223372036854775808".to_owned()),
        ("two_to_the_64", "18446744073709551616".to_owned()),
        ("two_to_the_64_and_now", "18446744075469551616".to_owned()),
        ("ten_to_the_50", format!("1{}", "0".repeat(50))),
        ("an_exponent_of_309", "1e309".to_owned()),
        ("an_exponent_of_17", "1e17".to_owned()),
        ("an_exponent_beyond_all_integers", "1e99999999999999999999".to_owned()),
        ("minus_an_exponent_of_309", "-1e309".to_owned()),
    ] {
        let id = format!("exp_of_{name}_is_out_of_range");
        let token = Token::good().claim("exp", &number);
        rules.push(rule(&id, DATE, token).leeway(3600).rejected("claim-out-of-range"));
    }
    for name in ["nbf", "iat", "auth_time"] {
        let id = format!("{name}_of_an_exponent_of_309_is_out_of_range");
        let token = Token::good().claim(name, "-1e309");
        rules.push(rule(&id, DATE, token).require(&[name]).rejected("claim-out-of-range"));
    }
    rules.extend([
        rule("exp_of_two_to_the_53_is_judged", DATE, {
            Token::good().claim("exp", "9007199254740992")
        })
        .leeway(3600)
        .accepted(),
        rule("exp_of_minus_two_to_the_53_is_judged", DATE, {
            Token::good().claim("exp", "-9007199254740992")
        })
        .rejected("expired"),
        rule("nbf_of_two_to_the_53_is_judged", DATE, {
            Token::good().claim("nbf", "9007199254740992")
        })
        .leeway(3600)
        .rejected("not-yet-valid"),
        rule("iat_of_minus_two_to_the_53_is_judged", DATE, {
            Token::good().claim("iat", "-9007199254740992")
        })
        .accepted(),
    ]);
    rules
}

fn types() -> Vec<Case> {
    let mut rules = Vec::new();
    for name in ["exp", "nbf", "iat"] {
        for (kind, value) in [
            ("a_string", json!((NOW + 3600).to_string())),
            ("a_date_in_words", json!("2030-01-01T00:00:00Z")),
            ("null", json!(null)),
            ("a_boolean", json!(true)),
            ("an_array", json!([NOW + 3600])),
            ("an_object", json!({})),
        ] {
            let id = format!("{name}_that_is_{kind}_is_rejected");
            let token = Token::good().claim(name, value);
            rules.push(rule(&id, DATE, token).rejected("claim-type"));
        }
    }
    rules
}
