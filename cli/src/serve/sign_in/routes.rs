//! The pages of sign-in, which a proxy hands on without a check.

use axum::extract::Request;
use axum::response::Response;
use tollgate::sign_in::SignInError;
use tower_service::Service as _;

use super::browsers::Browsers;
use super::host;

/// Answers a request for a page of sign-in. `None` if it is for something else.
pub(crate) async fn route(browsers: &Browsers, request: Request) -> Result<Response, Request> {
    if !browsers.have_page(request.uri().path()) {
        return Err(request);
    }
    let host = host::of_page(browsers.proxy, request.headers()).unwrap_or_default();
    // The provider calls the address that it knows.
    let is_for_provider = request.uri().path().ends_with("/backchannel-logout");
    let site = browsers.at(host).or_else(|| browsers.first_site().filter(|_| is_for_provider));
    match site {
        Some(site) => {
            let mut pages = site.pages.clone();
            match pages.call(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            }
        }
        None => {
            let host = String::from_utf8_lossy(host).into_owned();
            let error = SignInError::Misdirected(host);
            let Some(site) = browsers.first_site() else { return Err(request) };
            Ok(site.sign_in.error_page(&error, request.headers(), "/"))
        }
    }
}
