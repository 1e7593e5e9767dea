//! [`Server`]: where redis is, and how to connect to it.

use std::fmt;
use std::io;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    RedisResult,
};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::RedisStoreError;
use super::link::Driver;
use crate::jwks;

/// A server of redis. It is shown without user and password.
#[derive(Clone)]
pub(super) struct Server {
    info: ConnectionInfo,
    tls: Option<Arc<ClientConfig>>,
}

impl Server {
    /// Reads a URL.
    pub(super) fn from_url(url: &str) -> Result<Self, RedisStoreError> {
        let (scheme, rest) = url.split_once(':').ok_or(RedisStoreError::Url)?;
        // The crate redis would read the rest of an unescaped password as a fragment, and not use it.
        if rest.contains('#') {
            return Err(RedisStoreError::Url);
        }
        let (scheme, tls) = match scheme {
            "rediss" | "valkeys" => {
                let config = jwks::system_tls().map_err(RedisStoreError::Tls)?;
                ("redis", Some(Arc::new(config)))
            }
            scheme => (scheme, None),
        };
        let info = format!("{scheme}:{rest}").into_connection_info();
        Ok(Self { info: info.map_err(|_| RedisStoreError::Url)?, tls })
    }

    /// Connects and authenticates.
    pub(super) async fn connect(&self) -> RedisResult<(MultiplexedConnection, Driver)> {
        match (self.info.addr(), &self.tls) {
            (ConnectionAddr::Tcp(host, port), tls) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                let Some(tls) = tls else { return self.greet(stream).await };
                let name = ServerName::try_from(host.clone());
                let name =
                    name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
                let tls = TlsConnector::from(Arc::clone(tls));
                self.greet(tls.connect(name, stream).await?).await
            }
            #[cfg(unix)]
            (ConnectionAddr::Unix(path), None) => {
                self.greet(tokio::net::UnixStream::connect(path).await?).await
            }
            _ => Err((ErrorKind::InvalidClientConfig, "no such connection on this system").into()),
        }
    }

    /// Authenticates and chooses the database.
    async fn greet<S>(&self, stream: S) -> RedisResult<(MultiplexedConnection, Driver)>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // The store has a time-out for each call.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let settings = self.info.redis_settings();
        let (connection, driver) =
            MultiplexedConnection::new_with_config(settings, stream, config).await?;
        Ok((connection, Box::pin(driver)))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.addr().fmt(f)
    }
}
