//! Signatures at the edges of what is valid, for keys of prime order. Public vectors of such cases have
//! keys of small order, which are refused before the equation is asked.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::{EdwardsPoint, Scalar};
use num_bigint::BigUint;
use tollgate_core::engines::eddsa::Ed25519PublicKey;

use super::engines::{Engine, assert_all, engines, quick_engines};
use super::signer::{Signer, join};

fn order() -> BigUint {
    (BigUint::from(1u8) << 252) + 27742317777372353535851937790883648493_u128
}

fn bytes(number: &BigUint) -> [u8; 32] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(32, 0);
    bytes.try_into().unwrap()
}

fn signer() -> (Signer, Vec<Engine>) {
    let signer = Signer::new(Scalar::from(0x0123_4567_89ab_cdef_u64));
    let engines = engines(&Ed25519PublicKey::from_bytes(&signer.public).unwrap());
    (signer, engines)
}

/// With the cofactor, all eight would be valid.
#[test]
fn an_r_with_a_torsion_point_is_refused() {
    let (signer, engines) = signer();
    let nonce = Scalar::from(77_u8);
    for (i, torsion) in EIGHT_TORSION.iter().enumerate() {
        let r = (EdwardsPoint::mul_base(&nonce) + torsion).compress().to_bytes();
        let signature = signer.sign_as(&nonce, &r, b"torsion");
        assert_all(&engines, b"torsion", &signature, i == 0, &format!("torsion point {i}"));
    }
}

/// R is the identity, with y = 1: its other encodings have y = p + 1, or the sign bit.
#[test]
fn an_r_that_is_not_canonical_is_refused() {
    let (signer, engines) = signer();
    let prime = (BigUint::from(1u8) << 255) - 19u8;
    let sign = BigUint::from(1u8) << 255;
    let one = BigUint::from(1u8);
    for (r, valid, what) in [
        (one.clone(), true, "1"),
        (&prime + 1u8, false, "p + 1"),
        (&one + &sign, false, "1 with the sign bit"),
        (&prime + 1u8 + &sign, false, "p + 1 with the sign bit"),
    ] {
        let signature = signer.sign_as(&Scalar::ZERO, &bytes(&r), b"identity");
        assert_all(&engines, b"identity", &signature, valid, what);
    }
}

#[test]
fn an_r_with_the_other_sign_is_refused() {
    let (signer, engines) = signer();
    let nonce = Scalar::from(78_u8);
    let mut r = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
    assert_all(&engines, b"", &signer.sign_as(&nonce, &r, b""), true, "own sign");
    r[31] ^= 0x80;
    assert_all(&engines, b"", &signer.sign_as(&nonce, &r, b""), false, "other sign");
}

#[test]
fn an_r_that_is_not_on_the_curve_is_refused() {
    let (signer, engines) = signer();
    let mut r = [0; 32];
    r[0] = 2;
    let signature = signer.sign_as(&Scalar::ONE, &r, b"");
    assert_all(&engines, b"", &signature, false, "y = 2");
}

#[test]
fn an_s_from_the_order_on_is_refused() {
    let (signer, engines) = signer();
    let order = order();
    for nonce in 1..20_u8 {
        let signature = signer.sign(&Scalar::from(nonce), b"malleable");
        let (r, s) = signature.split_at(32);
        let (r, s): ([u8; 32], _) = (r.try_into().unwrap(), BigUint::from_bytes_le(s));
        assert_all(&engines, b"malleable", &signature, true, "S");
        for multiple in 1..=15_u8 {
            let signature = join(&r, &bytes(&(&s + &order * multiple)));
            assert_all(&engines, b"malleable", &signature, false, &format!("S + {multiple}·L"));
        }
    }
}

/// No signature with such an S can be made valid, because R is hashed before S is known. So this shows
/// only that none of them is accepted; the core's own tests show how such an S is read and multiplied.
#[test]
fn an_s_at_the_edges_is_refused() {
    let (_, engines) = signer();
    let r = EdwardsPoint::mul_base(&Scalar::ONE).compress().to_bytes();
    let order = order();
    for s in [
        BigUint::ZERO,
        BigUint::from(1u8),
        &order - 1u8,
        order.clone(),
        &order + 1u8,
        (BigUint::from(1u8) << 253) - 1u8,
        (BigUint::from(1u8) << 256) - 1u8,
    ] {
        let signature = join(&r, &bytes(&s));
        assert_all(&engines, b"", &signature, false, &format!("{s:x}"));
    }
}

#[test]
fn small_secrets_and_nonces_meet_the_same_points_in_both_tables() {
    let minus = |n: u8| -Scalar::from(n);
    let scalars = |n: u8| [Scalar::from(n), minus(n)];
    for secret in (1..=4).flat_map(scalars) {
        let signer = Signer::new(secret);
        let engines = quick_engines(&Ed25519PublicKey::from_bytes(&signer.public).unwrap());
        for nonce in (0..=4).flat_map(scalars) {
            let signature = signer.sign(&nonce, b"small");
            assert_all(&engines, b"small", &signature, true, "small");
            assert_all(&engines, b"other", &signature, false, "other message");
        }
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let (signer, engines) = signer();
    let signature = signer.sign(&Scalar::from(5_u8), b"length");
    let long = [&signature[..], &[0; 64]].concat();
    for length in 0..=long.len() {
        let what = format!("{length} bytes");
        assert_all(&engines, b"length", &long[..length], length == 64, &what);
    }
}
