//! Answers every GET of `/auth` with an empty 200: the cost of a request without its token.
//! `compare.py` uses it as the floor for `tollgate serve`, which runs on the same stack.

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).ok_or("usage: nothing ADDR:PORT")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        eprintln!("listening address={}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, Router::new().route("/auth", get(async || ()))).await?)
    })
}
