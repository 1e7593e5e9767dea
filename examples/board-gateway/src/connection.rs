//! A client connection, from accept to close.

use heapless::Vec;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::{Duration, Instant};

use crate::access::Access;
use crate::request::{Fault, MAX_HEAD_LEN, Request};
use crate::response::{self, Delivery, METHODS, Response};

const PORT: u16 = 80;
/// The path of the only resource.
const PATH: &str = "/orders";

/// Bytes of a connection's receive buffer: the longest head, and a segment more. Without it, the last
/// bytes of a head would be late, since clients do not send into small windows (RFC 9293 §3.8.6.2.1).
pub const RECEIVE_LEN: usize = MAX_HEAD_LEN + 1460;

/// Timeout for the head of a request, including the idle time before it.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Timeout for a client to read the last response and close the connection.
const CLOSING_TIME: Duration = Duration::from_secs(2);

/// The state of a connection that its socket does not hold.
pub struct Connection {
    phase: Phase,
    /// Bytes received so far that do not form a complete head.
    seen: usize,
}

#[derive(Clone, Copy)]
enum Phase {
    Listening,
    /// Waits for a head until this time.
    Open(Instant),
    /// Sends the last response, and drops what it receives, until this time.
    Closing(Instant),
}

impl Connection {
    pub const fn new() -> Self {
        Self { phase: Phase::Listening, seen: 0 }
    }

    /// Advances the connection, and answers one request at most. `head` is temporary memory.
    pub fn advance(
        &mut self,
        socket: &mut Socket<'_>,
        now: Instant,
        head: &mut [u8; MAX_HEAD_LEN],
        access: &mut Access<'_>,
    ) {
        match (socket.state(), self.phase) {
            // The last acknowledgement has been sent. Connections are too scarce to wait in case it
            // is lost (TIME-WAIT, RFC 9293 §3.3.2).
            (State::Closed | State::TimeWait, _) => {
                socket.abort();
                // Fails only on port 0 or an open socket.
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
        // A client that sends requests without reading the responses has to wait.
        let has_room = socket.send_capacity() - socket.send_queue() >= response::MAX_LEN;
        let arrived = socket.recv_queue();
        if has_room && arrived > self.seen {
            self.seen = arrived;
            let len = socket.peek_slice(head).unwrap_or_default();
            match Request::parse(&head[..len]) {
                Ok(Some((request, len))) => {
                    let delivery =
                        Delivery { closes: request.closes, with_content: request.method != "HEAD" };
                    let is_sent = send(socket, &respond(&request, access), &delivery);
                    drop_received(socket, len);
                    self.seen = 0;
                    self.phase = Phase::Open(now + HEAD_TIME);
                    if delivery.closes || !is_sent {
                        self.close(socket, now);
                    }
                    return;
                }
                Ok(None) => {}
                Err(fault) => return self.give_up(socket, now, fault),
            }
        }
        if !socket.may_recv() {
            // The client has finished sending, but may still read.
            self.close(socket, now);
        } else if now >= deadline {
            // An idle connection is closed without a response.
            if arrived > 0 && has_room {
                self.give_up(socket, now, Fault::TooLate);
            } else {
                self.close(socket, now);
            }
        }
    }

    fn give_up(&mut self, socket: &mut Socket<'_>, now: Instant, fault: Fault) {
        send(socket, &Response::Fault(fault), &Delivery { closes: true, with_content: true });
        self.close(socket, now);
    }

    fn close(&mut self, socket: &mut Socket<'_>, now: Instant) {
        socket.close();
        self.phase = Phase::Closing(now + CLOSING_TIME);
    }
}

fn respond<'t>(request: &Request<'_>, access: &'t mut Access<'_>) -> Response<'t> {
    if request.path != PATH {
        return Response::NotFound;
    }
    if !METHODS.split(", ").any(|method| method == request.method) {
        return Response::MethodNotAllowed;
    }
    match access.verify(request.token) {
        Ok(subject) => Response::Accepted(subject),
        Err(rejection) => Response::Refused(rejection),
    }
}

/// Sends a response. Returns whether it fits into the send buffer.
fn send(socket: &mut Socket<'_>, response: &Response<'_>, delivery: &Delivery) -> bool {
    let mut bytes = Vec::new();
    response.write(delivery, &mut bytes).is_ok()
        && socket.send_slice(&bytes).is_ok_and(|sent| sent == bytes.len())
}

/// Drops the first `len` received bytes, or all of them.
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
