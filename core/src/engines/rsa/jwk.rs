//! Reads an RSA public key from a JWK: RFC 7518 §6.3.

use super::engine::{RsaKey, RsaKeyBytes};
use super::error::InvalidRsaKey;
use super::public_key::RsaPublicKey;
use super::{Capacity, Schemes};
use crate::algorithm::KeyAlgorithms;
use crate::base64url;
use crate::jwk::{Jwk, KeyType, UnusableKey};

/// The longest modulus, and the octet in front of it that is tolerated.
const MAX_LEN: usize = 513;
/// The length of the longest modulus in base64url.
const MAX_TEXT_LEN: usize = 684;
/// The members that only private keys have, besides `d`: RFC 7518 §6.3.2.
const PRIVATE: [&str; 6] = ["p", "q", "dp", "dq", "qi", "oth"];

impl TryFrom<&Jwk<'_>> for RsaPublicKey {
    type Error = UnusableKey;

    /// Not inlined, so that its stack is free again when an engine is made.
    #[inline(never)]
    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        if jwk.key_type() != KeyType::Rsa {
            return Err(UnusableKey::NotForThisEngine);
        }
        if PRIVATE.iter().any(|name| jwk.has_member(name)) {
            return Err(UnusableKey::PrivateKey);
        }
        jwk.algorithms(KeyAlgorithms::RSA)?;
        let (mut n, mut e) = ([0; MAX_LEN], [0; 8]);
        // The length is checked before the text is decoded.
        let n = decode(jwk, "n", &mut n).map_err(|too_long| match too_long {
            true => UnusableKey::RsaBits,
            false => UnusableKey::RsaEncoding,
        })?;
        let e = decode(jwk, "e", &mut e).map_err(|too_long| match too_long {
            true => UnusableKey::RsaExponent,
            false => UnusableKey::RsaEncoding,
        })?;
        Ok(Self::from_be_bytes(n, e)?)
    }
}

/// Decodes a member. The error tells whether its text is too long, or something else is wrong.
fn decode<'o>(jwk: &Jwk<'_>, name: &str, out: &'o mut [u8]) -> Result<&'o [u8], bool> {
    let text = jwk.text(name).ok_or(false)?;
    let mut unescaped = [0; MAX_TEXT_LEN];
    let text = text.unescape_into(&mut unescaped).ok_or(true)?;
    let out = out.get_mut(..base64url::decoded_len(text.len())).ok_or(true)?;
    base64url::decode(text.as_bytes(), out).map_err(|_| false)?;
    Ok(out)
}

impl From<InvalidRsaKey> for UnusableKey {
    fn from(error: InvalidRsaKey) -> Self {
        match error {
            InvalidRsaKey::Bits { .. } => Self::RsaBits,
            InvalidRsaKey::Even => Self::RsaEven,
            InvalidRsaKey::Exponent => Self::RsaExponent,
            InvalidRsaKey::Roca => Self::RsaRoca,
            InvalidRsaKey::Capacity => Self::NotForThisEngine,
            InvalidRsaKey::Encoding | InvalidRsaKey::Length | InvalidRsaKey::ForeignConstant => {
                Self::RsaEncoding
            }
        }
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>, S: Schemes, C: Capacity> RsaKey<B, S, C> {
    /// Makes an engine of a JWK, with its constant in memory that `memory` returns, which must have the
    /// length that it is asked for.
    ///
    /// # Errors
    ///
    /// The reason why the key cannot be used here.
    pub fn from_jwk_in(
        jwk: &Jwk<'_>,
        memory: impl FnOnce(usize) -> B,
    ) -> Result<Self, UnusableKey> {
        let key = RsaPublicKey::try_from(jwk)?;
        let engine = Self::build_in(&key, memory(super::provisioned_bytes(key.bits())))?;
        // That it is one for RSA was checked with the key.
        match jwk.alg() {
            Some(alg) => engine.with_alg(alg).ok_or(UnusableKey::NotForThisEngine),
            None => Ok(engine),
        }
    }
}

impl<S: Schemes, C: Capacity> TryFrom<&Jwk<'_>> for RsaKey<RsaKeyBytes, S, C> {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        Self::from_jwk_in(jwk, RsaKeyBytes::zeroed)
    }
}
