//! The engine: [`RsaKey`].

use core::fmt;
use core::marker::PhantomData;

use sha2::digest::Output;

use super::capacity::{Bits4096, Capacity};
use super::error::InvalidRsaKey;
use super::power::power_vartime;
use super::provisioned::{self, Provisioned, provisioned_bytes};
use super::public_key::{MAX_BITS, RsaPublicKey};
use super::scheme::{AllSchemes, Scheme, Schemes};
use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engine::{InvalidSignature, SignatureVerifier};

/// An engine for RSA: `S` is its scheme or schemes, `C` the room that it has for a modulus, and `B` the bytes
/// of its key.
///
/// A server uses the defaults, which verify every algorithm with keys of every length. A board with one
/// algorithm and one length of keys links less code and needs less stack:
/// `RsaKey<&'static [u8], Rs256, Bits2048>`.
///
/// See the example of the [module](super).
pub struct RsaKey<B, S = AllSchemes, C = Bits4096> {
    bytes: B,
    algorithms: KeyAlgorithms,
    types: PhantomData<(S, C)>,
}

/// Whatever the schemes are, which are types without values.
impl<B: Clone, S, C> Clone for RsaKey<B, S, C> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), algorithms: self.algorithms, types: PhantomData }
    }
}

impl<B: Copy, S, C> Copy for RsaKey<B, S, C> {}

/// The bytes of a provisioned key of any length, without a heap.
///
/// See the example of the [module](super).
#[derive(Clone, Copy)]
pub struct RsaKeyBytes {
    bytes: [u8; provisioned_bytes(MAX_BITS)],
    len: usize,
}

impl<S: Schemes, C: Capacity> RsaKey<&'static [u8], S, C> {
    /// Takes the bytes of a key that are part of the program, and the `alg` of its JWK. Usable in a `static`.
    /// Returns `None` if the bytes have the wrong length, if the key is longer than the capacity, or if the
    /// engine lacks the scheme.
    ///
    /// It trusts the bytes: anyone who can write them decides which signatures verify. Without a constant
    /// that belongs to the modulus, the results are meaningless. [`from_bytes`](Self::from_bytes) checks them.
    #[must_use]
    pub const fn from_trusted_static_bytes(
        bytes: &'static [u8],
        alg: Option<Algorithm>,
    ) -> Option<Self> {
        let algorithms = match alg {
            None => Some(Self::ALGORITHMS),
            Some(alg) => Self::ALGORITHMS.fixed(alg),
        };
        match algorithms {
            Some(algorithms) if provisioned::fits(bytes.len(), C::BITS) => {
                Some(Self { bytes, algorithms, types: PhantomData })
            }
            _ => None,
        }
    }
}

impl<B: AsRef<[u8]>, S: Schemes, C: Capacity> RsaKey<B, S, C> {
    /// The algorithms of a key without `alg`, as far as the engine has their schemes.
    const ALGORITHMS: KeyAlgorithms = KeyAlgorithms::RSA.supported(S::ALGORITHMS);

    const fn new(bytes: B) -> Self {
        Self { bytes, algorithms: Self::ALGORITHMS, types: PhantomData }
    }

    /// Fixes the key's algorithm, as `alg` in a JWK does. Without this, a key is for RS256, and for another
    /// algorithm only if the policy lists it. Returns `None` if the engine lacks the scheme.
    #[must_use]
    pub fn with_alg(self, alg: Algorithm) -> Option<Self> {
        Some(Self { algorithms: Self::ALGORITHMS.fixed(alg)?, ..self })
    }

    /// Takes the bytes of a provisioned key, as [`bytes`](Self::bytes) returns them, and checks all of them.
    ///
    /// # Errors
    ///
    /// [`InvalidRsaKey`] if the bytes are not a key, if the key does not satisfy the rules of
    /// [`RsaPublicKey`], or if it is longer than the capacity. The fingerprint of ROCA is not checked here.
    pub fn from_bytes(bytes: B) -> Result<Self, InvalidRsaKey> {
        Provisioned::check::<C>(bytes.as_ref())?;
        Ok(Self::new(bytes))
    }

