//! The WebSocket example of RFC 6455: the side of the API, which echoes, and of the client.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use crate::http::{Answer, Connection, Request};

/// RFC 6455 §1.3: a key, and the answer to it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// RFC 6455 §5.7: the text `Hello`, as a client masks it, and as a server sends it.
const MASKED: [u8; 11] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const UNMASKED: [u8; 7] = [0x81, 0x05, b'H', b'e', b'l', b'l', b'o'];

/// A request that opens a WebSocket.
pub(crate) fn handshake(target: &str) -> Request {
    versioned(target, "13")
}

/// A handshake of another version of the protocol.
pub(crate) fn versioned(target: &str, version: &str) -> Request {
    Request::get(target)
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Key", KEY)
        .header("Sec-WebSocket-Version", version)
}

/// Opens a WebSocket, and sends and receives frames through it if it is open.
pub(crate) fn talk(request: &Request, port: u16) -> Answer {
    let mut connection = Connection::open(port).unwrap();
    let answer = connection.ask(request).unwrap_or_else(|error| panic!("{request:?}: {error}"));
    if answer.status == 101 {
        assert_eq!(answer.header("Sec-WebSocket-Accept"), Some(ACCEPT), "{answer:?}");
        for _ in 0..3 {
            let mut frame = [0; UNMASKED.len()];
            connection.stream().get_mut().write_all(&MASKED).unwrap();
            connection.stream().read_exact(&mut frame).unwrap();
            assert_eq!(frame, UNMASKED);
        }
    }
    answer
}

/// The answer to a handshake.
pub(crate) enum Opening {
    /// The connection is a WebSocket from here on.
    Accepted(String),
    /// RFC 6455 §4.4: the server does not support this version.
    WrongVersion,
}

/// Reads a handshake from the headers of a request, if they are one.
pub(crate) fn opening(headers: &[(String, String)]) -> Option<Opening> {
    let is = |name: &str, value: &str| {
        let mut same = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.any(|(_, other)| other.eq_ignore_ascii_case(value))
    };
    match is("Upgrade", "websocket") && is("Connection", "upgrade") {
        false => None,
        true if !is("Sec-WebSocket-Version", "13") => Some(Opening::WrongVersion),
        true => {
            assert!(is("Sec-WebSocket-Key", KEY), "{headers:?}");
            Some(Opening::Accepted(format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
            )))
        }
    }
}

/// Answers short masked frames with their content until the client closes the connection.
pub(crate) fn echo(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    loop {
        let mut head = [0; 6];
        stream.read_exact(&mut head)?;
        let [kind, len, mask @ ..] = head;
        let len = len & 0x7f;
        let mut frame = vec![0; usize::from(len)];
        stream.read_exact(&mut frame)?;
        frame.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        stream.get_mut().write_all(&[&[kind, len][..], &frame].concat())?;
    }
}
