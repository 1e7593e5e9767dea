//! [`Secret`]: a text that no log shows.

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::cookie_secret::InvalidCookieSecret;
use crate::bounded_file;

/// The maximum length of a file with a secret.
const MAX_FILE_LEN: usize = 64 * 1024;

/// A text that no log shows, such as a client secret. `Debug` does not print it, and nothing returns it.
///
/// ```
/// use tollgate::sign_in::Secret;
///
/// let secret = Secret::new("correct horse battery staple");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret from memory, such as from a variable of the environment.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads a secret from a file. One line break at the end does not count, since editors add one.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is empty, is longer than 64 KiB, or is not text in UTF-8.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let path = path.as_ref();
        let failed = |error: String| SecretError::Unreadable { path: path.to_owned(), error };
        let bytes = bounded_file::read(path, MAX_FILE_LEN);
        let text = String::from_utf8(bytes.map_err(|error| failed(error.to_string()))?);
        let mut text = text.map_err(|_| failed("it is not text in UTF-8".to_owned()))?;
        let without_break = text.strip_suffix('\n').map(|it| it.strip_suffix('\r').unwrap_or(it));
        text.truncate(without_break.unwrap_or(&text).len());
        if text.is_empty() {
            return Err(SecretError::Empty { path: path.to_owned() });
        }
        Ok(Self(text))
    }

    /// Returns the text, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Compares hashes, so that the time it takes says nothing about the texts.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        Sha256::digest(&self.0) == Sha256::digest(&other.0)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret cannot be read.
///
/// ```
/// use tollgate::sign_in::{Secret, SecretError};
///
/// let error = Secret::read("no/such/file").unwrap_err();
/// assert!(matches!(error, SecretError::Unreadable { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file cannot be read.
    #[error(
        "the secret in {} cannot be read: {error}. Check the path, and that this process may read the file",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// The file has no [`CookieSecret`](super::CookieSecret) in it.
    #[error("the file {} has something else in it: {error}", path.display())]
    Cookie {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        error: InvalidCookieSecret,
    },
    /// The file is empty.
    #[error("the file {} is empty: write the secret into it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is removed at the end.
    struct File(PathBuf);

    impl File {
        fn new(name: &str, content: &[u8]) -> Self {
            let name = format!("tollgate-secret-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, content).unwrap();
            Self(path)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn one_line_break_at_the_end_of_a_file_does_not_count() {
        for (content, secret) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            ("secret\n\n", "secret\n"),
            ("secret\r", "secret\r"),
            (" se cret \n", " se cret "),
        ] {
            let file = File::new("break", content.as_bytes());
            assert_eq!(Secret::read(&file.0).unwrap().expose(), secret, "{content:?}");
        }
    }

    #[test]
    fn a_file_without_a_secret_is_an_error_that_names_it() {
        for content in ["", "\n", "\r\n"] {
            let file = File::new("empty", content.as_bytes());
            let error = Secret::read(&file.0).unwrap_err();
            assert_eq!(error, SecretError::Empty { path: file.0.clone() });
            assert!(error.to_string().contains(&*file.0.to_string_lossy()), "{error}");
        }
        let binary = File::new("binary", b"\xFF\xFE");
        let long = File::new("long", &[b'a'; 65_537]);
        let missing = std::env::temp_dir().join("tollgate-secret-that-is-missing");
        for path in [&binary.0, &long.0, &missing] {
            let error = Secret::read(path).unwrap_err();
            assert!(matches!(error, SecretError::Unreadable { .. }), "{error}");
            assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        }
    }

    #[test]
    fn a_file_may_have_64_kib() {
        let file = File::new("most", &[b'a'; 65_536]);
        assert_eq!(Secret::read(&file.0).unwrap().expose().len(), 65_536);
    }

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn secrets_are_the_same_if_their_texts_are() {
        assert_eq!(Secret::new("hunter2"), Secret::new("hunter2"));
        assert_ne!(Secret::new("hunter2"), Secret::new("hunter3"));
    }
}