    /// Computes the bytes of a key in the given memory. They are
    /// [`provisioned_bytes(key.bits())`](provisioned_bytes) long.
    ///
    /// # Errors
    ///
    /// [`InvalidRsaKey::Capacity`] if the key is longer than the capacity, or [`InvalidRsaKey::Length`] if
    /// the memory has another length.
    pub fn build_in(key: &RsaPublicKey, mut memory: B) -> Result<Self, InvalidRsaKey>
    where
        B: AsMut<[u8]>,
    {
        provisioned::write::<C>(key, memory.as_mut())?;
        Ok(Self::new(memory))
    }

    /// Returns the bytes of the key, as [`from_bytes`](Self::from_bytes) takes them.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// Returns the public key, for comparison with a known one.
    #[must_use]
    pub fn public_key(&self) -> Option<RsaPublicKey> {
        let key = Provisioned::new(self.bytes.as_ref())?;
        Some(RsaPublicKey::from_checked(key.n, key.e))
    }

    /// Verifies a signature of a message. It takes variable time, because nothing is secret.
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
        if !self.algorithms.all().contains(algorithm) {
            return Err(InvalidSignature);
        }
        self.with_encoded_message(signature, |encoded, bits| {
            S::check_message(algorithm, message, encoded, bits)
        })
    }

    /// Verifies a signature of a message's hash, with one of the engine's schemes.
    ///
    /// # Errors
    ///
    /// As [`verify_vartime`](Self::verify_vartime).
    pub fn verify_prehash_vartime<T: Scheme>(
        &self,
        prehash: &Output<T::Hash>,
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if !self.algorithms.all().contains(T::ALGORITHM) {
            return Err(InvalidSignature);
        }
        self.with_encoded_message(signature, |encoded, bits| T::check(prehash, encoded, bits))
    }

    /// Recovers the encoded message from a signature, and checks it.
    fn with_encoded_message(
        &self,
        signature: &[u8],
        check: impl FnOnce(&mut [u8], usize) -> Result<(), InvalidSignature>,
    ) -> Result<(), InvalidSignature> {
        let key = Provisioned::new(self.bytes.as_ref()).ok_or(InvalidSignature)?;
        let mut memory = C::BYTES;
        let encoded = memory.as_mut().get_mut(..signature.len()).ok_or(InvalidSignature)?;
        power_vartime::<C>(&key, signature, encoded).ok_or(InvalidSignature)?;
        check(encoded, key.bits())
    }
}

impl<B: AsRef<[u8]>, S: Schemes, C: Capacity> SignatureVerifier for RsaKey<B, S, C> {
    fn algorithms(&self) -> KeyAlgorithms {
        self.algorithms
    }

    fn signature_len(&self) -> usize {
        Provisioned::new(self.bytes.as_ref()).map_or(0, |key| key.bits().div_ceil(8))
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

impl<S: Schemes, C: Capacity> TryFrom<&RsaPublicKey> for RsaKey<RsaKeyBytes, S, C> {
    type Error = InvalidRsaKey;

    fn try_from(key: &RsaPublicKey) -> Result<Self, InvalidRsaKey> {
        Self::build_in(key, RsaKeyBytes::zeroed(provisioned_bytes(key.bits())))
    }
}

impl RsaKeyBytes {
    /// Makes memory of a length, of at most that of the longest key.
    pub(super) const fn zeroed(len: usize) -> Self {
        Self { bytes: [0; provisioned_bytes(MAX_BITS)], len }
    }
}

impl AsRef<[u8]> for RsaKeyBytes {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl AsMut<[u8]> for RsaKeyBytes {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }
}

impl<B: AsRef<[u8]>, S: Schemes, C: Capacity> fmt::Debug for RsaKey<B, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({:?})", self.public_key())
    }
}
