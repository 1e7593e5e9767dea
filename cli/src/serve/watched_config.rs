//! [`WatchedConfig`]: notices when the configuration file changes.

use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

use super::config::{Config, file};
use super::flags::ServeFlags;
use super::reload::blocking;

/// How often the file is read. It is some KiB long, so that the time of its last change, which not every file
/// system keeps, need not be looked at.
const READ_EVERY: Duration = Duration::from_secs(2);

/// The configuration file, read again and again. The path may be a link, whose target is replaced, as in a
/// `ConfigMap` of Kubernetes.
pub(super) struct WatchedConfig {
    /// `None` if there is no file to watch.
    path: Option<PathBuf>,
    /// What was last asked to be loaded.
    seen: Option<String>,
    /// What the last read has found.
    last: Option<String>,
}

impl WatchedConfig {
    /// Watches the file that this configuration comes from.
    pub(super) fn new(flags: &ServeFlags, config: &Config) -> Self {
        let path = flags.config.clone().filter(|_| config.is_watched);
        Self { path, seen: config.text.clone(), last: config.text.clone() }
    }

    /// Waits until the file says something else than before.
    ///
    /// Two reads in a row must agree, since a file that is half written may be valid, but lack the last rules.
    pub(super) async fn changed(&mut self) {
        let Some(path) = &self.path else { return pending().await };
        loop {
            sleep(READ_EVERY).await;
            let path = path.clone();
            // A pipe can be read only once, and a file that is missing may be on its way.
            let read = move || path.is_file().then(|| file::read(&path).ok()).flatten();
            let Some(text) = blocking(read).await.ok().flatten() else { continue };
            let is_complete = self.last.as_ref() == Some(&text);
            let is_new = self.seen.as_ref() != Some(&text);
            self.last = Some(text);
            if is_complete && is_new {
                self.seen.clone_from(&self.last);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use tokio::time::{Instant, timeout};

    use super::*;

    fn watched(name: &str, text: &str) -> (PathBuf, WatchedConfig) {
        let path = env::temp_dir().join(format!("tollgate-watched-{}-{name}", process::id()));
        fs::write(&path, text).unwrap();
        let text = Some(text.to_owned());
        (path.clone(), WatchedConfig { path: Some(path), seen: text.clone(), last: text })
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_half_written_is_not_loaded() {
        let (path, mut watched) = watched("half", "old");
        let begun = Instant::now();
        fs::write(&path, "half").unwrap();
        let early = timeout(READ_EVERY.mul_f32(1.5), watched.changed()).await;
        assert!(early.is_err(), "after one read");
        fs::write(&path, "whole").unwrap();
        watched.changed().await;
        assert_eq!(watched.seen.as_deref(), Some("whole"));
        assert!(begun.elapsed() >= READ_EVERY.saturating_mul(3));
        fs::remove_file(path).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_says_the_same_or_is_missing_is_not_loaded() {
        let (path, mut watched) = watched("same", "text");
        fs::write(&path, "text").unwrap();
        assert!(timeout(READ_EVERY.saturating_mul(5), watched.changed()).await.is_err());
        fs::remove_file(&path).unwrap();
        assert!(timeout(READ_EVERY.saturating_mul(5), watched.changed()).await.is_err());
        fs::write(&path, "new").unwrap();
        watched.changed().await;
        fs::remove_file(path).unwrap();
    }
}
