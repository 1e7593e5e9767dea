//! Random secrets, and what the provider keeps of them.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};

/// The system has no randomness.
#[derive(Debug)]
pub(super) struct NoRandomness;

/// Fills an array with random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A random text of `N` bytes in base64url. With 32, it cannot be guessed.
pub(super) fn random_text<const N: usize>() -> Result<String, NoRandomness> {
    Ok(base64url(random::<N>()?))
}

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// The SHA-256 of a secret. The provider finds its secrets by it, so the time that takes tells nothing about them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    pub(super) fn of(secret: &str) -> Self {
        Self(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref().to_vec())
    }
}

/// Compares two secrets in a time that does not depend on where they differ.
pub(super) fn are_equal(given: &str, expected: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    let tag = hmac::sign(&key, expected.as_bytes());
    hmac::verify(&key, given.as_bytes(), tag.as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_have_256_bits() {
        let (one, other) = (random_text::<32>().unwrap(), random_text::<32>().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
    }

    #[test]
    fn only_the_same_secret_is_equal() {
        assert!(are_equal("secret", "secret"));
        for given in ["", "secre", "secrets", "Secret"] {
            assert!(!are_equal(given, "secret"), "{given}");
        }
    }
}
