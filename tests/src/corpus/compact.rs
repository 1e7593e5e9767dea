//! The compact serialization: RFC 7515 §2, §3.1, §7.1.

use super::case::{Case, Input};
use super::rule::{hex, rule};
use crate::mint::{Token, base64url};

const COMPACT: &str = "RFC 7515 §7.1";
const BASE64URL: &str = "RFC 7515 §2";

pub(super) fn rules() -> Vec<Case> {
    let good = Token::good();
    let token = good.mint();
    let (signing_input, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signing_input.split_once('.').unwrap();
    let mut rules = vec![rule("three_parts_are_accepted", COMPACT, token.clone()).accepted()];
    for (id, text) in [
        ("one_part_is_rejected", header.to_owned()),
        ("two_parts_are_rejected", signing_input.to_owned()),
        ("four_parts_are_rejected", format!("{token}.{signature}")),
        ("five_parts_are_rejected", format!("{token}.{signature}.{signature}")),
        ("trailing_dot_is_rejected", format!("{token}.")),
        ("leading_dot_is_rejected", format!(".{token}")),
        ("two_dots_between_parts_are_rejected", token.replacen('.', "..", 1)),
        ("dot_flood_is_rejected", ".".repeat(16_000)),
    ] {
        rules.push(rule(id, COMPACT, text).rejected("part-count"));
    }
    for (id, text) in [
        ("empty_header_part_is_rejected", format!(".{payload}.{signature}")),
        ("detached_payload_is_rejected", format!("{header}..{signature}")),
        ("empty_signature_part_is_rejected", format!("{signing_input}.")),
        ("unsecured_token_is_rejected", format!("{}.{payload}.", base64url(r#"{"alg":"none"}"#))),
        ("two_dots_alone_are_rejected", "..".to_owned()),
    ] {
        rules.push(rule(id, COMPACT, text).rejected("part-empty"));
    }
    for (id, reference, text) in [
        ("empty_token_is_rejected", COMPACT, String::new()),
        ("line_break_after_a_token_is_rejected", COMPACT, format!("{token}\n")),
        ("space_before_a_token_is_rejected", COMPACT, format!(" {token}")),
        ("space_within_a_token_is_rejected", COMPACT, token.replacen('.', " .", 1)),
        ("line_break_within_a_token_is_rejected", COMPACT, token.replacen('.', ".\r\n", 1)),
        ("byte_order_mark_before_a_token_is_rejected", COMPACT, format!("\u{feff}{token}")),
        ("nul_within_a_token_is_rejected", COMPACT, token.replacen('.', ".\0", 1)),
        ("percent_encoded_token_is_rejected", COMPACT, token.replacen('.', "%2E", 1)),
        ("padded_header_is_rejected", BASE64URL, format!("{header}=.{payload}.{signature}")),
        ("padded_payload_is_rejected", BASE64URL, format!("{header}.{payload}==.{signature}")),
        (
            "json_serialization_is_rejected",
            COMPACT,
            format!(
                r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#
            ),
        ),
    ] {
        rules.push(rule(id, reference, text).rejected("token-malformed"));
    }
    let not_utf8 = [token.as_bytes(), b"\xff"].concat();
    rules.push(
        rule("token_that_is_not_utf8_is_rejected", COMPACT, Input::TokenHex(hex(&not_utf8)))
            .rejected("token-malformed"),
    );
    rules.extend(encoding());
    rules
}

/// Parts that are signed as they stand, so that only their encoding is at fault.
fn encoding() -> Vec<Case> {
    let good = Token::good();
    let header = base64url(good.header_bytes());
    let claims = String::from_utf8(good.payload_bytes()).unwrap();
    // White space brings the length to any remainder, and letters outside of ASCII the characters
    // in which the alphabets differ.
    let spaced = |bytes: &str, remainder: usize| {
        let spaces = (remainder + 3 - bytes.len() % 3) % 3;
        base64url(format!("{bytes}{}", " ".repeat(spaces)))
    };
    let header_text = String::from_utf8(good.header_bytes()).unwrap();
    let payload = spaced(&claims, 0);
    let standard = |text: &str| {
        let marked = text.replacen('{', "{\"x\":\"???>>>~~~ÿÿÿ\",", 1);
        let (with_urls, others) = (base64url(&marked), ['-', '_']);
        assert!(with_urls.contains(others));
        with_urls.replace('-', "+").replace('_', "/")
    };
    let signature_from = |old: &str, new: &str| {
        let token = good.mint();
        let (signing_input, signature) = token.rsplit_once('.').unwrap();
        assert!(signature.contains(old), "{signature}");
        format!("{signing_input}.{}", signature.replacen(old, new, 1))
    };
    let token = good.mint();
    let (signing_input, signature) = token.rsplit_once('.').unwrap();
    let mut rules = Vec::new();
    for (id, text) in [
        ("standard_base64_header_is_rejected", good.mint_parts(&standard(&header_text), &payload)),
        ("standard_base64_payload_is_rejected", good.mint_parts(&header, &standard(&claims))),
        ("standard_base64_signature_is_rejected", signature_from("_", "/")),
        (
            "tilde_in_the_header_is_rejected",
            good.mint_parts(&format!("~{}", &header[1..]), &payload),
        ),
        (
            "tilde_in_the_payload_is_rejected",
            good.mint_parts(&header, &format!("~{}", &payload[1..])),
        ),
        (
            "stray_bits_in_the_header_are_rejected",
            good.mint_parts(&with_stray_bit(&spaced(&header_text, 1)), &payload),
        ),
        (
            "stray_bits_in_the_payload_are_rejected",
            good.mint_parts(&header, &with_stray_bit(&spaced(&claims, 2))),
        ),
        (
            "stray_bits_in_the_signature_are_rejected",
            format!("{signing_input}.{}", with_stray_bit(signature)),
        ),
        (
            "header_of_an_impossible_length_is_rejected",
            good.mint_parts(&format!("{}A", spaced(&header_text, 0)), &payload),
        ),
        (
            "payload_of_an_impossible_length_is_rejected",
            good.mint_parts(&header, &format!("{payload}A")),
        ),
        // Text that is not base64url has no length either: decoding comes first (RFC 7515 §5.2).
        (
            "stray_bits_in_a_signature_of_another_length_are_rejected",
            format!("{signing_input}.{}", with_stray_bit(&format!("{signature}AAAA"))),
        ),
        ("signature_of_an_impossible_length_is_rejected", format!("{token}AAA")),
        // Its 64 bytes are there; it is the encoding that is not base64url.
        ("padded_signature_is_rejected", format!("{token}==")),
    ] {
        rules.push(rule(id, BASE64URL, text).rejected("misencoded"));
    }
    for (id, text) in [
        ("header_of_remainder_1_is_accepted", good.mint_parts(&spaced(&header_text, 1), &payload)),
        ("header_of_remainder_2_is_accepted", good.mint_parts(&spaced(&header_text, 2), &payload)),
        ("payload_of_remainder_0_is_accepted", good.mint_parts(&header, &payload)),
        ("payload_of_remainder_1_is_accepted", good.mint_parts(&header, &spaced(&claims, 1))),
        ("payload_of_remainder_2_is_accepted", good.mint_parts(&header, &spaced(&claims, 2))),
    ] {
        rules.push(rule(id, BASE64URL, text).accepted());
    }
    rules.push(
        rule(
            "unsigned_change_of_the_payload_is_no_matter_of_encoding",
            "RFC 7515 §5.2",
            format!("{header}.~{}.{signature}", &payload[1..]),
        )
        .rejected("signature-invalid"),
    );
    rules
}

/// The last character's lowest bit is one that no byte has use for.
fn with_stray_bit(encoded: &str) -> String {
    let (rest, last) = encoded.split_at(encoded.len() - 1);
    format!("{rest}{}", char::from(last.as_bytes()[0] + 1))
}
