//! An issuer of tokens with any claims, signed by the keys of `tollgate_tests::mint`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;
use std::time::SystemTime;

use serde_json::{Value, json};
use tollgate_tests::mint::{Token, good_jwks};

/// An issuer on a free loopback port. Its thread lives as long as the test process.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) jwks_uri: String,
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
        let metadata = json!({ "issuer": url, "jwks_uri": jwks_uri }).to_string();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let is_for_keys = lines.next().is_some_and(|line| line.starts_with("GET /jwks "));
                // The head ends with an empty line.
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let body = if is_for_keys { keys.to_string() } else { metadata.clone() };
                // A client may close the connection at any time.
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, jwks_uri }
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
