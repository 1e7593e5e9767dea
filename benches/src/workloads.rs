//! Groups of subjects that are compared with each other.

pub mod series;

use std::hint::black_box;
use std::rc::Rc;

use tollgate_core::Algorithm;

use crate::fixtures::{Issuer, Specimen};
use crate::ours::{self, NamedEngine};
use crate::peers::{self, Peer};

use series::{keys, payload, reject};

/// Subjects that are measured in turns, so that their ratios are meaningful.
pub struct Group {
    /// The heading of their table.
    pub title: String,
    /// A word or two for what the ratios are relative to.
    pub baseline: &'static str,
    /// The first is the baseline.
    pub cases: Vec<Case>,
}

/// One line of the results.
pub struct Case {
    /// The name of the workload, such as `token/es256`.
    pub workload: String,
    /// The name of the subject.
    pub subject: &'static str,
    /// A few words about the subject.
    pub note: String,
    specimens: Rc<[Specimen]>,
    accepts: bool,
    verify: Box<dyn FnMut(&Specimen) -> bool>,
}

impl Case {
    fn new(
        workload: &str,
        subject: &'static str,
        note: impl Into<String>,
        specimens: Rc<[Specimen]>,
        verify: impl FnMut(&Specimen) -> bool + 'static,
    ) -> Self {
        Self {
            workload: workload.into(),
            subject,
            note: note.into(),
            specimens,
            accepts: true,
            verify: Box::new(verify),
        }
    }

    /// Whether this is Tollgate.
    pub fn is_ours(&self) -> bool {
        self.subject.starts_with("tollgate")
    }

    /// Checks that the subject works: every specimen gets the right verdict, and forgeries of good
    /// ones are refused.
    ///
    /// # Errors
    ///
    /// Returns the name of the subject and the specimen that it gets wrong.
    pub fn check(&mut self) -> Result<(), String> {
        let Self { workload, subject, specimens, .. } = &*self;
        let name = format!("{workload} {subject}");
        let specimens = Rc::clone(specimens);
        let others = specimens.iter().cycle().skip(1);
        for (specimen, other) in specimens.iter().zip(others) {
            if (self.verify)(specimen) != self.accepts {
                return Err(format!(
                    "{name} gives the wrong verdict on {}",
                    specimen.header_value()
                ));
            }
            if self.accepts && (self.verify)(&specimen.signed_as(other)) {
                return Err(format!("{name} accepts a forgery of {}", specimen.header_value()));
            }
        }
        Ok(())
    }

    /// Verifies `iterations` specimens in turn, beginning with the one at `start`.
    ///
    /// # Panics
    ///
    /// Panics if a specimen gets the wrong verdict.
    pub fn run(&mut self, start: usize, iterations: u64) {
        let start = start % self.specimens.len();
        let specimens = self.specimens.iter().cycle().skip(start);
        for (specimen, _) in specimens.zip(0..iterations) {
            assert_eq!((self.verify)(black_box(specimen)), self.accepts);
        }
    }
}

/// Returns everything that `compare` measures.
pub fn all() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for issuer in of_signatures() {
        groups.push(signature(&issuer, ours::engines(&issuer), peers::of_signatures(&issuer)));
    }
    for issuer in of_tokens() {
        groups.push(token(&issuer, ours::engines(&issuer), peers::of_tokens(&issuer)));
    }
    groups.extend([keys(), payload(), reject()]);
    groups
}

/// The keys whose signatures are measured alone.
pub fn of_signatures() -> Vec<Issuer> {
    let mut issuers: Vec<_> = [
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::EdDsa,
        Algorithm::Es512,
    ]
    .into_iter()
    .map(|algorithm| Issuer::new(algorithm, "issuer"))
    .collect();
    issuers.push(Issuer::rsa(Algorithm::Rs256, "4096"));
    issuers
}

/// The keys whose tokens are measured: those for which there are peers.
pub fn of_tokens() -> Vec<Issuer> {
    [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256, Algorithm::EdDsa]
        .into_iter()
        .map(|algorithm| Issuer::new(algorithm, "issuer"))
        .collect()
}

/// Verifies signatures over the signed part of an access token, hashing included.
pub fn signature(issuer: &Issuer, engines: Vec<NamedEngine>, peers: Vec<Peer>) -> Group {
    let workload = format!("signature/{}", issuer.name());
    let specimens: Rc<[Specimen]> = issuer.access_tokens().into();
    let len = specimens[0].signing_input().len();
    let mut cases = Vec::new();
    for engine in engines {
        let (subject, note) = (engine.subject, engine.note.clone());
        let verify = engine.verify_signatures(issuer.algorithm());
        cases.push(Case::new(&workload, subject, note, specimens.clone(), verify));
    }
    cases.extend(peers.into_iter().map(|peer| peer_case(&workload, peer, &specimens)));
    let title = format!("{workload}: a signature of {len} bytes, hashing included");
    Group { title, baseline: "tollgate", cases }
}

/// Verifies access tokens, from the value of an `Authorization` header to accepted claims.
pub fn token(issuer: &Issuer, engines: Vec<NamedEngine>, peers: Vec<Peer>) -> Group {
    let workload = format!("token/{}", issuer.name());
    let specimens: Rc<[Specimen]> = issuer.access_tokens().into();
    let len = specimens[0].token().len();
    let mut cases = Vec::new();
    for engine in engines {
        let (subject, note) = (engine.subject, engine.note.clone());
        let verify = engine.verify_tokens(issuer);
        cases.push(Case::new(&workload, subject, note, specimens.clone(), verify));
    }
    cases.extend(peers.into_iter().map(|peer| peer_case(&workload, peer, &specimens)));
    let title = format!("{workload}: a whole token of {len} bytes, from header to claims");
    Group { title, baseline: "tollgate", cases }
}

fn peer_case(workload: &str, peer: Peer, specimens: &Rc<[Specimen]>) -> Case {
    Case::new(workload, peer.subject, peer.note, Rc::clone(specimens), peer.verify)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_accepts_good_specimens_and_refuses_forgeries() {
        for group in all() {
            assert_eq!(group.cases[0].subject, "tollgate", "the baseline");
            for mut case in group.cases {
                assert_eq!(case.check(), Ok(()));
            }
        }
    }
}
