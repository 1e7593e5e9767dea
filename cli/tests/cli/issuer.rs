//! An issuer of tokens with any claims, signed by the keys of `tollgate_tests::mint`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use serde_json::{Value, json};
use tollgate_tests::mint::{Token, good_jwks};

/// An issuer on a free loopback port. Its thread lives as long as the test process.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) jwks_uri: String,
    /// The paths of all requests, in their order.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        Self::serving("", good_jwks())
    }

    /// An issuer whose URL has this path, with these keys.
    pub(crate) fn serving(path: &str, keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (url, jwks_uri) = (format!("{origin}{path}"), format!("{origin}/jwks"));
        let metadata = json!({
            "issuer": url,
            "jwks_uri": jwks_uri,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
        });
        let metadata = metadata.to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let requests = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                // The head ends with an empty line.
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let body = if path == "/jwks" { keys.to_string() } else { metadata.clone() };
                requests.lock().unwrap().push(path);
                // A client may close the connection at any time.
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, jwks_uri, asked }
    }

    /// The paths of all requests until now.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// An access token that is valid now.
    pub(crate) fn token(&self) -> Token {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        Token::good().claim("iss", json!(self.url)).claim("iat", now).claim("exp", now + 3600)
    }

    /// The lines of a configuration that trusts this issuer, after top-level keys.
    pub(crate) fn config(&self, rest: &str) -> String {
        let url = &self.url;
        format!(
            "allow_insecure_loopback = true\n{rest}\n[[issuer]]\nissuer = \"{url}\"\n\
             audience = \"https://api.example.com\"\n"
        )
    }
}
