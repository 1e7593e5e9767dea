//! The commands, and how the arguments choose one.

mod check;
mod check_connector;
#[cfg(feature = "manual")]
mod completions;
mod health;
mod init;
mod inspect;
#[cfg(feature = "manual")]
mod man;
mod provision;
mod rules;
mod secret;
mod serve;
mod sessions;
mod verify;

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::Error;
use crate::outcome::Outcome;
use crate::{show, style};

/// Verify JWT bearer tokens (RS256, ES256, EdDSA and others) as strictly as the RFCs require
#[derive(Parser)]
#[command(name = "tollgate", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  accepted (check: every verdict is as expected; rules: the request may pass)
  1  rejected (check: a verdict is not as expected; rules: the request is refused)
  2  wrong usage, unreadable input, or output that cannot be written";

#[derive(Subcommand)]
enum Command {
    Verify(Box<verify::Arguments>),
    Inspect(inspect::Arguments),
    Check(check::Arguments),
    CheckConnector(check_connector::Arguments),
    Provision(provision::Arguments),
    Init(init::Arguments),
    Serve(Box<serve::Arguments>),
    Health(health::Arguments),
    Rules(Box<rules::Arguments>),
    Secret(secret::Arguments),
    Sessions(Box<sessions::Arguments>),
    #[cfg(feature = "manual")]
    Completions(completions::Arguments),
    #[cfg(feature = "manual")]
    Man(man::Arguments),
}

/// The command line. An empty environment variable counts as unset, so that `${VARIABLE:-}` works in
/// a compose file.
fn command() -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let without_empty = |command: clap::Command| {
        command.mut_args(|argument| match argument.get_env().is_some_and(is_empty) {
            true => argument.env(None::<&str>),
            false => argument,
        })
    };
    let subcommands = ["serve", "health", "rules", "sessions"];
    subcommands
        .into_iter()
        .fold(Arguments::command(), |command, name| command.mut_subcommand(name, without_empty))
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let arguments = command().try_get_matches().and_then(|it| Arguments::from_arg_matches(&it));
    let arguments = match arguments {
        Ok(arguments) => arguments,
        // Help, or what is wrong with the arguments.
        Err(error) => {
            if error.use_stderr() && serve::log_usage_error(&error) {
                return exit_code(Ok(Outcome::Unreadable));
            }
            let printed = error.print().map_err(Error::Output);
            let code = if error.use_stderr() { Outcome::Unreadable } else { Outcome::Positive };
            return exit_code(printed.map(|()| code));
        }
    };
    exit_code(match arguments.command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::CheckConnector(arguments) => check_connector::run(&arguments),
        Command::Provision(arguments) => provision::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Health(arguments) => health::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Secret(arguments) => secret::run(&arguments),
        Command::Sessions(arguments) => sessions::run(&arguments),
        #[cfg(feature = "manual")]
        Command::Completions(arguments) => completions::run(&arguments),
        #[cfg(feature = "manual")]
        Command::Man(arguments) => man::run(&arguments),
    })
}

/// The exit code of a shell for a program that a closed pipe ended: 128 and the number of SIGPIPE.
const BROKEN_PIPE: u8 = 141;

fn exit_code(result: Result<Outcome, Error>) -> ExitCode {
    match result {
        Ok(Outcome::Positive) => ExitCode::SUCCESS,
        Ok(Outcome::Negative) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        // The reader of our output has closed the pipe, as `head` does. Whatever the outcome was, it did not read
        // it, so this is no success.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::from(BROKEN_PIPE)
        }
        Err(error) => {
            show::note(format_args!("{}error:{} {error}", style::BAD, style::RESET));
            ExitCode::from(2)
        }
    }
}
