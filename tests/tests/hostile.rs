//! Inputs made to exhaust: each gets its exact rejection, on a stack where recursion would end.

use tollgate_core::engines::rustcrypto::RustCryptoKey;
use tollgate_core::json::JsonErrorKind;
use tollgate_core::{
    BearerToken, Claim, KeySet, KeySetError, Now, Part, Rejection, UnixTime, Verifier,
};
use tollgate_tests::mint::{NOW, SigningKey, Token, base64url, good_jwks, jwk, jwks, k1};
use tollgate_tests::verify::{TestKeys, good, good_keys, judge, keys, lenient, look};

/// Twice what a verification takes without optimisation, and far less than a recursion of a few
/// thousand levels would.
const STACK: usize = 128 * 1024;

fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.unwrap().join().unwrap()
    })
}

fn verdict(token: &str) -> Result<(), Rejection> {
    // Only the verification: printing the keys and reading them back is not under test.
    let (keys, policy) = (good_keys(), lenient());
    on_a_small_stack(|| look(token, &keys, policy, Now::Exact(UnixTime(NOW)), |_| ()))
}

fn set(text: &[u8]) -> Result<usize, KeySetError> {
    on_a_small_stack(|| TestKeys::from_jwks(text).map(|keys| keys.keys().len()))
}

fn is_json(found: Result<(), Rejection>, expected: Part, kind: JsonErrorKind) -> bool {
    matches!(found, Err(Rejection::Json { part, error }) if part == expected && error.kind == kind)
}

fn set_is(found: Result<usize, KeySetError>, kind: JsonErrorKind) -> bool {
    matches!(found, Err(KeySetError::Json(error)) if error.kind == kind)
}

#[test]
fn good_token_is_accepted_on_a_small_stack() {
    assert_eq!(verdict(&Token::good().mint()), Ok(()));
    assert_eq!(verdict(&Token::good_es384().mint()), Ok(()));
}

#[test]
fn hundred_thousand_levels_in_a_token_are_too_long() {
    for open in ["[", "{\"a\":"] {
        let token = Token::good().payload(open.repeat(100_000)).mint();
        let len = token.len();
        assert_eq!(verdict(&token), Err(Rejection::TokenTooLong { len }));
    }
}

#[test]
fn as_many_levels_as_a_token_can_have_are_too_deep() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for levels in [1000, 11_000 / open.len()] {
            let closed = format!("{}1{}", open.repeat(levels / 2), close.repeat(levels / 2));
            for text in [open.repeat(levels), format!("{{\"x\":{closed}}}")] {
                let token = Token::good().payload(&text).mint();
                let found = verdict(&token);
                assert!(is_json(found, Part::Payload, JsonErrorKind::TooDeep), "{found:?}");
            }
            let header = Token::good().header(open.repeat(levels / 2)).mint();
            let found = verdict(&header);
            // Sixty-four names are too many before seventy-two levels are too deep.
            let kind = match open {
                "[" => JsonErrorKind::TooDeep,
                _ => JsonErrorKind::TooManyNames,
            };
            assert!(is_json(found, Part::Header, kind), "{found:?}");
        }
    }
}

#[test]
fn hundred_thousand_levels_in_a_set_are_too_deep() {
    for open in ["[", "{\"a\":"] {
        assert!(set_is(set(open.repeat(100_000).as_bytes()), JsonErrorKind::TooDeep));
        let inside = format!("{{\"keys\":[{}", open.repeat(100_000));
        assert!(set_is(set(inside.as_bytes()), JsonErrorKind::TooDeep));
    }
}

#[test]
fn mebibyte_of_token_is_too_long_whatever_it_is() {
    const LEN: usize = 1 << 20;
    for byte in [b'A', b'.', b'=', b' ', 0, 0xff] {
        let found = on_a_small_stack(|| BearerToken::from_token68(&vec![byte; LEN]).map(|_| ()));
        assert_eq!(found, Err(Rejection::TokenTooLong { len: LEN }), "{byte}");
    }
}

#[test]
fn as_many_members_as_a_token_can_have_are_too_many() {
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"{index}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let payload = verdict(&Token::good().payload(members(1400)).mint());
    assert!(is_json(payload, Part::Payload, JsonErrorKind::TooManyNames), "{payload:?}");
    let header = verdict(&Token::good().header(members(800)).mint());
    assert!(is_json(header, Part::Header, JsonErrorKind::TooManyNames), "{header:?}");
    assert!(set_is(set(members(100_000).as_bytes()), JsonErrorKind::TooManyNames));
}

#[test]
fn hundred_thousand_members_in_one_key_harm_no_other() {
    let members: Vec<String> = (0..100_000).map(|index| format!("\"{index}\":0")).collect();
    let text = format!("{{\"keys\":[{{{}}},{}]}}", members.join(","), jwk(&k1(), "k1"));
    assert_eq!(set(text.as_bytes()), Ok(1));
}

#[test]
fn huge_string_in_a_set_is_skipped() {
    let huge = "\\\\".repeat(500_000);
    let text = good_jwks().to_string().replacen('{', &format!("{{\"x\":\"{huge}\","), 1);
    assert_eq!(set(text.as_bytes()), Ok(2));
    let unclosed = format!("{{\"keys\":[],\"x\":\"{huge}");
    assert!(set_is(set(unclosed.as_bytes()), JsonErrorKind::Syntax));
}

