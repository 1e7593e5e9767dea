//! Compares the field with big integers and fiat-crypto, on random and extreme words.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::vec::Vec;

use fiat_crypto::curve25519_64::{
    fiat_25519_add, fiat_25519_carry, fiat_25519_carry_mul, fiat_25519_carry_square,
    fiat_25519_from_bytes, fiat_25519_loose_field_element, fiat_25519_relax, fiat_25519_sub,
    fiat_25519_tight_field_element, fiat_25519_to_bytes,
};
use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

fn to_big(words: &[Word; N]) -> BigUint {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    BigUint::from_bytes_le(&bytes)
}

fn from_big(number: &BigUint) -> [Word; N] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(Element::BYTES, 0);
    limbs::from_le_bytes(&bytes)
}

/// Numbers around 0, p, 2·p and their halves, and words of extreme bits in every place.
fn extremes() -> Vec<[Word; N]> {
    let modulus = to_big(&MODULUS);
    let top = BigUint::from(1u8) << 256;
    let mut numbers = Vec::new();
    for base in [
        BigUint::ZERO,
        BigUint::from(19u8),
        BigUint::from(38u8),
        modulus.clone(),
        &modulus * 2u8,
        &modulus / 2u8,
        BigUint::from(1u8) << 128,
        BigUint::from(1u8) << 255,
        &top - 1444u16,
        &top - 1u8,
    ] {
        for near in 0..4u8 {
            for number in
                [&base + near, if base > BigUint::from(near) { &base - near } else { base.clone() }]
            {
                if number < top {
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

fn check(a: &[Word; N], b: &[Word; N]) {
    let modulus = to_big(&MODULUS);
    let (big_a, big_b) = (to_big(a), to_big(b));
    let (x, y) = (Element::new(*a), Element::new(*b));
    let same = |result: Element, expected: BigUint, operation: &str| {
        assert_eq!(
            to_big(&result.words) % &modulus,
            &expected % &modulus,
            "{operation} of {big_a:x} and {big_b:x}"
        );
        assert_eq!(to_big(&result.canonical()), expected % &modulus, "{operation}, canonical");
    };
    same(x.mul(&y), &big_a * &big_b, "product");
    same(x.square(), &big_a * &big_a, "square");
    same(x.add(&y), &big_a + &big_b, "sum");
    same(x.sub(&y), &big_a + &modulus * 4u8 - &big_b, "difference");
    same(x.double(), &big_a * 2u8, "double");
    same(x.negate_if(true), &modulus * 4u8 - &big_a, "negative");
    same(x.negate_if(false), big_a.clone(), "copy");
    assert_eq!(x.is_zero(), &big_a % &modulus == BigUint::ZERO, "{big_a:x} is zero");
    assert_eq!(x.equals(&y), &big_a % &modulus == &big_b % &modulus, "{big_a:x} = {big_b:x}");
    assert_eq!(x.is_odd(), (&big_a % &modulus).bit(0), "{big_a:x} is odd");
}

#[test]
fn extreme_words_are_computed_exactly() {
    let extremes = extremes();
    for a in &extremes {
        for b in &extremes {
            check(a, b);
        }
        let element = Element::new(*a);
        match element.invert_vartime() {
            Some(inverse) => assert!(inverse.mul(&element).equals(&Element::ONE)),
            None => assert!(element.is_zero()),
        }
        let mut bytes = std::vec![0; Element::BYTES];
        element.write_table_bytes(&mut bytes);
        assert!(Element::from_table_bytes(&bytes).equals(&element));
        let canonical = to_big(a) < to_big(&MODULUS);
        let read = Element::from_words(a);
        assert_eq!(read.is_some(), canonical);
        bytes.copy_from_slice(&a.map(Word::to_le_bytes).concat());
        bytes.reverse();
        let read_bytes = Element::from_be_bytes(&bytes);
        assert_eq!(read_bytes.is_some(), canonical);
        for read in read.into_iter().chain(read_bytes) {
            assert_eq!(read.words, *a);
        }
    }
}

/// A number whose bytes are often extreme.
fn number() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(0xff), Just(1), Just(0xfe), any::<u8>()];
    prop_oneof![prop::collection::vec(any::<u8>(), 32), prop::collection::vec(byte, 32)]
}

/// Reads a number below p.
fn to_fiat(words: &[Word; N]) -> fiat_25519_tight_field_element {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut element = fiat_25519_tight_field_element([0; 5]);
    fiat_25519_from_bytes(&mut element, &bytes.try_into().unwrap());
    element
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn it_agrees_with_fiat_crypto(a in number(), b in number()) {
        check(&limbs::from_le_bytes(&a), &limbs::from_le_bytes(&b));

        let ours = [a, b].map(|bytes| Element::from_table_bytes(&bytes));
        let tight = ours.map(|element| to_fiat(&element.canonical()));
        let [x, y] = ours;
        let loose = tight.each_ref().map(|tight| {
            let mut loose = fiat_25519_loose_field_element([0; 5]);
            fiat_25519_relax(&mut loose, tight);
            loose
        });
        let same = |ours: Element, theirs: &fiat_25519_tight_field_element| {
            let mut bytes = [0; 32];
            fiat_25519_to_bytes(&mut bytes, theirs);
            assert_eq!(ours.canonical(), limbs::from_le_bytes(&bytes));
        };
        let mut result = fiat_25519_tight_field_element([0; 5]);
        let mut carried = fiat_25519_loose_field_element([0; 5]);
        fiat_25519_carry_mul(&mut result, &loose[0], &loose[1]);
        same(x.mul(&y), &result);
        fiat_25519_carry_square(&mut result, &loose[0]);
        same(x.square(), &result);
        fiat_25519_add(&mut carried, &tight[0], &tight[1]);
        fiat_25519_carry(&mut result, &carried);
        same(x.add(&y), &result);
        fiat_25519_sub(&mut carried, &tight[0], &tight[1]);
        fiat_25519_carry(&mut result, &carried);
        same(x.sub(&y), &result);
    }

    #[test]
    fn roots_and_quotients_are_those_of_big_integers(a in number(), b in number()) {
        let modulus = to_big(&MODULUS);
        let [x, y] = [a, b].map(|bytes| Element::from_table_bytes(&bytes));
        let [big_x, big_y] = [x, y].map(|element| to_big(&element.words));
        let exponent = (&modulus - 5u8) / 8u8;
        prop_assert_eq!(to_big(&x.root_power().canonical()), big_x.modpow(&exponent, &modulus));
        let quotient = x.divide_vartime(&y).map(|quotient| to_big(&quotient.words));
        let expected = big_y.modinv(&modulus).map(|inverse| inverse * big_x % &modulus);
        prop_assert_eq!(quotient, expected);
    }
}
