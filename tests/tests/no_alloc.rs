//! The proof that the core needs neither std nor an allocator: a static library that has neither,
//! with a panic handler of its own, links the whole pipeline. Two controls show that the proof can
//! fail.

use std::path::Path;
use std::process::Command;

/// Builds the library with these features; what the compiler had to say, if it failed.
fn build(features: &str) -> Result<(), String> {
    build_with(&["--features", features])
}

fn build_with(options: &[&str]) -> Result<(), String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("no-alloc/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--color", "never"])
        .args(options)
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-alloc"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
}

#[test]
fn core_links_without_std_and_without_an_allocator() {
    assert_eq!(build(""), Ok(()));
}

#[test]
fn provisioned_engines_alone_link_so_too() {
    assert_eq!(build_with(&["--no-default-features"]), Ok(()));
}

#[test]
fn hidden_allocation_does_not_link() {
    let error = build("hidden-alloc").unwrap_err();
    assert!(error.contains("no global memory allocator found"), "{error}");
}

#[test]
fn hidden_std_does_not_link() {
    let error = build("hidden-std").unwrap_err();
    assert!(error.contains("found duplicate lang item `panic_impl`"), "{error}");
}
