//! The default fetcher, against a server on this machine and with the real clock: real network
//! failures, which the scripted web only simulates. If `HTTP_PROXY` is set, `NO_PROXY=127.0.0.1` must
//! bypass the proxy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tollgate::gate::{Gate, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::jwks::{Fetch, FetchRules, HttpFetcher, MAX_DOCUMENT_LEN};
use tollgate::tollgate_core::{Now, UnixTime};
use tollgate_tests::mint::{AUDIENCE, NOW, Token, good_jwks};

use super::scripted_web::{later, millis, now, outcomes, secs};

/// A server that answers each path with these bytes, and then closes the connection.
#[derive(Clone)]
struct Server {
    url: String,
    pages: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    /// The requests that arrived.
    requests: Arc<Mutex<Vec<String>>>,
}

/// Resets the connection instead of answering.
const RESET: &[u8] = b"RST";

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, pages: Arc::default(), requests: Arc::default() };
        let metadata = json!({ "issuer": server.url, "jwks_uri": format!("{}/jwks", server.url) });
        server.answer("/.well-known/openid-configuration", json_page(&metadata.to_string()));
        server.answer("/jwks", json_page(&good_jwks().to_string()));
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    let mut request = String::from_utf8(head).unwrap();
                    let path = request.split(' ').nth(1).unwrap().to_owned();
                    let len =
                        request.lines().find_map(|line| line.strip_prefix("content-length: "));
                    let mut body = vec![0; len.map_or(0, |len| len.parse().unwrap())];
                    stream.read_exact(&mut body).await.unwrap();
                    request.push_str(&String::from_utf8(body).unwrap());
                    this.requests.lock().unwrap().push(request);
                    let answer = this.page(&path);
                    if answer == RESET {
                        return stream.set_zero_linger().unwrap();
                    }
                    // The client may disconnect once it has read enough.
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        server
    }

    fn page(&self, path: &str) -> Vec<u8> {
        let missing = || b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
        self.pages.lock().unwrap().get(path).cloned().unwrap_or_else(missing)
    }

    fn answer(&self, path: &str, bytes: Vec<u8>) {
        self.pages.lock().unwrap().insert(path.to_owned(), bytes);
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// A gate that trusts this server, and retries quickly.
    fn gate(&self) -> Gate {
        let quick = FetchRules {
            first_backoff: millis(1),
            max_backoff: millis(20),
            cooldown: Duration::ZERO,
            ..FetchRules::DEFAULT
        };
        let issuer = Issuer::new(&self.url).audience(AUDIENCE).fetch_rules(quick);
        Gate::builder()
            .issuer(issuer)
            .plaintext(Plaintext::Loopback)
            .fetcher(HttpFetcher::new().unwrap())
            .clock(|| Now::Exact(UnixTime(NOW)))
            .wait_limit(secs(60))
            .build()
            .unwrap()
    }

    fn token(&self) -> Token {
        Token::good().claim("iss", json!(self.url))
    }
}

fn page(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn json_page(body: &str) -> Vec<u8> {
    let headers = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    page("200 OK", &headers, body.as_bytes())
}

#[tokio::test]
async fn keys_come_over_http() {
    let server = Server::start().await;
    assert_eq!(later(&server.gate(), &server.token()).await, Ok(()));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].starts_with("GET /.well-known/openid-configuration HTTP/1.1\r\n"));
    assert!(requests[1].starts_with("GET /jwks HTTP/1.1\r\n"));
    for request in requests {
        let request = request.to_ascii_lowercase();
        assert!(request.contains("\r\nuser-agent: tollgate/"), "{request}");
        assert!(request.contains("\r\naccept-encoding: identity\r\n"), "{request}");
        assert!(!request.contains("authorization") && !request.contains("cookie"), "{request}");
        assert!(!request.contains("content-") && request.ends_with("\r\n\r\n"), "{request}");
    }
}

