//! The open connections, up to the limit.
//!
//! At the limit, a new connection displaces the one that has waited longest for a request. So slow
//! and silent clients cannot lock out others, and no request in flight is cut off.

mod activity;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use hyper::service::{Service as _, service_fn};
use hyper_util::service::TowerToHyperService;
use prometheus::{IntCounter, IntGauge};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use self::activity::Activity;
use super::limits::Limits;
use super::protocol::{self, Arrivals};
use super::write_timeout::WriteTimeout;

/// How long to wait for a free place before another connection is asked to leave.
const ROOM_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection that ends may go on waiting for the rest of a request.
const HEAD_GRACE: Duration = Duration::from_secs(1);

/// File descriptors that are kept free for fetching keys, once the process has run out of them.
const SPARE_DESCRIPTORS: usize = 16;

/// All open connections.
pub(crate) struct Connections {
    limits: ArcSwap<Limits>,
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

/// What is known of a connection.
struct State {
    activity: Arc<Activity>,
    /// Asks it to leave.
    leave: Notify,
}

impl Connections {
    pub(crate) fn new(limits: Limits, open: IntGauge, displaced: IntCounter) -> Arc<Self> {
        Arc::new(Self {
            limits: ArcSwap::from_pointee(limits),
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
        let idle = places.values().filter_map(|state| Some((state.activity.idle_since()?, state)));
        if let Some((_, state)) = idle.min_by_key(|(since, _)| *since) {
            state.leave.notify_one();
        }
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<State>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Takes a place, if there is one.
    fn reserve(connections: &Arc<Connections>) -> Option<Self> {
        let activity = Arc::new(Activity::new());
        let state = Arc::new(State { activity, leave: Notify::new() });
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
        let limits = connections.limits();
        let (router, arrivals) =
            (TowerToHyperService::new(router), Arc::new(Arrivals::new(&limits)));
        let activity = Arc::clone(&state.activity);
        let service = service_fn(move |request| {
            let (router, arrivals) = (router.clone(), Arc::clone(&arrivals));
            let activity = Arc::clone(&activity);
            async move {
                let request = arrivals.next(request).await;
                let _in_flight = activity.begin();
                router.call(request).await
            }
        });
        let stream = WriteTimeout::new(stream, limits.idle_timeout);
        let stop = Notify::new();
        let mut connection = pin!(protocol::serve(stream, service, &limits, &stop));
        let mut drains = pin!(connections.drains());
        let mut idles = pin!(state.activity.idle_for(limits.idle_timeout));
        loop {
            tokio::select! {
                biased;
                () = &mut connection => return,
                () = state.leave.notified() => {
                    if state.activity.idle_since().is_some() {
                        connections.displaced.inc();
                        return;
                    }
                }
                () = &mut drains => break,
                () = &mut idles => break,
            }
        }
        stop.notify_one();
        tokio::select! {
            () = &mut connection => {}
            () = state.activity.idle_for(HEAD_GRACE) => {}
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
