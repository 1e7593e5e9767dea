//! Several issuers: they cannot sign for each other, and an outage of one does not affect the others.

use serde_json::json;
use tokio::time::{Instant, sleep};
use tollgate::gate::{Denied, Gate, GateBuilder, Issuer};
use tollgate::tollgate_core::Rejection;
use tollgate::tollgate_core::policy::{ClaimTest, Requirement, Scalar};
use tollgate_tests::mint::{self, AUDIENCE, SigningKey, Token, jwk};

use super::scripted_web::{
    COOLDOWN, JWKS, REFRESH, Reply, Verdict, Web, bearer, builder, issuer, later, millis, now,
    rejection, secs,
};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

fn key(name: &str) -> SigningKey {
    SigningKey::p256(name)
}

/// A token that claims to be from `iss`, signed with the key of `signer` under the id `kid`.
fn token(iss: &str, signer: &str, kid: &str) -> Token {
    Token::good().claim("iss", json!(iss)).member("kid", json!(kid)).signed_by(key(signer))
}

fn discovery(issuer: &str) -> String {
    format!("{issuer}/.well-known/openid-configuration")
}

fn jwks_uri(issuer: &str) -> String {
    format!("{issuer}/jwks")
}

/// A web of issuers, each with the id under which it publishes its key.
fn web(issuers: &[(&str, &str)]) -> Web {
    let web = Web::default();
    for (issuer, kid) in issuers {
        let metadata = json!({ "issuer": issuer, "jwks_uri": jwks_uri(issuer) });
        web.answer(&discovery(issuer), Reply::json(&metadata));
        let jwks = mint::jwks([jwk(&key(issuer), kid)]);
        web.answer(&jwks_uri(issuer), Reply::json(&jwks));
    }
    web
}

fn open(url: &str) -> Issuer {
    Issuer::new(url).audience(AUDIENCE)
}

fn gate(web: &Web, issuers: impl IntoIterator<Item = Issuer>) -> Gate {
    issuers.into_iter().fold(builder(web), GateBuilder::issuer).build().unwrap()
}

async fn ready(web: &Web, issuers: impl IntoIterator<Item = Issuer>) -> Gate {
    let gate = gate(web, issuers);
    gate.ready().await;
    gate
}

#[tokio::test(start_paused = true)]
async fn the_same_key_id_in_two_sets_is_not_ambiguous() {
    let gate = ready(&web(&[(A, "1"), (B, "1")]), [open(A), open(B)]).await;
    for issuer in [A, B] {
        let identity = gate.authorize_now(bearer(&token(issuer, issuer, "1"))).unwrap();
        assert_eq!(identity.issuer(), Some(issuer));
    }
}

