//! `tollgate secret`: makes a secret that seals cookies.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tollgate::sign_in::CookieSecret;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::show;

/// Make a secret that seals the cookies of sign-in
///
/// A secret is 32 random bytes: one line of 43 characters. Put each into a file of its own, and name the files in
/// `secret_files` of `[sign_in.session]`: the first one seals, and all of them open. With one of them, anybody could
/// forge cookies.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate secret -o cookie.key
      write a new secret, for the owner of the file alone
  tollgate secret | ssh server 'umask 077; cat > cookie.key'
      write it elsewhere

Exit codes:
  0  the secret is written
  2  wrong usage, or a file that exists or cannot be written")]
pub(crate) struct Arguments {
    /// Write to this file, which must not exist, instead of standard output. Only its owner can read it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Overwrite the file. Cookies that only the old secret opens are void then
    #[arg(long, requires = "output")]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let secret = CookieSecret::generate().map_err(Error::NoRandomness)?;
    let line = format!("{}\n", secret.to_text());
    let Some(path) = &arguments.output else {
        show::print(line)?;
        return Ok(Outcome::Positive);
    };
    let written = match arguments.force {
        true => replace(path, &line),
        false => create(path, &line),
    };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::Exists(path.clone()),
        _ => Error::Write(path.clone(), error),
    })?;
    show::note(format_args!("Wrote {}", path.display()));
    Ok(Outcome::Positive)
}

/// Writes a new file that only its owner can read.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file: File| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    // Half a secret is of no use.
    written.inspect_err(|error| {
        if error.kind() != ErrorKind::AlreadyExists {
            let _ = fs::remove_file(path);
        }
    })
}

/// Replaces a file in one step by a new one, so that the permissions of the old one do not matter.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = OsString::from(path);
    name.push(format!(".{}.new", std::process::id()));
    let new = PathBuf::from(name);
    create(&new, text)?;
    fs::rename(&new, path).inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}
