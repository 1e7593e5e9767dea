//! The flags of `tollgate serve` and their environment variables.

use std::path::PathBuf;

use clap::{ArgAction, Args as _};
use tollgate::gate::Issuer;

use super::settings::Settings;
use crate::key_flags::KeyFlags;
use crate::policy_flags::PolicyFlags;

/// The flags and environment variables: the settings, and those of one issuer.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(
    mut_arg("issuer", |flag| flag
        .env("TOLLGATE_ISSUER")
        .action(ArgAction::Set)
        .help("Accept tokens from this issuer (iss), and discover its keys")),
    mut_arg("audience", |flag| flag.env("TOLLGATE_AUDIENCE").value_delimiter(' ')),
    mut_arg("scope", |flag| flag.env("TOLLGATE_SCOPE").value_delimiter(' ')),
    mut_arg("leeway", |flag| flag.env("TOLLGATE_LEEWAY")),
    mut_arg("proof_of_possession", |flag| flag.env("TOLLGATE_PROOF_OF_POSSESSION")),
    mut_arg("jwks_uri", |flag| flag.env("TOLLGATE_JWKS_URI")),
    mut_arg("ca_file", |flag| flag.env("TOLLGATE_CA_FILE")),
    mut_arg("bearer_token_file", |flag| flag.env("TOLLGATE_BEARER_TOKEN_FILE")),
    mut_arg("typ", |flag| flag
        .env("TOLLGATE_TYP")
        .value_delimiter(' ')
        .help("Accept this kind of token (typ) instead of RFC 9068 access tokens; repeatable")),
    mut_arg("typ_absent", |flag| flag.env("TOLLGATE_TYP_ABSENT")),
)]
pub(crate) struct ServeFlags {
    /// Read this configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "TOLLGATE_CONFIG")]
    pub(super) config: Option<PathBuf>,

    #[command(flatten)]
    policy: PolicyFlags,

    #[command(flatten)]
    keys: KeyFlags,

    /// Accept any kind of token, including ID tokens
    #[arg(long, env = "TOLLGATE_ANY_TYP", conflicts_with = "typ")]
    any_typ: bool,

    /// Read the keys from this file instead of fetching them: a JWK set, a single JWK, or PEM with public
    /// keys and certificates, whose chain is not judged
    #[arg(long, value_name = "FILE", env = "TOLLGATE_JWKS_FILE")]
    jwks_file: Option<PathBuf>,

    /// Keep the keys in this file, and start with them if the issuer is unreachable
    #[arg(long, value_name = "FILE", env = "TOLLGATE_SNAPSHOT")]
    snapshot: Option<PathBuf>,

    #[command(flatten)]
    pub(super) settings: Settings,
}

/// The names of the flags that the demo does not have: all but the address.
pub(crate) fn beyond_demo() -> impl Iterator<Item = clap::Id> {
    let all = ServeFlags::augment_args(clap::Command::default());
    let ids: Vec<_> = all.get_arguments().map(|flag| flag.get_id().clone()).collect();
    ids.into_iter().filter(|id| id.as_str() != "listen")
}

/// A flag that belongs to an issuer, without `--issuer`.
#[derive(Debug)]
pub(crate) struct NoIssuerFor(pub(super) &'static str);

impl ServeFlags {
    /// The issuer that the flags describe, if they name one.
    pub(super) fn issuer(&self) -> Result<Option<Issuer>, NoIssuerFor> {
        let mut policy = self.policy.clone();
        // Two spaces in a row delimit an empty value.
        for list in [&mut policy.audience, &mut policy.scope, &mut policy.typ] {
            list.retain(|value| !value.is_empty());
        }
        if policy.issuer.is_empty() {
            let set = [
                (!self.policy.audience.is_empty(), "audience"),
                (!self.policy.scope.is_empty(), "scope"),
                (self.policy.leeway.is_some(), "leeway"),
                (!self.policy.typ.is_empty(), "typ"),
                (self.any_typ, "any-typ"),
                (self.policy.typ_absent, "typ-absent"),
                (self.policy.proof_of_possession.is_some(), "proof-of-possession"),
                (self.keys.jwks_uri.is_some(), "jwks-uri"),
                (self.jwks_file.is_some(), "jwks-file"),
                (self.keys.ca_file.is_some(), "ca-file"),
                (self.keys.bearer_token_file.is_some(), "bearer-token-file"),
                (self.snapshot.is_some(), "snapshot"),
            ];
            let alone = set.into_iter().find_map(|(is_set, name)| is_set.then_some(name));
            return alone.map_or(Ok(None), |name| Err(NoIssuerFor(name)));
        }
        let mut issuer = Issuer::default();
        policy.apply_to(&mut issuer);
        self.keys.apply_to(&mut issuer);
        issuer.any_typ = self.any_typ;
        issuer.jwks_file.clone_from(&self.jwks_file);
        issuer.snapshot.clone_from(&self.snapshot);
        Ok(Some(issuer))
    }
}
