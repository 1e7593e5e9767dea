//! Every reason for which a token is refused, and what the client is told.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tollgate_core::policy::{
    Audience, ClaimTest, Expected, IdTokenRules, Policy, PolicyBuilder, Requirement, Scalar,
};
use tollgate_core::{
    Algorithm, BearerToken, Claim, CompactJws, HeaderMember, Key, Now, Part, Rejection, TypRule,
    UnixTime, Verifier,
};
use tollgate_tests::corpus;
use tollgate_tests::mint::{ISSUER, NOW, SigningKey, Token, jwk, jwks, k1};
use tollgate_tests::verify::{TestKeys, good_keys, keys, lenient, look};

fn at(token: Token, policy: PolicyBuilder<'_>, now: Now) -> Rejection {
    look(&token.mint(), &good_keys(), policy, now, |_| ()).unwrap_err()
}

fn refused(token: Token, policy: PolicyBuilder<'_>) -> Rejection {
    at(token, policy, Now::Exact(UnixTime(NOW)))
}

fn header(value: &str) -> Rejection {
    BearerToken::from_header_value(value.as_bytes()).unwrap_err()
}

fn with_keys(token: Token, set: &TestKeys) -> Rejection {
    look(&token.mint(), set, lenient(), Now::Exact(UnixTime(NOW)), |_| ()).unwrap_err()
}

fn scratch_of(len: usize) -> Result<Value, Rejection> {
    let (keys, token) = (good_keys(), Token::good().mint());
    let token = BearerToken::from_token68(token.as_bytes())?;
    let verifier = Verifier::new(&keys, lenient().build().unwrap());
    verifier.verify(token, Now::Exact(UnixTime(NOW)), &mut vec![0; len])?.claims_as::<u8>()?;
    Ok(Value::Null)
}

