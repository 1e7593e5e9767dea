//! `tollgate serve`: the arguments and the runtime.

mod log;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::serve::{self, HandedOver, Proxy, ServeFlags};
use crate::show;
use log::LogFlags;

/// Run the server that tells a proxy whether a request may pass (forward auth)
///
/// GET /auth responds with 200 and the headers X-Auth-Request-User, -Scope, -Client, -Issuer,
/// -Audience and -Expires, or with 400, 401, 403 or 503 and the reason. The other endpoints are
/// /healthz, /readyz and /metrics. Envoy can ask over gRPC, too (envoy.service.auth.v3).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate serve --demo
      try it out: an issuer, the gate and a sample API in one process
  tollgate serve --issuer https://auth.example.com/oidc --audience https://api.example.com
      accept access tokens from this issuer for this API
  tollgate serve --config tollgate.toml
      several issuers, and rules by path; the file is reloaded when it changes
  tollgate serve --config tollgate.toml --print-recipe nginx
      write the configuration of nginx for it

Options can also be set with the environment variables shown above. Flags take precedence over
variables, and variables over the file. Logs go to standard error, and never contain a token.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: ServeFlags,

    /// Try it out: an issuer, the gate and a sample API in one process, on loopback only
    #[arg(long, conflicts_with_all = serve::flags_beyond_demo())]
    demo: bool,

    /// Print the configuration of this proxy that suits the configuration given, and exit
    #[arg(long, value_enum, value_name = "PROXY", conflicts_with = "demo")]
    print_recipe: Option<Proxy>,

    #[command(flatten)]
    log: LogFlags,
}

pub(crate) fn run(arguments: Arguments) -> Result<Outcome, Error> {
    let Arguments { flags, demo, print_recipe, log } = arguments;
    if let Some(proxy) = print_recipe {
        show::print(serve::recipe(flags, proxy)?)?;
        return Ok(Outcome::Positive);
    }
    log.start();
    // Before the runtime starts threads.
    let handed_over = HandedOver::from_environment();
    match run_server(flags, demo, handed_over) {
        Err(error) if log.is_json() => {
            tracing::error!(%error, "cannot start");
            Ok(Outcome::Unreadable)
        }
        ended => ended,
    }
}

fn run_server(flags: ServeFlags, demo: bool, handed_over: HandedOver) -> Result<Outcome, Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let served = runtime.block_on(async {
        match demo {
            true => serve::serve_demo(&flags).await,
            false => serve::serve(flags, handed_over).await,
        }
    });
    // Do not wait for a disk or a name server that hangs.
    runtime.shutdown_background();
    served?;
    Ok(Outcome::Positive)
}

/// Logs wrong arguments as JSON, if they or the environment ask for JSON. Returns whether they do.
pub(crate) fn log_usage_error(error: &clap::Error) -> bool {
    log::usage_error(error)
}
