//! EdDSA with Ed25519: RFC 8032, RFC 8037, RFC 9864.

use num_bigint::BigUint;
use serde_json::{Value, json};
use tollgate_core::Algorithm;

use super::case::Case;
use super::rule::{Rule, rule};
use crate::mint::{
    SigningKey, Token, base64url, ed25519, jwk, jwk_with, jwk_without, jwks, k1, key_for,
};

const KEY: &str = "RFC 8037 §2";
const POINT: &str = "RFC 8032 §5.1.3";
const ORDER: &str = "RFC 8032 §8.8";
const VERIFY: &str = "RFC 8032 §5.1.7";
const NAMES: &str = "RFC 9864 §2.2";

pub(super) fn rules() -> Vec<Case> {
    [keys(), points(), names(), signatures()].concat()
}

fn key() -> SigningKey {
    key_for(Algorithm::EdDsa)
}

fn token() -> Token {
    Token::good_for(Algorithm::EdDsa)
}

fn good() -> Value {
    jwk(&key(), "EdDSA")
}

fn with_jwk(id: &str, reference: &str, jwk: Value) -> Rule {
    rule(id, reference, token()).keys(jwks([jwk]))
}

fn x() -> [u8; 32] {
    key().numbers().swap_remove(0).1.try_into().unwrap()
}

fn keys() -> Vec<Case> {
    let with = |name: &str, value: Value| jwk_with(good(), name, value);
    let encoded = |bytes: &[u8]| json!(base64url(bytes));
    let x = x();
    let stray = {
        let text = base64url(x);
        let (rest, last) = text.split_at(text.len() - 1);
        format!("{rest}{}", char::from(last.as_bytes()[0] + 1))
    };
    let mut rules = vec![
        with_jwk("ed25519_key_is_usable", KEY, good()).accepted(),
        with_jwk("ed25519_key_without_alg_is_usable", KEY, jwk_without(good(), "alg")).accepted(),
        with_jwk("y_of_an_ed25519_key_is_ignored", "RFC 7517 §4", with("y", json!("AA")))
            .accepted(),
        with_jwk("ed25519_private_key_is_refused", KEY, with("d", encoded(&key().secret())))
            .rejected("no-usable-key"),
        with_jwk("rsa_members_of_an_ed25519_key_are_ignored", "RFC 7517 §4", {
            jwk_with(with("n", json!("AQAB")), "p", json!("AQAB"))
        })
        .accepted(),
        with_jwk("ed25519_key_without_x_is_not_usable", KEY, jwk_without(good(), "x"))
            .rejected("no-usable-key"),
        with_jwk("ed25519_key_without_crv_is_not_usable", KEY, jwk_without(good(), "crv"))
            .rejected("no-usable-key"),
    ];
    for (id, name, value) in [
        ("ed25519_x_cut_short_is_not_usable", "x", encoded(&x[..31])),
        ("ed25519_x_with_a_zero_after_it_is_not_usable", "x", encoded(&[&x[..], &[0]].concat())),
        ("ed25519_x_with_a_zero_before_it_is_not_usable", "x", encoded(&[&[0], &x[..]].concat())),
        ("ed25519_x_with_padding_is_not_usable", "x", json!(format!("{}=", base64url(x)))),
        ("ed25519_x_with_stray_bits_is_not_usable", "x", json!(stray)),
        ("ed25519_x_that_is_null_is_not_usable", "x", json!(null)),
        ("okp_key_of_ed448_is_not_usable", "crv", json!("Ed448")),
        ("okp_key_of_x25519_is_not_usable", "crv", json!("X25519")),
        ("okp_key_of_p256_is_not_usable", "crv", json!("P-256")),
        ("ed25519_in_lower_case_is_not_usable", "crv", json!("ed25519")),
        ("ed25519_key_of_kty_ec_is_not_usable", "kty", json!("EC")),
        ("ed25519_key_for_es256_is_not_usable", "alg", json!("ES256")),
        ("ed25519_key_for_ed448_is_not_usable", "alg", json!("Ed448")),
        ("ed25519_key_for_agreement_is_not_usable", "alg", json!("ECDH-ES")),
        ("ed25519_key_for_eddsa_in_lower_case_is_not_usable", "alg", json!("eddsa")),
    ] {
        rules.push(with_jwk(id, KEY, with(name, value)).rejected("no-usable-key"));
    }
    rules
}

