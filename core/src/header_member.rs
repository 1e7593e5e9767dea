//! The members of the JOSE header that have rules: RFC 7515 §4.1.

use crate::names_macro::names;

names! {
/// A member of the JOSE header that has a rule of its own.
///
/// ```
/// use tollgate_core::{HeaderMember, Rejection};
///
/// let rejection = Rejection::HeaderMemberType(HeaderMember::Kid);
/// assert_eq!(rejection.to_string(), "kid in the header has the wrong type");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderMember {
    /// The algorithm: `alg`, RFC 7515 §4.1.1.
    Alg = "alg",
    /// The key's identifier: `kid`, RFC 7515 §4.1.4.
    Kid = "kid",
    /// The kind of token: `typ`, RFC 7515 §4.1.9.
    Typ = "typ",
    /// The kind of payload: `cty`, RFC 7515 §4.1.10.
    Cty = "cty",
    /// The members that must be understood: `crit`, RFC 7515 §4.1.11.
    Crit = "crit",
}
}
