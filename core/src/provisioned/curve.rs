//! The curves: y² = x³ − 3x + b over a prime field, with a group of prime order.

use crate::provisioned::constants;
use crate::provisioned::field::p256::P256Element;
use crate::provisioned::field::p384::P384Element;
use crate::provisioned::field::{Element, Field, SparsePrime};
use crate::provisioned::limbs;
use crate::provisioned::point::AffinePoint;
use crate::provisioned::scalar::{Order, Residue, Scalar};
use crate::provisioned::word::{Word, words};

/// A curve y² = x³ − 3x + b whose group has a prime order.
pub trait Curve: Copy + core::fmt::Debug + 'static {
    /// The field of the coordinates.
    type Field: Field;
    /// The integers modulo the order n of the group.
    type Scalar: Scalar;

    /// The length of n, in bits.
    const ORDER_BITS: usize;
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
#[derive(Clone, Copy, Debug)]
pub struct P256;

impl Order<{ words(256) }> for P256 {
    const ORDER: [Word; words(256)] = constants::from_hex(P256_ORDER);
}

const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

impl Curve for P256 {
    type Field = P256Element;
    type Scalar = Residue<Self, { words(256) }>;

    const ORDER_BITS: usize = 256;
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

    const ORDER_BITS: usize = 384;
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

/// p − n, for a field whose prime exceeds the order. The field's element only determines the types.
const fn prime_minus_order<P: SparsePrime<N>, O: Order<N>, const N: usize>(
    _: &Element<P, N>,
) -> Residue<O, N> {
    Residue::new(limbs::sub(&P::MODULUS, &O::ORDER).0)
}
