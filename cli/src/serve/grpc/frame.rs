//! Messages of unary calls, each in a frame: a flag, a length of four bytes, and the message (gRPC over HTTP/2,
//! "Length-Prefixed-Message").

use bytes::Bytes;

/// The length of the flag and the length, in bytes.
pub(crate) const PREFIX_LEN: usize = 5;

/// Why a body is not one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the message is incomplete, or more follows")]
    Length,
    #[error("the message is compressed, which the server did not offer")]
    Compressed,
    #[error("the message is longer than max_header_bytes")]
    TooLong,
}

/// Finds the only message of a body. It may have `most` bytes.
///
/// # Errors
///
/// The body is not one message, or the message is compressed or too long.
pub(crate) fn message(mut body: Bytes, most: usize) -> Result<Bytes, FrameError> {
    let Some((&[flag, a, b, c, d], rest)) = body.split_first_chunk() else {
        return Err(FrameError::Length);
    };
    let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if len > most {
        return Err(FrameError::TooLong);
    }
    if len != rest.len() {
        return Err(FrameError::Length);
    }
    if flag != 0 {
        return Err(FrameError::Compressed);
    }
    Ok(body.split_off(PREFIX_LEN))
}

/// A body with one message, of less than 4 GiB.
pub(crate) fn body(message: &impl prost::Message) -> Bytes {
    let len = message.encoded_len();
    let mut body = Vec::with_capacity(len.saturating_add(PREFIX_LEN));
    body.push(0);
    body.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
    message.encode_raw(&mut body);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Result<Bytes, FrameError> {
        message(Bytes::copy_from_slice(body), 4)
    }

    #[test]
    fn a_body_is_exactly_one_message() {
        assert_eq!(read(b"\0\0\0\0\x02ab").unwrap(), "ab");
        assert_eq!(read(b"\0\0\0\0\0").unwrap(), "");
        for body in
            [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x02a", b"\0\0\0\0\x02abc", b"\0\0\0\0\0\0\0\0\0\0"]
        {
            assert_eq!(read(body), Err(FrameError::Length), "{body:?}");
        }
    }

    #[test]
    fn a_compressed_message_is_refused() {
        for flag in [1, 2, 255] {
            assert_eq!(read(&[flag, 0, 0, 0, 1, b'a']), Err(FrameError::Compressed));
        }
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_before_it_is_complete() {
        assert_eq!(read(b"\0\0\0\0\x05abcde"), Err(FrameError::TooLong));
        assert_eq!(read(b"\0\xff\xff\xff\xff"), Err(FrameError::TooLong));
        assert!(read(b"\0\0\0\0\x04abcd").is_ok());
    }
}
