//! Every bound of the core, each with its reason.
//!
//! A bound may be raised, but real tokens need the floors named here.

/// Bytes of a token. Real access tokens reach 12 KiB; common HTTP servers refuse header lines not
/// far beyond 16 KiB, so nothing longer arrives through them anyway.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

/// Bytes of a decoded JOSE header. The header is parsed before anything is authenticated, so it
/// gets half of the token; that leaves room for a certificate chain (`x5c`), which is ignored.
pub const MAX_HEADER_LEN: usize = 8 * 1024;

/// Bytes of a key id, unescaped. Thumbprints take 43 or 86 bytes, cloud providers' names up to 100.
pub const MAX_KEY_ID_LEN: usize = 128;

/// Operations in the `key_ops` of a JWK, each of which is compared with each. RFC 7517 §4.3 has eight.
pub const MAX_KEY_OPS: usize = 16;

/// Levels of nesting in signed claims and in a JWK set. Tokens with 65 levels exist.
pub const MAX_JSON_DEPTH: usize = 96;

/// Levels of nesting in the header, which nobody has authenticated yet.
pub const MAX_HEADER_DEPTH: usize = 72;

/// Member names in one object and the objects around it together. Comparing them for uniqueness
/// without a heap costs the square of their number; tokens with 58 members exist. A name that begins
/// beyond 16 MiB, where no document should be, is one too many as well.
pub const MAX_JSON_NAMES: usize = 128;

/// Member names in the header. The standards register fewer than 30.
pub const MAX_HEADER_NAMES: usize = 64;

/// Seconds of clock tolerance. Clocks that are further apart than an hour are broken, and a token
/// should not outlive its `exp` by more.
pub const MAX_LEEWAY_SECS: u32 = 60 * 60;

/// The latest and, negated, the earliest time that is judged, in seconds since the epoch: the
/// integers that every JSON implementation agrees about (RFC 8259 §6).
pub const MAX_UNIX_TIME: i64 = 1 << 53;
