//! [`Hosts`]: which pages of the demo belong to which host name.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HOST, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

/// The pages of the app. Everything else answers to any name, as programs call it.
const APP_PAGES: [&str; 4] = ["/", "/sign-in", "/callback", "/sign-out"];

/// The pages of the provider.
const PROVIDER_PAGES: [&str; 5] =
    ["/demo/authorize", "/demo/login", "/demo/register", "/demo/consent", "/demo/end_session"];

/// The origins of the app and of the provider.
pub(super) struct Hosts {
    app: String,
    provider: String,
}

impl Hosts {
    /// `base` is the URL of the listener. The app is at `localhost`, if that is the same machine's address.
    pub(super) fn new(base: &str) -> Self {
        let (host, port) = base.rsplit_once(':').unwrap_or((base, ""));
        let app = match host {
            "http://127.0.0.1" | "http://[::1]" => format!("http://localhost:{port}"),
            _ => base.to_owned(),
        };
        Self { app, provider: base.to_owned() }
    }

    /// The origin of the app.
    pub(super) fn app(&self) -> &str {
        &self.app
    }

    /// Redirects the pages of a router to their host.
    pub(super) fn redirecting(self, router: Router) -> Router {
        router.layer(from_fn_with_state(Arc::new(self), redirect))
    }

    /// Where a page is, if it is not at the host of the request.
    fn elsewhere(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let origin = match uri.path() {
            path if APP_PAGES.contains(&path) => &self.app,
            path if PROVIDER_PAGES.contains(&path) => &self.provider,
            _ => return None,
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()))?;
        let is_here =
            origin.strip_prefix("http://").is_some_and(|own| own.eq_ignore_ascii_case(host));
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        (!is_here).then(|| format!("{origin}{target}"))
    }
}

async fn redirect(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let location = hosts.elsewhere(request.method(), request.uri(), request.headers());
    match location.and_then(|location| HeaderValue::try_from(location).ok()) {
        Some(location) => {
            let no_store = HeaderValue::from_static("no-store");
            (StatusCode::FOUND, [(LOCATION, location), (CACHE_CONTROL, no_store)]).into_response()
        }
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere(method: Method, host: &str, target: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        let hosts = Hosts::new("http://127.0.0.1:4180");
        hosts.elsewhere(&method, &target.parse().unwrap(), &headers)
    }

    #[test]
    fn pages_are_at_one_host() {
        let (app, provider) = ("localhost:4180", "127.0.0.1:4180");
        for path in ["/", "/sign-in?a=b", "/callback?code=c", "/sign-out"] {
            assert_eq!(elsewhere(Method::GET, app, path), None, "{path}");
            for host in [provider, "localhost", "evil.example"] {
                let expected = format!("http://{app}{path}");
                assert_eq!(elsewhere(Method::GET, host, path), Some(expected), "{path}");
            }
        }
        for path in ["/demo/authorize?a=b", "/demo/login", "/demo/register", "/demo/end_session"] {
            assert_eq!(elsewhere(Method::GET, provider, path), None, "{path}");
            let expected = format!("http://{provider}{path}");
            assert_eq!(elsewhere(Method::GET, app, path), Some(expected), "{path}");
        }
    }

    #[test]
    fn programs_may_use_any_name() {
        for host in ["localhost:4180", "127.0.0.1:4180", "[::1]:4180"] {
            for path in ["/orders", "/auth", "/user/info", "/demo/token", "/demo/jwks", "/metrics"]
            {
                assert_eq!(elsewhere(Method::GET, host, path), None, "{host}{path}");
            }
            assert_eq!(elsewhere(Method::POST, host, "/demo/login"), None, "{host}");
        }
    }

    #[test]
    fn the_app_is_at_localhost_where_that_is_the_same_address() {
        for (base, app) in [
            ("http://127.0.0.1:4180", "http://localhost:4180"),
            ("http://[::1]:80", "http://localhost:80"),
            ("http://127.0.0.2:4180", "http://127.0.0.2:4180"),
        ] {
            assert_eq!(Hosts::new(base).app(), app);
        }
    }
}
