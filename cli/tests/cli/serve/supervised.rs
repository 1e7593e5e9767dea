//! Under a supervisor such as systemd: the socket that it hands over, and notifications to it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::Command;

use super::file;
use crate::server::{Answer, PATIENCE, Server, wait_for};
use crate::support::tollgate;

const ISSUER: [&str; 5] =
    ["--issuer", "http://127.0.0.1:1", "--allow-insecure-loopback", "--audience", "a"];
const REQUEST: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A shell that hands its standard input over as descriptor 3, as systemd hands over a socket. It keeps its process
/// id when it becomes the server.
fn handing_over() -> Command {
    const HAND_OVER: &str = "exec 3<&0 </dev/null; \
                             export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web; exec \"$0\" \"$@\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", HAND_OVER, env!("CARGO_BIN_EXE_tollgate")]);
    shell
}

fn start(socket: impl Into<OwnedFd>, listen: &str) -> Server {
    let arguments = [&ISSUER[..], &["--listen", listen]].concat();
    Server::spawn_with(handing_over(), socket.into().into(), &arguments)
}

#[test]
fn a_tcp_socket_that_systemd_hands_over_is_served() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // A connection before the start waits for the server.
    let early = TcpStream::connect(address).unwrap();
    let server = start(socket, "systemd:");
    server.logged_line(&format!("listening address={address}"));
    assert_eq!(Answer::on(early, REQUEST).status, 200);
}

#[test]
fn a_unix_socket_that_systemd_hands_over_stays_when_the_server_stops() {
    let path = file("handed-over.sock", "");
    fs::remove_file(&path).unwrap();
    let server = start(UnixListener::bind(&path).unwrap(), "systemd:web");
    server.logged_line(&format!("listening address=unix:{}", path.display()));
    assert_eq!(Answer::on(UnixStream::connect(&path).unwrap(), REQUEST).status, 200);
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
    assert!(path.exists(), "it is systemd's");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_socket_that_systemd_does_not_hand_over_is_an_error() {
    let run = tollgate(&[&["serve"], &ISSUER[..], &["--listen", "systemd:"]].concat(), "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("handed over no sockets"), "{}", run.stderr);
    assert!(run.stderr.contains(".socket unit"), "{}", run.stderr);

    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let arguments = [&["serve"], &ISSUER[..], &["--listen", "systemd:other"]].concat();
    let stdin = OwnedFd::from(socket);
    let output = handing_over().args(arguments).stdin(stdin).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("systemd:other") && error.contains("\"web\""), "{error}");
}

/// A supervisor that is told what the server is doing.
struct Supervisor(UnixDatagram, std::path::PathBuf);

impl Supervisor {
    fn new(name: &str) -> Self {
        let path = file(name, "");
        fs::remove_file(&path).unwrap();
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket, path)
    }

    fn start(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Server {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        program.env("NOTIFY_SOCKET", &self.1).envs(variables.iter().copied());
        Server::spawn(program, &[&ISSUER[..], arguments].concat())
    }

    fn told(&self) -> String {
        let mut message = [0; 1024];
        let len = self.0.recv(&mut message).unwrap();
        String::from_utf8(message[..len].to_vec()).unwrap()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        fs::remove_file(&self.1).unwrap();
    }
}

#[test]
fn the_supervisor_is_told_of_the_start_each_reload_and_the_stop() {
    let supervisor = Supervisor::new("notify.sock");
    let server = supervisor.start(&[], &[]);
    assert_eq!(supervisor.told(), "READY=1\n");
    assert_eq!(server.get("/healthz", &[]).status, 200);
    server.signal("HUP");
    let reloading = supervisor.told();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(supervisor.told(), "READY=1\n");
    server.signal("TERM");
    assert_eq!(supervisor.told(), "STOPPING=1\n");
    assert_eq!(server.ended(), 0);
}

#[test]
fn a_watchdog_is_told_that_the_server_is_alive() {
    let supervisor = Supervisor::new("watchdog.sock");
    let server = supervisor.start(&[("WATCHDOG_USEC", "100000")], &[]);
    let told = || wait_for("the watchdog", || (supervisor.told() == "WATCHDOG=1\n").then_some(()));
    told();
    told();
    drop(server);
}
