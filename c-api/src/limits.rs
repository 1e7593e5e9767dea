//! Sizes and limits that C has to know. Each is checked here and in the header.

/// The most keys in a key set.
pub const TOLLGATE_MAX_KEYS: usize = 8;

/// The most audiences in a policy.
pub const TOLLGATE_MAX_AUDIENCES: usize = 8;

/// The most required scopes in a policy.
pub const TOLLGATE_MAX_SCOPES: usize = 16;

/// The longest token, in bytes.
pub const TOLLGATE_MAX_TOKEN_LEN: usize = 16384;

/// The greatest clock tolerance, in seconds.
pub const TOLLGATE_MAX_LEEWAY: u32 = 3600;

/// `sizeof(tollgate_key_set) / 8`
#[cfg(target_pointer_width = "64")]
pub const TOLLGATE_KEY_SET_WORDS: usize = 288;

/// `sizeof(tollgate_key_set) / 8`
#[cfg(target_pointer_width = "32")]
pub const TOLLGATE_KEY_SET_WORDS: usize = 264;

/// `sizeof(tollgate_verdict) / 8`
#[cfg(target_pointer_width = "64")]
pub const TOLLGATE_VERDICT_WORDS: usize = 24;

/// `sizeof(tollgate_verdict) / 8`
#[cfg(target_pointer_width = "32")]
pub const TOLLGATE_VERDICT_WORDS: usize = 16;

/// `sizeof(tollgate_policy)`
#[cfg(target_pointer_width = "64")]
pub const TOLLGATE_POLICY_SIZE: usize = 96;

/// `sizeof(tollgate_policy)`
#[cfg(target_pointer_width = "32")]
pub const TOLLGATE_POLICY_SIZE: usize = 60;

const _: () = {
    use tollgate_core::limits::{MAX_LEEWAY_SECS, MAX_TOKEN_LEN};

    assert!(TOLLGATE_MAX_TOKEN_LEN == MAX_TOKEN_LEN);
    assert!(TOLLGATE_MAX_LEEWAY == MAX_LEEWAY_SECS);
    assert!(TOLLGATE_KEY_SET_WORDS * 8 == size_of::<crate::KeySet>());
    assert!(TOLLGATE_VERDICT_WORDS * 8 == size_of::<crate::Verdict>());
    assert!(TOLLGATE_POLICY_SIZE == size_of::<crate::Policy>());
};
