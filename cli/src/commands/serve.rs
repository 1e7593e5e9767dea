//! `tollgate serve`: the arguments, the log and the runtime.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::serve::{self, ServeFlags};

/// Run the server that tells a proxy whether a request may pass (forward auth)
///
/// GET /auth responds with 200 and the headers X-Auth-Request-User, -Scope, -Client, -Issuer,
/// -Audience and -Expires, or with 400, 401, 403 or 503 and the reason. The other endpoints are
/// /healthz, /readyz and /metrics.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate serve --demo
      try it out: an issuer, the gate and a sample API in one process
  tollgate serve --issuer https://auth.example.com/oidc --audience https://api.example.com
      accept access tokens from this issuer for this API
  tollgate serve --config tollgate.toml
      several issuers, and rules by path; reload with SIGHUP

Options can also be set with the environment variables shown above. Flags take precedence over
variables, and variables over the file. Logs go to standard error. TOLLGATE_LOG=debug logs each
verdict. Logs never contain a token.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: ServeFlags,

    /// Try it out: an issuer, the gate and a sample API in one process, on loopback only
    #[arg(long, conflicts_with_all = ["config", "issuer", "audience", "scope", "leeway", "typ",
        "any_typ", "typ_absent", "proof_of_possession", "jwks_uri", "jwks_file", "ca_file", "bearer_token_file",
        "allow_http_host", "snapshot", "proxy", "token_from", "public_url", "cors_origin", "percent_encode_identity", "resource",
        "table_memory", "max_connections", "max_header_bytes",
        "idle_timeout", "drain_timeout"])]
    demo: bool,

    /// The format of logs
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "TOLLGATE_LOG_FORMAT")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

pub(crate) fn run(arguments: Arguments) -> Result<Outcome, Error> {
    start_logging(arguments.log_format)?;
    let Arguments { flags, demo, .. } = arguments;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let served = runtime.block_on(async {
        match demo {
            true => serve::serve_demo(&flags).await,
            false => serve::serve(flags).await,
        }
    });
    // Do not wait for a disk or a name server that hangs.
    runtime.shutdown_background();
    served?;
    Ok(Outcome::Positive)
}

fn start_logging(format: LogFormat) -> Result<(), Error> {
    let level = std::env::var("TOLLGATE_LOG").unwrap_or_else(|_| "info".to_owned());
    let level: LevelFilter = level.parse().map_err(|_| Error::LogLevel(level))?;
    // We cannot vouch that the debug logs of other crates contain no tokens.
    let ours = Targets::new().with_target("tollgate", level).with_default(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
    Ok(())
}
