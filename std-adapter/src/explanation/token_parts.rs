//! [`TokenParts`]: the header and the claims of a token, read without verifying it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use tollgate_core::policy::ClaimPath;

use crate::required_claims::claim_path;
use crate::untrusted::{Excerpt, MAX_EXCERPT, compact_json};

/// The header and the claims of a token. **Anyone can have written them.**
pub(super) struct TokenParts {
    header: Members,
    claims: Members,
}

/// The members of a JSON object, as they are written; empty if it is malformed.
type Members = BTreeMap<String, Box<RawValue>>;

impl TokenParts {
    pub(super) fn decode(token: &str) -> Self {
        let mut parts = token.split('.').map(members);
        let mut next = || parts.next().unwrap_or_default();
        Self { header: next(), claims: next() }
    }

    /// The value of a member of the header, escaped and cut.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.header.get(name).map(|value| excerpt(value))
    }

    /// The value of a claim, escaped and cut.
    pub(super) fn claim(&self, name: &str) -> Option<String> {
        self.claims.get(name).map(|value| excerpt(value))
    }

    /// The value of a claim by its name, or by a JSON Pointer (RFC 6901), which begins with a slash.
    pub(super) fn claim_at(&self, path: &str) -> Option<String> {
        self.value_at(path).map(|value| excerpt(&value))
    }

    /// The type and the value of a claim by its name, or by a JSON Pointer.
    pub(super) fn typed_claim_at(&self, path: &str) -> Option<String> {
        self.value_at(path).map(|value| typed(&value))
    }

    fn value_at(&self, path: &str) -> Option<Box<RawValue>> {
        match claim_path(path) {
            ClaimPath::Name(name) => self.claims.get(name).cloned(),
            ClaimPath::Pointer(pointer) => {
                let claims = serde_json::to_value(&self.claims).ok()?;
                serde_json::value::to_raw_value(claims.pointer(pointer)?).ok()
            }
        }
    }

    /// The type and the value of a member of the header.
    pub(super) fn typed_header(&self, name: &str) -> Option<String> {
        self.header.get(name).map(|value| typed(value))
    }

    /// The type and the value of a claim.
    pub(super) fn typed_claim(&self, name: &str) -> Option<String> {
        self.claims.get(name).map(|value| typed(value))
    }
}

fn members(part: &str) -> Members {
    let json = base64url(part).and_then(|bytes| String::from_utf8(bytes).ok());
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

fn excerpt(value: &RawValue) -> String {
    if let Ok(text) = serde_json::from_str::<String>(value.get()) {
        return Excerpt(&text).to_string();
    }
    let json = compact_json(value.get());
    match json.char_indices().nth(MAX_EXCERPT) {
        Some((end, _)) => format!("{}…", json.get(..end).unwrap_or_default()),
        None => json,
    }
}

fn typed(value: &RawValue) -> String {
    let kind = match value.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => return "null".to_owned(),
        _ => "a number",
    };
    format!("{kind}: {}", excerpt(value))
}

/// Decodes base64url, with or without padding (RFC 7515 §2). Tokens are judged by the core's strict decoder.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = ((bits << 6) | u32::from(value)) & 0xffff;
        count = count.saturating_add(6);
        if let Some(rest) = count.checked_sub(8) {
            count = rest;
            bytes.push(u8::try_from((bits >> rest) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
