//! The routes of sign-in: `/sign-in`, `/callback`, `/sign-out` and `/backchannel-logout`.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use http::{Method, StatusCode};
use url::form_urlencoded;

use super::SignIn;
use super::backchannel::backchannel_logout;
use super::callback::MAX_ANSWER_LEN;
use super::error::SignInError;
use super::finish::{Finished, NotFinished};
use super::navigation::{is_own_navigation, is_prefetch};
use super::pages::{self, protect};
use super::request::{Screen, Start};
use super::settings::ResponseMode;
use super::sign_out::Ended;
use super::start::Started;
use crate::cross_site;
#[cfg(doc)]
use crate::log_limit::LogLimit;

impl SignIn {
    /// Returns the routes of sign-in, to be merged into the app's router.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let routes = &self.0.routes;
        let callback = match self.0.settings.response_mode {
            ResponseMode::Query => get(answered_by_query),
            ResponseMode::FormPost => get(answered_by_query).post(answered_by_form),
        };
        Router::new()
            .route(&routes.sign_in(), get(sign_in))
            .route(&routes.callback(), callback)
            .route(&routes.sign_out(), get(sign_out).post(sign_out))
            .route(&routes.backchannel_logout(), post(backchannel_logout))
            .layer(DefaultBodyLimit::max(MAX_ANSWER_LEN))
            .with_state(self.clone())
    }

    /// Answers with the page of an error, whose link begins anew and then leads to `return_path`; with JSON, if the
    /// request prefers that. The log has the error and the page's reference, within a [`LogLimit`].
    #[must_use]
    pub fn error_page<B: From<String>>(
        &self,
        error: &SignInError,
        headers: &HeaderMap,
        return_path: &str,
    ) -> http::Response<B> {
        let again = match error {
            SignInError::CrossSite | SignInError::Misdirected(_) => "/".to_owned(),
            // Another account needs another choice, which the provider would not offer by itself.
            SignInError::NotPermitted => self.sign_in_path(return_path, &[("prompt", "login")]),
            _ => self.sign_in_path(return_path, &[]),
        };
        pages::error(error, headers, &again, &self.0.log_limit)
    }

    /// The path at which the user signs in to return to `return_path`.
    pub(super) fn sign_in_path(&self, return_path: &str, more: &[(&str, &str)]) -> String {
        let mut path = self.0.routes.sign_in();
        let home = self.0.routes.home();
        if return_path == home && more.is_empty() {
            return path;
        }
        path.push('?');
        let length = path.len();
        let mut query = form_urlencoded::Serializer::for_suffix(&mut path, length);
        if return_path != home {
            query.append_pair("return_to", return_path);
        }
        query.extend_pairs(more).finish();
        path
    }
}

/// `GET /sign-in?return_to=PATH&screen=sign-up`.
async fn sign_in(
    State(sign_in): State<SignIn>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if method == Method::HEAD || is_prefetch(&headers) {
        return nothing();
    }
    let query = query.unwrap_or_default();
    let value = |wanted| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(name, value)| (name == wanted).then_some(value))
    };
    let return_path = value("return_to");
    let return_path = return_path.as_deref();
    let screen = match value("screen").as_deref() {
        Some("sign-up") => Screen::SignUp,
        _ => Screen::SignIn,
    };
    // Only what a page of this app links to.
    let prompt = value("prompt").filter(|prompt| prompt == "login");
    let prompt = prompt.as_deref();
    let start = Start { return_path, screen, prompt, ..Start::default() };
    match sign_in.start(start, &headers).await {
        Ok(Started { url, cookie, cleared }) => {
            redirect(StatusCode::FOUND, &url, std::iter::once(cookie).chain(cleared))
        }
        Err(error) => {
            let return_path = return_path.unwrap_or(sign_in.0.routes.home());
            sign_in.error_page(&error, &headers, return_path)
        }
    }
}

async fn answered_by_query(
    State(sign_in): State<SignIn>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if method == Method::HEAD {
        return nothing();
    }
    finish(&sign_in, query.unwrap_or_default().as_bytes(), &headers).await
}

async fn answered_by_form(
    State(sign_in): State<SignIn>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    finish(&sign_in, &body, &headers).await
}

async fn finish(sign_in: &SignIn, answer: &[u8], headers: &HeaderMap) -> Response {
    if is_prefetch(headers) {
        return nothing();
    }
    match sign_in.finish(answer, headers).await {
        Ok(Finished { return_path, cookies }) => {
            redirect(StatusCode::SEE_OTHER, &return_path, cookies)
        }
        Err(NotFinished { error, cookies }) => {
            let mut response = sign_in.error_page(&error, headers, sign_in.0.routes.home());
            set_cookies(&mut response, cookies);
            response
        }
    }
}

/// `GET /sign-out`, by a link, and `POST /sign-out`, by a form.
async fn sign_out(State(sign_in): State<SignIn>, method: Method, headers: HeaderMap) -> Response {
    let inner = &sign_in.0;
    if method == Method::HEAD || is_prefetch(&headers) {
        return nothing();
    }
    let is_post = method == Method::POST;
    if is_post && let Err(error) = sign_in.check_site(&method, &headers) {
        return sign_in.error_page(&error, &headers, inner.routes.home());
    }
    if !is_post && !is_own_navigation(&headers) {
        return pages::confirm_sign_out(&inner.routes.sign_out());
    }
    match sign_in.end(&headers).await {
        Ok(Ended { url: Some(url), cookies }) => redirect(StatusCode::SEE_OTHER, &url, cookies),
        Ok(Ended { url: None, cookies }) => {
            let mut response = pages::signed_out_here(&inner.routes.after_sign_out);
            set_cookies(&mut response, cookies);
            response
        }
        Err(error) => sign_in.error_page(&error, &headers, inner.routes.home()),
    }
}

impl SignIn {
    /// Refuses an unsafe request that another site may have caused.
    pub(super) fn check_site(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(), SignInError> {
        let own = self.0.origin.origin().ascii_serialization();
        let checked = cross_site::check(method.as_str(), headers, |origin| *origin == *own);
        checked.map_err(|_| SignInError::CrossSite)
    }
}

/// The answer to a prefetch, which neither begins nor ends anything.
fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    protect(response.headers_mut());
    response
}

/// A redirect after which the browser sends a GET (RFC 9700 §4.12).
pub(super) fn redirect<B: Default>(
    status: StatusCode,
    location: &str,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> http::Response<B> {
    let mut response = http::Response::new(B::default());
    match HeaderValue::try_from(location) {
        Ok(location) => {
            *response.status_mut() = status;
            response.headers_mut().insert(LOCATION, location);
        }
        // Not reached: URLs of providers and return paths are visible ASCII.
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    protect(response.headers_mut());
    set_cookies(&mut response, cookies);
    response
}

fn set_cookies<B>(
    response: &mut http::Response<B>,
    cookies: impl IntoIterator<Item = HeaderValue>,
) {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
