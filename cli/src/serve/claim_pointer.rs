//! [`ClaimPointer`]: the place of a claim as a JSON Pointer (RFC 6901).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

/// The place of a claim in a token, such as `/email` or `/realm_access/roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClaimPointer {
    text: String,
    /// The reference tokens, unescaped; at least one.
    tokens: Vec<String>,
}

impl ClaimPointer {
    /// Parses a pointer to a claim or to a part of one; `None` if it is malformed, or points to all claims.
    ///
    /// `json-pointer = *( "/" reference-token )` (RFC 6901 §3)
    pub(super) fn parse(text: &str) -> Option<Self> {
        let tokens = text.strip_prefix('/')?.split('/').map(unescape).collect::<Option<_>>()?;
        Some(Self { text: text.to_owned(), tokens })
    }

    /// The name of the claim.
    pub(super) fn claim(&self) -> &str {
        self.tokens.first().map_or("", String::as_str)
    }

    /// Finds the value, as the token writes it.
    pub(super) fn find<'a>(&self, claims: &Claims<'a>) -> Option<&'a RawValue> {
        let (claim, rest) = self.tokens.split_first()?;
        rest.iter().try_fold(claims.get(claim)?, |value, token| {
            let json = value.get();
            match json.as_bytes().first()? {
                b'{' => parse::<Members<'_>>(json)?.remove(token),
                // Without leading zeros (RFC 6901 §4).
                b'[' if token == "0" || !token.starts_with(['0', '+']) => {
                    parse::<Vec<&RawValue>>(json)?.get(token.parse::<usize>().ok()?).copied()
                }
                _ => None,
            }
        })
    }
}

impl fmt::Display for ClaimPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The claims of an accepted token by their names.
pub(super) struct Claims<'a>(Members<'a>);

impl<'a> Claims<'a> {
    /// Reads the claims of an accepted token, which the verifier has checked to be strict JSON.
    pub(super) fn read(json: &'a str) -> Self {
        Self(parse(json).unwrap_or_default())
    }

    /// The value of a claim, as the token writes it.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied()
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Option<T> {
    serde_json::from_str(json).ok()
}

/// `escaped = "~" ( "0" / "1" )`, for `~` and `/` (RFC 6901 §3)
fn unescape(token: &str) -> Option<String> {
    let mut pieces = token.split('~');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        match piece.split_at_checked(1)? {
            ("0", rest) => text.extend(["~", rest]),
            ("1", rest) => text.extend(["/", rest]),
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{
        "email": "a@example.com", "big": 12345678901234567890123, "": 1, "a/b": 2, "m~n": 3, "~1": 4,
        "realm_access": { "roles": ["x", { "name": "y" }] }, "\u00fc": 5, "null": null
    }"#;

    fn find(pointer: &str) -> Option<&'static str> {
        let claims = Claims::read(CLAIMS);
        ClaimPointer::parse(pointer).unwrap().find(&claims).map(RawValue::get)
    }

    #[test]
    fn pointers_lead_into_objects_and_arrays() {
        for (pointer, value) in [
            ("/email", "\"a@example.com\""),
            ("/big", "12345678901234567890123"),
            ("/", "1"),
            ("/a~1b", "2"),
            ("/m~0n", "3"),
            ("/~01", "4"),
            ("/ü", "5"),
            ("/null", "null"),
            ("/realm_access/roles/0", "\"x\""),
            ("/realm_access/roles/1/name", "\"y\""),
        ] {
            assert_eq!(find(pointer), Some(value), "{pointer}");
        }
    }

    #[test]
    fn pointers_to_nothing_find_nothing() {
        for pointer in [
            "/Email",
            "/email/0",
            "/realm_access/roles/2",
            "/realm_access/roles/00",
            "/realm_access/roles/+1",
            "/realm_access/roles/-",
            "/realm_access/roles/-1",
            "/realm_access/roles/99999999999999999999",
            "/realm_access//roles",
            "/null/a",
            "/a/b",
        ] {
            assert_eq!(find(pointer), None, "{pointer}");
        }
    }

    #[test]
    fn malformed_pointers_are_none() {
        for pointer in ["", "email", "#/email", "/a~", "/a~2", "/~~", "$.email"] {
            assert_eq!(ClaimPointer::parse(pointer), None, "{pointer}");
        }
    }
}
