//! The app under test.

use axum::Router;
use axum::routing::{any, get, post};
use serde_json::{Value, json};
use tollgate::issuer_url::Plaintext;
use tollgate::sign_in::{
    Provider as Discovered, RequireSignIn, Secret, Session, SignIn, SignInBuilder, SignInLayer,
    Target,
};

use super::browser::Browser;
use super::provider::{CLIENT, ISSUER, Provider, SECRET};
use super::time;

pub(crate) const ORIGIN: &str = "https://app.example.com";

/// Settings that fit the scripted provider.
pub(crate) fn settings(provider: &Provider) -> SignInBuilder {
    SignIn::builder(Discovered::discover(ISSUER), CLIENT, ORIGIN)
        .client_secret(Secret::new(SECRET))
        .scopes(["profile"])
        .fetcher(provider.clone())
        .clock(time::clock)
}

/// Settings of a connector that fits the scripted provider, with these members of `idTokenVerificationConfig`, where
/// `null` removes one, and these of `authRequestOptionalConfig`.
pub(crate) fn by_connector(provider: &Provider, rules: &Value, request: &Value) -> SignInBuilder {
    let mut verification = json!({ "issuer": ISSUER, "jwksUri": format!("{ISSUER}/jwks") });
    let members = verification.as_object_mut().unwrap();
    members.extend(rules.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    let connector = json!({
        "scope": "profile",
        "clientId": CLIENT,
        "clientSecret": SECRET,
        "tokenEndpointAuthMethod": "client_secret_basic",
        "authorizationEndpoint": format!("{ISSUER}/auth"),
        "tokenEndpoint": format!("{ISSUER}/token"),
        "idTokenVerificationConfig": verification,
        "authRequestOptionalConfig": request,
    });
    let connector = serde_json::from_value(connector).unwrap();
    let builder = SignIn::from_connector(connector, ORIGIN, Plaintext::Refuse).unwrap();
    builder.fetcher(provider.clone()).clock(time::clock)
}

pub(crate) fn app(sign_in: &SignIn) -> Router {
    let required = RequireSignIn::new(sign_in.clone());
    Router::new()
        .route("/", get(home))
        .route("/orders", any(orders).layer(required))
        .route("/cart", post(cart))
        .route("/token", get(token))
        .merge(sign_in.routes())
        .layer(SignInLayer::new(sign_in.clone()))
}

/// A running app and a browser that has not been there yet.
pub(crate) async fn start(settings: SignInBuilder) -> (SignIn, Browser) {
    let sign_in = settings.build().unwrap();
    sign_in.ready().await;
    let browser = Browser::new(app(&sign_in));
    (sign_in, browser)
}

/// A browser that has signed in.
pub(crate) async fn signed_in() -> (Browser, Provider) {
    let provider = Provider::new();
    let (_, mut browser) = start(settings(&provider)).await;
    browser.sign_in(&provider).await;
    (browser, provider)
}

async fn home(session: Option<Session>) -> String {
    session.map_or("nobody".to_owned(), |session| session.subject().to_owned())
}

async fn orders(session: Session) -> String {
    format!("orders of {}", session.subject())
}

/// A handler without a layer.
async fn cart(session: Option<Session>) -> String {
    session.map_or("nobody's cart".to_owned(), |session| format!("cart of {}", session.subject()))
}

async fn token(session: Session) -> String {
    session.access_token(Target::Default).await.unwrap_or_else(|error| format!("error: {error}"))
}
