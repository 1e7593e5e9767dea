//! Answers every request with the user that the gateway names in `X-Auth-Request-User`: the API behind Envoy
//! in `compare.py`. So each answer shows whether the right identity has arrived.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).ok_or("usage: upstream ADDR:PORT")?;
    // One thread, which keeps out of the way of what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        eprintln!("listening address={}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, Router::new().fallback(user)).await?)
    })
}

async fn user(headers: HeaderMap) -> Vec<u8> {
    headers.get("x-auth-request-user").map(HeaderValue::as_bytes).unwrap_or_default().to_vec()
}
