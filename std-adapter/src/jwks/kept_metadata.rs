//! [`KeptMetadata`]: the metadata of an issuer as it was last discovered, for sign-in, which needs more of it than
//! the URL of the keys.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::fetch::FetchError;

/// The metadata of an issuer as it was last discovered. Failures later on do not remove it.
pub(crate) struct KeptMetadata(watch::Sender<State>);

/// A metadata document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawMetadata {
    /// Where it was.
    pub(crate) url: String,
    /// The document, which names the configured issuer. Nothing else in it has been checked but the URL of the keys.
    pub(crate) json: Vec<u8>,
}

#[derive(Clone)]
enum State {
    /// The first attempt has not ended.
    Pending,
    /// No attempt has succeeded, and the last one failed like this.
    Failed(FetchError),
    Known(Arc<RawMetadata>),
}

impl Default for KeptMetadata {
    fn default() -> Self {
        Self(watch::Sender::new(State::Pending))
    }
}

impl KeptMetadata {
    /// Returns the metadata, which are the same object until they change.
    ///
    /// # Errors
    ///
    /// There are none yet. `None` if the first attempt to get them has not ended.
    pub(crate) fn current(&self) -> Result<Arc<RawMetadata>, Option<FetchError>> {
        match &*self.0.borrow() {
            State::Known(metadata) => Ok(Arc::clone(metadata)),
            State::Failed(error) => Err(Some(error.clone())),
            State::Pending => Err(None),
        }
    }

    /// Waits until the first attempt has ended, but not longer than `limit`.
    pub(crate) async fn first_attempt(&self, limit: Duration) {
        let mut state = self.0.subscribe();
        let ended = state.wait_for(|state| !matches!(state, State::Pending));
        // In time or not, the caller then looks at the current state.
        let _ = timeout(limit, ended).await;
    }

    /// Keeps metadata that have been discovered.
    pub(super) fn discovered(&self, url: &str, json: Vec<u8>) {
        let found = RawMetadata { url: url.to_owned(), json };
        self.0.send_if_modified(|state| {
            let is_new = !matches!(state, State::Known(known) if **known == found);
            if is_new {
                *state = State::Known(Arc::new(found));
            }
            is_new
        });
    }

    /// Keeps the error of an attempt, if there are no metadata.
    pub(super) fn failed(&self, error: &FetchError) {
        self.0.send_if_modified(|state| {
            let is_unknown = !matches!(state, State::Known(_));
            if is_unknown {
                *state = State::Failed(error.clone());
            }
            is_unknown
        });
    }
}
