//! An issuer on loopback that publishes keys, signs users in, and fails on demand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tollgate_tests::mint::{self, SigningKey, Token};
use url::form_urlencoded;

use crate::grants::{CLIENT, Granted, Grants, Parameters};
use crate::keys::{Key, Standing, now};

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

/// The duration of an outage, and the time between two of them.
const OUTAGE: Duration = Duration::from_millis(700);
const CALM: Duration = Duration::from_millis(1300);

/// How often an issuer has failed, by how it did.
pub type Outages = Vec<(Mode, u64)>;

/// How long a refresh takes, so that others happen meanwhile.
const REFRESH_TIME: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Issuer {
    pub url: String,
    /// Signs ID tokens and logout tokens.
    key: Arc<Key>,
    state: Arc<Mutex<State>>,
}

struct State {
    mode: Mode,
    jwks: Value,
    grants: Grants,
    is_listening: bool,
    /// How often the mode changed, or an answer with tokens did not arrive.
    disturbances: u64,
}

/// A request of the server.
struct Request {
    path: String,
    form: Parameters,
}

impl Issuer {
    /// Starts to listen on a free port, until the process ends.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let secret = SigningKey::p256("a key for ID tokens");
        let key = Key::new("id-tokens", secret, Standing::Known);
        let jwks = mint::jwks([key.jwk()]);
        let state = State {
            mode: Mode::Good,
            jwks,
            grants: Grants::default(),
            is_listening: true,
            disturbances: 0,
        };
        let issuer = Self { url, key, state: Arc::new(Mutex::new(state)) };
        tokio::spawn(issuer.clone().run(listener));
        Ok(issuer)
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set_mode(&self, mode: Mode) {
        self.state(|state| {
            state.mode = mode;
            state.disturbances += 1;
        });
    }

    /// Looks at the sign-ins.
    pub fn grants<T>(&self, look: impl FnOnce(&mut Grants) -> T) -> T {
        self.state(|state| look(&mut state.grants))
    }

    /// A number if it works. While the number stays the same, whatever needs the issuer must succeed.
    pub fn calm(&self) -> Option<u64> {
        self.state(|state| {
            (state.mode == Mode::Good && state.is_listening).then_some(state.disturbances)
        })
    }

    /// A token that ends sessions (OpenID Connect Back-Channel Logout §2.4).
    pub fn logout_token(&self) -> Token {
        let event = "http://schemas.openid.net/event/backchannel-logout";
        self.id_token()
            .member("typ", json!("logout+jwt"))
            .claim("jti", json!("logout"))
            .claim("events", json!({ event: {} }))
            .without("sub")
    }

    fn id_token(&self) -> Token {
        let now = now();
        self.key
            .signs(Token::good_id_token(), &self.url)
            .claim("aud", json!(CLIENT))
            .claim("iat", now)
            .claim("exp", now + 600)
    }

    fn tokens(&self, granted: Granted) -> Value {
        let id_token = self
            .id_token()
            .claim("sub", json!(granted.user))
            .claim("sid", json!(granted.sid()))
            .claim("auth_time", granted.auth_time);
        let id_token = match &granted.nonce {
            Some(nonce) => id_token.claim("nonce", json!(nonce)),
            None => id_token,
        };
        json!({
            "access_token": format!("access.{}", granted.number),
            "token_type": "Bearer",
            "expires_in": granted.lifetime,
            "refresh_token": granted.refresh_token(),
            "id_token": id_token.mint(),
        })
    }

