//! Keys: RFC 7518 §6.3.

use num_bigint::BigUint;
use serde_json::{Value, json};
use tollgate_core::Algorithm;

use super::{ALGORITHMS, by, good, rs256, with_jwk};
use crate::corpus::case::Case;
use crate::corpus::rule::rule;
use crate::mint::{
    RsaSecret, SigningKey, Token, base64url, from_base64url, jwk, jwk_with, jwk_without, jwks, k1,
};

const UINT: &str = "RFC 7518 §2";
const NUMBERS: &str = "RFC 7518 §6.3.1";
const PRIVATE: &str = "RFC 7518 §6.3.2";
const LENGTH: &str = "RFC 7518 §3.3";
const ONE: &str = "RFC 8725 §3.1";
const KID: &str = "RFC 7515 §4.1.4";

pub(super) fn rules() -> Vec<Case> {
    [keys(), lengths(), exponents(), private(), algorithms()].concat()
}

fn keys() -> Vec<Case> {
    let (_, n) = rs256().numbers().swap_remove(0);
    let usable = |id: &str, reference: &str, jwk: Value| with_jwk(id, reference, jwk).accepted();
    let unusable = |id: &str, reference: &str, jwk: Value| {
        with_jwk(id, reference, jwk).rejected("no-usable-key")
    };
    let with = |name: &str, value: Value| jwk_with(good(), name, value);
    let number = |bytes: &[u8]| json!(base64url(bytes));
    let mut even = n.clone();
    even[255] &= 0xfe;
    // 256 bytes leave four bits of the last character.
    let stray = {
        let text = base64url(&n);
        let (rest, last) = text.split_at(text.len() - 1);
        let other = char::from(last.as_bytes()[0] + 1);
        format!("{rest}{other}")
    };
    let mut rules = vec![
        usable("rsa_key_is_usable", NUMBERS, good()),
        usable("rsa_key_with_no_more_than_its_numbers_is_usable", NUMBERS, {
            jwk_with(rs256().jwk(), "kid", json!("r"))
        }),
        usable("rsa_modulus_with_a_zero_before_it_is_usable", UINT, {
            with("n", number(&[&[0], &n[..]].concat()))
        }),
        unusable("rsa_modulus_with_two_zeros_before_it_is_not_usable", UINT, {
            with("n", number(&[&[0, 0], &n[..]].concat()))
        }),
        unusable("rsa_modulus_with_a_zero_after_it_is_not_usable", NUMBERS, {
            with("n", number(&[&n[..], &[0]].concat()))
        }),
        unusable("rsa_modulus_with_stray_bits_is_not_usable", "RFC 4648 §3.5", {
            assert!(from_base64url(&stray).is_none());
            with("n", json!(stray))
        }),
        unusable("rsa_modulus_with_padding_is_not_usable", UINT, {
            with("n", json!(format!("{}==", base64url(&n))))
        }),
        unusable(
            "rsa_modulus_that_is_even_is_not_usable",
            "RFC 8017 §3.1",
            with("n", number(&even)),
        ),
        {
            let key = SigningKey::rsa("roca", Algorithm::Rs256);
            let id = "rsa_modulus_that_can_be_factored_is_not_usable";
            let keys = jwks([jwk(&key, "r")]);
            rule(id, "CVE-2017-15361", by(key)).keys(keys).rejected("no-usable-key")
        },
        unusable(
            "rsa_key_for_encryption_is_not_usable",
            "RFC 7517 §4.2",
            with("use", json!("enc")),
        ),
        unusable("rsa_key_that_may_not_verify_is_not_usable", "RFC 7517 §4.3", {
            with("key_ops", json!(["encrypt", "wrapKey"]))
        }),
        unusable("rsa_key_of_a_certificate_alone_is_not_usable", "RFC 7517 §4.7", {
            json!({ "kty": "RSA", "kid": "r", "x5c": ["AAAA"], "x5t": "AAAA" })
        }),
        usable("rsa_key_with_the_members_of_other_types_is_usable", "RFC 7517 §4", {
            jwk_with(with("crv", json!("P-256")), "x", json!(1))
        }),
        usable("rsa_modulus_written_with_escapes_is_usable", "RFC 7515 §5.3", good()),
    ];
    // The last one's value is escaped in the text.
    let escaped = jwks([good()]).to_string().replacen("\"AQAB\"", "\"\\u0041QAB\"", 1);
    rules.push(
        rule("rsa_exponent_written_with_escapes_is_usable", "RFC 7515 §5.3", by(rs256()))
            .keys(escaped)
            .accepted(),
    );
    for name in ["n", "e"] {
        let id = |what: &str| format!("rsa_{name}_{what}_is_not_usable");
        rules.push(unusable(&id("that_is_missing"), NUMBERS, jwk_without(good(), name)));
        for (what, value) in [
            ("that_is_null", json!(null)),
            ("that_is_a_number", json!(65537)),
            ("that_is_empty", json!("")),
            ("of_zero", json!("AA")),
            ("that_is_an_array", json!(["AQAB"])),
        ] {
            rules.push(unusable(&id(what), NUMBERS, with(name, value)));
        }
    }
    for alg in ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5", "RS1", "ES256", "EdDSA", "rs256", "HS256"] {
        let id = format!("rsa_key_for_{}_is_not_usable", alg.replace('-', "_"));
        rules.push(unusable(&id, "RFC 7517 §4.4", with("alg", json!(alg))));
    }
    rules
}

