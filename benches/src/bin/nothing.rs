//! An HTTP server that answers every GET with an empty 200: what a request costs before anybody looks
//! at its token. The same stack as that of `tollgate serve`, whose floor it is in `serve/run`.

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).ok_or("usage: nothing ADDR:PORT")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(listen).await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, Router::new().route("/auth", get(async || ()))).await?)
    })
}
