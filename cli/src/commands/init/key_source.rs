//! [`KeySource`]: the flags that say where the issuer's keys are, and the settings that say the same.

use std::path::{Path, PathBuf};

use tollgate::untrusted::Excerpt;

use super::document::{Quoted, QuotedList, Setting};
use crate::error::Error;
use crate::key_flags::{KeyFlags, PlaintextFlags};
use crate::keys::{self, LoadedKeys};
use crate::show;

#[derive(clap::Args)]
pub(super) struct KeySource {
    #[command(flatten)]
    flags: KeyFlags,

    /// Read the keys from this file instead of fetching them: a JWK set, a single JWK, or PEM with public
    /// keys and certificates, whose chain is not judged
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["jwks_uri", "ca_file", "bearer_token_file"]
    )]
    jwks_file: Option<PathBuf>,

    #[command(flatten)]
    plaintext: PlaintextFlags,
}

impl KeySource {
    /// Reads or fetches the keys of an issuer, and says so.
    pub(super) fn keys(&self, issuer: &str) -> Result<Box<LoadedKeys<'static>>, Error> {
        let (source, jwks) = match (&self.jwks_file, &self.flags.jwks_uri) {
            (Some(file), _) => {
                show::note(format_args!("Reading the keys in {}", file.display()));
                (file.as_path(), keys::read(file)?)
            }
            (None, Some(uri)) => {
                show::note(format_args!("Fetching the keys at {}", Excerpt(uri)));
                (Path::new(uri), self.fetch(issuer)?)
            }
            (None, None) => {
                let name = Excerpt(issuer);
                show::note(format_args!("Fetching the metadata and the keys of {name}"));
                (Path::new(issuer), self.fetch(issuer)?)
            }
        };
        let keys = keys::from_jwk_set(&jwks, source)?;
        if keys.keys().is_empty() { Err(Error::NoUsableKey(source.to_owned())) } else { Ok(keys) }
    }

    fn fetch(&self, issuer: &str) -> Result<Vec<u8>, Error> {
        keys::fetch(issuer, &self.flags, &self.plaintext)
    }

    /// Whether the keys come from where the issuer's metadata says, so that it names the issuer.
    pub(super) const fn is_metadata(&self) -> bool {
        self.jwks_file.is_none() && self.flags.jwks_uri.is_none()
    }

    /// The settings of the whole file.
    pub(super) fn of_file(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        if self.plaintext.allow_insecure_loopback {
            settings.push(Setting::applied(
                "allow_insecure_loopback = true",
                "The keys come over http:// from this machine. For development only.",
            ));
        }
        let hosts = &self.plaintext.allow_http_host;
        if !hosts.is_empty() {
            settings.push(Setting::applied(
                format_args!("allow_http_hosts = {}", QuotedList(hosts)),
                "The keys may come over http:// from here. Anyone on the network path can replace them, and then sign \
                 tokens for any user.",
            ));
        }
        settings
    }

    /// The settings of the issuer.
    pub(super) fn of_issuer(&self) -> Vec<Setting> {
        let path = |path: &PathBuf| {
            // The server may start in another folder.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            path.to_string_lossy().into_owned()
        };
        let flags = &self.flags;
        let set = [
            (
                "jwks_uri",
                flags.jwks_uri.clone(),
                "The keys are fetched from here (--jwks-uri), and the issuer's metadata is not read.",
            ),
            (
                "jwks_file",
                self.jwks_file.as_ref().map(path),
                "The keys are in this file (--jwks-file), and nothing is fetched. The server reads it again when it \
                 changes.",
            ),
            (
                "ca_file",
                flags.ca_file.as_ref().map(path),
                "When fetching the keys, the server also trusts these certificate authorities (--ca-file).",
            ),
            (
                "bearer_token_file",
                flags.bearer_token_file.as_ref().map(path),
                "The server sends this token when it fetches the keys (--bearer-token-file). It reads the file anew \
                 for each fetch.",
            ),
        ];
        let set = set.into_iter().filter_map(|(name, value, reason)| {
            let line = format!("{name} = {}", Quoted(&value?));
            Some(Setting::applied(line, reason))
        });
        set.collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde::Deserialize;
    use tollgate::gate::Issuer;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        source: KeySource,
    }

    #[derive(Deserialize)]
    struct Written {
        allow_insecure_loopback: bool,
        allow_http_hosts: Vec<String>,
        issuer: Vec<Issuer>,
    }

    #[test]
    fn each_flag_becomes_the_setting_of_its_name() {
        let Command { source } = Command::parse_from([
            "tollgate",
            "--allow-insecure-loopback",
            "--allow-http-host=a:1",
            "--allow-http-host=b:2",
            "--jwks-uri=https://keys.example.com/?a=\"b",
            "--ca-file=/etc/ca.pem",
            "--bearer-token-file=/run/token",
        ]);
        let lines = |settings: Vec<Setting>| {
            settings.iter().map(ToString::to_string).collect::<Vec<_>>().concat()
        };
        let text = format!("{}[[issuer]]\n{}", lines(source.of_file()), lines(source.of_issuer()));
        let written: Written = toml::from_str(&text).unwrap();
        assert!(written.allow_insecure_loopback);
        assert_eq!(written.allow_http_hosts, ["a:1", "b:2"]);
        let [issuer] = written.issuer.as_slice() else { panic!("{text}") };
        assert_eq!(issuer.jwks_uri.as_deref(), Some("https://keys.example.com/?a=\"b"));
        assert_eq!(issuer.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
        assert_eq!(issuer.bearer_token_file.as_deref(), Some(Path::new("/run/token")));
        assert!(issuer.jwks_file.is_none());
    }

    #[test]
    fn without_flags_nothing_is_set() {
        let source = Command::parse_from(["tollgate"]).source;
        assert!(source.of_file().is_empty() && source.of_issuer().is_empty());
        assert!(source.is_metadata());
    }
}
