//! All limits of the core, each with its reason.
//!
//! A limit may be raised in a later version. Real tokens need at least the values named here.

/// The longest token, in bytes. Real access tokens reach 12 KiB, and common HTTP servers refuse header
/// lines that are much longer than 16 KiB.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

/// The longest decoded JOSE header, in bytes. The header is parsed before the signature is verified, so
/// it may be half as long as a token. That leaves room for a certificate chain (`x5c`).
pub const MAX_HEADER_LEN: usize = 8 * 1024;

/// The longest key id, in bytes after unescaping. Thumbprints have 43 or 86 bytes, and the ids of cloud
/// key services nearly 240.
pub const MAX_KEY_ID_LEN: usize = 254;

/// The most operations in the `key_ops` of a JWK, because each is compared with all others. RFC 7517
/// §4.3 defines eight.
pub const MAX_KEY_OPS: usize = 16;

/// The deepest nesting in signed claims and in a JWK set. Tokens with 65 levels exist.
pub const MAX_JSON_DEPTH: usize = 96;

/// The deepest nesting in the header, which is not authenticated yet.
pub const MAX_HEADER_DEPTH: usize = 72;

/// The most member names in one object and the objects around it, together. Finding duplicates without
/// a heap takes time that grows with the square of their number. Tokens of administrators of 140 realms
/// have 150. Names beyond the first 16 MiB of a document exceed this limit, too.
pub const MAX_JSON_NAMES: usize = 160;

/// The most member names in the header. The standards register fewer than 30.
pub const MAX_HEADER_NAMES: usize = 64;

/// The deepest nesting of groups in a policy's [requirements](crate::policy::Requirement). Judging them
/// recurses.
pub const MAX_REQUIREMENT_DEPTH: usize = 8;

/// The largest clock tolerance, in seconds. Clocks that differ by more than an hour are broken, and a
/// token should not outlive its `exp` by more.
pub const MAX_LEEWAY_SECS: u32 = 60 * 60;

/// The latest time in a token, and negated the earliest, in seconds since the epoch: the range of
/// integers that all JSON implementations agree on (RFC 8259 §6).
pub const MAX_UNIX_TIME: i64 = 1 << 53;
