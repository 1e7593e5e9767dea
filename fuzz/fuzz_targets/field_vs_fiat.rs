//! Both curves' fields and scalars against fiat-crypto's, which were generated with their proofs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::engines::ecdsa::arithmetic::{Field, Scalar};
use tollgate_core::engines::ecdsa::{Curve, P256, P384};

fuzz_target!(|data: (bool, [u8; 48], [u8; 48], [u8; 48])| {
    let (is_p384, a, b, c) = data;
    if is_p384 {
        p384_field::compare(a, b);
        p384_scalar::compare(a, b, c);
    } else {
        let half = |number: [u8; 48]| *number.first_chunk().unwrap();
        p256_field::compare(half(a), half(b));
        p256_scalar::compare(half(a), half(b), half(c));
    }
});

/// What both have of a number: theirs in Montgomery form with the R of 64-bit words, as our tables do.
macro_rules! theirs {
    ($name:ident, $words:literal, $bytes:literal) => {
        use fiat_crypto::$name::*;

        type Bytes = [u8; $bytes];

        fn words(bytes: Bytes) -> [u64; $words] {
            let mut words =
                bytes.chunks_exact(8).map(|w| u64::from_le_bytes(w.try_into().unwrap()));
            [0; $words].map(|_: u64| words.next().unwrap())
        }

        fn bytes(words: [u64; $words]) -> Bytes {
            words.map(u64::to_le_bytes).concat().try_into().unwrap()
        }
    };
}

macro_rules! field {
    ($module:ident, $curve:ident, $name:ident, $words:literal, $bytes:literal, $element:ident, $plain:ident,
     $to:ident, $add:ident, $sub:ident, $mul:ident, $square:ident, $opp:ident) => {
        mod $module {
            use super::*;
            theirs!($name, $words, $bytes);
            type Ours = <$curve as Curve>::Field;

            pub(super) fn compare(a: Bytes, b: Bytes) {
                // Whatever the words are, they are an element; fiat-crypto's are below the modulus.
                let ours = [a, b].map(|bytes| Ours::from_table_bytes(&bytes));
                let [x, y] = ours;
                let [f, g] = ours.map(|element| $element(words(table_bytes(&element))));
                let operation = |operate: &dyn Fn(&mut $element)| {
                    let mut result = $element([0; $words]);
                    operate(&mut result);
                    bytes(result.0)
                };
                assert_eq!(table_bytes(&x.add(&y)), operation(&|out| $add(out, &f, &g)));
                assert_eq!(table_bytes(&x.sub(&y)), operation(&|out| $sub(out, &f, &g)));
                assert_eq!(table_bytes(&x.mul(&y)), operation(&|out| $mul(out, &f, &g)));
                assert_eq!(table_bytes(&x.square()), operation(&|out| $square(out, &f)));
                assert_eq!(table_bytes(&x.double()), operation(&|out| $add(out, &f, &f)));
                assert_eq!(table_bytes(&x.negate_if(true)), operation(&|out| $opp(out, &f)));
                assert_eq!(x.equals(&y), f.0 == g.0);
                assert_eq!(x.is_zero(), f.0 == [0; $words]);
                match x.invert_vartime() {
                    Some(inverse) => {
                        let inverse = $element(words(table_bytes(&inverse)));
                        let one = operation(&|out| $mul(out, &f, &inverse));
                        assert_eq!(table_bytes(&Ours::ONE), one);
                    }
                    None => assert!(x.is_zero()),
                }
                // A number from outside is below the modulus, or refused: its sum with nothing is itself.
                let mut big_endian = a;
                big_endian.reverse();
                match Ours::from_be_bytes(&big_endian) {
                    Some(read) => {
                        let plain = operation(&|out| $to(out, &$plain(words(a))));
                        assert_eq!(table_bytes(&read), plain);
                        assert_eq!(table_bytes(&x), a);
                    }
                    None => assert_ne!(table_bytes(&x), a),
                }
            }

            fn table_bytes(element: &Ours) -> Bytes {
                let mut bytes = [0; $bytes];
                element.write_table_bytes(&mut bytes);
                bytes
            }
        }
    };
}

