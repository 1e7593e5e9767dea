//! Refuses forms that another site makes a browser send.

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a POST request comes from a page of this origin, or from a client that is not a browser. Every browser
/// sends `Origin` with a POST request (Fetch standard).
pub(super) fn is_same_origin(headers: &HeaderMap, origin: &str) -> bool {
    is_alone(headers, &SEC_FETCH_SITE, "same-origin") && is_alone(headers, &ORIGIN, origin)
}

/// Whether a header is absent, or has this value alone.
fn is_alone(headers: &HeaderMap, name: &HeaderName, expected: &str) -> bool {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(value), None) => value == expected.as_bytes(),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(fields: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        is_same_origin(&headers, "http://127.0.0.1:4180")
    }

    #[test]
    fn a_form_comes_from_a_page_of_this_origin() {
        const OWN: (&str, &str) = ("origin", "http://127.0.0.1:4180");
        assert!(is_taken(&[]));
        assert!(is_taken(&[OWN]));
        assert!(is_taken(&[OWN, ("sec-fetch-site", "same-origin")]));
        for origin in
            ["null", "http://localhost:4180", "http://127.0.0.1:4181", "https://127.0.0.1:4180"]
        {
            assert!(!is_taken(&[("origin", origin)]), "{origin}");
            assert!(
                !is_taken(&[("origin", origin), ("sec-fetch-site", "same-origin")]),
                "{origin}"
            );
        }
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!is_taken(&[OWN, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(!is_taken(&[OWN, OWN]));
    }
}
