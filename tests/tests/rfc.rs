//! The examples that the standards give.

use serde_json::json;
use tollgate_core::policy::{Audience, Expected, Policy};
use tollgate_core::{Algorithm, KeySet, Now, Rejection, SignatureVerifier, UnixTime, UnusableKey};
use tollgate_tests::mint::{Members, Token, base64url, from_hex, good_jwks, jwk, jwks, k1};
use tollgate_tests::verify::{TestKeys, keys, look};

/// RFC 7515 §A.3.1 (and §A.1.1 and §A.5 with other headers).
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
                      cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const EXP: i64 = 1_300_819_380;

fn rfc_7515_a3_keys() -> TestKeys {
    keys(&jwks([json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })]))
}

fn rfc_7515_a3_token() -> String {
    format!(
        "eyJhbGciOiJFUzI1NiJ9.{CLAIMS}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw\
         5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
}

fn judge(token: &str, now: i64) -> Result<(), Rejection> {
    let policy = Policy::builder(Expected::OneOf(&["joe"]), Expected::Any);
    look(token, &rfc_7515_a3_keys(), policy, Now::Exact(UnixTime(now)), |_| ())
}

#[test]
fn rfc_7515_a3_is_accepted_until_it_expires() {
    assert_eq!(judge(&rfc_7515_a3_token(), EXP - 1), Ok(()));
    let exp = UnixTime(EXP);
    assert_eq!(judge(&rfc_7515_a3_token(), EXP), Err(Rejection::Expired { exp, now: exp }));
}

#[test]
fn rfc_7515_a1_with_an_hmac_is_rejected() {
    let token = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{CLAIMS}.\
         dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(judge(&token, EXP - 1), Err(Rejection::AlgorithmUnsupported));
}

#[test]
fn rfc_7515_a5_without_a_signature_is_rejected() {
    let token = format!("eyJhbGciOiJub25lIn0.{CLAIMS}.");
    assert_eq!(judge(&token, EXP - 1), Err(Rejection::PartEmpty(tollgate_core::Part::Signature)));
}

#[test]
fn rfc_7517_a1_key_for_encryption_is_left_out() {
    let set = json!({ "keys": [{
        "kty": "EC",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "use": "enc",
        "kid": "1",
    }] });
    let left_out = |text: &str| {
        let mut reasons = Vec::new();
        let set: TestKeys = KeySet::from_jwks_reporting(
            text.as_bytes(),
            |key| key.try_into(),
            |index, reason| {
                reasons.push((index, reason));
            },
        )
        .unwrap();
        (set.keys().len(), reasons)
    };
    assert_eq!(left_out(&set.to_string()), (0, vec![(0, UnusableKey::Use)]));
    assert_eq!(left_out(&set.to_string().replace("enc", "sig")), (1, vec![]));
}

#[test]
fn rfc_9068_figure_2_is_accepted() {
    let header = json!({ "typ": "at+JWT", "alg": "ES256", "kid": "RjEwOwOA" });
    let claims = json!({
        "iss": "https://authorization-server.example.com/",
        "sub": "5ba552d67",
        "aud": "https://rs.example.com/",
        "exp": 1_639_528_912,
        "iat": 1_618_354_090,
        "jti": "dbe39bf3a3ba4238a513f51d6e1691c4",
        "client_id": "s6BhdRkqt3",
        "scope": "openid profile reademail",
    });
    let token =
        Token::good().header(Members::from(&header).to_string()).payload(claims.to_string()).mint();
    let policy = Policy::access_token(
        &["https://authorization-server.example.com/"],
        &[Audience::Exact("https://rs.example.com/")],
    )
    .required_scopes(&["reademail"]);
    let set = keys(&jwks([jwk(&k1(), "RjEwOwOA")]));
    let verdict = look(&token, &set, policy, Now::Exact(UnixTime(1_639_528_911)), |token| {
        token.claims().client_id().unwrap().to_string()
    });
    assert_eq!(verdict.unwrap(), "s6BhdRkqt3");
}

/// RFC 6979 §A.2.5 and §A.2.6, the message "sample".
#[test]
fn rfc_6979_signatures_verify() {
    let p256 = [
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ];
    let p384 = [
        "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64\
         DEF8F0EA9055866064A254515480BC13",
        "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1\
         288B231C3AE0D4FE7344FD2533264720",
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C\
         81A648152E44ACF96E36DD1E80FABE46",
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F\
         A329C145786E679E7B82C71A38628AC8",
    ];
    for (crv, numbers) in [("P-256", p256), ("P-384", p384)] {
        let [x, y, r, s] = numbers.map(from_hex);
        let jwk = json!({ "kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y) });
        let set = keys(&jwks([jwk]));
        let verifier = set.keys()[0].verifier();
        let signature = [r, s].concat();
        let algorithm = set.keys()[0].algorithms().usual().unwrap();
        assert!(verifier.verify(algorithm, b"sample", &signature).is_ok(), "{crv}");
        assert!(verifier.verify(algorithm, b"Sample", &signature).is_err(), "{crv}");
        for other in Algorithm::ALL.iter().filter(|other| **other != algorithm) {
            assert!(verifier.verify(*other, b"sample", &signature).is_err(), "{crv}, {other}");
        }
    }
}

#[test]
fn keys_made_here_are_keys_by_the_standards() {
    assert_eq!(keys(&good_jwks()).keys().len(), 2);
}