macro_rules! scalar {
    ($module:ident, $curve:ident, $name:ident, $words:literal, $bytes:literal, $element:ident, $plain:ident,
     $to:ident, $from:ident, $mul:ident, $opp:ident) => {
        mod $module {
            use super::*;
            theirs!($name, $words, $bytes);
            type Ours = <$curve as Curve>::Scalar;

            pub(super) fn compare(a: Bytes, b: Bytes, c: Bytes) {
                let numbers = [a, b, c].map(|bytes| Ours::from_be_bytes(&bytes).unwrap());
                let [x, y, divisor] = numbers;
                // Theirs reduces any number when it is made Montgomery's.
                for (number, mut bytes) in numbers.iter().zip([a, b, c]) {
                    bytes.reverse();
                    assert_eq!(plain(number), from(&to(bytes)));
                }
                let is_zero = |number: &Ours| plain(number) == [0; $bytes];
                match Ours::divide_both_vartime(&x, &y, &divisor) {
                    Some((first, second)) => {
                        for (quotient, dividend) in [(first, x), (second, y)] {
                            let mut product = $element([0; $words]);
                            $mul(&mut product, &to(plain(&quotient)), &to(plain(&divisor)));
                            assert_eq!(from(&product), plain(&dividend));
                        }
                    }
                    None => assert!(is_zero(&divisor)),
                }
                let mut negative = $element([0; $words]);
                $opp(&mut negative, &to(plain(&x)));
                if !is_zero(&x) {
                    assert_eq!(plain(&x.complement()), from(&negative));
                }
                assert_eq!(x.is_odd(), plain(&x)[0] & 1 == 1);
                assert_eq!(x.is_below(&y), plain(&x).iter().rev().lt(plain(&y).iter().rev()));
                // Unreduced numbers are refused, and so is zero.
                match Ours::from_nonzero_be_bytes(&a) {
                    Some(read) => assert_eq!(plain(&read), plain(&x)),
                    None => {
                        let mut little_endian = a;
                        little_endian.reverse();
                        assert!(is_zero(&x) || plain(&x) != little_endian);
                    }
                }
            }

            fn plain(number: &Ours) -> Bytes {
                let bytes: Vec<u8> = number.words().iter().flat_map(|w| w.to_le_bytes()).collect();
                bytes.try_into().unwrap()
            }

            fn to(bytes: Bytes) -> $element {
                let mut result = $element([0; $words]);
                $to(&mut result, &$plain(words(bytes)));
                result
            }

            fn from(element: &$element) -> Bytes {
                let mut result = $plain([0; $words]);
                $from(&mut result, element);
                bytes(result.0)
            }
        }
    };
}

field!(
    p256_field,
    P256,
    p256_64,
    4,
    32,
    fiat_p256_montgomery_domain_field_element,
    fiat_p256_non_montgomery_domain_field_element,
    fiat_p256_to_montgomery,
    fiat_p256_add,
    fiat_p256_sub,
    fiat_p256_mul,
    fiat_p256_square,
    fiat_p256_opp
);
field!(
    p384_field,
    P384,
    p384_64,
    6,
    48,
    fiat_p384_montgomery_domain_field_element,
    fiat_p384_non_montgomery_domain_field_element,
    fiat_p384_to_montgomery,
    fiat_p384_add,
    fiat_p384_sub,
    fiat_p384_mul,
    fiat_p384_square,
    fiat_p384_opp
);
scalar!(
    p256_scalar,
    P256,
    p256_scalar_64,
    4,
    32,
    fiat_p256_scalar_montgomery_domain_field_element,
    fiat_p256_scalar_non_montgomery_domain_field_element,
    fiat_p256_scalar_to_montgomery,
    fiat_p256_scalar_from_montgomery,
    fiat_p256_scalar_mul,
    fiat_p256_scalar_opp
);
scalar!(
    p384_scalar,
    P384,
    p384_scalar_64,
    6,
    48,
    fiat_p384_scalar_montgomery_domain_field_element,
    fiat_p384_scalar_non_montgomery_domain_field_element,
    fiat_p384_scalar_to_montgomery,
    fiat_p384_scalar_from_montgomery,
    fiat_p384_scalar_mul,
    fiat_p384_scalar_opp
);
