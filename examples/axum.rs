//! An axum API in which every request needs an access token, except where anybody may call.
//!
//! ```sh
//! cargo run -- serve --demo      # an issuer to try it with; in another terminal:
//! cargo run --example axum -- http://127.0.0.1:4180/demo https://api.example.com
//! ```

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate::gate::{Gate, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::middleware::{Authenticated, RequireAuth};

/// The API. `gate` judges the tokens.
pub(crate) fn app(gate: Gate) -> Router {
    let auth = RequireAuth::new(gate);
    let protected = Router::new()
        .route("/user/info", get(user_info))
        // The token is verified once; the inner layer only looks at its scopes.
        .route("/orders", get(orders).layer(auth.clone().scope("read:orders")))
        .layer(auth.clone());
    let public = Router::new().route("/hello", get(hello)).layer(auth.allow_anonymous());
    protected.merge(public)
}

/// The claims that this API reads, besides those that every token has.
#[derive(serde::Deserialize)]
struct Claims {
    organization_id: Option<String>,
}

async fn user_info(user: Authenticated<Claims>) -> Json<Value> {
    Json(json!({ "user": user.subject(), "organization": user.claims.organization_id }))
}

async fn orders(user: Authenticated) -> Json<Value> {
    Json(json!({ "orders_of": user.subject() }))
}

async fn hello(user: Option<Authenticated>) -> String {
    let name = user.as_ref().and_then(|user| user.subject());
    format!("hello, {}", name.unwrap_or("stranger"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(issuer), Some(audience)) = (arguments.next(), arguments.next()) else {
        return Err("usage: axum ISSUER AUDIENCE".into());
    };
    let gate = Gate::builder()
        .issuer(Issuer::new(issuer).audience(audience))
        // For the demo's issuer on this machine. All others need https.
        .plaintext(Plaintext::Loopback)
        .build()?;
    // Without this, requests get 503 until the keys have been fetched.
    gate.ready().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(gate)).await?;
    Ok(())
}
