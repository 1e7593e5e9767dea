//! RFC 7519 §2 (NumericDate), §4.1.4 to §4.1.6.

use super::draft::Draft;
use super::mutation::Change;
use crate::random::Random;

/// A number of seconds, whole or not, in one of its many spellings.
fn spelled(secs: i64, fraction: &str, random: &mut Random) -> String {
    let sign = if secs < 0 { "-" } else { "" };
    let digits = secs.unsigned_abs().to_string();
    // The fraction of a negative number leads away from zero.
    match random.below(8) {
        0 | 1 if fraction.is_empty() => format!("{sign}{digits}"),
        2 => format!("{sign}{digits}.{fraction}0"),
        3 => format!("{sign}{digits}{fraction}e-{}", fraction.len()),
        4 => format!("{sign}{digits}{fraction}000E-{:04}", fraction.len() + 3),
        5 => format!("{sign}0.{digits}{fraction}e{}", digits.len()),
        6 => format!("{sign}0.000{digits}{fraction}E+{}", digits.len() + 3),
        7 => format!("{sign}{digits}.{fraction}{}1", "0".repeat(random.below(300))),
        _ => format!("{sign}{digits}.{fraction}5"),
    }
}

/// A claim close to the second at which the verdict changes.
fn about(draft: &mut Draft, name: &str, bound: i64, random: &mut Random) {
    let near = bound.saturating_add(random.one(&[-2, -1, -1, 0, 0, 0, 1, 1, 2]));
    let fraction = random.one(&["", "", "0", "5", "999", "000000000000000000001"]);
    draft.claims.set(name, spelled(near, fraction, random));
}

const NAMES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "exp about now",
            Change::Draft(|draft, random| {
                let bound = draft.now() - i64::from(draft.policy.leeway);
                about(draft, "exp", bound, random);
            }),
        ),
        (
            "nbf about now",
            Change::Draft(|draft, random| {
                let bound = draft.now() + i64::from(draft.policy.leeway);
                about(draft, "nbf", bound, random);
            }),
        ),
        (
            "iat about now",
            Change::Draft(|draft, random| {
                let bound = draft.now() + i64::from(draft.policy.leeway);
                about(draft, "iat", bound, random);
            }),
        ),
        (
            "iat about the greatest age",
            Change::Draft(|draft, random| {
                let age = *draft.policy.max_token_age.get_or_insert(random.one(&[
                    0,
                    1,
                    600,
                    1 << 31,
                    u32::MAX,
                ]));
                let bound = draft.now() - i64::from(draft.policy.leeway) - i64::from(age);
                about(draft, "iat", bound, random);
            }),
        ),
        (
            "auth_time about now",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                let bound = draft.now() + i64::from(draft.policy.leeway);
                about(draft, "auth_time", bound, random);
            }),
        ),
        (
            "auth_time about the greatest age",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                let rules = draft.policy.id_token.as_mut();
                let age = rules.map_or(0, |rules| {
                    *rules.max_age.get_or_insert(random.one(&[0, 1, 600, u32::MAX]))
                });
                let bound = draft.now() - i64::from(draft.policy.leeway) - i64::from(age);
                about(draft, "auth_time", bound, random);
            }),
        ),
        (
            "exp missing",
            Change::Draft(|draft, random| {
                draft.claims.remove("exp");
                draft.policy.needs_exp = random.percent(60);
            }),
        ),
        (
            "iat missing",
            Change::Draft(|draft, random| {
                draft.claims.remove("iat");
                if random.percent(30) {
                    draft.policy.max_token_age = Some(600);
                }
            }),
        ),
        (
            "of another type",
            Change::Draft(|draft, random| {
                let value = random.one(&[
                    "null",
                    r#""1900000000""#,
                    r#"" 1900000000""#,
                    "true",
                    "[1900000000]",
                    "{}",
                    r#""2030-01-01T00:00:00Z""#,
                    r#""""#,
                ]);
                draft.claims.set(random.one(&NAMES), value);
            }),
        ),
        (
            "about 2^53",
            Change::Draft(|draft, random| {
                let sign = random.one(&[1, 1, -1]);
                let near = sign * ((1 << 53) + random.one(&[-1, 0, 0, 1]));
                let fraction = random.one(&["", "", "0", "5"]);
                let name = random.one(&NAMES);
                let value = spelled(near, fraction, random);
                draft.claims.set(name, value);
            }),
        ),
        (
            "about what integers of machines hold",
            Change::Draft(|draft, random| {
                let value = random.one(&[
                    "2147483647",
                    "2147483648",
                    "4294967295",
                    "4294967296",
                    "-2147483649",
                    "9223372036854775807",
                    "9223372036854775808",
                    "-9223372036854775808",
                    "18446744073709551615",
                    "18446744073709551616",
                    "18446744075609551616",
                    "340282366920938463463374607431768211456",
                    "1e10",
                    "1e15",
                    "1e16",
                    "1e17",
                    "9.007199254740992e15",
                    "9007199254740992.0",
                    "9007199254740993e0",
                ]);
                draft.claims.set(random.one(&NAMES), value);
            }),
        ),
        (
            "with an exponent beyond all measure",
            Change::Draft(|draft, random| {
                let value = random.one(&[
                    "1e309",
                    "-1e309",
                    "1e400",
                    "1e99999999999999999999",
                    "-1e99999999999999999999",
                    "0e99999999999999999999",
                    "1e-99999999999999999999",
                    "-1e-99999999999999999999",
                    "1E2147483647",
                    "1E2147483648",
                    "1e-2147483649",
                    "0.0e-2147483648",
                    "5e-324",
                    "1.7976931348623157e308",
                    "0.00e4294967296",
                    "1e4294967306",
                    "1e18446744073709551616",
                    "1e00000000000000000000000000000000000000000009",
                    "19e+08",
                    "1900000000e+0",
                    "-0",
                    "-0.0",
                    "-0e5",
                ]);
                draft.claims.set(random.one(&NAMES), value);
            }),
        ),
        (
            "with very many digits",
            Change::Draft(|draft, random| {
                let now = draft.now().max(0);
                let zeros = "0".repeat(random.below(3000));
                let value = match random.below(6) {
                    0 => format!("{now}.{zeros}"),
                    1 => format!("{now}.{zeros}1"),
                    2 => format!("{}{zeros}e-{}", now.max(1), zeros.len()),
                    3 => format!("0.{zeros}{now}e{}", zeros.len() + now.to_string().len()),
                    4 => format!("{}{zeros}", now.max(1)),
                    _ => format!("{}{zeros}e-{}", now.max(1), zeros.len().saturating_sub(1)),
                };
                draft.claims.set(random.one(&NAMES), value);
            }),
        ),
        (
            "below zero",
            Change::Draft(|draft, random| {
                let secs = -(random.below(5) as i64);
                let fraction = random.one(&["", "0", "5", "000001"]);
                let name = random.one(&NAMES);
                let value = spelled(secs, fraction, random);
                draft.claims.set(name, value);
            }),
        ),
        (
            "in any spelling",
            Change::Draft(|draft, random| {
                for name in NAMES {
                    let secs = draft.claims.get(name).and_then(|value| value.parse().ok());
                    if let Some(secs) = secs {
                        let fraction = random.one(&["", "0", "25"]);
                        let value = spelled(secs, fraction, random);
                        draft.claims.set(name, value);
                    }
                }
            }),
        ),
    ]
}
