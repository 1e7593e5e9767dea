//! The `tollgate` command.

#![forbid(unsafe_code)]

mod cli;
mod serve;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
