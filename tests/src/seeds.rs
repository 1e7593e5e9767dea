//! Inputs of the rules as files, for fuzzers to begin with.

use std::fs;
use std::io;
use std::path::Path;

use crate::corpus::{Case, Input, Keys};
use crate::mint::from_base64url;

/// Writes, for each fuzz target that begins with more than nothing, a folder with what the rules put in.
pub fn write(folder: &Path, rules: &[Case]) -> io::Result<()> {
    for case in rules {
        let seed = |target: &str, bytes: &[u8]| {
            fs::create_dir_all(folder.join(target))?;
            fs::write(folder.join(target).join(&case.id), bytes)
        };
        match &case.keys {
            Keys::Value(json) => seed("jwk_set", json.to_string().as_bytes())?,
            Keys::Text(text) => seed("jwk_set", text.as_bytes())?,
            Keys::Hex(_) => {}
        }
        let value = match &case.input {
            Input::Token(token) => format!("Bearer {token}"),
            Input::AuthorizationHeader(Some(value)) => value.clone(),
            // What is no text is left to the fuzzer.
            _ => continue,
        };
        let token = value.trim_start_matches("Bearer ");
        seed("bearer", value.as_bytes())?;
        seed("compact", token.as_bytes())?;
        let mut parts = token.split('.').map(|part| (part, from_base64url(part)));
        if let Some((payload, _)) = parts.clone().nth(1) {
            seed("base64_vs_reference", payload.as_bytes())?;
        }
        let (Some((_, Some(header))), Some((_, Some(claims)))) = (parts.next(), parts.next())
        else {
            continue;
        };
        // Behind a choice of the rules: all that there are.
        seed("header", &[&[0b1011], &header[..]].concat())?;
        for target in ["claims", "json", "json_vs_serde_json"] {
            seed(target, &claims)?;
        }
        // Behind a choice of key and policy, and of no tampering.
        let es384 = header.windows(7).any(|text| text == b"\"ES384\"");
        let signed = [&[es384.into(), 0, 0, 0], &header[..], &[0xff], &claims].concat();
        for target in ["verify", "token_vs_jsonwebtoken"] {
            seed(target, &signed)?;
        }
    }
    Ok(())
}
