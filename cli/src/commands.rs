//! The commands, and how the arguments choose one.

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
use crate::outcome::Outcome;
use crate::style;

/// Verify JWT bearer tokens (ES256, ES384) as strictly as the RFCs require
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  accepted (check: every verdict is as expected)
  1  rejected (check: a verdict is not as expected)
  2  wrong usage, or unreadable input";

#[derive(Subcommand)]
enum Command {
    Verify(Box<verify::Arguments>),
    Inspect(inspect::Arguments),
    Check(check::Arguments),
    Provision(provision::Arguments),
    Serve(Box<serve::Arguments>),
}

/// The command line. An empty environment variable counts as unset, so that `${VARIABLE:-}` works in
/// a compose file.
fn command() -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    Arguments::command().mut_subcommand("serve", |serve| {
        serve.mut_args(|argument| match argument.get_env().is_some_and(is_empty) {
            true => argument.env(None::<&str>),
            false => argument,
        })
    })
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    // Exits if the arguments are wrong.
    let arguments = Arguments::from_arg_matches(&command().get_matches());
    let result = match arguments.unwrap_or_else(|error| error.exit()).command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Provision(arguments) => provision::run(&arguments),
        Command::Serve(arguments) => serve::run(*arguments),
    };
    match result {
        Ok(Outcome::Positive) => ExitCode::SUCCESS,
        Ok(Outcome::Negative) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        // The reader of our output has closed the pipe, as `head` does.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            anstream::eprintln!("{}error:{} {error}", style::BAD, style::RESET);
            ExitCode::from(2)
        }
    }
}
