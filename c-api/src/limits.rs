//! Sizes and limits that C has to know. Each is checked here and in the header.

/// The most keys in a key set.
pub const TOLLGATE_MAX_KEYS: usize = 8;

/// The most audiences in a policy.
pub const TOLLGATE_MAX_AUDIENCES: usize = 8;

/// The most required scopes in a policy.
pub const TOLLGATE_MAX_SCOPES: usize = 16;

/// The most claims with scopes in a policy.
pub const TOLLGATE_MAX_SCOPE_CLAIMS: usize = 4;

/// The most requirements in a policy, with their parts.
pub const TOLLGATE_MAX_REQUIREMENTS: usize = 16;

/// The longest token, in bytes.
pub const TOLLGATE_MAX_TOKEN_LEN: usize = 16384;

/// The greatest clock tolerance, in seconds.
pub const TOLLGATE_MAX_LEEWAY: u32 = 3600;

/// `sizeof(tollgate_key_set) / 8`
#[cfg(all(target_pointer_width = "64", not(feature = "large-jwks-keys")))]
pub const TOLLGATE_KEY_SET_WORDS: usize = 400;

/// `sizeof(tollgate_key_set) / 8`
#[cfg(all(target_pointer_width = "64", feature = "large-jwks-keys"))]
pub const TOLLGATE_KEY_SET_WORDS: usize = 1352;

/// `sizeof(tollgate_key_set) / 8`
#[cfg(all(target_pointer_width = "32", not(feature = "large-jwks-keys")))]
pub const TOLLGATE_KEY_SET_WORDS: usize = 384;

/// `sizeof(tollgate_key_set) / 8`
#[cfg(all(target_pointer_width = "32", feature = "large-jwks-keys"))]
pub const TOLLGATE_KEY_SET_WORDS: usize = 1320;

/// `sizeof(tollgate_verdict) / 8`
#[cfg(target_pointer_width = "64")]
pub const TOLLGATE_VERDICT_WORDS: usize = 24;

/// `sizeof(tollgate_verdict) / 8`
#[cfg(target_pointer_width = "32")]
pub const TOLLGATE_VERDICT_WORDS: usize = 16;

/// `sizeof(tollgate_policy)`
#[cfg(target_pointer_width = "64")]
pub const TOLLGATE_POLICY_SIZE: usize = 128;

/// `sizeof(tollgate_policy)`
#[cfg(target_pointer_width = "32")]
pub const TOLLGATE_POLICY_SIZE: usize = 76;

/// `sizeof(tollgate_requirement)`
#[cfg(target_pointer_width = "64")]
pub const TOLLGATE_REQUIREMENT_SIZE: usize = 48;

/// `sizeof(tollgate_requirement)`
#[cfg(target_pointer_width = "32")]
pub const TOLLGATE_REQUIREMENT_SIZE: usize = 32;

const _: () = {
    use tollgate_core::limits::{MAX_LEEWAY_SECS, MAX_TOKEN_LEN};

    assert!(TOLLGATE_MAX_TOKEN_LEN == MAX_TOKEN_LEN);
    assert!(TOLLGATE_MAX_LEEWAY == MAX_LEEWAY_SECS);
    assert!(TOLLGATE_KEY_SET_WORDS * 8 == size_of::<crate::KeySet>());
    assert!(TOLLGATE_VERDICT_WORDS * 8 == size_of::<crate::Verdict>());
    assert!(TOLLGATE_POLICY_SIZE == size_of::<crate::Policy>());
    assert!(TOLLGATE_REQUIREMENT_SIZE == size_of::<crate::Requirement>());
};
