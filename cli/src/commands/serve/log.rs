//! The log of the server.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::{env, panic};

use clap::ValueEnum;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The flags of the log. They are not in the file, since the log begins before the file is read.
#[derive(clap::Args)]
pub(super) struct LogFlags {
    /// The format of logs
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "TOLLGATE_LOG_FORMAT")]
    log_format: LogFormat,

    /// What to log: off, error, warn, info, debug (each verdict) or trace
    #[arg(
        long,
        value_name = "LEVEL",
        env = "TOLLGATE_LOG",
        default_value = "info",
        value_parser = parse_level
    )]
    log_level: LevelFilter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

fn parse_level(text: &str) -> Result<LevelFilter, &'static str> {
    text.parse().map_err(|_| "choose off, error, warn, info, debug or trace")
}

impl LogFlags {
    /// Logs from now on.
    pub(super) fn start(&self) {
        start(self.log_format, self.log_level);
    }

    /// Whether programs read the log, so that each line must be a JSON object.
    pub(super) fn is_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }
}

/// Logs wrong arguments as JSON, if they or the environment ask for JSON. Returns whether they do.
pub(super) fn usage_error(error: &clap::Error) -> bool {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let is_json = asks_for_json(&arguments, env::var_os("TOLLGATE_LOG_FORMAT"));
    if is_json {
        start(LogFormat::Json, LevelFilter::INFO);
        tracing::error!(error = error.render().to_string().trim_end(), "cannot start");
    }
    is_json
}

/// Whether these arguments of the server ask for JSON. They are wrong, so clap has not parsed them to the end.
fn asks_for_json(arguments: &[OsString], variable: Option<OsString>) -> bool {
    let [command, flags @ ..] = arguments else { return false };
    let after_flag = flags.iter().zip(flags.iter().skip(1));
    let mut values = after_flag.filter(|(flag, _)| *flag == "--log-format").map(|(_, value)| value);
    let is_set_to_json = flags.iter().any(|flag| flag == "--log-format=json");
    command == "serve"
        && match values.next() {
            Some(value) => value == "json",
            None => is_set_to_json || variable.is_some_and(|format| format == "json"),
        }
}

fn start(format: LogFormat, level: LevelFilter) {
    // We cannot vouch that the debug logs of other crates contain no tokens.
    let ours =
        Targets::new().with_target("tollgate", level).with_default(level.min(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_writer(stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => {
            panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
            lines.json().flatten_event(true).boxed()
        }
    };
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(arguments: &[&str], variable: Option<&str>) -> bool {
        let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
        asks_for_json(&arguments, variable.map(OsString::from))
    }

    #[test]
    fn a_flag_or_the_variable_asks_for_json() {
        assert!(asks(&["serve", "--log-format", "json"], None));
        assert!(asks(&["serve", "--listne", "a", "--log-format=json"], Some("text")));
        assert!(asks(&["serve", "--listne"], Some("json")));
        for arguments in [&["serve", "--log-format", "text"][..], &["verify"], &[]] {
            assert!(!asks(arguments, Some("json")), "{arguments:?}");
        }
        assert!(!asks(&["serve", "--log-format"], None));
    }
}
