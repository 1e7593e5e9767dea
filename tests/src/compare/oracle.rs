//! Compares the core with the [`oracle`], on [generated](crate::generator) requests and on those of
//! fuzzers.

mod tally;

pub use tally::Tally;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::corpus::Case;
use crate::generator::{Generated, MUTATIONS, generate};
use crate::mint::{base64url, good_jwks};
use crate::oracle::{self, Clock, Credentials, KeySet, Policy, Request, Verdict};
use crate::verify::{Engine, judge_request, usable_keys};

/// After so many disagreements, more of them say nothing new.
pub const ENOUGH: usize = 20;

/// Compares what these engines make of a request whose signature is known to hold or not to hold.
/// Returns the oracle's verdict.
///
/// # Panics
///
/// The core differs from the oracle.
pub fn check(request: &Request, signature_holds: bool, engines: &[Engine]) -> Verdict {
    let expected = oracle::judge_knowing(request, signature_holds);
    for engine in engines {
        let found = judge_request(request, *engine);
        assert!(
            agree(&expected, &found),
            "{}",
            describe("fuzz", request, &expected, *engine, &found)
        );
    }
    expected
}

/// Returns a request whose token has this header, this payload and, for [`Engine::Credulous`], a
/// signature. Its policy and its clock accept all claims that are well-formed.
pub fn believed(header: &[u8], payload: &[u8]) -> Request {
    let signature = base64url([0; 64]);
    let token = format!("{}.{}.{signature}", base64url(header), base64url(payload));
    Request {
        credentials: Credentials::Token(token.into_bytes()),
        sets: vec![(good_jwks().to_string().into_bytes(), None)],
        policy: Policy {
            needs_exp: false,
            accepts_unjudged: true,
            accepts_bound: true,
            ..Policy::default()
        },
        clock: Clock::AtLeast(i64::MIN),
    }
}

/// Compares which keys of a JWK set are usable, and which are left out.
///
/// # Panics
///
/// The core differs from the oracle.
pub fn check_keys(jwks: &[u8]) {
    let expected = KeySet::read(jwks, None);
    for engine in Engine::ALL {
        let found = usable_keys(jwks, engine);
        let shown = String::from_utf8_lossy(jwks);
        match (&expected, found) {
            (Ok(expected), Ok((keys, left_out))) => {
                let mut usable: Vec<_> = expected
                    .keys
                    .iter()
                    .map(|key| (key.kid.clone(), key.algs().join(" ")))
                    .collect();
                usable.sort();
                assert_eq!((&usable, &expected.left_out), (&keys, &left_out), "{shown}");
            }
            (Ok(expected), Err(fault)) if fault == "key-set-too-large" => {
                assert!(expected.keys.len() > oracle::CAPACITY, "{shown}");
            }
            (Err(faults), Err(fault)) => assert!(faults.contains(&fault), "{shown}: {fault}"),
            (expected, found) => panic!("{shown}: {expected:?} and {found:?}"),
        }
    }
}

/// What judges a request with an engine: the core, or in a test of the comparison something worse.
pub type Judge<'a> = dyn Fn(&Request, Engine) -> Verdict + Sync + 'a;

/// Compares the requests of this seed and these indexes.
pub fn run(indexes: Range<u64>, seed: u64, threads: usize, judge: &Judge<'_>) -> Tally {
    let (next, enough) = (AtomicU64::new(indexes.start), AtomicBool::new(false));
    let sum = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= indexes.end || enough.load(Ordering::Relaxed) {
                        break;
                    }
                    compare(seed, index, judge, &mut tally);
                    if tally.disagreements.len() >= ENOUGH {
                        enough.store(true, Ordering::Relaxed);
                    }
                }
                sum.lock().unwrap().add(tally);
            });
        }
    });
    sum.into_inner().unwrap()
}

/// One request, by two engines.
fn compare(seed: u64, index: u64, judge: &Judge<'_>, tally: &mut Tally) {
    let Generated { request, mutations } = generate(seed, index);
    let expected = oracle::judge(&request);
    // An engine without tables takes turns with one that has them.
    let ours = if index.is_multiple_of(2) { Engine::Tables } else { Engine::NoTables };
    let mut named = None;
    for engine in [Engine::RustCrypto, ours] {
        let found = judge(&request, engine);
        if !agree(&expected, &found) {
            let names: Vec<String> =
                mutations.iter().map(|index| MUTATIONS[*index].to_string()).collect();
            let id = format!("oracle_{seed}_{index}");
            tally.disagreements.push(format!(
                "seed {seed}, token {index}: {}\n{}",
                names.join("; "),
                describe(&id, &request, &expected, engine, &found)
            ));
        }
        if let Verdict::Refused { faults, .. } = found {
            named = faults.into_iter().next();
        }
    }
    tally.count(&mutations, &expected, named.as_deref());
}

/// The same claims, or the same stage for one of its faults.
fn agree(expected: &Verdict, found: &Verdict) -> bool {
    match (expected, found) {
        (Verdict::Accepted(expected), Verdict::Accepted(found)) => expected == found,
        (
            Verdict::Refused { stage: expected, faults },
            Verdict::Refused { stage: found, faults: named },
        ) => expected == found && !named.is_empty() && named.is_subset(faults),
        _ => false,
    }
}

fn describe(
    id: &str,
    request: &Request,
    expected: &Verdict,
    engine: Engine,
    found: &Verdict,
) -> String {
    let case = serde_json::to_string(&Case::describing(id.to_owned(), request, expected)).unwrap();
    let Request { policy, clock, .. } = request;
    format!(
        "  oracle: {expected:?}\n  core, {engine:?}: {found:?}\n  {policy:?}, {clock:?}\n  \
         as far as a case can tell: {case}\n"
    )
}
