//! Passes the memory layout of the target's board to the linker.

use std::env;

fn main() {
    let target = env::var("TARGET").unwrap();
    let board = match &*target {
        "thumbv6m-none-eabi" => "microbit",
        "thumbv7m-none-eabi" | "thumbv7em-none-eabi" => "mps2",
        "riscv32imc-unknown-none-elf" => "virt",
        _ => panic!("no board for {target}"),
    };
    let folder = format!("{}/link", env::var("CARGO_MANIFEST_DIR").unwrap());
    println!("cargo::rustc-link-arg=-L{folder}");
    println!("cargo::rustc-link-arg=-T{board}.x");
    // Relocations show which function calls which, and take no flash.
    println!("cargo::rustc-link-arg=--emit-relocs");
    println!("cargo::rerun-if-changed=link");
}
