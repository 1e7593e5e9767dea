//! The endpoints.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use tokio::time::timeout;
use tollgate::gate::{Denied, Gate, json_response};
use tollgate::sign_in::SignIn;

use super::config::{Config, ConfigError};
use super::connections::Connections;
use super::decision::{self, AuthConfig, Decision};
use super::lifecycle::ServeError;
use super::limits::Limits;
use super::metadata::Resources;
use super::metrics::{self, Metrics};
use super::original_request::{Check, Proxy};
use super::refusal::Refusal;
use super::refusal_log::RefusalLog;
use super::sign_in::{self, Browsers};

/// How long a stop waits for the provider: as long as a request to its token endpoint and one to its user info
/// endpoint may take, five seconds each.
const SIGN_IN_DRAIN: Duration = Duration::from_secs(10);

/// The gate, the rules and the sign-in of a configuration. A reload replaces them as a whole.
pub(super) struct Setup {
    pub(super) gate: Gate,
    pub(super) access: AuthConfig,
    pub(super) resources: Resources,
    pub(super) browsers: Option<Browsers>,
    /// The proxy whose headers tell the log what a refused client asked for.
    pub(super) proxy: Option<Proxy>,
}

impl Setup {
    /// Opens what a configuration names. It starts with the keys and the sessions of its predecessor.
    pub(super) fn open(config: Config, predecessor: Option<&Self>) -> Result<Self, ConfigError> {
        let gate = config.gate(predecessor.map(|it| &it.gate))?;
        let former = predecessor.and_then(|it| it.browsers.as_ref());
        let browsers = config.browsers(&gate, former)?;
        let Config { access, resources, proxy, .. } = config;
        Ok(Self { gate, access, resources, browsers, proxy })
    }
}

/// The state that all requests share.
pub(super) struct Server {
    setup: ArcSwap<Setup>,
    metrics: Metrics,
    refusals: RefusalLog,
    connections: Arc<Connections>,
    /// Whether the signal to stop has come.
    is_stopping: AtomicBool,
}

impl Server {
    pub(super) fn new(setup: Setup, limits: Limits) -> Result<Arc<Self>, ServeError> {
        let (setup, metrics) = (ArcSwap::from_pointee(setup), Metrics::new()?);
        let connections = metrics.connections(limits);
        let (refusals, is_stopping) = (RefusalLog::default(), AtomicBool::new(false));
        Ok(Arc::new(Self { setup, metrics, refusals, connections, is_stopping }))
    }

