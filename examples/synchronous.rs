//! A gate called from synchronous code, here in a hyper service. It never waits: for a token with
//! an unknown key it fetches newer keys in the background, so that a retry succeeds.
//!
//! ```sh
//! cargo run -- serve --demo      # an issuer to try it with; in another terminal:
//! cargo run --example synchronous -- http://127.0.0.1:4180/demo https://api.example.com
//! ```

use std::convert::Infallible;

use http::{Request, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tollgate::gate::{Gate, Issuer};
use tollgate::issuer_url::Plaintext;

/// Answers one request. Nothing here is async.
pub(crate) fn answer<B>(gate: &Gate, request: &Request<B>) -> Response<String> {
    match gate.authorize_request_now(request.headers(), &["read:orders"]) {
        Ok(identity) => Response::new(format!("orders of {:?}\n", identity.subject())),
        // 401, 403 or 503, with the headers that RFC 6750 asks for.
        Err(denied) => denied.response(gate),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(issuer), Some(audience)) = (arguments.next(), arguments.next()) else {
        return Err("usage: synchronous ISSUER AUDIENCE".into());
    };
    // The runtime in which the gate is built fetches its keys.
    let gate = Gate::builder()
        .issuer(Issuer::new(issuer).audience(audience))
        // For the demo's issuer on this machine. All others need https.
        .plaintext(Plaintext::Loopback)
        .build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let gate = gate.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let response = answer(&gate, &request);
                async { Ok::<_, Infallible>(response) }
            });
            if let Err(error) =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
            {
                eprintln!("connection: {error}");
            }
        });
    }
}
