//! Hostile clients. The server must disconnect each of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use tollgate_tests::random::Random;

use crate::clients::World;
use crate::http::Connection;
use crate::requests::head;

/// The maximum length of a head that the server accepts.
pub const MAX_HEADER_BYTES: usize = 32 * 1024;
/// The maximum number of concurrent connections of the server.
pub const MAX_CONNECTIONS: usize = 256;
/// How long the server waits for a head.
pub const IDLE_TIMEOUT: u64 = 4;

/// Runs all of them until the soak ends.
pub async fn all(world: Arc<World>) {
    let mut tasks = tokio::task::JoinSet::new();
    for seed in 0..8 {
        tasks.spawn(slow(Arc::clone(&world), seed));
        tasks.spawn(half_open(Arc::clone(&world), seed));
    }
    for seed in 0..2 {
        tasks.spawn(malformed(Arc::clone(&world), seed));
        tasks.spawn(too_long(Arc::clone(&world)));
        tasks.spawn(never_reading(Arc::clone(&world)));
    }
    tasks.spawn(flood(Arc::clone(&world)));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            world.tally.wrong("a hostile client", error);
        }
    }
}

/// Opens a connection. The server must accept it.
async fn open(world: &World, kind: &'static str) -> Option<Connection> {
    match Connection::open(&world.address).await {
        Ok(connection) => Some(connection),
        Err(error) => {
            world.tally.wrong(kind, format_args!("no connection: {error}"));
            None
        }
    }
}

/// Waits until the server closes the connection, with one of these refusals or without an answer.
async fn must_hang_up(
    world: &World,
    kind: &'static str,
    mut connection: Connection,
    statuses: &[&str],
) {
    let ended = match connection.until_closed().await {
        None => Err("the connection is still open".to_owned()),
        Some(said) => {
            let said = String::from_utf8_lossy(&said).into_owned();
            let is_one = statuses.iter().any(|status| said.starts_with(status));
            match said.matches("HTTP/1.").count() {
                0 if said.is_empty() => Ok(()),
                1 if is_one => Ok(()),
                _ => Err(format!("the server sent {said:?}")),
            }
        }
    };
    world.tally.is_right_or(kind, ended);
}

/// Sends one byte a second, or nothing.
async fn slow(world: Arc<World>, seed: u64) {
    let request = head(&["Bearer abc"]);
    while world.goes_on() {
        let is_talking = seed.is_multiple_of(2);
        let kind = if is_talking { "(one byte a second)" } else { "(connected, and silent)" };
        let Some(mut connection) = open(&world, kind).await else { continue };
        if is_talking {
            for byte in request.as_bytes() {
                if connection.send(&[*byte]).await.is_err() || !world.goes_on() {
                    break;
                }
                // Stop when there is something to read, which can only be the end.
                let ended = connection.stream.readable();
                if timeout(Duration::from_secs(1), ended).await.is_ok() {
                    break;
                }
            }
        }
        must_hang_up(&world, kind, connection, &[]).await;
    }
}

/// Disconnects in the middle of a head: resets, closes or half-closes the connection.
async fn half_open(world: Arc<World>, seed: u64) {
    let mut random = Random::new(seed, 0);
    let request = head(&["Bearer abc"]);
    while world.goes_on() {
        let kind = "(gone in the middle of a head)";
        let Some(mut connection) = open(&world, kind).await else { continue };
        let half = request.as_bytes().get(..random.below(request.len())).unwrap_or_default();
        let _ = connection.send(half).await;
        match random.below(3) {
            0 => {
                let _ = connection.stream.set_zero_linger();
                world.tally.right(kind);
            }
            1 => world.tally.right(kind),
            _ => {
                let _ = connection.stream.shutdown().await;
                must_hang_up(&world, kind, connection, &["HTTP/1.1 400 "]).await;
            }
        }
        sleep(Duration::from_millis(random.number() % 50)).await;
    }
}

/// Sends data that is not an HTTP/1 request.
async fn malformed(world: Arc<World>, seed: u64) {
    let mut random = Random::new(seed, 0);
    while world.goes_on() {
        let (kind, bytes) = match random.below(7) {
            0 => ("(TLS)", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n".to_vec()),
            1 => ("(a malformed head)", b"GET /auth\r\nHost gate\r\n\r\n".to_vec()),
            2 => ("(a malformed head)", b"GET /auth HTTP/1.1\r\nA b: c\r\n\r\n".to_vec()),
            3 => ("(a malformed head)", b"GET /auth HTTP/1.1\r\n: c\r\n\r\n".to_vec()),
            4 => ("(a malformed head)", b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
            5 => (
                "(two lengths)",
                b"GET /auth HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec(),
            ),
            _ => {
                let mut bytes: Vec<u8> = (0..200).map(|_| random.number() as u8).collect();
                // Not a letter, so that it cannot be the start of a request.
                if let Some(first) = bytes.first_mut() {
                    *first = 1;
                }
                bytes.extend(b"\r\n\r\n");
                ("(noise)", bytes)
            }
        };
        let Some(mut connection) = open(&world, kind).await else { continue };
        let _ = connection.send(&bytes).await;
        must_hang_up(&world, kind, connection, &["HTTP/1.1 400 "]).await;
        sleep(Duration::from_millis(random.number() % 50)).await;
    }
}

/// Sends heads above the limit: with a long field, with many small fields, with a long request line.
async fn too_long(world: Arc<World>) {
    let long = "x".repeat(2 * MAX_HEADER_BYTES);
    let small = "a: b\r\n".repeat(100_000);
    let heads = [
        ("(a header field that is too long)", format!("GET /auth HTTP/1.1\r\nX: {long}")),
        ("(a flood of header fields)", format!("GET /auth HTTP/1.1\r\n{small}")),
        ("(a target that is too long)", format!("GET /auth?{long} HTTP/1.1\r\n\r\n")),
    ];
    while world.goes_on() {
        for (kind, head) in &heads {
            let Some(mut connection) = open(&world, kind).await else { continue };
            let _ = connection.send(head.as_bytes()).await;
            must_hang_up(&world, kind, connection, &["HTTP/1.1 431 ", "HTTP/1.1 414 "]).await;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Sends requests forever, and never reads an answer.
async fn never_reading(world: Arc<World>) {
    let kind = "(answers never read)";
    let requests = head(&[]).repeat(1000);
    while world.goes_on() {
        let Some(mut connection) = open(&world, kind).await else { continue };
        let sending = async { while connection.send(requests.as_bytes()).await.is_ok() {} };
        // Ends when the server closes the connection.
        let ended = timeout(Duration::from_secs(60), sending).await;
        let ended = ended.map_err(|_| "the connection is still open".to_owned());
        world.tally.is_right_or(kind, ended);
    }
}

/// Opens more silent connections than the server allows.
async fn flood(world: Arc<World>) {
    while world.goes_on() {
        let mut connections = Vec::new();
        for _ in 0..2 * MAX_CONNECTIONS {
            connections.extend(open(&world, "(a flood of connections)").await);
        }
        sleep(Duration::from_secs(1)).await;
        for connection in &connections {
            world.tally.right("(a flood of connections)");
            let _ = connection.stream.set_zero_linger();
        }
        drop(connections);
        sleep(Duration::from_secs(2)).await;
    }
}
