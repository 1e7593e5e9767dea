//! A minimal HTTP/1.1 client.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// The timeout for an answer: far longer than a slow machine needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A connection, and the bytes received but not parsed yet.
pub struct Connection<S = TcpStream> {
    pub stream: S,
    received: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The reason why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The server closed the connection before the first byte.
    Closed,
    /// The server closed the connection in the middle of the answer.
    Cut,
    /// The server sent nothing in time.
    Late,
    /// The answer is not HTTP.
    Garbled,
}

/// TCP, or a Unix socket.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Connection {
    pub async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }
}

impl Connection<Box<dyn Stream>> {
    /// Opens a connection to an address, or to a Unix socket: `unix:PATH`.
    pub async fn open_any(address: &str) -> io::Result<Self> {
        let stream: Box<dyn Stream> = match address.strip_prefix("unix:") {
            Some(path) => Box::new(UnixStream::connect(path).await?),
            None => Box::new(Connection::open(address).await?.stream),
        };
        Ok(Self { stream, received: Vec::new() })
    }
}

impl<S: Stream> Connection<S> {
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads the next answer.
    pub async fn answer(&mut self) -> Result<Answer, NoAnswer> {
        timeout(PATIENCE, self.read_answer()).await.unwrap_or(Err(NoAnswer::Late))
    }

    /// Reads until the server closes the connection.
    pub async fn until_closed(&mut self) -> Option<Vec<u8>> {
        let mut said = std::mem::take(&mut self.received);
        let ended = timeout(PATIENCE, self.stream.read_to_end(&mut said)).await;
        // A reset closes it, too.
        ended.is_ok().then_some(said)
    }

    async fn read_answer(&mut self) -> Result<Answer, NoAnswer> {
        let head_len = loop {
            if let Some(at) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        let head: Vec<u8> = self.received.drain(..head_len).collect();
        let (status, headers) = parse(&head).ok_or(NoAnswer::Garbled)?;
        let mut answer = Answer { status, headers, body: Vec::new() };
        let len = answer.header("content-length").unwrap_or("0").parse().ok();
        let len: usize = len.ok_or(NoAnswer::Garbled)?;
        while self.received.len() < len {
            self.read_more().await.map_err(|_| NoAnswer::Cut)?;
        }
        answer.body = self.received.drain(..len).collect();
        Ok(answer)
    }

    async fn read_more(&mut self) -> Result<(), NoAnswer> {
        let is_begun = !self.received.is_empty();
        match self.stream.read_buf(&mut self.received).await {
            Ok(1..) => Ok(()),
            Ok(0) | Err(_) if is_begun => Err(NoAnswer::Cut),
            Ok(0) | Err(_) => Err(NoAnswer::Closed),
        }
    }
}

fn parse(head: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let fields = lines.take_while(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some((status, fields.collect::<Option<_>>()?))
}

impl Answer {
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// Returns the value of a header that occurs only once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Returns the values of a header.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| &**value)
    }

    /// Whether the body contains a text.
    pub fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    /// Whether there is a header whose name starts with this.
    pub fn has_header_like(&self, prefix: &str) -> bool {
        self.headers.iter().any(|(name, _)| name.starts_with(prefix))
    }
}
