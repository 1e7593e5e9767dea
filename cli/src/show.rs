//! Shows verdicts to people.

mod time;
mod whereabouts;

use std::fmt;
use std::io::Write;

use tollgate::explanation::Explanation;
use tollgate::gate::Issuer;
use tollgate_core::{AcceptedToken, Claim, Claims, Header, NumericDate, Rejection, UnixTime};

use crate::error::Error;
use crate::keys::LoadedKeys;
use crate::style::{BAD, GOOD, RESET};
pub(crate) use time::When;
pub(crate) use tollgate::untrusted::{Untrusted, compact_json};
use whereabouts::Whereabouts;

/// Writes to standard output, in colours if the terminal supports them.
pub(crate) fn print(text: impl fmt::Display) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    write!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(Error::Output)
}

/// Writes a line to standard error. If that fails, there is nowhere to say so.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Shows an accepted token.
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
            None => f.write_str(" by the only key for that algorithm"),
        }
    }
}

/// Shows the claims of a token, one per line, the well-known ones first.
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

/// Shows why a token was rejected, with help to find the cause.
pub(crate) struct Rejected<'a> {
    pub(crate) rejection: Rejection,
    pub(crate) input: &'a [u8],
    pub(crate) issuer: &'a Issuer,
    pub(crate) keys: &'a LoadedKeys<'a>,
}

impl fmt::Display for Rejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejection = self.rejection;
        writeln!(f, "{BAD}REJECTED{RESET}  {}\n\n  {rejection}\n", rejection.reason())?;
        let whereabouts = Whereabouts { rejection, input: self.input };
        write!(f, "{whereabouts}")?;
        self.expectation(f, &String::from_utf8_lossy(whereabouts.token()))?;
        let challenge = rejection.challenge(None, &self.issuer.scope);
        writeln!(f, "  answer      HTTP {} {}", rejection.http_status(), rejection.code())?;
        writeln!(f, "              WWW-Authenticate: {challenge}")
    }
}

impl Rejected<'_> {
    /// Shows what the token has, what the policy expects, and which setting decides.
    fn expectation(&self, f: &mut fmt::Formatter<'_>, token: &str) -> fmt::Result {
        let rejection = self.rejection;
        match rejection {
            Rejection::Expired { exp: time, now }
            | Rejection::NotYetValid { nbf: time, now }
            | Rejection::IssuedInFuture { iat: time, now }
            | Rejection::TooOld { iat: time, now } => {
                writeln!(f, "  when        {}", When { time, now })?;
            }
            Rejection::UnknownKey | Rejection::AmbiguousKey => {
                writeln!(f, "  keys        {}", KeyList(self.keys))?;
            }
            _ => {}
        }
        write!(f, "{}", Facts(&Explanation::new(rejection, token, self.issuer)))
    }
}

/// Shows an explanation, each part on its line.
pub(crate) struct Facts<'a>(pub(crate) &'a Explanation);

impl fmt::Display for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in self.0.facts() {
            let name = Untrusted(fact.name.as_str()).to_string();
            match &fact.found {
                None => writeln!(f, "  {name:<11} absent")?,
                Some(found) if self.0.is_verified() => writeln!(f, "  {name:<11} {found}")?,
                Some(found) => writeln!(f, "  {name:<11} {found}  (unverified)")?,
            }
            writeln!(f, "  expected    {}", fact.wanted)?;
            if let Some(setting) = fact.setting {
                writeln!(f, "  setting     {setting}")?;
            }
        }
        Ok(())
    }
}

struct KeyList<'a>(&'a LoadedKeys<'a>);

impl fmt::Display for KeyList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        for (index, key) in self.0.keys().iter().take(MOST).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match key.id() {
                Some(id) => write!(f, "{separator}{}", Untrusted(id.as_str()))?,
                None => write!(f, "{separator}one without kid")?,
            }
            write!(f, " ({})", key.algorithms())?;
        }
        if self.0.keys().len() > MOST { f.write_str(", …") } else { Ok(()) }
    }
}
