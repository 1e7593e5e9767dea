//! The whole way, from a header value to claims, for tokens that are signed after they were changed:
//! accepted exactly if a naive reading of the rules accepts them, whichever engine verifies; and never
//! if they were tampered with after they were signed.

#![no_main]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use tollgate_core::policy::{MissingExp, Policy};
use tollgate_core::provisioned::{Comb, P256, P384, ProvisionedKey, PublicKey, table_bytes};
use tollgate_core::{
    EcPublicKey, Key, KeyId, KeySet, Leeway, Now, Rejection, SignatureVerifier, Stage, TypRule,
    UnixTime, Verifier, limits,
};
use tollgate_fuzz::model::{self, Claims, Typ};
use tollgate_fuzz::signed::Description;
use tollgate_tests::mint::{AUDIENCE, ISSUER, NOW, SigningKey, k1, k2};
use tollgate_tests::verify::{Keys, good, good_keys, lenient};

type Engine = Box<dyn SignatureVerifier + Send + Sync>;

static REFERENCE: LazyLock<Keys> = LazyLock::new(good_keys);

static PROVISIONED: LazyLock<KeySet<Engine, 2>> = LazyLock::new(|| {
    let mut keys = KeySet::new();
    keys.insert(Key::new(engine_p256(&k1())).with_id(KeyId::new("k1"))).unwrap();
    keys.insert(Key::new(engine_p384(&k2())).with_id(KeyId::new("k2"))).unwrap();
    keys
});

macro_rules! engine {
    ($name:ident, $curve:ident) => {
        fn $name(key: &SigningKey) -> Engine {
            let (x, y) = key.coordinates();
            let point = EcPublicKey::new(key.algorithm(), &x, &y).unwrap();
            let point = PublicKey::<$curve>::try_from(&point).unwrap();
            let memory = vec![0; table_bytes::<$curve, Comb<5, 2>>()];
            Box::new(ProvisionedKey::<$curve, Comb<5, 2>, _>::build_in(&point, memory).unwrap())
        }
    };
}

engine!(engine_p256, P256);
engine!(engine_p384, P384);

fuzz_target!(|data: &[u8]| {
    let Some(token) = Description::read(data) else { return };
    let signed = token.sign();
    let received = token.tamper(signed.clone());
    let intact = received == signed.as_bytes();
    let policy = policy(token.choice);
    let value = [b"Bearer ", &received[..]].concat();
    let mut scratch = vec![0; value.len()];
    let now = Now::Exact(UnixTime(NOW));
    let verdict =
        Verifier::new(&*PROVISIONED, policy).verify_header(&value, now, &mut scratch).map(drop);
    let is_expected = intact && signed.len() <= limits::MAX_TOKEN_LEN && expected(&token);
    assert_eq!(verdict.is_ok(), is_expected, "{verdict:?}: {token:?}");
    if verdict.is_ok() || verdict == Err(Rejection::SignatureInvalid) {
        let by_reference =
            Verifier::new(&*REFERENCE, policy).verify_header(&value, now, &mut scratch);
        assert_eq!(by_reference.map(drop), verdict);
    }
    count(verdict);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tollgate_fuzz::mutate(data, size, max_size, seed)
});

const LEEWAY: u32 = 60;

/// Four policies; the higher bits of the choice are free.
fn policy(choice: u8) -> Policy<'static> {
    let policy = match choice & 3 {
        0 => good(),
        1 => good().typ(TypRule::OneOf(&["at+jwt"])).required_scopes(&["read:orders"]),
        2 => good().leeway(Leeway::from_secs(LEEWAY).unwrap()).understood_crit(&["x"]),
        _ => lenient().missing_exp(MissingExp::Accept),
    };
    policy.build().unwrap()
}

/// What becomes of a token on which nobody laid hands.
fn expected(token: &Description<'_>) -> bool {
    let typ = match token.choice & 3 {
        1 => Typ { one_of: Some(&["at+jwt"]), may_be_absent: false },
        _ => Typ { one_of: None, may_be_absent: true },
    };
    let crit: &[&str] = if token.choice & 3 == 2 { &["x"] } else { &[] };
    let Some(header) = model::header(token.header, &["ES256", "ES384"], typ, crit) else {
        return false;
    };
    let (alg, kid) = if token.es384 { ("ES384", "k2") } else { ("ES256", "k1") };
    let is_signers = header.alg == alg && header.kid.is_none_or(|named| named == kid);
    let Some(claims) = Claims::read(token.claims) else { return false };
    let leeway = if token.choice & 3 == 2 { i64::from(LEEWAY) } else { 0 };
    let lives = match claims.date("exp") {
        Some((exp, _)) => NOW < exp + leeway,
        None => token.choice & 3 == 3,
    };
    let has_begun = ["nbf", "iat"]
        .iter()
        .all(|name| claims.date(name).is_none_or(|(_, date)| date <= NOW + leeway));
    let is_ours = token.choice & 3 == 3
        || claims.text("iss").is_some_and(|iss| iss == ISSUER)
            && claims.audiences().is_some_and(|all| all.iter().any(|aud| aud == AUDIENCE));
    let may_read = token.choice & 3 != 1
        || claims.text("scope").is_some_and(|all| all.split(' ').any(|one| one == "read:orders"));
    is_signers && lives && has_begun && is_ours && may_read && claims.get("cnf").is_none()
}

/// Says, ever more rarely, how many tokens came past the signature.
fn count(verdict: Result<(), Rejection>) {
    static ALL: AtomicU64 = AtomicU64::new(0);
    static SIGNED: AtomicU64 = AtomicU64::new(0);
    static ACCEPTED: AtomicU64 = AtomicU64::new(0);
    let is_signed = verdict.map_or_else(|reason| reason.stage() > Stage::Signature, |()| true);
    let signed = SIGNED.fetch_add(is_signed.into(), Ordering::Relaxed) + u64::from(is_signed);
    let accepted = ACCEPTED.fetch_add(verdict.is_ok().into(), Ordering::Relaxed);
    let all = ALL.fetch_add(1, Ordering::Relaxed) + 1;
    if all >= 1 << 10 && all.is_power_of_two() {
        let percent = |part: u64| part * 100 / all;
        eprintln!("{all} tokens: {} % signed, {} % accepted", percent(signed), percent(accepted));
    }
}
