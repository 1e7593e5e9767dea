//! Non-adjacent forms: the digits of a scalar for multiplication without a comb.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "bit positions are below the number of digits, digits of WINDOW bits are small"
)]

use crate::engines::arithmetic::scalar::Scalar;

/// The width of the non-adjacent form: its digits are odd and below 2^(WINDOW − 1) in absolute
/// value, and at least WINDOW − 1 zeros follow each.
const WINDOW: usize = 5;
/// The number of odd multiples 1·Q, 3·Q … that this needs.
pub(crate) const MULTIPLES: usize = 1 << (WINDOW - 2);

/// The non-adjacent form of a scalar, least significant digit first: one digit more than the scalar has bits.
pub(crate) struct NonAdjacentForm<D> {
    pub(crate) digits: D,
}

impl<D: AsMut<[i8]>> NonAdjacentForm<D> {
    /// Replaces zeros by the digits of a scalar.
    pub(crate) fn new<S: Scalar>(scalar: &S, zeros: D) -> Self {
        let mut digits = zeros;
        let mut carry = 0;
        // The number of bits that the last digit already includes.
        let mut taken = 0;
        for (i, digit) in digits.as_mut().iter_mut().enumerate() {
            if taken > 0 {
                taken -= 1;
                continue;
            }
            if scalar.bits(i, 1) == carry {
                continue;
            }
            let window = scalar.bits(i, WINDOW) + carry;
            carry = window >> (WINDOW - 1);
            *digit = i8::try_from(window).unwrap_or(0) - if carry == 0 { 0 } else { 1 << WINDOW };
            taken = WINDOW - 1;
        }
        Self { digits }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;
    use crate::engines::arithmetic::word::WORD_BITS;
    use crate::engines::ecdsa::curve::{Curve, P256, P384, P521};

    fn check<C: Curve>(bytes: &[u8]) {
        let scalar = C::Scalar::from_be_bytes(bytes).unwrap();
        let expected = scalar.words().iter().rev().fold(BigInt::ZERO, |n, w| (n << WORD_BITS) + *w);
        let form = NonAdjacentForm::new(&scalar, C::NO_DIGITS);
        let digits = form.digits.as_ref();
        assert_eq!(digits.len(), <C as Curve>::ORDER_BITS + 1);
        let value = digits.iter().rev().fold(BigInt::ZERO, |n, digit| n * 2 + *digit);
        assert_eq!(value, expected);
        for window in digits.windows(WINDOW) {
            assert!(window.iter().filter(|digit| **digit != 0).count() <= 1);
        }
        for digit in digits {
            assert!(*digit == 0 || (digit % 2 != 0 && digit.unsigned_abs() < 16));
        }
    }

    proptest! {
        #[test]
        fn non_adjacent_forms_stand_for_their_scalar(
            bytes in prop::collection::vec(any::<u8>(), 66),
        ) {
            check::<P256>(&bytes[..32]);
            check::<P384>(&bytes[..48]);
            check::<P521>(&bytes);
        }
    }
}
