//! ECDSA signatures: RFC 7518 §3.4.

use p256::ecdsa::signature::hazmat::PrehashSigner;
use serde_json::json;
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::Algorithm;

use super::case::Case;
use super::rule::rule;
use crate::mint::{
    self, SigningKey, Token, base64url, good_jwks, jwk, jwks, k1, k2, key_for, with_other_s,
};

const ECDSA: &str = "RFC 7518 §3.4";
const SIGNED: &str = "RFC 7515 §5.2";
const PSYCHIC: &str = "CVE-2022-21449";

pub(super) fn rules() -> Vec<Case> {
    [
        forgeries(Token::good(), k1(), "es256", 32),
        forgeries(Token::good_es384(), k2(), "es384", 48),
        forgeries(Token::good_for(Algorithm::Es512), key_for(Algorithm::Es512), "es512", 66),
        others(),
    ]
    .concat()
}

fn forgeries(good: Token, key: SigningKey, alg: &str, width: usize) -> Vec<Case> {
    let mut order = key.order().to_bytes_be();
    order.splice(..0, vec![0; width - order.len()]);
    // The set of the other rules has no key for ES512.
    let keys = || match width {
        66 => jwks([jwk(&key, "ES512")]),
        _ => good_jwks(),
    };
    let half = |signature: &[u8], second: bool| {
        let (r, s) = signature.split_at(width);
        if second { s.to_vec() } else { r.to_vec() }
    };
    let forged = |forge: &dyn Fn(Vec<u8>) -> Vec<u8>| good.mint_forged(forge);
    let pair = |r: &[u8], s: &[u8]| [r, s].concat();
    let zero = vec![0; width];
    let one = [vec![0; width - 1], vec![1]].concat();
    let ones = vec![0xff; width];
    let text = good.mint();
    let signature = signature_of(&text);
    let (r, s) = (half(&signature, false), half(&signature, true));
    let other_s = half(&with_other_s(&signature), true);
    let named = |name: &str| format!("{alg}_{name}");
    let (low, high) = if s < other_s { (&s, &other_s) } else { (&other_s, &s) };

    let mut rules = vec![
        rule(&named("high_s_is_accepted"), ECDSA, forged(&|_| pair(&r, high)))
            .keys(keys())
            .accepted(),
        rule(&named("low_s_is_accepted"), ECDSA, forged(&|_| pair(&r, low)))
            .keys(keys())
            .accepted(),
    ];
    for (name, reference, signature) in [
        ("r_and_s_of_zero_are_rejected", PSYCHIC, pair(&zero, &zero)),
        ("r_of_zero_is_rejected", PSYCHIC, pair(&zero, &s)),
        ("s_of_zero_is_rejected", PSYCHIC, pair(&r, &zero)),
        ("r_of_the_order_is_rejected", PSYCHIC, pair(&order, &s)),
        ("s_of_the_order_is_rejected", PSYCHIC, pair(&r, &order)),
        ("r_and_s_of_the_order_are_rejected", PSYCHIC, pair(&order, &order)),
        ("r_and_s_of_all_ones_are_rejected", ECDSA, pair(&ones, &ones)),
        ("r_and_s_of_one_are_rejected", ECDSA, pair(&one, &one)),
        ("r_and_s_swapped_are_rejected", ECDSA, pair(&s, &r)),
        ("r_twice_is_rejected", ECDSA, pair(&r, &r)),
        ("r_and_s_in_little_endian_are_rejected", ECDSA, pair(&reversed(&r), &reversed(&s))),
    ] {
        let text = forged(&|_| signature.clone());
        let rule = rule(&named(name), reference, text).keys(keys());
        rules.push(rule.rejected("signature-invalid"));
    }
    for (name, signature) in [
        ("signature_in_der_is_rejected", der(&r, &s)),
        ("signature_without_its_last_byte_is_rejected", pair(&r, &s[..width - 1])),
        ("signature_with_a_byte_after_it_is_rejected", pair(&r, &[&s[..], &[0]].concat())),
        ("signature_with_a_byte_before_it_is_rejected", pair(&[&[0], &r[..]].concat(), &s)),
        ("r_alone_is_rejected", r.clone()),
        ("signature_of_one_byte_is_rejected", vec![0]),
        ("signature_twice_is_rejected", [signature.clone(), signature.clone()].concat()),
        ("signature_of_a_thousand_bytes_is_rejected", vec![1; 1000]),
    ] {
        let text = forged(&|_| signature.clone());
        rules.push(rule(&named(name), ECDSA, text).keys(keys()).rejected("signature-length"));
    }
    rules
}

