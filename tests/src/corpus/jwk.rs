//! One JWK: RFC 7517 §4, RFC 7518 §6.2. It stands alone in its set, so that the token of an
//! unusable one has no key.

use serde_json::{Value, json};

use super::case::Case;
use super::rule::rule;
use crate::mint::{SigningKey, Token, base64url, jwk, jwk_with, jwk_without, jwks, k1, k2};

const USE: &str = "RFC 7517 §4.2";
const KEY_OPS: &str = "RFC 7517 §4.3";
const ALG: &str = "RFC 7517 §4.4";
const KID: &str = "RFC 7517 §4.5";
const KTY: &str = "RFC 7517 §4.1";
const CRV: &str = "RFC 7518 §6.2.1.1";
const X: &str = "RFC 7518 §6.2.1.2";
const POINT: &str = "RFC 8725 §3.4";

pub(super) fn rules() -> Vec<Case> {
    [members(), coordinates(), points()].concat()
}

fn usable(id: &str, reference: &str, jwk: Value) -> Case {
    rule(id, reference, Token::good()).keys(jwks([jwk])).accepted()
}

fn unusable(id: &str, reference: &str, jwk: Value) -> Case {
    rule(id, reference, Token::good()).keys(jwks([jwk])).rejected("no-usable-key")
}

