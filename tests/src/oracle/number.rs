//! JSON numbers as exact fractions: RFC 8259 §6, RFC 7519 §2 (NumericDate).

use num_bigint::{BigInt, BigUint, Sign};

/// A number, rounded both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// The greatest integer that is not greater.
    pub floor: i64,
    /// The least integer that is not less.
    pub ceil: i64,
}

/// Beyond it, what counts is only in which direction: no number has so many digits.
const MANY: usize = 40_000;

/// Whether two numbers have the same value.
pub(super) fn same(left: &str, right: &str) -> bool {
    let (left, right) = (Scaled::of(left), Scaled::of(right));
    // The same digits at the same place, once the smaller place is written out with zeros.
    let (high, low) = if left.exponent >= right.exponent { (left, right) } else { (right, left) };
    let zero = BigInt::ZERO;
    if high.digits == zero || low.digits == zero {
        return high.digits == low.digits;
    }
    let Ok(zeros) = u32::try_from(high.exponent - low.exponent) else { return false };
    zeros <= MANY as u32 && high.digits * BigInt::from(10u8).pow(zeros) == low.digits
}

/// A number as an integer times a power of ten.
struct Scaled {
    digits: BigInt,
    exponent: BigInt,
}

impl Scaled {
    fn of(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: BigInt = exponent.trim_start_matches('+').parse().unwrap();
        Self {
            digits: format!("{whole}{fraction}").parse().unwrap(),
            exponent: exponent - BigInt::from(fraction.len()),
        }
    }
}

/// The value of a JSON number, if it lies within ±2^53.
pub(super) fn read(text: &str) -> Option<Fraction> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigUint = format!("{whole}{fraction}").parse().unwrap();
    let zero = BigUint::ZERO;
    if digits == zero {
        return Some(Fraction { floor: 0, ceil: 0 });
    }
    let exponent: BigInt = exponent.trim_start_matches('+').parse().unwrap();
    let exponent = exponent - BigInt::from(fraction.len());
    // digits · 10^exponent = numerator / denominator
    let ten = BigUint::from(10u8);
    let (sign, power) = exponent.into_parts();
    let power = usize::try_from(power).unwrap_or(MANY).min(MANY) as u32;
    let (numerator, denominator) = match sign {
        Sign::Minus => (digits, ten.pow(power)),
        _ => (digits * ten.pow(power), BigUint::from(1u8)),
    };
    let bound = BigUint::from(1u64 << 53);
    if numerator > &bound * &denominator {
        return None;
    }
    let down = &numerator / &denominator;
    let up = if &down * &denominator == numerator { down.clone() } else { &down + 1u8 };
    let (down, up) = (i64::try_from(down).unwrap(), i64::try_from(up).unwrap());
    Some(match negative {
        false => Fraction { floor: down, ceil: up },
        true => Fraction { floor: -up, ceil: -down },
    })
}
