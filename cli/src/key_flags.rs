//! The flags that say where to fetch keys from, and which of them without TLS.

use std::path::PathBuf;

use clap::Args;
use tollgate::gate::{GateError, Issuer};
use tollgate::issuer_url::{AllowedHttp, Plaintext};

/// The flags of `init`, `verify`, `provision` and `serve` that say where to fetch keys from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct KeyFlags {
    /// Fetch the keys from this URL instead of discovering it
    #[arg(long, value_name = "URL")]
    pub(crate) jwks_uri: Option<String>,

    /// Also trust the certificate authorities in this file (PEM) when fetching keys
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Send the bearer token in this file when fetching keys, but only to the hosts of the issuer and --jwks-uri
    #[arg(long, value_name = "FILE")]
    pub(crate) bearer_token_file: Option<PathBuf>,
}

/// The flags of `init`, `verify` and `provision` that allow keys to be fetched without TLS.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PlaintextFlags {
    /// Allow http:// for an issuer on this machine
    #[arg(long)]
    pub(crate) allow_insecure_loopback: bool,

    /// Allow http:// for this host, such as keycloak:8080; repeatable. Anyone on the network path can
    /// replace the keys
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) allow_http_host: Vec<String>,
}

impl KeyFlags {
    /// Sets what the flags say about one issuer. The rest of `issuer` stays.
    pub(crate) fn apply_to(&self, issuer: &mut Issuer) {
        issuer.jwks_uri.clone_from(&self.jwks_uri);
        issuer.ca_file.clone_from(&self.ca_file);
        issuer.bearer_token_file.clone_from(&self.bearer_token_file);
    }
}

impl PlaintextFlags {
    /// The URLs from which keys may be fetched without TLS.
    pub(crate) fn allowed_http(&self) -> Result<AllowedHttp, GateError> {
        let allowed = AllowedHttp::from(plaintext(self.allow_insecure_loopback));
        Ok(allowed.with_hosts(self.allow_http_host.iter().cloned())?)
    }
}

/// Whether keys may be fetched over http://.
pub(crate) fn plaintext(allow_insecure_loopback: bool) -> Plaintext {
    if allow_insecure_loopback { Plaintext::Loopback } else { Plaintext::Refuse }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        keys: KeyFlags,
        #[command(flatten)]
        plaintext: PlaintextFlags,
    }

    fn parse(arguments: &[&str]) -> Command {
        Command::try_parse_from([&["tollgate"], arguments].concat()).unwrap()
    }

    #[test]
    fn each_flag_sets_the_setting_of_its_name() {
        let mut issuer = Issuer::default();
        let uri = "https://keys.example.com";
        let files = ["--ca-file", "ca.pem", "--bearer-token-file", "token"];
        parse(&[&["--jwks-uri", uri], &files[..]].concat()).keys.apply_to(&mut issuer);
        assert_eq!(issuer.jwks_uri.as_deref(), Some(uri));
        assert_eq!(issuer.ca_file, Some("ca.pem".into()));
        assert_eq!(issuer.bearer_token_file, Some("token".into()));
        parse(&[]).keys.apply_to(&mut issuer);
        assert_eq!((issuer.jwks_uri, issuer.ca_file, issuer.bearer_token_file), (None, None, None));
    }

    #[test]
    fn hosts_are_allowed_one_by_one() {
        let flags = parse(&["--allow-http-host", "a:1", "--allow-http-host", "b:2"]);
        assert_eq!(flags.plaintext.allowed_http().unwrap().hosts(), ["a:1", "b:2"]);
        assert!(parse(&["--allow-http-host", "a"]).plaintext.allowed_http().is_err());
    }
}
