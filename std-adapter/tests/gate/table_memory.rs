//! The budget for the tables of keys: who gets how much, and who keeps a table.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::sleep;
use tollgate::gate::{Gate, Issuer};
use tollgate::keys::SharedVerifier;
use tollgate::table_memory::TableMemory;
use tollgate::tollgate_core::{Algorithm, InvalidSignature, Key, KeySet, KeySetError};
use tollgate_tests::mint::{self, AUDIENCE, SigningKey, Token, jwk, k1, k2, key_for, kid_for};

use super::scripted_web::{
    DISCOVERY, JWKS, REFRESH, Reply, Web, builder, issuer, k3, k3_jwk, k3_token, metadata, now,
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

type Keys = KeySet<SharedVerifier, 64>;

fn key_set(memory: &TableMemory, keys: impl IntoIterator<Item = Value>) -> Keys {
    let jwks = mint::jwks(keys).to_string();
    let left_out = |index, reason| panic!("key {index}: {reason}");
    memory.key_set(jwks.as_bytes(), left_out).unwrap()
}

fn engine<'k>(keys: &'k Keys, kid: &str) -> &'k SharedVerifier {
    let named = |key: &&Key<SharedVerifier>| key.id().is_some_and(|id| id.as_str() == kid);
    keys.keys().iter().find(named).unwrap().verifier()
}

/// This many ES256 keys, which differ from those of everybody else.
fn p256_keys(count: usize, who: &str) -> Vec<Value> {
    let key = |i: usize| jwk(&SigningKey::p256(&format!("{who} {i}")), &i.to_string());
    (0..count).map(key).collect()
}

fn assert_verifies(engine: &SharedVerifier, key: &SigningKey) {
    let (message, algorithm) = (b"message", key.algorithm());
    let signature = key.sign(message);
    assert_eq!(engine.verify(algorithm, message, &signature), Ok(()), "{algorithm}");
    let forged = engine.verify(algorithm, b"another", &signature);
    assert_eq!(forged, Err(InvalidSignature), "{algorithm}");
}

#[test]
fn an_unchanged_key_keeps_its_table() {
    let memory = TableMemory::new(8 * MIB);
    let before = key_set(&memory, [jwk(&k1(), "k1"), jwk(&k2(), "k2")]);
    let used = memory.used();
    let after = key_set(&memory, [k3_jwk(), jwk(&k2(), "renamed")]);
    assert!(Arc::ptr_eq(engine(&before, "k2"), engine(&after, "renamed")));
    assert!(memory.used() > used, "both sets are in use, and k3 has a table");
    drop(before);
    let again = key_set(&memory, [jwk(&k2(), "k2"), k3_jwk()]);
    assert!(Arc::ptr_eq(engine(&after, "k3"), engine(&again, "k3")));
    assert_verifies(engine(&again, "k2"), &k2());
    assert_verifies(engine(&again, "k3"), &k3());
}

#[test]
fn two_issuers_with_the_same_key_share_its_table() {
    let memory = TableMemory::new(8 * MIB);
    let first = key_set(&memory, [jwk(&k1(), "k1")]);
    let used = memory.used();
    let second = key_set(&memory, [jwk(&k1(), "another id"), jwk(&k1(), "once more")]);
    assert_eq!(memory.used(), used);
    for kid in ["another id", "once more"] {
        assert!(Arc::ptr_eq(engine(&first, "k1"), engine(&second, kid)));
    }
}

/// An RSA key without `alg` is for more than one with it.
#[test]
fn rsa_keys_are_never_shared() {
    let memory = TableMemory::new(8 * MIB);
    let key = key_for(Algorithm::Rs256);
    let without_alg = mint::jwk_without(jwk(&key, "without"), "alg");
    let keys = key_set(&memory, [jwk(&key, "with"), without_alg]);
    assert_ne!(engine(&keys, "with").algorithms(), engine(&keys, "without").algorithms());
    assert_eq!(memory.used(), 0, "they have no tables");
}

#[test]
fn the_first_keys_have_the_largest_tables() {
    let memory = TableMemory::new(TableMemory::DEFAULT_LIMIT);
    let largest = [
        (Algorithm::Es256, MIB),
        (Algorithm::Es384, 1152 * KIB),
        (Algorithm::Es512, 1728 * KIB),
        (Algorithm::EdDsa, 1536 * KIB),
    ];
    for (algorithm, bytes) in largest {
        let key = key_for(algorithm);
        let keys = key_set(&memory, [jwk(&key, "1")]);
        assert_eq!(memory.used(), 2 * bytes, "{algorithm}: the generator's, and the key's");
        assert_verifies(engine(&keys, "1"), &key);
        drop(keys);
        assert_eq!(memory.used(), 0, "{algorithm}: both are free again");
    }
}

#[test]
fn what_does_not_fit_gets_a_smaller_table_and_still_verifies() {
    let mut used = Vec::new();
    for limit in [0, 40 * KIB, 160 * KIB, 700 * KIB, 4 * MIB, 12 * MIB, 64 * MIB] {
        let memory = TableMemory::new(limit);
        let jwks = mint::jwks_for_all().to_string();
        let keys: Keys = memory.key_set(jwks.as_bytes(), |_, _| ()).unwrap();
        assert_eq!(keys.keys().len(), Algorithm::ALL.len());
        for algorithm in Algorithm::ALL {
            assert_verifies(engine(&keys, kid_for(*algorithm)), &key_for(*algorithm));
        }
        assert!(memory.used() <= limit, "{} of {limit}", memory.used());
        used.push(memory.used());
    }
    assert_eq!(used.first(), Some(&0));
    assert!(used.is_sorted_by(|less, more| less < more), "{used:?}");
}

