//! The endpoints, and the reload.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper_util::server::graceful::GracefulShutdown;
use serde::Serialize;
use tokio::net::TcpListener;
use tollgate::gate::{Gate, json_response};
use tollgate::table_memory::TableMemory;

use super::auth::{self, Access};
use super::config::{Config, ConfigError};
use super::connections::Connections;
use super::flags::ServeFlags;
use super::limits::Limits;
use super::metadata::Resources;
use super::metrics::{self, Metrics};

use super::signals::{self, Hangups};

/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the server cannot start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error(
        "cannot listen on {0}: {1}. Is another server running there? Choose another address with \
         --listen ADDR:PORT"
    )]
    Listen(SocketAddr, io::Error),
    #[error(
        "--demo cannot listen on {0}: it issues tokens to anyone who asks, so it listens on \
         loopback addresses only, such as 127.0.0.1:4180"
    )]
    DemoBeyondLoopback(SocketAddr),
    #[error("cannot generate the keys of the demo: {0}")]
    Randomness(String),
    #[error("{0}")]
    Metrics(#[from] prometheus::Error),
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// The gate and the rules of a configuration. A reload replaces them as a whole.
pub(super) struct Setup {
    pub(super) gate: Gate,
    pub(super) access: Access,
    pub(super) resources: Resources,
}

/// The state that all requests share.
pub(super) struct Server {
    setup: ArcSwap<Setup>,
    metrics: Metrics,
    pub(super) connections: Arc<Connections>,
}

impl Server {
    pub(super) fn new(setup: Setup, limits: Limits) -> Result<Arc<Self>, ServeError> {
        let (setup, metrics) = (ArcSwap::from_pointee(setup), Metrics::new()?);
        let connections = metrics.connections(limits);
        Ok(Arc::new(Self { setup, metrics, connections }))
    }

    /// The endpoints.
    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/auth", any(auth))
            // Envoy appends the original path.
            .route("/auth/", any(auth))
            .route("/auth/{*path}", any(auth))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .route("/.well-known/oauth-protected-resource", get(resource))
            .route("/.well-known/oauth-protected-resource/{*path}", get(resource))
            .fallback(async || -> Response {
                json_response(
                    StatusCode::NOT_FOUND,
                    "not_found",
                    "this server has no such endpoint",
                )
            })
            .with_state(self)
    }
}

/// Runs the server until a signal stops it.
pub(crate) async fn serve(flags: ServeFlags) -> Result<(), ServeError> {
    let (stop, hangups) = (signals::stop()?, Hangups::listen()?);
    let config = Config::load(&flags)?;
    let listener = bind(config.listen).await?;
    TableMemory::global().set_limit(config.table_memory);
    let gate = config.gate(None)?;
    let Config { listen, limits, access, resources, .. } = config;
    let server = Server::new(Setup { gate, access, resources }, limits)?;
    let reloads = reload_on(hangups, Arc::clone(&server), flags, listen);
    tokio::select! {
        ended = run(listener, Arc::clone(&server).router(), &server.connections, stop) => ended,
        never = reloads => match never {},
    }
}

/// Listens on an address.
pub(super) async fn bind(listen: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(listen).await.map_err(|error| ServeError::Listen(listen, error))
}

/// Serves until `stop` resolves, and then lets requests in flight finish.
pub(super) async fn run(
    listener: TcpListener,
    router: Router,
    connections: &Arc<Connections>,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    tracing::info!(address = %listener.local_addr()?, "listening");
    let graceful = GracefulShutdown::new();
    let serving = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let place = connections.place().await;
                    tokio::spawn(place.serve(stream, router.clone(), graceful.watcher()));
                }
                Err(error) => {
                    connections.cannot_accept(&error);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    connections.room().await;
                }
            }
        }
    };
    tokio::select! {
        never = serving => match never {},
        () = stop => {}
    }
    tracing::info!("stopping");
    drop(listener);
    let drain = connections.limits().drain_timeout;
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("cut off requests in flight after {} s", drain.as_secs());
    }
    Ok(())
}

