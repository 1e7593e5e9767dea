//! Chooses the memory of the board.

use std::env;

fn main() {
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo::rustc-link-arg=-L{folder}");
    println!("cargo::rustc-link-arg=-L{folder}/../link");
    println!("cargo::rustc-link-arg=-Tgateway.x");
    println!("cargo::rerun-if-changed=gateway.x");
    println!("cargo::rerun-if-changed=../link/sections.x");
}
