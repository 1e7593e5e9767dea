//! `tollgate serve`: the arguments, and the runtime.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use tollgate::duration::HumanDuration;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Error, Outcome};
use crate::serve::{self, Overrides, Proxy};

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
    /// Listen on this address [default: 127.0.0.1:4180]
    #[arg(long, value_name = "ADDR", env = "TOLLGATE_LISTEN")]
    listen: Option<SocketAddr>,

    /// Read this configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "TOLLGATE_CONFIG")]
    config: Option<PathBuf>,

    /// Accept tokens of this issuer, and find its keys by discovery
    #[arg(long, value_name = "URL", env = "TOLLGATE_ISSUER")]
    issuer: Option<String>,

    /// Accept tokens for this audience (aud), compared exactly; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_AUDIENCE")]
    audience: Vec<String>,

    /// Require this scope; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_SCOPE")]
    scope: Vec<String>,

    /// Tolerate clocks that are so far apart: in seconds, or as in "1 minute" [default: 60]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_LEEWAY")]
    leeway: Option<HumanDuration>,

    /// Accept this kind of token (typ) instead of access tokens by RFC 9068; repeatable
    #[arg(long, value_delimiter = ' ', env = "TOLLGATE_TYP", conflicts_with = "any_typ")]
    typ: Vec<String>,

    /// Accept any kind of token, ID tokens among them
    #[arg(long)]
    any_typ: bool,

    /// Keep the keys in this file, and start with those in it while the issuer cannot be reached
    #[arg(long, value_name = "FILE", env = "TOLLGATE_SNAPSHOT")]
    snapshot: Option<PathBuf>,

    /// Believe this proxy about the original method and path, if rules are configured
    #[arg(long, value_enum, env = "TOLLGATE_PROXY")]
    proxy: Option<Proxy>,

    /// The API's own URL, for its metadata (RFC 9728) and for challenges
    #[arg(long, value_name = "URL", env = "TOLLGATE_RESOURCE")]
    resource: Option<String>,

    /// Fetch keys over http:// if the issuer is on this machine
    #[arg(long)]
    allow_insecure_loopback: bool,

    /// Try it all: an issuer, the gate and a small API in one process, on loopback only
    #[arg(long, conflicts_with_all = ["config", "issuer", "audience", "scope", "leeway", "typ",
        "any_typ", "snapshot", "proxy", "resource"])]
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
    let demo = arguments.demo;
    let overrides = Overrides {
        config: arguments.config,
        listen: arguments.listen,
        proxy: arguments.proxy,
        resource: arguments.resource,
        allow_insecure_loopback: arguments.allow_insecure_loopback,
        issuer: arguments.issuer,
        audience: arguments.audience,
        scope: arguments.scope,
        leeway: arguments.leeway,
        typ: arguments.typ,
        any_typ: arguments.any_typ,
        snapshot: arguments.snapshot,
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    runtime.block_on(async {
        match demo {
            true => serve::serve_demo(&overrides).await,
            false => serve::serve(overrides).await,
        }
    })?;
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
