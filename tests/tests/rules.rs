//! Every rule of the corpus has exactly the outcome that it states, with each engine of the core.

use std::collections::BTreeSet;

use tollgate_tests::corpus;
use tollgate_tests::verify::Engine;

fn assert_outcomes(engine: Engine) {
    let mut broken = Vec::new();
    for case in corpus::kept() {
        let (found, stated) = (corpus::run_with(&case, |key| engine.make(key)), &case.outcome);
        if found != *stated {
            broken.push(format!("{}: {found:?} instead of {stated:?}", case.id));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_rule_comes_out_as_it_says_on_rustcryptos_curves() {
    assert_outcomes(Engine::RustCrypto);
}

#[test]
fn every_rule_comes_out_as_it_says_with_tables() {
    assert_outcomes(Engine::Tables);
}

#[test]
fn every_rule_comes_out_as_it_says_without_tables() {
    assert_outcomes(Engine::NoTables);
}

#[test]
fn the_committed_corpus_is_what_the_code_writes() {
    let committed = std::fs::read_to_string(corpus::PATH).unwrap();
    let lines = corpus::to_json_lines();
    for (index, (committed, written)) in committed.lines().zip(lines.lines()).enumerate() {
        assert_eq!(committed, written, "line {}", index + 1);
    }
    assert_eq!(committed.lines().count(), lines.lines().count());
}

#[test]
fn every_rule_has_a_name_of_its_own_and_a_reference() {
    let mut names = BTreeSet::new();
    for case in corpus::kept() {
        assert!(!case.reference.is_empty(), "{}", case.id);
        assert!(names.insert(case.id.clone()), "{} twice", case.id);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(case.id.chars().all(is_plain), "{}", case.id);
    }
    assert!(names.len() >= 750, "{}", names.len());
}
