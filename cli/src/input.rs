//! What commands read: files, standard input, and the token on it.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use tollgate_core::{Scratch, limits};

use crate::error::Error;

/// Memory for verifying any token within the limits.
pub(crate) type TokenScratch = Scratch<{ Scratch::needed_for(limits::MAX_TOKEN_LEN) }>;

/// Reads a file.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| Error::File(path.to_owned(), error))
}

/// Reads a file, or standard input if the path is `-`.
pub(crate) fn file_or_stdin(path: &Path) -> Result<Vec<u8>, Error> {
    if path != Path::new("-") {
        return file(path);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(Error::Input)?;
    Ok(bytes)
}

/// Reads a token from standard input, and prompts for it on a terminal. Removes the line ending.
pub(crate) fn token() -> Result<Vec<u8>, Error> {
    // Far more than any token. The verifier refuses what is too long.
    const LIMIT: u64 = 64 << 20;
    let stdin = io::stdin();
    if stdin.is_terminal() {
        anstream::eprintln!("Paste the token, then press Enter and Ctrl-D:");
    }
    let mut input = Vec::new();
    stdin.lock().take(LIMIT).read_to_end(&mut input).map_err(Error::Input)?;
    if input.ends_with(b"\n") {
        input.pop();
        if input.ends_with(b"\r") {
            input.pop();
        }
    }
    Ok(input)
}
