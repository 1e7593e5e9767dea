//! Signatures: RFC 7518 §3.3 and §3.5, RFC 8017.

use num_bigint::BigUint;
use serde_json::json;
use tollgate_core::Algorithm;

use super::{ALGORITHMS, by, good, rs256};
use crate::corpus::case::Case;
use crate::corpus::rule::rule;
use crate::mint::{
    RsaHash, RsaSecret, SigningKey, Token, base64url, from_base64url, jwk, jwks, key_for, pkcs1,
};

const PKCS1: &str = "RFC 8017 §8.2.2";
const PSS: &str = "RFC 8017 §9.1.2";
const RANGE: &str = "RFC 8017 §5.2.2";

pub(super) fn rules() -> Vec<Case> {
    [signatures(), pkcs1_forgeries(), pss_forgeries()].concat()
}

fn signatures() -> Vec<Case> {
    let mut rules = Vec::new();
    for algorithm in ALGORITHMS {
        let SigningKey::Rsa(secret, _) = key_for(algorithm) else { unreachable!() };
        let alg = algorithm.name().to_lowercase();
        let good = by(key_for(algorithm));
        let n = secret.modulus();
        let one = BigUint::from(1u8);
        let in_bytes = |number: &BigUint| secret.in_bytes(number);
        let about = |name: &str, reference: &str, forge: &dyn Fn(Vec<u8>) -> Vec<u8>| {
            rule(&format!("{alg}_{name}"), reference, good.mint_forged(forge))
                .keys(jwks([jwk(&key_for(algorithm), "r")]))
        };
        for (name, reference, signature) in [
            ("signature_of_zero_is_rejected", RANGE, BigUint::ZERO),
            ("signature_of_one_is_rejected", RANGE, one.clone()),
            ("signature_of_the_modulus_less_one_is_rejected", RANGE, n - &one),
            ("signature_of_the_modulus_is_rejected", RANGE, n.clone()),
        ] {
            let bytes = in_bytes(&signature);
            rules.push(about(name, reference, &|_| bytes.clone()).rejected("signature-invalid"));
        }
        rules.push(
            about("signature_of_all_ones_is_rejected", RANGE, &|good| vec![0xff; good.len()])
                .rejected("signature-invalid"),
        );
        rules.push(
            about("signature_with_a_bit_flipped_is_rejected", PKCS1, &|mut good| {
                good[100] ^= 4;
                good
            })
            .rejected("signature-invalid"),
        );
        rules.push(
            about("signature_in_little_endian_is_rejected", PKCS1, &|mut good| {
                good.reverse();
                good
            })
            .rejected("signature-invalid"),
        );
        for (name, forge) in [
            ("signature_without_its_last_byte_is_rejected", cut as fn(Vec<u8>) -> Vec<u8>),
            ("signature_with_a_byte_before_it_is_rejected", |good| [vec![0], good].concat()),
            ("signature_with_a_byte_after_it_is_rejected", |good| [good, vec![0]].concat()),
            ("signature_twice_is_rejected", |good| good.repeat(2)),
        ] {
            rules.push(about(name, PKCS1, &forge).rejected("signature-length"));
        }
        rules.push(
            rule(&format!("{alg}_signature_of_another_key_is_rejected"), PKCS1, {
                let bits = secret.modulus().bits().to_string();
                let other = if bits == "2048" { "attacker" } else { "2048" };
                by(SigningKey::rsa(other, algorithm))
            })
            .keys(jwks([jwk(&key_for(algorithm), "r")]))
            .rejected(if secret.modulus().bits() == 2048 {
                "signature-invalid"
            } else {
                "signature-length"
            }),
        );
        // A token whose s + n still fits into the modulus's bytes.
        let token = (0..)
            .map(|index| good.clone().claim("jti", json!(format!("t-{index}"))))
            .map(|token| token.mint_forged(|s| (BigUint::from_bytes_be(&s) + n).to_bytes_be()))
            .find(|token| {
                let s = token.rsplit_once('.').unwrap().1;
                from_base64url(s).unwrap().len() == secret.width()
            });
        rules.push(
            rule(
                &format!("{alg}_signature_with_the_modulus_added_is_rejected"),
                RANGE,
                token.unwrap(),
            )
            .keys(jwks([jwk(&key_for(algorithm), "r")]))
            .rejected("signature-invalid"),
        );
    }
    rules
}

fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.pop();
    bytes
}

/// A token whose signature is the private power of this encoded message.
fn encoded(token: &Token, key: &RsaSecret, encode: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let good = token.mint();
    let (signing_input, _) = good.rsplit_once('.').unwrap();
    let signature = key.sign_encoded(&encode(signing_input.as_bytes()));
    format!("{signing_input}.{}", base64url(signature))
}

