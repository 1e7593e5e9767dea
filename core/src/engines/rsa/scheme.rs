//! The signature schemes: [`Rs256`] to [`Ps512`], and sets of them.

use core::marker::PhantomData;

use sha2::digest::Output;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::pkcs1::{self, DigestInfo};
use super::pss;
use crate::algorithm::{Algorithm, Algorithms};
use crate::engine::InvalidSignature;

/// A hash function that JOSE combines with RSA.
///
/// See the example of [`Schemes`].
pub trait JoseHash: Digest + sealed::Sealed {
    /// The DER encoding of a `DigestInfo` up to the hash (RFC 8017 §9.2, note 1).
    #[doc(hidden)]
    const DIGEST_INFO: DigestInfo;
    /// The algorithm with PKCS #1 v1.5.
    const RS: Algorithm;
    /// The algorithm with PSS.
    const PS: Algorithm;
}

macro_rules! jose_hash {
    ($hash:ident, $rs:ident, $ps:ident, $oid:literal, $len:literal) => {
        impl sealed::Sealed for $hash {}
        impl JoseHash for $hash {
            // SEQUENCE { SEQUENCE { OBJECT IDENTIFIER 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING }
            const DIGEST_INFO: DigestInfo = [
                0x30,
                $len + 17,
                0x30,
                0x0d,
                0x06,
                0x09,
                0x60,
                0x86,
                0x48,
                0x01,
                0x65,
                0x03,
                0x04,
                0x02,
                $oid,
                0x05,
                0x00,
                0x04,
                $len,
            ];
            const RS: Algorithm = Algorithm::$rs;
            const PS: Algorithm = Algorithm::$ps;
        }
    };
}

jose_hash!(Sha256, Rs256, Ps256, 1, 32);
jose_hash!(Sha384, Rs384, Ps384, 2, 48);
jose_hash!(Sha512, Rs512, Ps512, 3, 64);

/// RSASSA-PKCS1-v1_5 with a hash function: RFC 8017 §8.2.2.
///
/// See the example of [`Schemes`].
#[derive(Clone, Copy, Debug)]
pub struct Pkcs1<H>(PhantomData<H>);

/// RSASSA-PSS with a hash function, which MGF1 uses as well, and a salt as long as the hash: RFC 8017
/// §8.1.2, RFC 7518 §3.5.
///
/// See the example of [`Schemes`].
#[derive(Clone, Copy, Debug)]
pub struct Pss<H>(PhantomData<H>);

/// RS256.
pub type Rs256 = Pkcs1<Sha256>;
/// RS384.
pub type Rs384 = Pkcs1<Sha384>;
/// RS512.
pub type Rs512 = Pkcs1<Sha512>;
/// PS256.
pub type Ps256 = Pss<Sha256>;
/// PS384.
pub type Ps384 = Pss<Sha384>;
/// PS512.
pub type Ps512 = Pss<Sha512>;

/// All six schemes.
pub type AllSchemes = (Rs256, Rs384, Rs512, Ps256, Ps384, Ps512);

/// One signature scheme.
///
/// See the example of [`Schemes`].
pub trait Scheme: sealed::Sealed {
    /// The algorithm.
    const ALGORITHM: Algorithm;
    /// The hash function.
    type Hash: Digest;

    /// Checks that an encoded message is one of a message's hash. It is big-endian, as long as the modulus,
    /// and may be overwritten.
    #[doc(hidden)]
    fn check(
        hash: &Output<Self::Hash>,
        encoded: &mut [u8],
        modulus_bits: usize,
    ) -> Result<(), InvalidSignature>;
}

impl<H: JoseHash> Scheme for Pkcs1<H> {
    const ALGORITHM: Algorithm = H::RS;
    type Hash = H;

    fn check(hash: &Output<H>, encoded: &mut [u8], _: usize) -> Result<(), InvalidSignature> {
        if pkcs1::is_encoding_of(hash, &H::DIGEST_INFO, encoded) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }
}

