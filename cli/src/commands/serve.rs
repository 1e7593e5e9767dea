//! `tollgate serve`: the arguments, and the runtime.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Outcome;
use crate::error::Error;
use crate::serve::{self, Overrides};

/// Run the gate that a proxy asks about each request: forward authentication
///
/// GET /auth answers 200 with the headers X-Auth-Request-User, -Scope, -Client, -Issuer,
/// -Audience and -Expires, or 401, 403 or 503 with the reason. There are /healthz, /readyz and /metrics, too.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate serve --demo
      try it all: an issuer, the gate and a small API in one process
  tollgate serve --issuer https://auth.example.com/oidc --audience https://api.example.com
      verify access tokens of this issuer for this API
  tollgate serve --config tollgate.toml
      several issuers, and rules by path; SIGHUP reloads it

Every option with an environment variable can be given by that as well; flags go first. Logs go to
standard error; TOLLGATE_LOG=debug shows each verdict. They never show a token.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    overrides: Overrides,

    /// Try it all: an issuer, the gate and a small API in one process, on loopback only
    #[arg(long, conflicts_with_all = ["config", "issuer", "audience", "scope", "leeway", "typ",
        "any_typ", "snapshot", "proxy", "resource", "max_connections", "max_header_bytes",
        "idle_timeout", "drain_timeout"])]
    demo: bool,

    /// How logs are written
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "TOLLGATE_LOG_FORMAT")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

pub(crate) fn run(arguments: Arguments) -> Result<Outcome, Error> {
    start_logging(arguments.log_format)?;
    let Arguments { overrides, demo, .. } = arguments;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let served = runtime.block_on(async {
        match demo {
            true => serve::serve_demo(&overrides).await,
            false => serve::serve(overrides).await,
        }
    });
    // A disk or a name server that hangs keeps nobody from ending.
    runtime.shutdown_background();
    served?;
    Ok(Outcome::Positive)
}

fn start_logging(format: LogFormat) -> Result<(), Error> {
    let level = std::env::var("TOLLGATE_LOG").unwrap_or_else(|_| "info".to_owned());
    let level: LevelFilter = level.parse().map_err(|_| Error::LogLevel(level))?;
    // What others log of the requests that they see is not for us to vouch for.
    let ours = Targets::new().with_target("tollgate", level).with_default(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
    Ok(())
}
