//! Compares the core with second opinions, each in the file of its name.

pub mod base64ct;
pub mod dalek;
pub mod jsonwebtoken;
pub mod oracle;
pub mod rsa;
pub mod rustcrypto;
pub mod serde_json;
