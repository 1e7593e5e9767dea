//! How the cost of a token grows with the number of keys, with the payload, and with the stage that
//! refuses the token. All use ES256 and a server's default engine.

use std::rc::Rc;

use tollgate_core::Algorithm;

use super::{Case, Group};
use crate::fixtures::{EXPIRATION, Issuer, SUBJECT, Specimen, access_token_claims};
use crate::ours::{ACCESS_TOKEN, MINIMAL, PreparedVerifier};
use crate::provisioned;

/// The sizes of the sets of `keys/…`.
pub const KEY_COUNTS: [usize; 4] = [1, 10, 100, 1000];
/// The lengths of the tokens of `payload/…`, in bytes. The last is the longest allowed.
pub const TOKEN_LENS: [usize; 4] = [200, 1024, 4096, 16384];
/// The stages of `reject/…` before the signature is checked.
pub const CHEAP_STAGES: [&str; 7] =
    ["scheme", "format", "parts", "header-json", "alg", "unknown-kid", "signature-length"];

fn case(
    workload: String,
    note: impl Into<String>,
    tokens: Vec<Specimen>,
    verifier: PreparedVerifier<1>,
) -> Case {
    Case::new(&workload, "tollgate", note, tokens.into(), verifier.judge())
}

fn verifier(issuer: &Issuer) -> PreparedVerifier<1> {
    PreparedVerifier::new([(issuer, provisioned::server(issuer))], ACCESS_TOKEN)
}

/// Sets of keys, and tokens that name one of them by `kid`. All tokens name the same key, and the others
/// have no tables: this measures the search for the key, not the processor's caches.
pub fn keys() -> Group {
    let issuer = Issuer::new(Algorithm::Es256, "issuer");
    let specimens: Rc<[Specimen]> = issuer.access_tokens().into();
    let case = |count: usize| {
        let others: Vec<_> =
            (1..count).map(|i| Issuer::new(Algorithm::Es256, &format!("other {i}"))).collect();
        let engines = others.iter().map(|other| (other, provisioned::without_table(other)));
        let engines = engines.chain([(&issuer, provisioned::server(&issuer))]);
        let verifier =
            PreparedVerifier::<{ KEY_COUNTS[KEY_COUNTS.len() - 1] }>::new(engines, ACCESS_TOKEN);
        let note = format!("{count} in the set");
        Case::new(&format!("keys/{count}"), "tollgate", note, specimens.clone(), verifier.judge())
    };
    Group {
        title: "keys: tokens that name their key by kid, in sets of 1 to 1000 keys".into(),
        baseline: "one key",
        cases: KEY_COUNTS.into_iter().map(case).collect(),
    }
}

/// Tokens with longer and longer lists of permissions.
pub fn payload() -> Group {
    let issuer = Issuer::new(Algorithm::Es256, "issuer");
    let case_of = |len: usize| {
        let verifier = PreparedVerifier::new([(&issuer, provisioned::server(&issuer))], MINIMAL);
        let tokens = (0..16).map(|number| token_of_len(&issuer, len, number)).collect();
        case(format!("payload/{len}"), format!("a token of {len} bytes"), tokens, verifier)
    };
    Group {
        title: "payload: whole tokens of different lengths".into(),
        baseline: "the shortest",
        cases: TOKEN_LENS.into_iter().map(case_of).collect(),
    }
}

/// Returns a token of exactly `len` bytes that [`MINIMAL`] accepts.
fn token_of_len(issuer: &Issuer, len: usize, number: usize) -> Specimen {
    const PERMISSION: &str = r#","read:resource""#;
    // A kid would not fit into the shortest token.
    let header = r#"{"alg":"ES256"}"#;
    let claims = |list: &str| {
        format!(r#"{{"iss":"https://a.b","aud":"c","exp":{EXPIRATION},"p":["{number:02}"{list}]}}"#)
    };
    let encoded_len = |bytes: usize| (bytes * 4).div_ceil(3);
    // Two dots, and 64 bytes of signature.
    let rest = len - encoded_len(header.len()) - 2 - encoded_len(64);
    let mut room = rest * 3 / 4 - claims("").len();
    let mut list = String::new();
    while room >= 2 * PERMISSION.len() {
        list.push_str(PERMISSION);
        room -= PERMISSION.len();
    }
    if let Some(filler) = room.checked_sub(r#","""#.len()) {
        list.push_str(&format!(r#","{:x<filler$}""#, ""));
    }
    let token = issuer.mint(header, &claims(&list));
    assert_eq!(token.token().len(), len);
    token
}

/// Good tokens first, then tokens that are refused, from the first stage to the last.
pub fn reject() -> Group {
    let issuer = Issuer::new(Algorithm::Es256, "issuer");
    let good = issuer.access_tokens();
    let edit = |edit: fn(&str) -> String| -> Vec<Specimen> {
        good.iter().map(|token| token.with_header_value(edit)).collect()
    };
    let with_header = |header: String| -> Vec<Specimen> {
        let claims = |number| access_token_claims(number, EXPIRATION);
        (0..good.len()).map(|number| issuer.mint(&header, &claims(number))).collect()
    };
    let with_claims = |claims: &dyn Fn(usize) -> String| -> Vec<Specimen> {
        (0..good.len()).map(|number| issuer.mint(&issuer.header(), &claims(number))).collect()
    };
    let header = issuer.header();
    let subject = format!(r#""sub":"{SUBJECT}""#);
    let stages: [(&str, &str, Vec<Specimen>); 10] = [
        ("scheme", "scheme-not-bearer", edit(|value| value.replace("Bearer", "Basic"))),
        ("format", "token-malformed", edit(|value| format!("{value},"))),
        ("parts", "part-count", edit(|value| value.rsplit_once('.').unwrap().0.into())),
        ("header-json", "json-syntax", with_header(header.replace('}', ","))),
        ("alg", "algorithm-unsupported", with_header(header.replace("ES256", "HS256"))),
        ("unknown-kid", "unknown-key", with_header(header.replace(issuer.kid(), "another"))),
        ("signature-length", "signature-length", {
            // Cutting the end might leave invalid base64url.
            edit(|value| value.rsplit_once('.').map(|(a, b)| format!("{a}.{}", &b[4..])).unwrap())
        }),
        ("signature", "signature-invalid", {
            let others = good.iter().cycle().skip(1);
            good.iter().zip(others).map(|(token, other)| token.signed_as(other)).collect()
        }),
        ("claims", "claim-type", {
            with_claims(&|number| {
                access_token_claims(number, EXPIRATION).replace(&subject, r#""sub":7"#)
            })
        }),
        ("expired", "expired", with_claims(&|number| access_token_claims(number, 1_767_229_200))),
    ];
    let mut cases = vec![case("reject/none".into(), "accepted", good.clone(), verifier(&issuer))];
    for (stage, reason, tokens) in stages {
        let mut verifier = verifier(&issuer);
        for token in &tokens {
            assert_eq!(
                verifier.verdict(token).map_err(|rejection| rejection.reason()),
                Err(reason)
            );
        }
        cases.push(Case {
            accepts: false,
            ..case(format!("reject/{stage}"), reason, tokens, verifier)
        });
    }
    Group {
        title: "reject: refused tokens, by the stage that refuses them".into(),
        baseline: "accepted",
        cases,
    }
}
