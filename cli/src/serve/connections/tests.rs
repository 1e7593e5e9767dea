use std::future::pending;
use std::net::SocketAddr;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::*;
use crate::serve::lifecycle::run;
use crate::serve::listener::Listener;
use crate::serve::metrics::Metrics;

const IDLE: Duration = Duration::from_secs(7);
const LIMITS: Limits = Limits { idle_timeout: IDLE, ..Limits::DEFAULT };

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server on this machine, which runs until it is dropped.
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
        let listeners = vec![Listener::Tcp(listener)];
        let connections = Metrics::new().unwrap().connections(limits);
        let theirs = Arc::clone(&connections);
        let running = tokio::spawn(async move {
            run(listeners, router, &theirs, stop).await.unwrap();
        });
        Self { address, connections, running }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What the server sends to a client that sends only `head`, until the server closes.
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

/// Whether the server responds to a request.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 15];
    let asked = async {
        stream.write_all(REQUEST.as_bytes()).await?;
        stream.read_exact(&mut answer).await?;
        // The rest of the response.
        stream.read(&mut [0; 1024]).await
    };
    let asked = timeout(PATIENCE, asked).await.unwrap();
    asked.is_ok() && &answer == b"HTTP/1.1 200 OK"
}

/// Waits until the condition holds, up to [`PATIENCE`].
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
    // Now the other connection has waited longer.
    assert!(is_answered(&mut first).await);
    let mut third = server.connect().await;
    assert!(is_answered(&mut third).await);
    assert!(is_closed(&mut silent).await);
    assert!(is_answered(&mut first).await);
    assert_eq!(server.connections.displaced.get(), 1);
}

/// Connections that are accepted but not served yet count, too.
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

#[tokio::test(start_paused = true)]
async fn a_half_sent_head_delays_the_stop_by_a_second() {
    for half in ["", "GET / HTTP/1.1\r\nHo"] {
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let stopped = async move { stopped.notified().await };
        let mut server = Server::start_until(LIMITS, hello(), stopped).await;
        let mut stream = server.connect().await;
        stream.write_all(half.as_bytes()).await.unwrap();
        until(|| server.connections.open.get() == 1).await;
        let begun = Instant::now();
        stop.notify_one();
        (&mut server.running).await.unwrap();
        let took = begun.elapsed();
        assert!(took < HEAD_GRACE.saturating_mul(2), "{took:?}");
        assert!(is_closed(&mut stream).await);
    }
}

/// The head may be on its way when the signal comes.
#[tokio::test(start_paused = true)]
async fn a_head_that_is_complete_in_time_is_answered_although_the_server_stops() {
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let stopped = async move { stopped.notified().await };
    let mut server = Server::start_until(LIMITS, hello(), stopped).await;
    let mut stream = server.connect().await;
    let (half, rest) = REQUEST.split_at(10);
    stream.write_all(half.as_bytes()).await.unwrap();
    until(|| server.connections.open.get() == 1).await;
    stop.notify_one();
    sleep(HEAD_GRACE.div_f32(2.0)).await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    (&mut server.running).await.unwrap();
}

/// Each listener waits for a place by itself.
#[tokio::test]
async fn listeners_share_the_limit_of_connections() {
    let connections = Metrics::new().unwrap().connections(Limits { max_connections: 1, ..LIMITS });
    let first = Place::reserve(&connections).unwrap();
    assert!(Place::reserve(&connections).is_none());
    drop(first);
    assert!(Place::reserve(&connections).is_some());
}

#[tokio::test]
async fn without_file_descriptors_there_are_fewer_connections() {
    let connections = Metrics::new().unwrap().connections(LIMITS);
    let places: Vec<_> = (0..50).map(|_| Place::reserve(&connections).unwrap()).collect();
    let open = places.len();
    const ENFILE: i32 = 23;
    for error in [io::ErrorKind::ConnectionAborted.into(), io::Error::from_raw_os_error(ENFILE)] {
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
