//! [`CookieSecret`]: what seals cookies, so that only this app can make and read them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::seal::{self, NoRandomness, SECRET_LEN};
use super::secret::{Secret, SecretError};

/// A secret that seals cookies: 32 random bytes. As text, they are base64url without padding, which has 43 characters
/// (RFC 4648 §5). `tollgate secret` makes one.
///
/// `Debug` does not show it.
///
/// ```
/// use tollgate::sign_in::CookieSecret;
///
/// let secret = CookieSecret::generate()?;
/// let text = secret.to_text();
/// assert_eq!(text.len(), 43);
/// assert_eq!(text.parse::<CookieSecret>()?.to_text(), text);
/// assert_eq!(format!("{secret:?}"), "CookieSecret(…)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CookieSecret([u8; SECRET_LEN]);

/// A text is not a [`CookieSecret`].
///
/// ```
/// use tollgate::sign_in::{CookieSecret, InvalidCookieSecret};
///
/// let error = "hunter2".parse::<CookieSecret>().unwrap_err();
/// assert_eq!(error, InvalidCookieSecret);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cookie secret is 32 random bytes in base64url without padding, which has 43 characters: make one with \
     `tollgate secret`"
)]
pub struct InvalidCookieSecret;

impl CookieSecret {
    /// Makes a new secret.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]
    pub fn generate() -> Result<Self, NoRandomness> {
        seal::random().map(Self)
    }

    /// Reads a secret from a file with its text. One line break at the end does not count.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has something else in it. The error names the file, and repeats nothing of it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let path = path.as_ref();
        let secret = Secret::read(path)?.expose().parse();
        secret.map_err(|error| SecretError::Cookie { path: path.to_owned(), error })
    }

    /// Returns the secret as text, for the file to keep it in.
    #[must_use]
    pub fn to_text(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// Returns the bytes, for the one place that needs them.
    pub(super) const fn expose(&self) -> [u8; SECRET_LEN] {
        self.0
    }
}

impl FromStr for CookieSecret {
    type Err = InvalidCookieSecret;

    fn from_str(text: &str) -> Result<Self, InvalidCookieSecret> {
        let mut bytes = [0; SECRET_LEN];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == SECRET_LEN => Ok(Self(bytes)),
            _ => Err(InvalidCookieSecret),
        }
    }
}

/// The bytes must be random.
impl From<[u8; SECRET_LEN]> for CookieSecret {
    fn from(bytes: [u8; SECRET_LEN]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_was_written() {
        let secret = CookieSecret::generate().unwrap();
        let path = std::env::temp_dir().join(format!("tollgate-cookie-{}", std::process::id()));
        for end in ["", "\n", "\r\n"] {
            std::fs::write(&path, format!("{}{end}", secret.to_text())).unwrap();
            assert_eq!(CookieSecret::read(&path).unwrap().0, secret.0, "{end:?}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_with_something_else_is_an_error_that_names_it_and_repeats_nothing() {
        let path = std::env::temp_dir().join(format!("tollgate-no-cookie-{}", std::process::id()));
        let good = "A".repeat(43);
        for text in [
            "hunter2-hunter2-hunter2-hunter2-hunter2-hun\n\n",
            "hunter2",
            "hunter2-hunter2-hunter2-hunter2-hunter2-hunt",
            &"A".repeat(42),
            &format!("{good}A"),
            &format!("{good}="),
            &format!(" {good}"),
            &format!("{good}\n{good}\n"),
            // The last character has bits that are not of the secret.
            &format!("{}B", "A".repeat(42)),
            &format!("{}+", "A".repeat(42)),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = CookieSecret::read(&path).unwrap_err().to_string();
            assert!(error.contains(&*path.to_string_lossy()), "{error}");
            assert!(error.contains("tollgate secret"), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("AAAA"), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(CookieSecret::read(&path), Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn new_secrets_differ() {
        let [one, other] = [CookieSecret::generate().unwrap(), CookieSecret::generate().unwrap()];
        assert_ne!(one.to_text(), other.to_text());
        assert_eq!(format!("{one:?}"), "CookieSecret(…)");
    }
}
