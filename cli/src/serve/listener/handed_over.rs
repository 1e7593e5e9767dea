//! [`HandedOver`]: the sockets that systemd hands over (`sd_listen_fds(3)`).

use std::io;

use super::Listener;

/// The sockets that systemd has opened for this process.
#[derive(Default)]
pub(crate) struct HandedOver(Vec<Socket>);

struct Socket {
    /// `FileDescriptorName=` of the socket unit.
    name: String,
    listener: io::Result<StdListener>,
}

enum StdListener {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// Why there is no socket to take over.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandedOverError {
    #[error(
        "systemd has handed over no sockets. Start the server through a .socket unit, or choose another address \
         with --listen"
    )]
    Nothing,
    #[error(
        "systemd has handed over no socket with this name, but {0}. See FileDescriptorName= in the .socket unit"
    )]
    OtherNames(String),
    #[error("the socket {0:?} is not one that listens with TCP or as a Unix stream socket: {1}")]
    OtherKind(String, io::Error),
}

impl HandedOver {
    /// Takes the sockets from the environment, and changes it. Call this before there are other threads.
    #[cfg(unix)]
    pub(crate) fn from_environment() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut sockets = listenfd::ListenFd::from_env();
        let count = sockets.len();
        let take = |index| {
            // The name that systemd gives to sockets without one.
            let name = names.next().filter(|name| !name.is_empty()).unwrap_or("unknown").to_owned();
            let listener = match sockets.take_tcp_listener(index) {
                Ok(listener) => Ok(listener.map(StdListener::Tcp)),
                Err(_) => sockets.take_unix_listener(index).map(|it| it.map(StdListener::Unix)),
            };
            let listener = listener.transpose()?;
            Some(Socket { name, listener })
        };
        Self((0..count).filter_map(take).collect())
    }

    #[cfg(not(unix))]
    pub(crate) fn from_environment() -> Self {
        Self::default()
    }

    /// Takes the sockets with a name, or all of them.
    pub(super) fn take(&mut self, name: Option<&str>) -> Result<Vec<Listener>, HandedOverError> {
        let is_asked_for = |socket: &Socket| name.is_none_or(|name| socket.name == name);
        let (taken, left): (Vec<_>, Vec<_>) = self.0.drain(..).partition(is_asked_for);
        self.0 = left;
        if taken.is_empty() {
            let names: Vec<_> = self.0.iter().map(|it| format!("{:?}", it.name)).collect();
            return Err(match names.as_slice() {
                [] => HandedOverError::Nothing,
                names => HandedOverError::OtherNames(names.join(", ")),
            });
        }
        let listeners = taken.into_iter().map(|Socket { name, listener }| {
            let listener = listener.and_then(StdListener::into_listener);
            listener.map_err(|error| HandedOverError::OtherKind(name, error))
        });
        listeners.collect()
    }
}

impl StdListener {
    fn into_listener(self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener).map(Listener::Tcp)
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::UnixListener::from_std(listener)?;
                Ok(Listener::Unix(None, listener))
            }
        }
    }
}
