//! [`Tasks`]: work that goes on if the client hangs up, and that a shutdown waits for.

use std::future::Future;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Counts tasks.
#[derive(Debug)]
pub(super) struct Tasks(watch::Sender<usize>);

impl Default for Tasks {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

/// Counts a task as long as it lives, even if it panics.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Tasks {
    /// Starts a task, whether or not somebody awaits it.
    pub(super) fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.send_modify(|count| *count = count.saturating_add(1));
        let counted = Counted(self.0.clone());
        tokio::spawn(async move {
            let _counted = counted;
            work.await
        })
    }

    /// Waits until no task runs.
    pub(super) async fn drained(&self) {
        // Fails only without a sender, and this is one.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}
