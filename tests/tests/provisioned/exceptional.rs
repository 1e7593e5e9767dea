//! Signatures made for chosen u1, u2 and public keys, so that the exceptional cases of the
//! formulas occur: equal and opposite points inside the combs, the identity, x(R) beyond n.

use super::engines::{Engine, FullCurve, engines};
use num_bigint::BigUint;
use tollgate_core::engines::ecdsa::{P256, P384, P521, PublicKey};

/// What the tests need of a curve, from an independent implementation.
trait Oracle: FullCurve {
    const BYTES: usize;
    fn order() -> BigUint;
    /// The coordinates of `k · G`, for a `k` from 1 to the order − 1.
    fn multiple_of_generator(k: &BigUint) -> (Vec<u8>, Vec<u8>);
    /// The coordinates of `a · R + b · G`, where R has the x coordinate `x`; `None` if there is
    /// no such R.
    fn combination(x: &BigUint, a: &BigUint, b: &BigUint) -> Option<(Vec<u8>, Vec<u8>)>;
}

macro_rules! oracle {
    ($curve:ident, $library:ident, $bytes:literal, $order:literal) => {
        impl Oracle for $curve {
            const BYTES: usize = $bytes;

            fn order() -> BigUint {
                BigUint::parse_bytes($order, 16).unwrap()
            }

            fn multiple_of_generator(k: &BigUint) -> (Vec<u8>, Vec<u8>) {
                use $library::elliptic_curve::PrimeField;
                use $library::elliptic_curve::sec1::ToSec1Point;
                let repr = <[u8; $bytes]>::try_from(to_bytes::<Self>(k)).unwrap().into();
                let k = $library::Scalar::from_repr(repr).unwrap();
                let point = ($library::ProjectivePoint::GENERATOR * k).to_affine();
                coordinates(point.to_sec1_point(false).as_bytes())
            }

            fn combination(x: &BigUint, a: &BigUint, b: &BigUint) -> Option<(Vec<u8>, Vec<u8>)> {
                use $library::elliptic_curve::PrimeField;
                use $library::elliptic_curve::sec1::{FromSec1Point, ToSec1Point};
                let compressed = [&[2][..], &to_bytes::<Self>(x)].concat();
                let encoded = $library::Sec1Point::from_bytes(compressed).ok()?;
                let point = Option::<$library::AffinePoint>::from(
                    $library::AffinePoint::from_sec1_point(&encoded),
                )?;
                let scalar = |n: &BigUint| {
                    let repr = <[u8; $bytes]>::try_from(to_bytes::<Self>(n)).unwrap().into();
                    $library::Scalar::from_repr(repr).unwrap()
                };
                let sum = $library::ProjectivePoint::from(point) * scalar(a)
                    + $library::ProjectivePoint::GENERATOR * scalar(b);
                Some(coordinates(sum.to_affine().to_sec1_point(false).as_bytes()))
            }
        }
    };
}

