//! Points as 32 bytes: y, little-endian, and the lowest bit of x in the topmost bit (RFC 8032 §5.1.2).

use crate::engines::arithmetic::constants;
use crate::engines::arithmetic::field::Field;
use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::word::{WORD_BITS, Word};
use crate::engines::eddsa::curve::{Ed25519, Edwards};
use crate::engines::eddsa::field::{Element, N};
use crate::engines::eddsa::point::{AffinePoint, Point};

/// The length of an encoded point.
pub(crate) const LEN: usize = 32;

/// A square root of −1.
const ROOT_OF_MINUS_ONE: Element = Element::new(constants::from_hex(
    "2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0",
));

/// A y coordinate below p, and the lowest bit of x.
pub(crate) struct Encoding {
    y: Element,
    x_is_odd: bool,
}

impl Encoding {
    /// Splits the bytes; `None` if y is not below p.
    pub(crate) fn from_bytes(bytes: &[u8; LEN]) -> Option<Self> {
        let mut words: [Word; N] = limbs::from_le_bytes(bytes);
        let top = words.last_mut()?;
        let x_is_odd = *top >> (WORD_BITS - 1) == 1;
        *top &= Word::MAX >> 1;
        Some(Self { y: Element::from_words(&words)?, x_is_odd })
    }

    /// Returns the point on the curve with this encoding (RFC 8032 §5.1.3).
    pub(crate) fn decode(&self) -> Option<AffinePoint<Element>> {
        // x² = (y² − 1) / (d·y² + 1)
        let y2 = self.y.square();
        let u = y2.sub(&Element::ONE);
        let v = Ed25519::D.mul(&y2).add(&Element::ONE);
        // With one power for both the division and the root.
        let v3 = v.square().mul(&v);
        let v7 = v3.square().mul(&v);
        let mut x = u.mul(&v3).mul(&u.mul(&v7).root_power());
        let vx2 = v.mul(&x.square());
        if vx2.equals(&u.negate_if(true)) {
            x = x.mul(&ROOT_OF_MINUS_ONE);
        } else if !vx2.equals(&u) {
            return None;
        }
        // Zero has no odd form: the sign bit must be clear.
        if x.is_zero() && self.x_is_odd {
            return None;
        }
        let negate = x.is_odd() != self.x_is_odd;
        Some(AffinePoint { x: x.negate_if(negate), y: self.y })
    }

    /// Returns whether it is the encoding of a point.
    ///
    /// Not inlined, to save stack.
    #[inline(never)]
    pub(crate) fn is_of(&self, point: &Point<Element>) -> bool {
        self.y.mul(&point.f).equals(&point.h)
            && point.e.divide_vartime(&point.g).is_some_and(|x| x.is_odd() == self.x_is_odd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::eddsa::curve::GENERATOR;

    #[test]
    fn a_small_order_point_has_no_form_with_the_wrong_sign() {
        for y in [1_u8, 0xec] {
            let mut bytes = [if y == 1 { 0 } else { 0xff }; LEN];
            bytes[0] = y;
            bytes[31] &= 0x7f;
            let point = Encoding::from_bytes(&bytes).unwrap().decode().unwrap();
            assert!(point.x.is_zero());
            bytes[31] |= 0x80;
            let encoding = Encoding::from_bytes(&bytes).unwrap();
            assert!(encoding.decode().is_none());
            assert!(!encoding.is_of(&Point::from_affine(&point)));
        }
    }

    #[test]
    fn y_coordinates_from_p_on_are_not_read() {
        for low in 0xed..=0xff {
            for top in [0x7f, 0xff] {
                let mut bytes = [0xff; LEN];
                bytes[0] = low;
                bytes[31] = top;
                assert!(Encoding::from_bytes(&bytes).is_none());
                bytes[0] = 0xec;
                assert!(Encoding::from_bytes(&bytes).is_some());
            }
        }
    }

    /// Of all y coordinates, about half have points on the curve, and each has one encoding of its own.
    #[test]
    fn decoded_points_are_on_the_curve_and_have_their_encoding() {
        let mut decoded = 0;
        for y in 0..=255_u8 {
            for sign in [0, 0x80] {
                let mut bytes = [0; LEN];
                bytes[0] = y;
                bytes[31] = sign;
                let encoding = Encoding::from_bytes(&bytes).unwrap();
                let Some(point) = encoding.decode() else { continue };
                decoded += 1;
                let (x2, y2) = (point.x.square(), point.y.square());
                let right = Element::ONE.add(&Ed25519::D.mul(&x2.mul(&y2)));
                assert!(y2.sub(&x2).equals(&right), "{y}");
                assert!(encoding.is_of(&Point::from_affine(&point)));
                if !point.x.is_zero() {
                    assert!(!encoding.is_of(&Point::from_affine(&point.negated())));
                }
            }
        }
        assert!((200..320).contains(&decoded), "{decoded}");
    }

    #[test]
    fn the_generator_has_the_encoding_of_rfc_8032() {
        let mut bytes = [0x66; LEN];
        bytes[0] = 0x58;
        let encoding = Encoding::from_bytes(&bytes).unwrap();
        assert!(encoding.is_of(&Point::from_affine(&GENERATOR)));
        assert!(encoding.decode().unwrap().x.equals(&GENERATOR.x));
    }
}
