//! The core agrees with the oracle, and the comparison notices a core that does not.

use tollgate_tests::compare::oracle::run;
use tollgate_tests::corpus::{self, Word};
use tollgate_tests::generator::{MUTATIONS, generate};
use tollgate_tests::oracle::{self, Faults, Request, Stage, Verdict};
use tollgate_tests::verify::{Engine, judge_request as judge};

const TOKENS: u64 = 3500;

#[test]
fn core_and_oracle_agree_on_thousands_of_generated_tokens() {
    let tally = run(0..TOKENS, 1, 2, &judge);
    assert!(tally.disagreements.is_empty(), "{}", tally.disagreements.join("\n"));
    assert_eq!(tally.gaps(), [""; 0]);
}

#[test]
fn the_oracle_agrees_with_every_rule_of_the_corpus() {
    let mut broken = Vec::new();
    for case in corpus::kept() {
        let verdict = oracle::judge(&case.request());
        let jws = oracle::judge(&case.jws_request()).is_valid_jws();
        let reason = case.outcome.reason.as_deref();
        // The reason is one of the faults, which have facts behind their names.
        let is_named = match &verdict {
            Verdict::Accepted(_) => reason.is_none(),
            Verdict::Refused { faults, .. } => {
                faults.iter().any(|fault| fault.split(' ').next() == reason)
            }
        };
        let word = Word::accept(verdict.is_accepted());
        if !is_named || case.outcome.word != word || case.outcome.jws != Some(Word::accept(jws)) {
            broken.push(format!("{}: {verdict:?}, jws {jws}", case.id));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Counts the disagreements with a core whose verdicts are changed in this way.
fn disagreements(change: impl Fn(&Request, Engine, Verdict) -> Verdict + Sync) -> usize {
    let changed = |request: &Request, engine| change(request, engine, judge(request, engine));
    run(0..700, 0, 2, &changed).disagreements.len()
}

fn is_refused_for(verdict: &Verdict, reason: &str) -> bool {
    match verdict {
        Verdict::Refused { faults, .. } => faults.iter().any(|fault| fault.starts_with(reason)),
        Verdict::Accepted(_) => false,
    }
}

fn refused(stage: Stage, fault: &str) -> Verdict {
    Verdict::Refused { stage, faults: Faults::from([fault.to_owned()]) }
}

/// The verdict on a good token: what a core says that is too lenient.
fn accepted() -> Verdict {
    let good =
        (0..).map(|index| oracle::judge(&generate(1, MUTATIONS.len() as u64 + index).request));
    good.into_iter().find(Verdict::is_accepted).unwrap()
}

#[test]
fn core_that_accepts_what_has_expired_is_noticed() {
    let accepted = accepted();
    let found = disagreements(|_, _, verdict| match is_refused_for(&verdict, "expired") {
        true => accepted.clone(),
        false => verdict,
    });
    assert!(found > 0);
}

#[test]
fn core_that_refuses_everything_is_noticed() {
    assert!(disagreements(|_, _, _| refused(Stage::Policy, "issuer-mismatch")) > 0);
}

#[test]
fn core_that_names_another_reason_is_noticed() {
    let found =
        disagreements(|_, _, verdict| match is_refused_for(&verdict, "audience-mismatch") {
            true => refused(Stage::Policy, "subject-mismatch"),
            false => verdict,
        });
    assert!(found > 0);
}

#[test]
fn core_that_refuses_for_no_reason_is_noticed() {
    let found = disagreements(|_, _, verdict| match verdict {
        Verdict::Refused { stage, .. } => Verdict::Refused { stage, faults: Faults::new() },
        accepted => accepted,
    });
    assert!(found > 0);
}

#[test]
fn core_that_names_another_stage_is_noticed() {
    let found = disagreements(|_, _, verdict| match verdict {
        Verdict::Refused { stage: Stage::Signature, faults } => {
            Verdict::Refused { stage: Stage::Claims, faults }
        }
        other => other,
    });
    assert!(found > 0);
}

#[test]
fn core_that_reads_an_accepted_claim_wrongly_is_noticed() {
    let found = disagreements(|_, _, mut verdict| {
        if let Verdict::Accepted(seen) = &mut verdict {
            seen.texts.insert("sub", "somebody else".to_owned());
        }
        verdict
    });
    assert!(found > 0);
}

#[test]
fn engine_that_believes_every_signature_is_noticed() {
    let accepted = accepted();
    let found = disagreements(|_, engine, verdict| {
        match engine != Engine::RustCrypto && is_refused_for(&verdict, "signature-invalid") {
            true => accepted.clone(),
            false => verdict,
        }
    });
    assert!(found > 0);
}

#[test]
fn comparison_that_misses_kinds_of_tokens_is_noticed() {
    assert!(!run(0..10, 0, 1, &judge).gaps().is_empty());
}
