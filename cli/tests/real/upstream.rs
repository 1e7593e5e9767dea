//! The API behind the proxies. It records each request, and echoes WebSocket frames.

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::http::{Answer, Unsized, read_body, read_head};
use crate::websocket::{self, Opening};

/// A request as the API got it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    /// All values of a header.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let same = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }
}

/// An API that records its requests. Its threads live as long as the test process.
pub(crate) struct Upstream {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// Only the API sets this header.
const MARK: &str = "X-From-The-Api";

/// What the API lets pages of its own site read.
const CORS: &str = "Access-Control-Allow-Origin: https://app.example.com\r\nVary: Origin\r\n";

impl Upstream {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&shared);
                // A proxy may close a connection at any time.
                thread::spawn(move || drop(serve(stream, &seen)));
            }
        });
        Self { port, seen }
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

/// Whether a response comes from the API.
pub(crate) fn is_from_api(answer: &Answer) -> bool {
    answer.header(MARK).is_some()
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Seen>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let (first, headers) = read_head(&mut reader)?;
        read_body(&mut reader, &headers, Unsized::Nothing)?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let is_head = method == "HEAD";
        let opening = websocket::opening(&headers);
        let is_from_browser = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Origin"));
        seen.lock().unwrap().push(Seen { method, target, headers });
        let body = if is_head { "" } else { first.as_str() };
        let status = match opening {
            Some(Opening::Accepted(answer)) => {
                reader.get_mut().write_all(answer.as_bytes())?;
                return websocket::echo(&mut reader);
            }
            Some(Opening::WrongVersion) => "426 Upgrade Required\r\nSec-WebSocket-Version: 13",
            None => "200 OK",
        };
        let cors = if is_from_browser { CORS } else { "" };
        let answer = format!(
            "HTTP/1.1 {status}\r\n{MARK}: yes\r\n{cors}Content-Length: {}\r\n\r\n{body}",
            first.len()
        );
        reader.get_mut().write_all(answer.as_bytes())?;
    }
}