#[tokio::test]
async fn a_form_is_posted_and_the_answer_is_read_whatever_its_status() {
    let server = Server::start().await;
    let refusal = page("400 Bad Request", "content-length: 3\r\n", b"no!");
    server.answer("/token", refusal);
    let request = Request::builder().method("POST").uri(format!("{}/token", server.url));
    let request = request.header("authorization", "Basic YTpi").body(b"code=1&a=b".to_vec());
    let fetcher = Arc::new(HttpFetcher::new().unwrap());
    let response = fetcher.fetch(request.unwrap(), 3).await.unwrap();
    assert_eq!((response.status().as_u16(), &**response.body()), (400, &b"no!"[..]));
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /token HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].ends_with("\r\n\r\ncode=1&a=b"), "{}", requests[0]);
    assert!(requests[0].contains("authorization: Basic YTpi\r\n"), "{}", requests[0]);
}

#[tokio::test]
async fn whatever_the_network_does_is_a_failure_that_ends() {
    let json = "content-type: application/json\r\n";
    let good = good_jwks().to_string();
    let ten_mib = 10 * 1024 * 1024;
    let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
    for (answer, reason) in [
        (
            page("200 OK", &format!("{json}content-length: {ten_mib}\r\n"), &vec![b' '; ten_mib]),
            "too-large",
        ),
        (page("200 OK", json, &vec![b' '; ten_mib]), "too-large"),
        (
            page("200 OK", &format!("{json}transfer-encoding: chunked\r\n"), &chunk.repeat(160)),
            "too-large",
        ),
        (page("200 OK", json, &vec![b' '; MAX_DOCUMENT_LEN + 1]), "too-large"),
        (page("200 OK", json, &vec![b' '; MAX_DOCUMENT_LEN]), "key-set"),
        (
            page(
                "200 OK",
                &format!("{json}content-length: {}\r\n", good.len() + 1),
                good.as_bytes(),
            ),
            "network",
        ),
        (
            page(
                "200 OK",
                &format!("{json}transfer-encoding: chunked\r\n"),
                b"10000\r\n{\"keys\":",
            ),
            "network",
        ),
        (page("200 OK", json, &good.as_bytes()[..good.len() / 2]), "key-set"),
        (page("200 OK", "content-type: text/html\r\n", b"<html>"), "content-type"),
        (
            page("200 OK", &format!("{json}content-encoding: gzip\r\n"), b"\x1f\x8b"),
            "content-encoding",
        ),
        (page("302 Found", "location: /elsewhere\r\n", b""), "redirect"),
        (page("308 Permanent Redirect", "location: /elsewhere\r\n", b""), "redirect"),
        (page("503 Service Unavailable", "content-length: 0\r\n", b""), "status"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "network"),
        (Vec::new(), "network"),
        (RESET.to_vec(), "network"),
    ] {
        let server = Server::start().await;
        server.answer("/elsewhere", json_page(&good));
        server.answer("/jwks", answer);
        let gate = server.gate();
        assert_eq!(later(&gate, &server.token()).await, Err("keys-unavailable"), "{reason}");
        assert!(outcomes(&gate, reason) >= 1, "{reason}: {gate:?}");
        server.answer("/jwks", json_page(&good));
        gate.ready().await;
        assert_eq!(now(&gate, &server.token()), Ok(()), "{reason}: recovered");
        let is_followed = |head: &String| head.contains("/elsewhere");
        assert!(!server.requests().iter().any(is_followed), "{reason}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_network() {
    let server = Server::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/jwks", listener.local_addr().unwrap());
    drop(listener);
    let metadata = json!({ "issuer": server.url, "jwks_uri": dead });
    server.answer("/.well-known/openid-configuration", json_page(&metadata.to_string()));
    let gate = server.gate();
    assert_eq!(later(&gate, &server.token()).await, Err("keys-unavailable"));
    assert!(outcomes(&gate, "network") >= 1, "{gate:?}");
}
