//! A redis server on this machine, which keeps nothing on disk and ends with its test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(settings: &[&str]) -> Self {
        let port = free_port();
        Self { process: start(port, settings), port }
    }

    /// Ends it and starts it again, empty, at the same address.
    pub(crate) fn restart(&mut self) {
        self.end();
        self.start_again();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = start(self.port, &[]);
    }

    pub(crate) fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops it, so that it accepts connections but does not answer.
    pub(crate) fn hang(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// The answer to a command.
    pub(crate) fn ask(&self, command: &str) -> String {
        ask(self.port, command).unwrap()
    }

    /// Waits until there is no key. Redis removes keys that are over a moment later.
    pub(crate) fn is_emptied(&self) {
        let started = Instant::now();
        while self.ask("DBSIZE") != ":0" {
            assert!(started.elapsed() < Duration::from_secs(5), "{}", self.ask("DBSIZE"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that no outgoing connection takes while the server is down.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + u16::try_from(std::process::id() % 8_000).unwrap();
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 32_000, "no port is free");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

fn start(port: u16, settings: &[&str]) -> Child {
    let process = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--dir", env!("CARGO_TARGET_TMPDIR"), "--port", &port.to_string()])
        .args(settings)
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-server: {error}; .ci/real-parts installs it"));
    let started = Instant::now();
    while ask(port, "PING").is_none() {
        assert!(started.elapsed() < Duration::from_secs(10), "redis-server does not answer");
        std::thread::sleep(Duration::from_millis(10));
    }
    process
}

fn ask(port: u16, command: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        answer.extend(byte);
    }
    // A text of several lines begins with its length.
    if let [b'$', length @ ..] = answer.trim_ascii_end() {
        let length = str::from_utf8(length).unwrap().parse().unwrap();
        answer = vec![0; length];
        stream.read_exact(&mut answer).ok()?;
    }
    Some(String::from_utf8(answer).unwrap().trim_end().to_owned())
}
