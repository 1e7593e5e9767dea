//! Inputs of the rules as files, for fuzzers to begin with.

use std::fs;
use std::io;
use std::path::Path;

use crate::corpus::{Case, Input, Keys};

/// Writes, for each fuzz target, a folder with an input of every rule.
pub fn write(folder: &Path, rules: &[Case]) -> io::Result<()> {
    for target in ["bearer", "compact", "jwk_set", "verify"] {
        fs::create_dir_all(folder.join(target))?;
    }
    for case in rules {
        let seed =
            |target: &str, bytes: &[u8]| fs::write(folder.join(target).join(&case.id), bytes);
        let header = match &case.input {
            Input::Token(token) => format!("Bearer {token}"),
            Input::AuthorizationHeader(Some(header)) => header.clone(),
            // What is no text is left to the fuzzer.
            _ => continue,
        };
        seed("bearer", header.as_bytes())?;
        seed("verify", header.as_bytes())?;
        seed("compact", header.trim_start_matches("Bearer ").as_bytes())?;
        match &case.keys {
            Keys::Value(json) => seed("jwk_set", json.to_string().as_bytes())?,
            Keys::Text(text) => seed("jwk_set", text.as_bytes())?,
            Keys::Hex(_) => {}
        }
    }
    Ok(())
}
