//! Strict JSON: RFC 8259, RFC 7515 §4 and §10.12. Each text is tried as the header and, signed, as
//! the payload, for both go through the same reader. Each has its one fault and nothing else that
//! could be held against it: the header names the key, and the claims are those of a good token.

use super::case::Case;
use super::rule::rule;
use crate::mint::{Token, base64url};

const GRAMMAR: &str = "RFC 7515 §10.12";
const UTF8: &str = "RFC 8725 §3.7";

/// All that a header needs.
const HEADER: &str = r#"{"alg":"ES256","kid":"k1"}"#;

pub(super) fn rules() -> Vec<Case> {
    let good = Token::good();
    let (header, claims) = (HEADER.to_owned(), String::from_utf8(good.payload_bytes()).unwrap());
    let mut rules = Vec::new();
    for ((name, header, reason), (_, claims, _)) in
        refused_texts(&header).into_iter().zip(refused_texts(&claims))
    {
        let id = format!("header_{name}_is_rejected");
        rules.push(rule(&id, GRAMMAR, Token::good().header(header)).rejected(reason));
        let id = format!("payload_{name}_is_rejected");
        rules.push(rule(&id, GRAMMAR, Token::good().payload(claims)).payload_rejected(reason));
    }
    for (name, member, reason) in refused_members() {
        let reference = if reason == "json-syntax" { GRAMMAR } else { UTF8 };
        let id = format!("header_with_{name}_is_rejected");
        let token = Token::good().header(with_member(&header, &member));
        rules.push(rule(&id, reference, token).rejected(reason));
        let id = format!("payload_with_{name}_is_rejected");
        let token = Token::good().payload(with_member(&claims, &member));
        rules.push(rule(&id, reference, token).payload_rejected(reason));
    }
    for (name, value) in [
        ("surrogate_pair", r#""\ud83d\ude00""#),
        ("escaped_nul", r#""\u0000""#),
        ("every_short_escape", r#""\"\\\/\b\f\n\r\t""#),
        ("escapes_in_either_case", r#""\u00fC\u00Fc""#),
        ("delete_character", "\"\u{7f}\""),
        ("noncharacter", "\"\u{ffff}\u{fffe}\""),
        ("byte_order_mark_in_a_string", "\"\u{feff}\""),
        ("empty_string_array_and_object", r#"["",[],{},{"":""}]"#),
        ("all_literals", "[true,false,null]"),
        ("every_form_of_number", "[0,-0,1,-1,0.5,-0.0,1e5,1E+5,1e-5,0e0,1.50,-12.5E-07]"),
        ("number_beyond_every_float", "[1e309,-1e400,1e-999]"),
        ("brackets_in_strings", r#"["}]","\"}","[{"]"#),
        ("the_same_name_in_sibling_objects", r#"[{"a":1},{"a":2},{"a":{"a":3}}]"#),
        ("names_that_differ_in_case", r#"{"a":1,"A":2,"\u0061\u0061":3}"#),
        ("names_that_differ_in_normalisation", "{\"\u{e9}\":1,\"e\u{301}\":2}"),
    ] {
        let id = format!("header_with_{name}_is_accepted");
        rules.push(rule(&id, GRAMMAR, Token::good().member("x", value)).accepted());
        let id = format!("payload_with_{name}_is_accepted");
        rules.push(rule(&id, GRAMMAR, Token::good().claim("x", value)).accepted());
    }
    rules.extend(names());
    rules
}

/// An object with something after its last member.
fn with_member(object: &str, member: &[u8]) -> Vec<u8> {
    [open(object).as_bytes(), b",", member, b"}"].concat()
}

/// An object without its closing brace.
fn open(object: &str) -> &str {
    object.strip_suffix('}').unwrap()
}

/// Texts that are not a JSON object, made from one that is.
fn refused_texts(object: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let text = |name, text: &str, reason| (name, text.as_bytes().to_vec(), reason);
    let with =
        |name, before, after, reason| text(name, &format!("{before}{object}{after}"), reason);
    let utf16: Vec<u8> = object.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cut = [open(object).as_bytes(), b",\"x\":\"\xf0\x9f\x98"].concat();
    vec![
        with("that_is_an_array", "[", "]", "json-not-an-object"),
        text("that_is_a_string", "\"a\"", "json-not-an-object"),
        text("that_is_a_number", "1", "json-not-an-object"),
        text("that_is_null", "null", "json-not-an-object"),
        text("that_is_true", " true ", "json-not-an-object"),
        text("that_is_white_space", " \r\n\t ", "json-syntax"),
        text("that_is_no_json", "alg=ES256", "json-syntax"),
        text("that_is_encoded_twice", &base64url(object), "json-syntax"),
        text("that_is_not_closed", open(object), "json-syntax"),
        with("that_is_closed_twice", "", "}", "json-syntax"),
        with("with_a_second_object", "", "{}", "json-syntax"),
        with("with_something_after_it", "", "x", "json-syntax"),
        with("with_a_nul_after_it", "", "\0", "json-syntax"),
        with("with_a_nul_before_it", "\0", "", "json-syntax"),
        with("with_a_byte_order_mark", "\u{feff}", "", "json-syntax"),
        with("with_a_no_break_space_around_it", "\u{a0}", "", "json-syntax"),
        with("with_a_form_feed_around_it", "", "\u{c}", "json-syntax"),
        with("with_a_comment", "", "//", "json-syntax"),
        ("in_utf16", [&[0xfe, 0xff][..], &utf16].concat(), "json-not-utf8"),
        ("in_latin_1", with_member(object, b"\"x\":\"\xfc\""), "json-not-utf8"),
        ("cut_within_a_character", cut, "json-not-utf8"),
    ]
}

/// Texts that are not members of an object.
fn refused_members() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let text = |name, text: &str, reason| (name, text.as_bytes().to_vec(), reason);
    vec![
        text("a_trailing_comma", "\"x\":1,", "json-syntax"),
        text("two_commas", "\"x\":1,,\"y\":1", "json-syntax"),
        text("a_missing_comma", "\"x\":1 \"y\":1", "json-syntax"),
        text("a_missing_colon", "\"x\" 1", "json-syntax"),
        text("two_colons", "\"x\"::1", "json-syntax"),
        text("a_missing_value", "\"x\":", "json-syntax"),
        text("a_missing_name", ":1", "json-syntax"),
        text("a_bare_name", "x:1", "json-syntax"),
        text("a_name_in_single_quotes", "'x':1", "json-syntax"),
        text("a_number_for_a_name", "1:1", "json-syntax"),
        text("a_comment_inside", "\"x\":/**/1", "json-syntax"),
        text("a_mismatched_bracket", "\"x\":[1}", "json-syntax"),
        text("a_trailing_comma_in_an_array", "\"x\":[1,]", "json-syntax"),
        text("a_leading_zero", "\"x\":01", "json-syntax"),
        text("a_leading_plus", "\"x\":+1", "json-syntax"),
        text("a_leading_point", "\"x\":.5", "json-syntax"),
        text("a_trailing_point", "\"x\":1.", "json-syntax"),
        text("a_minus_alone", "\"x\":-", "json-syntax"),
        text("an_empty_exponent", "\"x\":1e", "json-syntax"),
        text("a_signed_empty_exponent", "\"x\":1e+", "json-syntax"),
        text("a_hexadecimal_number", "\"x\":0x10", "json-syntax"),
        text("nan", "\"x\":NaN", "json-syntax"),
        text("infinity", "\"x\":Infinity", "json-syntax"),
        text("minus_infinity", "\"x\":-Infinity", "json-syntax"),
        text("undefined", "\"x\":undefined", "json-syntax"),
        text("true_in_upper_case", "\"x\":True", "json-syntax"),
        text("a_literal_cut_short", "\"x\":nul", "json-syntax"),
        text("digits_outside_of_ascii", "\"x\":\u{661}", "json-syntax"),
        text("a_string_that_is_not_closed", "\"x\":\"", "json-syntax"),
        text("a_quote_that_is_escaped", "\"x\":\"\\\"", "json-syntax"),
        text("a_raw_tab_in_a_string", "\"x\":\"\t\"", "json-syntax"),
        text("a_raw_line_break_in_a_string", "\"x\":\"\n\"", "json-syntax"),
        text("a_raw_nul_in_a_string", "\"x\":\"\0\"", "json-syntax"),
        text("an_unknown_escape", "\"x\":\"\\x41\"", "json-syntax"),
        text("an_octal_escape", "\"x\":\"\\101\"", "json-syntax"),
        text("an_escape_in_upper_case", "\"x\":\"\\U0041\"", "json-syntax"),
        text("an_escape_cut_short", "\"x\":\"\\u004\"", "json-syntax"),
        text("a_signed_escape", "\"x\":\"\\u+041\"", "json-syntax"),
        text("an_escape_in_braces", "\"x\":\"\\u{41}\"", "json-syntax"),
        text("a_lone_high_surrogate", r#""x":"\ud83d""#, "json-lone-surrogate"),
        text("a_lone_low_surrogate", r#""x":"\ude00""#, "json-lone-surrogate"),
        text("surrogates_in_the_wrong_order", r#""x":"\ude00\ud83d""#, "json-lone-surrogate"),
        text("two_low_surrogates", r#""x":"\udc00\udfff""#, "json-lone-surrogate"),
        text("two_high_surrogates", r#""x":"\ud83d\ud83d""#, "json-lone-surrogate"),
        text(
            "a_surrogate_and_the_next_beyond_them",
            r#""x":"\ud800\ue000""#,
            "json-lone-surrogate",
        ),
        text("a_surrogate_and_a_letter", r#""x":"\ud83d\u0041""#, "json-lone-surrogate"),
        text("a_lone_surrogate_in_a_name", r#""\ud83d":1"#, "json-lone-surrogate"),
        text("a_lone_surrogate_in_a_nested_name", r#""x":[{"\udfff":1}]"#, "json-lone-surrogate"),
        ("an_overlong_slash", b"\"x\":\"\xc0\xaf\"".to_vec(), "json-not-utf8"),
        ("an_overlong_nul", b"\"x\":\"\xc0\x80\"".to_vec(), "json-not-utf8"),
        ("an_encoded_surrogate", b"\"x\":\"\xed\xa0\xbd\"".to_vec(), "json-not-utf8"),
        ("a_character_beyond_unicode", b"\"x\":\"\xf4\x90\x80\x80\"".to_vec(), "json-not-utf8"),
        ("a_lone_continuation_byte", b"\"x\":\"\x80\"".to_vec(), "json-not-utf8"),
        ("bad_utf8_in_a_name", b"\"\xff\":1".to_vec(), "json-not-utf8"),
    ]
}

/// Unique names: RFC 7519 §4. (The header's are in `header`.)
fn names() -> Vec<Case> {
    let unique = "RFC 7519 §4";
    [
        ("second_claim_of_the_same_name_is_rejected", Token::good().another_claim("exp", 1)),
        (
            "second_claim_of_the_same_name_and_value_is_rejected",
            Token::good().another_claim("sub", "\"user_1\""),
        ),
        (
            "second_claim_of_the_same_name_with_escapes_is_rejected",
            Token::good().another_claim(r"e\u0078p", 1),
        ),
        (
            "second_claim_that_only_escapes_make_equal_is_rejected",
            Token::good().claim(r"\u0078", 1).another_claim("x", 1),
        ),
        ("second_unknown_claim_is_rejected", Token::good().claim("x", 1).another_claim("x", 2)),
        (
            "second_claim_with_an_escaped_surrogate_pair_is_rejected",
            Token::good().claim("😀", 1).another_claim(r"\ud83d\uDE00", 2),
        ),
        ("second_empty_name_is_rejected", Token::good().claim("", 1).another_claim("", 2)),
        (
            "second_name_within_a_claim_is_rejected",
            Token::good().claim("x", r#"{"y":[0,{"a":1,"b":2,"a":3}]}"#),
        ),
        (
            "second_name_after_a_nested_object_is_rejected",
            Token::good().claim("x", r#"{"a":{"b":1},"a":2}"#),
        ),
    ]
    .into_iter()
    .map(|(id, token)| rule(id, unique, token).payload_rejected("json-duplicate-name"))
    .collect()
}
