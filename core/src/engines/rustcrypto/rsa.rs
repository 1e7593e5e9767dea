//! The engine for RSA over RustCrypto's big integers, `crypto-bigint`.

use core::fmt;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{ConstOne, Limb, Odd, U2048, U3072, U4096, Uint};

use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engine::{InvalidSignature, SignatureVerifier};
use crate::engines::rsa::{AllSchemes, RsaPublicKey, Schemes};
use crate::jwk::{Jwk, UnusableKey};

/// An engine for all algorithms with RSA. The work follows the length of the modulus, in steps.
///
/// See the example of the [module](super).
#[derive(Clone)]
pub struct RsaKey {
    modulus: Modulus,
    bits: usize,
    e: u32,
    algorithms: KeyAlgorithms,
}

/// The parameters of a modulus, with room for its length.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "there is no heap to put the longer ones on")]
enum Modulus {
    Bits2048(FixedMontyParams<{ U2048::LIMBS }>),
    Bits3072(FixedMontyParams<{ U3072::LIMBS }>),
    Bits4096(FixedMontyParams<{ U4096::LIMBS }>),
}

impl RsaKey {
    /// Verifies a signature of a message.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], without details. A signature that is not exactly as long as the modulus is
    /// invalid, and so is one whose number is not below it (RFC 8017 §8.2.2, §5.2.2).
    pub fn verify_vartime(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if !self.algorithms.all().contains(algorithm) || signature.len() != self.bits.div_ceil(8) {
            return Err(InvalidSignature);
        }
        let mut memory = [0; U4096::BYTES];
        let encoded = memory.get_mut(..signature.len()).ok_or(InvalidSignature)?;
        match &self.modulus {
            Modulus::Bits2048(modulus) => power_vartime(modulus, self.e, signature, encoded),
            Modulus::Bits3072(modulus) => power_vartime(modulus, self.e, signature, encoded),
            Modulus::Bits4096(modulus) => power_vartime(modulus, self.e, signature, encoded),
        }
        .ok_or(InvalidSignature)?;
        AllSchemes::check_message(algorithm, message, encoded, self.bits)
    }
}

impl From<&RsaPublicKey> for RsaKey {
    fn from(key: &RsaPublicKey) -> Self {
        let n = key.modulus_le_bytes();
        let modulus = match key.bits() {
            ..=2048 => Modulus::Bits2048(params(n)),
            2049..=3072 => Modulus::Bits3072(params(n)),
            3073.. => Modulus::Bits4096(params(n)),
        };
        let (bits, e) = (key.bits(), key.exponent());
        Self { modulus, bits, e, algorithms: KeyAlgorithms::RSA }
    }
}

impl TryFrom<&Jwk<'_>> for RsaKey {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        let key = Self::from(&RsaPublicKey::try_from(jwk)?);
        Ok(Self { algorithms: jwk.algorithms(KeyAlgorithms::RSA)?, ..key })
    }
}

impl SignatureVerifier for RsaKey {
    fn algorithms(&self) -> KeyAlgorithms {
        self.algorithms
    }

    fn signature_len(&self) -> usize {
        self.bits.div_ceil(8)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.verify_vartime(algorithm, message, signature)
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({} bits, e = {})", self.bits, self.e)
    }
}

/// Takes an odd modulus that is not longer than `LIMBS`.
fn params<const LIMBS: usize>(n: &[u8]) -> FixedMontyParams<LIMBS> {
    let modulus = Odd::new(read(n.iter().copied())).into_option();
    // Public keys are odd.
    FixedMontyParams::new_vartime(modulus.unwrap_or(Odd::ONE))
}

/// Reads as many bytes as there is room for, least significant byte first.
fn read<const LIMBS: usize>(bytes: impl Iterator<Item = u8>) -> Uint<LIMBS> {
    let mut bytes = bytes;
    Uint::new(core::array::from_fn(|_| {
        let word = [0; Limb::BYTES].map(|_: u8| bytes.next().unwrap_or(0));
        Limb(crypto_bigint::Word::from_le_bytes(word))
    }))
}

/// Writes s^e mod n to `message`, as big-endian bytes, or returns `None` if s is not below n.
fn power_vartime<const LIMBS: usize>(
    params: &FixedMontyParams<LIMBS>,
    e: u32,
    signature: &[u8],
    message: &mut [u8],
) -> Option<()> {
    let s = read(signature.iter().rev().copied());
    if s >= *params.modulus().as_ref() {
        return None;
    }
    let s = FixedMontyForm::new(&s, params);
    let mut power = s;
    for bit in (0..31u32.checked_sub(e.leading_zeros())?).rev() {
        power = power.square();
        if e >> bit & 1 == 1 {
            power = power.mul(&s);
        }
    }
    for (chunk, word) in message.rchunks_mut(Limb::BYTES).zip(power.retrieve().as_words()) {
        for (to, from) in chunk.iter_mut().rev().zip(word.to_le_bytes()) {
            *to = from;
        }
    }
    Some(())
}