    fn metadata(&self) -> Value {
        let url = &self.url;
        json!({
            "issuer": url,
            "jwks_uri": format!("{url}/jwks"),
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "revocation_endpoint": format!("{url}/revoke"),
            "end_session_endpoint": format!("{url}/end"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    pub fn publish(&self, keys: impl IntoIterator<Item = Value>) {
        self.state(|state| state.jwks = mint::jwks(keys));
    }

    fn mode(&self) -> Mode {
        self.state(|state| state.mode)
    }

    /// Fails now and then, and returns how often and how.
    pub async fn fail_while(&self, goes_on: impl Fn() -> bool) -> Outages {
        let mut outages = FAULTS.map(|mode| (mode, 0));
        let mut turn = 0;
        while goes_on() {
            sleep(CALM).await;
            let (fault, count) = &mut outages[turn % FAULTS.len()];
            self.set_mode(*fault);
            *count += 1;
            turn += 1;
            sleep(OUTAGE).await;
            self.set_mode(Mode::Good);
        }
        outages.to_vec()
    }

    async fn run(self, listener: TcpListener) {
        let address = listener.local_addr();
        let mut listener = Some(listener);
        loop {
            match (&listener, self.mode()) {
                (Some(_), Mode::Gone) => {
                    self.state(|state| state.is_listening = false);
                    listener = None;
                }
                (None, Mode::Gone) => sleep(Duration::from_millis(5)).await,
                (None, _) => {
                    if let Ok(address) = &address {
                        listener = TcpListener::bind(address).await.ok();
                    }
                    self.state(|state| state.is_listening = listener.is_some());
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
        let Some(Request { path, form }) = Request::read(&mut stream).await? else { return Ok(()) };
        if path != "/token" {
            let mode = self.mode();
            let document = match &*path {
                "/jwks" if mode == Mode::NoKeys => mint::jwks([]),
                "/jwks" => self.state(|state| state.jwks.clone()),
                "/revoke" if mode == Mode::Good => {
                    self.grants(|grants| grants.revoke(&form));
                    json!({})
                }
                _ => self.metadata(),
            };
            return answer_as(mode, &mut stream, "200 OK", &document).await;
        }
        let family = self.grants(|grants| {
            let family = grants.refreshed_by(&form);
            grants.begin_refresh(family);
            family
        });
        let answered = self.answer_token(&mut stream, family, &form).await;
        self.grants(|grants| grants.end_refresh(family));
        answered
    }

    async fn answer_token(
        &self,
        stream: &mut TcpStream,
        family: Option<u64>,
        form: &Parameters,
    ) -> std::io::Result<()> {
        if family.is_some() {
            sleep(REFRESH_TIME).await;
        }
        let mode = self.mode();
        if !matches!(mode, Mode::Good | Mode::NoKeys) {
            // Nothing is redeemed. The server must end a session if the answer is no answer of a token endpoint.
            if matches!(mode, Mode::Page | Mode::Truncated) {
                self.grants(|grants| grants.spoil(family));
            }
            let nothing = json!({ "access_token": "none", "token_type": "Bearer" });
            return answer_as(mode, stream, "200 OK", &nothing).await;
        }
        if timeout(Duration::ZERO, stream.peek(&mut [0])).await.is_ok() {
            // The server is too slow today: it has given up.
            self.has_lost_an_answer(family);
            return Ok(());
        }
        let granted = self.grants(|grants| grants.redeem(form));
        let (status, document) = match granted {
            Ok(granted) => ("200 OK", self.tokens(granted)),
            Err(error) => ("400 Bad Request", json!({ "error": error })),
        };
        let sent = answer_as(Mode::Good, stream, status, &document).await;
        // The server closes the connection when it has read the answer, and resets it when it has not.
        let arrived = sent.is_ok() && matches!(stream.read(&mut [0]).await, Ok(0));
        if !arrived {
            self.has_lost_an_answer(family);
        }
        Ok(())
    }

    fn has_lost_an_answer(&self, family: Option<u64>) {
        self.state(|state| {
            state.grants.spoil(family);
            state.disturbances += 1;
        });
    }
}

impl Request {
    async fn read(stream: &mut TcpStream) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let head_len = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&bytes[..head_len]).to_ascii_lowercase();
        let len =
            head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let len = head_len + len.unwrap_or(0_usize).min(1 << 16);
        while bytes.len() < len {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let form = form_urlencoded::parse(&bytes[head_len..len]).into_owned().collect();
        Ok(Some(Self { path, form }))
    }
}

/// Answers with a document, or as an issuer that fails.
async fn answer_as(
    mode: Mode,
    stream: &mut TcpStream,
    status: &str,
    document: &Value,
) -> std::io::Result<()> {
    let (json, document) = ("application/json", document.to_string());
    match mode {
        Mode::Good | Mode::NoKeys => send(stream, status, json, &document).await,
        Mode::Gone => Ok(()),
        Mode::Error => send(stream, "500 Internal Server Error", json, "{}").await,
        Mode::Page => send(stream, "200 OK", "text/html", "<title>Sign in</title>").await,
        Mode::Truncated => {
            let half = document.get(..document.len() / 2).unwrap_or_default();
            send(stream, "200 OK", json, half).await
        }
        Mode::Huge => send(stream, "200 OK", json, &" ".repeat(1 << 20)).await,
        // Wait until the client gives up.
        Mode::Hang => stream.read(&mut [0]).await.map(drop),
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