impl<H: JoseHash> Scheme for Pss<H> {
    const ALGORITHM: Algorithm = H::PS;
    type Hash = H;

    fn check(
        hash: &Output<H>,
        encoded: &mut [u8],
        modulus_bits: usize,
    ) -> Result<(), InvalidSignature> {
        pss::check::<H>(hash, encoded, modulus_bits).map_err(|_| InvalidSignature)
    }
}

/// The schemes that a key may be used with: one scheme, or a tuple of up to six. `()` is no scheme, so that
/// features can leave out elements of a tuple.
///
/// Only their code is linked: an engine for [`Rs256`] brings neither SHA-512 nor PSS.
///
/// ```
/// use tollgate_core::engines::rsa::{JoseHash, Pkcs1, Ps384, Pss, Rs384, Scheme, Schemes};
/// use tollgate_core::{Algorithm, Algorithms};
///
/// /// Both schemes with one hash function.
/// type Both<H> = (Pkcs1<H>, Pss<H>);
///
/// fn algorithms<H: JoseHash>() -> Algorithms {
///     Both::<H>::ALGORITHMS
/// }
///
/// type Sha384 = <Rs384 as Scheme>::Hash;
/// assert_eq!(algorithms::<Sha384>(), <(Rs384, Ps384)>::ALGORITHMS);
/// assert!(algorithms::<Sha384>().contains(Algorithm::Ps384));
/// ```
pub trait Schemes: sealed::Sealed {
    /// The algorithms of the schemes.
    const ALGORITHMS: Algorithms;

    /// Checks that an encoded message is one of `message`.
    #[doc(hidden)]
    fn check_message(
        algorithm: Algorithm,
        message: &[u8],
        encoded: &mut [u8],
        modulus_bits: usize,
    ) -> Result<(), InvalidSignature>;
}

impl<H> sealed::Sealed for Pkcs1<H> {}
impl<H> sealed::Sealed for Pss<H> {}

impl<S: Scheme> Schemes for S {
    const ALGORITHMS: Algorithms = Algorithms::only(S::ALGORITHM);

    fn check_message(
        algorithm: Algorithm,
        message: &[u8],
        encoded: &mut [u8],
        modulus_bits: usize,
    ) -> Result<(), InvalidSignature> {
        if algorithm != S::ALGORITHM {
            return Err(InvalidSignature);
        }
        S::check(&digest::<S::Hash>(message), encoded, modulus_bits)
    }
}

/// Not inlined, so that the hash's stack is free again afterwards.
#[inline(never)]
fn digest<H: Digest>(message: &[u8]) -> Output<H> {
    H::digest(message)
}

impl sealed::Sealed for () {}
impl Schemes for () {
    const ALGORITHMS: Algorithms = Algorithms::NONE;

    fn check_message(
        _: Algorithm,
        _: &[u8],
        _: &mut [u8],
        _: usize,
    ) -> Result<(), InvalidSignature> {
        Err(InvalidSignature)
    }
}

macro_rules! tuple {
    ($($schemes:ident)+) => {
        impl<$($schemes: Schemes),+> sealed::Sealed for ($($schemes,)+) {}
        impl<$($schemes: Schemes),+> Schemes for ($($schemes,)+) {
            const ALGORITHMS: Algorithms = Algorithms::NONE$(.union($schemes::ALGORITHMS))+;

            fn check_message(
                algorithm: Algorithm,
                message: &[u8],
                encoded: &mut [u8],
                modulus_bits: usize,
            ) -> Result<(), InvalidSignature> {
                $(if $schemes::ALGORITHMS.contains(algorithm) {
                    return $schemes::check_message(algorithm, message, encoded, modulus_bits);
                })+
                Err(InvalidSignature)
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);

mod sealed {
    pub trait Sealed {}
}
