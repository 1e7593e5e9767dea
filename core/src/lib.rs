#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

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
mod header;
mod header_member;
pub mod json;
mod jwk;
mod key;
mod key_set;
pub mod limits;
mod part;
pub mod policy;
pub mod provisioned;
mod rejection;
#[cfg(feature = "rustcrypto")]
pub mod rustcrypto;
mod scratch;
mod signature;
mod time;
mod verifier;

pub use accepted::AcceptedToken;
pub use algorithm::Algorithm;
pub use bearer::BearerToken;
pub use claim::Claim;
pub use claims::{Audiences, Claims, SignedClaims};
pub use compact::CompactJws;
pub use engine::{InvalidSignature, SignatureVerifier};
pub use header::{Candidate, Header, HeaderRules, TypRule};
pub use header_member::HeaderMember;
pub use jwk::{EcPublicKey, UnusableKey};
pub use key::{Key, KeyId};
pub use key_set::{KeySet, KeySetError, SelectedKey};
pub use part::Part;
pub use policy::Policy;
pub use rejection::{Challenge, Rejection, Stage};
pub use scratch::Scratch;
pub use signature::VerifiedPayload;
pub use time::{Leeway, Now, NumericDate, UnixTime};
pub use verifier::Verifier;

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::panic::catch_unwind;

    /// A number that wraps around fails a test only where that is noticed, as it is not in a release.
    #[test]
    #[cfg_attr(not(debug_assertions), ignore = "a release has no overflow checks")]
    fn overflow_is_noticed_by_tests() {
        #[allow(clippy::arithmetic_side_effects, reason = "overflows on purpose")]
        let overflow = || black_box(u8::MAX) + 1;
        assert!(catch_unwind(overflow).is_err(), "this profile has no overflow checks");
    }
}
