//! [`Reply`]: an HTTP response, with the document and how long it is fresh.

use std::time::Duration;

use http::header::{
    AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, RETRY_AFTER,
};
use http::{HeaderValue, Response, StatusCode};

use super::fetch::{FetchError, MAX_DOCUMENT_LEN};
use crate::key_file::without_byte_order_mark;

/// A document that was received.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) body: Vec<u8>,
    /// What the response says about its type, for messages.
    pub(super) content_type: Option<String>,
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
    /// Reads a response with a JSON document. Servers send JSON as all kinds of media types, and the parsers
    /// are strict, so only pages for browsers are refused by their type.
    pub(super) fn read(response: Response<Vec<u8>>) -> Result<Self, FetchError> {
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
        let content_type = head.headers.get(CONTENT_TYPE).map(shown);
        if let Some(content_type) =
            content_type.as_ref().filter(|content_type| is_html(content_type))
        {
            return Err(FetchError::ContentType(content_type.clone()));
        }
        if let Some(coding) = head.headers.get(CONTENT_ENCODING).map(shown)
            && !coding.trim().is_empty()
            && !coding.trim().eq_ignore_ascii_case("identity")
        {
            return Err(FetchError::ContentEncoding(coding));
        }
        // The caller's own fetcher may ignore the limit.
        if body.len() > MAX_DOCUMENT_LEN {
            return Err(FetchError::TooLarge);
        }
        let body = without_byte_order_mark(body);
        let etag = head.headers.get(ETAG).cloned();
        Ok(Self::New(Document { body, content_type, etag, fresh_for }))
    }
}

fn is_html(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|html| media_type.eq_ignore_ascii_case(html))
}

/// The beginning of a value, for a message.
fn shown(value: &HeaderValue) -> String {
    const MAX_CHARS: usize = 128;
    String::from_utf8_lossy(value.as_bytes()).chars().take(MAX_CHARS).collect()
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
        Reply::read(response.body(body).unwrap())
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
            let error = answer(status, &[json], vec![]).unwrap_err();
            assert!(matches!(error, FetchError::Redirect(_)), "{status}");
            assert!(error.to_string().contains("set jwks_uri"), "{error}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let error = answer(429, &[("retry-after", "7")], vec![]).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        let error = answer(503, &[("retry-after", "tomorrow")], vec![]).unwrap_err();
        assert_eq!(error.retry_after(), None);
    }

    fn document(headers: &[(&str, &str)], body: &[u8]) -> Result<Document, FetchError> {
        match answer(200, headers, body.to_vec())? {
            Reply::New(document) => Ok(document),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_document_of_any_type_but_html_is_read() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/jwk-set+json",
            "application/jwk+json",
            "application/octet-stream",
            "binary/octet-stream",
            "text/plain; charset=utf-8",
            "text/json",
            "nonsense",
            "",
        ] {
            let document = document(&[("content-type", content_type)], b"{}").unwrap();
            assert_eq!(document.content_type.as_deref(), Some(content_type));
        }
        assert_eq!(document(&[], b"{}").unwrap().content_type, None);
        for content_type in ["text/html", "Text/HTML;charset=utf-8", "application/xhtml+xml"] {
            let error = document(&[("content-type", content_type)], b"{}").unwrap_err();
            assert_eq!(error, FetchError::ContentType(content_type.to_owned()));
            assert!(error.to_string().contains(content_type), "{error}");
        }
    }

    #[test]
    fn a_compressed_document_is_refused_by_its_name() {
        for coding in ["gzip", "br", "identity, gzip"] {
            let error = document(&[("content-encoding", coding)], b"\x1f\x8b").unwrap_err();
            assert_eq!(error, FetchError::ContentEncoding(coding.to_owned()));
            assert!(error.to_string().contains(coding), "{error}");
        }
        for coding in ["identity", "Identity", ""] {
            assert!(document(&[("content-encoding", coding)], b"{}").is_ok(), "{coding}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(document(&[], b"\xEF\xBB\xBF{}").unwrap().body, b"{}");
        assert_eq!(document(&[], b"\xEF\xBB\xBF\xEF\xBB\xBF{}").unwrap().body, b"\xEF\xBB\xBF{}");
        assert_eq!(document(&[], b"\xEF\xBB{}").unwrap().body, b"\xEF\xBB{}");
    }

    #[test]
    fn what_a_message_shows_of_a_header_is_short() {
        let long = format!("text/html; {}", "x".repeat(10_000));
        let error = document(&[("content-type", &long)], b"").unwrap_err();
        assert!(error.to_string().len() < 400, "{error}");
    }

    #[test]
    fn a_fetcher_that_reads_too_much_is_stopped() {
        let json = ("content-type", "application/json");
        assert!(answer(200, &[json], vec![b' '; MAX_DOCUMENT_LEN]).is_ok());
        let error = answer(200, &[json], vec![b' '; MAX_DOCUMENT_LEN + 1]).unwrap_err();
        assert_eq!(error, FetchError::TooLarge);
    }
}
