//! SPIFFE trust domains, whose JWT-SVIDs need no `iss`.

use tollgate_core::KeyUse;
use tollgate_core::policy::{ClaimTest, Requirement};

/// The scheme of SPIFFE IDs.
const SCHEME: &str = "spiffe://";

/// The longest name of a trust domain, in bytes (SPIFFE ID §2.1).
const MAX_LEN: usize = 255;

/// The values of `typ` that a JWT-SVID may have, unless it has none (JWT-SVID §2.3).
pub(crate) const TYP: [&str; 2] = ["JWT", "JOSE"];

/// Returns whether this is the name of a trust domain, such as `example.org`: lower-case letters, digits, dots,
/// hyphens and underscores (SPIFFE ID §2.1).
pub(crate) fn is_name(name: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    (1..=MAX_LEN).contains(&name.len()) && name.bytes().all(is_allowed)
}

/// Returns the SPIFFE ID of a trust domain.
pub(crate) fn id(name: &str) -> String {
    format!("{SCHEME}{name}")
}

/// Returns whether this is the SPIFFE ID of a trust domain.
pub(crate) fn is_id(text: &str, name: &str) -> bool {
    text.strip_prefix(SCHEME) == Some(name)
}

/// Requires that `sub` is a SPIFFE ID in the trust domain (JWT-SVID §3.1). A token with another `sub` is invalid.
pub(crate) fn requirement(name: &str) -> Requirement<String> {
    let prefix = format!("{}/", id(name));
    Requirement::name("sub".to_owned(), ClaimTest::StartsWith(prefix)).for_validity()
}

/// Returns the use that the keys of this issuer may have. The name of a trust domain is its SPIFFE ID.
pub(crate) fn key_use(issuer: &str) -> KeyUse {
    if issuer.starts_with(SCHEME) { KeyUse::JwtSvid } else { KeyUse::Signature }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_standard() {
        for name in ["example.org", "prod-1.example.org", "a_b", &"a".repeat(255)] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "Example.org",
            "spiffe://example.org",
            "example.org/a",
            "a:1",
            "ä",
            &"a".repeat(256),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
