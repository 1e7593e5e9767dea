//! Tells HTTP/2 from HTTP/1.1 by what a client sends first.

use std::io::{self, Cursor};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split};

/// What an HTTP/2 client sends first (RFC 9113 §3.4). No request of HTTP/1.1 begins with it.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first bytes of a connection: the preface, or up to the byte that differs from it.
pub(super) struct Start {
    bytes: [u8; PREFACE.len()],
    len: usize,
}

/// Reads the first bytes.
///
/// # Errors
///
/// The connection ends or fails.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Start> {
    let mut start = Start { bytes: [0; PREFACE.len()], len: 0 };
    while !start.is_http2() && PREFACE.starts_with(start.read()) {
        let rest = start.bytes.get_mut(start.len..).unwrap_or_default();
        match stream.read(rest).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            len => start.len = start.len.saturating_add(len),
        }
    }
    Ok(start)
}

impl Start {
    pub(super) fn is_http2(&self) -> bool {
        self.read() == PREFACE
    }

    fn read(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The stream, beginning with these bytes again.
    pub(super) fn before<S: AsyncRead + AsyncWrite>(
        self,
        stream: S,
    ) -> impl AsyncRead + AsyncWrite {
        let len = u64::try_from(self.len).unwrap_or_default();
        let (reader, writer) = split(stream);
        join(Cursor::new(self.bytes).take(len).chain(reader), writer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    /// Sends the bytes one by one. Returns whether they are HTTP/2, and what the server reads.
    async fn served(sent: &[u8]) -> io::Result<(bool, Vec<u8>)> {
        let (mut client, mut server) = duplex(1);
        let sending = async {
            for byte in sent {
                client.write_all(&[*byte]).await?;
            }
            client.shutdown().await
        };
        let serving = async {
            let start = read(&mut server).await?;
            let is_http2 = start.is_http2();
            let mut all = Vec::new();
            start.before(server).read_to_end(&mut all).await?;
            Ok((is_http2, all))
        };
        tokio::join!(sending, serving).1
    }

    #[tokio::test]
    async fn a_connection_is_http2_if_it_begins_with_the_preface() {
        let rest = [&PREFACE[..], b"\0\0\0\x04\0\0\0\0\0"].concat();
        for sent in [&PREFACE[..], &rest] {
            assert_eq!(served(sent).await.unwrap(), (true, sent.to_vec()));
        }
    }

    #[tokio::test]
    async fn any_other_beginning_is_served_whole_as_http1() {
        for sent in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"PUT / HTTP/1.1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\n",
            b"\0",
        ] {
            assert_eq!(served(sent).await.unwrap(), (false, sent.to_vec()));
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_within_the_preface_is_not_served() {
        for sent in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            assert_eq!(served(sent).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
