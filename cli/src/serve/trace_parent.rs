//! The trace of a request, from the header `traceparent` (W3C Trace Context).

use http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Returns the trace id of a valid `traceparent`, which is 32 hexadecimal digits.
///
/// `version-format = trace-id "-" parent-id "-" trace-flags` (Trace Context §3.2.2). A later version may have more
/// behind it.
pub(super) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let mut fields = value.to_str().ok()?.splitn(5, '-');
    let mut field = |len| fields.next().filter(|field| is_hex(field, len));
    let version = field(2).filter(|version| *version != "ff")?;
    let trace_id = field(32).filter(|id| !is_zero(id))?;
    field(16).filter(|id| !is_zero(id))?;
    field(2)?;
    let is_whole = version != "00" || fields.next().is_none();
    is_whole.then_some(trace_id)
}

/// `HEXDIGLC = DIGIT / "a" / "b" / "c" / "d" / "e" / "f"`
fn is_hex(field: &str, len: usize) -> bool {
    field.len() == len && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn found(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_str(value).unwrap());
        }
        trace_id(&headers).map(str::to_owned)
    }

    #[test]
    fn a_valid_traceparent_names_its_trace() {
        for (version, rest) in [("00", ""), ("cc", ""), ("cc", "-what-the-future-brings")] {
            let value = format!("{version}-{TRACE}-b7ad6b7169203331-01{rest}");
            assert_eq!(found(&[&value]).as_deref(), Some(TRACE), "{value}");
        }
    }

    #[test]
    fn an_invalid_or_repeated_traceparent_names_no_trace() {
        let valid = format!("00-{TRACE}-b7ad6b7169203331-01");
        assert_eq!(found(&[&valid, &valid]), None);
        assert_eq!(found(&[]), None);
        for value in [
            String::new(),
            TRACE.to_owned(),
            format!("ff-{TRACE}-b7ad6b7169203331-01"),
            format!("0-{TRACE}-b7ad6b7169203331-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}-b7ad6b7169203331"),
            format!("00-{TRACE}-b7ad6b7169203331-1"),
            format!("00-{TRACE}-b7ad6b7169203331-01-more"),
            format!("00-{TRACE}-b7ad6b7169203331-01-"),
            format!("00-{}-b7ad6b7169203331-01", TRACE.replace('0', "\u{e9}")),
        ] {
            assert_eq!(found(&[&value]), None, "{value}");
        }
    }
}
