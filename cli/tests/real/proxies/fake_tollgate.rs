//! A stand-in for tollgate, which shows what the proxies send to it and hand on from it.

use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::http::read_head;
use crate::parts::free_port;
use crate::upstream::Seen;

/// The headers with which tollgate lets pages of a listed origin read its refusals.
pub(super) const CORS: [(&str, &str); 3] = [
    ("Access-Control-Allow-Origin", "https://app.example.com"),
    ("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After"),
    ("Vary", "Origin"),
];

/// Answers each check with the status that is its token: `Authorization: Bearer 403`. Without one, the
/// request may pass.
pub(super) struct FakeTollgate {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    hangs: Arc<AtomicBool>,
}

impl FakeTollgate {
    pub(super) fn start() -> Self {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (seen, hangs) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<AtomicBool>::default());
        let shared = (Arc::clone(&seen), Arc::clone(&hangs));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, hangs) = shared.clone();
                // A proxy may close a connection at any time.
                thread::spawn(move || drop(serve(stream, &seen, &hangs)));
            }
        });
        Self { port, seen, hangs }
    }

    /// Answers nothing from now on.
    pub(super) fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    /// The checks since the last call.
    pub(super) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Seen>>, hangs: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let (first, headers) = read_head(&mut reader)?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let check = Seen { method, target, headers };
        let token = check.values("Authorization").concat();
        let answer = match token.strip_prefix("Bearer ") {
            Some(status) => {
                let cors = CORS.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
                format!(
                    "HTTP/1.1 {status} Refused\r\nWWW-Authenticate: Bearer\r\nRetry-After: 7\r\n\
                     Cache-Control: no-store\r\nContent-Type: application/json\r\n{cors}\
                     Content-Length: 2\r\n\r\n{{}}"
                )
            }
            None => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        seen.lock().unwrap().push(check);
        if hangs.load(Ordering::Relaxed) {
            continue;
        }
        reader.get_mut().write_all(answer.as_bytes())?;
    }
}
