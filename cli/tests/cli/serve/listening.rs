//! Where the server listens: several addresses, names and Unix sockets.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::file;
use crate::server::{Answer, Server};
use crate::support::tollgate;

/// Settings that start a server without a network.
const ISSUER: [&str; 5] =
    ["--issuer", "http://127.0.0.1:1", "--allow-insecure-loopback", "--audience", "a"];

fn start(arguments: &[&str]) -> Server {
    Server::start(&[&ISSUER[..], arguments].concat())
}

/// The path of a socket that does not exist yet.
fn socket(name: &str) -> PathBuf {
    let path = file(name, "");
    fs::remove_file(&path).unwrap();
    path
}

fn health(socket: &Path) -> u16 {
    let stream = UnixStream::connect(socket).unwrap();
    Answer::on(stream, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status
}

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

#[test]
fn the_server_listens_on_all_addresses_of_its_list() {
    let path = socket("several.sock");
    let server = start(&["--listen", "localhost:0", "--listen", &unix(&path)]);
    server.logged(&format!("listening address={}", unix(&path)));
    assert_eq!(health(&path), 200);
    let log = server.log();
    let addresses = log.lines().filter_map(|line| line.split("listening address=").nth(1));
    let mut count = 0;
    for address in addresses.filter(|address| !address.starts_with("unix:")) {
        TcpStream::connect(address.trim()).unwrap();
        count += 1;
    }
    assert!(count >= 2, "{log}");
}

#[test]
fn a_unix_socket_has_its_mode_and_its_owner() {
    let default = socket("default.sock");
    let server = start(&["--listen", &unix(&default)]);
    server.logged("listening address=unix:");
    let metadata = fs::symlink_metadata(&default).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o660);

    let set = socket("set.sock");
    let (user, group) = (metadata.uid().to_string(), metadata.gid().to_string());
    let owner = format!("{user}:{group}");
    let arguments = ["--listen", &unix(&set), "--socket-mode", "604", "--socket-owner", &owner];
    let server = start(&arguments);
    server.logged("listening address=unix:");
    let metadata = fs::symlink_metadata(&set).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o604);
    assert_eq!(metadata.uid().to_string(), user);
}

#[test]
fn an_owner_that_does_not_exist_is_an_error() {
    let path = socket("owner.sock");
    let (listen, owner) = (unix(&path), ":no-such-group-of-tollgate");
    let arguments = ["--listen", &listen, "--socket-owner", owner];
    let run = tollgate(&[&["serve"], &ISSUER[..], &arguments].concat(), "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no-such-group-of-tollgate"), "{}", run.stderr);
    assert!(!path.exists(), "no socket stays behind");
}

#[test]
fn the_socket_of_a_server_that_was_killed_is_replaced() {
    let path = socket("stale.sock");
    let server = start(&["--listen", &unix(&path)]);
    server.logged("listening address=unix:");
    // This kills it.
    drop(server);
    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    let server = start(&["--listen", &unix(&path)]);
    server.logged("listening address=unix:");
    assert_eq!(health(&path), 200);
}

#[test]
fn a_socket_in_use_and_another_file_are_errors_and_stay() {
    let live = socket("live.sock");
    let listener = UnixListener::bind(&live).unwrap();
    let other = file("other.sock", "important");
    for (path, message) in [(&live, "another server"), (&other, "not a socket")] {
        let listen = unix(path);
        let run = tollgate(&[&["serve"], &ISSUER[..], &["--listen", &listen]].concat(), "");
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert!(run.stderr.contains(&listen), "{}", run.stderr);
    }
    assert_eq!(fs::read_to_string(other).unwrap(), "important");
    UnixStream::connect(&live).unwrap();
    drop(listener);
}

#[test]
fn a_server_that_stops_removes_its_socket() {
    let path = socket("removed.sock");
    let server = start(&["--listen", &unix(&path)]);
    server.logged("listening address=unix:");
    server.signal("TERM");
    assert_eq!(server.ended(), 0);
    assert!(!path.exists());
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = tollgate(&[&["serve"], &ISSUER[..], &["--listen", &address]].concat(), "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(&address) && run.stderr.contains("--listen"), "{}", run.stderr);
}
