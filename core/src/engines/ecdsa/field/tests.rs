//! Compares both fields with big integers and fiat-crypto, on random and extreme words.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::vec::Vec;

use num_bigint::BigUint;
use proptest::prelude::*;

use super::p256::P256Prime;
use super::p384::P384Prime;
use super::{Element, Field, SparsePrime};
use crate::engines::arithmetic::limbs;
use crate::engines::arithmetic::word::{WORD_BITS, WORD_BYTES, Word, words};

fn to_big<const N: usize>(number: &[Word; N]) -> BigUint {
    let bytes: Vec<u8> = number.iter().flat_map(|word| word.to_le_bytes()).collect();
    BigUint::from_bytes_le(&bytes)
}

fn from_big<const N: usize>(number: &BigUint) -> [Word; N] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(N * WORD_BYTES, 0);
    limbs::from_le_bytes(&bytes)
}

/// Numbers around 0, the modulus, its complement and R, and words of extreme bits in every place.
fn extremes<P: SparsePrime<N>, const N: usize>() -> Vec<[Word; N]> {
    let modulus = to_big(&P::MODULUS);
    let r = BigUint::from(1u8) << (N * WORD_BITS);
    let complement = &r - &modulus;
    let mut numbers = Vec::new();
    for base in [
        BigUint::ZERO,
        modulus.clone(),
        complement.clone(),
        &complement * 2u8,
        &modulus - &complement,
        &r - 8u8,
        &modulus / 2u8,
        (BigUint::from(1u8) << (N * WORD_BITS / 2)) - 1u8,
    ] {
        for near in 0..4u8 {
            for number in
                [&base + near, if base > BigUint::from(near) { &base - near } else { base.clone() }]
            {
                if number < r {
                    numbers.push(from_big(&number));
                }
            }
        }
    }
    for place in 0..N {
        for word in [1, Word::MAX, Word::MAX << (WORD_BITS / 2), Word::MAX >> (WORD_BITS / 2)] {
            let mut number = [0; N];
            number[place] = word;
            numbers.push(number);
            numbers.push(number.map(|word| !word));
        }
    }
    numbers
}

fn check<P: SparsePrime<N>, const N: usize>(a: &[Word; N], b: &[Word; N]) {
    let modulus = to_big(&P::MODULUS);
    let r = BigUint::from(1u8) << (N * WORD_BITS);
    let (big_a, big_b) = (to_big(a), to_big(b));
    let (x, y) = (Element::<P, N>::new(*a), Element::<P, N>::new(*b));
    let same = |result: Element<P, N>, expected: BigUint, operation: &str| {
        assert_eq!(
            to_big(&result.words) % &modulus,
            expected % &modulus,
            "{operation} of {big_a:x} and {big_b:x}"
        );
    };
    let inverse_of_r = r.modinv(&modulus).unwrap();
    same(x.mul(&y), &big_a * &big_b * &inverse_of_r, "product");
    same(x.square(), &big_a * &big_a * &inverse_of_r, "square");
    same(x.add(&y), &big_a + &big_b, "sum");
    same(x.sub(&y), &big_a + &modulus * 2u8 - &big_b, "difference");
    same(x.double(), &big_a * 2u8, "double");
    same(x.negate_if(true), &modulus * 2u8 - &big_a, "negative");
    same(x.negate_if(false), big_a.clone(), "copy");
    assert_eq!(x.is_zero(), &big_a % &modulus == BigUint::ZERO, "{big_a:x} is zero");
    assert_eq!(x.equals(&y), &big_a % &modulus == &big_b % &modulus, "{big_a:x} = {big_b:x}");
    assert_eq!(to_big(&x.canonical()), &big_a % &modulus, "canonical form of {big_a:x}");
}

