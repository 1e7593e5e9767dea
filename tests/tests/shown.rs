//! What the library's values reveal: every claim on request, enough for a log in `Debug`, and nothing
//! that would let a reader of the log use the token.

use serde_json::json;
use tollgate_core::{BearerToken, CompactJws, Now, SignedClaims, UnixTime};
use tollgate_tests::mint::{NOW, Token};
use tollgate_tests::verify::{believed_claims, good_keys, lenient};

#[test]
fn stages_show_the_header_at_most() {
    let token = Token::good().claim("sub", json!("a secret")).mint();
    let (keys, policy) = (good_keys(), lenient().build().unwrap());
    let mut scratch = vec![0; token.len()];
    let mut shown = Vec::new();
    let bearer = BearerToken::from_token68(token.as_bytes()).unwrap();
    shown.push(format!("{bearer:?}"));
    let jws = CompactJws::split(bearer).unwrap();
    shown.push(format!("{jws:?}"));
    let candidate = jws.decode_header(&policy.header_rules(), &mut scratch).unwrap();
    shown.push(format!("{candidate:?}"));
    let selected = keys.select(candidate).unwrap();
    shown.push(format!("{selected:?}"));
    let verified = selected.verify().unwrap();
    shown.push(format!("{verified:?}"));
    let signed = SignedClaims::parse(verified).unwrap();
    shown.push(format!("{signed:?}"));
    let accepted = policy.accept(signed, Now::Exact(UnixTime(NOW))).unwrap();
    shown.push(format!("{accepted:?}"));
    let stages = [
        ("BearerToken", false),
        ("CompactJws", false),
        ("Candidate", true),
        ("SelectedKey", true),
        ("VerifiedPayload", true),
        ("SignedClaims", true),
        ("AcceptedToken", true),
    ];
    assert_eq!(shown.len(), stages.len());
    let parts: Vec<&str> = token.split('.').collect();
    for (shown, (name, has_header)) in shown.iter().zip(stages) {
        assert!(shown.starts_with(name), "{shown}");
        assert_eq!(shown.contains("ES256"), has_header, "{shown}");
        for hidden in ["a secret", parts[0], parts[1], parts[2]] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}

#[test]
fn standard_claims_are_shown_as_they_were_signed() {
    let claims = json!({
        "iss": "the issuer",
        "sub": "the subject",
        "aud": ["one", "another"],
        "exp": 11,
        "nbf": 12,
        "iat": 13,
        "jti": "the id",
        "scope": "the scope",
        "client_id": "the client",
        "azp": "the party",
        "nonce": "the nonce",
        "auth_time": 14,
        "at_hash": "the hash",
    });
    believed_claims(claims.to_string(), |signed| {
        let claims = signed.claims();
        for (text, expected) in [
            (claims.issuer(), "the issuer"),
            (claims.subject(), "the subject"),
            (claims.jwt_id().unwrap(), "the id"),
            (claims.client_id(), "the client"),
            (claims.authorized_party().unwrap(), "the party"),
            (claims.nonce().unwrap(), "the nonce"),
            (claims.access_token_hash().unwrap(), "the hash"),
        ] {
            assert_eq!(text.unwrap().plain(), Some(expected));
        }
        for (date, expected) in [
            (claims.expiration(), 11),
            (claims.not_before(), 12),
            (claims.issued_at(), 13),
            (claims.auth_time().unwrap(), 14),
        ] {
            assert_eq!(date.unwrap().floor(), UnixTime(expected));
        }
        assert!(
            claims.scopes().unwrap().iter().map(|scope| scope.to_string()).eq(["the", "scope"])
        );
        let audiences: Vec<_> = claims.audiences().unwrap().iter().collect();
        assert!(audiences.len() == 2 && audiences[0] == *"one" && audiences[1] == *"another");
        assert_eq!(claims.get("jti").unwrap().as_text().unwrap().plain(), Some("the id"));
        assert!(!claims.is_bound_to_key());
    })
    .unwrap();
}

#[test]
fn claims_that_are_missing_are_not_shown() {
    let found = believed_claims("{}", |signed| {
        let claims = signed.claims();
        claims.jwt_id().unwrap().is_some()
            || claims.audiences().is_some()
            || claims.get("jti").is_some()
    });
    assert_eq!(found, Ok(false));
}
