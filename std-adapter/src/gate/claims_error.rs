//! [`ClaimsError`]: the claims of an accepted token do not fit the caller's type.

use std::fmt;

/// Why the claims of an accepted token cannot be read as the caller's type.
///
/// It names the claim. Its message also quotes the claim's value where that has the wrong type.
///
/// See the example of [`Identity`](super::Identity).
#[derive(Debug)]
pub struct ClaimsError(serde_path_to_error::Error<serde_json::Error>);

impl ClaimsError {
    pub(crate) const fn new(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        Self(error)
    }

    /// Returns the path of the claim that has the wrong type, such as `address.country`; `None` if
    /// the claims as a whole do not fit, because one is missing for example.
    #[must_use]
    pub fn claim(&self) -> Option<String> {
        let path = self.0.path();
        path.iter().next().is_some().then(|| path.to_string())
    }

    /// Says what is wrong without the claim's value, which may be personal.
    #[cfg(feature = "axum")]
    pub(crate) fn without_values(&self) -> String {
        match self.claim() {
            Some(claim) => format!("the claim {claim:?} has the wrong type"),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.claim() {
            Some(claim) => write!(f, "the claim {claim:?}: {}", self.0.inner()),
            None => write!(f, "the claims: {}", self.0.inner()),
        }
    }
}

impl std::error::Error for ClaimsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.inner())
    }
}
