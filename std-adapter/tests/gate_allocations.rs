//! The cost of a request: as many allocations with 64 keys as with one, and no lock that an update of
//! the keys holds.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "gate/scripted_web.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod scripted_web;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tollgate::gate::Gate;
use tollgate::jwks::FetchRules;
use tollgate_tests::mint::{Token, jwk, k1, k2};

use scripted_web::{JWKS, Reply, Web, bearer, builder, k3_jwk, outcomes};

/// Counts the allocations of each thread separately.
struct Counting;

thread_local! {
    static COUNT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

fn count(bytes: usize) {
    let (allocations, sum) = COUNT.get();
    COUNT.set((allocations + 1, sum + bytes));
}

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The number of allocations that this thread makes in `run`, and their bytes.
fn allocated<T>(run: impl FnOnce() -> T) -> (usize, usize) {
    let before = COUNT.get();
    run();
    let after = COUNT.get();
    (after.0 - before.0, after.1 - before.1)
}

/// A gate whose issuer has this many keys. The last one signs.
async fn gate_with(keys: usize) -> Gate {
    let web = Web::good();
    let others = (1..keys).map(|index| jwk(&k2(), &format!("other-{index}")));
    web.publish(others.chain([jwk(&k1(), "k1")]));
    let gate = builder(&web).issuer(scripted_web::issuer()).build().unwrap();
    gate.ready().await;
    assert_eq!(gate.issuers().next().unwrap().usable_keys, keys);
    gate
}

#[tokio::test]
async fn a_verdict_allocates_the_same_whatever_the_number_of_keys() {
    let (one, many) = (gate_with(1).await, gate_with(64).await);
    let good = bearer(&Token::good());
    for (name, value, is_accepted) in [
        ("accepted", good.clone(), true),
        ("expired", bearer(&Token::good().claim("exp", 0)), false),
        ("forged", bearer(&scripted_web::signed(&scripted_web::k3(), "k1")), false),
        ("unknown key", bearer(&scripted_web::k3_token()), false),
        ("no header", String::new(), false),
    ] {
        let of = |gate: &Gate| {
            // The first call makes the allocations that a thread makes only once.
            assert_eq!(gate.authorize_now(&value).is_ok(), is_accepted, "{name}");
            let first = allocated(|| gate.authorize_now(&value));
            assert_eq!(allocated(|| gate.authorize_now(&value)), first, "{name}: again");
            first
        };
        let (with_one, with_many) = (of(&one), of(&many));
        let (allocations, bytes) = with_one;
        println!("{name}: {allocations} allocations, {bytes} bytes ({} of header)", value.len());
        assert_eq!(with_one, with_many, "{name}");
        // The identity's texts, and the pointer that its clones share.
        assert_eq!(allocations, if is_accepted { 2 } else { 0 }, "{name}");
    }
    let (_, bytes) = allocated(|| one.authorize_now(&good));
    assert!(bytes <= 2 * good.len(), "{bytes} bytes");
}

#[tokio::test]
async fn a_token_of_unusual_length_needs_one_more_allocation() {
    let gate = gate_with(1).await;
    let long = bearer(&Token::good().claim("padding", serde_json::json!("x".repeat(4000))));
    assert!(gate.authorize_now(&long).is_ok());
    let (allocations, _) = allocated(|| gate.authorize_now(&long));
    assert_eq!(allocations, 3);
}

/// Both sets have `k1`, so the token passes whichever set is current.
#[test]
fn verdicts_go_on_while_the_keys_change() {
    const CHANGES: u64 = 100;
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    let sets: [Vec<Value>; 2] =
        [vec![jwk(&k1(), "k1")], vec![jwk(&k1(), "k1"), jwk(&k2(), "k2"), k3_jwk()]];
    let restless = FetchRules {
        refresh: Duration::ZERO,
        min_refresh: Duration::ZERO,
        max_refresh: Duration::ZERO,
        cooldown: Duration::ZERO,
        ..FetchRules::DEFAULT
    };
    let (send, receive) = std::sync::mpsc::channel();
    let changing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let web = Web::good();
            // After the last set, no fetch succeeds any more.
            web.answer(JWKS, Reply::never());
            for round in 0..CHANGES {
                let set = sets[usize::from(round % 2 == 1)].clone();
                web.answer_once(JWKS, Reply::json(&tollgate_tests::mint::jwks(set)));
            }
            let issuer = scripted_web::issuer().fetch_rules(restless);
            let gate = builder(&web).issuer(issuer).build().unwrap();
            gate.ready().await;
            send.send(gate.clone()).unwrap();
            // A token with an unknown key triggers the next fetch at once.
            let stranger = bearer(&scripted_web::signed(&scripted_web::k3(), "unknown"));
            while outcomes(&gate, "new") < CHANGES {
                assert!(gate.authorize(&stranger).await.is_err());
            }
        });
        IS_OVER.store(true, Ordering::Release);
    });
    let gate: Gate = receive.recv().unwrap();
    let value = bearer(&Token::good());
    assert!(gate.authorize_now(&value).is_ok());
    let calm = allocated(|| gate.authorize_now(&value));
    let mut verdicts = 0_u32;
    while !IS_OVER.load(Ordering::Acquire) {
        assert_eq!(allocated(|| assert!(gate.authorize_now(&value).is_ok())), calm);
        verdicts += 1;
    }
    changing.join().unwrap();
    println!("{verdicts} verdicts during {CHANGES} changes of the keys");
    assert!(verdicts > 0);
}
