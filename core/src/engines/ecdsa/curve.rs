//! The curves: y² = x³ − 3x + b over a prime field, with a group of prime order.

use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::scalar::{Order, Residue, Scalar};
use crate::engines::arithmetic::word::{Word, words};
use crate::engines::ecdsa::field::p256::P256Element;
use crate::engines::ecdsa::field::p384::P384Element;
use crate::engines::ecdsa::field::p521::P521Element;
use crate::engines::ecdsa::field::{Element, Field, SparsePrime};
use crate::engines::ecdsa::point::AffinePoint;

/// A curve y² = x³ − 3x + b whose group has a prime order.
///
/// ```
/// use tollgate_core::engines::ecdsa::{Comb, Curve, P256, P384, P521, table_bytes};
///
/// fn of_curve<C: Curve>() -> usize {
///     table_bytes::<C, Comb<6, 2>>()
/// }
///
/// assert_eq!([of_curve::<P256>(), of_curve::<P384>(), of_curve::<P521>()], [4096, 6144, 9216]);
/// ```
pub trait Curve: Copy + core::fmt::Debug + 'static {
    /// The field of the coordinates.
    type Field: Field;
    /// The integers modulo the order n of the group.
    type Scalar: Scalar;

    /// Room for the digits of a scalar's non-adjacent form: one more than n has bits.
    type NafDigits: AsRef<[i8]> + AsMut<[i8]>;

    /// The length of n, in bits.
    const ORDER_BITS: usize;
    /// The length of the hash that is signed with this curve, in bytes.
    const HASH_BYTES: usize;
    /// Digits that are all zero.
    const NO_DIGITS: Self::NafDigits;
    /// n modulo the field's prime p.
    const ORDER_IN_FIELD: Self::Field;
    /// p − n, or zero if p < n. An x coordinate exceeds n by less than this.
    const PRIME_MINUS_ORDER: Self::Scalar;
    /// The coefficient b.
    const B: Self::Field;
    /// The generator G.
    const GENERATOR: AffinePoint<Self::Field>;
}

/// NIST P-256 (SP 800-186 §3.2.1.3), the curve of ES256.
///
/// See the example of [`Curve`].
#[derive(Clone, Copy, Debug)]
pub struct P256;

impl Order<{ words(256) }> for P256 {
    const ORDER: [Word; words(256)] = constants::from_hex(P256_ORDER);
}

const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

impl Curve for P256 {
    type Field = P256Element;
    type Scalar = Residue<Self, { words(256) }>;

    type NafDigits = [i8; 257];

    const ORDER_BITS: usize = 256;
    const HASH_BYTES: usize = 32;
    const NO_DIGITS: Self::NafDigits = [0; 257];
    const ORDER_IN_FIELD: Self::Field = Element::from_hex(P256_ORDER);
    const PRIME_MINUS_ORDER: Self::Scalar = prime_minus_order::<_, Self, { words(256) }>(&Self::B);
    const B: Self::Field =
        Element::from_hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    const GENERATOR: AffinePoint<Self::Field> = AffinePoint {
        x: Element::from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        y: Element::from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    };
}

/// NIST P-384 (SP 800-186 §3.2.1.4), the curve of ES384.
///
/// See the example of [`Curve`].
#[derive(Clone, Copy, Debug)]
pub struct P384;

impl Order<{ words(384) }> for P384 {
    const ORDER: [Word; words(384)] = constants::from_hex(P384_ORDER);
}

const P384_ORDER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffff\
    c7634d81f4372ddf581a0db248b0a77aecec196accc52973";

impl Curve for P384 {
    type Field = P384Element;
    type Scalar = Residue<Self, { words(384) }>;

    type NafDigits = [i8; 385];

    const ORDER_BITS: usize = 384;
    const HASH_BYTES: usize = 48;
    const NO_DIGITS: Self::NafDigits = [0; 385];
    const ORDER_IN_FIELD: Self::Field = Element::from_hex(P384_ORDER);
    const PRIME_MINUS_ORDER: Self::Scalar = prime_minus_order::<_, Self, { words(384) }>(&Self::B);
    const B: Self::Field = Element::from_hex(
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a\
         c656398d8a2ed19d2a85c8edd3ec2aef",
    );
    const GENERATOR: AffinePoint<Self::Field> = AffinePoint {
        x: Element::from_hex(
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38\
             5502f25dbf55296c3a545e3872760ab7",
        ),
        y: Element::from_hex(
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0\
             0a60b1ce1d7e819d7a431d7c90ea0e5f",
        ),
    };
}

/// NIST P-521 (SP 800-186 §3.2.1.5), the curve of ES512.
///
/// See the example of [`Curve`].
#[derive(Clone, Copy, Debug)]
pub struct P521;

impl Order<{ words(521) }> for P521 {
    const ORDER: [Word; words(521)] = constants::from_hex(P521_ORDER);
}

const P521_ORDER: &str = "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
    a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409";

impl Curve for P521 {
    type Field = P521Element;
    type Scalar = Residue<Self, { words(521) }>;
    type NafDigits = [i8; 522];

    const ORDER_BITS: usize = 521;
    /// SHA-512 is shorter than n.
    const HASH_BYTES: usize = 64;
    const NO_DIGITS: Self::NafDigits = [0; 522];
    const ORDER_IN_FIELD: Self::Field = P521Element::from_hex(P521_ORDER);
    const PRIME_MINUS_ORDER: Self::Scalar =
        Residue::new(limbs::sub(&P521Element::MODULUS, &Self::ORDER).0);
    const B: Self::Field = P521Element::from_hex(
        "051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e\
         156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
    );
    const GENERATOR: AffinePoint<Self::Field> = AffinePoint {
        x: P521Element::from_hex(
            "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d\
             baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        ),
        y: P521Element::from_hex(
            "11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e6\
             62c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        ),
    };
}

/// p − n, for a field whose prime exceeds the order. The field's element only determines the types.
const fn prime_minus_order<P: SparsePrime<N>, O: Order<N>, const N: usize>(
    _: &Element<P, N>,
) -> Residue<O, N> {
    Residue::new(limbs::sub(&P::MODULUS, &O::ORDER).0)
}
