//! `tollgate man`: the manual pages.

use std::path::PathBuf;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::show;

/// Write the manual pages, one for each command
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate man ~/.local/share/man/man1
      install them for one user; then try: man tollgate-serve")]
pub(crate) struct Arguments {
    /// The folder for them, which must exist
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let folder = &arguments.folder;
    clap_mangen::generate_to(super::command(), folder)
        .map_err(|error| Error::Write(folder.clone(), error))?;
    show::note(format_args!("Wrote the manual pages to {}", folder.display()));
    Ok(Outcome::Positive)
}
