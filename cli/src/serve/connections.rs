//! The open connections, up to the limit.
//!
//! At the limit, a new connection displaces the one that has waited longest for a request. So slow
//! and silent clients cannot lock out others, and no request in flight is cut off.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus::{IntCounter, IntGauge};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use super::limits::Limits;
use super::write_timeout::WriteTimeout;

/// How long to wait for a free place before another connection is asked to leave.
const ROOM_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection may go on waiting for the rest of a request's head once the server stops.
const HEAD_GRACE: Duration = Duration::from_secs(1);

/// File descriptors that are kept free for fetching keys, once the process has run out of them.
const SPARE_DESCRIPTORS: usize = 16;

/// All open connections.
pub(crate) struct Connections {
    limits: ArcSwap<Limits>,
    started: Instant,
    places: Mutex<BTreeMap<u64, Arc<State>>>,
    /// Notified when a connection ends.
    freed: Notify,
    /// Whether connections end with the request in flight, because the server stops.
    draining: watch::Sender<bool>,
    /// The number of open connections.
    open: IntGauge,
    /// The number of displaced connections.
    displaced: IntCounter,
}

/// The place of one connection, which it holds until it has ended.
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    state: Arc<State>,
}

/// What a connection is doing.
struct State {
    /// Since when it waits for a request, in nanoseconds since the start; or [`BUSY`].
    idle_since: AtomicU64,
    /// Asks it to leave.
    leave: Notify,
}

/// A request is in flight.
const BUSY: u64 = u64::MAX;

impl Connections {
    pub(crate) fn new(limits: Limits, open: IntGauge, displaced: IntCounter) -> Arc<Self> {
        Arc::new(Self {
            limits: ArcSwap::from_pointee(limits),
            started: Instant::now(),
            places: Mutex::default(),
            freed: Notify::new(),
            draining: watch::Sender::new(false),
            open,
            displaced,
        })
    }

    pub(crate) fn limits(&self) -> Limits {
        **self.limits.load()
    }

    /// Replaces the limits. Open connections keep their timeouts and their maximum header size.
    pub(crate) fn set_limits(&self, limits: Limits) {
        self.limits.store(Arc::new(limits));
    }

    /// Handles a failure to accept a connection. Without free file descriptors, keys cannot be
    /// fetched either, so this lowers the limit below the present number of connections.
    pub(crate) fn cannot_accept(&self, error: &io::Error) {
        tracing::error!(%error, "cannot accept a connection");
        let open = self.places().len();
        let max_connections = open.saturating_sub(SPARE_DESCRIPTORS).max(1);
        if is_out_of_descriptors(error) && max_connections < self.limits().max_connections {
            self.set_limits(Limits { max_connections, ..self.limits() });
            tracing::warn!(
                max_connections,
                "lowered max_connections, because the process has run out of file descriptors: raise \
                 ulimit -n, or LimitNOFILE in the systemd unit"
            );
        }
    }

    /// Reserves a place for a new connection. At the limit, displaces an idle one.
    pub(crate) async fn place(self: &Arc<Self>) -> Place {
        loop {
            self.room().await;
            // Another listener may have taken the last place meanwhile.
            if let Some(place) = Place::reserve(self) {
                return place;
            }
        }
    }

    /// Waits until there are fewer connections than the limit.
    pub(crate) async fn room(&self) {
        loop {
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.places().len() < self.limits().max_connections {
                return;
            }
            self.displace();
            // The connection may have received a request meanwhile, which is not cut off.
            let _ = timeout(ROOM_PAUSE, freed).await;
        }
    }

    /// Lets requests in flight finish, and closes all other connections. Returns whether all have ended within
    /// the drain timeout.
    pub(crate) async fn drain(&self) -> bool {
        self.draining.send_replace(true);
        let ended = async {
            loop {
                let mut freed = pin!(self.freed.notified());
                freed.as_mut().enable();
                if self.places().is_empty() {
                    return;
                }
                freed.await;
            }
        };
        timeout(self.limits().drain_timeout, ended).await.is_ok()
    }

    /// Waits until the server stops.
    async fn drains(&self) {
        // The sender lives as long as this.
        let _ = self.draining.subscribe().wait_for(|drains| *drains).await;
    }

    /// Asks the connection that has waited longest for a request to leave.
    fn displace(&self) {
        let places = self.places();
        let idle_since = |state: &&Arc<State>| state.idle_since.load(Ordering::Relaxed);
        if let Some(state) = places.values().min_by_key(idle_since) {
            state.leave.notify_one();
        }
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<State>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(BUSY).min(BUSY.saturating_sub(1))
    }
}

impl Place {
    /// Takes a place, if there is one.
    fn reserve(connections: &Arc<Connections>) -> Option<Self> {
        let idle_since = AtomicU64::new(connections.now());
        let state = Arc::new(State { idle_since, leave: Notify::new() });
        let mut places = connections.places();
        if places.len() >= connections.limits().max_connections {
            return None;
        }
        let last = places.last_key_value().map_or(0, |(number, _)| *number);
        let number = last.wrapping_add(1);
        places.insert(number, Arc::clone(&state));
        drop(places);
        connections.open.inc();
        Some(Self { connections: Arc::clone(connections), number, state })
    }

    /// Serves one connection until it ends.
    pub(crate) async fn serve<S>(self, stream: S, router: Router)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self { connections, state, .. } = &self;
        let Limits { max_header_bytes, idle_timeout, .. } = connections.limits();
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request| {
            state.idle_since.store(BUSY, Ordering::Relaxed);
            let response = router.call(request);
            async move {
                let response = response.await;
                state.idle_since.store(connections.now(), Ordering::Relaxed);
                response
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle_timeout)
            .max_header_size(max_header_bytes)
            .max_buf_size(max_header_bytes)
            .serve_connection(TokioIo::new(WriteTimeout::new(stream, idle_timeout)), service);
        let mut connection = pin!(connection);
        let mut drains = pin!(connections.drains());
        loop {
            tokio::select! {
                biased;
                // Only the client can do something about an error.
                _ = &mut connection => return,
                () = state.leave.notified() => {
                    if !state.is_busy() {
                        connections.displaced.inc();
                        return;
                    }
                }
                () = &mut drains => break,
            }
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = &mut connection => {}
            () = state.never_asks(connections) => {}
        }
    }
}

impl State {
    fn is_busy(&self) -> bool {
        self.idle_since.load(Ordering::Relaxed) == BUSY
    }

    /// Waits until the connection has been waiting for the rest of a request's head for [`HEAD_GRACE`] from now.
    async fn never_asks(&self, connections: &Connections) {
        let grace = u64::try_from(HEAD_GRACE.as_nanos()).unwrap_or(BUSY);
        let begun = connections.now();
        loop {
            sleep(HEAD_GRACE).await;
            // A request that ends now takes the connection with it.
            let idle_since = self.idle_since.load(Ordering::Relaxed).max(begun);
            if idle_since.saturating_add(grace) <= connections.now() {
                return;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.places().remove(&self.number);
        self.connections.open.dec();
        self.connections.freed.notify_one();
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    // EMFILE, which has this number on every Unix. ENFILE does not count: it says that the whole
    // machine has run out, which passes.
    cfg!(unix) && error.raw_os_error() == Some(24)
}