fn pkcs1_forgeries() -> Vec<Case> {
    let secret = RsaSecret::named("2048");
    let token = by(rs256());
    let (sha256, width) = (RsaHash::Sha256, secret.width());
    let good = |message: &[u8]| pkcs1(&sha256.digest_info(message), width);
    let change = |place: usize, to: u8| {
        move |mut encoded: Vec<u8>| {
            encoded[place] = to;
            encoded
        }
    };
    let mut rules = Vec::new();
    let mut add = |name: &str, encode: &dyn Fn(&[u8]) -> Vec<u8>| {
        let id = format!("rs256_{name}_is_rejected");
        let rule = rule(&id, PKCS1, encoded(&token, &secret, encode)).keys(jwks([self::good()]));
        rules.push(rule.rejected("signature-invalid"));
    };
    add("digest_info_without_null", &|m| pkcs1(&sha256.digest_info_without_null(m), width));
    add("hash_without_digest_info", &|m| pkcs1(&sha256.hash(m), width));
    add("with_sha384", &|m| pkcs1(&RsaHash::Sha384.digest_info(m), width));
    add("with_the_name_of_sha512_before_its_hash", &|m| {
        let mut info = sha256.digest_info(m);
        info[14] = 3;
        pkcs1(&info, width)
    });
    add("with_something_after_the_hash", &|m| {
        [pkcs1(&sha256.digest_info(m), width - 64), vec![0x42; 64]].concat()
    });
    add("with_parameters_after_the_null", &|m| {
        let mut info = sha256.digest_info(m);
        info.splice(17..17, [4, 2, 1, 2]);
        info[1] += 4;
        info[3] += 4;
        pkcs1(&info, width)
    });
    add("with_a_long_form_of_a_length", &|m| {
        let mut info = sha256.digest_info(m);
        info.insert(1, 0x81);
        pkcs1(&info, width)
    });
    add("padding_of_zeros", &|m| {
        let mut encoded = good(m);
        encoded[2..202].fill(0);
        encoded
    });
    add("padding_of_type_2", &|m| change(1, 2)(good(m)));
    add("padding_of_type_0", &|m| change(1, 0)(good(m)));
    add("first_byte_of_one", &|m| change(0, 1)(good(m)));
    add("a_byte_of_the_padding_changed", &|m| change(100, 0xfe)(good(m)));
    add("separator_of_one", &|m| change(width - 52, 1)(good(m)));
    add("padding_of_eight_bytes", &|m| {
        [&[0, 1], &[0xff; 8][..], &[0], &sha256.digest_info(m), &[0; 194]].concat()
    });
    add("encoded_for_pss", &|m| secret.pss(m, sha256, &[0; 32], sha256));
    rules
}

fn pss_forgeries() -> Vec<Case> {
    let mut rules = Vec::new();
    // 2,049 bits: the encoded message is a byte shorter than the modulus. 2,050: seven bits are not used.
    for bits in ["2048", "2049", "2050"] {
        let secret = RsaSecret::named(bits);
        let key = SigningKey::rsa(bits, Algorithm::Ps256);
        let token = by(key.clone());
        let (sha256, width) = (RsaHash::Sha256, secret.width());
        let salted = |m: &[u8], len: usize| secret.pss(m, sha256, &vec![0x5a; len], sha256);
        let keys = || jwks([jwk(&key, "r")]);
        rules.push(
            rule(&format!("ps256_of_{bits}_bits_with_any_salt_is_accepted"), PSS, {
                encoded(&token, &secret, |m| salted(m, 32))
            })
            .keys(keys())
            .accepted(),
        );
        let mut add = |name: &str, encode: &dyn Fn(&[u8]) -> Vec<u8>| {
            let id = format!("ps256_of_{bits}_bits_{name}_is_rejected");
            let reference = match name.starts_with("salt") || name.starts_with("mask") {
                true => "RFC 7518 §3.5",
                false => PSS,
            };
            let rule = rule(&id, reference, encoded(&token, &secret, encode)).keys(keys());
            rules.push(rule.rejected("signature-invalid"));
        };
        for len in [0, 20, 31, 33, 64] {
            add(&format!("salt_of_{len}_bytes"), &|m| salted(m, len));
        }
        add("mask_by_sha512", &|m| secret.pss(m, sha256, &[0; 32], RsaHash::Sha512));
        add("hash_by_sha512", &|m| secret.pss(m, RsaHash::Sha512, &[0; 64], RsaHash::Sha512));
        add("another_trailer", &|m| {
            let mut encoded = salted(m, 32);
            *encoded.last_mut().unwrap() = 0xcc;
            encoded
        });
        add("padding_that_is_not_zero", &|m| {
            let mut encoded = salted(m, 32);
            encoded[50] ^= 1;
            encoded
        });
        add("another_separator", &|m| {
            let mut encoded = salted(m, 32);
            let place = encoded.len() - 66;
            encoded[place] ^= 2;
            encoded
        });
        add("a_changed_hash", &|m| {
            let mut encoded = salted(m, 32);
            let place = encoded.len() - 2;
            encoded[place] ^= 1;
            encoded
        });
        add("first_bit_set", &|m| {
            let encoded = salted(m, 32);
            match encoded.len() < width {
                true => [&[1], &encoded[..]].concat(),
                false => {
                    let bit = BigUint::from(1u8) << (secret.modulus().bits() - 1);
                    secret.in_bytes(&(BigUint::from_bytes_be(&encoded) | bit))
                }
            }
        });
        add("encoded_for_pkcs1", &|m| pkcs1(&sha256.digest_info(m), width));
    }
    rules
}
