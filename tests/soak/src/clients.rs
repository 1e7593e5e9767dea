//! Well-behaved clients, with valid and invalid tokens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tollgate_tests::random::Random;

use crate::http::{Answer, Connection, NoAnswer, Stream};
use crate::keys::{Standing, View};
use crate::requests::{Due, Request, check};
use crate::tally::Tally;

/// How often a request is retried if its connection is closed before the answer begins.
pub const TRIES: u32 = 200;
/// The maximum number of requests to send before reading an answer.
const PIPELINED: usize = 8;

/// The state that all clients share.
pub struct World {
    pub address: String,
    /// The same server's Unix socket: `unix:PATH`.
    pub unix: String,
    pub issuer: String,
    pub tally: Tally,
    /// Requests whose answer never changes.
    pub constant: Vec<Request>,
    /// Valid tokens signed by rotating keys.
    pub rotating: Mutex<Vec<Request>>,
    pub stop: AtomicBool,
}

impl World {
    pub fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    pub fn add_rotating(&self, request: Request) {
        let mut rotating = self.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        // Keep the newest, and some with withdrawn keys.
        if rotating.len() >= 8 {
            rotating.remove(0);
        }
        rotating.push(request);
    }

    pub fn pick(&self, random: &mut Random) -> Request {
        let rotating = self.rotating.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = match random.below(4) {
            0 if !rotating.is_empty() => &rotating[..],
            _ => &self.constant[..],
        };
        pool[random.below(pool.len())].clone()
    }
}

/// Sends requests on a connection that it keeps for a while, and sometimes pipelines them. Every other client
/// uses the Unix socket.
pub async fn steady(world: Arc<World>, seed: u64) {
    let address = if seed.is_multiple_of(2) { &world.address } else { &world.unix };
    let mut random = Random::new(seed, 0);
    let mut connection = None;
    while world.goes_on() {
        let count = match random.below(8) {
            0 => 1 + random.below(PIPELINED),
            _ => 1,
        };
        let requests: Vec<_> = (0..count).map(|_| world.pick(&mut random)).collect();
        ask(&world, address, &mut connection, &requests).await;
        if random.below(64) == 0 {
            connection = None;
        }
        // Lets the server run if there is only one core.
        sleep(Duration::from_millis(random.number() % 4)).await;
    }
}

/// Sends tokens of unknown keys, each with a new key id.
pub async fn strangers(world: Arc<World>, seed: u64) {
    let mut random = Random::new(seed, 0);
    let mut connection = None;
    while world.goes_on() {
        let kid = format!("stranger-{}", random.number());
        let request = Request::by_nobody("an unknown key", &kid, &world.issuer);
        ask(&world, &world.address, &mut connection, &[request]).await;
        sleep(Duration::from_millis(random.number() % 20)).await;
    }
}

/// Pipelines requests, and checks every answer.
async fn ask(
    world: &World,
    address: &str,
    connection: &mut Option<Connection<Box<dyn Stream>>>,
    requests: &[Request],
) {
    let mut rest = requests;
    for _ in 0..TRIES {
        let Some(first) = rest.first() else { return };
        let views: Vec<_> = rest.iter().map(view).collect();
        let mut open = match connection.take() {
            Some(open) => open,
            None => match Connection::open_any(address).await {
                Ok(open) => open,
                Err(error) => {
                    world.tally.wrong(first.kind, format_args!("no connection: {error}"));
                    return;
                }
            },
        };
        let bytes: Vec<u8> =
            rest.iter().flat_map(|request| request.bytes.iter().copied()).collect();
        // Even if sending fails, some answers may have arrived.
        let _ = open.send(&bytes).await;
        let mut answered = 0;
        for (request, before) in rest.iter().zip(views) {
            match open.answer().await {
                Ok(answer) => {
                    judge(world, request, request.kind, before, &answer);
                    answered += 1;
                }
                // The server made room for another connection, or timed out: retry.
                Err(NoAnswer::Closed) => {
                    world.tally.right("(retried on another connection)");
                    break;
                }
                Err(error) => {
                    world.tally.wrong(request.kind, format_args!("no answer: {error:?}"));
                    return;
                }
            }
        }
        rest = &rest[answered..];
        if rest.is_empty() {
            *connection = Some(open);
        }
    }
    if let Some(first) = rest.first() {
        world.tally.wrong(first.kind, format_args!("not answered on {TRIES} connections"));
    }
}

/// Returns the standing of the request's key, if the answer depends on it.
pub fn view(request: &Request) -> Option<View> {
    match &request.due {
        Due::ByKey(key) => Some(key.view()),
        _ => None,
    }
}

/// Checks an answer, and counts a right one as one of a kind. `before` is the view from before the request.
pub fn judge(
    world: &World,
    request: &Request,
    kind: &'static str,
    before: Option<View>,
    answer: &Answer,
) {
    let standing = match (before, view(request)) {
        (Some(before), Some(after)) => before.until(after),
        _ => Standing::Changing,
    };
    match check(&request.due, standing, answer, &world.issuer) {
        Ok(()) => world.tally.right(kind),
        Err(how) => {
            world.tally.wrong(request.kind, format_args!("{how} (the key is {standing:?})"));
        }
    }
}
