//! Starts the server, runs it and stops it.

use std::io;
use std::sync::Arc;

use axum::Router;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use super::config::{Config, ConfigError};
use super::connections::Connections;
use super::endpoints::{Server, Setup};
use super::flags::ServeFlags;
use super::listener::{self, Accept, HandedOver, ListenAddress, ListenError, Listener};
use super::notify;
use super::recipe::RecipeError;
use super::reload::{self, Reloads};
use super::signals::{Hangups, Stops};

/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the server cannot start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Recipe(#[from] RecipeError),
    #[error("{0}")]
    Listen(#[from] ListenError),
    #[error(
        "--demo cannot listen on {0}: it issues tokens to anyone who asks, so it listens on \
         loopback addresses only, such as 127.0.0.1:4180"
    )]
    DemoBeyondLoopback(ListenAddress),
    #[error("cannot generate the keys of the demo: {0}")]
    Randomness(String),
    #[error("the demo cannot sign anybody in: {0}")]
    SignIn(#[from] tollgate::sign_in::SignInBuildError),
    #[error("{0}")]
    Metrics(#[from] prometheus::Error),
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// A server that listens, before it accepts its first connection.
struct Started {
    server: Arc<Server>,
    listeners: Vec<Listener>,
    reloads: Reloads,
}

/// Runs the server until a signal stops it.
pub(crate) async fn serve(flags: ServeFlags, handed_over: HandedOver) -> Result<(), ServeError> {
    let (mut stops, hangups) = (Stops::listen()?, Hangups::listen()?);
    let Started { server, listeners, reloads } = tokio::select! {
        started = start(flags, handed_over, hangups) => started?,
        () = stops.next() => {
            tracing::info!("stopping before the start is complete");
            return Ok(());
        }
    };
    let router = Arc::clone(&server).router();
    let stop = announce_stop(&server, stops);
    tokio::select! {
        ended = run(listeners, router, server.connections(), stop) => ended?,
        never = reloads.run(&server) => match never {},
        never = server.refusals().report() => match never {},
        never = notify::keep_alive() => match never {},
    }
    server.refusals().end_interval();
    server.drain_sign_in().await;
    Ok(())
}

/// Reads the configuration, listens, and builds the gate. Only this waits for the file system, which may hang.
async fn start(
    flags: ServeFlags,
    mut handed_over: HandedOver,
    hangups: Hangups,
) -> Result<Started, ServeError> {
    let (flags, config) = reload::blocking(move || {
        let config = Config::load(&flags);
        (flags, config)
    })
    .await?;
    let config = config?;
    let listeners = listener::bind(&config.listen, &config.socket_access, &mut handed_over).await?;
    config.memory().set();
    let reloads = Reloads::new(hangups, flags, &config);
    let limits = config.limits;
    let setup = reload::blocking(move || Setup::open(config, None)).await??;
    let server = Server::new(setup, limits)?;
    Ok(Started { server, listeners, reloads })
}

/// Waits for the signal to stop, and then lets readiness checks fail for the shutdown delay. Another signal ends
/// the delay.
pub(super) async fn announce_stop(server: &Server, mut stops: Stops) {
    stops.next().await;
    notify::stopping();
    server.begin_to_stop();
    let delay = server.connections().limits().shutdown_delay;
    if delay.is_zero() {
        return;
    }
    tracing::info!(delay = delay.as_secs(), "not ready from now on; stopping after the delay");
    tokio::select! {
        () = sleep(delay) => {}
        () = stops.next() => {}
    }
}

/// Serves until `stop` resolves, and then lets requests in flight finish.
pub(super) async fn run(
    listeners: Vec<Listener>,
    router: Router,
    connections: &Arc<Connections>,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let mut accepting = JoinSet::new();
    for listener in listeners {
        tracing::info!(address = %listener, "listening");
        let (connections, router) = (Arc::clone(connections), router.clone());
        match listener {
            Listener::Tcp(listener) => accepting.spawn(accept(listener, connections, router)),
            #[cfg(unix)]
            Listener::Unix(file, listener) => accepting.spawn(async move {
                let _file = file;
                accept(listener, connections, router).await;
            }),
        };
    }
    notify::ready();
    stop.await;
    tracing::info!("stopping");
    accepting.shutdown().await;
    if !connections.drain().await {
        let drain = connections.limits().drain_timeout;
        tracing::warn!("cut off requests in flight after {} s", drain.as_secs());
    }
    Ok(())
}

/// Accepts connections for as long as there is a place for them.
async fn accept(listener: impl Accept, connections: Arc<Connections>, router: Router) {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                let place = connections.place().await;
                tokio::spawn(place.serve(stream, router.clone()));
            }
            Err(error) => {
                connections.cannot_accept(&error);
                sleep(ACCEPT_PAUSE).await;
                connections.room().await;
            }
        }
    }
}
