//! Keys behind a private certificate authority and a bearer token, as those of a Kubernetes API server. The
//! server is on this machine; `tls` has its authority and its key.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use tokio::time::sleep;
use tollgate::gate::{Gate, GateBuilder, GateError, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::jwks::FetchRules;
use tollgate::tollgate_core::{Now, UnixTime};
use tollgate_tests::mint::{AUDIENCE, NOW, Token, good_jwks};

use super::scripted_web::{Web, builder, issuer, later, millis, now, outcomes, secs};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gate/tls");

fn authority() -> PathBuf {
    Path::new(FOLDER).join("ca.pem")
}

/// A file with this content.
fn file(name: &str, content: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("private-server-{name}"));
    fs::write(&path, content).unwrap();
    path
}

/// A server with TLS that answers 401 to requests without the right token.
#[derive(Clone)]
struct Server {
    port: u16,
    token: Arc<Mutex<&'static str>>,
    /// The host, the path and the token of each request.
    requests: Arc<Mutex<Vec<[String; 3]>>>,
}

impl Server {
    fn start() -> Self {
        let read = |name: &str| fs::read(Path::new(FOLDER).join(name)).unwrap();
        let certificate = CertificateDer::from_pem_slice(&read("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key);
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, token: Arc::new(Mutex::new("first")), requests: Arc::default() };
        let this = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that does not trust the certificate disconnects.
                let _ = this.answer(StreamOwned::new(connection, stream));
            }
        });
        server
    }

    fn answer(&self, stream: StreamOwned<ServerConnection, TcpStream>) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let [mut path, mut host, mut token] = [const { String::new() }; 3];
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            match line.trim_end().split_once(' ') {
                None => break,
                Some(("GET", target)) => path = target.split(' ').next().unwrap().to_owned(),
                Some((name, value)) if name.eq_ignore_ascii_case("host:") => {
                    host = value.split(':').next().unwrap().to_owned();
                }
                Some((name, value)) if name.eq_ignore_ascii_case("authorization:") => {
                    token = value.to_owned();
                }
                Some(_) => {}
            }
        }
        let is_right = token == format!("Bearer {}", self.token.lock().unwrap());
        let port = self.port;
        let (status, body) = match path.as_str() {
            _ if !is_right => ("401 Unauthorized", String::new()),
            "/jwks" => ("200 OK", good_jwks().to_string()),
            "/elsewhere" => ("302 Found", String::new()),
            "/.well-known/openid-configuration" => {
                let issuer = format!("https://{host}:{port}");
                let jwks_uri = format!("https://127.0.0.1:{port}/jwks");
                ("200 OK", json!({ "issuer": issuer, "jwks_uri": jwks_uri }).to_string())
            }
            _ => ("404 Not Found", String::new()),
        };
        self.requests.lock().unwrap().push([host, path, token]);
        let stream = stream.get_mut();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nlocation: https://127.0.0.1:{port}/jwks\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    fn requests(&self) -> Vec<[String; 3]> {
        self.requests.lock().unwrap().clone()
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// The issuer of a cluster, whose keys are at its API server.
    fn cluster(&self, name: &str, path: &str) -> Issuer {
        Issuer::new("https://kubernetes.default.svc.cluster.local")
            .audience(AUDIENCE)
            .jwks_uri(self.url(path))
            .ca_file(authority())
            .bearer_token_file(file(name, "first\n"))
    }
}

/// A gate with real clients and a quick retry.
fn gate(issuer: Issuer) -> Gate {
    let quick =
        FetchRules { first_backoff: millis(10), max_backoff: millis(50), ..FetchRules::DEFAULT };
    let builder = Gate::builder().issuer(issuer.fetch_rules(quick)).wait_limit(secs(20));
    builder.clock(|| Now::Exact(UnixTime(NOW))).build().unwrap()
}

fn token(iss: &str) -> Token {
    Token::good().claim("iss", json!(iss))
}

#[tokio::test]
async fn keys_of_a_kubernetes_api_server_are_fetched() {
    let server = Server::start();
    let gate = gate(server.cluster("cluster", "/jwks"));
    let token = token("https://kubernetes.default.svc.cluster.local");
    assert_eq!(later(&gate, &token).await, Ok(()));
    let request = ["localhost", "/jwks", "Bearer first"].map(str::to_owned);
    assert_eq!(server.requests(), [request]);
}

#[tokio::test]
async fn the_bearer_token_is_read_anew_for_each_fetch() {
    let server = Server::start();
    *server.token.lock().unwrap() = "second";
    let gate = gate(server.cluster("rotated", "/jwks"));
    while outcomes(&gate, "status") < 2 {
        sleep(millis(5)).await;
    }
    file("rotated", "second\n");
    tokio::time::timeout(secs(20), gate.ready()).await.unwrap();
    file("rotated", "a\nb");
    let unknown = token("https://kubernetes.default.svc.cluster.local").member("kid", json!("k9"));
    assert_eq!(later(&gate, &unknown).await, Err("unknown-key"));
    assert_eq!(outcomes(&gate, "bearer-token-file"), 1);
}