async fn auth(State(server): State<Arc<Server>>, request: Request) -> Response {
    let arrived = Instant::now();
    let setup = server.setup.load_full();
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let (method, headers) = (request.method(), request.headers());
    let verdict = auth::judge(&setup.gate, &setup.access, method, target, headers).await;
    let (reason, took) = (verdict.reason(), arrived.elapsed());
    server.metrics.count(reason, took);
    if tracing::enabled!(tracing::Level::DEBUG) {
        match verdict.explanation() {
            Some(explanation) => tracing::debug!(reason, ?took, %explanation, "verdict"),
            None => tracing::debug!(reason, ?took, "verdict"),
        }
    }
    let is_refused = !verdict.passes();
    let mut response = verdict.response(&setup.gate);
    if is_refused {
        setup.access.cors.open(headers, response.headers_mut());
    }
    response
}

/// The response of `/readyz`.
#[derive(Serialize)]
struct Readiness<'a> {
    ready: bool,
    issuers: Vec<IssuerReadiness<'a>>,
}

#[derive(Serialize)]
struct IssuerReadiness<'a> {
    issuer: &'a str,
    usable_keys: usize,
    /// Seconds since 1970.
    fetched_at: Option<i64>,
}

async fn readyz(State(server): State<Arc<Server>>) -> Response {
    let setup = server.setup.load_full();
    let issuers = setup.gate.issuers().map(|status| IssuerReadiness {
        issuer: status.issuer,
        usable_keys: status.usable_keys,
        fetched_at: status.fetched_at.map(|at| at.0),
    });
    let readiness = Readiness { ready: setup.gate.is_ready(), issuers: issuers.collect() };
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(readiness)).into_response()
}

async fn metrics(State(server): State<Arc<Server>>) -> Response {
    match server.metrics.text(&server.setup.load().gate) {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            json_response(status, "server_error", "cannot encode the metrics")
        }
    }
}

async fn resource(State(server): State<Arc<Server>>, request: Request) -> Response {
    let setup = server.setup.load_full();
    let path = request.uri().path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let in_header = setup.access.sources.include_authorization();
    match setup.resources.at(path, &setup.gate, in_header) {
        Some(metadata) => Json(metadata).into_response(),
        None => json_response(
            StatusCode::NOT_FOUND,
            "not_found",
            "no such resource is configured: set resource (--resource URL)",
        ),
    }
}

/// Reloads the configuration at each SIGHUP. A wrong configuration changes nothing.
async fn reload_on(
    mut hangups: Hangups,
    server: Arc<Server>,
    flags: ServeFlags,
    listen: SocketAddr,
) -> Infallible {
    const KEPT: &str = "cannot reload: kept the previous configuration";
    loop {
        hangups.next().await;
        let (server, flags) = (Arc::clone(&server), flags.clone());
        // Reading files and building tables would block the threads that serve requests.
        let reloaded = tokio::task::spawn_blocking(move || server.reload(&flags, listen)).await;
        match reloaded {
            Ok(Ok(())) => tracing::info!("configuration reloaded"),
            Ok(Err(error)) => tracing::error!(%error, "{KEPT}"),
            Err(error) => tracing::error!(%error, "{KEPT}"),
        }
    }
}

impl Server {
    fn reload(&self, flags: &ServeFlags, listen: SocketAddr) -> Result<(), ConfigError> {
        let config = Config::load(flags)?;
        if config.listen != listen {
            tracing::warn!(%listen, "the new listen address takes effect after a restart");
        }
        // The new gate starts with the keys of the old one.
        let gate = config.gate(Some(&self.setup.load().gate))?;
        let Config { access, resources, limits, table_memory, .. } = config;
        self.connections.set_limits(limits);
        // For keys that are new from now on. All others keep their tables.
        TableMemory::global().set_limit(table_memory);
        self.setup.store(Arc::new(Setup { gate, access, resources }));
        Ok(())
    }
}