oracle!(P256, p256, 32, b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
oracle!(
    P384,
    p384,
    48,
    b"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
);

oracle!(
    P521,
    p521,
    66,
    b"1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
);

fn coordinates(uncompressed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (x, y) = uncompressed[1..].split_at(uncompressed.len() / 2);
    (x.to_vec(), y.to_vec())
}

fn to_bytes<C: Oracle>(n: &BigUint) -> Vec<u8> {
    let bytes = n.to_bytes_be();
    [vec![0; C::BYTES - bytes.len()], bytes].concat()
}

fn key_engines<C: Oracle>(d: &BigUint) -> Vec<Engine> {
    let (x, y) = C::multiple_of_generator(d);
    engines(&PublicKey::<C>::from_coordinates(&x, &y).unwrap())
}

/// The verdicts on the signature with this r whose verification computes `u1·G + u2·Q`.
fn verify_all<C: Oracle>(engines: &[Engine], u1: &BigUint, u2: &BigUint, r: &BigUint) -> Vec<bool> {
    let n = C::order();
    let s = r * u2.modinv(&n).unwrap() % &n;
    let z = u1 * &s % &n;
    let signature = [to_bytes::<C>(r), to_bytes::<C>(&s)].concat();
    engines.iter().map(|(_, verify)| verify(&to_bytes::<C>(&z), &signature)).collect()
}

/// Numbers whose digits are extreme: the smallest, the largest, powers of two and their
/// neighbours, repeated digits.
fn structured<C: Oracle>(powers: &[usize]) -> Vec<BigUint> {
    let n = C::order();
    let one = BigUint::from(1u8);
    let mut all: Vec<BigUint> = (1..4u8).map(BigUint::from).collect();
    all.extend((1..4u8).map(|i| &n - i));
    all.extend([(&n - &one) / 2u8, (&n + &one) / 2u8]);
    for power in powers {
        let power = &one << power;
        all.extend([&power - &one, power.clone(), power + &one]);
    }
    for digit in [0x55, 0xaa, 0x0f, 0x11] {
        all.push(BigUint::from_bytes_be(&vec![digit; C::BYTES]) % &n);
    }
    all
}

/// Keys are multiples of the generator: from 1 to `largest`, and their opposites.
fn every_structured_pair<C: Oracle>(largest: u8, powers: &[usize]) {
    let n = C::order();
    let structured = structured::<C>(powers);
    let mut identities = 0;
    for d in (1..=largest).flat_map(|d| [BigUint::from(d), &n - d]) {
        let engines = key_engines::<C>(&d);
        for u2 in &structured {
            for u1 in structured.iter().chain([&BigUint::ZERO]) {
                let k = (u1 + u2 * &d) % &n;
                if k == BigUint::ZERO {
                    identities += 1;
                    for r in [BigUint::from(1u8), &n - 1u8] {
                        let verdicts = verify_all::<C>(&engines, u1, u2, &r);
                        assert!(verdicts.iter().all(|valid| !valid), "R is the identity");
                    }
                    continue;
                }
                let r = BigUint::from_bytes_be(&C::multiple_of_generator(&k).0) % &n;
                let verdicts = verify_all::<C>(&engines, u1, u2, &r);
                for ((name, _), valid) in engines.iter().zip(verdicts) {
                    assert!(valid, "{name}: {u1:x}·G + {u2:x}·{d:x}·G");
                }
                let verdicts = verify_all::<C>(&engines, u1, u2, &((&r % (&n - 1u8)) + 1u8));
                assert!(verdicts.iter().all(|valid| !valid), "another r");
            }
        }
    }
    assert!(identities > 0);
}

#[test]
fn structured_scalars_with_multiples_of_the_generator_on_p256() {
    every_structured_pair::<P256>(3, &[13, 64, 128, 247, 255]);
}

#[test]
fn structured_scalars_with_multiples_of_the_generator_on_p384() {
    every_structured_pair::<P384>(3, &[20, 192, 383]);
}

#[test]
fn structured_scalars_with_multiples_of_the_generator_on_p521() {
    // The code is that of the other curves; more multiples would take minutes.
    every_structured_pair::<P521>(1, &[27, 520]);
}

/// Equal tables and equal or opposite scalars: every addition of the second point doubles or
/// cancels the first.
fn equal_points_meet_inside_the_comb<C: Oracle>() {
    let n = C::order();
    let engines = key_engines::<C>(&BigUint::from(1u8));
    for u in structured::<C>(&[100]) {
        let r = BigUint::from_bytes_be(&C::multiple_of_generator(&(&u * 2u8 % &n)).0) % &n;
        assert!(verify_all::<C>(&engines, &u, &u, &r).iter().all(|valid| *valid));
        assert!(verify_all::<C>(&engines, &(&n - &u), &u, &r).iter().all(|valid| !valid));
    }
}

#[test]
fn equal_and_opposite_points_meet_inside_the_comb_of_p256() {
    equal_points_meet_inside_the_comb::<P256>();
}

#[test]
fn equal_and_opposite_points_meet_inside_the_comb_of_p384() {
    equal_points_meet_inside_the_comb::<P384>();
}

#[test]
fn equal_and_opposite_points_meet_inside_the_comb_of_p521() {
    equal_points_meet_inside_the_comb::<P521>();
}

/// u1 = 0: the hash is zero, or n itself.
fn zero_hash<C: Oracle>() {
    let n = C::order();
    let d = BigUint::from(0xdead_beef_u32);
    let engines = key_engines::<C>(&d);
    for u2 in structured::<C>(&[5]) {
        let r = BigUint::from_bytes_be(&C::multiple_of_generator(&(&u2 * &d % &n)).0) % &n;
        let s = &r * u2.modinv(&n).unwrap() % &n;
        let signature = [to_bytes::<C>(&r), to_bytes::<C>(&s)].concat();
        for (name, verify) in &engines {
            assert!(verify(&vec![0; C::BYTES], &signature), "{name}");
            assert!(verify(&to_bytes::<C>(&n), &signature), "{name}");
            assert!(!verify(&vec![0xff; C::BYTES], &signature), "{name}");
        }
    }
}

#[test]
fn a_hash_that_is_zero_modulo_n_leaves_only_the_key_on_p256() {
    zero_hash::<P256>();
}

#[test]
fn a_hash_that_is_zero_modulo_n_leaves_only_the_key_on_p384() {
    zero_hash::<P384>();
}

#[test]
fn a_hash_that_is_zero_modulo_n_leaves_only_the_key_on_p521() {
    zero_hash::<P521>();
}

/// A number of 66 bytes has up to seven bits more than the order of P-521. Peers shift them out, cut them
/// off or reduce the number, so that what one accepts another refuses; no hash of JOSE has them.
#[test]
fn a_hash_with_more_bits_than_the_order_is_refused_on_p521() {
    let (n, one) = (<P521 as Oracle>::order(), BigUint::from(1u8));
    let engines = key_engines::<P521>(&one);
    let r = BigUint::from_bytes_be(&P521::multiple_of_generator(&BigUint::from(2u8)).0) % &n;
    // u1 = u2 = 1, so s = r and z = r.
    let signature = [to_bytes::<P521>(&r), to_bytes::<P521>(&r)].concat();
    for (name, verify) in &engines {
        assert!(verify(&to_bytes::<P521>(&r), &signature), "{name}");
        for high_bit in 521..528 {
            let high: BigUint = &one << high_bit;
            let congruent = &r + (&high + &n - &one) / &n * &n;
            for refused in [&r << 7 | &high, &r + &high, congruent] {
                assert!(!verify(&to_bytes::<P521>(&refused), &signature), "{name}: {refused:x}");
            }
        }
    }
}

/// Keys recovered from a point R with a chosen x coordinate: Q = (s·R − z·G) / r.
fn recovered<C: Oracle>(x: &BigUint, r: &BigUint) -> Option<Vec<bool>> {
    let n = C::order();
    let (z, s) = (BigUint::from(0x1234_5678_u32), BigUint::from(0x9abc_def0_u32));
    let inverse = r.modinv(&n)?;
    let (qx, qy) = C::combination(x, &(&s * &inverse % &n), &((&n - &z) * &inverse % &n))?;
    let key = PublicKey::<C>::from_coordinates(&qx, &qy).unwrap();
    let signature = [to_bytes::<C>(r), to_bytes::<C>(&s)].concat();
    Some(engines(&key).iter().map(|(_, verify)| verify(&to_bytes::<C>(&z), &signature)).collect())
}

fn x_beyond_the_order<C: Oracle>() {
    let n = C::order();
    let (mut beyond, mut below) = (0, 0);
    for small in (1..20u8).map(BigUint::from) {
        if let Some(verdicts) = recovered::<C>(&(&n + &small), &small) {
            assert!(verdicts.iter().all(|valid| *valid), "x = n + {small}");
            beyond += 1;
        }
        if let Some(verdicts) = recovered::<C>(&small, &small) {
            assert!(verdicts.iter().all(|valid| *valid), "x = {small}");
            below += 1;
        }
        // A signature whose r is neither x nor x − n.
        if let Some(verdicts) = recovered::<C>(&(&n + &small), &(&small + 1u8)) {
            assert!(verdicts.iter().all(|valid| !valid), "x = n + {small}");
        }
    }
    assert!(beyond > 3 && below > 3);
}

#[test]
fn x_beyond_the_order_is_accepted_as_its_residue_on_p256() {
    x_beyond_the_order::<P256>();
}

#[test]
fn x_beyond_the_order_is_accepted_as_its_residue_on_p384() {
    x_beyond_the_order::<P384>();
}

#[test]
fn x_beyond_the_order_is_accepted_as_its_residue_on_p521() {
    x_beyond_the_order::<P521>();
}

/// r and s from 1 to n − 1, and nothing but full-width numbers.
fn malformed<C: Oracle>() {
    let n = C::order();
    let engines = key_engines::<C>(&BigUint::from(7u8));
    let prehash = vec![1; C::BYTES];
    let one = to_bytes::<C>(&BigUint::from(1u8));
    let order = to_bytes::<C>(&n);
    let over = to_bytes::<C>(&(&n + 1u8));
    let zero = vec![0; C::BYTES];
    let full = vec![0xff; C::BYTES];
    for (name, verify) in &engines {
        for bad in [&zero, &order, &over, &full] {
            assert!(!verify(&prehash, &[&bad[..], &one].concat()), "{name}");
            assert!(!verify(&prehash, &[&one[..], bad].concat()), "{name}");
        }
        for length in [0, 1, C::BYTES, 2 * C::BYTES - 1, 2 * C::BYTES + 1] {
            assert!(!verify(&prehash, &vec![1; length]), "{name}");
        }
    }
}

#[test]
fn numbers_out_of_range_or_of_other_lengths_are_rejected_on_p256() {
    malformed::<P256>();
}

#[test]
fn numbers_out_of_range_or_of_other_lengths_are_rejected_on_p384() {
    malformed::<P384>();
}

#[test]
fn numbers_out_of_range_or_of_other_lengths_are_rejected_on_p521() {
    malformed::<P521>();
}

/// A hash of another length is refused, whatever the signature.
fn other_prehash<C: Oracle>() {
    let engines = key_engines::<C>(&BigUint::from(1u8));
    let r = BigUint::from_bytes_be(&C::multiple_of_generator(&BigUint::from(2u8)).0) % C::order();
    let signature = [to_bytes::<C>(&r), to_bytes::<C>(&r)].concat();
    let prehash = to_bytes::<C>(&r);
    for (name, verify) in &engines {
        assert!(verify(&prehash, &signature), "{name}");
        assert!(!verify(&prehash[1..], &signature), "{name}");
        assert!(!verify(&[&[0], &prehash[..]].concat(), &signature), "{name}");
        assert!(!verify(&[], &signature), "{name}");
    }
}

#[test]
fn a_hash_of_another_length_is_rejected() {
    other_prehash::<P256>();
    other_prehash::<P384>();
    other_prehash::<P521>();
}

/// FIPS 186-5 §6.4.2: SHA-512 is shorter than n of P-521, so the number is the hash itself.
#[test]
fn a_hash_of_64_bytes_is_the_same_as_with_two_zero_bytes_before_it_on_p521() {
    let n = P521::order();
    let hash = vec![0xa5; 64];
    let z = BigUint::from_bytes_be(&hash);
    let d = BigUint::from(5u8);
    // R = 2·G, and s = (z + r·d) / 2.
    let r = BigUint::from_bytes_be(&P521::multiple_of_generator(&BigUint::from(2u8)).0) % &n;
    let s = (&z + &r * &d) * BigUint::from(2u8).modinv(&n).unwrap() % &n;
    let signature = [to_bytes::<P521>(&r), to_bytes::<P521>(&s)].concat();
    for (name, verify) in &key_engines::<P521>(&d) {
        assert!(verify(&hash, &signature), "{name}");
        assert!(verify(&[&[0, 0], &hash[..]].concat(), &signature), "{name}");
        assert!(!verify(&[&[0], &hash[..]].concat(), &signature), "{name}");
        assert!(!verify(&[&hash[..], &[0, 0]].concat(), &signature), "{name}");
        assert!(!verify(&hash[..48], &signature), "{name}");
    }
}
