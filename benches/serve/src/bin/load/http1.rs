//! Requests over HTTP/1.1, written and read by hand: the generator must cost less than the server.

use std::io;
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::work::Work;

/// The request with a token, or without any if it is empty. In place of a token, there may be header fields, with ` | `
/// between them.
pub(crate) fn head(path: &str, token: &str) -> Bytes {
    let fields = match token {
        "" => String::new(),
        fields if fields.contains(": ") => format!("{}\r\n", fields.replace(" | ", "\r\n")),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    format!("GET {path} HTTP/1.1\r\nHost: gate\r\n{fields}\r\n").into()
}

/// Answers all requests over this many connections, which it keeps as long as the server does.
pub(crate) async fn ask(work: &Work, address: &str, connections: usize) -> Result<(), String> {
    let tasks = LocalSet::new();
    let asking: Vec<_> = (0..connections)
        .map(|_| {
            let (work, address) = (work.clone(), address.to_owned());
            tasks.spawn_local(async move {
                let mut open = None;
                while let Some(request) = work.next() {
                    let begun = Instant::now();
                    let mut connection = match open.take() {
                        Some(connection) => connection,
                        None => Connection::open(&address).await?,
                    };
                    connection.stream.write_all(&request.bytes).await?;
                    let answer = connection.answer().await?;
                    let names = |user: &str| answer.contains(user.as_bytes());
                    work.answered(begun.elapsed(), request.check(answer.status, names));
                    if !answer.is_last {
                        open = Some(connection);
                    }
                }
                io::Result::Ok(())
            })
        })
        .collect();
    tasks.await;
    for ended in asking {
        ended.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Opens connections, sends one request on each, and returns them.
pub(crate) async fn hold(
    work: &Work,
    address: &str,
    connections: usize,
) -> Result<Vec<impl Sized + use<>>, String> {
    let mut held = Vec::with_capacity(connections);
    while let Some(request) = work.next() {
        let connection = async {
            let mut connection = Connection::open(address).await?;
            let begun = Instant::now();
            connection.stream.write_all(&request.bytes).await?;
            let answer = connection.answer().await?;
            let names = |user: &str| answer.contains(user.as_bytes());
            work.answered(begun.elapsed(), request.check(answer.status, names));
            io::Result::Ok(connection)
        };
        held.push(connection.await.map_err(|error| error.to_string())?);
    }
    Ok(held)
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer that has been read.
struct Answer<'a> {
    status: u16,
    /// Head and body.
    bytes: &'a [u8],
    /// Whether the server closes the connection.
    is_last: bool,
}

impl Connection {
    async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Reads an answer, which overwrites the one before.
    async fn answer(&mut self) -> io::Result<Answer<'_>> {
        self.received.clear();
        let head_len = loop {
            if let Some(at) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        let head = parse(&self.received[..head_len]);
        let (status, body_len, is_last) = head.ok_or(io::ErrorKind::InvalidData)?;
        while self.received.len() < head_len + body_len {
            self.read_more().await?;
        }
        Ok(Answer { status, bytes: &self.received, is_last })
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Answer<'_> {
    fn contains(&self, text: &[u8]) -> bool {
        self.bytes.windows(text.len()).any(|window| window == text)
    }
}

/// Returns the status, the length of the body, and whether the connection ends.
fn parse(head: &[u8]) -> Option<(u16, usize, bool)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let (mut len, mut is_last) = (0, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            len = value.parse().ok()?;
        } else if name.eq_ignore_ascii_case("connection") {
            is_last = value.eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
    }
    Some((status, len, is_last))
}