fn points() -> Vec<Case> {
    let unusable = |id: &str, reference: &str, x: [u8; 32]| {
        with_jwk(id, reference, jwk_with(good(), "x", json!(base64url(x))))
            .rejected("no-usable-key")
    };
    // The token's signature holds, unless the key is refused.
    let SigningKey::Ed25519(secret) = key() else { unreachable!() };
    let forgeable = |id: &str, reference: &str, x: [u8; 32]| {
        let messages = (0..200).map(|jti| {
            let token = token().claim("jti", json!(jti.to_string())).mint();
            token.rsplit_once('.').unwrap().0.to_owned()
        });
        let (signing_input, signature) = ed25519::signature_despite_order(x, &secret, messages);
        rule(id, reference, format!("{signing_input}.{}", base64url(signature)))
            .keys(jwks([jwk_with(good(), "x", json!(base64url(x)))]))
            .rejected("no-usable-key")
    };
    // y = 2 is of no point.
    let mut two = [0; 32];
    two[0] = 2;
    let mut rules = vec![
        unusable("ed25519_key_beside_the_curve_is_not_usable", POINT, two),
        unusable("ed25519_key_of_all_ones_is_not_usable", POINT, [0xff; 32]),
    ];
    for (index, point) in ed25519::small_orders().into_iter().enumerate() {
        let (name, reference) = if index < 8 {
            (format!("of_small_order_{index}"), ORDER)
        } else {
            (format!("in_bytes_of_no_encoder_{index}"), POINT)
        };
        rules.push(forgeable(&format!("ed25519_key_{name}_is_not_usable"), reference, point));
    }
    for index in 1..8 {
        let id = format!("ed25519_key_of_mixed_order_{index}_is_not_usable");
        rules.push(forgeable(&id, ORDER, ed25519::plus_small_order(x(), index)));
    }
    for little in 2..19 {
        let id = format!("ed25519_key_of_y_beyond_the_prime_by_{little}_is_not_usable");
        rules.push(unusable(&id, POINT, ed25519::beyond(little)));
    }
    let mut opposite = x();
    opposite[31] ^= 0x80;
    rules.push(
        with_jwk("ed25519_point_opposite_is_another_key", POINT, {
            jwk_with(good(), "x", json!(base64url(opposite)))
        })
        .rejected("signature-invalid"),
    );
    rules
}

/// `EdDSA` and `Ed25519` are one algorithm.
fn names() -> Vec<Case> {
    let mut rules = Vec::new();
    let names = ["EdDSA", "Ed25519"];
    for header in names {
        let token = || token().member("alg", json!(header));
        for of_key in names {
            for listed in names {
                let ids = [header, of_key, listed].map(str::to_lowercase);
                let id = format!(
                    "alg_{}_with_a_key_for_{}_is_accepted_where_{}_is_listed",
                    ids[0], ids[1], ids[2]
                );
                rules.push(
                    rule(&id, NAMES, token())
                        .keys(jwks([jwk_with(good(), "alg", json!(of_key))]))
                        .algorithms(&[listed])
                        .accepted(),
                );
            }
        }
        let lower = header.to_lowercase();
        rules.push(
            rule(&format!("alg_{lower}_with_a_key_without_alg_is_accepted"), NAMES, token())
                .keys(jwks([jwk_without(good(), "alg")]))
                .accepted(),
        );
        rules.push(
            rule(&format!("alg_{lower}_with_an_ec_key_is_rejected"), "RFC 8725 §3.1", token())
                .keys(jwks([jwk(&k1(), "EdDSA")]))
                .rejected("algorithm-mismatch"),
        );
        rules.push(
            rule(
                &format!("alg_{lower}_is_rejected_where_es256_alone_is_listed"),
                "RFC 8725 §3.1",
                token(),
            )
            .keys(jwks([good()]))
            .algorithms(&["ES256"])
            .rejected("algorithm-not-allowed"),
        );
    }
    rules.push(
        rule(
            "es256_token_with_the_kid_of_an_ed25519_key_is_rejected",
            "RFC 8725 §3.1",
            Token::good(),
        )
        .keys(jwks([jwk(&key(), "k1")]))
        .rejected("algorithm-mismatch"),
    );
    rules
}

