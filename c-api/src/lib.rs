#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![doc = include_str!("../README.md")]

#[cfg(not(any(feature = "ecdsa", feature = "eddsa", feature = "rsa")))]
compile_error!("choose at least one algorithm: es256, es384, es512, eddsa, or rs256 to ps512");
#[cfg(all(
    feature = "rsa",
    not(any(
        feature = "rs256",
        feature = "rs384",
        feature = "rs512",
        feature = "ps256",
        feature = "ps384",
        feature = "ps512",
    ))
))]
compile_error!("choose at least one algorithm of RSA: rs256 to ps512");
#[cfg(all(
    any(feature = "ecdsa", feature = "eddsa"),
    not(any(
        feature = "comb-4x1",
        feature = "comb-5x1",
        feature = "comb-5x2",
        feature = "comb-6x2",
        feature = "comb-7x2",
        feature = "comb-8x2",
        feature = "comb-8x4",
        feature = "comb-10x2",
    ))
))]
compile_error!("choose at least one of the features comb-4x1 to comb-10x2");

mod buffer;
mod challenge;
mod claims;
mod engine;
mod key_set;
mod limits;
mod memory;
#[cfg(not(any(test, feature = "std")))]
mod panic;
mod policy;
mod reason;
mod requirement;
mod result;
mod text;
mod verdict;
mod verify;
mod version;

pub use challenge::{tollgate_challenge, tollgate_message};
pub use claims::{
    ClaimType, tollgate_claim_has_word, tollgate_claim_integer, tollgate_claim_string,
    tollgate_claim_type,
};
pub use key_set::{
    KeySet, tollgate_keys_from_blob, tollgate_keys_from_jwks, tollgate_keys_from_trusted_blob,
};
pub use limits::*;
pub use policy::{Algorithms, Clock, Policy, Profile, ProofOfPossession};
pub use reason::{tollgate_http_status, tollgate_reason};
pub use requirement::{Requirement, Test, Type};
pub use result::{Code, Outcome};
pub use text::Str;
pub use verdict::Verdict;
pub use verify::{tollgate_verify, tollgate_verify_token};
pub use version::{TOLLGATE_VERSION, tollgate_version};
