//! Times. The caller passes the current time, because the core has no clock.

use core::fmt;

use crate::limits::{MAX_LEEWAY_SECS, MAX_UNIX_TIME};

/// A time in seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 7519 §2, NumericDate).
///
/// ```
/// use tollgate_core::UnixTime;
///
/// let issued_at = UnixTime(1_795_286_740); // 2026-11-21T18:45:40Z
/// assert_eq!(issued_at.plus(3600).minus(1), UnixTime(1_795_290_339));
/// assert_eq!(issued_at.to_string(), "1795286740");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// Returns the time `secs` seconds later.
    #[must_use]
    pub const fn plus(self, secs: u32) -> Self {
        // `From` is not const.
        #[allow(clippy::as_conversions, reason = "u32 to i64 loses nothing")]
        Self(self.0.saturating_add(secs as i64))
    }

    /// Returns the time `secs` seconds earlier.
    #[must_use]
    pub const fn minus(self, secs: u32) -> Self {
        #[allow(clippy::as_conversions, reason = "u32 to i64 loses nothing")]
        Self(self.0.saturating_sub(secs as i64))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The current time, as far as the caller knows it.
///
/// ```
/// use std::time::{SystemTime, UNIX_EPOCH};
/// use tollgate_core::{Now, UnixTime};
///
/// let secs = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
/// let now = Now::Exact(UnixTime(secs.try_into()?));
/// // A device without a clock knows when its firmware was built: here on 2023-11-14.
/// const BUILT: Now = Now::AtLeast(UnixTime(1_700_000_000));
/// assert!(now.time() > BUILT.time());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// The time of a clock.
    Exact(UnixTime),
    /// A floor for a device without a clock: the current time is not earlier than this. Use the build
    /// time, or the latest time that the device trusts.
    ///
    /// `exp` is compared with this floor, so a token that has expired since may be accepted. An `nbf` or
    /// `iat` after the floor, and an age, cannot be checked; the policy's
    /// [`Unjudged`](crate::policy::Unjudged) decides.
    AtLeast(UnixTime),
}

impl Now {
    /// Returns the time or the floor.
    #[must_use]
    pub const fn time(self) -> UnixTime {
        match self {
            Self::Exact(time) | Self::AtLeast(time) => time,
        }
    }
}

/// A clock tolerance of whole seconds, at most [`MAX_LEEWAY_SECS`]. The default is none.
///
/// ```
/// use tollgate_core::Leeway;
///
/// assert_eq!(Leeway::from_secs(60).map(Leeway::as_secs), Some(60));
/// assert_eq!(Leeway::from_secs(2 * 60 * 60), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leeway(u32);

impl Leeway {
    /// No tolerance.
    pub const ZERO: Self = Self(0);

    /// Makes a tolerance of `secs` seconds, or returns `None` above [`MAX_LEEWAY_SECS`]. Larger values
    /// are not lowered silently.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Option<Self> {
        if secs <= MAX_LEEWAY_SECS { Some(Self(secs)) } else { None }
    }

    /// Returns the tolerance in seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

/// The time in a claim: a JSON number that may have a fraction (RFC 7519 §2, NumericDate).
///
/// See the example of [`Claims`](crate::Claims).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumericDate {
    floor: i64,
    fractional: bool,
}

impl NumericDate {
    /// Reads a JSON number of any length, exactly. Returns `None` beyond ±2^53 seconds.
    pub(crate) fn from_json_number(number: &str) -> Option<Self> {
        Self::from_digits(number.as_bytes()).or_else(|| Self::from_any_number(number))
    }

    /// Reads a short number of digits only, as nearly all are.
    fn from_digits(number: &[u8]) -> Option<Self> {
        if number.len() > 15 {
            return None;
        }
        let mut floor = 0i64;
        for byte in number {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            floor = floor.wrapping_mul(10).wrapping_add(i64::from(digit));
        }
        Some(Self { floor, fractional: false })
    }

    fn from_any_number(number: &str) -> Option<Self> {
        let (negative, number) = match number.as_bytes() {
            [b'-', number @ ..] => (true, number),
            number => (false, number),
        };
        let end = number.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (mantissa, exponent) = number.split_at_checked(end.unwrap_or(number.len()))?;
        let whole = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
        // The digits before the decimal point, after the exponent has moved it.
        let places = i32::try_from(whole).ok()?.saturating_add(saturating_exponent(exponent));
        let mut digits = mantissa.iter().filter(|byte| **byte != b'.');
        let mut magnitude = 0i64;
        for _ in 0..places {
            let digit = match digits.next() {
                Some(digit) => digit.saturating_sub(b'0'),
                None if magnitude == 0 => break,
                None => 0,
            };
            // No overflow, because the magnitude is bounded.
            magnitude = magnitude.wrapping_mul(10).wrapping_add(i64::from(digit));
            if magnitude > MAX_UNIX_TIME {
                return None;
            }
        }
        let fractional = digits.any(|digit| *digit != b'0');
        if fractional && magnitude >= MAX_UNIX_TIME {
            return None;
        }
        let floor = match (negative, fractional) {
            (false, _) => magnitude,
            (true, false) => magnitude.checked_neg()?,
            (true, true) => magnitude.checked_neg()?.checked_sub(1)?,
        };
        Some(Self { floor, fractional })
    }

