//! Hostile clients of HTTP/2. The server disconnects each, and others are served.

use std::time::Duration;

use super::client::{CHECK, Check};
use super::frames::{
    CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, call, field, frame,
};
use crate::server::Server;

const ENHANCE_YOUR_CALM: u32 = 11;

fn server() -> (Server, Server) {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    (demo, server)
}

fn serves_others(server: &Server) {
    assert_eq!(Check::new("GET", "/").ask(server).status(), 401);
}

/// The first message that answers a call.
fn answer(client: &mut Client) -> String {
    loop {
        let frame = client.receive().unwrap();
        assert_ne!(frame.kind, RST_STREAM, "{:?}", frame.payload);
        if frame.kind == DATA {
            return String::from_utf8_lossy(&frame.payload).into_owned();
        }
    }
}

/// CVE-2023-44487
#[test]
fn a_rapid_reset_ends_the_connection() {
    let (_demo, server) = server();
    let mut client = Client::connect(&server);
    let mut flood = Vec::new();
    for stream in (1..20_000).step_by(2) {
        flood.extend(frame(HEADERS, END_HEADERS, stream, &call(CHECK)));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    // The server may close the connection before it has read everything.
    client.send_all(&flood);
    assert!(client.goodbye().is_none_or(|code| code == ENHANCE_YOUR_CALM));
    serves_others(&server);
}

/// CVE-2024-27316
#[test]
fn a_flood_of_continuations_ends_the_connection() {
    let (_demo, server) = server();
    for block in [Vec::new(), field("a", "b"), field("a", &"b".repeat(100))] {
        let mut client = Client::connect(&server);
        client.send(HEADERS, 0, 1, &call(CHECK));
        let flood = frame(CONTINUATION, 0, 1, &block).repeat(10_000);
        client.send_all(&flood);
        assert!(client.goodbye().is_none_or(|code| code == ENHANCE_YOUR_CALM), "{block:?}");
    }
    serves_others(&server);
}

#[test]
fn a_message_that_never_ends_is_answered_at_the_limit() {
    let (_demo, server) = server();
    let mut client = Client::connect(&server);
    client.send(HEADERS, END_HEADERS, 1, &call(CHECK));
    client.send(DATA, 0, 1, b"\0\xff\xff\xff\xff");
    // The maximum length. The window of a stream has no room for more.
    for len in [16_000, 16_000, 16_000, 16_000, 1536] {
        client.send(DATA, 0, 1, &vec![b'a'; len]);
    }
    let answer = answer(&mut client);
    assert!(answer.contains("the message is longer than max_header_bytes"), "{answer}");
    serves_others(&server);
}

#[test]
fn incomplete_calls_of_many_fields_leave_no_room_for_more() {
    let (_demo, server) = server();
    let mut client = Client::connect(&server);
    // An empty field is a few bytes on the wire, and far more in memory.
    let head = [call(CHECK), field("a", "").repeat(1900)].concat();
    for stream in [1, 3, 5] {
        client.send(HEADERS, END_HEADERS, stream, &head);
    }
    let answer = answer(&mut client);
    assert!(answer.contains("too many checks of this connection are incomplete"), "{answer}");
    serves_others(&server);
}

#[test]
fn a_call_that_is_not_complete_does_not_keep_its_place() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &["--max-connections", "1"]);
    for rest in [&b""[..], b"\0\0\0\0\x09abc"] {
        let mut client = Client::connect(&server);
        client.send(HEADERS, END_HEADERS, 1, &call(CHECK));
        client.send(DATA, 0, 1, rest);
        serves_others(&server);
        client.goodbye();
    }
}

#[test]
fn a_silent_connection_is_closed_after_the_idle_timeout() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &["--idle-timeout", "1"]);
    let mut answered = Client::connect(&server);
    answered.send(HEADERS, END_HEADERS | END_STREAM, 1, &call(CHECK));
    let mut slow = Client::connect(&server);
    slow.send(HEADERS, END_HEADERS, 1, &call(CHECK));
    for client in [Client::connect(&server), answered, slow] {
        assert_eq!(client.goodbye(), Some(0), "NO_ERROR");
    }
    std::thread::sleep(Duration::from_millis(100));
    serves_others(&server);
}

#[test]
fn more_streams_than_allowed_are_refused() {
    const REFUSED_STREAM: u32 = 7;
    let (_demo, server) = server();
    let mut client = Client::connect(&server);
    for stream in (1..=2 * 129).step_by(2) {
        client.send(HEADERS, END_HEADERS, stream, &call(CHECK));
    }
    let refused = loop {
        let frame = client.receive().unwrap();
        if frame.kind == RST_STREAM {
            break frame;
        }
    };
    assert_eq!(refused.stream, 2 * 129 - 1);
    assert_eq!(refused.payload, REFUSED_STREAM.to_be_bytes());
}
