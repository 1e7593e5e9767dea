//! JSON numbers, compared by value: `1`, `1.0` and `10e-1` are equal (RFC 8259 §6).

/// Returns whether two JSON numbers have the same value, exactly and at any length.
///
/// A number whose exponent does not fit `i64` equals none but zero does, whatever its exponent.
pub(crate) fn same_value(left: &str, right: &str) -> bool {
    let (left, right) = (Decimal::of(left), Decimal::of(right));
    if left.is_zero() && right.is_zero() {
        return true;
    }
    left.negative == right.negative
        && left.exponent.is_some()
        && left.exponent == right.exponent
        && left.digits().eq(right.digits())
}

/// A number as `0.DIGITS × 10^exponent`, where the first digit is not 0.
struct Decimal<'b> {
    negative: bool,
    integer: &'b str,
    fraction: &'b str,
    exponent: Option<i64>,
}

impl<'b> Decimal<'b> {
    fn of(number: &'b str) -> Self {
        let (negative, unsigned) =
            number.strip_prefix('-').map_or((false, number), |unsigned| (true, unsigned));
        let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        // An array, because the search for a single character could panic for all that the compiler knows.
        let (integer, fraction) = mantissa.split_once(['.']).unwrap_or((mantissa, ""));
        let integer = integer.trim_start_matches('0');
        let mut decimal = Self { negative, integer, fraction, exponent: None };
        let whole = i64::try_from(integer.len()).ok();
        let leading = decimal.all_digits().take_while(|digit| *digit == b'0').count();
        decimal.exponent = power.parse().ok().and_then(|power: i64| {
            power.checked_add(whole?)?.checked_sub(i64::try_from(leading).ok()?)
        });
        decimal
    }

    fn all_digits(&self) -> impl Iterator<Item = u8> {
        self.integer.bytes().chain(self.fraction.trim_end_matches('0').bytes())
    }

    fn is_zero(&self) -> bool {
        self.all_digits().all(|digit| digit == b'0')
    }

    /// The digits from the first that is not 0 to the last that is not.
    fn digits(&self) -> impl Iterator<Item = u8> {
        let integer = if self.fraction.trim_end_matches('0').is_empty() {
            self.integer.trim_end_matches('0')
        } else {
            self.integer
        };
        let all = integer.bytes().chain(self.fraction.trim_end_matches('0').bytes());
        all.skip_while(|digit| *digit == b'0')
    }
}

/// `number = [ "-" ] int [ frac ] [ exp ]` (RFC 8259 §6)
pub(crate) const fn is_json_number(number: &[u8]) -> bool {
    let unsigned = match number {
        [b'-', rest @ ..] => rest,
        _ => number,
    };
    let rest = match unsigned {
        [b'0', rest @ ..] => rest,
        [b'1'..=b'9', rest @ ..] => skip_digits(rest),
        _ => return false,
    };
    let rest = match rest {
        [b'.', b'0'..=b'9', rest @ ..] => skip_digits(rest),
        _ => rest,
    };
    matches!(
        match rest {
            [b'e' | b'E', b'+' | b'-', b'0'..=b'9', rest @ ..]
            | [b'e' | b'E', b'0'..=b'9', rest @ ..] => skip_digits(rest),
            _ => rest,
        },
        []
    )
}

const fn skip_digits(mut text: &[u8]) -> &[u8] {
    while let [b'0'..=b'9', rest @ ..] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        for same in [
            ["0", "-0", "0.0", "0e9", "0E-99999999999999999999"].as_slice(),
            &["1", "1.0", "1e0", "10e-1", "0.1e1", "0.01E+2", "1.000e00"],
            &["-120", "-1.2e2", "-12e1", "-0.12e3", "-120.0"],
            &["0.05", "5e-2", "0.5E-1", "0.050"],
            &["10010", "1.001e4", "10010.00"],
            &["1e400", "10e399"],
        ] {
            for (left, right) in same.iter().flat_map(|left| same.iter().map(move |r| (left, r))) {
                assert!(same_value(left, right), "{left} {right}");
            }
        }
        let different = [
            "0",
            "1",
            "-1",
            "2",
            "10",
            "11",
            "101",
            "0.1",
            "1.1",
            "1.01",
            "9007199254740992",
            "9007199254740993",
            "1e400",
            "1e401",
            "1e99999999999999999999",
        ];
        for (index, left) in different.iter().enumerate() {
            for right in &different[index + 1..] {
                assert!(!same_value(left, right) && !same_value(right, left), "{left} {right}");
            }
        }
        assert!(!same_value("1e99999999999999999999", "1e99999999999999999998"));
    }

    #[test]
    fn only_the_grammar_of_json_makes_a_number() {
        for number in ["0", "-0", "1", "10.50", "1e5", "1E+5", "0.1e-10"] {
            assert!(is_json_number(number.as_bytes()), "{number}");
        }
        for text in ["", "-", "+1", "01", ".5", "1.", "1e", "1e+", "0x1", "1 ", " 1", "NaN", "1.e1"]
        {
            assert!(!is_json_number(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn shifting_the_point_keeps_the_value(digits in 1u64.., shift in 0usize..20, zeros in 0usize..5) {
            let plain = std::format!("{digits}");
            let shifted = std::format!("{digits}{}.0e-{}", "0".repeat(shift), shift);
            let small = std::format!("0.{}{digits}e{}", "0".repeat(zeros), plain.len().saturating_add(zeros));
            prop_assert!(same_value(&plain, &shifted) && same_value(&small, &plain));
            let other = std::format!("{}", digits ^ 1);
            prop_assert!(!same_value(&other, &shifted) && !same_value(&small, &other));
        }
    }
}
