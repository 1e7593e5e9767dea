//! `tollgate rules`: says which rule of a configuration decides about a request.

mod report;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use tollgate::gate::{Demand, Denied};
use tollgate_core::BearerToken;

use crate::error::Error;
use crate::input;
use crate::outcome::Outcome;
use crate::serve::{
    Config, Decided, Decision, OriginalRequest, Requirement, Rules, ServeError, ServeFlags,
    authorize,
};
use crate::show;
use report::{Answer, List, Verdict};

/// How long to wait for the keys that verify a token.
const KEY_PATIENCE: Duration = Duration::from_secs(15);

/// Say which rule of a configuration decides about a request, and what it asks for
///
/// Without a request, lists the rules in the order of precedence, and names those that never decide.
#[derive(clap::Args)]
#[command(
    mut_args(|argument| match argument.get_id().as_str() {
        "config" | "proxy" | "method" | "path" | "header" | "token" | "json" => argument,
        _ => argument.hide(true),
    }),
    after_help = "\
Examples:
  tollgate rules --config tollgate.toml
      list the rules in the order of precedence
  tollgate rules --config tollgate.toml GET /orders/7
      say which rule decides, and what it asks for
  tollgate rules --config tollgate.toml GET /orders/7 --token access_token.txt
      say whether this token passes, by keys fetched from its issuer

All other options and environment variables of `tollgate serve` apply, too.

Exit codes:
  0  the request passes, or passes with the right token
  1  the request is refused
  2  wrong usage, invalid configuration, or keys that cannot be fetched"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: ServeFlags,

    /// The method of the request, such as GET
    #[arg(requires = "path")]
    method: Option<String>,

    /// The path of the request, as the client sends it
    path: Option<String>,

    /// A header of the request that decides, such as "Mcp-Name: search"; repeatable
    #[arg(short = 'H', long, value_name = "HEADER", value_parser = header, requires = "path")]
    header: Vec<(HeaderName, HeaderValue)>,

    /// Judge the token in this file, alone, after "Bearer", or in a whole header line; - for standard input
    #[arg(long, value_name = "FILE", requires = "path")]
    token: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let config = Config::load(&arguments.flags).map_err(ServeError::from)?;
    let (Some(method), Some(path)) = (&arguments.method, &arguments.path) else {
        print(&List::new(config.rules().unwrap_or(&Rules::default())), arguments.json)?;
        return Ok(Outcome::Positive);
    };
    let headers: HeaderMap = arguments.header.iter().cloned().collect();
    // Without rules, the server does not read the path.
    let without_rules = || Decided { place: None, rule: None, requirement: Requirement::ANY_TOKEN };
    let decided = config.rules().map_or_else(
        || Ok(without_rules()),
        |rules| {
            let request = OriginalRequest::new(method.as_bytes(), path.as_bytes())?;
            Ok(rules.decide(&request, &headers))
        },
    );
    let answer = match decided {
        Err(error) => Answer::malformed(&error),
        Ok(decided) => {
            let verdict = match (decided.requirement, &arguments.token) {
                (Requirement::Token(demand), Some(file)) => {
                    judge(&config, demand, &input::token_file(file)?)?
                }
                (requirement, _) => Verdict::without_token(requirement),
            };
            Answer::new(decided, verdict)
        }
    };
    print(&answer, arguments.json)?;
    Ok(if answer.is_refusal() { Outcome::Negative } else { Outcome::Positive })
}

/// Judges a token as the server does.
fn judge(config: &Config, demand: &Demand, token: &[u8]) -> Result<Verdict, Error> {
    let token = match BearerToken::from_token68(token) {
        Ok(token) => token,
        Err(rejection) => return Ok(Verdict::refused(&Decision::Denied(rejection.into(), None))),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let judged = runtime.block_on(async {
        let gate = config.gate(None).map_err(ServeError::from)?;
        // Without keys of its issuer, the token is refused soon after.
        let _ = tokio::time::timeout(KEY_PATIENCE, gate.ready()).await;
        match authorize(&gate, &config.access, token, demand).await {
            Decision::Pass { .. } => Ok(Verdict::Pass),
            Decision::Denied(Denied::KeysUnavailable { .. }, _) => Err(Error::KeysUnavailable),
            Decision::Denied(denied, _) => {
                let explanation = gate.explain(&denied, token);
                Ok(Verdict::refused(&Decision::Denied(denied, explanation)))
            }
            refusal => Ok(Verdict::refused(&refusal)),
        }
    });
    // Do not wait for a name server that hangs.
    runtime.shutdown_background();
    judged
}

/// Parses a header line, as `curl -H` takes it.
fn header(line: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = line.split_once(':').ok_or("write it as \"NAME: VALUE\"")?;
    let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
    let value = HeaderValue::try_from(value.trim()).map_err(|error| error.to_string())?;
    Ok((name, value))
}

fn print<T: Serialize + std::fmt::Display>(report: &T, json: bool) -> Result<(), Error> {
    if !json {
        return show::print(report);
    }
    let text = serde_json::to_string(report).map_err(io::Error::from).map_err(Error::Output)?;
    show::print(format_args!("{text}\n"))
}
