//! The algorithms and their hash functions: RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2.

use sha2::{Digest, Sha256, Sha384, Sha512};

/// Those of RSA: RFC 7518 §3.3, §3.5.
pub(super) const RSA: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const OTHERS: [&str; 4] = ["ES256", "ES384", "ES512", "EdDSA"];

/// The algorithm of this name, by the one of its names that is used here.
pub(super) fn named(name: &str) -> Option<&'static str> {
    // RFC 9864 §2.2: `Ed25519` is what `EdDSA` means with a key of that curve, and no other is known.
    let name = if name == "Ed25519" { "EdDSA" } else { name };
    OTHERS.into_iter().chain(RSA).find(|known| *known == name)
}

/// The algorithm's hash of a message.
pub(super) fn hash(alg: &str, message: &[u8]) -> Vec<u8> {
    match alg {
        "ES256" | "RS256" | "PS256" => Sha256::digest(message).to_vec(),
        "ES384" | "RS384" | "PS384" => Sha384::digest(message).to_vec(),
        // RFC 8032 §5.1
        "ES512" | "RS512" | "PS512" | "EdDSA" => Sha512::digest(message).to_vec(),
        _ => panic!("{alg}"),
    }
}
