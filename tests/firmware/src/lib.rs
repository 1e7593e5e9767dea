//! The support code for programs on emulated boards: startup, console, panics and stack usage.
#![no_std]

pub mod board;
pub mod console;
mod panic;
pub mod stack;
