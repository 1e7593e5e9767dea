//! Modular inversion in variable time: a binary Euclidean algorithm in batches.
//!
//! The binary algorithm halves and subtracts two numbers until one of them is zero. Each step depends
//! only on their lowest bits and on which is larger. So a batch of steps runs on two words of each
//! number, the lowest and the leading one, and is recorded in a 2×2 matrix of one-word factors. Then
//! the matrix is applied to the full numbers once. A leading word is only an approximation, so a
//! comparison of nearly equal numbers can be wrong. Then a result is negative and small, and a change
//! of sign corrects it.
//!
//! T. Pornin, "Optimized Binary GCD for Modular Inversion", 2020 (IACR ePrint 2020/972), describes
//! the idea for constant time. Here, all trailing zeros are shifted out at once.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "loops run to constant lengths; other operations wrap, or are bounded as their comments say"
)]

use crate::engines::arithmetic::constants::negated_inverse_of_word;
use crate::engines::arithmetic::limbs::{add, add_if, is_zero, select, sub};
use crate::engines::arithmetic::word::{DoubleWord, SignedWord, WORD_BITS, Word};

/// The number of halvings in a batch. The factors stay below 2^BATCH in absolute value, and three products of a
/// factor and a word, with a carry, fit a double word.
const BATCH: usize = WORD_BITS - 2;
const BATCH_MASK: Word = (1 << BATCH) - 1;

/// `start / value mod modulus`, below the modulus; `None` if `value` is not invertible.
///
/// The modulus must be odd and `start` below it; `value` may exceed the modulus.
pub(crate) fn divide_vartime<const N: usize>(
    start: &[Word; N],
    value: &[Word; N],
    modulus: &[Word; N],
) -> Option<[Word; N]> {
    // Invariants: a ≡ u · value / start, b ≡ v · value / start (mod modulus); b is odd.
    let (mut a, mut b) = (*value, *modulus);
    let (mut u, mut v) = (*start, [0; N]);
    let negated_inverse = negated_inverse_of_word(modulus[0]);

    // A batch shifts BATCH bits out of the pair, which has 2·N words, so about 2·N + 2 batches are
    // needed. The limit is twice that, because wrong comparisons can cost a few bits in each.
    for _ in 0..4 * N + 4 {
        if is_zero(&a) {
            let mut one = [0; N];
            one[0] = 1;
            return (b == one).then_some(v);
        }
        let steps = Steps::run(&a, &b);
        let (next_a, a_negative) = steps.a.combine(&a, &b);
        let (next_b, b_negative) = steps.b.combine(&a, &b);
        (a, b) = (next_a, next_b);
        (u, v) = (
            steps.a.negated_if(a_negative).combine_modular(&u, &v, modulus, negated_inverse),
            steps.b.negated_if(b_negative).combine_modular(&u, &v, modulus, negated_inverse),
        );
    }
    None
}

/// One row of the matrix: the factors of the two numbers.
#[derive(Clone, Copy)]
struct Row {
    first: SignedWord,
    second: SignedWord,
}

/// The result of a batch: the new numbers are these combinations of the old ones, divided by 2^BATCH.
struct Steps {
    a: Row,
    b: Row,
}

impl Steps {
    fn run<const N: usize>(a: &[Word; N], b: &[Word; N]) -> Self {
        let (mut a_high, mut b_high) = leading_words(a, b);
        let (mut a_low, mut b_low) = (a[0], b[0]);
        // Factors in two's complement.
        let (mut a_first, mut a_second): (Word, Word) = (1, 0);
        let (mut b_first, mut b_second): (Word, Word) = (0, 1);
        let mut left = BATCH as u32;
        loop {
            // The bit at `left` stops the count at the end of the batch.
            let zeros = (a_low | (1 << left)).trailing_zeros();
            a_low >>= zeros;
            a_high >>= zeros;
            b_first <<= zeros;
            b_second <<= zeros;
            left -= zeros;
            if left == 0 {
                break;
            }
            // Now both are odd: subtract the smaller from the larger, and keep the smaller as b.
            let swap = (a_high < b_high) as Word;
            let swap = swap.wrapping_neg();
            let low = a_low.wrapping_sub(b_low);
            let high = a_high.wrapping_sub(b_high);
            let first = a_first.wrapping_sub(b_first);
            let second = a_second.wrapping_sub(b_second);
            b_low = b_low.wrapping_add(low & swap);
            b_high = b_high.wrapping_add(high & swap);
            b_first = b_first.wrapping_add(first & swap);
            b_second = b_second.wrapping_add(second & swap);
            a_low = (low ^ swap).wrapping_sub(swap);
            a_high = (high ^ swap).wrapping_sub(swap);
            a_first = (first ^ swap).wrapping_sub(swap);
            a_second = (second ^ swap).wrapping_sub(swap);
        }
        Self {
            a: Row { first: a_first as SignedWord, second: a_second as SignedWord },
            b: Row { first: b_first as SignedWord, second: b_second as SignedWord },
        }
    }
}

