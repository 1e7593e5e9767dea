//! Limits that no standard sets; the core's documentation gives the reasons.

/// The room for keys, which the user of the core chooses.
pub const CAPACITY: usize = 128;

/// Bytes of a token.
pub(super) const TOKEN: usize = 16 * 1024;
/// Bytes of a decoded header.
pub(super) const HEADER: usize = 8 * 1024;
/// Bytes of a key's id.
pub(super) const KEY_ID: usize = 254;
/// Operations that a key is for.
pub(super) const KEY_OPS: usize = 16;
/// Levels of nesting in claims and in a JWK set.
pub(super) const DEPTH: usize = 96;
/// Levels of nesting in the header.
pub(super) const HEADER_DEPTH: usize = 72;
/// Names in an object and those around it together.
pub(super) const NAMES: usize = 160;
/// The same in the header.
pub(super) const HEADER_NAMES: usize = 64;