fn lengths() -> Vec<Case> {
    let mut rules = Vec::new();
    for bits in (2048..=2056).chain([3071, 3072, 4095, 4096]) {
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
            let key = SigningKey::rsa(&bits.to_string(), algorithm);
            let id =
                format!("rsa_key_of_{bits}_bits_is_usable_for_{}", algorithm.name().to_lowercase());
            let keys = jwks([jwk(&key, "r")]);
            rules.push(rule(&id, LENGTH, by(key)).keys(keys).accepted());
        }
    }
    for bits in [512u32, 1024, 2040, 2047, 4097, 8192, 16_384] {
        let n: BigUint = (BigUint::from(1u8) << bits) - 1u8;
        let id = format!("rsa_key_of_{bits}_bits_is_not_usable");
        let jwk = jwk_with(good(), "n", json!(base64url(n.to_bytes_be())));
        rules.push(with_jwk(&id, LENGTH, jwk).rejected("no-usable-key"));
    }
    rules
}

fn exponents() -> Vec<Case> {
    let secret = RsaSecret::named("2048");
    let mut rules = Vec::new();
    for (e, is_usable) in [
        (3, false),
        (17, false),
        (65_535, false),
        (65_537, true),
        (65_539, true),
        (4_294_967_291, true),
        (4_294_967_295, true),
        (4_294_967_297, false),
        (4_294_967_311, false),
    ] {
        let key = SigningKey::Rsa(secret.with_exponent(e).into(), Algorithm::Rs256);
        let keys = jwks([jwk(&key, "r")]);
        rules.push(match is_usable {
            true => rule(&format!("rsa_exponent_{e}_is_usable"), "FIPS 186-5 §5.1", by(key))
                .keys(keys)
                .accepted(),
            false => rule(&format!("rsa_exponent_{e}_is_not_usable"), "FIPS 186-5 §5.1", by(key))
                .keys(keys)
                .rejected("no-usable-key"),
        });
    }
    for (name, reference, bytes) in [
        ("of_one", "RFC 8017 §3.1", &[1][..]),
        ("that_is_even", "RFC 8017 §3.1", &[1, 0, 2]),
        ("of_65536", "RFC 8017 §3.1", &[1, 0, 0]),
        ("with_a_zero_before_it", UINT, &[0, 1, 0, 1]),
        ("as_long_as_the_modulus", "FIPS 186-5 §5.1", &[0x5b; 256]),
    ] {
        let jwk = jwk_with(good(), "e", json!(base64url(bytes)));
        let id = format!("rsa_exponent_{name}_is_not_usable");
        rules.push(with_jwk(&id, reference, jwk).rejected("no-usable-key"));
    }
    rules
}

