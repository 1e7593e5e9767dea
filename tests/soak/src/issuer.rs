//! An issuer on loopback that publishes keys and fails on demand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tollgate_tests::mint;

/// The behaviour of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Good,
    /// Answers 500.
    Error,
    /// Answers 200 with an HTML page.
    Page,
    /// Answers 200 with half a document and its length.
    Truncated,
    /// Publishes an empty key set.
    NoKeys,
    /// Answers with more data than a client accepts.
    Huge,
    /// Does not answer.
    Hang,
    /// Answers one byte at a time.
    Slow,
    /// Resets the connection.
    Reset,
    /// Does not listen.
    Gone,
}

/// All modes that are faults.
pub const FAULTS: [Mode; 9] = [
    Mode::Gone,
    Mode::Hang,
    Mode::Error,
    Mode::Truncated,
    Mode::Reset,
    Mode::Slow,
    Mode::Page,
    Mode::Huge,
    Mode::NoKeys,
];

#[derive(Clone)]
pub struct Issuer {
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    mode: Mode,
    jwks: Value,
}

impl Issuer {
    /// Starts to listen on a free port, until the process ends.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = State { mode: Mode::Good, jwks: mint::jwks([]) };
        let issuer = Self { url, state: Arc::new(Mutex::new(state)) };
        tokio::spawn(issuer.clone().run(listener));
        Ok(issuer)
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set_mode(&self, mode: Mode) {
        self.state(|state| state.mode = mode);
    }

    pub fn publish(&self, keys: impl IntoIterator<Item = Value>) {
        self.state(|state| state.jwks = mint::jwks(keys));
    }

    fn mode(&self) -> Mode {
        self.state(|state| state.mode)
    }

    async fn run(self, listener: TcpListener) {
        let address = listener.local_addr();
        let mut listener = Some(listener);
        loop {
            match (&listener, self.mode()) {
                (Some(_), Mode::Gone) => listener = None,
                (None, Mode::Gone) => sleep(Duration::from_millis(5)).await,
                (None, _) => {
                    if let Ok(address) = &address {
                        listener = TcpListener::bind(address).await.ok();
                    }
                }
                (Some(open), _) => {
                    // Check the mode again soon.
                    let accepted = tokio::time::timeout(Duration::from_millis(5), open.accept());
                    if let Ok(Ok((stream, _))) = accepted.await {
                        tokio::spawn(self.clone().serve(stream));
                    }
                }
            }
        }
    }

    async fn serve(self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let (mode, document) = self.state(|state| {
            let document = match head.starts_with(b"GET /jwks ") {
                true if state.mode == Mode::NoKeys => mint::jwks([]),
                true => state.jwks.clone(),
                false => json!({ "issuer": self.url, "jwks_uri": format!("{}/jwks", self.url) }),
            };
            (state.mode, document.to_string())
        });
        let json = "application/json";
        match mode {
            Mode::Good | Mode::NoKeys => send(&mut stream, "200 OK", json, &document).await,
            Mode::Gone => Ok(()),
            Mode::Error => send(&mut stream, "500 Internal Server Error", json, "{}").await,
            Mode::Page => send(&mut stream, "200 OK", "text/html", "<title>Sign in</title>").await,
            Mode::Truncated => {
                let half = document.get(..document.len() / 2).unwrap_or_default();
                send(&mut stream, "200 OK", json, half).await
            }
            Mode::Huge => send(&mut stream, "200 OK", json, &" ".repeat(1 << 20)).await,
            // Wait until the client gives up.
            Mode::Hang => stream.read_buf(&mut head).await.map(drop),
            Mode::Slow => {
                for byte in answer("200 OK", json, &document).into_bytes() {
                    stream.write_all(&[byte]).await?;
                    sleep(Duration::from_millis(200)).await;
                }
                Ok(())
            }
            Mode::Reset => stream.set_zero_linger(),
        }
    }
}

fn answer(status: &str, content_type: &str, body: &str) -> String {
    let len = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

async fn send(
    stream: &mut TcpStream,
    status: &str,
    content_type: &str,
    body: &str,
) -> std::io::Result<()> {
    stream.write_all(answer(status, content_type, body).as_bytes()).await?;
    stream.shutdown().await
}
