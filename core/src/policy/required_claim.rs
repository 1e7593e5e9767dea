//! A claim that a policy requires, wherever it stands: RFC 6901 for paths.

use core::ops::Deref;

use crate::json::{Object, Text, Value};

/// A claim that must be there and not null, and perhaps have a certain value.
///
/// ```
/// use tollgate_core::policy::RequiredClaim;
///
/// // An organisation's own API in Logto:
/// RequiredClaim::name_equal_to("organization_id", "org_1");
/// // A claim whose name is a URL, which a dotted path could not tell from a path:
/// RequiredClaim::name("https://example.com/roles");
/// // A claim within a claim:
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

/// Why a required claim was not satisfied.
pub(super) enum Unsatisfied {
    Missing,
    Mismatch,
}

impl<S> RequiredClaim<S> {
    /// The claim of this name, exactly.
    #[must_use]
    pub const fn name(name: S) -> Self {
        Self { path: Path::Name(name), value: None }
    }

    /// The claim to which this JSON Pointer leads (RFC 6901); a number selects an array's element.
    #[must_use]
    pub const fn pointer(pointer: S) -> Self {
        Self { path: Path::Pointer(pointer), value: None }
    }

    /// The claim of this name, which must also be the string `value`.
    #[must_use]
    pub const fn name_equal_to(name: S, value: S) -> Self {
        Self { path: Path::Name(name), value: Some(value) }
    }

    /// The claim to which this JSON Pointer leads, which must also be the string `value`.
    #[must_use]
    pub const fn pointer_equal_to(pointer: S, value: S) -> Self {
        Self { path: Path::Pointer(pointer), value: Some(value) }
    }

    /// The name or the pointer.
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
    /// The same requirement, borrowed: what a [`Policy`](super::Policy) takes.
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

/// `json-pointer = *( "/" reference-token )` (RFC 6901 §3); the empty one, which means all claims,
/// requires nothing and is no path to a claim.
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

/// Whether a name is what a reference token stands for: `~1` for a slash, `~0` for a tilde.
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
