use fiat_crypto::p521_64 as fiat;
use num_bigint::BigUint;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;

fn modulus() -> BigUint {
    (BigUint::from(1u8) << 521) - 1u8
}

/// The operations of one form, from the bytes of two elements in a table to those of the result.
type Operation = fn(&[u8; 72], &[u8; 72]) -> BigUint;

macro_rules! operations {
    ($form:ident, $word:ty, $table_words:expr) => {{
        fn read(bytes: &[u8; 72]) -> $form::Number {
            const WIDTH: usize = size_of::<$word>();
            let mut words = bytes.chunks_exact(WIDTH);
            $form::from_table_words(
                &[0; $table_words].map(|_: $word| {
                    <$word>::from_le_bytes(words.next().unwrap().try_into().unwrap())
                }),
            )
        }
        fn number(element: &$form::Number) -> BigUint {
            let words = $form::canonical(element);
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            BigUint::from_bytes_le(&bytes)
        }
        let operations: [(&str, Operation); 7] = [
            ("a", |a, _| number(&read(a))),
            ("a + b", |a, b| number(&$form::add(&read(a), &read(b)))),
            ("a − b", |a, b| number(&$form::sub(&read(a), &read(b)))),
            ("a · b", |a, b| number(&$form::multiply(&read(a), &read(b)))),
            ("a²", |a, _| number(&$form::square(&read(a)))),
            // Results that are not reduced, as operands.
            ("(a − b)·(b − a)", |a, b| {
                let (a, b) = (read(a), read(b));
                number(&$form::multiply(&$form::sub(&a, &b), &$form::sub(&b, &a)))
            }),
            ("8·(a + b) − (b − a)²", |a, b| {
                let (a, b) = (read(a), read(b));
                let mut sum = $form::add(&a, &b);
                for _ in 0..3 {
                    sum = $form::add(&sum, &sum);
                }
                number(&$form::sub(&sum, &$form::square(&$form::sub(&b, &a))))
            }),
        ];
        operations
    }};
}

/// Compares both forms with big integers, and single operations with fiat-crypto.
fn check(a: &[u8; 72], b: &[u8; 72]) {
    let p = modulus();
    let [x, y] = [a, b].map(|bytes| BigUint::from_bytes_le(bytes) % &p);
    let minus = |x: &BigUint, y: &BigUint| (x + &p - y) % &p;
    let expected = [
        x.clone(),
        (&x + &y) % &p,
        minus(&x, &y),
        &x * &y % &p,
        &x * &x % &p,
        minus(&x, &y) * minus(&y, &x) % &p,
        minus(&((&x + &y) * 8u8 % &p), &(minus(&y, &x).pow(2) % &p)),
    ];
    let unsaturated = operations!(unsaturated, u64, 9);
    let saturated = operations!(saturated, Word, TABLE_WORDS);
    for operations in [unsaturated, saturated] {
        for ((name, operation), expected) in operations.iter().zip(&expected) {
            assert_eq!(&operation(a, b), expected, "{name} for a = {x:x}, b = {y:x}");
        }
    }
    assert_eq!(&fiat_results(&x, &y)[..], &expected[1..5]);

    let [first, second] = [a, b].map(|bytes| P521Element::from_table_bytes(bytes));
    assert_eq!(first.is_zero(), x == BigUint::ZERO);
    assert_eq!(first.equals(&second), x == y);
    assert!(first.sub(&first).is_zero());
    assert!(first.negate_if(true).add(&first).is_zero());
    assert!(first.negate_if(false).equals(&first));
    let mut bytes = [0xff; 72];
    first.write_table_bytes(&mut bytes);
    assert_eq!(BigUint::from_bytes_le(&bytes), x);
    bytes.reverse();
    assert!(P521Element::from_be_bytes(&bytes[6..]).unwrap().equals(&first));
}

