//! Snapshot files, which keep the keys for a start without the issuer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::sleep;
use tollgate::gate::Gate;
use tollgate::jwks::FetchRules;
use tollgate::keys;
use tollgate::tollgate_core::KeySet;
use tollgate_tests::mint::{ISSUER, Token, good_jwks, jwk, jwk_with, k1, k2};

use super::scripted_web::{
    BACKOFF, JWKS, REFRESH, Reply, Web, builder, hours, issuer, k3_jwk, k3_token, now, outcomes,
    secs,
};

/// A path for a snapshot that does not exist yet.
fn place(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gate-{name}.json"));
    let _ = fs::remove_file(&path);
    path
}

/// The time this many seconds ago by the system clock, which files use. Negative: in the future.
fn fetched(secs_ago: i64) -> i64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    i64::try_from(now).unwrap() - secs_ago
}

fn snapshot(issuer: &str, secs_ago: i64) -> Value {
    json!({ "issuer": issuer, "fetched_at": fetched(secs_ago), "keys": good_jwks()["keys"] })
}

fn start(web: &Web, file: &Path) -> Gate {
    builder(web).issuer(issuer().snapshot(file)).build().unwrap()
}

/// A gate that has fetched its keys and saved them: the paused clock waits until they are written.
async fn kept(web: &Web, file: &Path) -> Gate {
    let gate = start(web, file);
    gate.ready().await;
    sleep(secs(1)).await;
    gate
}

/// A gate whose issuer is unreachable.
fn start_alone(file: &Path) -> Gate {
    start(&Web::default(), file)
}

const HOUR: i64 = 60 * 60;

