//! An API for which every request needs an access token: the classic guide's decorator, in Rust.
//!
//! ```sh
//! cargo run --release -- serve --demo      # an issuer to try it with, in another terminal
//! cargo run --release -p tollgate --example axum -- http://127.0.0.1:4180/demo https://api.example.com
//! ```

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tollgate::gate::{Gate, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::middleware::{Authenticated, RequireAuth};

/// The claims that this API reads, beside those that every token has.
#[derive(Clone, serde::Deserialize)]
struct Claims {
    organization_id: Option<String>,
}

async fn user_info(user: Authenticated<Claims>) -> Json<Value> {
    Json(json!({ "user": user.subject(), "organization": user.claims.organization_id }))
}

async fn orders(user: Authenticated) -> Json<Value> {
    Json(json!({ "orders_of": user.subject() }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(issuer), Some(audience)) = (arguments.next(), arguments.next()) else {
        return Err("usage: axum ISSUER AUDIENCE".into());
    };

    let gate = Gate::builder()
        .issuer(Issuer::new(issuer).audience(audience))
        // For the demo's issuer on this machine; all others need https.
        .plaintext(Plaintext::Loopback)
        .build()?;

    let app = Router::new()
        .route("/user/info", get(user_info).layer(RequireAuth::new(gate.clone())))
        .route("/orders", get(orders).layer(RequireAuth::new(gate).scope("read:orders")));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