/// Returns a + b, a − b, a · b and a².
fn fiat_results(a: &BigUint, b: &BigUint) -> [BigUint; 4] {
    let tight = |number: &BigUint| {
        let mut bytes = number.to_bytes_le();
        bytes.resize(66, 0);
        let mut element = fiat::fiat_p521_tight_field_element([0; 9]);
        fiat::fiat_p521_from_bytes(&mut element, &bytes.try_into().unwrap());
        element
    };
    let (a, b) = (tight(a), tight(b));
    let loose = |element: &fiat::fiat_p521_tight_field_element| {
        let mut relaxed = fiat::fiat_p521_loose_field_element([0; 9]);
        fiat::fiat_p521_relax(&mut relaxed, element);
        relaxed
    };
    let (x, y) = (loose(&a), loose(&b));
    let result = |operate: &dyn Fn(&mut fiat::fiat_p521_tight_field_element)| {
        let mut element = fiat::fiat_p521_tight_field_element([0; 9]);
        operate(&mut element);
        let mut bytes = [0; 66];
        fiat::fiat_p521_to_bytes(&mut bytes, &element);
        BigUint::from_bytes_le(&bytes)
    };
    [
        result(&|out| {
            let mut sum = fiat::fiat_p521_loose_field_element([0; 9]);
            fiat::fiat_p521_add(&mut sum, &a, &b);
            fiat::fiat_p521_carry(out, &sum);
        }),
        result(&|out| {
            let mut difference = fiat::fiat_p521_loose_field_element([0; 9]);
            fiat::fiat_p521_sub(&mut difference, &a, &b);
            fiat::fiat_p521_carry(out, &difference);
        }),
        result(&|out| fiat::fiat_p521_carry_mul(out, &x, &y)),
        result(&|out| fiat::fiat_p521_carry_square(out, &x)),
    ]
}

fn table_bytes(number: &BigUint) -> [u8; 72] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(72, 0);
    bytes.try_into().unwrap()
}

#[test]
fn extreme_numbers_are_computed_exactly() {
    let one = BigUint::from(1u8);
    let mut numbers = Vec::new();
    for base in [BigUint::ZERO, modulus(), modulus() * 2u8, &one << 521, &one << 522] {
        for near in 0..4u8 {
            numbers.push(&base + near);
            if base >= BigUint::from(near) {
                numbers.push(&base - near);
            }
        }
    }
    for bit in (0..576).step_by(29).chain([32, 64, 512, 520, 521, 544, 575]) {
        numbers.push(&one << bit);
        numbers.push((&one << bit) - 1u8);
        numbers.push((&one << 576) - (&one << bit));
    }
    for a in &numbers {
        for b in &numbers {
            check(&table_bytes(a), &table_bytes(b));
        }
    }
}

#[test]
fn numbers_from_the_modulus_on_are_refused() {
    let read = |number: &BigUint| {
        let mut bytes = table_bytes(number);
        bytes.reverse();
        let words = limbs::from_short_be_bytes::<N>(&bytes[6..]).unwrap();
        let read = P521Element::from_be_bytes(&bytes[6..]);
        assert_eq!(read.is_some(), P521Element::from_words(&words).is_some());
        read
    };
    assert!(read(&modulus()).is_none());
    assert!(read(&(modulus() + 1u8)).is_none());
    assert!(read(&((BigUint::from(1u8) << 528) - 1u8)).is_none());
    assert!(read(&(modulus() - 1u8)).unwrap().add(&P521Element::ONE).is_zero());
    assert!(P521Element::from_be_bytes(&[0; 65]).is_none());
    assert!(P521Element::from_be_bytes(&[0; 67]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn p521_agrees_with_fiat_crypto_and_big_integers(
        a in super::super::tests::number(72),
        b in super::super::tests::number(72),
    ) {
        let [a, b]: [[u8; 72]; 2] = [a, b].map(|bytes| bytes.try_into().unwrap());
        check(&a, &b);
        let element = P521Element::from_table_bytes(&a);
        match element.invert_vartime() {
            Some(inverse) => prop_assert!(inverse.mul(&element).equals(&P521Element::ONE)),
            None => prop_assert!(element.is_zero()),
        }
    }
}
