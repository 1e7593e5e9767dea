//! The commands: arguments in, a verdict and an exit code out.

mod check;
mod inspect;
mod provision;
mod serve;
mod verify;

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::Error;
use crate::show;

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

/// The command line. A variable of the environment that is empty counts as unset, which is what
/// `${VARIABLE:-}` in a compose file means.
fn command() -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    Arguments::command().mut_subcommand("serve", |serve| {
        serve.mut_args(|argument| match argument.get_env().is_some_and(is_empty) {
            true => argument.env(None::<&str>),
            false => argument,
        })
    })
}

/// Runs the command that the process was called with.
pub(crate) fn run() -> ExitCode {
    // Exits by itself if the arguments make no sense.
    let arguments = Arguments::from_arg_matches(&command().get_matches());
    let result = match arguments.unwrap_or_else(|error| error.exit()).command {
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
