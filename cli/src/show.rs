//! Verdicts for people.

mod time;
mod untrusted;
mod whereabouts;

use std::fmt;
use std::io::Write;

use anstyle::{AnsiColor, Reset, Style};
use tollgate_core::{
    AcceptedToken, Claim, Claims, Header, NumericDate, Rejection, SignatureVerifier, UnixTime,
};

use crate::error::Error;
use crate::keys::Keys;
pub(crate) use time::When;
use tollgate::policy_config::PolicyConfig;
pub(crate) use untrusted::{Untrusted, compact_json};
use whereabouts::Whereabouts;

pub(crate) const GOOD: Style =
    Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
pub(crate) const BAD: Style =
    Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
pub(crate) const NOTE: Style =
    Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
pub(crate) const RESET: Reset = Reset;

/// Writes to standard output, in colours if it is a terminal that wants them.
pub(crate) fn print(text: impl fmt::Display) -> Result<(), Error> {
    write!(anstream::stdout(), "{text}").map_err(Error::Output)
}

/// A token that was accepted.
pub(crate) struct Accepted<'a, 'b> {
    pub(crate) token: &'a AcceptedToken<'b>,
    pub(crate) now: UnixTime,
}

impl fmt::Display for Accepted<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}ACCEPTED{RESET}\n")?;
        write!(f, "{}", ClaimList { claims: self.token.claims(), now: self.now })?;
        writeln!(f, "\n  {}", SignedWith(self.token.header()))
    }
}

struct SignedWith<'a, 'b>(&'a Header<'b>);

impl fmt::Display for SignedWith<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signed with {}", self.0.algorithm())?;
        match self.0.key_id() {
            Some(key_id) => write!(f, " by the key {}", Untrusted(key_id)),
            None => f.write_str(" by the only key for it"),
        }
    }
}

/// The claims of a token, one a line, the best known ones first.
pub(crate) struct ClaimList<'a, 'b> {
    pub(crate) claims: &'a Claims<'b>,
    pub(crate) now: UnixTime,
}

const WELL_KNOWN: [(Claim, &str); 9] = [
    (Claim::Issuer, "issuer"),
    (Claim::Subject, "subject"),
    (Claim::Audience, "audience"),
    (Claim::ClientId, "client"),
    (Claim::Scope, "scope"),
    (Claim::IssuedAt, "issued"),
    (Claim::NotBefore, "not before"),
    (Claim::Expiration, "expires"),
    (Claim::JwtId, "token id"),
];

impl fmt::Display for ClaimList<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = self.claims;
        for (claim, label) in WELL_KNOWN {
            let time = match claim {
                Claim::IssuedAt => claims.issued_at(),
                Claim::NotBefore => claims.not_before(),
                Claim::Expiration => claims.expiration(),
                _ => None,
            };
            if let Some(time) = time.map(NumericDate::floor) {
                writeln!(f, "  {label:<12}{}", When { time, now: self.now })?;
            } else if let Some(value) = claims.get(claim.name()) {
                writeln!(f, "  {label:<12}{}", Untrusted(value))?;
            }
        }
        let is_other = |name: &str| WELL_KNOWN.iter().all(|(claim, _)| claim.name() != name);
        for (name, value) in claims.object().members() {
            let name = name.to_string();
            if is_other(&name) {
                writeln!(f, "  {:<11} {}", Untrusted(name.as_str()).to_string(), Untrusted(value))?;
            }
        }
        Ok(())
    }
}

/// A token that was rejected, and as much help as can be given.
pub(crate) struct Rejected<'a> {
    pub(crate) rejection: Rejection,
    pub(crate) input: &'a [u8],
    pub(crate) config: &'a PolicyConfig,
    pub(crate) keys: &'a Keys<'a>,
}

impl fmt::Display for Rejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejection = self.rejection;
        writeln!(f, "{BAD}REJECTED{RESET}  {}\n\n  {rejection}\n", rejection.reason())?;
        let whereabouts = Whereabouts { rejection, input: self.input };
        write!(f, "{whereabouts}")?;
        self.expectation(f, &whereabouts)?;
        let challenge = rejection.challenge(None, &self.config.required_scopes);
        writeln!(f, "  answer      HTTP {} {}", rejection.http_status(), rejection.code())?;
        writeln!(f, "              WWW-Authenticate: {challenge}")
    }
}

impl Rejected<'_> {
    /// What would have been right.
    fn expectation(
        &self,
        f: &mut fmt::Formatter<'_>,
        whereabouts: &Whereabouts<'_>,
    ) -> fmt::Result {
        let config = self.config;
        let mut compare = |claim: Claim, expected: &[String]| {
            let found = whereabouts.claim(claim.name()).unwrap_or_else(|| "absent".to_owned());
            writeln!(f, "  {:<12}{found}\n  expected    {}", claim.name(), expected.join(", "))
        };
        match self.rejection {
            Rejection::IssuerMismatch => {
                compare(Claim::Issuer, config.issuers.as_deref().unwrap_or_default())
            }
            Rejection::AudienceMismatch => {
                let audiences = config.audiences.iter().flatten().map(|audience| match audience {
                    tollgate_core::policy::Audience::Exact(audience)
                    | tollgate_core::policy::Audience::Prefix(audience) => audience.clone(),
                });
                compare(Claim::Audience, &audiences.collect::<Vec<_>>())
            }
            Rejection::SubjectMismatch => compare(Claim::Subject, config.subject.as_slice()),
            Rejection::InsufficientScope => compare(Claim::Scope, &config.required_scopes),
            Rejection::RequiredClaimMissing { index } => match config.required_claims.get(index) {
                Some(claim) => writeln!(f, "  claim       {}", claim.path()),
                None => Ok(()),
            },
            Rejection::Expired { exp: time, now }
            | Rejection::NotYetValid { nbf: time, now }
            | Rejection::IssuedInFuture { iat: time, now }
            | Rejection::TooOld { iat: time, now } => {
                writeln!(f, "  when        {}", When { time, now })
            }
            Rejection::UnknownKey | Rejection::AmbiguousKey => {
                writeln!(f, "  keys        {}", KeyList(self.keys))
            }
            _ => Ok(()),
        }
    }
}

struct KeyList<'a>(&'a Keys<'a>);

impl fmt::Display for KeyList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        for (index, key) in self.0.keys().iter().take(MOST).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match key.id() {
                Some(id) => write!(f, "{separator}{}", Untrusted(id.as_str()))?,
                None => write!(f, "{separator}one without kid")?,
            }
            write!(f, " ({})", key.verifier().algorithm())?;
        }
        if self.0.keys().len() > MOST { f.write_str(", …") } else { Ok(()) }
    }
}
