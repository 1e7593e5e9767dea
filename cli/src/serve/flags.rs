//! The flags of `tollgate serve` and their environment variables.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ArgAction;
use tollgate::duration::HumanDuration;
use tollgate::gate::Issuer;

use super::byte_size::ByteSize;
use super::limits::RawLimits;
use super::original_request::Proxy;
use super::token_source::RawTokenSource;
use crate::key_flags::KeyFlags;
use crate::policy_flags::PolicyFlags;

/// The flags and environment variables.
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
    mut_arg("allow_http_host", |flag| flag
        .env("TOLLGATE_ALLOW_HTTP_HOST")
        .value_delimiter(' ')),
    mut_arg("typ", |flag| flag
        .env("TOLLGATE_TYP")
        .value_delimiter(' ')
        .help("Accept this kind of token (typ) instead of RFC 9068 access tokens; repeatable")),
)]
pub(crate) struct ServeFlags {
    /// Listen on this address [default: 127.0.0.1:4180]
    #[arg(long, value_name = "ADDR", env = "TOLLGATE_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// Read this configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "TOLLGATE_CONFIG")]
    pub(super) config: Option<PathBuf>,

    #[command(flatten)]
    pub(super) policy: PolicyFlags,

    #[command(flatten)]
    pub(super) keys: KeyFlags,

    /// Accept any kind of token, including ID tokens
    #[arg(long, conflicts_with = "typ")]
    any_typ: bool,

    /// Read the keys from this file instead of fetching them: a JWK set, a single JWK, or PEM with public
    /// keys and certificates, whose chain is not judged
    #[arg(long, value_name = "FILE", env = "TOLLGATE_JWKS_FILE")]
    jwks_file: Option<PathBuf>,

    /// Keep the keys in this file, and start with them if the issuer is unreachable
    #[arg(long, value_name = "FILE", env = "TOLLGATE_SNAPSHOT")]
    snapshot: Option<PathBuf>,

    /// The proxy whose headers carry the original method and path; required by rules, and by tokens in cookies
    #[arg(long, value_enum, env = "TOLLGATE_PROXY")]
    pub(super) proxy: Option<Proxy>,

    /// Where requests carry their token: authorization, header=NAME, header=NAME:SCHEME or cookie=NAME;
    /// repeatable [default: authorization]
    #[arg(long, value_name = "SOURCE", env = "TOLLGATE_TOKEN_FROM", value_delimiter = ' ')]
    pub(super) token_from: Vec<RawTokenSource>,

    /// An origin under which browsers see the API: scheme, host and port; repeatable
    #[arg(long, value_name = "ORIGIN", env = "TOLLGATE_PUBLIC_URL", value_delimiter = ' ')]
    pub(super) public_url: Vec<String>,

    /// An origin whose scripts may read refusals (CORS): scheme, host and port; repeatable
    #[arg(long, value_name = "ORIGIN", env = "TOLLGATE_CORS_ORIGIN", value_delimiter = ' ')]
    pub(super) cors_origin: Vec<String>,

    /// Percent-encode the headers that say who the user is, so that they can carry any character
    #[arg(long)]
    pub(super) percent_encode_identity: bool,

    /// The URL of the API, for its metadata (RFC 9728) and for challenges
    #[arg(long, value_name = "URL", env = "TOLLGATE_RESOURCE")]
    pub(super) resource: Option<String>,

    /// How much memory the tables of all keys may take; larger tables are faster [default: 8 MiB]
    #[arg(long, value_name = "SIZE", env = "TOLLGATE_TABLE_MEMORY")]
    pub(super) table_memory: Option<ByteSize>,

    /// The maximum number of open connections [default: 2048]
    #[arg(long, value_name = "COUNT", env = "TOLLGATE_MAX_CONNECTIONS")]
    max_connections: Option<u64>,

    /// The maximum length of a request line and its header fields [default: 65536]
    #[arg(long, value_name = "BYTES", env = "TOLLGATE_MAX_HEADER_BYTES")]
    max_header_bytes: Option<u64>,

    /// How long to wait for the complete head of a connection's next request [default: 75]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_IDLE_TIMEOUT")]
    idle_timeout: Option<HumanDuration>,

    /// How long requests in flight may take after the signal to stop [default: 10]
    #[arg(long, value_name = "TIME", env = "TOLLGATE_DRAIN_TIMEOUT")]
    drain_timeout: Option<HumanDuration>,
}

/// A flag that belongs to an issuer, without `--issuer`.
#[derive(Debug)]
pub(crate) struct NoIssuerFor(pub(super) &'static str);

impl ServeFlags {
    pub(super) fn limits(&self) -> RawLimits {
        let &Self { max_connections, max_header_bytes, idle_timeout, drain_timeout, .. } = self;
        RawLimits { max_connections, max_header_bytes, idle_timeout, drain_timeout }
    }

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
