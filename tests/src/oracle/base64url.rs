//! Base64url without padding, bit by bit: RFC 4648 §4, §5, RFC 7515 §2.

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Decodes `text`, if it is the canonical encoding of its bytes.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for character in text.chars() {
        let sextet = ALPHABET.find(character)?;
        bits.extend((0..6).rev().map(|bit| sextet >> bit & 1 == 1));
    }
    let bytes = bits.chunks_exact(8);
    let rest = bytes.remainder();
    // Six bits left over are one character too many. Bits left over must be zero (§3.5).
    if rest.len() == 6 || rest.contains(&true) {
        return None;
    }
    Some(bytes.map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect())
}

/// The most bytes that this many characters can encode.
pub(super) fn room(characters: usize) -> usize {
    characters * 6 / 8
}

/// Encodes `bytes`.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut bits: Vec<bool> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    bits.resize(bits.len().div_ceil(6) * 6, false);
    let sextets =
        bits.chunks(6).map(|six| six.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit)));
    sextets.map(|sextet| char::from(ALPHABET.as_bytes()[sextet])).collect()
}