#[test]
fn huge_number_is_out_of_range_or_ignored() {
    let digits = "9".repeat(8000);
    let found = verdict(&Token::good().claim("exp", &digits).mint());
    assert_eq!(found, Err(Rejection::ClaimOutOfRange(Claim::Expiration)));
    let exponent = format!("1e{digits}");
    let found = verdict(&Token::good().claim("exp", exponent).mint());
    assert_eq!(found, Err(Rejection::ClaimOutOfRange(Claim::Expiration)));
    assert_eq!(verdict(&Token::good().claim("x", digits).mint()), Ok(()));
}

#[test]
fn nul_and_invalid_utf8_are_refused_where_they_stand() {
    for (byte, kind) in [(0, JsonErrorKind::Syntax), (0xff, JsonErrorKind::NotUtf8)] {
        let text = [b"{\"a\":\"".as_slice(), &[byte], b"\"}"].concat();
        let header = verdict(&Token::good().header(&text).mint());
        assert!(is_json(header, Part::Header, kind), "{header:?}");
        let payload = verdict(&Token::good().payload(&text).mint());
        assert!(is_json(payload, Part::Payload, kind), "{payload:?}");
        assert!(set_is(set(&text), kind));
        let Err(Rejection::Json { error, .. }) = payload else { panic!("{payload:?}") };
        assert_eq!(error.offset, 6);
    }
    for byte in [0, 0x80, 0xff] {
        let token = [Token::good().mint().as_bytes(), &[byte]].concat();
        let found = on_a_small_stack(|| BearerToken::from_token68(&token).map(|_| ()));
        assert_eq!(found, Err(Rejection::TokenMalformed { offset: token.len() - 1 }));
    }
}

#[test]
fn dots_without_end_are_counted_and_no_more() {
    let dots = ".".repeat(16 * 1024);
    assert_eq!(verdict(&dots), Err(Rejection::PartCount { found: 16 * 1024 + 1 }));
}

#[test]
fn crit_without_end_is_refused_at_its_first_name() {
    let names: Vec<String> = (0..700).map(|index| format!("\"{index}\"")).collect();
    let token = Token::good().member("crit", format!("[{}]", names.join(","))).mint();
    assert_eq!(verdict(&token), Err(Rejection::CriticalNotUnderstood));
}

#[test]
fn audiences_and_scopes_without_end_give_a_verdict() {
    let names: Vec<String> = (0..1500).map(|index| format!("\"{index}\"")).collect();
    let token = Token::good().claim("aud", format!("[{}]", names.join(","))).mint();
    assert_eq!(judge(&token, good()), Err(Rejection::AudienceMismatch));
    let token = Token::good().claim("scope", format!("\"{}\"", "a ".repeat(5000))).mint();
    assert_eq!(judge(&token, good().required_scopes(&["b"])), Err(Rejection::InsufficientScope));
}

#[test]
fn set_of_five_hundred_keys_gives_a_verdict() {
    // The same point under many ids: what counts here is their number.
    let text = jwks((0..500).map(|index| jwk(&k1(), &format!("id-{index}")))).to_string();
    let too_small: Result<TestKeys, _> = KeySet::from_jwks(text.as_bytes());
    assert_eq!(too_small.unwrap_err(), KeySetError::TooManyKeys { capacity: 8 });
    let all: Box<KeySet<RustCryptoKey, 500>> =
        Box::new(KeySet::from_jwks(text.as_bytes()).unwrap());
    assert_eq!(all.keys().len(), 500);
    let header = base64url(r#"{"alg":"ES256","kid":"id-499"}"#);
    let token = Token::good().mint_parts(&header, &base64url(Token::good().payload_bytes()));
    let verifier = Verifier::new(&*all, lenient().build().unwrap());
    let token = BearerToken::from_token68(token.as_bytes()).unwrap();
    let now = Now::Exact(UnixTime(NOW));
    assert!(verifier.verify(token, now, &mut [0; 2048]).is_ok());
}

#[test]
fn keys_of_other_kinds_take_no_room() {
    let others = (0..1000).map(|index| serde_json::json!({ "kty": "RSA", "kid": index }));
    let set = jwks(others.chain([jwk(&k1(), "k1")]));
    assert_eq!(keys(&set).keys().len(), 1);
    let now = Now::Exact(UnixTime(NOW));
    assert_eq!(look(&Token::good().mint(), &keys(&set), lenient(), now, |_| ()), Ok(()));
}

#[test]
fn forged_tokens_leave_nothing_behind() {
    let keys = good_keys();
    let forged = Token::good().signed_by(SigningKey::p256("another key")).mint();
    let now = Now::Exact(UnixTime(NOW));
    for _ in 0..10 {
        assert_eq!(look(&forged, &keys, lenient(), now, |_| ()), Err(Rejection::SignatureInvalid));
        assert_eq!(look(&Token::good().mint(), &keys, lenient(), now, |_| ()), Ok(()));
    }
}
