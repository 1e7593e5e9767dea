//! What commands read: files, standard input, and the token on it.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use tollgate_core::{BearerToken, Scratch, limits};

use crate::error::Error;
use crate::show;

/// Memory for verifying any token within the limits.
pub(crate) type TokenScratch = Scratch<{ Scratch::needed_for(limits::MAX_TOKEN_LEN) }>;

/// The maximum size of a file, in bytes. The largest are blobs with many tables, and corpora.
const MAX_FILE_LEN: u64 = 256 << 20;

/// The maximum size of the input that is a token, in bytes. The verifier says by how much a token is too long, so
/// this is far more.
const MAX_TOKEN_INPUT_LEN: u64 = 16 << 20;

/// Reads a file.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|error| Error::File(path.to_owned(), error))?;
    let bytes = bounded(file, MAX_FILE_LEN).map_err(|error| Error::File(path.to_owned(), error))?;
    bytes.ok_or_else(|| Error::TooLarge(path.display().to_string(), MAX_FILE_LEN))
}

/// Reads a file, or standard input if the path is `-`.
pub(crate) fn file_or_stdin(path: &Path) -> Result<Vec<u8>, Error> {
    if path != Path::new("-") {
        return file(path);
    }
    stdin(MAX_FILE_LEN)
}

/// Reads a token from standard input, and prompts for it on a terminal. Removes the line ending.
pub(crate) fn token() -> Result<Vec<u8>, Error> {
    if io::stdin().is_terminal() {
        show::note("Paste the token, then press Enter and Ctrl-D:");
    }
    let mut input = stdin(MAX_TOKEN_INPUT_LEN)?;
    if input.ends_with(b"\n") {
        input.pop();
        if input.ends_with(b"\r") {
            input.pop();
        }
    }
    Ok(input)
}

/// Reads a file with a token, or standard input if the path is `-`. The token may stand alone, after `Bearer` or in a
/// whole header line.
pub(crate) fn token_file(path: &Path) -> Result<Vec<u8>, Error> {
    let input = if path == Path::new("-") { token()? } else { file(path)? };
    let value = authorization_value(&input).trim_ascii();
    let token = match BearerToken::from_header_value(value) {
        Ok(token) => token.as_str().as_bytes(),
        Err(_) => value,
    };
    if token.is_empty() { Err(Error::NoToken) } else { Ok(token.to_vec()) }
}

/// The value of an Authorization header. It may be given as a whole line: `Authorization: Bearer TOKEN`.
pub(crate) fn authorization_value(input: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"authorization:";
    let line = input.trim_ascii_start();
    match line.split_at_checked(NAME.len()) {
        Some((name, value)) if name.eq_ignore_ascii_case(NAME) => value.trim_ascii(),
        _ => input,
    }
}

fn stdin(limit: u64) -> Result<Vec<u8>, Error> {
    let bytes = bounded(io::stdin().lock(), limit).map_err(Error::Input)?;
    bytes.ok_or_else(|| Error::TooLarge("standard input".to_owned(), limit))
}

/// Reads everything; `None` if it is more than `limit` bytes.
fn bounded(source: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = source.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(u64::try_from(read).is_ok_and(|read| read <= limit).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_bounded() {
        assert_eq!(bounded(&b"abc"[..], 3).unwrap(), Some(b"abc".to_vec()));
        assert_eq!(bounded(&b"abcd"[..], 3).unwrap(), None);
        assert_eq!(bounded(io::repeat(0), 1000).unwrap(), None);
    }

    #[test]
    fn a_whole_header_line_is_its_value() {
        for line in [
            "Authorization: Bearer a.b.c",
            "authorization:Bearer a.b.c",
            "  AUTHORIZATION:\tBearer a.b.c \r\n",
        ] {
            assert_eq!(authorization_value(line.as_bytes()), b"Bearer a.b.c", "{line}");
        }
        for other in
            ["Bearer a.b.c", " a.b.c ", "Proxy-Authorization: Bearer a", "authorization", ""]
        {
            assert_eq!(authorization_value(other.as_bytes()), other.as_bytes());
        }
    }
}
