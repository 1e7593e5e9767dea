#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

#[cfg(test)]
extern crate std;

mod accepted;
mod algorithm;
mod base64url;
mod bearer;
mod claims;
mod compact;
mod header;
pub mod json;
mod jwk;
mod key;
mod key_set;
pub mod limits;
pub mod policy;
pub mod provisioned;
#[cfg(feature = "reference")]
pub mod reference;
mod rejection;
mod scratch;
mod signature;
mod time;
mod verifier;

pub use accepted::AcceptedToken;
pub use algorithm::Algorithm;
pub use bearer::BearerToken;
pub use claims::{Audiences, Claims, SignedClaims};
pub use compact::CompactJws;
pub use header::{Candidate, Header, HeaderRules, TypRule};
pub use jwk::{EcPublicKey, UnusableKey};
pub use key::{Key, KeyId};
pub use key_set::{KeySet, KeySetError, SelectedKey};
pub use policy::Policy;
pub use rejection::{Challenge, Claim, HeaderMember, Part, Rejection};
pub use scratch::Scratch;
pub use signature::{InvalidSignature, SignatureVerifier, VerifiedPayload};
pub use time::{Leeway, Now, NumericDate, UnixTime};
pub use verifier::Verifier;