fn check_extremes<P: SparsePrime<N>, const N: usize>() {
    let extremes = extremes::<P, N>();
    for a in &extremes {
        for b in &extremes {
            check::<P, N>(a, b);
        }
        let element = Element::<P, N>::new(*a);
        match element.invert_vartime() {
            Some(inverse) => assert!(inverse.mul(&element).equals(&Element::ONE)),
            None => assert!(element.is_zero()),
        }
        let mut bytes = std::vec![0; N * WORD_BYTES];
        element.write_table_bytes(&mut bytes);
        assert!(Element::<P, N>::from_table_bytes(&bytes).equals(&element));
        let canonical = to_big(a) < to_big(&P::MODULUS);
        let read = Element::<P, N>::from_words(a);
        assert_eq!(read.is_some(), canonical);
        bytes.copy_from_slice(&a.map(Word::to_le_bytes).concat());
        bytes.reverse();
        let read_bytes = Element::<P, N>::from_be_bytes(&bytes);
        assert_eq!(read_bytes.is_some(), canonical);
        if let (Some(read), Some(read_bytes)) = (read, read_bytes) {
            assert!(read.equals(&read_bytes));
            // Montgomery form: dividing by R gives the number again.
            let mut one = [0; N];
            one[0] = 1;
            assert!(read.mul(&Element::new(one)).equals(&Element::new(*a)));
        }
    }
}

#[test]
fn extreme_words_of_p256_are_computed_exactly() {
    check_extremes::<P256Prime, { words(256) }>();
}

#[test]
fn extreme_words_of_p384_are_computed_exactly() {
    check_extremes::<P384Prime, { words(384) }>();
}

/// A number whose bytes are often extreme.
pub(super) fn number(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(0xff), Just(1), Just(0xfe), any::<u8>()];
    prop_oneof![prop::collection::vec(any::<u8>(), bytes), prop::collection::vec(byte, bytes)]
}

macro_rules! against_fiat {
    ($test:ident, $prime:ident, $bits:literal, $module:ident, $element:ident, $mul:ident, $square:ident, $add:ident, $sub:ident) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(3000))]
            #[test]
            fn $test(a in number($bits / 8), b in number($bits / 8)) {
                use fiat_crypto::$module::{$add, $element, $mul, $square, $sub};
                type Ours = Element<$prime, { words($bits) }>;

                check::<$prime, { words($bits) }>(
                    &limbs::from_le_bytes(&a),
                    &limbs::from_le_bytes(&b),
                );
                // fiat-crypto needs numbers below the modulus.
                let ours = [&a, &b].map(|bytes| Ours::from_table_bytes(bytes).canonical());
                let theirs = ours.map(|words| {
                    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
                    let mut words = bytes.chunks_exact(8);
                    $element([0; $bits / 64].map(|_: u64| {
                        u64::from_le_bytes(words.next().unwrap().try_into().unwrap())
                    }))
                });
                let [x, y] = ours.map(Ours::new);
                let mut result = $element([0; $bits / 64]);
                let same = |ours: Ours, theirs: &$element| {
                    let bytes: Vec<u8> = theirs.0.iter().flat_map(|w| w.to_le_bytes()).collect();
                    assert_eq!(ours.canonical(), limbs::from_le_bytes(&bytes));
                };
                $mul(&mut result, &theirs[0], &theirs[1]);
                same(x.mul(&y), &result);
                $square(&mut result, &theirs[0]);
                same(x.square(), &result);
                $add(&mut result, &theirs[0], &theirs[1]);
                same(x.add(&y), &result);
                $sub(&mut result, &theirs[0], &theirs[1]);
                same(x.sub(&y), &result);
            }
        }
    };
}

against_fiat!(
    p256_agrees_with_fiat_crypto,
    P256Prime,
    256,
    p256_64,
    fiat_p256_montgomery_domain_field_element,
    fiat_p256_mul,
    fiat_p256_square,
    fiat_p256_add,
    fiat_p256_sub
);
against_fiat!(
    p384_agrees_with_fiat_crypto,
    P384Prime,
    384,
    p384_64,
    fiat_p384_montgomery_domain_field_element,
    fiat_p384_mul,
    fiat_p384_square,
    fiat_p384_add,
    fiat_p384_sub
);
