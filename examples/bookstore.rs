//! A bookstore whose customers sign in at an OpenID provider: the home page knows who is there, `/orders` is for
//! signed-in customers, and sessions survive a restart by one other line.
//!
//! With the provider of the demo, in one terminal, and this program in another:
//!
//! ```text
//! cargo run --release -- serve --demo
//! cargo run --release -p tollgate --example bookstore --features sign-in
//! ```
//!
//! Then open <http://localhost:3000>. For another provider, name its issuer, the client, and a file with its secret:
//! `bookstore https://auth.example.com/oidc app_bookstore client.secret`. docs/sign-in.md says how to register the
//! app there.

use std::error::Error;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use tollgate::sign_in::{Provider, RequireSignIn, Secret, Session, Sessions, SignIn, SignInLayer};

const ORIGIN: &str = "http://localhost:3000";

/// What this app reads of the ID token.
#[derive(Deserialize)]
struct Profile {
    name: Option<String>,
}

async fn home(session: Option<Session>) -> Html<String> {
    let page = match session {
        None => "<p>Not authenticated</p>\
                 <p><a href=\"/sign-in\">Sign in</a> <a href=\"/sign-in?screen=sign-up\">Register</a></p>"
            .to_owned(),
        Some(session) => format!(
            "<p>Authenticated as {}</p>\
             <ul><li>The Odyssey</li><li>Middlemarch</li><li>Moby-Dick</li></ul>\
             <p><a href=\"/orders\">My orders</a> <a href=\"/sign-out\">Sign out</a></p>",
            escaped(&name(&session))
        ),
    };
    Html(format!("<!doctype html><title>Bookstore</title><h1>Bookstore</h1>{page}"))
}

async fn orders(session: Session) -> String {
    format!("{} has ordered nothing yet\n", name(&session))
}

/// The user's name, or the subject where the provider gives no name: it does for the scope `profile`.
fn name(session: &Session) -> String {
    let profile = session.claims::<Profile>().ok();
    profile.and_then(|profile| profile.name).unwrap_or_else(|| session.subject().to_owned())
}

/// People choose their names themselves.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The app, apart from its address.
pub(crate) fn app(sign_in: SignIn) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/orders", get(orders).layer(RequireSignIn::new(sign_in.clone())))
        .merge(sign_in.routes())
        .layer(SignInLayer::new(sign_in))
}

/// Sign-in as the arguments say, or else at the provider of the demo.
fn sign_in(mut arguments: impl Iterator<Item = String>) -> Result<SignIn, Box<dyn Error>> {
    let issuer = arguments.next().unwrap_or_else(|| "http://127.0.0.1:4180/demo".to_owned());
    let client_id = arguments.next().unwrap_or_else(|| "demo-app".to_owned());
    let mut settings = SignIn::builder(Provider::discover(issuer), client_id, ORIGIN)
        .scopes(["profile"])
        // To keep sessions over a restart: Sessions::file("sessions.redb"), with the feature `file`.
        .sessions(Sessions::memory())
        // Because this app runs at http://localhost.
        .allow_insecure_loopback();
    settings = settings.client_secret(match arguments.next() {
        Some(file) => Secret::read(file)?,
        None => Secret::new("demo-secret"),
    });
    Ok(settings.build()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = app(sign_in(std::env::args().skip(1))?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("open {ORIGIN} in a browser");
    Ok(axum::serve(listener, app).await?)
}
