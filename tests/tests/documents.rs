//! What the documents promise.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tollgate_tests::corpus;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust sources below a folder.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_proof_that_security_names_exists() {
    let mut code = Vec::new();
    for folder in ["core/src", "std-adapter", "cli", "tests/tests"] {
        sources(&repository().join(folder), &mut code);
    }
    let rules: HashSet<String> = corpus::kept().into_iter().map(|case| case.id).collect();
    let text = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 5);
    let mut proofs = 0;
    for row in rows.skip(1) {
        let proof = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let names = proof.split('`').skip(1).step_by(2);
        for name in names {
            let is_test = || code.iter().any(|file| file.contains(&format!("fn {name}(")));
            let is_file = name.contains('/') && repository().join(name).exists();
            assert!(rules.contains(name) || is_file || is_test(), "{name} does not exist");
            proofs += 1;
        }
        assert!(proof.contains('`'), "no proof: {row}");
    }
    assert!(proofs > 30, "{proofs}");
}

#[test]
fn every_file_that_security_names_exists() {
    let text = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let mut files = 0;
    for name in text.split('`').skip(1).step_by(2).filter(|name| name.contains('/')) {
        assert!(repository().join(name).exists(), "{name}");
        files += 1;
    }
    assert!(files > 20, "{files}");
}
