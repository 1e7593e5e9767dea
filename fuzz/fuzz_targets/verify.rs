//! The whole way from a header value to claims, for tokens that are signed after they were changed: the
//! core judges them as the oracle does, with each engine, and accepts none that was tampered with after
//! it was signed.

#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;
use tollgate_core::Algorithm;
use tollgate_fuzz::signed::Description;
use tollgate_tests::compare::oracle::check;
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, good_jwks, jwk, jwks, key_for, kid_for};
use tollgate_tests::oracle::{Audience, Clock, Credentials, Policy, Request, Typ, Verdict};
use tollgate_tests::verify::Engine;

fuzz_target!(|data: &[u8]| {
    let Some(token) = Description::read(data) else { return };
    let signed = token.sign();
    let received = token.tamper(signed.clone());
    let request = Request {
        credentials: Credentials::Lines(vec![[b"Bearer ", &received[..]].concat()]),
        sets: vec![(keys(token.algorithm).to_string().into_bytes(), None)],
        policy: policy(token.choice),
        clock: Clock::Exact(NOW),
    };
    let is_intact = received == signed.as_bytes();
    let verdict = check(&request, is_intact, &[Engine::RustCrypto, Engine::Tables]);
    assert!(is_intact || !verdict.is_accepted(), "{token:?}");
    count(&verdict);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tollgate_fuzz::mutate(data, size, max_size, seed)
});

/// The key set. Whatever the header says, only the key that signed can verify: signatures of ES256 and ES384
/// differ in length, and all other keys are alone in their sets.
fn keys(algorithm: Algorithm) -> Value {
    match algorithm {
        Algorithm::Es256 | Algorithm::Es384 => good_jwks(),
        other => jwks([jwk(&key_for(other), kid_for(other))]),
    }
}

/// Four policies; the higher bits of the choice are free.
fn policy(choice: u8) -> Policy {
    let good = Policy {
        issuers: Some(vec![ISSUER.into()]),
        audiences: Some(vec![Audience::Exact(AUDIENCE.into())]),
        ..Policy::default()
    };
    match choice & 3 {
        0 => good,
        1 => Policy {
            typ: Typ::OneOf(vec!["at+jwt".into()]),
            required_scopes: vec!["read:orders".into()],
            ..good
        },
        2 => Policy { leeway: 60, understood_crit: vec!["x".into()], ..good },
        _ => Policy { needs_exp: false, ..Policy::default() },
    }
}

/// Says, ever more rarely, how many tokens came past the signature.
fn count(verdict: &Verdict) {
    static ALL: AtomicU64 = AtomicU64::new(0);
    static SIGNED: AtomicU64 = AtomicU64::new(0);
    static ACCEPTED: AtomicU64 = AtomicU64::new(0);
    let add = |counter: &AtomicU64, is_one: bool| {
        counter.fetch_add(is_one.into(), Ordering::Relaxed) + u64::from(is_one)
    };
    let signed = add(&SIGNED, verdict.is_past_the_signature());
    let accepted = add(&ACCEPTED, verdict.is_accepted());
    let all = add(&ALL, true);
    if all >= 1 << 10 && all.is_power_of_two() {
        let percent = |part: u64| part * 100 / all;
        eprintln!("{all} tokens: {} % signed, {} % accepted", percent(signed), percent(accepted));
    }
}
