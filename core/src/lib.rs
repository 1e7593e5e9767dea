#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate std;

mod accepted;
mod algorithm;
mod base64url;
mod bearer;
mod claim;
mod claims;
mod compact;
mod engine;
pub mod engines;
mod header;
mod header_member;
pub mod json;
mod jwk;
mod key;
mod key_set;
pub mod limits;
mod names_macro;
mod number;
mod part;
pub mod policy;
mod reasons_macro;
mod rejection;
mod scan;
mod scopes;
mod scratch;
mod signature;
mod time;
mod verifier;

pub use accepted::AcceptedToken;
pub use algorithm::{Algorithm, Algorithms, KeyAlgorithms};
pub use bearer::BearerToken;
pub use claim::Claim;
pub use claims::{Audiences, Claims, SignedClaims};
pub use compact::CompactJws;
pub use engine::{InvalidSignature, SignatureVerifier};
pub use header::{Candidate, Header, HeaderRules, TypRule};
pub use header_member::HeaderMember;
pub use jwk::{Jwk, KeyType, KeyUse, UnusableKey};
pub use key::{Key, KeyId};
pub use key_set::{KeySet, KeySetError, SelectedKey};
pub use part::Part;
pub use policy::Policy;
pub use rejection::{Challenge, Reason, Rejection, Stage};
pub use scopes::Scopes;
pub use scratch::Scratch;
pub use signature::VerifiedPayload;
pub use time::{Leeway, Now, NumericDate, UnixTime};
pub use verifier::Verifier;

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::panic::catch_unwind;

    /// Tests find arithmetic overflow only if the profile checks for it, which release does not.
    #[test]
    #[cfg_attr(not(debug_assertions), ignore = "release builds do not check for overflow")]
    fn overflow_is_noticed_by_tests() {
        #[allow(clippy::arithmetic_side_effects, reason = "overflows on purpose")]
        let overflow = || black_box(u8::MAX) + 1;
        assert!(catch_unwind(overflow).is_err(), "this profile does not check for overflow");
    }
}