#[tokio::test(start_paused = true)]
async fn no_issuer_can_speak_for_another() {
    for (kid_a, kid_b) in [("1", "1"), ("a", "b")] {
        for issuers in [[A, B], [B, A]] {
            let web = web(&[(A, kid_a), (B, kid_b)]);
            let gate = ready(&web, issuers.map(open)).await;
            assert_eq!(now(&gate, &token(B, A, kid_a)), Err("issuer-mismatch"));
            assert_eq!(now(&gate, &token(A, B, kid_b)), Err("issuer-mismatch"));
            let stranger = token("https://c.example", A, kid_a);
            assert_eq!(now(&gate, &stranger), Err("issuer-mismatch"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_issuer_leaves_the_tokens_of_another_alone() {
    let dead = "https://dead.example";
    for issuers in [[A, dead], [dead, A]] {
        let web = web(&[(A, "a")]);
        web.answer(&discovery(dead), Reply::never());
        let gate = gate(&web, issuers.map(open));
        let start = Instant::now();
        assert_eq!(later(&gate, &token(A, A, "a")).await, Ok(()));
        assert_eq!(start.elapsed(), secs(0), "at once, by the first issuer that answers");
        // The token may belong to the other issuer, whose keys are unknown.
        assert_eq!(now(&gate, &token(A, "forger", "a")), Err("keys-unavailable"));
        assert_eq!(now(&gate, &token(A, A, "a").claim("exp", 0)), Err("expired"));
        assert_eq!(now(&gate, &token(dead, dead, "d")), Err("keys-unavailable"));
        assert!(gate.is_ready());
        sleep(REFRESH).await;
        assert_eq!(now(&gate, &token(A, A, "a")), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_key_of_one_issuer_is_found_while_another_is_dead() {
    let web = web(&[(A, "a"), (B, "b")]);
    let gate = ready(&web, [open(A), open(B)]).await;
    sleep(COOLDOWN).await;
    web.answer(&jwks_uri(A), Reply::never());
    web.answer(&jwks_uri(B), Reply::json(&mint::jwks([jwk(&key("new"), "n")])).after(millis(100)));
    let start = Instant::now();
    assert_eq!(later(&gate, &token(B, "new", "n")).await, Ok(()));
    assert_eq!(start.elapsed(), millis(100));
}

#[tokio::test(start_paused = true)]
async fn all_issuers_are_ready_together() {
    let web = web(&[(A, "a"), (B, "b")]);
    web.answer(&jwks_uri(B), Reply::json(&mint::jwks([jwk(&key(B), "b")])).after(secs(4)));
    let gate = gate(&web, [open(A), open(B)]);
    let start = Instant::now();
    gate.ready().await;
    assert_eq!(start.elapsed(), secs(4));
    let keys: Vec<_> = gate.issuers().map(|status| (status.issuer, status.usable_keys)).collect();
    assert_eq!(keys, [(A, 1), (B, 1)]);
}

#[tokio::test(start_paused = true)]
async fn each_issuer_has_a_policy_of_its_own() {
    let issuers =
        [open(A).scope("admin"), Issuer::new(B).audience("https://b-api.example.com").typ("JWT")];
    let gate = ready(&web(&[(A, "1"), (B, "1")]), issuers).await;
    let of_a = token(A, A, "1");
    let of_b = token(B, B, "1").member("typ", json!("JWT"));
    let of_b = of_b.claim("aud", json!("https://b-api.example.com"));
    let admin = of_a.clone().claim("scope", json!("admin"));
    let cases: [(Token, Verdict); 7] = [
        (of_a.clone(), Err("insufficient-scope")),
        (admin.clone(), Ok(())),
        (of_b.clone(), Ok(())),
        (of_b.clone().without("jti"), Ok(())),
        (admin.clone().without("jti"), Err("claim-missing")),
        (admin.claim("aud", json!("https://b-api.example.com")), Err("audience-mismatch")),
        (of_b.claim("aud", json!(AUDIENCE)), Err("audience-mismatch")),
    ];
    for (token, verdict) in cases {
        assert_eq!(now(&gate, &token), verdict, "{token:?}");
    }
    let Denied::Rejected { scopes, .. } = gate.authorize_now(bearer(&of_a)).unwrap_err() else {
        panic!("there are keys");
    };
    assert_eq!(scopes, ["admin"]);
    let disguised = token(A, A, "1").member("typ", json!("JWT"));
    assert_eq!(now(&gate, &disguised), Err("signature-invalid"), "B accepts this typ");
}

/// The order of the issuers does not matter.
#[tokio::test(start_paused = true)]
async fn the_reason_is_that_of_the_issuer_whose_key_matches() {
    for issuers in [[A, B], [B, A]] {
        let gate = ready(&web(&[(A, "a"), (B, "b")]), issuers.map(open)).await;
        let expired = rejection(&gate, &token(A, A, "a").claim("exp", 0));
        assert!(matches!(expired, Rejection::Expired { .. }), "{expired:?}");
        assert_eq!(now(&gate, &token(A, B, "a")), Err("signature-invalid"));
        assert_eq!(now(&gate, &token(A, A, "c")), Err("unknown-key"));

        let gate = ready(&web(&[(A, "1"), (B, "1")]), issuers.map(open)).await;
        assert_eq!(now(&gate, &token(B, B, "1").claim("exp", 0)), Err("expired"));
        assert_eq!(now(&gate, &token(A, A, "1").claim("aud", 5)), Err("claim-type"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_asked_for_where_the_policy_would_take_the_token() {
    let web = web(&[(A, "a"), (B, "b")]);
    let gate = ready(&web, [open(A), open(B).typ("JWT")]).await;
    sleep(COOLDOWN).await;
    let before = (web.count(&jwks_uri(A)), web.count(&jwks_uri(B)));
    assert_eq!(later(&gate, &token(A, A, "new")).await, Err("unknown-key"));
    let after = (web.count(&jwks_uri(A)), web.count(&jwks_uri(B)));
    assert_eq!(after, (before.0 + 1, before.1), "B takes no tokens of this typ");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_no_reason_to_ask_if_another_issuer_knows_it() {
    let web = web(&[(A, "a"), (B, "b")]);
    let gate = ready(&web, [open(A), open(B)]).await;
    sleep(COOLDOWN).await;
    let before = web.total();
    assert_eq!(later(&gate, &token(A, A, "a")).await, Ok(()));
    assert_eq!(later(&gate, &token(B, B, "b").claim("exp", 0)).await, Err("expired"));
    assert_eq!(web.total(), before);
}

#[tokio::test(start_paused = true)]
async fn sixteen_issuers_are_judged_by_their_own_keys() {
    let urls: Vec<_> = (0..16).map(|index| format!("https://{index}.example")).collect();
    let named: Vec<_> = urls.iter().map(|url| (url.as_str(), "1")).collect();
    let gate = ready(&web(&named), urls.iter().map(|url| open(url))).await;
    for (index, url) in urls.iter().enumerate() {
        assert_eq!(now(&gate, &token(url, url, "1")), Ok(()));
        let next = &urls[(index + 1) % urls.len()];
        assert_eq!(now(&gate, &token(url, next, "1")), Err("issuer-mismatch"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_finds_a_token_valid_says_what_it_lacks() {
    let admin = ClaimTest::Equals(Scalar::Text("admin".to_owned()));
    let strict = issuer().required_claim(Requirement::name("role".to_owned(), admin));
    let other = Issuer::new("https://sts.example").audience(AUDIENCE).jwks_uri(JWKS);
    for issuers in [[strict.clone(), other.clone()], [other, strict.clone()]] {
        let web = Web::good();
        let gate = issuers.into_iter().fold(builder(&web), GateBuilder::issuer).build().unwrap();
        gate.ready().await;
        assert_eq!(now(&gate, &Token::good()), Err("requirement-unmet"));
    }
    let gate = builder(&Web::good()).issuer(strict).build().unwrap();
    gate.ready().await;
    let malformed = Token::good().claim("scope", 7);
    assert_eq!(now(&gate, &malformed), Err("claim-type"), "it is invalid before it is no access");
}
