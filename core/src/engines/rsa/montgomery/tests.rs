//! Compares products of blocks and numbers with big integers, on random and extreme words.

#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use std::vec;
use std::vec::Vec;

use num_bigint::BigUint;
use proptest::prelude::*;

use super::Modulus;
use crate::engines::arithmetic::word::Word;
use crate::engines::rsa::block::{self, BLOCK_BYTES, Block, ZERO};

fn to_big(number: &[Block]) -> BigUint {
    let words = number.as_flattened().iter();
    BigUint::from_bytes_le(&words.flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())
}

fn from_big(number: &BigUint, blocks: usize) -> Vec<Block> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(blocks * BLOCK_BYTES, 0);
    bytes.chunks_exact(BLOCK_BYTES).map(block::from_le_bytes).collect()
}

/// A number whose words are often extreme.
fn number(blocks: usize) -> impl Strategy<Value = Vec<Block>> {
    let word = || {
        prop_oneof![
            Just(0),
            Just(Word::MAX),
            Just(1),
            Just(Word::MAX << 1),
            any::<Word>(),
            any::<Word>()
        ]
    };
    let mixed = prop::collection::vec([word(), word(), word(), word()], blocks);
    let ones = Just(vec![[Word::MAX; 4]; blocks]);
    let random = prop::collection::vec(any::<Block>(), blocks);
    prop_oneof![4 => mixed, 1 => ones, 4 => random]
}

/// An odd modulus, some of whose topmost bits can be zero, and two numbers below it.
fn modulus_and_numbers() -> impl Strategy<Value = (Vec<Block>, [BigUint; 2])> {
    let near = prop_oneof![Just(0u8), Just(1), Just(2), Just(3)];
    (1..10usize)
        .prop_flat_map(|blocks| (number(blocks), number(blocks), number(blocks)))
        .prop_flat_map(|(n, a, b)| (Just(n), Just([a, b]), 0..Word::BITS * 4 - 2))
        .prop_flat_map(move |(n, numbers, shift)| {
            let blocks = n.len();
            let n = (to_big(&n) >> shift) | BigUint::from(3u8);
            let numbers = numbers.map(|number| to_big(&number) % &n);
            // The largest numbers, too.
            let largest = near.clone().prop_map({
                let n = n.clone();
                move |near| &n - 1u8 - BigUint::from(near) % &n
            });
            let [a, b] = numbers;
            let a = prop_oneof![3 => Just(a), 1 => largest];
            (Just(from_big(&n, blocks)), a, Just(b)).prop_map(|(n, a, b)| (n, [a, b]))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn products_modulo_n_are_exact((n, [a, b]) in modulus_and_numbers()) {
        let blocks = n.len();
        let modulus = Modulus::new(&n);
        let big_n = to_big(&n);
        let r = BigUint::from(1u8) << (blocks * BLOCK_BYTES * 8);
        let inverse_of_r = r.modinv(&big_n).unwrap_or_default();
        let mut product = vec![[0x55; 4]; 2 * blocks];
        let [first, second] = [&a, &b].map(|number| from_big(number, blocks));

        let mut x = first.clone();
        modulus.multiply(&mut x, second.into_iter(), &mut product);
        prop_assert_eq!(to_big(&x), &a * &b * &inverse_of_r % &big_n);

        let mut x = first.clone();
        modulus.square(&mut x, &mut product);
        prop_assert_eq!(to_big(&x), &a * &a * &inverse_of_r % &big_n);

        let mut x = first.clone();
        modulus.divide_by_r(&mut x, &mut product);
        prop_assert_eq!(to_big(&x) % &big_n, &a * &inverse_of_r % &big_n);

        let mut x = first.clone();
        modulus.double(&mut x);
        prop_assert_eq!(to_big(&x), &a * 2u8 % &big_n);

        prop_assert!(modulus.exceeds(&first));
        prop_assert!(!modulus.exceeds(&n));
    }

    #[test]
    fn missing_blocks_of_a_factor_are_zero((n, [a, b]) in modulus_and_numbers()) {
        let blocks = n.len();
        let [first, second] = [&a, &b].map(|number| from_big(number, blocks));
        let (short, _) = second.split_at(blocks / 2);
        let padded = short.iter().copied().chain(std::iter::repeat_n(ZERO, blocks - short.len()));
        let modulus = Modulus::new(&n);
        let mut product = vec![ZERO; 2 * blocks];
        let [mut x, mut y] = [first.clone(), first];
        modulus.multiply(&mut x, short.iter().copied(), &mut product);
        modulus.multiply(&mut y, padded, &mut product);
        prop_assert_eq!(x, y);
    }

    #[test]
    fn products_of_blocks_are_exact(numbers in number(3)) {
        let [a, b, c] = numbers.try_into().unwrap();
        let [big_a, big_b, big_c] = [a, b, c].map(|block| to_big(&[block]));
        let size = BigUint::from(1u8) << (BLOCK_BYTES * 8);

        let mut sum = [c, a];
        let high = block::add_multiple(&mut sum, &[a, b], &c);
        let expected = &big_c + &big_a * &size + (&big_a + &big_b * &size) * &big_c;
        prop_assert_eq!(to_big(&[sum[0], sum[1], high]), expected);

        prop_assert_eq!(to_big(&block::square(&a)), &big_a * &big_a);
        prop_assert_eq!(to_big(&[block::low_product(&a, &b)]), &big_a * &big_b % &size);

        let odd = [a[0] | 1, a[1], a[2], a[3]];
        let inverse = block::negated_inverse(&odd);
        prop_assert_eq!(to_big(&[block::low_product(&odd, &inverse)]), size - 1u8);
    }

    #[test]
    fn big_endian_bytes_of_every_length_are_read(bytes in prop::collection::vec(any::<u8>(), 0..=BLOCK_BYTES)) {
        prop_assert_eq!(to_big(&[block::from_be_bytes(&bytes)]), BigUint::from_bytes_be(&bytes));
    }
}
