//! Reloads the configuration at SIGHUP, and when its file has changed.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::config::{Config, ConfigError};
use super::endpoints::Server;
use super::flags::ServeFlags;
use super::listener::{ListenAddress, SocketAccess};
use super::notify;
use super::signals::Hangups;
use super::watched_config::WatchedConfig;

/// What asks for a reload, and what it takes.
pub(super) struct Reloads {
    hangups: Hangups,
    watched: WatchedConfig,
    flags: ServeFlags,
    /// What takes effect at the start only.
    listen: (Vec<ListenAddress>, SocketAccess),
}

impl Reloads {
    /// Reloads what has made this configuration.
    pub(super) fn new(hangups: Hangups, flags: ServeFlags, config: &Config) -> Self {
        let watched = WatchedConfig::new(&flags, config);
        Self { hangups, watched, flags, listen: listen(config) }
    }

    /// Reloads whenever it is asked for. A wrong configuration changes nothing.
    pub(super) async fn run(mut self, server: &Arc<Server>) -> Infallible {
        const KEPT: &str = "cannot reload: kept the previous configuration";
        loop {
            tokio::select! {
                () = self.hangups.next() => {}
                () = self.watched.changed() => {}
            }
            notify::reloading();
            match self.reload(server).await {
                Ok(()) => tracing::info!("configuration reloaded"),
                Err(error) => tracing::error!(%error, "{KEPT}"),
            }
            notify::ready();
        }
    }

    async fn reload(&mut self, server: &Arc<Server>) -> Result<(), ConfigError> {
        let (flags, server) = (self.flags.clone(), Arc::clone(server));
        let reloaded = blocking(move || {
            let config = Config::load(&flags)?;
            let watched = WatchedConfig::new(&flags, &config);
            let listen = listen(&config);
            server.replace(config)?;
            Ok::<_, ConfigError>((watched, listen))
        });
        let (watched, listen) = reloaded.await.map_err(ConfigError::Interrupted)??;
        self.watched = watched;
        if listen != self.listen {
            tracing::warn!(
                "new values of listen, socket_mode and socket_owner take effect after a restart"
            );
        }
        Ok(())
    }
}

fn listen(config: &Config) -> (Vec<ListenAddress>, SocketAccess) {
    (config.listen.clone(), config.socket_access.clone())
}

/// Reads files or builds tables, which would block the threads that serve requests.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)
}
