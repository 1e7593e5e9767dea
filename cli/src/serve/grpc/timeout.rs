//! The time that a client gives a call: `grpc-timeout`.

use std::time::Duration;

use http::HeaderMap;

/// Returns the time after which a call must be answered, so that the answer arrives before its client gives up:
/// three quarters of what the client waits. A malformed field counts as none.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    Some(parse(value)?.mul_f32(0.75))
}

/// `TimeoutValue TimeoutUnit`, with at most 8 digits (gRPC over HTTP/2, "Timeout").
fn parse(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count.saturating_mul(60 * 60))),
        "M" => Some(Duration::from_secs(count.saturating_mul(60))),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_up_to_eight_digits_and_a_unit() {
        for (value, expected) in [
            ("200m", Some(Duration::from_millis(200))),
            ("3S", Some(Duration::from_secs(3))),
            ("1M", Some(Duration::from_secs(60))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("5u", Some(Duration::from_micros(5))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("3", None),
            ("+3S", None),
            ("3s", None),
            ("3µ", None),
            ("123456789S", None),
        ] {
            assert_eq!(parse(value), expected, "{value}");
        }
    }
}
