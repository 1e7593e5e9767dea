//! Bounds, from both sides, and the sizes that real tokens have.

use serde_json::{Value, json};

use super::case::Case;
use super::rule::rule;
use crate::mint::{Token, jwk, jwks, k1};

/// Bounds are the implementation's own; JSON allows them.
const FLOOR: &str = "core/src/limits.rs, RFC 8259 §9";

pub(super) fn rules() -> Vec<Case> {
    [lengths(), key_ids(), depths(), members()].concat()
}

fn lengths() -> Vec<Case> {
    // A claim that brings the token to `len` characters; `~` so that the sum comes out even.
    let of_length = |len: usize| {
        let without = Token::good().claim("pad", json!("")).mint().len();
        let guess = (len - without) / 4 * 3;
        let token = |pad: usize| Token::good().claim("pad", json!("p".repeat(pad))).mint();
        (guess - 3..guess + 6).map(token).find(|token| token.len() == len)
    };
    // Not every length is possible, since four characters encode three bytes.
    let close_to = |len: usize| (0..4).find_map(|short| of_length(len - short)).unwrap();
    let header_of = |len: usize| {
        let text = r#"{"alg":"ES256","kid":"k1"}"#;
        Token::good().header(format!("{text}{}", " ".repeat(len - text.len())))
    };
    let longest = close_to(16 * 1024);
    vec![
        rule("token_of_1_kib_is_accepted", FLOOR, close_to(1024)).accepted(),
        rule("token_of_12_kib_is_accepted", FLOOR, close_to(12 * 1024)).accepted(),
        rule("token_of_16_kib_is_accepted", FLOOR, longest.clone()).accepted(),
        rule("token_above_16_kib_is_rejected", FLOOR, longest + "AAAA").rejected("token-too-long"),
        rule("length_comes_before_everything_else", FLOOR, "!".repeat(16 * 1024 + 1))
            .rejected("token-too-long"),
        rule("header_of_8_kib_is_accepted", FLOOR, header_of(8 * 1024)).accepted(),
        rule("header_above_8_kib_is_rejected", FLOOR, header_of(8 * 1024 + 1))
            .rejected("header-too-long"),
    ]
}

fn key_ids() -> Vec<Case> {
    let with = |kid: &str| {
        let token = Token::good().member("kid", json!(kid));
        let id = format!("kid_of_{}_bytes", kid.len());
        (id, token, jwks([jwk(&k1(), kid)]))
    };
    let mut rules: Vec<Case> = [with(&"k".repeat(100)), with(&"k".repeat(254))]
        .into_iter()
        .map(|(id, token, keys)| {
            rule(&format!("{id}_is_accepted"), FLOOR, token).keys(keys).accepted()
        })
        .collect();
    let escaped = format!("\"{}\"", r"\u006b".repeat(254));
    rules.extend([
        rule("kid_of_255_bytes_is_rejected", FLOOR, with(&"k".repeat(255)).1)
            .rejected("kid-too-long"),
        rule("kid_of_128_letters_of_two_bytes_is_rejected", FLOOR, with(&"ü".repeat(128)).1)
            .rejected("kid-too-long"),
        rule("kid_is_measured_without_its_escapes", FLOOR, Token::good().member("kid", escaped))
            .keys(jwks([jwk(&k1(), &"k".repeat(254))]))
            .accepted(),
    ]);
    rules
}

/// `levels` objects and arrays within each other, the outermost object of the token included.
fn nested(levels: usize) -> String {
    let inner = levels - 1;
    let open = (0..inner).map(|level| if level % 2 == 0 { "[" } else { "{\"a\":" });
    let close = (0..inner).rev().map(|level| if level % 2 == 0 { "]" } else { "}" });
    open.chain(["1"]).chain(close).collect()
}

fn depths() -> Vec<Case> {
    let header = |levels| Token::good().member("x", nested(levels));
    let claims = |levels| Token::good().claim("x", nested(levels));
    let keys = |levels| {
        jwks([jwk(&k1(), "k1")]).to_string().replacen(
            '{',
            &format!("{{\"x\":{},", nested(levels)),
            1,
        )
    };
    vec![
        rule("claims_of_65_levels_are_accepted", FLOOR, claims(65)).accepted(),
        rule("claims_of_96_levels_are_accepted", FLOOR, claims(96)).accepted(),
        rule("claims_of_97_levels_are_rejected", FLOOR, claims(97))
            .payload_rejected("json-too-deep"),
        rule("header_of_65_levels_is_accepted", FLOOR, header(65)).accepted(),
        rule("header_of_72_levels_is_accepted", FLOOR, header(72)).accepted(),
        rule("header_of_73_levels_is_rejected", FLOOR, header(73)).rejected("json-too-deep"),
        rule("set_of_96_levels_is_accepted", FLOOR, Token::good()).keys(keys(96)).accepted(),
        rule("set_of_97_levels_is_rejected", FLOOR, Token::good())
            .keys(keys(97))
            .keys_rejected("json-too-deep"),
    ]
}

fn members() -> Vec<Case> {
    let header = |count: usize| {
        (3..count).fold(Token::good(), |token, index| token.member(&format!("m{index}"), 0))
    };
    let claims = |count: usize| {
        (8..count).fold(Token::good(), |token, index| token.claim(&format!("m{index}"), 0))
    };
    let many_objects: Vec<Value> = (0..500).map(|index| json!({ "a": index, "b": 0 })).collect();
    vec![
        rule("claims_of_58_members_are_accepted", FLOOR, claims(58)).accepted(),
        rule("claims_of_160_members_are_accepted", FLOOR, claims(160)).accepted(),
        rule("claims_of_161_members_are_rejected", FLOOR, claims(161))
            .payload_rejected("json-too-many-names"),
        rule("header_of_58_members_is_accepted", FLOOR, header(58)).accepted(),
        rule("header_of_64_members_is_accepted", FLOOR, header(64)).accepted(),
        rule("header_of_65_members_is_rejected", FLOOR, header(65)).rejected("json-too-many-names"),
        rule("members_of_closed_objects_do_not_count", FLOOR, {
            Token::good().claim("x", json!(many_objects))
        })
        .accepted(),
        rule("members_of_open_objects_count_together", FLOOR, {
            let inner = (0..60).fold(String::new(), |text, index| format!("{text}\"n{index}\":0,"));
            claims(100).claim("x", format!("{{{inner}\"y\":0}}"))
        })
        .payload_rejected("json-too-many-names"),
    ]
}
