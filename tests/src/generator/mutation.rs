//! The ways to change a request.

use std::fmt;

use super::draft::Draft;
use crate::random::Random;

/// One way to spoil a request, or to leave it good in an unusual form.
pub struct Mutation {
    pub(super) area: Area,
    pub(super) name: &'static str,
    pub(super) change: Change,
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.area, self.name)
    }
}

/// What a mutation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Authorization,
    Token,
    Signature,
    Header,
    HeaderJson,
    HeaderBase64,
    Jwk,
    JwkSet,
    Claims,
    Dates,
    Payload,
    PayloadBase64,
    Policy,
}

/// How a mutation works, in the order in which they are applied.
pub(super) enum Change {
    /// On members, keys and policy.
    Draft(fn(&mut Draft, &mut Random)),
    /// On the text of the header.
    HeaderJson(fn(&mut Vec<u8>, &mut Random)),
    /// On the text of the claims.
    PayloadJson(fn(&mut Vec<u8>, &mut Random)),
    /// On the first part, before it is signed.
    HeaderPart(fn(&mut String, &mut Random)),
    /// On the second part, before it is signed.
    PayloadPart(fn(&mut String, &mut Random)),
    /// On the signature.
    Signature(fn(&mut Vec<u8>, &Draft, &mut Random)),
    /// On the signed token.
    Token(fn(&mut Vec<u8>, &mut Random)),
    /// On the field lines.
    Lines(fn(&mut Vec<Vec<u8>>, &mut Random)),
}
