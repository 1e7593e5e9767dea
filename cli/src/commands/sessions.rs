//! `tollgate sessions`: counts the sessions of signed-in users, and ends those of one user.

use serde::Serialize;
use tollgate::sign_in::Owner;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::serve::{Config, ServeError, ServeFlags};
use crate::show;

/// Count the sessions of signed-in users, or end all sessions of one user
///
/// With store = "redis", servers go on meanwhile. With store = "file", stop the server first, since one process at a time
/// can use the file. Sessions in memory and in cookies are out of reach.
#[derive(clap::Args)]
#[command(
    mut_args(|argument| match argument.get_id().as_str() {
        "config" | "end" | "json" => argument,
        _ => argument.hide(true),
    }),
    after_help = "\
Examples:
  tollgate sessions --config tollgate.toml
      count the sessions
  tollgate sessions --config tollgate.toml --end user_7f3k
      end all sessions of the user with this sub

Exit codes:
  0  counted, or ended, if there were any
  2  wrong usage, invalid configuration, or a store that does not work"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: ServeFlags,

    /// End all sessions of this user: the claim sub
    #[arg(long, value_name = "SUBJECT")]
    end: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What the command prints.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    Sessions(usize),
    Ended(usize),
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let config = Config::load(&arguments.flags).map_err(ServeError::from)?;
    let sign_in = config.sign_in.as_ref().ok_or(Error::Sessions("there is no table [sign_in]"))?;
    if let Some(reason) = sign_in.out_of_reach() {
        return Err(Error::Sessions(reason));
    }
    let issuer = sign_in.facts().issuer;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Runtime)?;
    let report: Result<Report, Error> = runtime.block_on(async {
        let gate = config.gate(None).map_err(ServeError::from)?;
        let browsers = config.browsers(&gate, None).map_err(ServeError::from)?;
        let sign_in = browsers.as_ref().and_then(|browsers| browsers.first());
        let sign_in = sign_in.ok_or(Error::Sessions("there is no table [sign_in]"))?;
        match &arguments.end {
            None => {
                let count = sign_in.session_count().await.map_err(Error::SignIn)?;
                Ok(Report::Sessions(count.unwrap_or_default()))
            }
            Some(subject) => {
                let issuer = issuer.ok_or(Error::Sessions(
                    "the provider is a connector, which need not say who issues the tokens",
                ))?;
                let ended = sign_in.end_all(Owner::Subject { issuer, subject }).await;
                Ok(Report::Ended(ended.map_err(Error::SignIn)?))
            }
        }
    });
    // Do not wait for a provider that hangs: its keys are not needed.
    runtime.shutdown_background();
    print(&report?, arguments.json)?;
    Ok(Outcome::Positive)
}

fn print(report: &Report, json: bool) -> Result<(), Error> {
    let sessions = |count: &usize| match count {
        1 => "1 session".to_owned(),
        count => format!("{count} sessions"),
    };
    let text = match report {
        report if json => serde_json::to_string(report).unwrap_or_default(),
        Report::Sessions(count) => sessions(count),
        Report::Ended(count) => format!("ended {}", sessions(count)),
    };
    show::print(format_args!("{text}\n"))
}
