//! The keys of the issuer, and which of them the server knows. While that changes, both answers are right.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tollgate_tests::mint::{self, AUDIENCE, SigningKey, Token};

/// Whether the server knows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Standing {
    Unknown = 0,
    Known = 1,
    /// It may or may not know it.
    Changing = 2,
}

/// A key of the issuer, and whether the server knows it.
pub struct Key {
    pub kid: String,
    secret: SigningKey,
    /// The [`Standing`] in the lowest two bits, and the number of its changes above them.
    standing: AtomicU64,
}

/// The standing of a key at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View(u64);

impl Key {
    pub fn new(kid: &str, secret: SigningKey, standing: Standing) -> Arc<Self> {
        let standing = AtomicU64::new(standing as u64);
        Arc::new(Self { kid: kid.to_owned(), secret, standing })
    }

    /// Creates a new key, alternately for ES256 and ES384.
    pub fn rotating(number: u64) -> Arc<Self> {
        let seed = format!("rotating key {number}");
        let secret = match number % 2 {
            0 => SigningKey::p256(&seed),
            _ => SigningKey::p384(&seed),
        };
        Self::new(&format!("rotating-{number}"), secret, Standing::Unknown)
    }

    pub fn jwk(&self) -> Value {
        mint::jwk(&self.secret, &self.kid)
    }

    pub fn set(&self, standing: Standing) {
        let changes = self.standing.load(Ordering::SeqCst) >> 2;
        self.standing.store((changes + 1) << 2 | standing as u64, Ordering::SeqCst);
    }

    pub fn view(&self) -> View {
        View(self.standing.load(Ordering::SeqCst))
    }

    /// Creates a valid access token signed by this key.
    pub fn token(&self, issuer: &str) -> Token {
        self.signs(Token::good(), issuer)
            .claim("iat", now() - 60)
            .claim("exp", expires())
            .claim("aud", json!(AUDIENCE))
    }

    /// A token of this issuer, to be signed by this key.
    pub fn signs(&self, token: Token, issuer: &str) -> Token {
        token
            .member("alg", json!(self.secret.algorithm().name()))
            .member("kid", json!(self.kid))
            .claim("iss", json!(issuer))
            .signed_by(self.secret.clone())
    }
}

impl View {
    /// Returns the standing between two views.
    pub fn until(self, later: Self) -> Standing {
        match self.0 & 3 {
            _ if self != later => Standing::Changing,
            0 => Standing::Unknown,
            1 => Standing::Known,
            _ => Standing::Changing,
        }
    }
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// Returns when valid tokens expire: the same time for all, long after the end of the soak.
pub fn expires() -> i64 {
    static EXPIRES: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    *EXPIRES.get_or_init(|| now() + 24 * 60 * 60)
}
