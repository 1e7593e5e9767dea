//! Where a claim stands: [`ClaimPath`], by name or by JSON Pointer (RFC 6901).

use core::ops::Deref;

use crate::claim::Claim;
use crate::json::{Object, Text, Value};

/// Where a claim stands among the claims of a token.
///
/// ```
/// use tollgate_core::policy::ClaimPath;
///
/// // A claim with a URL as its name, which would be ambiguous as a dotted path:
/// ClaimPath::Name("https://example.com/roles");
/// // A claim inside another claim:
/// ClaimPath::Pointer("/realm_access/roles");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimPath<S> {
    /// The claim with exactly this name.
    Name(S),
    /// The value at this JSON Pointer. A number selects an element of an array.
    Pointer(S),
}

impl<S> ClaimPath<S> {
    /// Returns the name or the pointer.
    #[must_use]
    pub const fn value(&self) -> &S {
        match self {
            Self::Name(path) | Self::Pointer(path) => path,
        }
    }
}

impl<S: Deref<Target = str>> ClaimPath<S> {
    /// Borrows the text, as a [`Policy`](super::Policy) needs it.
    #[must_use]
    pub fn as_deref(&self) -> ClaimPath<&str> {
        match self {
            Self::Name(name) => ClaimPath::Name(name),
            Self::Pointer(pointer) => ClaimPath::Pointer(pointer),
        }
    }
}

impl ClaimPath<&str> {
    /// Returns the value that stands there.
    #[must_use]
    pub fn find<'b>(&self, claims: Object<'b>) -> Option<Value<'b>> {
        match self {
            Self::Name(name) => claims.get(name),
            Self::Pointer(pointer) => follow(claims, pointer),
        }
    }

    /// Returns the standard claim that is read, if it is one, whole or in part.
    pub(super) fn standard_claim(&self) -> Option<Claim> {
        let name = match self {
            Self::Name(name) => name,
            Self::Pointer(pointer) => pointer.get(1..)?.split(['/']).next()?,
        };
        Claim::named(name)
    }

    /// Names are always valid. A pointer is `*( "/" reference-token )` (RFC 6901 §3); the empty one is
    /// not valid here, because it points to all claims.
    pub(super) const fn is_valid(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Pointer(pointer) => is_json_pointer(pointer.as_bytes()),
        }
    }
}

const fn is_json_pointer(mut pointer: &[u8]) -> bool {
    if !matches!(pointer, [b'/', ..]) {
        return false;
    }
    while let [byte, rest @ ..] = pointer {
        if matches!(byte, b'~') && !matches!(rest, [b'0' | b'1', ..]) {
            return false;
        }
        pointer = rest;
    }
    true
}

fn follow<'b>(claims: Object<'b>, pointer: &str) -> Option<Value<'b>> {
    pointer.strip_prefix('/')?.split(['/']).try_fold(Value::Object(claims), |value, token| {
        match value {
            Value::Object(object) => {
                object.members().find_map(|(name, value)| is_token(name, token).then_some(value))
            }
            // Without leading zeros (RFC 6901 §4).
            Value::Array(array) if token == "0" || !token.starts_with(['0', '+']) => {
                array.elements().nth(token.parse().ok()?)
            }
            _ => None,
        }
    })
}

/// Returns whether a name matches a reference token, where `~1` is a slash and `~0` a tilde.
fn is_token(name: Text<'_>, token: &str) -> bool {
    let mut characters = token.chars();
    let unescaped = core::iter::from_fn(|| match characters.next()? {
        '~' => Some(if characters.next()? == '1' { '/' } else { '~' }),
        other => Some(other),
    });
    name.chars().eq(unescaped)
}

#[cfg(test)]
mod tests {
    use super::ClaimPath::{Name, Pointer};
    use super::*;
    use crate::json::Bounds;

    const CLAIMS: &[u8] = br#"{"a":{"b":[10,{"c":"x"}],"":1},"a.b":2,"m~n":3,"https://x/y":4,
        "org":"o\u0031"}"#;

    fn found(path: ClaimPath<&str>) -> bool {
        path.find(Object::parse(CLAIMS, Bounds::WIDEST).unwrap()).is_some()
    }

    #[test]
    fn claims_are_found_by_name_and_by_pointer() {
        for name in ["a", "a.b", "m~n", "https://x/y", "org"] {
            assert!(found(Name(name)), "{name}");
        }
        for pointer in
            ["/a", "/a/b", "/a/b/0", "/a/b/1/c", "/a/", "/m~0n", "/https:~1~1x~1y", "/a.b"]
        {
            assert!(found(Pointer(pointer)), "{pointer}");
        }
    }

    #[test]
    fn what_is_elsewhere_is_not_found() {
        for name in ["b", "/a", "A", ""] {
            assert!(!found(Name(name)), "{name}");
        }
        for pointer in ["/b", "/a/c", "/a/b/2", "/a/b/01", "/a/b/-", "/a/b/c", "/a/b/0/c"] {
            assert!(!found(Pointer(pointer)), "{pointer}");
        }
    }

    #[test]
    fn pointers_begin_with_a_slash() {
        for pointer in ["/", "/a", "/a/b", "/~0", "/~1"] {
            assert!(Pointer(pointer).is_valid(), "{pointer}");
        }
        for pointer in ["", "a", "a/b", "/~", "/~2", "#/a"] {
            assert!(!Pointer(pointer).is_valid(), "{pointer}");
            assert!(Name(pointer).is_valid(), "{pointer}");
        }
    }
}
