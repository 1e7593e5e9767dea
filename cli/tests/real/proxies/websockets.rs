//! WebSocket handshakes, and the tunnels that a client tries to open instead.

use super::parties::PARTIES;
use super::stack::{Proxy, Stack};
use crate::http::{Connection, Request};
use crate::websocket::{handshake, talk, versioned};

pub(super) fn websockets_open_with_a_token_only(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let answer = talk(&handshake("/orders/live?x=1").bearer(&PARTIES.user), stack.port);
    assert_eq!(answer.status, 101, "{answer:?}");
    let seen = stack.upstream.take();
    assert_eq!((seen.len(), seen[0].target.as_str()), (1, "/orders/live?x=1"), "{seen:?}");
    assert_eq!(seen[0].values("X-Auth-Request-User"), ["user_7f3k"]);

    assert_eq!(talk(&handshake("/health"), stack.port).status, 101, "a public path");
    stack.upstream.take();
    for (token, status) in [(None, 401), (Some("a.b.c"), 401), (Some(PARTIES.write.as_str()), 403)]
    {
        let request = handshake("/orders/live");
        let request = token.map_or(request.clone(), |token| request.bearer(token));
        assert_eq!(stack.is_refused(&request).status, status, "{token:?}");
    }
}

pub(super) fn http2_is_never_tunnelled(proxy: Proxy) {
    let stack = Stack::start(proxy);
    for upgrades in [
        &["h2c"][..],
        &["H2C"],
        &["TLS/1.0"],
        &["echo/1"],
        &["h2c, websocket"],
        &["websocket, h2c"],
        &["h2c", "websocket"],
        &["websocket", "h2c"],
    ] {
        let request = upgrades
            .iter()
            .fold(Request::get("/health"), |request, protocol| request.header("Upgrade", protocol));
        let request = request
            .header("Connection", "Upgrade, HTTP2-Settings")
            .header("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA");
        let answer = stack.ask(&request);
        assert_ne!(answer.status, 101, "{upgrades:?}");
        for seen in stack.upstream.take() {
            // Traefik removes h2c alone.
            let is_safe = |value: &&str| match proxy {
                Proxy::Traefik => !value.to_lowercase().contains("h2c"),
                _ => *value == "websocket",
            };
            assert!(seen.values("Upgrade").iter().all(is_safe), "{upgrades:?}: {seen:?}");
        }
    }
}

pub(super) fn connect_opens_no_tunnel(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let api = format!("127.0.0.1:{}", stack.upstream.port);
    for connect in [Request::new("CONNECT", &api), Request::new("CONNECT", "/health")] {
        // Caddy lets it pass with a token, like any other method.
        for connect in [connect.clone(), connect.bearer(&PARTIES.full)] {
            let mut connection = Connection::open(stack.port).unwrap();
            let inside = Request::get("/orders");
            // The proxy may close the connection.
            let _ = connection.ask(&connect).and_then(|_| connection.ask(&inside));
            let seen = stack.upstream.take();
            assert!(!seen.iter().any(|seen| seen.target == "/orders"), "{connect:?}: {seen:?}");
        }
    }
}

pub(super) fn a_handshake_that_fails_opens_no_tunnel(proxy: Proxy) {
    let stack = Stack::start(proxy);
    let mut connection = Connection::open(stack.port).unwrap();
    let (first, second) = (versioned("/health", "777"), Request::get("/orders"));
    connection.send(&first).unwrap();
    connection.send(&second).unwrap();
    let answer = connection.receive(&first).unwrap();
    assert_eq!(answer.status, 426, "{answer:?}");
    // The proxy may close the connection instead.
    if let Ok(answer) = connection.receive(&second) {
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let seen = stack.upstream.take();
    assert!(seen.iter().all(|seen| seen.target == "/health"), "{seen:?}");
}
