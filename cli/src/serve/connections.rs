//! The connections: how many there are, how long each is waited for, and which one makes room.
//!
//! Below the limit, everybody gets a place. At the limit, the connection that has waited longest for
//! a request gives its place to the one that comes. So clients that say nothing, or say it slowly,
//! keep nobody out who says what they want; and no request that is being answered is cut off.

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
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use prometheus::{IntCounter, IntGauge};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::limits::Limits;
use super::patient::Patient;

/// How long to wait for a place before another connection is asked to make room.
const ROOM_PAUSE: Duration = Duration::from_millis(100);

/// Descriptors that connections leave to others, for the fetches of keys, once there are no more.
const SPARE_DESCRIPTORS: usize = 16;

/// All connections.
pub(crate) struct Connections {
    limits: ArcSwap<Limits>,
    origin: Instant,
    places: Mutex<BTreeMap<u64, Arc<Waits>>>,
    /// A connection has ended.
    freed: Notify,
    /// How many there are.
    open: IntGauge,
    /// How many have made room.
    displaced: IntCounter,
}

/// One connection's place among them, from before it is served until after its end.
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    waits: Arc<Waits>,
}

/// What a connection waits for.
struct Waits {
    /// Since when for a request, in nanoseconds from the origin; or [`BUSY`].
    since: AtomicU64,
    /// To make room.
    leave: Notify,
}

/// A request is being answered.
const BUSY: u64 = u64::MAX;

impl Connections {
    pub(crate) fn new(limits: Limits, open: IntGauge, displaced: IntCounter) -> Arc<Self> {
        Arc::new(Self {
            limits: ArcSwap::from_pointee(limits),
            origin: Instant::now(),
            places: Mutex::default(),
            freed: Notify::new(),
            open,
            displaced,
        })
    }

    pub(crate) fn limits(&self) -> Limits {
        **self.limits.load()
    }

    /// From now on, these are the limits; heads and time-outs of connections that are there keep theirs.
    pub(crate) fn set_limits(&self, limits: Limits) {
        self.limits.store(Arc::new(limits));
    }

    /// A connection could not be accepted. If that is for lack of descriptors, there will be fewer
    /// connections than there are, since the issuers must be asked for their keys, too.
    pub(crate) fn cannot_accept(&self, error: &io::Error) {
        tracing::error!(%error, "a connection cannot be accepted");
        let open = self.places().len();
        let max_connections = open.saturating_sub(SPARE_DESCRIPTORS).max(1);
        if is_out_of_descriptors(error) && max_connections < self.limits().max_connections {
            self.set_limits(Limits { max_connections, ..self.limits() });
            tracing::warn!(
                max_connections,
                "lowered, since there are no more file descriptors: allow more by ulimit -n, or by \
                 LimitNOFILE in a unit of systemd"
            );
        }
    }

    /// The place of another connection; waits for one, and sees to it that there will be.
    pub(crate) async fn place(self: &Arc<Self>) -> Place {
        self.room().await;
        Place::new(Arc::clone(self))
    }

    /// Waits until there are fewer connections than there may be.
    pub(crate) async fn room(&self) {
        loop {
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.places().len() < self.limits().max_connections {
                return;
            }
            self.displace();
            // The one that was asked may have got a request meanwhile, which is not cut off.
            let _ = timeout(ROOM_PAUSE, freed).await;
        }
    }

    /// Asks the connection that has waited longest for a request to make room, if any waits.
    fn displace(&self) {
        let places = self.places();
        let since = |waits: &&Arc<Waits>| waits.since.load(Ordering::Relaxed);
        if let Some(waits) = places.values().min_by_key(since) {
            waits.leave.notify_one();
        }
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Waits>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(BUSY).min(BUSY.saturating_sub(1))
    }
}

impl Place {
    fn new(connections: Arc<Connections>) -> Self {
        let since = AtomicU64::new(connections.now());
        let waits = Arc::new(Waits { since, leave: Notify::new() });
        let mut places = connections.places();
        let last = places.last_key_value().map_or(0, |(number, _)| *number);
        let number = last.wrapping_add(1);
        places.insert(number, Arc::clone(&waits));
        drop(places);
        connections.open.inc();
        Self { connections, number, waits }
    }

