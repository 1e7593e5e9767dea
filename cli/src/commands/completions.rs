//! `tollgate completions`: what a shell needs to complete the arguments of `tollgate`.

use clap_complete::Shell;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::show;

/// Print the completions of a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate completions bash > ~/.local/share/bash-completion/completions/tollgate
      for one user, with the package bash-completion
  tollgate completions zsh > \"${fpath[1]}/_tollgate\"
      for zsh")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "tollgate", &mut script);
    show::print(String::from_utf8_lossy(&script))?;
    Ok(Outcome::Positive)
}