    pub(super) const fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }

    /// Lets readiness checks fail, so that no more requests come.
    pub(super) fn begin_to_stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Waits for sign-ins and refreshes that are under way: their answers have the only valid refresh tokens.
    pub(super) async fn drain_sign_in(&self) {
        let setup = self.setup.load_full();
        let Some(sign_in) = setup.browsers.as_ref().and_then(Browsers::first) else { return };
        if timeout(SIGN_IN_DRAIN, sign_in.drained()).await.is_err() {
            tracing::warn!("sign-ins or refreshes were cut off");
        }
    }

    /// The limit of refusals in the log, which reports from time to time how many it has left out.
    pub(super) const fn refusals(&self) -> &RefusalLog {
        &self.refusals
    }

    /// Replaces the configuration. An invalid one changes nothing.
    pub(super) fn replace(&self, config: Config) -> Result<(), ConfigError> {
        let (limits, memory) = (config.limits, config.memory());
        let setup = Setup::open(config, Some(&**self.setup.load()))?;
        self.connections.set_limits(limits);
        memory.set();
        self.setup.store(Arc::new(setup));
        Ok(())
    }

    /// The endpoints.
    pub(super) fn router(self: Arc<Self>) -> Router {
        let router = Router::new()
            .route("/auth", any(auth))
            // Envoy appends the original path.
            .route("/auth/", any(auth))
            .route("/auth/{*path}", any(auth))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .route("/.well-known/oauth-protected-resource", get(resource))
            .route("/.well-known/oauth-protected-resource/{*path}", get(resource))
            .fallback(page_of_sign_in);
        #[cfg(feature = "grpc")]
        let router = router.merge(super::grpc::router());
        router.with_state(self)
    }

    /// Judges a check, records the verdict, and responds. `patience` is how long the proxy waits, if it has said so.
    pub(super) async fn judge<B: From<String> + Default>(
        &self,
        check: Check<'_>,
        headers: &HeaderMap,
        patience: Option<Duration>,
    ) -> http::Response<B> {
        let arrived = Instant::now();
        let setup = self.setup.load_full();
        let browsers = setup.browsers.as_ref();
        let judged = decision::judge(&setup.gate, &setup.access, browsers, check, headers);
        let verdict = match patience {
            // Only a wait for keys takes long.
            Some(patience) => timeout(patience, judged).await.unwrap_or_else(|_| {
                let retry_after = Duration::from_secs(1);
                Decision::Denied(Denied::KeysUnavailable { retry_after }, None)
            }),
            None => judged.await,
        };
        self.record(verdict.reason(), arrived, || verdict.explanation());
        let is_refusal = verdict.is_refusal();
        if is_refusal && self.refusals.admits(verdict.reason()) {
            Refusal::of(&setup, check, headers, &verdict).log();
        }
        let mut response = verdict.response(&setup.gate);
        if is_refusal {
            setup.access.cors.open(headers, response.headers_mut());
        }
        response
    }

    /// Whether the server is to be asked, as `/readyz` says.
    pub(super) fn is_ready(&self) -> bool {
        let setup = self.setup.load();
        // Without issuers, sign-in has pages of its own for what does not work.
        let is_open = setup.gate.is_ready() || setup.gate.issuers().next().is_none();
        is_open && !self.is_stopping.load(Ordering::Relaxed)
    }

    /// Counts and logs the refusal of a check that has not been judged.
    #[cfg(feature = "grpc")]
    pub(super) fn record_unjudged(
        &self,
        reason: &'static str,
        arrived: Instant,
        explanation: &str,
    ) {
        self.record(reason, arrived, || Some(explanation.to_owned()));
        if self.refusals.admits(reason) {
            tracing::info!(reason, explanation, "refused");
        }
    }

    /// Counts and logs a verdict.
    fn record(
        &self,
        reason: &'static str,
        arrived: Instant,
        explanation: impl FnOnce() -> Option<String>,
    ) {
        let took = arrived.elapsed();
        self.metrics.count(reason, took);
        if tracing::enabled!(tracing::Level::DEBUG) {
            match explanation() {
                Some(explanation) => tracing::debug!(reason, ?took, %explanation, "verdict"),
                None => tracing::debug!(reason, ?took, "verdict"),
            }
        }
    }
}

/// The pages of sign-in, whose place is a setting.
async fn page_of_sign_in(State(server): State<Arc<Server>>, request: Request) -> Response {
    let setup = server.setup.load_full();
    let request = match &setup.browsers {
        Some(browsers) => sign_in::route(browsers, request).await,
        None => Err(request),
    };
    request.unwrap_or_else(|_| {
        json_response(StatusCode::NOT_FOUND, "not_found", "this server has no such endpoint")
    })
}

async fn auth(State(server): State<Arc<Server>>, request: Request) -> Response {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    server.judge(Check::Http { method: request.method(), target }, request.headers(), None).await
}

/// The response of `/readyz`.
#[derive(Serialize)]
struct Readiness<'a> {
    ready: bool,
    stopping: bool,
    issuers: Vec<IssuerReadiness<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in: Option<SignInReadiness>,
}

/// Whether users can sign in.
#[derive(Serialize)]
struct SignInReadiness {
    provider: bool,
    store: bool,
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
    let stopping = server.is_stopping.load(Ordering::Relaxed);
    let sign_in = match setup.browsers.as_ref().and_then(Browsers::first) {
        None => None,
        Some(sign_in) => Some(SignInReadiness {
            provider: sign_in.provider_works(),
            store: sign_in.store_works().await,
        }),
    };
    let issuers: Vec<_> = issuers.collect();
    // Where tokens are accepted, they still are if the store fails.
    let is_open = match &sign_in {
        Some(sign_in) if issuers.is_empty() => sign_in.provider && sign_in.store && !stopping,
        _ => server.is_ready(),
    };
    let readiness = Readiness { ready: is_open, stopping, issuers, sign_in };
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(readiness)).into_response()
}

async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let setup = server.setup.load_full();
    let statistics = setup.browsers.as_ref().and_then(Browsers::first).map(SignIn::statistics);
    match server.metrics.text(&setup.gate, statistics.as_ref()) {
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
