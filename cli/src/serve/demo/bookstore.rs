//! The demo's app: a bookstore whose customers sign in at the demo's provider, by the library.

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, HeaderMap};
use serde::Deserialize;
use tollgate::sign_in::{
    Provider, Secret, Session, Sessions, SignIn, SignInBuildError, SignInLayer,
};

use super::provider_endpoints::{CLIENT_ID, CLIENT_SECRET};

/// The same colours as the provider's pages, other ones for the frame, so that users see where they are.
const STYLE: &str = include_str!("bookstore.css");

/// Signs customers in at the demo's provider. `origin` is the app's.
pub(super) fn sign_in(issuer: &str, origin: &str) -> Result<SignIn, SignInBuildError> {
    SignIn::builder(Provider::discover(issuer), CLIENT_ID, origin)
        .client_secret(Secret::new(CLIENT_SECRET))
        .scopes(["profile"])
        .sessions(Sessions::memory())
        .allow_insecure_loopback()
        .build()
}

/// The app around `api`, whose `/orders` customers may open in their browsers, too.
pub(super) fn app(sign_in: SignIn, api: Router) -> Router {
    let api = api.layer(from_fn(orders_as_a_page));
    Router::new()
        .route("/", get(home))
        .merge(sign_in.routes())
        .merge(api)
        .layer(SignInLayer::new(sign_in))
}

/// What the app reads of the ID token.
#[derive(Deserialize)]
struct Profile {
    name: Option<String>,
    preferred_username: Option<String>,
}

async fn home(session: Option<Session>) -> Response {
    page(&match session {
        None => "<p class=\"state\">Not authenticated</p>\
                 <p>Sign in to see the books.</p>\
                 <p><a class=\"main\" href=\"/sign-in\">Sign in</a> \
                 <a href=\"/sign-in?screen=sign-up\">Register</a></p>"
            .to_owned(),
        Some(session) => format!(
            "<p class=\"state\">Authenticated</p><p>Hello, <strong>{}</strong>. These are our books:</p>\
             <ul><li>The Odyssey</li><li>Middlemarch</li><li>Moby-Dick</li></ul>\
             <p><a class=\"main\" href=\"/orders\">My orders</a> <a href=\"/sign-out\">Sign out</a></p>",
            escaped(&name(&session))
        ),
    })
}

/// Answers browsers with a page for signed-in customers. Programs come with a token, or do not ask for a page.
async fn orders_as_a_page(request: Request, next: Next) -> Response {
    let is_for_browsers = request.uri().path() == "/orders"
        && !request.headers().contains_key(AUTHORIZATION)
        && asks_for_a_page(request.headers());
    if !is_for_browsers {
        return next.run(request).await;
    }
    let (mut parts, _) = request.into_parts();
    match <Session as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await {
        Ok(session) => page(&format!(
            "<p class=\"state\">Orders of {}</p><ul><li>The Odyssey, ordered today</li></ul>\
             <p><a class=\"main\" href=\"/\">All books</a> <a href=\"/sign-out\">Sign out</a></p>",
            escaped(&name(&session))
        )),
        Err(response) => response,
    }
}

fn asks_for_a_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// The user's name, as the provider knows it.
fn name(session: &Session) -> String {
    let profile = session.claims::<Profile>().ok();
    let name = profile.and_then(|profile| profile.name.or(profile.preferred_username));
    name.unwrap_or_else(|| session.subject().to_owned())
}

fn page(content: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Bookstore</title><style>{STYLE}</style><main>\
         <h1>Bookstore</h1>{content}</main></html>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
                  form-action 'none'";
    ([(CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}

/// People choose their names themselves.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