fn id_token(token: Token, change: impl FnOnce(&mut IdTokenRules<'static>)) -> Rejection {
    let mut rules = IdTokenRules::new("app_1");
    change(&mut rules);
    refused(token, Policy::id_token(&[ISSUER], &[Audience::Exact("app_1")], rules))
}

const IS_X: Requirement<&str> = Requirement::name("x", ClaimTest::Equals(Scalar::Text("x")));

/// One rejection of every kind.
fn all() -> impl Iterator<Item = Rejection> {
    static ALL: LazyLock<Vec<Rejection>> = LazyLock::new(provoke_all);
    ALL.iter().copied()
}

/// One input for every variant, in the order in which they are declared.
fn provoke_all() -> Vec<Rejection> {
    let good = Token::good;
    let member = |name: &str, value: Value| refused(good().member(name, value), lenient());
    let claim = |name: &str, value: &str| refused(good().claim(name, value), lenient());
    let token = |text: &str| {
        look(text, &good_keys(), lenient(), Now::Exact(UnixTime(NOW)), |_| ()).unwrap_err()
    };
    let id = Token::good_id_token;
    let payload = |text: &str| refused(good().payload(text), lenient());
    let lines = [b"Bearer a".as_slice(), b"Bearer b"];
    let of_other =
        good_keys().keys().iter().cloned().fold(TestKeys::new(), |mut bound, key: Key<_>| {
            bound.insert(key.with_issuer("https://other.example")).unwrap();
            bound
        });
    vec![
        header(""),
        BearerToken::from_field_lines(lines).unwrap_err(),
        header("Bearer"),
        header("Basic dTpw"),
        header("Bearer a,b"),
        token(&"a".repeat(16 * 1024 + 1)),
        token("a.b"),
        token("a.b.c.d.e"),
        token("a.b."),
        token("a.b.c"),
        refused(good().header(" ".repeat(9000)), lenient()),
        scratch_of(10).unwrap_err(),
        payload("\u{feff}{}"),
        payload("[]"),
        payload(r#"{"a":1,"a":1}"#),
        payload(r#"{"a":"\ud800"}"#),
        payload(&"[".repeat(1000)),
        refused((0..200).fold(good(), |token, n| token.claim(&n.to_string(), 0)), lenient()),
        refused(good().payload(b"{\"\xff\":1}"), lenient()),
        member("kid", json!(1)),
        refused(good().without_member("alg"), lenient()),
        member("alg", json!("none")),
        refused(good(), lenient().algorithms(&[Algorithm::Es384])),
        refused(good().without_member("typ"), lenient().typ(TypRule::OneOf(&["JWT"]))),
        refused(good(), lenient().typ(TypRule::OneOf(&["JWT"]))),
        member("crit", json!([])),
        member("crit", json!(["x"])),
        member("b64", json!(false)),
        member("zip", json!("DEF")),
        member("enc", json!("A256GCM")),
        member("cty", json!("JWT")),
        member("kid", json!("k".repeat(255))),
        with_keys(good(), &TestKeys::new()),
        member("kid", json!("k9")),
        with_keys(
            good(),
            &keys(&jwks([jwk(&k1(), "k1"), jwk(&SigningKey::p256("another key"), "k1")])),
        ),
        member("kid", json!("k2")),
        token(&good().mint_forged(|_| vec![1; 70])),
        refused(good().signed_by(SigningKey::p256("another key")), lenient()),
        claim("sub", "1"),
        claim("exp", "1e300"),
        scratch_of(1000).unwrap_err(),
        refused(good().without("exp"), lenient()),
        refused(good(), lenient().requirements(&[IS_X.for_validity()])),
        refused(good().claim("x", 1), lenient().requirements(&[IS_X.for_validity()])),
        refused(good(), Policy::builder(Expected::OneOf(&["x"]), Expected::Any)),
        with_keys(good(), &of_other),
        refused(good(), Policy::builder(Expected::Any, Expected::OneOf(&[Audience::Exact("x")]))),
        id_token(id().claim("aud", json!(["app_1", "app_2"])), |_| ()),
        claim("exp", "-5"),
        claim("nbf", &(NOW + 5).to_string()),
        claim("iat", &(NOW + 5).to_string()),
        refused(good(), lenient().max_token_age(1)),
        at(good(), lenient().max_token_age(1000), Now::AtLeast(UnixTime(NOW))),
        refused(good(), lenient().subject("x")),
        claim("cnf", "{}"),
        id_token(id().claim("azp", json!("x")), |_| ()),
        id_token(id().claim("nonce", json!("x")), |rules| rules.nonce = Some("y")),
        id_token(id().claim("at_hash", json!("x")), |rules| rules.access_token = Some("y")),
        id_token(id().claim("auth_time", 0), |rules| rules.max_authentication_age = Some(5)),
        id_token(id().claim("auth_time", NOW + 5), |rules| {
            rules.max_authentication_age = Some(5);
        }),
        refused(good(), lenient().required_scopes(&["x"])),
        refused(good(), lenient().requirements(&[IS_X])),
    ]
}

#[test]
fn every_rejection_is_produced_by_some_input() {
    let produced: BTreeSet<&str> = all().map(Rejection::reason).collect();
    let declared: BTreeSet<&str> = Rejection::reasons().map(|reason| reason.name).collect();
    assert_eq!(produced, declared);
}

#[test]
fn every_reason_has_a_name_and_a_number_of_its_own() {
    let names: BTreeSet<&str> = Rejection::reasons().map(|reason| reason.name).collect();
    let numbers: BTreeSet<u8> = Rejection::reasons().map(|reason| reason.number).collect();
    assert_eq!(names.len(), Rejection::reasons().count());
    assert!(numbers.into_iter().eq(1..=61));
    for rejection in all() {
        let reason = Rejection::reasons().find(|reason| reason.name == rejection.reason());
        let reason = reason.unwrap();
        assert_eq!(reason.number, rejection.number(), "{rejection:?}");
        assert!(reason.stage <= rejection.stage(), "{rejection:?}");
    }
}

#[test]
fn every_subject_of_a_rejection_is_that_of_some_input() {
    let claims = "iss sub aud exp nbf iat jti scope client_id azp nonce auth_time at_hash";
    assert!(Claim::ALL.iter().map(|claim| claim.name()).eq(claims.split(' ')));
    for claim in Claim::ALL {
        let token = Token::good().claim(claim.name(), "{}");
        assert_eq!(refused(token, lenient().required(&[*claim])), Rejection::ClaimType(*claim));
    }
    let members = "alg kid typ cty crit";
    assert!(HeaderMember::ALL.iter().map(|member| member.name()).eq(members.split(' ')));
    for member in HeaderMember::ALL {
        let token = Token::good().member(member.name(), "{}");
        assert_eq!(refused(token, lenient()), Rejection::HeaderMemberType(*member));
    }

    let good = Token::good().mint();
    let parts = [0, 1, 2].map(|part| {
        let mut parts: Vec<&str> = good.split('.').collect();
        parts[part] = "";
        let token = parts.join(".");
        match BearerToken::from_token68(token.as_bytes()).and_then(CompactJws::split).err() {
            Some(Rejection::PartEmpty(part)) => part,
            other => panic!("{part}: {other:?}"),
        }
    });
    assert_eq!(parts, [Part::Header, Part::Payload, Part::Signature]);
}

#[test]
fn reasons_are_kebab_case() {
    for reason in Rejection::reasons() {
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        assert!(reason.name.split('-').all(is_word), "{}", reason.name);
    }
}

#[test]
fn sentences_are_fit_for_error_description() {
    for rejection in all() {
        let text = rejection.to_string();
        // RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E
        let allowed = |c| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
        assert!(text.chars().all(allowed), "{text}");
        assert!(text.len() > 10 && !text.ends_with(['.', ' ']), "{text}");
        assert_ne!(text, format!("{rejection:?}"));
    }
}

#[test]
fn sentences_show_nothing_of_the_token() {
    let secret = "Qx7vSecretQx7v";
    for token in [
        Token::good().member("kid", json!(secret)),
        Token::good().member("alg", json!(secret)),
        Token::good().member("crit", json!([secret])),
        Token::good().claim("sub", format!("[{secret:?}]")),
        Token::good().payload(secret),
        Token::good().header(secret),
    ] {
        let rejection = refused(token, lenient());
        assert!(!format!("{rejection} {rejection:?}").contains(secret), "{rejection:?}");
    }
}

#[test]
fn codes_and_statuses_are_the_stable_ones() {
    for rejection in all() {
        let (code, status) = (rejection.code(), rejection.http_status());
        match rejection.reason() {
            "authorization-missing" => {
                assert_eq!((code, status), ("auth.authorization_header_missing", 401));
            }
            "authorization-repeated" | "authorization-malformed" | "token-malformed" => {
                assert_eq!((code, status), ("auth.authorization_token_invalid_format", 401));
            }
            "scheme-not-bearer" => {
                assert_eq!((code, status), ("auth.authorization_token_type_not_supported", 401));
            }
            "insufficient-scope" => assert_eq!((code, status), ("insufficient_scope", 403)),
            "requirement-unmet" => assert_eq!((code, status), ("access_denied", 403)),
            reason => assert_eq!((code, status), ("invalid_token", 401), "{reason}"),
        }
    }
}

/// `Bearer`, then `name="value"` separated by commas (RFC 9110 §11.6.1).
fn parameters(challenge: &str) -> Vec<(String, String)> {
    let rest = challenge.strip_prefix("Bearer").unwrap();
    if rest.is_empty() {
        return Vec::new();
    }
    let parameters = rest.strip_prefix(' ').unwrap().split("\", ");
    parameters
        .map(|parameter| {
            let (name, value) = parameter.split_once("=\"").unwrap();
            let value = value.strip_suffix('"').unwrap_or(value);
            assert!(!value.contains(['"', '\\']), "{challenge}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{challenge}");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn challenges_are_well_formed() {
    for rejection in all() {
        let text = rejection.challenge(Some("orders"), &["read", "write"]).to_string();
        assert!(text.chars().all(|c| matches!(c, ' '..='~')), "{text}");
        let found = parameters(&text);
        let get = |name: &str| {
            let mut values = found.iter().filter(|(other, _)| other == name);
            let value = values.next().map(|(_, value)| value.as_str());
            assert!(values.next().is_none(), "{name} twice: {text}");
            value
        };
        assert_eq!(get("realm"), Some("orders"));
        let (error, scope) = match rejection.code() {
            // RFC 6750 has no error for a valid token that another one of its kind would not help.
            "access_denied" => (None, None),
            "auth.authorization_header_missing" | "auth.authorization_token_type_not_supported" => {
                (None, Some("read write"))
            }
            "auth.authorization_token_invalid_format" => {
                (Some("invalid_request"), Some("read write"))
            }
            code => (Some(code), Some("read write")),
        };
        assert_eq!(get("error"), error, "{text}");
        assert_eq!(get("error_description").is_some(), error.is_some(), "{text}");
        assert_eq!(get("scope"), scope, "{text}");
        let bare = rejection.challenge::<&str>(None, &[]).to_string();
        assert_eq!(parameters(&bare).len(), if error.is_some() { 2 } else { 0 }, "{bare}");
    }
}

#[test]
fn every_reason_of_the_corpus_is_a_reason_of_the_code() {
    let known: BTreeSet<&str> = all().map(Rejection::reason).collect();
    let of_sets = ["key-set-without-keys"];
    for case in corpus::kept() {
        if let Some(reason) = &case.outcome.reason {
            assert!(known.contains(&**reason) || of_sets.contains(&&**reason), "{reason}");
        }
    }
}