#[tokio::test]
async fn metadata_cannot_lead_the_bearer_token_to_another_server() {
    let server = Server::start();
    let discovered = Issuer::new(server.url(""))
        .audience(AUDIENCE)
        .ca_file(authority())
        .bearer_token_file(file("metadata", "first"));
    let iss = token(&server.url(""));
    let gate_ = gate(discovered.clone());
    assert_eq!(later(&gate_, &iss).await, Err("keys-unavailable"));
    assert!(outcomes(&gate_, "bearer-token-withheld") >= 1, "{gate_:?}");
    drop(gate_);
    let requests = server.requests();
    let to = |host: &'static str| requests.iter().filter(move |request| request[0] == host);
    assert!(to("localhost").count() > 0 && to("localhost").all(|request| !request[2].is_empty()));
    assert!(to("127.0.0.1").count() > 0 && to("127.0.0.1").all(|request| request[2].is_empty()));

    let gate = gate(discovered.jwks_uri(format!("https://127.0.0.1:{}/jwks", server.port)));
    assert_eq!(later(&gate, &iss).await, Ok(()), "the configuration may name the server");
}

#[tokio::test]
async fn the_server_of_a_configured_metadata_url_gets_the_bearer_token() {
    let server = Server::start();
    let issuer = server.url("");
    let metadata_url = format!("{issuer}/.well-known/openid-configuration");
    let settings =
        || server.cluster("metadata-url", "/jwks").bearer_token_file(file("metadata-url", "first"));
    let mut elsewhere = settings();
    elsewhere.issuer = vec![issuer.clone()];
    elsewhere.jwks_uri = None;
    let gate_ = gate(elsewhere.metadata_url(metadata_url));
    // It names another server for the keys, which gets none.
    assert_eq!(later(&gate_, &token(&issuer)).await, Err("keys-unavailable"));
    assert!(outcomes(&gate_, "bearer-token-withheld") >= 1, "{gate_:?}");
    drop(gate_);
    let requests = server.requests();
    assert!(requests.iter().all(|[host, _, token]| (host == "localhost") != token.is_empty()));
}

#[tokio::test]
async fn a_redirect_cannot_lead_the_bearer_token_to_another_server() {
    let server = Server::start();
    let gate = gate(server.cluster("redirect", "/elsewhere"));
    while outcomes(&gate, "redirect") == 0 {
        sleep(millis(5)).await;
    }
    assert!(server.requests().iter().all(|[host, path, _]| host == "localhost" && path != "/jwks"));
}

#[tokio::test]
async fn a_private_authority_is_trusted_for_its_issuer_only() {
    let server = Server::start();
    let mut stranger = server.cluster("authority", "/jwks");
    stranger.ca_file = None;
    let gate = gate(stranger);
    while outcomes(&gate, "network") == 0 {
        sleep(millis(5)).await;
    }
    assert!(server.requests().is_empty());
    assert!(now(&gate, &Token::good()).is_err());
}

fn error(builder: GateBuilder, issuer: Issuer) -> String {
    builder.issuer(issuer).build().unwrap_err().to_string()
}

#[tokio::test]
async fn a_file_with_authorities_is_checked_at_the_start() {
    let with = |file: PathBuf| error(Gate::builder(), issuer().ca_file(file));
    let message = with("/nowhere/ca.pem".into());
    assert!(message.starts_with("ca_file /nowhere/ca.pem cannot be used: "), "{message}");
    let message = with(file("no-certificate.pem", "-----BEGIN\n"));
    assert!(message.contains("BEGIN CERTIFICATE"), "{message}");
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let message = with(file("garbage.pem", garbage));
    assert!(message.contains("garbage.pem cannot be used"), "{message}");
    let message = error(builder(&Web::good()), issuer().ca_file(authority()));
    assert!(message.contains("fetcher of your own"), "{message}");
}

#[tokio::test]
async fn a_bearer_token_is_checked_at_the_start_and_needs_tls() {
    let with = |issuer: Issuer, file: PathBuf| {
        let builder = builder(&Web::good()).plaintext(Plaintext::Loopback);
        error(builder, issuer.bearer_token_file(file))
    };
    let message = with(issuer(), "/nowhere/token".into());
    assert!(message.starts_with("bearer_token_file /nowhere/token cannot be used: "), "{message}");
    let message = with(issuer(), file("two-lines", "a\nb\n"));
    assert!(message.contains("more than one line"), "{message}");
    for jwks_uri in ["http://127.0.0.1/jwks", "http://localhost/jwks"] {
        let plain = issuer().jwks_uri(jwks_uri).bearer_token_file(file("plain", "a"));
        let error = builder(&Web::good()).plaintext(Plaintext::Loopback).issuer(plain).build();
        assert!(matches!(error, Err(GateError::BearerTokenOverHttp { .. })), "{jwks_uri}");
    }
}
