//! [`Reply`]: an HTTP response, with the document and how long it is fresh.

use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::fetch::{FetchError, MAX_DOCUMENT_LEN};

/// A document that was received.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) body: Vec<u8>,
    pub(super) etag: Option<HeaderValue>,
    pub(super) fresh_for: Option<Duration>,
}

/// A successful response.
#[derive(Debug)]
pub(super) enum Reply {
    New(Document),
    /// The document from the last fetch is still current.
    NotModified {
        fresh_for: Option<Duration>,
    },
}

impl Reply {
    /// Reads a response with a JSON document of one of these media types.
    pub(super) fn read(response: Response<Vec<u8>>, types: &[&str]) -> Result<Self, FetchError> {
        let (head, body) = response.into_parts();
        let fresh_for = fresh_for(&head.headers);
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Self::NotModified { fresh_for }),
            status if status.is_redirection() => return Err(FetchError::Redirect(status)),
            status => {
                let retry_after = seconds(&head.headers, RETRY_AFTER);
                return Err(FetchError::Status { status, retry_after });
            }
        }
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        if !types.iter().any(|known| media_type.trim().eq_ignore_ascii_case(known)) {
            return Err(FetchError::ContentType);
        }
        // The caller's own fetcher may ignore the limit.
        if body.len() > MAX_DOCUMENT_LEN {
            return Err(FetchError::TooLarge);
        }
        Ok(Self::New(Document { body, etag: head.headers.get(ETAG).cloned(), fresh_for }))
    }
}

/// How long a response is fresh (RFC 9111 §4.2): `max-age` minus the `Age` in a cache.
fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut max_age = None;
    for directive in directives.flat_map(|value| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") {
            max_age = max_age.or_else(|| delta_seconds(value));
        }
    }
    let age = seconds(headers, AGE).unwrap_or_default();
    max_age.map(|max_age| max_age.saturating_sub(age))
}

fn seconds(headers: &HeaderMap, name: HeaderName) -> Option<Duration> {
    delta_seconds(headers.get(name)?.to_str().ok()?)
}

/// `delta-seconds` (RFC 9111 §1.2.2). A number that is too large means a very long time.
fn delta_seconds(text: &str) -> Option<Duration> {
    let text = text.trim().trim_matches('"');
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse::<u32>().unwrap_or(u32::MAX).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Reply, FetchError> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        Reply::read(response.body(body).unwrap(), &["application/json"])
    }

    fn freshness(headers: &[(&str, &str)]) -> Option<u64> {
        let headers = [&[("content-type", "application/json")], headers].concat();
        match answer(200, &headers, Vec::new()) {
            Ok(Reply::New(document)) => document.fresh_for.map(|duration| duration.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn freshness_is_max_age_less_age() {
        assert_eq!(freshness(&[]), None);
        assert_eq!(freshness(&[("cache-control", "public, max-age=300")]), Some(300));
        assert_eq!(freshness(&[("cache-control", "MAX-AGE=300"), ("age", "100")]), Some(200));
        assert_eq!(freshness(&[("cache-control", "max-age=300"), ("age", "400")]), Some(0));
        assert_eq!(freshness(&[("cache-control", "max-age=\"300\"")]), Some(300));
        assert_eq!(freshness(&[("cache-control", "max-age=300, no-store")]), Some(0));
        assert_eq!(freshness(&[("cache-control", "no-cache")]), Some(0));
        assert_eq!(freshness(&[("cache-control", "max-age=-1")]), None);
        assert_eq!(freshness(&[("cache-control", "max-age=soon")]), None);
        assert_eq!(freshness(&[("cache-control", "s-maxage=5")]), None);
        assert_eq!(
            freshness(&[("cache-control", "max-age=99999999999999999999")]),
            Some(u64::from(u32::MAX))
        );
    }

    #[test]
    fn only_200_and_304_are_answers() {
        let json = ("content-type", "application/json");
        assert!(matches!(answer(304, &[], vec![]), Ok(Reply::NotModified { .. })));
        for status in [201, 204, 206, 400, 404, 429, 500, 503] {
            assert!(
                matches!(answer(status, &[json], vec![]), Err(FetchError::Status { .. })),
                "{status}"
            );
        }
        for status in [301, 302, 303, 307, 308] {
            assert!(
                matches!(answer(status, &[json], vec![]), Err(FetchError::Redirect(_))),
                "{status}"
            );
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let error = answer(429, &[("retry-after", "7")], vec![]).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        let error = answer(503, &[("retry-after", "tomorrow")], vec![]).unwrap_err();
        assert_eq!(error.retry_after(), None);
    }

    #[test]
    fn only_json_is_read() {
        for (content_type, is_json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/html", false),
            ("application/jsonp", false),
            ("text/html; a=application/json", false),
        ] {
            let answer = answer(200, &[("content-type", content_type)], vec![]);
            assert_eq!(answer.is_ok(), is_json, "{content_type}");
        }
        assert_eq!(answer(200, &[], vec![]).unwrap_err(), FetchError::ContentType);
    }

    #[test]
    fn a_fetcher_that_reads_too_much_is_stopped() {
        let json = ("content-type", "application/json");
        assert!(answer(200, &[json], vec![b' '; MAX_DOCUMENT_LEN]).is_ok());
        let error = answer(200, &[json], vec![b' '; MAX_DOCUMENT_LEN + 1]).unwrap_err();
        assert_eq!(error, FetchError::TooLarge);
    }
}
