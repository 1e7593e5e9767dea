//! What the documents promise.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use tollgate_tests::corpus;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Asks the test runner for the tests of the workspace. Returns their names without their modules.
fn tests() -> HashSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    // What Cargo tells this test about its package makes build scripts of dependencies run again.
    let package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    for (name, _) in env::vars_os() {
        if package.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["test", "--workspace", "--locked", "--quiet", "--lib", "--bins", "--tests"])
        .args(["--", "--list", "--format", "terse"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    let tests = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    tests.map(|path| path.rsplit("::").next().unwrap().to_owned()).collect()
}

#[test]
fn the_test_runner_lists_every_proof_that_security_names() {
    let tests = tests();
    assert!(tests.contains("the_test_runner_lists_every_proof_that_security_names"));
    let rules: HashSet<String> = corpus::kept().into_iter().map(|case| case.id).collect();
    let text = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 5);
    let mut proofs = 0;
    for row in rows.filter(|row| !row.starts_with("| attack |")) {
        let proof = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        for name in proof.split('`').skip(1).step_by(2) {
            let is_file = name.contains('/') && repository().join(name).exists();
            let is_known = is_file || rules.contains(name) || tests.contains(name);
            assert!(is_known, "{name} is neither a file, a rule of the corpus nor a test: {row}");
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

/// The version that a word such as `tollgate_0.1.0_amd64.deb` or `tollgate:0.1.0` names.
fn version_in(word: &str) -> Option<&str> {
    let numbers = word.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut versions = numbers.map(|number| number.trim_matches('.'));
    versions.find(|number| number.split('.').count() == 3)
}

#[test]
fn files_name_packages_of_the_current_version() {
    assert_eq!(version_in("`tollgate-c-1.20.3-x86_64.tar.gz`"), Some("1.20.3"));
    let mut names = 0;
    for file in [
        "c-api/README.md",
        "docs/install.md",
        "examples/compose/compose.yaml",
        "packaging/kubernetes/tollgate.yaml",
    ] {
        let text = fs::read_to_string(repository().join(file)).unwrap();
        for word in text.split_whitespace().filter(|word| word.contains("tollgate")) {
            let Some(version) = version_in(word) else { continue };
            assert_eq!(version, env!("CARGO_PKG_VERSION"), "{file}: {word}");
            names += 1;
        }
    }
    assert!(names > 8, "{names}");
    // The Python package is not in the workspace.
    let python = fs::read_to_string(repository().join("python/Cargo.toml")).unwrap();
    let version = concat!("\nversion = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    assert!(python.contains(version), "python/Cargo.toml has another version");
}