#[tokio::test(start_paused = true)]
async fn the_keys_survive_a_restart_without_their_issuer() {
    let file = place("restart");
    drop(kept(&Web::good(), &file).await);
    let gate = start_alone(&file);
    assert!(gate.is_ready(), "before the first fetch");
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert_eq!(now(&gate, &Token::good_es384()), Ok(()));
    sleep(hours(1)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_a_jwk_set_for_everybody() {
    let file = place("jwk-set");
    let web = Web::good();
    let rsa = json!({ "kty": "RSA", "kid": "r", "n": "sXch", "e": "AQAB" });
    web.publish([rsa.clone(), jwk(&k1(), "k1"), jwk(&k2(), "k2")]);
    let before = fetched(0);
    kept(&web, &file).await;
    let text = fs::read(&file).unwrap();
    let keys: KeySet<_, 4> = KeySet::from_jwks_with(&text, keys::without_table).unwrap();
    let ids: Vec<_> = keys.keys().iter().map(|key| key.id().unwrap().as_str()).collect();
    assert_eq!(ids, ["k1", "k2"]);
    let value: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(value["issuer"], ISSUER);
    assert!(value["fetched_at"].as_i64().unwrap() >= before);
    assert_eq!(value["keys"][0], rsa, "as the issuer wrote it");
    assert!(!file.with_extension("json.new").exists(), "nothing is left over");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_follows_the_keys() {
    let file = place("follows");
    let web = Web::good();
    let gate = start(&web, &file);
    gate.ready().await;
    web.publish([k3_jwk()]);
    sleep(REFRESH).await;
    assert_eq!(outcomes(&gate, "new"), 2);
    drop(gate);
    let gate = start_alone(&file);
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_makes_a_snapshot_young_again() {
    let file = place("confirmed");
    fs::write(&file, snapshot(ISSUER, 20 * HOUR).to_string()).unwrap();
    let web = Web::good();
    web.answer(JWKS, Reply::json(&good_jwks()));
    let gate = start(&web, &file);
    sleep(REFRESH).await;
    assert!(outcomes(&gate, "new") + outcomes(&gate, "same") >= 1);
    let value: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert!(value["fetched_at"].as_i64().unwrap() >= fetched(HOUR));
}

#[tokio::test(start_paused = true)]
async fn a_failure_leaves_the_snapshot_as_it_is() {
    let file = place("failure");
    let text = snapshot(ISSUER, HOUR).to_string();
    fs::write(&file, &text).unwrap();
    let _gate = start_alone(&file);
    sleep(hours(1)).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_cannot_be_trusted_is_ignored() {
    let broken = jwk_with(jwk(&k1(), "k1"), "x", json!("AAAA"));
    let good = snapshot(ISSUER, 0);
    let with = |name: &str, value: Value| {
        let mut snapshot = good.clone();
        snapshot[name] = value;
        snapshot.to_string()
    };
    let text = good.to_string();
    for (index, (content, why)) in [
        (snapshot(ISSUER, 24 * HOUR).to_string(), "a day old"),
        (snapshot(ISSUER, 1_000 * HOUR).to_string(), "too old"),
        (with("fetched_at", json!(i64::MIN)), "too old by far"),
        (with("fetched_at", json!(0)), "from 1970"),
        (snapshot(ISSUER, -HOUR).to_string(), "from the future"),
        (with("fetched_at", json!(i64::MAX)), "from the far future"),
        (with("fetched_at", json!("now")), "not a number"),
        (snapshot("https://evil.example", 0).to_string(), "of another issuer"),
        (snapshot("https://auth.example.com/oidc/", 0).to_string(), "of another issuer, nearly"),
        (text[..text.len() / 2].to_owned(), "truncated"),
        (format!("{text}{text}"), "twice"),
        (String::new(), "empty"),
        ("\u{0}".repeat(100), "zeros"),
        (good_jwks().to_string(), "a key set without an issuer"),
        (with("keys", json!([])), "without keys"),
        (with("keys", json!("k1")), "without a list"),
        (with("keys", json!([broken])), "with a broken key"),
        (format!("{}{text}", " ".repeat(2 << 20)), "too large"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = place(&format!("untrusted-{index}"));
        fs::write(&file, content).unwrap();
        let gate = start_alone(&file);
        assert!(!gate.is_ready(), "{why}");
        assert_eq!(now(&gate, &Token::good()), Err("keys-unavailable"), "{why}");
        drop(gate);
        kept(&Web::good(), &file).await;
        assert_eq!(now(&start_alone(&file), &Token::good()), Ok(()), "{why}: replaced");
    }
}

/// Some editors write one.
#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_before_a_snapshot_is_skipped() {
    let file = place("byte-order-mark");
    fs::write(&file, format!("\u{feff}{}", snapshot(ISSUER, HOUR))).unwrap();
    assert!(start_alone(&file).is_ready());
}

/// A clock may have been set back a little.
#[tokio::test(start_paused = true)]
async fn a_snapshot_from_the_next_seconds_is_taken() {
    let file = place("seconds");
    fs::write(&file, snapshot(ISSUER, -30).to_string()).unwrap();
    assert!(start_alone(&file).is_ready());
}

#[tokio::test(start_paused = true)]
async fn the_day_goes_on_across_restarts() {
    let file = place("day");
    fs::write(&file, snapshot(ISSUER, 23 * HOUR).to_string()).unwrap();
    let gate = start_alone(&file);
    sleep(secs(59 * 60)).await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    sleep(secs(60)).await;
    assert_eq!(now(&gate, &Token::good()), Err("keys-unavailable"));
    assert!(!gate.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_shorter_day_holds_for_files_too() {
    let max_stale = Duration::from_secs(2 * 60 * 60);
    let rules = FetchRules { max_stale, ..FetchRules::DEFAULT };
    for (age, is_ready) in [(HOUR, true), (3 * HOUR, false)] {
        let file = place(&format!("short-{age}"));
        fs::write(&file, snapshot(ISSUER, age).to_string()).unwrap();
        let issuer = issuer().snapshot(&file).fetch_rules(rules);
        let gate = builder(&Web::default()).issuer(issuer).build().unwrap();
        assert_eq!(gate.is_ready(), is_ready, "{age}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_snapshot_are_refreshed_at_once() {
    let file = place("refreshed");
    fs::write(&file, snapshot(ISSUER, HOUR).to_string()).unwrap();
    let web = Web::good();
    web.publish([k3_jwk()]);
    let gate = start(&web, &file);
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    sleep(secs(1)).await;
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
    assert_eq!(now(&gate, &k3_token()), Ok(()));
}

/// Many boards start in 1970, and get the time from the network later.
#[tokio::test]
async fn a_snapshot_from_the_future_is_read_again_when_the_clock_has_moved() {
    let file = place("future");
    // The clock may lag a minute behind.
    fs::write(&file, snapshot(ISSUER, -62).to_string()).unwrap();
    let gate = start_alone(&file);
    assert!(!gate.is_ready());
    tokio::time::timeout(secs(30), gate.ready()).await.unwrap();
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    assert_eq!(fetched(0) - gate.issuers().next().unwrap().fetched_at.unwrap().0, -60);
}

#[tokio::test]
async fn keys_that_were_fetched_meanwhile_are_newer_than_a_snapshot_from_the_future() {
    let file = place("overtaken");
    fs::write(&file, snapshot(ISSUER, -62).to_string()).unwrap();
    let web = Web::good();
    web.publish([k3_jwk()]);
    let gate = start(&web, &file);
    gate.ready().await;
    sleep(secs(4)).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
    assert_eq!(now(&gate, &Token::good()), Err("unknown-key"));
}

/// The keys in memory suffice: a full disk does not affect requests.
#[tokio::test(start_paused = true)]
async fn a_snapshot_that_cannot_be_written_stops_nobody() {
    let file = place("folder").join("missing").join("snapshot.json");
    let web = Web::good();
    let gate = start(&web, &file);
    gate.ready().await;
    assert_eq!(now(&gate, &Token::good()), Ok(()));
    web.publish([k3_jwk()]);
    sleep(REFRESH + BACKOFF).await;
    assert_eq!(now(&gate, &k3_token()), Ok(()));
}
