//! Which bytes are public keys.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::{EdwardsPoint, Scalar};
use num_bigint::BigUint;
use tollgate_core::engines::eddsa::{Ed25519PublicKey, InvalidEd25519Key};

use super::signer::Signer;

fn read(bytes: &[u8]) -> Result<[u8; 32], InvalidEd25519Key> {
    Ed25519PublicKey::from_bytes(bytes).map(|key| *key.as_bytes())
}

fn to_bytes(number: &BigUint) -> [u8; 32] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(32, 0);
    bytes.try_into().unwrap()
}

#[test]
fn multiples_of_the_generator_are_keys() {
    for secret in 1..50_u8 {
        for secret in [Scalar::from(secret), -Scalar::from(secret)] {
            let public = Signer::new(secret).public;
            assert_eq!(read(&public), Ok(public));
        }
    }
}

#[test]
fn points_of_small_order_are_refused() {
    for torsion in EIGHT_TORSION {
        let bytes = torsion.compress().to_bytes();
        assert_eq!(read(&bytes), Err(InvalidEd25519Key::NotInPrimeOrderGroup));
    }
}

#[test]
fn points_of_mixed_order_are_refused() {
    for secret in 1..5_u8 {
        let point = EdwardsPoint::mul_base(&Scalar::from(secret));
        for (i, torsion) in EIGHT_TORSION.iter().enumerate() {
            let bytes = (point + torsion).compress().to_bytes();
            let expected =
                if i == 0 { Ok(bytes) } else { Err(InvalidEd25519Key::NotInPrimeOrderGroup) };
            assert_eq!(read(&bytes), expected);
        }
    }
}

/// y from p to 2^255 − 1, with both signs: p + 1 is the identity in another form.
#[test]
fn coordinates_from_the_prime_on_are_refused() {
    let prime = (BigUint::from(1u8) << 255) - 19u8;
    for above in 0..19_u8 {
        for sign in [BigUint::ZERO, BigUint::from(1u8) << 255] {
            let bytes = to_bytes(&(&prime + above + sign));
            assert_eq!(read(&bytes), Err(InvalidEd25519Key::NotCanonical), "p + {above}");
        }
    }
}

/// RFC 8032 §5.1.3, step 4.
#[test]
fn a_zero_x_with_the_sign_bit_is_refused() {
    let prime = (BigUint::from(1u8) << 255) - 19u8;
    for y in [BigUint::from(1u8), prime - 1u8] {
        let bytes = to_bytes(&(y + (BigUint::from(1u8) << 255)));
        assert_eq!(read(&bytes), Err(InvalidEd25519Key::NotOnCurve));
    }
}

#[test]
fn bytes_that_are_not_on_the_curve_are_refused() {
    let mut refused = 0;
    for y in 2..=255_u8 {
        let mut bytes = [0; 32];
        bytes[0] = y;
        let point = curve25519_dalek::edwards::CompressedEdwardsY(bytes).decompress();
        let expected = match point {
            None => Err(InvalidEd25519Key::NotOnCurve),
            Some(point) if point.is_torsion_free() => Ok(bytes),
            Some(_) => Err(InvalidEd25519Key::NotInPrimeOrderGroup),
        };
        assert_eq!(read(&bytes), expected, "y = {y}");
        refused += usize::from(point.is_none());
    }
    assert!(refused > 80, "{refused}");
}

#[test]
fn keys_of_another_length_are_refused() {
    let public = Signer::new(Scalar::ONE).public;
    let long = [public, public].concat();
    for length in (0..=64).filter(|length| *length != 32) {
        assert_eq!(read(&long[..length]), Err(InvalidEd25519Key::Length));
    }
}
