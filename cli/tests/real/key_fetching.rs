//! Rotations, outages, herds and floods.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::gateway::{Gateway, config, snapshot, trust};
use crate::http::{Connection, Request};
use crate::parts::{Folder, until};
use crate::provider::{API, API_ES256, Provider, with_kid};

/// How often unknown keys trigger a fetch, after the first two.
const COOLDOWN: Duration = Duration::from_secs(30);

/// Trusts the provider for both algorithms, and refreshes twice within `max_stale`.
fn refreshing(provider: &Provider, max_stale: &str) -> Gateway {
    let lines = format!("audience = [\"{API}\", \"{API_ES256}\"]\nmax_stale = \"{max_stale}\"");
    Gateway::configured(&config(provider, &lines), &[])
}

fn both_tokens(provider: &Provider) -> [String; 2] {
    [API, API_ES256].map(|resource| provider.access_token(json!({ "resource": resource })))
}

/// Sends tokens of unknown keys until this many keys are known.
fn until_keys_are_known(gateway: &Gateway, token: &str, keys: usize) {
    let keys = u64::try_from(keys).unwrap();
    until("the keys are known", || {
        gateway.judge(&with_kid(token, "unknown"));
        (gateway.usable_keys() == keys).then_some(())
    });
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_rotation_with_overlap_interrupts_nobody() {
    let provider = Provider::start();
    let gateway = Gateway::trusting(&provider).ready();
    let old = provider.token();
    provider.rotate("overlap");
    let new = provider.token();
    until("the new key is known", || {
        assert_eq!(gateway.judge(&old).status, 200);
        (gateway.judge(&new).status == 200).then_some(())
    });
    assert_eq!(gateway.judge(&old).status, 200);
    assert_eq!(gateway.usable_keys(), 4);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_rotation_right_after_the_start_is_served_at_once() {
    let provider = Provider::start();
    let gateway = Gateway::trusting(&provider).ready();
    for _ in 0..2 {
        provider.rotate("replace");
        let answer = gateway.judge(&provider.token());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn documents_as_plain_text_with_a_byte_order_mark_are_read() {
    let provider = Provider::start();
    provider.fault("all", "plain");
    let gateway = Gateway::trusting(&provider).ready();
    assert_eq!(gateway.judge(&provider.token()).status, 200);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_replaced_key_is_of_no_use_as_soon_as_its_successor_is_known() {
    let provider = Provider::start();
    let gateway = Gateway::trusting(&provider).ready();
    let old = provider.token();
    assert_eq!(gateway.judge(&old).status, 200);
    provider.rotate("replace");
    let new = provider.token();
    gateway.until_judged(&new, 200);
    let answer = gateway.judge(&old);
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(gateway.usable_keys(), 2);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn keys_rotate_from_rs256_to_es384_and_back() {
    let provider = Provider::signing_with("RS256");
    let gateway = refreshing(&provider, "10 s").ready();
    let mut old = provider.token();
    assert_eq!(gateway.judge(&old).status, 200);
    for algorithm in ["ES384", "RS256", "PS256,EdDSA,ES512"] {
        provider.use_algorithms(algorithm);
        let new = provider.token();
        gateway.until_judged(&new, 200);
        let answer = gateway.judge(&old);
        assert_eq!(answer.status, 401, "{algorithm}: {answer:?}");
        old = new;
    }
    assert_eq!(gateway.usable_keys(), 3);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_retired_key_is_of_no_use() {
    let provider = Provider::start();
    let old = provider.token();
    provider.rotate("overlap");
    let new = provider.token();
    let gateway = refreshing(&provider, "10 s").ready();
    assert_eq!([&old, &new].map(|token| gateway.judge(token).status), [200, 200]);
    provider.rotate("retire");
    until("the old key is gone", || {
        assert_eq!(gateway.judge(&new).status, 200);
        (gateway.judge(&old).status == 401).then_some(())
    });
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_new_key_under_an_old_kid_replaces_it_at_the_next_refresh() {
    let provider = Provider::start();
    let gateway = refreshing(&provider, "10 s").ready();
    let old = both_tokens(&provider);
    assert_eq!(old.each_ref().map(|token| gateway.judge(token).status), [200, 200]);
    provider.rotate("same-kid");
    let new = both_tokens(&provider);
    for token in &new {
        gateway.until_judged(token, 200);
    }
    assert_eq!(old.each_ref().map(|token| gateway.judge(token).status), [401, 401]);
    assert_eq!(gateway.usable_keys(), 2);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_key_that_was_published_in_time_needs_no_fetch() {
    let provider = Provider::start();
    let gateway = Gateway::trusting(&provider).ready();
    let old = provider.token();
    provider.rotate("publish-next");
    until_keys_are_known(&gateway, &old, provider.published());
    provider.rotate("sign-next");
    provider.reset_stats();
    assert_eq!(gateway.judge(&provider.token()).status, 200);
    assert_eq!(gateway.judge(&old).status, 200);
    assert_eq!(provider.stats().count("jwks"), 0);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn unchanged_keys_are_confirmed_by_their_etag() {
    let provider = Provider::start();
    provider.cache("max-age=1", true);
    let gateway = refreshing(&provider, "4 s").ready();
    let token = provider.token();
    until("the keys are confirmed twice", || {
        assert_eq!(gateway.judge(&token).status, 200);
        (provider.stats().count("jwks_304") >= 2).then_some(())
    });
    assert_eq!(provider.stats().count("discovery"), 1);
    assert!(gateway.fetches(&provider, "same") >= 1.0);
    assert!(gateway.fetches(&provider, "new") == 1.0);
    // A new document has a new tag.
    provider.rotate("replace");
    gateway.until_judged(&provider.token(), 200);
}

/// The faults of a document, and the result as which each is counted.
type Fault = (&'static str, &'static str);

const FAULTS_OF_BOTH: [Fault; 10] = [
    ("404", "status"),
    ("429", "status"),
    ("503", "status"),
    ("never", "timeout"),
    ("slow", "timeout"),
    ("reset", "network"),
    ("truncated", "network"),
    ("huge", "too-large"),
    ("html", "content-type"),
    ("gzip", "content-encoding"),
];
const FAULTS_OF_DISCOVERY: [Fault; 3] =
    [("garbage", "metadata"), ("redirect", "redirect"), ("wrong-issuer", "issuer-mismatch")];
const FAULTS_OF_JWKS: [Fault; 4] = [
    ("garbage", "key-set"),
    ("redirect", "redirect"),
    ("empty-set", "no-usable-key"),
    ("encryption-only", "no-usable-key"),
];

/// Longer than tollgate waits for a document.
const TOO_SLOW: u64 = 20_000;

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn whatever_befalls_discovery_ends_with_its_cause() {
    befall_all("discovery", &[&FAULTS_OF_BOTH[..], &FAULTS_OF_DISCOVERY].concat());
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn whatever_befalls_the_key_set_ends_with_its_cause() {
    befall_all("jwks", &[&FAULTS_OF_BOTH[..], &FAULTS_OF_JWKS].concat());
}

/// Runs all faults at once, each with its own provider, since most of the time is spent waiting.
fn befall_all(on: &str, faults: &[Fault]) {
    thread::scope(|scope| {
        for (kind, result) in faults {
            let name = format!("{kind} of the {on}");
            let run = || befall(on, kind, result);
            thread::Builder::new().name(name).spawn_scoped(scope, run).unwrap();
        }
    });
}

/// A fault before the first keys, its end, and the same fault after that.
fn befall(on: &str, kind: &str, result: &str) {
    let provider = Provider::start();
    let token = provider.token();
    let befall = || match kind {
        "slow" => provider.slow(on, TOO_SLOW),
        _ => provider.fault(on, kind),
    };
    befall();
    // A refresh follows ten seconds after the keys.
    let gateway = refreshing(&provider, "20 s");
    until("an attempt has failed", || (gateway.fetches(&provider, result) >= 1.0).then_some(()));
    let answer = gateway.judge(&token);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.json()["code"], "temporarily_unavailable");
    let seconds: u32 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    assert_eq!(answer.header("WWW-Authenticate"), None);
    assert_eq!(gateway.readyz().status, 503);
    assert_eq!(gateway.readyz().json()["ready"], json!(false));
    assert_eq!(gateway.get("/healthz").status, 200);

    provider.fault(on, "none");
    gateway.until_judged(&token, 200);
    assert_eq!(gateway.readyz().status, 200);

    befall();
    // The URL of the keys is known already. Discovery runs again after a failure to fetch the keys.
    if on == "discovery" {
        provider.fault("jwks", "503");
    }
    let cause = if on == "discovery" { "status" } else { result };
    let failed = gateway.fetches(&provider, cause);
    until("a refresh has failed", || {
        assert_eq!(gateway.judge(&token).status, 200);
        (gateway.fetches(&provider, cause) > failed).then_some(())
    });
    assert_eq!(gateway.judge(&token).status, 200);
    assert_eq!(gateway.readyz().status, 200);
    assert_eq!(provider.stats().count("redirected"), 0);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_slow_answer_is_waited_for() {
    let provider = Provider::start();
    let token = provider.token();
    provider.slow("all", 300);
    let gateway = Gateway::trusting(&provider);
    gateway.until_judged(&token, 200);
    assert_eq!(provider.stats().count("jwks"), 1);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_bad_key_does_not_spoil_the_good_ones() {
    let provider = Provider::start();
    provider.fault("jwks", "bad-key");
    let gateway = refreshing(&provider, "1 hour").ready();
    assert_eq!(both_tokens(&provider).map(|token| gateway.judge(&token).status), [200, 200]);
    assert_eq!(gateway.usable_keys(), 2);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_kid_of_two_keys_names_neither() {
    let provider = Provider::start();
    provider.fault("jwks", "dup-kid");
    let gateway = refreshing(&provider, "1 hour").ready();
    let [es384, es256] = both_tokens(&provider);
    let answer = gateway.judge(&es384);
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(gateway.judge(&es256).status, 200);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_herd_at_a_cold_start_is_one_fetch() {
    let provider = Provider::start();
    let token = provider.token();
    provider.slow("jwks", 500);
    let gateway = Gateway::trusting(&provider);
    let passed = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                let request = Request::get("/auth").bearer(&token);
                let mut connection = Connection::open(gateway.port).unwrap();
                for _ in 0..20 {
                    // A gate waits for its keys for two seconds, which a busy machine may exceed.
                    let answer = until("tollgate has keys", || {
                        let answer = connection.ask(&request).unwrap();
                        (answer.status != 503).then_some(answer)
                    });
                    assert_eq!(answer.status, 200, "{answer:?}");
                    passed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), 1_000);
    let stats = provider.stats();
    assert_eq!((stats.count("discovery"), stats.count("jwks")), (1, 1), "{stats:?}");
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_flood_of_unknown_kids_is_two_fetches_and_then_one_in_thirty_seconds() {
    let provider = Provider::start();
    let gateway = Gateway::trusting(&provider).ready();
    let token = provider.token();
    provider.reset_stats();
    let began = Instant::now();
    let flood = || {
        thread::scope(|scope| {
            for thread in 0..20 {
                let (gateway, token) = (&gateway, &token);
                scope.spawn(move || {
                    let mut connection = Connection::open(gateway.port).unwrap();
                    for number in 0..50 {
                        let kid = format!("{thread}-{number}?kid={number}");
                        let request = Request::get("/auth").bearer(&with_kid(token, &kid));
                        let answer = connection.ask(&request).unwrap();
                        assert_eq!(answer.status, 401, "{answer:?}");
                        assert_eq!(answer.header("Retry-After"), None);
                    }
                });
            }
        });
        let cooldowns = began.elapsed().as_secs() / COOLDOWN.as_secs();
        let stats = provider.stats();
        assert!(stats.count("jwks") <= 2 + cooldowns, "{stats:?}");
        assert_eq!(stats.count("discovery"), 0, "{stats:?}");
        assert_eq!(stats.count("max_concurrent_jwks"), stats.count("jwks").min(1));
        assert!(stats.seen_queries().is_empty(), "{stats:?}");
    };
    flood();
    // After the cooldown, there is one more fetch.
    until("one unknown key is looked for", || {
        gateway.judge(&with_kid(&token, "unknown"));
        (provider.stats().count("jwks") >= 1).then_some(())
    });
    flood();
    assert_eq!(gateway.judge(&token).status, 200);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_gate_that_starts_before_its_provider_recovers_by_itself() {
    let provider = Provider::start();
    let token = provider.token();
    provider.down();
    let gateway = Gateway::trusting(&provider);
    until("an attempt has failed", || (gateway.fetches(&provider, "network") >= 1.0).then_some(()));
    assert_eq!(gateway.judge(&token).status, 503);
    assert_eq!(gateway.readyz().status, 503);
    // The backoff grows to ten seconds.
    thread::sleep(Duration::from_secs(16));
    provider.up();
    let back = Instant::now();
    // No request is needed.
    let gateway = gateway.ready();
    assert!(back.elapsed() < Duration::from_secs(12), "{:?}", back.elapsed());
    assert_eq!(gateway.judge(&token).status, 200);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn an_outage_is_bridged_until_the_keys_are_too_old() {
    let provider = Provider::start();
    let token = provider.token();
    let gateway = refreshing(&provider, "8 s").ready();
    provider.down();
    let began = Instant::now();
    until("the keys are too old", || {
        let answer = gateway.judge(&token);
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 503).then_some(())
    });
    // A refresh follows after four seconds, so at least four of the eight are left.
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(gateway.readyz().status, 503);
    assert!(gateway.judge(&token).header("Retry-After").is_some());
    provider.up();
    gateway.until_judged(&token, 200);
    assert_eq!(gateway.readyz().status, 200);
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn a_snapshot_bridges_a_restart_without_the_provider() {
    let provider = Provider::start();
    let token = provider.token();
    let folder = Folder::new();
    let file = folder.path("keys.json");
    let arguments = [&trust(&provider)[..], &["--snapshot", file.to_str().unwrap()]].concat();
    let mut gateway = Gateway::start(&arguments).ready();
    let saved = until("the snapshot is written", || snapshot(&file));
    assert_eq!(saved["issuer"], provider.issuer.as_str());
    assert_eq!(saved["keys"].as_array().unwrap().len(), 2);
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());

    provider.down();
    let gateway = Gateway::start(&arguments);
    // The snapshot is used at once, and still after a failed attempt.
    assert_eq!(gateway.judge(&token).status, 200, "{}", gateway.log());
    assert_eq!(gateway.readyz().status, 200);
    until("an attempt has failed", || (gateway.fetches(&provider, "network") >= 1.0).then_some(()));
    assert_eq!(gateway.judge(&token).status, 200);
    assert_eq!(snapshot(&file).unwrap(), saved);
}