fn members() -> Vec<Case> {
    let good = || jwk(&k1(), "k1");
    let with = |name: &str, value: Value| jwk_with(good(), name, value);
    let secret = base64url(k1().secret());
    let mut rules = vec![
        usable("key_with_use_sig_is_usable", USE, with("use", json!("sig"))),
        usable("key_without_use_is_usable", USE, jwk_without(good(), "use")),
        usable("key_without_alg_is_usable", ALG, jwk_without(good(), "alg")),
        usable("key_ops_verify_is_usable", KEY_OPS, with("key_ops", json!(["verify"]))),
        usable("key_ops_with_verify_among_others_is_usable", KEY_OPS, {
            with("key_ops", json!(["sign", "verify"]))
        }),
        usable("certificate_in_a_key_is_ignored", "RFC 7517 §4.7", with("x5c", json!(["AAAA"]))),
        usable("unknown_members_of_a_key_are_ignored", "RFC 7517 §4", {
            jwk_with(with("ext", json!(true)), "oth", json!([{ "a": null }]))
        }),
        rule("member_names_of_a_key_may_be_written_with_escapes", "RFC 7515 §5.3", Token::good())
            .keys(jwks([good()]).to_string().replace("\"kty\"", r#""\u006bty""#))
            .accepted(),
        rule("member_values_of_a_key_may_be_written_with_escapes", "RFC 7515 §5.3", Token::good())
            .keys(jwks([good()]).to_string().replace("\"P-256\"", r#""\u0050-256""#))
            .accepted(),
        unusable("private_key_is_refused", "RFC 7518 §6.2.2", with("d", json!(secret))),
        rule("a_private_part_that_is_null_is_absent", "RFC 7518 §6.2.2", Token::good())
            .keys(jwks([with("d", json!(null))]))
            .accepted(),
        rule("private_key_beside_a_good_one_is_ignored", "RFC 7518 §6.2.2", Token::good())
            .keys(jwks([with("d", json!(secret)), good()]))
            .accepted(),
        rule("private_part_written_with_escapes_is_refused", "RFC 7518 §6.2.2", Token::good())
            .keys(jwks([with("D", json!(secret))]).to_string().replace("\"D\"", r#""\u0064""#))
            .rejected("no-usable-key"),
        unusable("key_without_kty_is_not_usable", KTY, jwk_without(good(), "kty")),
        unusable("key_without_crv_is_not_usable", CRV, jwk_without(good(), "crv")),
    ];
    let operations = |count: usize| {
        let others = (1..count).map(|index| format!("x-{index}"));
        json!(others.chain(["verify".to_owned()]).collect::<Vec<_>>())
    };
    rules.push(usable("key_ops_of_16_operations_is_usable", KEY_OPS, {
        with("key_ops", operations(16))
    }));
    rules.push(unusable("key_ops_of_17_operations_is_not_usable", KEY_OPS, {
        with("key_ops", operations(17))
    }));
    for (id, reference, name, value) in [
        ("use_enc_is_not_usable", USE, "use", json!("enc")),
        ("use_in_upper_case_is_not_usable", USE, "use", json!("SIG")),
        ("use_that_is_null_is_not_usable", USE, "use", json!(null)),
        ("use_that_is_an_array_is_not_usable", USE, "use", json!(["sig"])),
        ("key_ops_without_verify_is_not_usable", KEY_OPS, "key_ops", json!(["sign"])),
        ("empty_key_ops_is_not_usable", KEY_OPS, "key_ops", json!([])),
        ("key_ops_that_is_a_string_is_not_usable", KEY_OPS, "key_ops", json!("verify")),
        (
            "key_ops_with_a_repetition_is_not_usable",
            KEY_OPS,
            "key_ops",
            json!(["verify", "verify"]),
        ),
        ("key_ops_with_a_number_is_not_usable", KEY_OPS, "key_ops", json!(["verify", 1])),
        ("alg_of_the_other_curve_is_not_usable", ALG, "alg", json!("ES384")),
        ("alg_in_lower_case_is_not_usable", ALG, "alg", json!("es256")),
        ("alg_for_agreement_is_not_usable", ALG, "alg", json!("ECDH-ES")),
        ("alg_for_rsa_is_not_usable", ALG, "alg", json!("RS256")),
        ("alg_that_is_null_is_not_usable", ALG, "alg", json!(null)),
        ("kid_in_the_set_that_is_a_number_is_not_usable", KID, "kid", json!(1)),
        ("kid_in_the_set_that_is_null_is_not_usable", KID, "kid", json!(null)),
        ("kid_in_the_set_that_is_too_long_is_not_usable", KID, "kid", json!("k".repeat(255))),
        ("kty_in_lower_case_is_not_usable", KTY, "kty", json!("ec")),
        ("kty_oct_with_the_members_of_ec_is_not_usable", KTY, "kty", json!("oct")),
        ("kty_that_is_null_is_not_usable", KTY, "kty", json!(null)),
        ("crv_in_lower_case_is_not_usable", CRV, "crv", json!("p-256")),
        ("crv_secp256k1_is_not_usable", CRV, "crv", json!("secp256k1")),
        ("crv_by_its_other_name_is_not_usable", CRV, "crv", json!("secp256r1")),
        ("crv_that_is_a_number_is_not_usable", CRV, "crv", json!(256)),
        ("x_that_is_a_number_is_not_usable", X, "x", json!(1)),
        ("x_that_is_empty_is_not_usable", X, "x", json!("")),
        ("y_that_is_null_is_not_usable", X, "y", json!(null)),
    ] {
        rules.push(unusable(id, reference, with(name, value)));
    }
    rules
}

/// The key of this seed begins x with a byte of zero.
fn leading_zero() -> SigningKey {
    let key = SigningKey::p256("x with a leading zero: 421");
    assert_eq!(key.coordinates().0[0], 0);
    key
}

fn coordinates() -> Vec<Case> {
    let good = || jwk(&k1(), "k1");
    let (x, y) = k1().coordinates();
    let with_x = |x: &[u8]| jwk_with(good(), "x", json!(base64url(x)));
    let encoded = base64url(&x);
    let (rest, last) = encoded.split_at(encoded.len() - 1);
    let stray_bit = format!("{rest}{}", char::from(last.as_bytes()[0] + 1));
    let zero = jwk(&leading_zero(), "k1");
    let cut = base64url(&leading_zero().coordinates().0[1..]);
    let of_zero = |id: &str| rule(id, X, Token::good().signed_by(leading_zero()));
    vec![
        unusable("key_without_x_is_not_usable", X, jwk_without(good(), "x")),
        unusable("key_without_y_is_not_usable", X, jwk_without(good(), "y")),
        unusable("x_cut_short_is_not_usable", X, with_x(&x[..31])),
        unusable("x_with_a_zero_before_it_is_not_usable", X, with_x(&[&[0], &x[..]].concat())),
        unusable("x_with_a_zero_after_it_is_not_usable", X, with_x(&[&x[..], &[0]].concat())),
        unusable("x_with_both_coordinates_is_not_usable", X, with_x(&[&x[..], &y].concat())),
        unusable("x_with_padding_is_not_usable", X, {
            jwk_with(good(), "x", json!(format!("{encoded}=")))
        }),
        unusable("x_with_a_line_break_is_not_usable", X, {
            jwk_with(good(), "x", json!(format!("{encoded}\n")))
        }),
        unusable("x_with_stray_bits_is_not_usable", X, jwk_with(good(), "x", json!(stray_bit))),
        unusable("x_in_hexadecimal_is_not_usable", X, {
            jwk_with(good(), "x", json!(super::rule::hex(&x)))
        }),
        of_zero("x_with_its_leading_zero_is_usable").keys(jwks([zero.clone()])).accepted(),
        of_zero("x_without_its_leading_zero_is_not_usable")
            .keys(jwks([jwk_with(zero, "x", json!(cut))]))
            .rejected("no-usable-key"),
        unusable("p256_key_with_the_width_of_p384_is_not_usable", X, {
            jwk_with(jwk(&k2(), "k1"), "crv", json!("P-256"))
        }),
        rule("p384_key_with_the_width_of_p256_is_not_usable", X, Token::good_es384())
            .keys(jwks([jwk_with(jwk(&k1(), "k2"), "crv", json!("P-384"))]))
            .rejected("no-usable-key"),
    ]
}

fn points() -> Vec<Case> {
    let good = || jwk(&k1(), "k1");
    let (x, y) = k1().coordinates();
    let point = |x: &[u8], y: &[u8]| {
        jwk_with(jwk_with(good(), "x", json!(base64url(x))), "y", json!(base64url(y)))
    };
    let mut off = y.clone();
    off[31] ^= 1;
    // p = 2^256 − 2^224 + 2^192 + 2^96 − 1
    let p: [u8; 32] = {
        let mut p = [0xff; 32];
        p[4..8].copy_from_slice(&[0, 0, 0, 1]);
        p[8..20].fill(0);
        p
    };
    let mut negated = [0; 32];
    let mut borrow = 0;
    for index in (0..32).rev() {
        let difference = i16::from(p[index]) - i16::from(y[index]) - borrow;
        borrow = i16::from(difference < 0);
        negated[index] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let mut off_384 = k2().coordinates().1;
    off_384[47] ^= 1;
    vec![
        unusable("point_beside_the_curve_is_not_usable", POINT, point(&x, &off)),
        unusable("point_with_swapped_coordinates_is_not_usable", POINT, point(&y, &x)),
        unusable("identity_written_as_zeros_is_not_usable", POINT, point(&[0; 32], &[0; 32])),
        unusable("coordinates_of_all_ones_are_not_usable", POINT, point(&[0xff; 32], &[0xff; 32])),
        unusable("x_that_is_the_field_prime_is_not_usable", POINT, point(&p, &y)),
        rule("negated_point_is_another_key", POINT, Token::good())
            .keys(jwks([point(&x, &negated)]))
            .rejected("signature-invalid"),
        rule("point_beside_the_curve_p384_is_not_usable", POINT, Token::good_es384())
            .keys(jwks([jwk_with(jwk(&k2(), "k2"), "y", json!(base64url(off_384)))]))
            .rejected("no-usable-key"),
    ]
}
