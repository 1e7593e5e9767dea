//! One of the few connections that are served at a time.

use heapless::String;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::{Duration, Instant};

use crate::access::Access;
use crate::answer::{self, Answer, METHODS, Manner};
use crate::request::{Fault, MAX_HEAD_LEN, Request};

const PORT: u16 = 80;
/// Where the one resource is.
const PATH: &str = "/orders";

/// Bytes of a connection's receive buffer. Behind the longest head there is room for a segment: else
/// its last bytes would wait, since clients do not send into small windows (RFC 9293 §3.8.6.2.1).
pub const RECEIVE_LEN: usize = MAX_HEAD_LEN + 1460;

/// How long the head of a request may take, the time for which a connection waits for it included.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a client may take to read its last answer and to close the connection.
const CLOSING_TIME: Duration = Duration::from_secs(2);

/// What is known of a connection beside what its socket knows.
pub struct Connection {
    phase: Phase,
    /// Bytes that were looked at, and are no whole head yet.
    seen: usize,
}

#[derive(Clone, Copy)]
enum Phase {
    Listening,
    /// A head is awaited until then.
    Open(Instant),
    /// The last answer is on its way; what else arrives is dropped.
    Closing(Instant),
}

impl Connection {
    pub const fn new() -> Self {
        Self { phase: Phase::Listening, seen: 0 }
    }

    /// Takes the connection a step further: at most one request is answered. `head` is memory for
    /// that time only.
    pub fn advance(
        &mut self,
        socket: &mut Socket<'_>,
        now: Instant,
        head: &mut [u8; MAX_HEAD_LEN],
        access: &mut Access<'_>,
    ) {
        match (socket.state(), self.phase) {
            // The last acknowledgement is out. With so few connections, none waits in case that it
            // was lost (TIME-WAIT, RFC 9293 §3.3.2).
            (State::Closed | State::TimeWait, _) => {
                socket.abort();
                // It fails on port 0 and on an open socket only.
                let _ = socket.listen(PORT);
                *self = Self::new();
            }
            (State::Listen, _) => *self = Self::new(),
            (_, Phase::Listening) => self.phase = Phase::Open(now + HEAD_TIME),
            (State::SynReceived, Phase::Open(deadline)) => {
                if now >= deadline {
                    socket.abort();
                }
            }
            (_, Phase::Open(deadline)) => self.serve(socket, now, deadline, head, access),
            (_, Phase::Closing(deadline)) => {
                drop_received(socket, usize::MAX);
                if now >= deadline {
                    socket.abort();
                }
            }
        }
    }

    fn serve(
        &mut self,
        socket: &mut Socket<'_>,
        now: Instant,
        deadline: Instant,
        head: &mut [u8; MAX_HEAD_LEN],
        access: &mut Access<'_>,
    ) {
        // A client that sends requests without reading the answers has to wait.
        let has_room = socket.send_capacity() - socket.send_queue() >= answer::MAX_LEN;
        let arrived = socket.recv_queue();
        if has_room && arrived > self.seen {
            self.seen = arrived;
            let len = socket.peek_slice(head).unwrap_or_default();
            match Request::parse(&head[..len]) {
                Ok(Some((request, len))) => {
                    let manner =
                        Manner { closes: request.closes, with_content: request.method != "HEAD" };
                    let is_sent = send(socket, &answer(&request, access), &manner);
                    drop_received(socket, len);
                    self.seen = 0;
                    self.phase = Phase::Open(now + HEAD_TIME);
                    if manner.closes || !is_sent {
                        self.close(socket, now);
                    }
                    return;
                }
                Ok(None) => {}
                Err(fault) => return self.give_up(socket, now, fault),
            }
        }
        if !socket.may_recv() {
            // The client sends no more; it may still read.
            self.close(socket, now);
        } else if now >= deadline {
            // A connection on which nothing was asked may end without an answer.
            if arrived > 0 && has_room {
                self.give_up(socket, now, Fault::TooLate);
            } else {
                self.close(socket, now);
            }
        }
    }

    fn give_up(&mut self, socket: &mut Socket<'_>, now: Instant, fault: Fault) {
        send(socket, &Answer::Fault(fault), &Manner { closes: true, with_content: true });
        self.close(socket, now);
    }

    fn close(&mut self, socket: &mut Socket<'_>, now: Instant) {
        socket.close();
        self.phase = Phase::Closing(now + CLOSING_TIME);
    }
}

fn answer<'t>(request: &Request<'_>, access: &'t mut Access<'_>) -> Answer<'t> {
    if request.path != PATH {
        return Answer::NotFound;
    }
    if !METHODS.split(", ").any(|method| method == request.method) {
        return Answer::MethodNotAllowed;
    }
    match access.judge(request.token) {
        Ok(subject) => Answer::Accepted(subject),
        Err(rejection) => Answer::Refused(rejection),
    }
}

/// Whether the whole answer found room.
fn send(socket: &mut Socket<'_>, answer: &Answer<'_>, manner: &Manner) -> bool {
    let mut text = String::new();
    answer.write(manner, &mut text).is_ok()
        && socket.send_slice(text.as_bytes()).is_ok_and(|sent| sent == text.len())
}

/// Drops the first `len` bytes that have arrived, or all.
fn drop_received(socket: &mut Socket<'_>, len: usize) {
    let mut rest = len;
    while rest > 0 && socket.can_recv() {
        let dropped = socket.recv(|bytes| {
            let dropped = bytes.len().min(rest);
            (dropped, dropped)
        });
        rest -= dropped.unwrap_or(rest);
    }
}
