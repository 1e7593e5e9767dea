//! `tollgate health`: the health check of a container.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use super::provision::Scrap;
use super::server::Server;
use super::support::tollgate;

/// Settings that start a server without a network: it never has keys.
const ISSUER: [&str; 5] =
    ["--issuer", "http://127.0.0.1:1", "--allow-insecure-loopback", "--audience", "a"];

#[test]
fn a_server_that_runs_is_healthy_and_ready_once_it_has_keys() {
    let server = Server::start(&ISSUER);
    let address = server.address.clone();
    let run = tollgate(&["health", "--listen", &address], "");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "ok\n", ""));

    let run = tollgate(&["health", "--ready", "--listen", &address], "");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(
        run.stderr.contains(&format!("{address} responds to /readyz with 503: {{")),
        "{}",
        run.stderr
    );

    let (demo, _) = Server::demo();
    assert_eq!(tollgate(&["health", "--ready", "--listen", &demo.address], "").code, 0);

    drop(server);
    let run = tollgate(&["health", "--listen", &address], "");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(
        run.stderr.contains(&format!("{address} does not respond to /healthz")),
        "{}",
        run.stderr
    );
}

#[test]
fn the_address_is_that_of_the_environment_or_of_the_file() {
    let server = Server::start(&ISSUER);
    let file = Scrap::new("health.toml");
    // An error elsewhere in the file does not keep the running server from being healthy.
    let text = format!("listen = [\"systemd:\", \"{}\"]\nunknown = true\n", server.address);
    std::fs::write(&file.0, text).unwrap();
    let health = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        let run = command.arg("health").envs(variables.iter().copied()).output().unwrap();
        run.status.code().unwrap()
    };
    assert_eq!(health(&[("TOLLGATE_CONFIG", file.path())]), 0);
    assert_eq!(health(&[("TOLLGATE_LISTEN", &server.address)]), 0);
    // The environment precedes the file, and an empty variable is none.
    assert_eq!(health(&[("TOLLGATE_CONFIG", file.path()), ("TOLLGATE_LISTEN", "127.0.0.1:1")]), 1);
    assert_eq!(health(&[("TOLLGATE_CONFIG", file.path()), ("TOLLGATE_LISTEN", "")]), 0);
}

#[test]
fn without_an_address_to_ask_or_a_readable_file_nothing_is_asked() {
    for (arguments, complaint) in [
        (["--listen", "systemd:"], "--listen 127.0.0.1:4180"),
        (["--listen", "127.0.0.1:0"], "--listen 127.0.0.1:4180"),
        (["--config", "/does/not/exist.toml"], "/does/not/exist.toml"),
        (["--listen", "nowhere"], "HOST:PORT"),
    ] {
        let run = tollgate(&[&["health"], &arguments[..]].concat(), "");
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(complaint), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_server_that_hangs_or_speaks_another_language_is_unhealthy() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let run = tollgate(&["health", "--timeout", "1", "--listen", &address], "");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no complete response within 1s"), "{}", run.stderr);

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let _ = stream.read(&mut [0; 512]).unwrap();
        stream.write_all(b"220 mail.example.com ESMTP\x1b[2J\r\n\r\n").unwrap();
    });
    let run = tollgate(&["health", "--listen", &address], "");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("not a response of HTTP"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_server_on_a_unix_socket_is_asked_there() {
    let socket = Scrap::new("health.sock");
    let listen = format!("unix:{}", socket.path());
    let server = Server::start(&[&ISSUER[..], &["--listen", &listen]].concat());
    server.logged("listening address=unix:");
    assert_eq!(tollgate(&["health", "--listen", &listen], "").code, 0);
    drop(server);
    assert_eq!(tollgate(&["health", "--listen", &listen], "").code, 1);
}
