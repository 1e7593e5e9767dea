//! `tollgate provision`: its output verifies tokens, and tampered output does not load.

use std::fs;
use std::path::PathBuf;

use tollgate_core::policy::{Expected, Policy};
use tollgate_core::{BearerToken, Now, Rejection, Scratch, UnixTime, Verifier};

use super::support::{Run, example, example_path, tollgate};

/// The source for the example's keys, as a device would include it.
#[allow(unreachable_pub, reason = "the source is made for any place")]
mod keys {
    include!("provisioned_keys.rs");
}

fn provision(options: &[&str]) -> Run {
    let jwks = example_path("jwks.json");
    tollgate(&[&["provision", &jwks], options].concat(), "")
}

/// A temporary file.
pub(super) struct Scrap(pub(super) PathBuf);

impl Scrap {
    pub(super) fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("tollgate-{}-{name}", std::process::id())))
    }

    pub(super) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes a blob to a file, since `Run` takes only text from standard output.
fn blob(options: &[&str]) -> Vec<u8> {
    let scrap = Scrap::new(&options.concat());
    let run = provision(&[&["--format", "bin", "--output", scrap.path()], options].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    fs::read(&scrap.0).unwrap()
}

fn verify_with(blob: &[u8], name: &str) -> Run {
    let scrap = Scrap::new(name);
    fs::write(&scrap.0, blob).unwrap();
    let token = example("access_token.txt");
    let options = ["verify", "--provisioned", scrap.path(), "--any-issuer", "--any-audience"];
    tollgate(&[&options[..], &["--now", "1795287000", "--token", &token]].concat(), "")
}

#[test]
fn source_is_what_is_compiled_into_this_test() {
    let run = provision(&["--teeth", "4", "--blocks", "1"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/provisioned_keys.rs");
    let committed = fs::read_to_string(committed).unwrap();
    assert!(run.stdout == committed, "write it anew: provision --teeth 4 --blocks 1");
}

#[test]
fn keys_from_source_verify() {
    assert!(keys::provisioned_tables_are_right());
    let keys = keys::provisioned_keys().unwrap();
    let policy: Policy<'_> = Policy::builder(Expected::Any, Expected::Any).build().unwrap();
    let mut scratch = Scratch::<1024>::new();
    let now = Now::Exact(UnixTime(1_795_287_000));
    for (token, refusal) in [
        ("access_token.txt", None),
        ("access_token_es256.txt", None),
        ("tampered_token.txt", Some(Rejection::SignatureInvalid)),
    ] {
        let token = example(token);
        let token = BearerToken::from_token68(token.as_bytes()).unwrap();
        let verdict = Verifier::new(&keys, policy).verify(token, now, &mut scratch);
        assert_eq!(verdict.err(), refusal);
    }
}

#[test]
fn blobs_of_every_size_verify() {
    for (teeth, blocks) in [
        ("4", "1"),
        ("5", "1"),
        ("5", "2"),
        ("6", "2"),
        ("7", "2"),
        ("8", "2"),
        ("8", "4"),
        ("10", "2"),
    ] {
        let blob = blob(&["--teeth", teeth, "--blocks", blocks]);
        let run = verify_with(&blob, &format!("verify-{teeth}-{blocks}"));
        assert_eq!(run.code, 0, "{teeth} x {blocks}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn damaged_blobs_are_refused_with_what_is_wrong() {
    let good = blob(&[]);
    let with = |at: usize, byte: u8| {
        let mut blob = good.clone();
        blob[at] = byte;
        blob
    };
    for (name, blob, says) in [
        ("truncated", good[..good.len() - 1].to_vec(), "bytes"),
        ("longer", [&good[..], &[0]].concat(), "bytes"),
        ("altered", with(3000, good[3000] ^ 1), "checksum"),
        ("version", with(8, 3), "version 3"),
        ("foreign", with(0, b'X'), "not a blob"),
        ("empty", Vec::new(), "not a blob"),
    ] {
        let run = verify_with(&blob, name);
        assert_eq!(run.code, 2, "{name}");
        assert!(run.stderr.contains(says), "{name}: {}", run.stderr);
    }
}

#[test]
fn one_key_can_be_chosen_and_a_missing_one_is_named() {
    let jwks: serde_json::Value = serde_json::from_str(&example("jwks.json")).unwrap();
    let kid = jwks["keys"][0]["kid"].as_str().unwrap();
    let run = provision(&["--kid", kid]);
    assert!(run.stdout.contains("keys: 1."), "{}", run.stdout);
    let run = provision(&["--kid", "nobody's"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nobody's"), "{}", run.stderr);
}

#[test]
fn sizes_that_do_not_exist_are_refused_with_those_that_do() {
    let run = provision(&["--teeth", "9"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--teeth 8 --blocks 2"), "{}", run.stderr);
}

#[test]
fn what_each_size_costs_and_gains_is_shown() {
    let run = provision(&["--teeth", "4", "--blocks", "1"]);
    for text in ["ES256", "ES384", "no table", "10 x 2", "65536", "98304"] {
        assert!(run.stderr.contains(text), "{text} is not in {}", run.stderr);
    }
}
