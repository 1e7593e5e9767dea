//! Passes the board's memory layout to the linker.

use std::env;

fn main() {
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo::rustc-link-arg=-L{folder}");
    println!("cargo::rustc-link-arg=-L{folder}/../../tests/firmware/link");
    println!("cargo::rustc-link-arg=-Tgateway.x");
    println!("cargo::rerun-if-changed=gateway.x");
    println!("cargo::rerun-if-changed=../../tests/firmware/link/sections.x");
}
