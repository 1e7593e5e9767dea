//! Tells systemd, or another supervisor with a `NOTIFY_SOCKET`, what the server is doing (`sd_notify(3)`).
//!
//! Without such a supervisor, and on systems other than Unix, these functions do nothing.

use std::convert::Infallible;
use std::future::pending;

#[cfg(unix)]
use sd_notify::NotifyState;

/// The server accepts connections, or has reloaded its configuration.
pub(super) fn ready() {
    #[cfg(unix)]
    send(&[NotifyState::Ready]);
}

/// The server begins to reload its configuration. [`ready`] says that it has ended.
pub(super) fn reloading() {
    // `Type=notify-reload` needs the time.
    #[cfg(unix)]
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        send(&[NotifyState::Reloading, now]);
    }
}

/// The server begins to stop.
pub(super) fn stopping() {
    #[cfg(unix)]
    send(&[NotifyState::Stopping]);
}

/// Says again and again that the server is alive, if the supervisor asks for it (`WatchdogSec=`).
pub(super) async fn keep_alive() -> Infallible {
    #[cfg(unix)]
    if let Some(limit) = sd_notify::watchdog_enabled() {
        // As sd_watchdog_enabled(3) recommends.
        let pause = limit.div_f32(2.0).max(std::time::Duration::from_millis(1));
        let mut ticks = tokio::time::interval(pause);
        loop {
            ticks.tick().await;
            send(&[NotifyState::Watchdog]);
        }
    }
    pending().await
}

#[cfg(unix)]
fn send(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot notify the supervisor (NOTIFY_SOCKET)");
    }
}
