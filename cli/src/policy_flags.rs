//! The flags of `verify` and `serve` that say which tokens to accept.

use clap::{Args, ValueEnum};
use tollgate::duration::HumanDuration;
use tollgate::gate::{Issuer, Profile};
use tollgate_core::policy::ProofOfPossession;
use tollgate_core::{Leeway, limits};

/// The flags that both commands have. Each command adds what differs: `verify` requires an issuer
/// and an audience unless told otherwise, and `serve` also reads environment variables.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PolicyFlags {
    /// Accept tokens from this issuer (iss), compared exactly
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Vec<String>,

    /// Accept tokens for this audience (aud), compared exactly; repeatable
    #[arg(long)]
    pub(crate) audience: Vec<String>,

    /// Require this scope; repeatable
    #[arg(long)]
    pub(crate) scope: Vec<String>,

    /// Accept this kind of token (typ), such as at+jwt; repeatable
    #[arg(long)]
    pub(crate) typ: Vec<String>,

    /// Also accept tokens without typ
    #[arg(long, requires = "typ")]
    pub(crate) typ_absent: bool,

    /// Whether to accept tokens that are bound to a key (cnf) [default: refuse]
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) proof_of_possession: Option<Proof>,

    /// Tolerate clocks that differ by up to this much: seconds, or a duration such as "1 minute"
    /// [default: 60]
    #[arg(long, value_name = "TIME", value_parser = parse_leeway)]
    pub(crate) leeway: Option<Leeway>,
}

/// Who checks that the sender holds the key of a token with `cnf`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Proof {
    /// Nothing does: refuse these tokens, which may be stolen
    Refuse,
    /// The gateway in front checks the proof (RFC 8705, RFC 9449)
    CheckedByGateway,
}

impl PolicyFlags {
    /// Sets what the flags say. The rest of `issuer` stays.
    pub(crate) fn apply_to(&self, issuer: &mut Issuer) {
        issuer.issuer.clone_from(&self.issuer);
        issuer.audience.clone_from(&self.audience);
        issuer.scope.clone_from(&self.scope);
        issuer.typ = Some(self.typ.clone()).filter(|typ| !typ.is_empty());
        issuer.typ_absent = self.typ_absent;
        issuer.proof_of_possession = match self.proof_of_possession {
            Some(Proof::CheckedByGateway) => ProofOfPossession::CheckedByCaller,
            Some(Proof::Refuse) | None => ProofOfPossession::Refuse,
        };
        issuer.leeway = self.leeway.unwrap_or(issuer.leeway);
    }
}

/// Settings that check only what every policy checks. `verify`, `check` and `inspect` start from them.
pub(crate) fn any_token() -> Issuer {
    let mut issuer = Issuer::default();
    issuer.any_issuer = true;
    issuer.any_audience = true;
    issuer.profile = Profile::AnyToken;
    issuer
}

fn parse_leeway(text: &str) -> Result<Leeway, String> {
    let duration: HumanDuration =
        text.parse().map_err(|error: tollgate::duration::NotADuration| error.to_string())?;
    let leeway = duration.as_secs().and_then(Leeway::from_secs);
    leeway.ok_or_else(|| format!("give at most {} seconds", limits::MAX_LEEWAY_SECS))
}
