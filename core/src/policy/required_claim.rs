//! A claim that a policy requires, by name or by path: RFC 6901.

use core::ops::Deref;

use crate::json::{Object, Text, Value};

/// A claim that must be present and not null, and may be required to have a certain value.
///
/// ```
/// use tollgate_core::policy::RequiredClaim;
///
/// // An organisation's own API in Logto:
/// RequiredClaim::name_equal_to("organization_id", "org_1");
/// // A claim with a URL as its name, which would be ambiguous as a dotted path:
/// RequiredClaim::name("https://example.com/roles");
/// // A claim inside another claim:
/// RequiredClaim::pointer("/realm_access/roles");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequiredClaim<S> {
    path: Path<S>,
    value: Option<S>,
}

#[derive(Clone, Copy, Debug)]
enum Path<S> {
    Name(S),
    Pointer(S),
}

/// The reasons why a requirement is not met.
pub(super) enum Unsatisfied {
    Missing,
    Mismatch,
}

impl<S> RequiredClaim<S> {
    /// Requires a claim with exactly this name.
    #[must_use]
    pub const fn name(name: S) -> Self {
        Self { path: Path::Name(name), value: None }
    }

    /// Requires a claim at a JSON Pointer (RFC 6901). A number selects an element of an array.
    #[must_use]
    pub const fn pointer(pointer: S) -> Self {
        Self { path: Path::Pointer(pointer), value: None }
    }

    /// Requires a claim with exactly this name and the string `value`.
    #[must_use]
    pub const fn name_equal_to(name: S, value: S) -> Self {
        Self { path: Path::Name(name), value: Some(value) }
    }

    /// Requires a claim at a JSON Pointer with the string `value`.
    #[must_use]
    pub const fn pointer_equal_to(pointer: S, value: S) -> Self {
        Self { path: Path::Pointer(pointer), value: Some(value) }
    }

    /// Returns the name or the pointer.
    #[must_use]
    pub const fn path(&self) -> &S {
        match &self.path {
            Path::Name(path) | Path::Pointer(path) => path,
        }
    }

    pub(super) const fn as_pointer(&self) -> Option<&S> {
        match &self.path {
            Path::Name(_) => None,
            Path::Pointer(pointer) => Some(pointer),
        }
    }
}

impl<S: Deref<Target = str>> RequiredClaim<S> {
    /// Borrows the texts, as a [`Policy`](super::Policy) needs them.
    #[must_use]
    pub fn as_deref(&self) -> RequiredClaim<&str> {
        let path = match &self.path {
            Path::Name(name) => Path::Name(&**name),
            Path::Pointer(pointer) => Path::Pointer(&**pointer),
        };
        RequiredClaim { path, value: self.value.as_deref() }
    }
}

impl RequiredClaim<&str> {
    pub(super) fn check(&self, claims: Object<'_>) -> Result<(), Unsatisfied> {
        let found = match &self.path {
            Path::Name(name) => claims.get(name),
            Path::Pointer(pointer) => follow(claims, pointer),
        };
        match (found, &self.value) {
            (None | Some(Value::Null), _) => Err(Unsatisfied::Missing),
            (Some(Value::String(text)), Some(value)) if text == **value => Ok(()),
            (Some(_), Some(_)) => Err(Unsatisfied::Mismatch),
            (Some(_), None) => Ok(()),
        }
    }
}

/// `json-pointer = *( "/" reference-token )` (RFC 6901 §3). The empty one is refused, because it points
/// to all claims and would require nothing.
pub(super) const fn is_json_pointer(mut pointer: &[u8]) -> bool {
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
    use super::*;
    use crate::json::Bounds;

    const CLAIMS: &[u8] = br#"{"a":{"b":[10,{"c":"x"}],"":1},"a.b":2,"m~n":3,"https://x/y":4,
        "null":null,"org":"o\u0031"}"#;

    fn found(claim: RequiredClaim<&str>) -> bool {
        claim.check(Object::parse(CLAIMS, Bounds::WIDEST).unwrap()).is_ok()
    }

    #[test]
    fn claims_are_found_by_name_and_by_pointer() {
        for name in ["a", "a.b", "m~n", "https://x/y", "org"] {
            assert!(found(RequiredClaim::name(name)), "{name}");
        }
        for pointer in
            ["/a", "/a/b", "/a/b/0", "/a/b/1/c", "/a/", "/m~0n", "/https:~1~1x~1y", "/a.b"]
        {
            assert!(found(RequiredClaim::pointer(pointer)), "{pointer}");
        }
    }

    #[test]
    fn missing_and_null_claims_are_not_found() {
        for name in ["b", "/a", "A", "null", ""] {
            assert!(!found(RequiredClaim::name(name)), "{name}");
        }
        for pointer in ["/b", "/a/c", "/a/b/2", "/a/b/01", "/a/b/-", "/a/b/c", "/a/b/0/c", "/null"]
        {
            assert!(!found(RequiredClaim::pointer(pointer)), "{pointer}");
        }
    }

    #[test]
    fn a_required_value_is_compared_exactly() {
        assert!(found(RequiredClaim::name_equal_to("org", "o1")));
        assert!(!found(RequiredClaim::name_equal_to("org", "o")));
        assert!(!found(RequiredClaim::name_equal_to("a.b", "2")));
        assert!(!found(RequiredClaim::name_equal_to("b", "o1")));
    }

    #[test]
    fn pointers_begin_with_a_slash() {
        for pointer in ["/", "/a", "/a/b", "/~0", "/~1"] {
            assert!(is_json_pointer(pointer.as_bytes()), "{pointer}");
        }
        for pointer in ["", "a", "a/b", "/~", "/~2", "#/a"] {
            assert!(!is_json_pointer(pointer.as_bytes()), "{pointer}");
        }
    }
}
