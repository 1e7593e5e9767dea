//! Reads one cookie of a request (RFC 6265 §4.2.1, §5.4).

use http::header::{COOKIE, HeaderMap};

/// The request has the cookie more than once, or more than one Cookie field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// Finds the value of a cookie. Its name is compared with case.
///
/// # Errors
///
/// Servers differ in which of two cookies or of two Cookie fields they read, so both are refused. A browser
/// sends one field (RFC 6265 §5.4), and proxies join those of HTTP/2 (RFC 9113 §8.2.3).
pub(crate) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h [u8]>, Repeated> {
    let mut fields = headers.get_all(COOKIE).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(Repeated);
    }
    let mut values = field.as_bytes().split(|byte| *byte == b';').filter_map(|pair| {
        // A pair without `=` has a value, but no name.
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (found, value) = pair.split_at_checked(equals)?;
        (found.trim_ascii() == name.as_bytes()).then(|| value.get(1..).unwrap_or_default())
    });
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(<[u8]>::trim_ascii)),
        (_, Some(_)) => Err(Repeated),
    }
}

/// `cookie-name = token` (RFC 6265 §4.1.1)
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(fields: &[&str]) -> Result<Option<String>, Repeated> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(COOKIE, HeaderValue::from_bytes(field.as_bytes()).unwrap());
        }
        let value = find(&headers, "session")?;
        Ok(value.map(|value| String::from_utf8_lossy(value).into_owned()))
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for field in [
            "session=a.b.c",
            "a=1; session=a.b.c",
            "session=a.b.c; b=session",
            "a=1;session=a.b.c;",
            "x; session=a.b.c; =session",
            "Session=x; SESSION=y; session=a.b.c; session2=z; xsession=z; se=session",
            "a=\u{fc}; session=a.b.c",
        ] {
            assert_eq!(found(&[field]).unwrap().unwrap(), "a.b.c", "{field}");
        }
    }

    #[test]
    fn a_request_without_the_cookie_has_none() {
        for fields in [&[][..], &[""], &["a=1"], &["session"], &["a=session=b"], &[";;=;"]] {
            assert_eq!(found(fields), Ok(None), "{fields:?}");
        }
        assert_eq!(found(&["session="]), Ok(Some(String::new())));
    }

    #[test]
    fn a_value_is_taken_as_it_is() {
        for value in ["\"a.b.c\"", "a=b", "a%2Eb", "a,b", "a b"] {
            assert_eq!(found(&[&format!("session={value}")]).unwrap().unwrap(), value);
        }
    }

    #[test]
    fn a_cookie_that_is_sent_twice_is_refused() {
        for fields in [
            &["session=a; session=b"][..],
            &["session=a; session=a"],
            &["session=; session=a"],
            &["session=a;b=c; session=a"],
            &["session =a; session=b"],
            &["session=a", "session=b"],
            &["session=a", "b=1"],
            &["b=1", "session=a"],
        ] {
            assert_eq!(found(fields), Err(Repeated), "{fields:?}");
        }
    }
}