fn others() -> Vec<Case> {
    let good = Token::good();
    let token = good.mint();
    let (header, rest) = token.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let changed = base64url(good.clone().claim("sub", json!("admin")).payload_bytes());
    let spaced = String::from_utf8(good.payload_bytes()).unwrap().replace(':', ": ");
    let signing_input = format!("{header}.{payload}");
    let p256_with = |hash: &[u8]| {
        let SigningKey::P256(key) = mint::k1() else { unreachable!() };
        let signature: p256::ecdsa::Signature = key.sign_prehash(hash).unwrap();
        signature.to_bytes().to_vec()
    };
    let es384 = Token::good_es384().mint();
    let (es384_input, es384_signature) = es384.rsplit_once('.').unwrap();
    let p384_with = |hash: &[u8]| {
        let SigningKey::P384(key) = mint::k2() else { unreachable!() };
        let signature: p384::ecdsa::Signature = key.sign_prehash(hash).unwrap();
        signature.to_bytes().to_vec()
    };
    let sha256_twice = Sha256::digest(Sha256::digest(&signing_input));
    let mut rules = Vec::new();
    for (id, reference, text) in [
        ("changed_payload_is_rejected", SIGNED, format!("{header}.{changed}.{signature}")),
        (
            "changed_header_is_rejected",
            SIGNED,
            good.clone()
                .member("x", 1)
                .mint()
                .replace(signature_text(&good.clone().member("x", 1).mint()), signature),
        ),
        (
            "signature_over_another_spelling_of_the_claims_is_rejected",
            SIGNED,
            format!("{header}.{}.{signature}", base64url(&spaced)),
        ),
        (
            "signature_of_another_token_is_rejected",
            SIGNED,
            format!(
                "{signing_input}.{}",
                signature_text(&good.clone().claim("jti", json!("t-2")).mint())
            ),
        ),
        (
            "signature_of_another_key_is_rejected",
            ECDSA,
            good.clone().signed_by(SigningKey::p256("another key")).mint(),
        ),
        (
            "signature_over_the_payload_alone_is_rejected",
            SIGNED,
            format!("{signing_input}.{}", base64url(mint::k1().sign(payload.as_bytes()))),
        ),
        (
            "signature_over_decoded_parts_is_rejected",
            SIGNED,
            format!("{signing_input}.{}", base64url(mint::k1().sign(&good.payload_bytes()))),
        ),
        (
            "p256_with_sha384_is_rejected",
            ECDSA,
            format!("{signing_input}.{}", base64url(p256_with(&Sha384::digest(&signing_input)))),
        ),
        (
            "p256_with_sha256_twice_is_rejected",
            ECDSA,
            format!("{signing_input}.{}", base64url(p256_with(&sha256_twice))),
        ),
        (
            "p384_with_sha256_is_rejected",
            ECDSA,
            format!("{es384_input}.{}", base64url(p384_with(&Sha256::digest(es384_input)))),
        ),
    ] {
        rules.push(rule(id, reference, text).rejected("signature-invalid"));
    }
    for (id, text) in [
        (
            "es384_signature_on_an_es256_token_is_rejected",
            format!("{signing_input}.{es384_signature}"),
        ),
        ("es256_signature_on_an_es384_token_is_rejected", format!("{es384_input}.{signature}")),
    ] {
        rules.push(rule(id, ECDSA, text).rejected("signature-length"));
    }
    rules.extend([
        rule("claims_are_not_judged_before_the_signature", "RFC 8725 §3.3", {
            good.clone().claim("exp", 0).claim("iss", 1).signed_by(SigningKey::p256("another key"))
        })
        .rejected("signature-invalid"),
        rule("payload_is_not_decoded_before_the_signature", "RFC 8725 §3.3", {
            format!("{header}.A.{signature}")
        })
        .rejected("signature-invalid"),
    ]);
    rules
}

fn signature_text(token: &str) -> &str {
    token.rsplit_once('.').unwrap().1
}

fn signature_of(token: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(signature_text(token)).unwrap()
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// `SEQUENCE { INTEGER r, INTEGER s }`, as X.509 and TLS have signatures.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = if bytes[0] >= 0x80 { vec![0] } else { vec![] };
        let length = u8::try_from(sign.len() + bytes.len()).unwrap();
        [vec![2, length], sign, bytes].concat()
    };
    let content = [integer(r), integer(s)].concat();
    let length = u8::try_from(content.len()).unwrap();
    let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
    [vec![0x30], length, content].concat()
}
