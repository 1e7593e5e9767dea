//! [`Link`]: a connection to redis, which many calls use at once.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisResult};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::script::Call;
use super::server::Server;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads and writes until the connection ends.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection to redis, which is being made, works, or is over.
///
/// A task of its own makes it. If a call did, the end of that call would end the attempt: under load, when all waiting
/// calls are close to their end, no attempt would have the time that it needs.
pub(super) struct Link {
    /// What became of the attempt, once that is known.
    opened: watch::Receiver<Option<RedisResult<MultiplexedConnection>>>,
    /// Connects, then reads and writes. It ends with the connection.
    task: JoinHandle<()>,
}

impl Link {
    /// Starts to connect.
    pub(super) fn open(server: Server, runtime: &Handle) -> Self {
        let (attempt, opened) = watch::channel(None);
        let task = runtime.spawn(async move {
            match timeout(CONNECT_TIMEOUT, server.connect()).await {
                Ok(Ok((connection, driver))) => {
                    attempt.send_replace(Some(Ok(connection)));
                    driver.await;
                }
                Ok(Err(error)) => {
                    attempt.send_replace(Some(Err(error)));
                }
                Err(_) => {
                    let slow = io::Error::new(io::ErrorKind::TimedOut, "no connection in a second");
                    attempt.send_replace(Some(Err(slow.into())));
                }
            }
        });
        Self { opened, task }
    }

    /// Whether the connection is lost, or the attempt has failed.
    pub(super) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Makes a call as soon as there is a connection.
    pub(super) async fn ask<T: FromRedisValue>(&self, call: &Call) -> RedisResult<T> {
        let mut opened = self.opened.clone();
        let attempt = match opened.wait_for(Option::is_some).await {
            Ok(attempt) => attempt.clone(),
            // The task was stopped before it was connected.
            Err(_) => None,
        };
        let lost = || Err(io::Error::from(io::ErrorKind::NotConnected).into());
        let mut connection = attempt.unwrap_or_else(lost)?;
        call.over(&mut connection).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A server that hangs would keep the connection open.
        self.task.abort();
    }
}