    /// Returns the time rounded down to whole seconds.
    #[must_use]
    pub const fn floor(self) -> UnixTime {
        UnixTime(self.floor)
    }

    /// Returns the time rounded up to whole seconds.
    #[must_use]
    pub const fn ceil(self) -> UnixTime {
        UnixTime(if self.fractional { self.floor.saturating_add(1) } else { self.floor })
    }
}

/// More digits than any number in a token has.
const MAX_EXPONENT: i32 = 1 << 24;

/// Reads the exponent of a JSON number from its `e` on, capped where no mantissa can compensate it.
fn saturating_exponent(exponent: &[u8]) -> i32 {
    let (negative, digits) = match exponent {
        [_, b'-', digits @ ..] => (true, digits),
        [_, b'+', digits @ ..] | [_, digits @ ..] => (false, digits),
        [] => return 0,
    };
    let magnitude = digits.iter().fold(0i32, |sum, digit| {
        let digit = i32::from(digit.saturating_sub(b'0'));
        sum.wrapping_mul(10).wrapping_add(digit).min(MAX_EXPONENT)
    });
    if negative { magnitude.saturating_neg() } else { magnitude }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(number: &str) -> Option<(i64, i64)> {
        NumericDate::from_json_number(number).map(|date| (date.floor().0, date.ceil().0))
    }

    #[test]
    fn numeric_date_takes_the_full_number_grammar() {
        for (number, expected) in [
            ("0", (0, 0)),
            ("-0", (0, 0)),
            ("1300819380", (1_300_819_380, 1_300_819_380)),
            ("1300819380.0", (1_300_819_380, 1_300_819_380)),
            ("1300819380.5", (1_300_819_380, 1_300_819_381)),
            ("1.3e9", (1_300_000_000, 1_300_000_000)),
            ("1.3E+9", (1_300_000_000, 1_300_000_000)),
            ("13000000005e-1", (1_300_000_000, 1_300_000_001)),
            ("0.0000000001e10", (1, 1)),
            ("-1.5", (-2, -1)),
            ("-15e-1", (-2, -1)),
            ("5e-324", (0, 1)),
            ("0e999999999999999999999", (0, 0)),
            ("0.00000000000000000000000000000000000000001", (0, 1)),
            ("100000000000000000000e-20", (1, 1)),
        ] {
            assert_eq!(read(number), Some(expected), "{number}");
        }
    }

    proptest! {
        #[test]
        fn digits_are_read_as_any_number_is(number in "0|[1-9][0-9]{0,16}|[1-9][0-9]{0,8}[-+.eE0]") {
            if let Some(date) = NumericDate::from_digits(number.as_bytes()) {
                prop_assert_eq!(Some(date), NumericDate::from_any_number(&number));
            }
        }
    }

    #[test]
    fn numeric_date_beyond_two_to_the_53_is_rejected() {
        assert_eq!(read("9007199254740992"), Some((1 << 53, 1 << 53)));
        assert_eq!(read("-9007199254740992"), Some((-(1 << 53), -(1 << 53))));
        for number in [
            "9007199254740993",
            "9007199254740992.1",
            "-9007199254740993",
            "-9007199254740992.1",
            "1e16",
            "1e309",
            "18446744073709551616",
            "1e99999999999999999999",
            "100000000000000000000000000000000000000000000000000",
        ] {
            assert_eq!(read(number), None, "{number}");
        }
    }

    #[test]
    fn leeway_above_an_hour_is_refused_not_clamped() {
        assert_eq!(Leeway::from_secs(3600).map(Leeway::as_secs), Some(3600));
        assert_eq!(Leeway::from_secs(3601), None);
        assert_eq!(Leeway::from_secs(u32::MAX), None);
    }

    #[test]
    fn arithmetic_on_times_saturates() {
        assert_eq!(UnixTime(i64::MAX).plus(u32::MAX), UnixTime(i64::MAX));
        assert_eq!(UnixTime(i64::MIN).minus(u32::MAX), UnixTime(i64::MIN));
    }
}
