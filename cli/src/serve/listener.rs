//! The sockets that accept connections.

mod address;
mod handed_over;
mod socket_access;
#[cfg(unix)]
mod socket_file;

use std::fmt;
use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

pub(crate) use address::ListenAddress;
pub(crate) use handed_over::HandedOver;
pub(crate) use socket_access::{SocketAccess, SocketMode, SocketOwner};
#[cfg(unix)]
use socket_file::SocketFile;

/// A socket that listens.
pub(super) enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, and its file if this process has made it. The file is removed before the socket closes:
    /// until then, other processes see that the path is in use.
    #[cfg(unix)]
    Unix(Option<SocketFile>, UnixListener),
}

/// Accepts connections.
pub(super) trait Accept: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.accept().await?;
        // Responses are small, and should be sent at once.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

#[cfg(unix)]
impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Why the server cannot listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on \"{address}\": {reason}")]
pub(crate) struct ListenError {
    address: ListenAddress,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{0}. Is another server running there? Choose another address with --listen HOST:PORT")]
    Tcp(io::Error),
    #[error("the name cannot be resolved: {0}")]
    Name(io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[cfg(unix)]
    #[error("{0}")]
    Unix(#[from] socket_file::SocketFileError),
    #[cfg(not(unix))]
    #[error("this system has no Unix sockets")]
    NoUnixSockets,
    #[error("{0}")]
    HandedOver(#[from] handed_over::HandedOverError),
}

/// Listens on all addresses.
///
/// # Errors
///
/// The server cannot listen on one of them. Then it listens on no address.
pub(super) async fn bind(
    addresses: &[ListenAddress],
    access: &SocketAccess,
    handed_over: &mut HandedOver,
) -> Result<Vec<Listener>, ListenError> {
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = match address {
            ListenAddress::Tcp { host, port } => bind_tcp(host, *port).await,
            #[cfg(unix)]
            ListenAddress::Unix(path) => socket_file::bind(path, access)
                .await
                .map(|(file, listener)| vec![Listener::Unix(Some(file), listener)])
                .map_err(Reason::from),
            #[cfg(not(unix))]
            ListenAddress::Unix(_) => Err(Reason::NoUnixSockets),
            ListenAddress::Systemd(name) => handed_over.take(name.as_deref()).map_err(Reason::from),
        };
        let failed = |reason| ListenError { address: address.clone(), reason };
        listeners.extend(bound.map_err(failed)?);
    }
    Ok(listeners)
}

/// Listens on all addresses of a host.
async fn bind_tcp(host: &str, port: u16) -> Result<Vec<Listener>, Reason> {
    let addresses = tokio::net::lookup_host((host, port)).await.map_err(Reason::Name)?;
    let mut addresses: Vec<_> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut missing = None;
    let mut listeners = Vec::new();
    for address in &addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(Listener::Tcp(listener)),
            // `localhost` has the address ::1 even on machines without IPv6.
            Err(error) if is_missing(&error) && addresses.len() > 1 => {
                tracing::warn!(%address, host, "not listening here: this machine has no such address");
                missing = Some(error);
            }
            Err(error) => return Err(Reason::Tcp(error)),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(Reason::Tcp(error)),
        None if listeners.is_empty() => Err(Reason::NoAddress),
        _ => Ok(listeners),
    }
}

/// Whether the machine does not have the address, or none of its kind.
fn is_missing(error: &io::Error) -> bool {
    // EAFNOSUPPORT, which std gives no name: the machine has no IPv6.
    let is_unsupported = cfg!(target_os = "linux") && error.raw_os_error() == Some(97);
    is_unsupported || error.kind() == io::ErrorKind::AddrNotAvailable
}

/// Shows where it listens, in the form of the setting `listen`.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => address.fmt(f),
                Err(_) => f.write_str("unknown"),
            },
            #[cfg(unix)]
            Self::Unix(_, listener) => {
                let address = listener.local_addr().ok();
                match address.as_ref().and_then(|address| address.as_pathname()) {
                    Some(path) => write!(f, "unix:{}", path.display()),
                    None => f.write_str("unix:unknown"),
                }
            }
        }
    }
}
