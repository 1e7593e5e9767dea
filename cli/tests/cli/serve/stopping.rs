//! How the server stops.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::{bearer, file};
use crate::server::{PATIENCE, Server, exit_code, wait_for};

/// A pipe with a name. To open it for writing takes a reader.
fn fifo(name: &str) -> PathBuf {
    let path = file(name, "");
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Starts a server that never listens, because it reads this pipe, and stops it by a signal.
fn stop_while_reading(pipe: &Path, arguments: &[&str]) {
    let spawn = || -> Child {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        program.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        program.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut child = spawn();
    // Waits until the server reads.
    let writer = OpenOptions::new().write(true).open(pipe).unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(exit_code(&mut child), 0, "{arguments:?}");
    drop(writer);
    fs::remove_file(pipe).unwrap();
}

#[test]
fn a_file_that_hangs_does_not_keep_the_server_from_stopping() {
    let issuer = ["--issuer", "http://127.0.0.1:1", "--allow-insecure-loopback", "--audience", "a"];
    for flag in ["--config", "--snapshot", "--jwks-file", "--ca-file", "--bearer-token-file"] {
        let pipe = fifo(&format!("hanging{flag}"));
        let own: &[&str] = match flag {
            "--config" => &[],
            // Keys in a file are not fetched.
            "--jwks-file" => &["--issuer", "a", "--audience", "a"],
            "--bearer-token-file" => &["--issuer", "https://a.example", "--audience", "a"],
            _ => &issuer,
        };
        let named = [flag, pipe.to_str().unwrap()];
        stop_while_reading(&pipe, &[own, &named].concat());
    }
}

#[test]
fn a_reload_that_hangs_does_not_keep_the_server_from_stopping() {
    let issuer = "[[issuer]]\nissuer = \"http://127.0.0.1:1\"\naudience = \"a\"\n";
    let config = file("hanging.toml", &format!("allow_insecure_loopback = true\n{issuer}"));
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    let pipe = fifo("hanging-reload");
    fs::rename(&pipe, &config).unwrap();
    server.signal("HUP");
    // Waits until the server reads.
    let writer = OpenOptions::new().write(true).open(&config).unwrap();
    assert_eq!(server.get("/healthz", &[]).status, 200);
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
    drop(writer);
    fs::remove_file(config).unwrap();
}

#[test]
fn before_it_stops_the_server_is_not_ready_but_answers() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &["--shutdown-delay", "1 hour"]);
    let good = bearer(&demo.token(""));
    server.signal("TERM");
    let answer = wait_for("the answer", || {
        Some(server.get("/readyz", &[])).filter(|answer| answer.status == 503)
    });
    assert_eq!(answer.json()["stopping"], true);
    assert_eq!(answer.json()["issuers"][0]["usable_keys"], 4);
    assert_eq!(server.get("/healthz", &[]).status, 200);
    assert_eq!(server.get("/auth", &[("Authorization", &good)]).status, 200);
    // Another signal ends the delay.
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
}

#[test]
fn a_half_sent_head_does_not_hold_up_the_stop() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &["--drain-timeout", "1 hour"]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    wait_for("the connection", || {
        let metrics = server.get("/metrics", &[]).body;
        metrics.contains("\ntollgate_connections 2\n").then_some(())
    });
    let begun = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)));
}
