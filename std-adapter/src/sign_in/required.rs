//! What a request gets that needs a session and has none.

use axum::response::Response as AxumResponse;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Response, StatusCode, Uri};

use super::SignIn;
use super::navigation::{is_navigation, is_page_load};
use super::pages;
use super::return_path::ReturnPath;
use super::routes::redirect;
use super::session::Session;

impl SignIn {
    /// Returns the session of a request, or what to answer if it has none or may not use it.
    pub(super) async fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Session, Box<AxumResponse>> {
        let return_path = uri.path_and_query().map_or("/", |path| path.as_str());
        let refused = |error| Box::new(self.error_page(&error, headers, return_path));
        match self.session(headers).await {
            Ok(Some(session)) => {
                self.check_site(method, headers).map_err(refused)?;
                Ok(session)
            }
            Ok(None) => {
                Err(Box::new(self.send_to_sign_in("", method.as_str(), return_path, headers)))
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// The answer to a request that needs a session and has none, for a proxy's check. A navigation is redirected to
    /// sign-in, which leads back to `target`: a path with its query. A form that was sent gets a page, and everything
    /// else 401 with JSON. URLs are absolute, since the check has an address of its own.
    ///
    /// In an app, [`RequireSignIn`](super::RequireSignIn) does this.
    #[must_use]
    pub fn sign_in_required<B: From<String> + Default>(
        &self,
        method: &str,
        target: &str,
        headers: &HeaderMap,
    ) -> Response<B> {
        let origin = self.0.origin.origin().ascii_serialization();
        self.send_to_sign_in(&origin, method, target, headers)
    }

    /// `base` precedes each path.
    fn send_to_sign_in<B: From<String> + Default>(
        &self,
        base: &str,
        method: &str,
        target: &str,
        headers: &HeaderMap,
    ) -> Response<B> {
        let path = ReturnPath::parse(target, &self.0.origin, &self.0.routes.prefix);
        let home = self.0.routes.home();
        let path = path.as_ref().map_or(home, ReturnPath::as_str);
        if is_navigation(method, headers) {
            let location = format!("{base}{}", self.sign_in_path(path, &[]));
            return redirect(StatusCode::FOUND, &location, []);
        }
        let sign_in = format!("{base}{}", self.sign_in_path(home, &[]));
        let is_read = method == "GET" || method == "HEAD";
        if !is_read && is_page_load(headers) {
            return pages::sign_in_and_send_again(&sign_in);
        }
        let body = serde_json::json!({
            "code": "sign_in_required",
            "message": "sign in first",
            "sign_in": sign_in,
        });
        let mut response = Response::new(B::from(body.to_string()));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        pages::protect(headers);
        response
    }
}