    /// Serves one connection until it ends.
    pub(crate) async fn serve(self, stream: TcpStream, router: Router, graceful: Watcher) {
        // Small answers must not wait for more.
        let _ = stream.set_nodelay(true);
        let Self { connections, waits, .. } = &self;
        let Limits { max_header_bytes, idle_timeout, .. } = connections.limits();
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request| {
            waits.since.store(BUSY, Ordering::Relaxed);
            let answer = router.call(request);
            async move {
                let answer = answer.await;
                waits.since.store(connections.now(), Ordering::Relaxed);
                answer
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle_timeout)
            .max_header_size(max_header_bytes)
            .max_buf_size(max_header_bytes)
            .serve_connection(TokioIo::new(Patient::new(stream, idle_timeout)), service);
        let mut connection = pin!(graceful.watch(connection));
        loop {
            tokio::select! {
                biased;
                // How it ends is the client's business.
                _ = &mut connection => return,
                () = waits.leave.notified() => {
                    if waits.since.load(Ordering::Relaxed) != BUSY {
                        connections.displaced.inc();
                        return;
                    }
                }
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
    // EMFILE, which has this number wherever it exists. Its neighbour ENFILE says that others have taken
    // all that the machine has, and passes.
    cfg!(unix) && error.raw_os_error() == Some(24)
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;
    use tokio::time::sleep;

    use super::*;
    use crate::serve::metrics::Metrics;
    use crate::serve::server::run;

    const IDLE: Duration = Duration::from_secs(7);
    const LIMITS: Limits = Limits { idle_timeout: IDLE, ..Limits::DEFAULT };

    const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const PATIENCE: Duration = Duration::from_secs(30);

    /// A server on this machine, until it is dropped.
    struct Server {
        address: SocketAddr,
        connections: Arc<Connections>,
        running: JoinHandle<()>,
    }

    impl Server {
        async fn start(limits: Limits, router: Router) -> Self {
            Self::start_until(limits, router, pending()).await
        }

        async fn start_until(
            limits: Limits,
            router: Router,
            stop: impl Future<Output = ()> + Send + 'static,
        ) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let connections = Metrics::new().unwrap().connections(limits);
            let theirs = Arc::clone(&connections);
            let running = tokio::spawn(async move {
                run(listener, router, &theirs, stop).await.unwrap();
            });
            Self { address, connections, running }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        /// What it says to a client that sends this, and no more, until it hangs up.
        async fn answer_to(&self, head: &[u8]) -> String {
            let mut stream = self.connect().await;
            stream.write_all(head).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self.running.abort();
        }
    }

    fn hello() -> Router {
        Router::new().route("/", get(async || "hello"))
    }

    /// Sends a request, and whether it is answered.
    async fn is_answered(stream: &mut TcpStream) -> bool {
        let mut answer = [0; 15];
        let asked = async {
            stream.write_all(REQUEST.as_bytes()).await?;
            stream.read_exact(&mut answer).await?;
            // The rest, in one piece.
            stream.read(&mut [0; 1024]).await
        };
        let asked = timeout(PATIENCE, asked).await.unwrap();
        asked.is_ok() && &answer == b"HTTP/1.1 200 OK"
    }

    /// Waits for this, but not for ever.
    async fn until(condition: impl Fn() -> bool) {
        let holds = async {
            while !condition() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, holds).await.unwrap();
    }

    async fn is_closed(stream: &mut TcpStream) -> bool {
        matches!(timeout(PATIENCE, stream.read(&mut [0; 1])).await.unwrap(), Ok(0) | Err(_))
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_never_ends_is_given_up() {
        let server = Server::start(LIMITS, hello()).await;
        for head in ["", "GET / HTTP/1.1\r\nAuthorization: Bea"] {
            let begun = Instant::now();
            assert_eq!(server.answer_to(head.as_bytes()).await, "");
            let took = begun.elapsed();
            assert!(took >= IDLE && took < IDLE.saturating_mul(2), "{took:?}");
        }
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let limits = Limits { max_header_bytes: 10_000, ..LIMITS };
        let server = Server::start(limits, hello()).await;
        let rest = "GET / HTTP/1.1\r\nConnection: close\r\nX: \r\n\r\n".len();
        for (len, status) in [(10_000, "HTTP/1.1 200 "), (10_001, "HTTP/1.1 431 ")] {
            let x = "x".repeat(len - rest);
            let head = format!("GET / HTTP/1.1\r\nConnection: close\r\nX: {x}\r\n\r\n");
            let answer = server.answer_to(head.as_bytes()).await;
            assert!(answer.starts_with(status), "{len}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_hundred_header_fields_are_enough() {
        let server = Server::start(LIMITS, hello()).await;
        for (count, status) in [(99, "HTTP/1.1 200 "), (100, "HTTP/1.1 431 ")] {
            let fields = "a:\r\n".repeat(count);
            let head = format!("GET / HTTP/1.1\r\nConnection: close\r\n{fields}\r\n");
            let answer = server.answer_to(head.as_bytes()).await;
            assert!(answer.starts_with(status), "{count}: {answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_never_taken_is_given_up() {
        const LEN: usize = 64 * 1024 * 1024;
        let large = Router::new().route("/", get(async || vec![b'a'; LEN]));
        let server = Server::start(LIMITS, large).await;
        let begun = Instant::now();
        let mut stream = server.connect().await;
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        let open = &server.connections.open;
        while open.get() == 0 {
            tokio::task::yield_now().await;
        }
        while open.get() > 0 {
            sleep(Duration::from_millis(100)).await;
        }
        let took = begun.elapsed();
        assert!(took >= IDLE && took < IDLE.saturating_mul(2), "{took:?}");
        let mut taken = Vec::new();
        let _ = stream.read_to_end(&mut taken).await;
        assert!(taken.len() < LEN, "{}", taken.len());
    }

    #[tokio::test]
    async fn at_the_limit_the_connection_that_has_waited_longest_makes_room() {
        let server = Server::start(Limits { max_connections: 2, ..LIMITS }, hello()).await;
        let mut first = server.connect().await;
        assert!(is_answered(&mut first).await);
        let mut silent = server.connect().await;
        silent.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        until(|| server.connections.open.get() == 2).await;
        // Now the other one has waited longer.
        assert!(is_answered(&mut first).await);
        let mut third = server.connect().await;
        assert!(is_answered(&mut third).await);
        assert!(is_closed(&mut silent).await);
        assert!(is_answered(&mut first).await);
        assert_eq!(server.connections.displaced.get(), 1);
    }

    /// Those count, too, that have been accepted but have not been served yet.
    #[tokio::test]
    async fn there_are_never_more_connections_than_the_limit() {
        const MAX: usize = 2;
        let server = Server::start(Limits { max_connections: MAX, ..LIMITS }, hello()).await;
        let connect = |_| std::net::TcpStream::connect(server.address).unwrap();
        let clients: Vec<_> = (0..10).map(connect).collect();
        let expected = u64::try_from(clients.len() - MAX).unwrap();
        until(|| {
            let open = server.connections.open.get();
            assert!(open <= i64::try_from(MAX).unwrap(), "{open}");
            server.connections.displaced.get() >= expected
        })
        .await;
    }

    #[tokio::test]
    async fn a_request_that_is_being_answered_is_not_cut_off_to_make_room() {
        let release = Arc::new(Notify::new());
        let held = Arc::clone(&release);
        let handler = move || {
            let held = Arc::clone(&held);
            async move { held.notified().await }
        };
        let router = Router::new().route("/", get(handler));
        let server = Server::start(Limits { max_connections: 1, ..LIMITS }, router).await;
        let mut first = server.connect().await;
        first.write_all(REQUEST.as_bytes()).await.unwrap();
        until(|| server.connections.open.get() == 1).await;
        let mut second = server.connect().await;
        second.write_all(REQUEST.as_bytes()).await.unwrap();
        let mut answer = [0; 15];
        let early = timeout(ROOM_PAUSE.saturating_mul(3), second.read_exact(&mut answer)).await;
        assert!(early.is_err(), "there is no room yet");

        release.notify_one();
        first.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        release.notify_one();
        second.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_under_way_are_cut_off_after_the_drain_timeout() {
        let limits = Limits { drain_timeout: Duration::from_secs(3), ..LIMITS };
        let never = Router::new().route("/", get(pending::<()>));
        let stop = sleep(Duration::from_secs(1));
        let mut server = Server::start_until(limits, never, stop).await;
        let mut stream = server.connect().await;
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        let begun = Instant::now();
        (&mut server.running).await.unwrap();
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(5), "{took:?}");
    }

    #[tokio::test]
    async fn without_file_descriptors_there_are_fewer_connections() {
        let connections = Metrics::new().unwrap().connections(LIMITS);
        let places: Vec<_> = (0..50).map(|_| Place::new(Arc::clone(&connections))).collect();
        let open = places.len();
        const ENFILE: i32 = 23;
        for error in [io::ErrorKind::ConnectionAborted.into(), io::Error::from_raw_os_error(ENFILE)]
        {
            connections.cannot_accept(&error);
            assert_eq!(connections.limits(), LIMITS);
        }
        if cfg!(unix) {
            connections.cannot_accept(&io::Error::from_raw_os_error(24));
            let expected = open - SPARE_DESCRIPTORS;
            assert_eq!(connections.limits().max_connections, expected);
        }
        drop(places);
        connections.room().await;
    }
}
