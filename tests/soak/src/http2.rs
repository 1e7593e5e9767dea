//! Hostile clients of HTTP/2, with checks over gRPC. The server must disconnect each of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::clients::World;
use crate::http::Connection;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Runs all of them until the soak ends.
pub async fn all(world: Arc<World>) {
    let mut rapid_reset = Vec::new();
    for stream in (1..4000).step_by(2) {
        rapid_reset.extend(frame(HEADERS, END_HEADERS, stream, &call()));
        rapid_reset.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let mut continuations = frame(HEADERS, 0, 1, &call());
    continuations.extend(frame(CONTINUATION, 0, 1, &field("a", "b")).repeat(10_000));
    let mut unfinished = Vec::new();
    for stream in (1..200).step_by(2) {
        unfinished.extend(frame(HEADERS, END_HEADERS, stream, &call()));
        unfinished.extend(frame(DATA, 0, stream, b"\0\0\0\x40\0a"));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (kind, bytes) in [
        ("(HTTP/2, silent)", Vec::new()),
        ("(HTTP/2, rapid reset)", rapid_reset),
        ("(HTTP/2, a flood of CONTINUATION)", continuations),
        ("(HTTP/2, calls that never end)", unfinished),
        ("(HTTP/2, no frames)", vec![b'a'; 100_000]),
    ] {
        tasks.spawn(hostile(Arc::clone(&world), kind, bytes));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            world.tally.wrong("a hostile client of HTTP/2", error);
        }
    }
}

async fn hostile(world: Arc<World>, kind: &'static str, bytes: Vec<u8>) {
    let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(SETTINGS, 0, 0, b"")].concat();
    while world.goes_on() {
        match Connection::open(&world.address).await {
            Ok(mut connection) => {
                // The server may close the connection before it has read everything.
                let _ = connection.send(&preface).await;
                let _ = connection.send(&bytes).await;
                let closed = connection.until_closed().await;
                let closed = closed.ok_or_else(|| "the connection is still open".to_owned());
                world.tally.is_right_or(kind, closed.map(drop));
            }
            Err(error) => world.tally.wrong(kind, format_args!("no connection: {error}")),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// RFC 9113 §4.1
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, len @ ..] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&len[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The header block of a check.
fn call() -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/envoy.service.auth.v3.Authorization/Check"),
        (":authority", "tollgate"),
        ("content-type", "application/grpc"),
    ];
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

/// A header field that is not indexed (RFC 7541 §6.2.2). Both texts have fewer than 127 bytes.
fn field(name: &str, value: &str) -> Vec<u8> {
    let len = |text: &str| u8::try_from(text.len()).unwrap_or(126);
    [&[0, len(name)][..], name.as_bytes(), &[len(value)], value.as_bytes()].concat()
}
