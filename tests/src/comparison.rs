//! The core against the [`oracle`], on [generated](crate::generated) requests.

mod core;
mod tally;

pub use self::core::{Engine, judge};
pub use tally::Tally;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::corpus::{Case, Input, Keys, OneOrMany, Options, Verdict as Expected, Word};
use crate::generated::{MUTATIONS, Request, request};
use crate::mint::to_hex;
use crate::oracle::{self, Audience, Clock, Faults, KeySet, Path, Stage, Typ, Verdict};

/// Room for keys, which the core's user chooses.
pub const CAPACITY: usize = 16;

/// After so many disagreements there is no need of more.
pub const ENOUGH: usize = 20;

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
    let request = request(seed, index);
    let expected = expected(&request);
    // An engine without tables takes turns with one that has them.
    let provisioned = if index.is_multiple_of(2) { Engine::Tabled } else { Engine::Untabled };
    let mut named = None;
    for engine in [Engine::Reference, provisioned] {
        let found = judge(&request, engine);
        if !agree(&expected, &found) {
            tally.disagreements.push(describe(seed, index, &request, &expected, engine, &found));
        }
        if let Verdict::Refused { faults, .. } = found {
            named = faults.into_iter().next();
        }
    }
    tally.count(&request, &expected, named.as_deref());
}

/// What the oracle says.
pub fn expected(request: &Request) -> Verdict {
    match keys(request) {
        Ok(keys) => oracle::judge(&request.lines, &keys, &request.policy, request.clock),
        Err(faults) => Verdict::Refused { stage: Stage::KeySet, faults },
    }
}

fn keys(request: &Request) -> Result<KeySet, Faults> {
    let mut keys = KeySet::default();
    for (text, issuer) in &request.sets {
        keys.extend(KeySet::read(text, issuer.as_deref())?);
        if keys.keys().len() > CAPACITY {
            return Err(Faults::from(["key-set-too-large".into()]));
        }
    }
    Ok(keys)
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
    seed: u64,
    index: u64,
    request: &Request,
    expected: &Verdict,
    engine: Engine,
    found: &Verdict,
) -> String {
    let names: Vec<String> =
        request.mutations.iter().map(|index| MUTATIONS[*index].to_string()).collect();
    let (case, left_out) = case(format!("oracle_{seed}_{index}"), request, expected);
    let case = serde_json::to_string(&case).unwrap();
    format!(
        "seed {seed}, token {index}: {}\n  oracle: {expected:?}\n  core, {engine:?}: {found:?}\n  {}{case}\n",
        names.join("; "),
        match left_out {
            true =>
                format!("(more than a case can say: {:?}, {:?}) ", request.policy, request.clock),
            false => String::new(),
        },
    )
}

/// The request as a case of `tollgate check`, and whether it says more than such a case can.
fn case(id: String, request: &Request, expected: &Verdict) -> (Case, bool) {
    let policy = &request.policy;
    let (now, is_exact) = match request.clock {
        Clock::Exact(now) => (now, true),
        Clock::AtLeast(now) => (now, false),
    };
    let issuer = policy.issuers.as_ref().and_then(|issuers| issuers.first().cloned());
    let audiences: Option<Vec<String>> = policy.audiences.as_ref().map(|audiences| {
        let exact = |audience: &Audience| match audience {
            Audience::Exact(exact) | Audience::Prefix(exact) => exact.clone(),
        };
        audiences.iter().map(exact).collect()
    });
    let (typ, is_plain_typ) = match &policy.typ {
        Typ::Any => (None, true),
        Typ::OneOf(types) => (Some(OneOrMany::Many(types.clone())), true),
        Typ::AbsentOr(types) => (Some(OneOrMany::Many(types.clone())), false),
    };
    let mut require = policy.required.clone();
    require.extend(policy.needs_exp.then(|| "exp".to_owned()));
    let mut is_all = is_exact && is_plain_typ;
    for required in &policy.required_claims {
        match (&required.path, &required.value) {
            (Path::Name(name), None) => require.push(name.clone()),
            _ => is_all = false,
        }
    }
    is_all &= policy.issuers.as_ref().is_none_or(|issuers| issuers.len() == 1)
        && !policy.audiences.iter().flatten().any(|one| matches!(one, Audience::Prefix(_)))
        && policy.max_token_age.is_none()
        && policy.subject.is_none()
        && policy.id_token.is_none()
        && policy.understood_crit.is_empty()
        && !policy.accepts_bound
        && request.sets.len() == 1
        && request.sets[0].1.is_none();
    let text = |line: &Vec<u8>| String::from_utf8(line.clone());
    let lines: Result<Vec<String>, _> = request.lines.iter().map(text).collect();
    is_all &= lines.is_ok() || request.lines.len() == 1;
    let keys = request.sets.first().map(|(text, _)| text.clone()).unwrap_or_default();
    let case = Case {
        id,
        reference: String::new(),
        keys: String::from_utf8(keys.clone()).map_or(Keys::Hex(to_hex(&keys)), Keys::Text),
        input: match lines {
            Ok(lines) => Input::AuthorizationHeaders(lines),
            Err(_) => Input::AuthorizationHeaderHex(to_hex(&request.lines[0])),
        },
        options: Options {
            issuer,
            audience: audiences.map(OneOrMany::Many),
            algorithms: Some(policy.algorithms.clone()),
            now,
            leeway: policy.leeway,
            require,
            typ,
            required_scopes: policy.required_scopes.clone(),
        },
        verdict: Expected {
            word: match expected {
                Verdict::Accepted(_) => Word::Accept,
                Verdict::Refused { .. } => Word::Reject,
            },
            reason: None,
            code: None,
            status: None,
            jws: None,
        },
    };
    (case, !is_all)
}
