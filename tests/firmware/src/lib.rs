//! What the programs for the emulated boards share.
#![no_std]

pub mod board;
pub mod console;
mod panic;
pub mod stack;