#[test]
fn the_budget_covers_all_issuers() {
    let limit = 2 * MIB;
    let memory = TableMemory::new(limit);
    let sets: Vec<_> = (0..16).map(|i| key_set(&memory, p256_keys(4, &i.to_string()))).collect();
    assert!(memory.used() <= limit, "{} of {limit}", memory.used());
    for (i, keys) in sets.iter().enumerate() {
        assert_verifies(engine(keys, "3"), &SigningKey::p256(&format!("{i} 3")));
    }
    drop(sets);
    assert_eq!(memory.used(), 0);
}

#[test]
fn a_set_with_very_many_keys_leaves_half_of_the_memory_to_others() {
    let memory = TableMemory::new(8 * MIB);
    let many = key_set(&memory, p256_keys(64, "many"));
    assert_eq!(memory.used(), MIB + 64 * 16 * KIB, "beside the generator's, small tables");
    let few = key_set(&memory, p256_keys(2, "few"));
    assert_eq!(memory.used(), 4 * MIB, "two of the largest");
    assert_verifies(engine(&many, "63"), &SigningKey::p256("many 63"));
    assert_verifies(engine(&few, "1"), &SigningKey::p256("few 1"));
}

#[test]
fn a_set_with_too_many_keys_builds_nothing() {
    let memory = TableMemory::new(8 * MIB);
    let jwks = mint::jwks(p256_keys(65, "too many")).to_string();
    let keys: Result<Keys, _> = memory.key_set(jwks.as_bytes(), |_, _| ());
    assert_eq!(keys.err(), Some(KeySetError::TooManyKeys { capacity: 64 }));
    assert_eq!(memory.used(), 0);
}

/// The old tables are still in use while the new ones are built.
#[test]
fn keys_that_rotate_do_not_run_out_of_memory() {
    let memory = TableMemory::new(4 * MIB);
    let mut sets = Vec::new();
    for round in 0..12 {
        for issuer in 0..3 {
            let before = memory.used();
            let keys = key_set(&memory, p256_keys(2, &format!("{round} {issuer}")));
            let taken = memory.used() - before;
            assert!(taken >= 2 * 192 * KIB, "round {round}, issuer {issuer}: {taken}");
            sets.push(keys);
            if sets.len() > 3 {
                sets.remove(0);
            }
        }
    }
}

#[test]
fn a_key_without_a_table_gets_one_when_its_set_changes() {
    let memory = TableMemory::new(0);
    let before = key_set(&memory, [jwk(&k1(), "k1")]);
    assert_eq!(memory.used(), 0);
    memory.set_limit(8 * MIB);
    let after = key_set(&memory, [jwk(&k1(), "k1")]);
    assert_eq!(memory.used(), 2 * MIB);
    assert!(!Arc::ptr_eq(engine(&before, "k1"), engine(&after, "k1")));
    memory.set_limit(0);
    let last = key_set(&memory, [jwk(&k1(), "k1")]);
    assert!(Arc::ptr_eq(engine(&after, "k1"), engine(&last, "k1")), "those with a table keep it");
}

#[tokio::test(start_paused = true)]
async fn the_issuers_of_gates_share_one_budget() {
    let web = Web::good();
    let other_jwks = "https://other.example/jwks";
    let mut other_metadata = metadata(other_jwks);
    other_metadata["issuer"] = json!("https://other.example");
    web.answer(
        "https://other.example/.well-known/openid-configuration",
        Reply::json(&other_metadata),
    );
    web.answer(other_jwks, Reply::json(&mint::jwks([jwk(&k1(), "the same"), k3_jwk()])));
    let memory = TableMemory::new(8 * MIB);
    let other = Issuer::new("https://other.example").audience(AUDIENCE);
    let builder = builder(&web).issuer(issuer()).issuer(other).table_memory(&memory);
    let gate = builder.build().unwrap();
    gate.ready().await;
    let p256 = MIB + 2 * MIB;
    let p384 = 2 * 1152 * KIB;
    assert_eq!(memory.used(), p256 + p384, "k1 once");

    // A refresh keeps the table of k1, and frees that of k2.
    web.publish([k3_jwk(), jwk(&k1(), "k1")]);
    sleep(REFRESH).await;
    assert!(web.count(JWKS) >= 2);
    assert_eq!(memory.used(), p256);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert_eq!(now(&gate, &k3_token()), Ok(()));

    // So does a new gate.
    web.answer(DISCOVERY, Reply::never());
    let new =
        super::scripted_web::builder(&web).issuer(issuer()).table_memory(&memory).replaces(&gate);
    let new = new.build().unwrap();
    drop(gate);
    assert_eq!(now(&new, &Token::good()), Ok(()));
    assert_eq!(memory.used(), p256);
}

#[tokio::test(start_paused = true)]
async fn a_gate_uses_the_budget_of_the_process_by_default() {
    let gate = Gate::builder().fetcher(Web::good()).issuer(issuer()).build().unwrap();
    gate.ready().await;
    assert_ne!(TableMemory::global().used(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_gate_without_memory_for_tables_accepts_the_same_tokens() {
    let web = Web::good();
    let memory = TableMemory::new(0);
    let gate = builder(&web).issuer(issuer()).table_memory(&memory).build().unwrap();
    gate.ready().await;
    for token in [Token::good(), Token::good_es384()] {
        assert_eq!(now(&gate, &token), Ok(()));
    }
    assert_eq!(memory.used(), 0);
}
