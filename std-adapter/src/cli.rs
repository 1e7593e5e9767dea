//! The command line: arguments in, a verdict and an exit code out.

mod case;
mod check;
mod error;
mod inspect;
mod keys;
mod provision;
mod serve;
mod show;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use error::Error;

/// Verify JWT bearer tokens (ES256, ES384) as strictly as the RFCs ask.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  accepted (check: nothing differs from what was expected)
  1  rejected (check: a verdict differs from what was expected)
  2  wrong use, or input that cannot be read";

#[derive(Subcommand)]
enum Command {
    Verify(Box<verify::Arguments>),
    Inspect(inspect::Arguments),
    Check(check::Arguments),
    Provision(provision::Arguments),
    Serve(Box<serve::Arguments>),
}

/// How a command ended; the exit codes are those of [`EXIT_CODES`].
pub(crate) enum Outcome {
    Positive,
    Negative,
    Unreadable,
}

/// Runs the command that the process was called with.
pub(crate) fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Verify(arguments) => verify::run(*arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Provision(arguments) => provision::run(&arguments),
        Command::Serve(arguments) => serve::run(*arguments),
    };
    match result {
        Ok(Outcome::Positive) => ExitCode::SUCCESS,
        Ok(Outcome::Negative) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        // Whoever read our output has gone, as `head` does; there is nobody left to tell.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            anstream::eprintln!("{}error:{} {error}", show::BAD, show::RESET);
            ExitCode::from(2)
        }
    }
}
