//! The JWK set and the choice of one key: RFC 7517 §5, RFC 7515 §6.

use serde_json::{Value, json};

use super::case::{Case, Jwks};
use super::rule::{hex, rule};
use crate::mint::{self, SigningKey, Token, good_jwks, jwk, jwk_with, jwk_without, jwks, k1, k2};

const SET: &str = "RFC 7517 §5";
const KEYS: &str = "RFC 7517 §5.1";
const CHOICE: &str = "RFC 7515 §4.1.4";

pub(super) fn rules() -> Vec<Case> {
    [choice(), isolation(), texts()].concat()
}

fn choice() -> Vec<Case> {
    let named = Token::good;
    let nameless = || Token::good().without_member("kid");
    let (first, second) = (jwk(&k1(), "k1"), jwk(&k2(), "k2"));
    let other = SigningKey::p256("another key");
    let without_kid = k1().jwk();
    vec![
        rule("kid_chooses_the_key_of_exactly_that_kid", CHOICE, named())
            .keys(jwks([jwk(&other, "k0"), first.clone(), jwk(&other, "k10"), second.clone()]))
            .accepted(),
        rule("kid_that_no_key_has_is_rejected", CHOICE, named())
            .keys(jwks([jwk(&k1(), "k0"), second.clone()]))
            .rejected("unknown-key"),
        rule("kid_never_means_a_key_without_kid", CHOICE, named())
            .keys(jwks([without_kid.clone()]))
            .rejected("unknown-key"),
        rule("kid_is_no_hint_to_try_the_other_keys", CHOICE, named())
            .keys(jwks([jwk(&other, "k1"), jwk(&k1(), "k2")]))
            .rejected("signature-invalid"),
        rule("without_kid_the_only_key_is_chosen", CHOICE, nameless())
            .keys(jwks([first.clone()]))
            .accepted(),
        rule("without_kid_the_only_key_without_kid_is_chosen", CHOICE, nameless())
            .keys(jwks([without_kid.clone()]))
            .accepted(),
        rule("without_kid_the_only_key_for_the_algorithm_is_chosen", CHOICE, nameless())
            .keys(jwks([first.clone(), second.clone()]))
            .accepted(),
        rule("without_kid_two_keys_for_the_algorithm_are_ambiguous", CHOICE, nameless())
            .keys(jwks([first.clone(), jwk(&other, "k0")]))
            .rejected("ambiguous-key"),
        rule("without_kid_a_key_without_kid_is_not_preferred", CHOICE, nameless())
            .keys(jwks([without_kid.clone(), jwk(&other, "k0")]))
            .rejected("ambiguous-key"),
        rule("without_kid_and_without_a_key_for_the_algorithm_is_unknown", CHOICE, nameless())
            .keys(jwks([second.clone()]))
            .rejected("unknown-key"),
        rule("the_same_key_twice_is_one_key", CHOICE, named())
            .keys(jwks([first.clone(), jwk(&other, "k0"), first.clone()]))
            .accepted(),
        rule("the_same_key_twice_without_kid_is_one_key", CHOICE, nameless())
            .keys(jwks([without_kid.clone(), without_kid.clone()]))
            .accepted(),
        rule("the_same_key_twice_with_other_members_is_one_key", CHOICE, named())
            .keys(jwks([first.clone(), {
                let mut again = first.clone();
                again["x5t"] = json!("AAAA");
                again.as_object_mut().unwrap().remove("alg");
                again
            }]))
            .accepted(),
        rule("key_that_is_listed_before_with_a_wrong_alg_is_usable", CHOICE, named())
            .keys(jwks([jwk_with(first.clone(), "alg", json!("ES384")), first.clone()]))
            .accepted(),
        rule("the_same_key_under_two_ids_is_two_keys", CHOICE, nameless())
            .keys(jwks([first.clone(), jwk(&k1(), "k0")]))
            .rejected("ambiguous-key"),
        rule("two_keys_of_one_kid_and_algorithm_are_ambiguous", CHOICE, named())
            .keys(jwks([first.clone(), jwk(&other, "k1")]))
            .rejected("ambiguous-key"),
        rule("two_keys_of_one_kid_and_two_algorithms_are_not_ambiguous", CHOICE, named())
            .keys(jwks([jwk(&k2(), "k1"), first.clone()]))
            .accepted(),
        rule("es256_token_with_the_kid_of_an_es384_key_is_rejected", "RFC 8725 §3.1", {
            named().member("kid", json!("k2"))
        })
        .rejected("algorithm-mismatch"),
        rule("es384_token_with_the_kid_of_an_es256_key_is_rejected", "RFC 8725 §3.1", {
            Token::good_es384().member("kid", json!("k1"))
        })
        .rejected("algorithm-mismatch"),
        rule("header_never_decides_the_algorithm_of_a_key_without_alg", "CVE-2026-22817", {
            Token::good_es384().member("kid", json!("k1"))
        })
        .keys(jwks([jwk_without(first.clone(), "alg")]))
        .rejected("algorithm-mismatch"),
        rule("unusable_key_of_the_same_kid_is_not_ambiguous", SET, named())
            .keys(jwks([jwk_with(jwk(&other, "k1"), "use", json!("enc")), first.clone()]))
            .accepted(),
        rule("without_kid_an_unusable_key_is_not_ambiguous", SET, nameless())
            .keys(jwks([jwk_with(jwk(&other, "k0"), "use", json!("enc")), first.clone()]))
            .accepted(),
        rule("token_of_a_withdrawn_key_is_rejected", SET, named())
            .keys(jwks([jwk(&other, "k9")]))
            .rejected("unknown-key"),
        rule("kid_in_the_set_may_be_written_with_escapes", "RFC 7515 §5.3", named())
            .keys(good_jwks().to_string().replace("\"k1\"", r#""\u006b1""#))
            .accepted(),
    ]
}

/// A key that is not usable harms no other.
fn isolation() -> Vec<Case> {
    let first = jwk(&k1(), "k1");
    let of_kind = |kty: &str| json!({ "kty": kty, "kid": "k1", "alg": "RS256", "use": "sig" });
    let members = (0..129).map(|index| (format!("m{index}"), json!(0)));
    let crowded = Value::Object(members.collect());
    let mut rules: Vec<Case> = [
        ("key_of_unknown_kty_is_ignored", of_kind("PQC")),
        ("rsa_key_without_its_numbers_is_ignored", of_kind("RSA")),
        ("okp_key_without_its_point_is_ignored", of_kind("OKP")),
        ("symmetric_key_is_ignored", json!({ "kty": "oct", "kid": "k1", "k": "AAAA" })),
        ("key_without_kty_is_ignored", json!({ "kid": "k1" })),
        ("empty_key_is_ignored", json!({})),
        ("key_that_is_null_is_ignored", json!(null)),
        ("key_that_is_a_string_is_ignored", json!("k1")),
        ("key_that_is_a_number_is_ignored", json!(1)),
        ("key_that_is_an_array_is_ignored", json!([jwk(&k1(), "k1")])),
        ("key_of_an_unknown_curve_is_ignored", jwk_with(first.clone(), "crv", json!("secp256k1"))),
        (
            "key_of_the_width_of_another_curve_is_ignored",
            jwk_with(first.clone(), "crv", json!("P-521")),
        ),
        ("key_beside_the_curve_is_ignored", jwk_with(first.clone(), "y", first["x"].clone())),
        ("key_with_too_many_members_is_ignored", crowded),
    ]
    .into_iter()
    .map(|(id, broken)| rule(id, SET, Token::good()).keys(jwks([broken, first.clone()])).accepted())
    .collect();
    let twice = format!(r#"{{"kty":"EC",{}"#, &first.to_string()[1..]);
    rules.extend([
        rule("key_with_a_name_twice_is_ignored", "RFC 7517 §4", Token::good())
            .keys(format!(r#"{{"keys":[{twice},{first}]}}"#))
            .accepted(),
        rule("key_with_a_name_twice_is_not_usable", "RFC 7517 §4", Token::good())
            .keys(format!(r#"{{"keys":[{twice}]}}"#))
            .rejected("no-usable-key"),
        rule("key_with_a_lone_surrogate_is_ignored", SET, Token::good())
            .keys(format!(r#"{{"keys":[{{"kty":"EC","kid":"\ud83d"}},{first}]}}"#))
            .accepted(),
        rule("keys_of_all_types_stand_beside_each_other", SET, Token::good())
            .keys(mint::jwks_for_all())
            .accepted(),
        rule("empty_set_has_no_usable_key", SET, Token::good())
            .keys(jwks([]))
            .rejected("no-usable-key"),
        rule("set_of_unusable_keys_has_no_usable_key", SET, Token::good())
            .keys(jwks([of_kind("RSA"), json!(null)]))
            .rejected("no-usable-key"),
        rule("hundred_keys_are_accepted", SET, Token::good().member("kid", json!("id-57")))
            .keys(jwks((0..100).map(|index| {
                let key = match index {
                    57 => k1(),
                    _ => SigningKey::p256(&format!("one of a hundred: {index}")),
                };
                jwk(&key, &format!("id-{index}"))
            })))
            .accepted(),
    ]);
    rules
}

fn texts() -> Vec<Case> {
    let good = good_jwks().to_string();
    let mut rules = vec![
        rule("unknown_members_of_a_set_are_ignored", SET, Token::good())
            .keys(good.replacen('{', r#"{"issuer":"x","nested":{"keys":[]},"#, 1))
            .accepted(),
        rule("keys_written_with_escapes_is_accepted", "RFC 7515 §5.3", Token::good())
            .keys(good.replace("\"keys\"", r#""\u006beys""#))
            .accepted(),
        rule("white_space_in_a_set_is_accepted", "RFC 8259 §2", Token::good())
            .keys(format!("\r\n {}\t\n", good.replace(',', " ,\n\t ")))
            .accepted(),
        rule("broken_set_is_looked_at_only_for_a_key", CHOICE, {
            Token::good().member("alg", json!("none"))
        })
        .keys("no set".to_owned())
        .rejected("algorithm-unsupported"),
        rule("set_that_is_not_utf8_is_rejected", "RFC 8259 §8.1", Token::good())
            .keys(Jwks::Hex(hex(&[good.as_bytes(), b"\xff"].concat())))
            .keys_rejected("json-not-utf8"),
        rule("set_in_utf16_is_rejected", "RFC 8259 §8.1", Token::good())
            .keys(Jwks::Hex(hex(&utf16(&good))))
            .keys_rejected("json-not-utf8"),
    ];
    for (name, value) in [
        ("without_keys", json!({})),
        ("whose_keys_are_null", json!({ "keys": null })),
        ("whose_keys_are_an_object", json!({ "keys": { "k1": jwk(&k1(), "k1") } })),
        ("whose_keys_are_a_string", json!({ "keys": "k1" })),
        ("that_is_a_single_key", jwk(&mint::k1(), "k1")),
        ("whose_keys_have_another_case", json!({ "Keys": [jwk(&k1(), "k1")] })),
    ] {
        let id = format!("set_{name}_is_rejected");
        let rule = rule(&id, KEYS, Token::good()).keys(value);
        rules.push(rule.keys_rejected("key-set-without-keys"));
    }
    for (name, text, reason) in [
        ("that_is_an_array", format!("[{}]", jwk(&k1(), "k1")), "json-not-an-object"),
        ("that_is_null", "null".to_owned(), "json-not-an-object"),
        ("that_is_empty_text", String::new(), "json-syntax"),
        ("that_is_a_web_page", "<!DOCTYPE html>".to_owned(), "json-syntax"),
        ("that_is_pem", "-----BEGIN PUBLIC KEY-----".to_owned(), "json-syntax"),
        ("cut_short", good[..good.len() - 1].to_owned(), "json-syntax"),
        ("with_something_after_it", format!("{good}{good}"), "json-syntax"),
        ("with_a_nul_after_it", format!("{good}\0"), "json-syntax"),
        ("with_a_byte_order_mark", format!("\u{feff}{good}"), "json-syntax"),
        ("with_a_trailing_comma", good.replace("]}", "],}"), "json-syntax"),
        ("with_keys_twice", good.replacen('{', r#"{"keys":[],"#, 1), "json-duplicate-name"),
        (
            "with_keys_twice_written_with_escapes",
            good.replacen('{', r#"{"\u006beys":[],"#, 1),
            "json-duplicate-name",
        ),
    ] {
        let id = format!("set_{name}_is_rejected");
        rules.push(rule(&id, KEYS, Token::good()).keys(text).keys_rejected(reason));
    }
    rules
}

/// UTF-16 with its byte order mark.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}
