//! The OpenID provider of `tests/provider`, and the tokens that it issues.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use crate::http::Request;
use crate::parts::{free_port, installed};

/// The audiences of its tokens by ES384 and by ES256.
pub(crate) const API: &str = "https://api.example.com";
pub(crate) const API_ES256: &str = "https://es256.example.com";
/// The algorithms of a provider that has all that [`audience`] knows.
pub(crate) const ALGORITHMS: [&str; 6] = ["ES384", "ES256", "ES512", "RS256", "PS256", "EdDSA"];

/// The audience of tokens by this algorithm. If it is the first one, [`API`] is another.
pub(crate) fn audience(algorithm: &str) -> String {
    format!("https://{}.example.com", algorithm.to_lowercase())
}

/// A provider. It exits when its standard input closes: when this is dropped, or the test dies.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    control: u16,
    child: Child,
    _stdin: ChildStdin,
}

impl Provider {
    /// Starts one with keys for ES384 and ES256.
    pub(crate) fn start() -> Self {
        Self::signing_with("ES384,ES256")
    }

    /// Starts one with a key for each of these algorithms.
    pub(crate) fn signing_with(algorithms: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/provider");
        let mut child = Command::new(installed("node"))
            .args(["server.mjs", "--port", &free_port().to_string(), "--algorithms", algorithms])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs: .ci/real-parts installs it");
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let places: Value = serde_json::from_str(&line)
            .expect("the provider starts: .ci/real-parts installs what it needs");
        let control = places["control"].as_str().unwrap();
        let control = control.strip_prefix("http://127.0.0.1:").unwrap();
        let control = control.strip_suffix("/control").unwrap().parse().unwrap();
        let issuer = places["issuer"].as_str().unwrap().to_owned();
        Self { issuer, control, child, _stdin: stdin }
    }

    fn command(&self, method: &str, name: &str, parameters: &Value) -> Value {
        let request = Request::new(method, &format!("/control/{name}")).json(parameters);
        let answer = request.ask(self.control);
        assert_eq!(answer.status, 200, "{name} {parameters}: {}", answer.body);
        answer.json()
    }

    /// The response of the token endpoint.
    pub(crate) fn mint(&self, parameters: Value) -> Value {
        self.command("POST", "token", &parameters)
    }

    pub(crate) fn access_token(&self, parameters: Value) -> String {
        self.mint(parameters)["access_token"].as_str().unwrap().to_owned()
    }

    /// An access token with both scopes for [`API`].
    pub(crate) fn token(&self) -> String {
        self.access_token(json!({}))
    }

    pub(crate) fn rotate(&self, mode: &str) {
        self.command("POST", "rotate", &json!({ "mode": mode }));
    }

    /// Replaces all keys by one for each of these algorithms.
    pub(crate) fn use_algorithms(&self, algorithms: &str) {
        self.command("POST", "algorithms", &json!({ "algorithms": algorithms }));
    }

    pub(crate) fn published(&self) -> usize {
        self.command("GET", "keys", &json!({}))["published"].as_array().unwrap().len()
    }

    pub(crate) fn fault(&self, on: &str, kind: &str) {
        self.command("POST", "fault", &json!({ "on": on, "kind": kind }));
    }

    pub(crate) fn slow(&self, on: &str, millis: u64) {
        self.command("POST", "fault", &json!({ "on": on, "kind": "slow", "delay_ms": millis }));
    }

    pub(crate) fn cache(&self, cache_control: &str, etag: bool) {
        let parameters = json!({ "cache_control": cache_control, "etag": etag });
        self.command("POST", "cache", &parameters);
    }

    /// Adds a client with these metadata, or replaces the one with its id.
    pub(crate) fn client(&self, metadata: &Value) {
        self.command("POST", "client", metadata);
    }

    /// Sets how long access tokens live, in seconds.
    pub(crate) fn lifetime(&self, seconds: u64) {
        self.command("POST", "lifetime", &json!({ "seconds": seconds }));
    }

    /// Makes all refresh tokens invalid, and returns how many were valid.
    pub(crate) fn revoke_refresh_tokens(&self) -> u64 {
        self.command("POST", "revoke", &json!({}))["revoked"].as_u64().unwrap()
    }

    pub(crate) fn down(&self) {
        self.command("POST", "down", &json!({}));
    }

    pub(crate) fn up(&self) {
        self.command("POST", "up", &json!({}));
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats(self.command("GET", "stats", &json!({})))
    }

    pub(crate) fn reset_stats(&self) {
        self.command("POST", "stats/reset", &json!({}));
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It has no state to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The counts of the provider.
#[derive(Debug)]
pub(crate) struct Stats(Value);

impl Stats {
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    pub(crate) fn seen_queries(&self) -> &[Value] {
        self.0["seen_queries"].as_array().unwrap()
    }
}

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    decoded(token.split('.').nth(1).unwrap())
}

/// The token with another `kid`, which its signature does not cover.
pub(crate) fn with_kid(token: &str, kid: &str) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header = decoded(header);
    header["kid"] = kid.into();
    format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.to_string().as_bytes()))
}

/// The token with another subject, which its signature does not cover.
pub(crate) fn tampered(token: &str) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let mut payload = decoded(payload);
    payload["sub"] = "admin".into();
    let payload = Base64UrlUnpadded::encode_string(payload.to_string().as_bytes());
    format!("{header}.{payload}.{signature}")
}

/// The header or the payload of a token.
pub(crate) fn decoded(part: &str) -> Value {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
}
