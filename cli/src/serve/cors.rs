//! Lets scripts of other origins read why the gate refuses a request (CORS, Fetch standard).

use http::HeaderMap;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue, ORIGIN, VARY,
};

use super::origins::Origins;

/// The origins that may read refusals: the setting `cors_origins`. On what passes, the API decides.
#[derive(Clone, Debug, Default)]
pub(crate) struct CorsOrigins(pub(crate) Origins);

impl CorsOrigins {
    /// Adds the headers of CORS to a refusal, if the request comes from a listed origin.
    pub(crate) fn open(&self, request: &HeaderMap, refusal: &mut HeaderMap) {
        let mut origins = request.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return };
        if self.0.contain(origin) {
            refusal.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            refusal.append(VARY, HeaderValue::from_static("Origin"));
            refusal.insert(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("WWW-Authenticate, Retry-After"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(origins: &[&str]) -> HeaderMap {
        let listed = vec!["https://app.example.com".to_owned(), "http://localhost:3000".to_owned()];
        let cors = CorsOrigins(Origins::new("cors_origins", listed).unwrap());
        let mut request = HeaderMap::new();
        for origin in origins {
            request.append(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let mut refusal = HeaderMap::new();
        cors.open(&request, &mut refusal);
        refusal
    }

    #[test]
    fn a_refusal_to_a_listed_origin_can_be_read_there() {
        for origin in ["https://app.example.com", "http://localhost:3000"] {
            let headers = opened(&[origin]);
            assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            assert_eq!(headers[VARY], "Origin");
            assert_eq!(headers[ACCESS_CONTROL_EXPOSE_HEADERS], "WWW-Authenticate, Retry-After");
        }
    }

    #[test]
    fn origins_are_compared_exactly_and_come_once() {
        for origins in [
            &[][..],
            &["null"],
            &["https://app.example.com."],
            &["https://APP.example.com"],
            &["https://app.example.com:443"],
            &["https://app.example.com.evil.example"],
            &["http://app.example.com"],
            &["https://app.example.com", "https://app.example.com"],
            &["https://app.example.com, http://localhost:3000"],
        ] {
            assert!(opened(origins).is_empty(), "{origins:?}");
        }
    }

    #[test]
    fn no_origin_is_a_wildcard() {
        for origin in ["*", "null", "https://*.example.com", "https://a.example/", "a.example"] {
            let error = Origins::new("cors_origins", vec![origin.to_owned()]).unwrap_err();
            assert!(error.to_string().starts_with("cors_origins \""), "{error}");
        }
    }
}
