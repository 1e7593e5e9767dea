//! The `tollgate` command.

#![forbid(unsafe_code)]

mod commands;
mod error;
mod keys;
mod serve;
mod show;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