fn signatures() -> Vec<Case> {
    let SigningKey::Ed25519(secret) = key() else { unreachable!() };
    let order = key().order();
    let keys = || jwks([good()]);
    let good_token = token().mint();
    let (signing_input, signature) = good_token.rsplit_once('.').unwrap();
    let signature = crate::mint::from_base64url(signature).unwrap();
    let (r, s) = signature.split_at(32);
    let s_of = |number: &BigUint| {
        let mut bytes = number.to_bytes_le();
        bytes.resize(32, 0);
        bytes
    };
    let number = BigUint::from_bytes_le(s);
    let text = |signature: Vec<u8>| format!("{signing_input}.{}", base64url(signature));
    let signed = |r: u64, point: [u8; 32]| {
        text(ed25519::signature_with(&secret, signing_input.as_bytes(), r, point))
    };
    let pair = |r: &[u8], s: &[u8]| text([r, s].concat());
    let mut rules = vec![
        rule(
            "ed25519_signature_with_any_r_is_accepted",
            VERIFY,
            signed(12_345, ed25519::base_times(12_345)),
        )
        .keys(keys())
        .accepted(),
    ];
    let mut beyond = ed25519::base_times(12_345);
    beyond[31] ^= 0x80;
    for (id, token) in [
        ("ed25519_s_with_the_order_added_is_rejected", pair(r, &s_of(&(&number + &order)))),
        ("ed25519_s_of_the_order_is_rejected", pair(r, &s_of(&order))),
        ("ed25519_s_of_the_order_less_one_is_rejected", pair(r, &s_of(&(&order - 1u8)))),
        ("ed25519_s_of_zero_is_rejected", pair(r, &[0; 32])),
        ("ed25519_signature_of_zeros_is_rejected", text(vec![0; 64])),
        ("ed25519_signature_of_all_ones_is_rejected", text(vec![0xff; 64])),
        ("ed25519_halves_swapped_are_rejected", pair(s, r)),
        ("ed25519_r_of_the_other_sign_is_rejected", signed(12_345, beyond)),
        ("ed25519_s_with_its_highest_bit_set_is_rejected", {
            let mut s = s.to_vec();
            s[31] |= 0x80;
            pair(r, &s)
        }),
        ("ed25519_signature_of_another_key_is_rejected", {
            token().signed_by(SigningKey::ed25519("another key")).mint()
        }),
        ("ed25519_signature_over_a_hash_is_rejected", {
            use sha2::{Digest, Sha512};
            text(key().sign(&Sha512::digest(signing_input)))
        }),
        ("ed25519_identity_as_r_with_a_sign_is_rejected", signed(0, ed25519::small_orders()[8])),
        ("ed25519_identity_as_r_beyond_the_field_is_rejected", signed(0, ed25519::beyond(1))),
    ] {
        rules.push(rule(id, VERIFY, token).keys(keys()).rejected("signature-invalid"));
    }
    for index in 1..8 {
        let point = ed25519::plus_small_order(ed25519::base_times(12_345), index);
        let id = format!("ed25519_r_with_a_point_of_small_order_{index}_added_is_rejected");
        rules.push(
            rule(&id, VERIFY, signed(12_345, point)).keys(keys()).rejected("signature-invalid"),
        );
    }
    for (id, signature) in [
        ("ed25519_signature_without_its_last_byte_is_rejected", signature[..63].to_vec()),
        ("ed25519_signature_with_a_byte_after_it_is_rejected", [&signature[..], &[0]].concat()),
        ("ed25519_signature_of_114_bytes_is_rejected", vec![1; 114]),
    ] {
        rules.push(rule(id, VERIFY, text(signature)).keys(keys()).rejected("signature-length"));
    }
    rules
}