/// Returns the leading word of each number, both from the highest bit of the longer number on.
#[inline(always)]
fn leading_words<const N: usize>(a: &[Word; N], b: &[Word; N]) -> (Word, Word) {
    for i in (1..N).rev() {
        let both = a[i] | b[i];
        if both != 0 {
            let shift = both.leading_zeros();
            let lead = |number: &[Word; N]| {
                let pair = (number[i] as DoubleWord) << WORD_BITS | number[i - 1] as DoubleWord;
                ((pair << shift) >> WORD_BITS) as Word
            };
            return (lead(a), lead(b));
        }
    }
    (a[0], b[0])
}

impl Row {
    fn negated_if(self, condition: bool) -> Self {
        if condition {
            Self { first: self.first.wrapping_neg(), second: self.second.wrapping_neg() }
        } else {
            self
        }
    }

    /// Returns the absolute values of the factors, and masks that are all ones for negative factors.
    fn magnitudes(self) -> ([Word; 2], [Word; 2]) {
        let sign = |factor: SignedWord| (factor >> (WORD_BITS - 1)) as Word;
        (
            [self.first.unsigned_abs() as Word, self.second.unsigned_abs() as Word],
            [sign(self.first), sign(self.second)],
        )
    }

    /// `|first · a + second · b| / 2^BATCH`, and whether the sum was negative. The lowest BATCH
    /// bits of the sum are zero.
    ///
    /// A negative factor is applied as its absolute value to the number's two's complement.
    ///
    /// Not inlined where code size matters, because it is called twice.
    #[cfg_attr(any(target_pointer_width = "64", target_family = "wasm"), inline(always))]
    #[cfg_attr(not(any(target_pointer_width = "64", target_family = "wasm")), inline(never))]
    fn combine<const N: usize>(self, a: &[Word; N], b: &[Word; N]) -> ([Word; N], bool) {
        let ([f, g], [f_sign, g_sign]) = self.magnitudes();
        let beyond = (f & f_sign).wrapping_add(g & g_sign);
        let mut sum = beyond as DoubleWord;
        let mut result = [0; N];
        for i in 0..N {
            // |f| + |g| ≤ 2^BATCH, so the sum stays below 2^(BATCH + w + 1).
            sum += f as DoubleWord * (a[i] ^ f_sign) as DoubleWord
                + g as DoubleWord * (b[i] ^ g_sign) as DoubleWord;
            let word = sum as Word;
            sum >>= WORD_BITS;
            if i > 0 {
                result[i - 1] |= word << (WORD_BITS - BATCH);
            }
            result[i] = word >> BATCH;
        }
        let top = (sum as Word).wrapping_sub(beyond);
        result[N - 1] |= top << (WORD_BITS - BATCH);
        let negative = (top as SignedWord) < 0;
        let mask = [(negative as Word).wrapping_neg(); N];
        for (word, mask) in result.iter_mut().zip(mask) {
            *word ^= mask;
        }
        let mut one = [0; N];
        one[0] = negative as Word;
        (add(&result, &one).0, negative)
    }