fn private() -> Vec<Case> {
    let mut rules = vec![
        with_jwk("rsa_private_key_is_refused", PRIVATE, {
            jwk_with(good(), "d", json!(base64url(rs256().secret())))
        })
        .rejected("no-usable-key"),
        with_jwk("rsa_private_exponent_that_is_null_is_none", PRIVATE, {
            jwk_with(good(), "d", json!(null))
        })
        .accepted(),
        with_jwk("rsa_private_key_beside_its_public_one_is_ignored", PRIVATE, good())
            .keys(jwks([jwk_with(good(), "p", json!("AQAB")), good()]))
            .accepted(),
        with_jwk("rsa_private_factor_written_with_escapes_is_refused", PRIVATE, good())
            .keys(
                jwks([jwk_with(good(), "P", json!("AQAB"))])
                    .to_string()
                    .replace("\"P\"", r#""\u0070""#),
            )
            .rejected("no-usable-key"),
    ];
    for name in ["p", "q", "dp", "dq", "qi", "oth"] {
        let id = |what: &str| format!("rsa_key_with_{name}{what}");
        let value = if name == "oth" { json!([]) } else { json!("AQAB") };
        rules.push(
            with_jwk(&id("_is_refused"), PRIVATE, jwk_with(good(), name, value))
                .rejected("no-usable-key"),
        );
        rules.push(
            with_jwk(&id("_of_null_is_usable"), PRIVATE, jwk_with(good(), name, json!(null)))
                .accepted(),
        );
    }
    rules
}

/// A key with `alg` is for that one alone. Without, it is for RS256, and for another only where that one is
/// listed.
fn algorithms() -> Vec<Case> {
    let key = |algorithm| SigningKey::rsa("2048", algorithm);
    let open = || jwks([jwk_without(good(), "alg")]);
    let mut rules = vec![
        rule("rsa_key_without_alg_is_for_rs256", ONE, by(rs256())).keys(open()).accepted(),
        rule("without_kid_an_rsa_key_without_alg_is_unknown_to_ps256", ONE, {
            by(key(Algorithm::Ps256)).without_member("kid")
        })
        .keys(open())
        .rejected("unknown-key"),
        rule("without_kid_an_rsa_key_without_alg_is_found_by_a_listed_ps256", ONE, {
            by(key(Algorithm::Ps256)).without_member("kid")
        })
        .keys(open())
        .algorithms(&["PS256"])
        .accepted(),
        rule("without_kid_two_rsa_keys_for_two_algorithms_are_not_ambiguous", ONE, {
            by(rs256()).without_member("kid")
        })
        .keys(jwks([good(), jwk(&key(Algorithm::Ps256), "p")]))
        .accepted(),
        rule("two_rsa_keys_of_one_kid_and_two_algorithms_are_not_ambiguous", KID, by(rs256()))
            .keys(jwks([jwk(&SigningKey::rsa("3072", Algorithm::Ps256), "r"), good()]))
            .accepted(),
        rule("two_rsa_keys_of_one_kid_without_alg_are_ambiguous", ONE, by(rs256()))
            .keys(jwks([
                jwk_without(good(), "alg"),
                jwk_without(jwk(&SigningKey::rsa("3072", Algorithm::Rs256), "r"), "alg"),
            ]))
            .rejected("ambiguous-key"),
        rule("rsa_key_of_the_kid_of_an_ec_key_is_not_ambiguous", KID, Token::good())
            .keys(jwks([jwk(&rs256(), "k1"), jwk(&k1(), "k1")]))
            .accepted(),
        rule("rs256_token_with_the_kid_of_an_ec_key_is_rejected", ONE, by(rs256()))
            .keys(jwks([jwk(&k1(), "r")]))
            .rejected("algorithm-mismatch"),
        rule("es256_token_with_the_kid_of_an_rsa_key_is_rejected", ONE, Token::good())
            .keys(jwks([jwk(&rs256(), "k1")]))
            .rejected("algorithm-mismatch"),
        rule("hmac_with_the_public_rsa_key_is_rejected", "CVE-2015-9235", {
            by(rs256()).member("alg", json!("HS256"))
        })
        .keys(jwks([good()]))
        .rejected("algorithm-unsupported"),
    ];
    for algorithm in ALGORITHMS {
        let (name, id) = (algorithm.name(), algorithm.name().to_lowercase());
        let token = || by(key(algorithm));
        if algorithm != Algorithm::Rs256 {
            rules.push(
                rule(&format!("rsa_key_without_alg_is_not_for_{id}"), ONE, token())
                    .keys(open())
                    .rejected("algorithm-mismatch"),
            );
        }
        rules.push(
            rule(&format!("rsa_key_without_alg_is_for_{id}_if_it_is_listed"), ONE, token())
                .keys(open())
                .algorithms(&["ES256", name])
                .accepted(),
        );
        rules.push(
            rule(
                &format!("rsa_key_without_alg_is_not_for_{id}_if_another_is_listed"),
                ONE,
                token(),
            )
            .keys(open())
            .algorithms(&[if name == "RS512" { "PS512" } else { "RS512" }])
            .rejected("algorithm-not-allowed"),
        );
        for other in ALGORITHMS.iter().filter(|other| **other != algorithm) {
            let other_id = other.name().to_lowercase();
            rules.push(
                rule(&format!("rsa_key_for_{other_id}_is_not_for_{id}"), ONE, token())
                    .keys(jwks([jwk(&key(*other), "r")]))
                    .algorithms(&[name, other.name()])
                    .rejected("algorithm-mismatch"),
            );
        }
    }
    rules
}