    /// `(first · u + second · v) / 2^BATCH mod modulus`, for `u` and `v` below the modulus.
    ///
    /// Not inlined where code size matters, because it is called twice.
    #[cfg_attr(any(target_pointer_width = "64", target_family = "wasm"), inline(always))]
    #[cfg_attr(not(any(target_pointer_width = "64", target_family = "wasm")), inline(never))]
    fn combine_modular<const N: usize>(
        self,
        u: &[Word; N],
        v: &[Word; N],
        modulus: &[Word; N],
        negated_inverse: Word,
    ) -> [Word; N] {
        let ([f, g], [f_sign, g_sign]) = self.magnitudes();
        // The multiple of the modulus that makes the lowest BATCH bits zero.
        let lowest = (self.first as Word)
            .wrapping_mul(u[0])
            .wrapping_add((self.second as Word).wrapping_mul(v[0]));
        let multiple = lowest.wrapping_mul(negated_inverse) & BATCH_MASK;

        let beyond = (f & f_sign).wrapping_add(g & g_sign);
        let mut sum = beyond as DoubleWord;
        let mut result = [0; N];
        for i in 0..N {
            // |f| + |g| ≤ 2^BATCH and multiple < 2^BATCH, so that the sum stays below
            // 2^(BATCH + w + 1) with its carry.
            sum += f as DoubleWord * (u[i] ^ f_sign) as DoubleWord
                + g as DoubleWord * (v[i] ^ g_sign) as DoubleWord
                + multiple as DoubleWord * modulus[i] as DoubleWord;
            let word = sum as Word;
            sum >>= WORD_BITS;
            if i > 0 {
                result[i - 1] |= word << (WORD_BITS - BATCH);
            }
            result[i] = word >> BATCH;
        }
        // Between −modulus and 2 · modulus.
        let top = (sum as Word).wrapping_sub(beyond);
        result[N - 1] |= top << (WORD_BITS - BATCH);
        let beyond_words = (top as SignedWord) >> BATCH;
        let (raised, _) = add_if(beyond_words < 0, &result, modulus);
        let (lowered, borrow) = sub(&raised, modulus);
        // After adding the modulus to a negative number, it is below the modulus.
        select(beyond_words > 0 || !borrow, &lowered, &raised)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;
    use std::vec::Vec;

    use super::*;
    use crate::engines::arithmetic::constants::from_hex;
    use crate::engines::arithmetic::word::{WORD_BYTES, words};

    fn to_big<const N: usize>(number: &[Word; N]) -> BigUint {
        let bytes: Vec<u8> = number.iter().flat_map(|word| word.to_le_bytes()).collect();
        BigUint::from_bytes_le(&bytes)
    }

    fn from_big<const N: usize>(number: &BigUint) -> [Word; N] {
        let mut bytes = number.to_bytes_le();
        bytes.resize(N * WORD_BYTES, 0);
        crate::engines::arithmetic::limbs::from_le_bytes(&bytes)
    }

    fn check<const N: usize>(value: &BigUint, modulus: &[Word; N]) {
        let modulus_big = to_big(modulus);
        let start = BigUint::from(0x1234_5678_9abc_u64);
        let expected = value.modinv(&modulus_big).map(|inverse| inverse * &start % &modulus_big);
        let quotient = divide_vartime(&from_big(&start), &from_big(value), modulus);
        assert_eq!(quotient.map(|quotient| to_big(&quotient)), expected, "1 / {value:x}");
    }

    /// Numbers near powers of two, the modulus, its fractions, and zero.
    fn check_edges<const N: usize>(modulus: &[Word; N]) {
        let modulus_big = to_big(modulus);
        let bits = N * WORD_BITS;
        let top = BigUint::from(1u8) << bits;
        let mut values: Vec<BigUint> = (0..bits).map(|i| BigUint::from(1u8) << i).collect();
        values.extend((1..bits).map(|i| &top - (BigUint::from(1u8) << i)));
        values.extend((1..40u8).map(|i| &modulus_big / i));
        values.push(modulus_big);
        for value in values {
            for near in 0..5u8 {
                if &value + near < top {
                    check(&(&value + near), modulus);
                }
                if value >= BigUint::from(near) {
                    check(&(&value - near), modulus);
                }
            }
        }
    }

    const P256_ORDER: [Word; words(256)] =
        from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    const P384_ORDER: [Word; words(384)] = from_hex(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    );
    const P521_ORDER: [Word; words(521)] = from_hex(concat!(
        "1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ));
    const P384_PRIME: [Word; words(384)] = from_hex(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    );

    #[test]
    fn numbers_at_the_edges_have_their_inverses() {
        check_edges(&P256_ORDER);
        check_edges(&P384_ORDER);
        check_edges(&P384_PRIME);
        check_edges(&P521_ORDER);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn random_numbers_have_their_inverses(bytes in prop::collection::vec(any::<u8>(), 48)) {
            check(&BigUint::from_bytes_le(&bytes[..32]), &P256_ORDER);
            check(&BigUint::from_bytes_le(&bytes), &P384_ORDER);
            check(&BigUint::from_bytes_le(&bytes), &P384_PRIME);
            check(&(BigUint::from_bytes_le(&bytes) << 137), &P521_ORDER);
        }
    }
}
