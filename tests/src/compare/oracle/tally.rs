use std::collections::BTreeMap;
use std::fmt;

use tollgate_core::Rejection;

use crate::generator::MUTATIONS;
use crate::oracle::{Stage, Verdict};

/// What became of the requests.
#[derive(Default)]
pub struct Tally {
    /// Where oracle and core differ.
    pub disagreements: Vec<String>,
    tokens: u64,
    accepted: u64,
    past: u64,
    stages: BTreeMap<Stage, u64>,
    /// By the core's reason.
    reasons: BTreeMap<String, u64>,
    /// By the mutation's index.
    mutations: BTreeMap<usize, Row>,
}

#[derive(Clone, Copy, Default)]
struct Row {
    tokens: u64,
    accepted: u64,
    past: u64,
}

impl Tally {
    pub(super) fn count(&mut self, mutations: &[usize], verdict: &Verdict, fault: Option<&str>) {
        let accepted = u64::from(matches!(verdict, Verdict::Accepted(_)));
        let past = u64::from(verdict.is_past_the_signature());
        self.tokens += 1;
        self.accepted += accepted;
        self.past += past;
        if let Verdict::Refused { stage, .. } = verdict {
            *self.stages.entry(*stage).or_default() += 1;
        }
        if let Some(reason) = fault.and_then(|fault| fault.split(' ').next()) {
            *self.reasons.entry(reason.to_owned()).or_default() += 1;
        }
        for mutation in mutations {
            let row = self.mutations.entry(*mutation).or_default();
            row.tokens += 1;
            row.accepted += accepted;
            row.past += past;
        }
    }

    /// Adds what became of other requests.
    pub fn add(&mut self, other: Self) {
        self.disagreements.extend(other.disagreements);
        self.tokens += other.tokens;
        self.accepted += other.accepted;
        self.past += other.past;
        for (stage, count) in other.stages {
            *self.stages.entry(stage).or_default() += count;
        }
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        for (mutation, more) in other.mutations {
            let row = self.mutations.entry(mutation).or_default();
            row.tokens += more.tokens;
            row.accepted += more.accepted;
            row.past += more.past;
        }
    }

    /// Lists the gaps of the comparison: kinds of tokens that are missing or too rare.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        if self.past * 3 < self.tokens {
            gaps.push("less than a third gets past the signature".to_owned());
        }
        if self.accepted * 10 < self.tokens {
            gaps.push("less than a tenth is accepted".to_owned());
        }
        for stage in Stage::ALL.iter().filter(|stage| !self.stages.contains_key(stage)) {
            gaps.push(format!("nothing is refused at the stage {stage:?}"));
        }
        for reason in reasons().filter(|reason| !self.reasons.contains_key(*reason)) {
            gaps.push(format!("nothing is refused as {reason}"));
        }
        for index in (0..MUTATIONS.len()).filter(|index| !self.mutations.contains_key(index)) {
            gaps.push(format!("never used: {}", MUTATIONS[index]));
        }
        gaps
    }
}

/// Every reason that a generated token or key set can meet. Only memory and the caller's own types have
/// others.
fn reasons() -> impl Iterator<Item = &'static str> {
    let of_tokens = Rejection::reasons().map(|reason| reason.name);
    of_tokens
        .filter(|name| !["scratch-too-small", "custom-claims"].contains(name))
        .chain(["key-set-too-large", "key-set-without-keys"])
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_all = |count: u64| count as f64 * 100.0 / self.tokens.max(1) as f64;
        writeln!(f, "{:>9} {:>9} {:>9}", "tokens", "past sig.", "accepted")?;
        for (index, row) in &self.mutations {
            let Row { tokens, past, accepted } = row;
            writeln!(f, "{tokens:>9} {past:>9} {accepted:>9}  {}", MUTATIONS[*index])?;
        }
        writeln!(f, "\nrefused as")?;
        for (reason, count) in &self.reasons {
            writeln!(f, "{count:>9}  {reason}")?;
        }
        writeln!(f, "\nrefused at the stage")?;
        for (stage, count) in &self.stages {
            writeln!(f, "{count:>9}  {stage:?}")?;
        }
        writeln!(f, "\n{:>9}  tokens, each by two engines", self.tokens)?;
        writeln!(f, "{:>9}  past the signature ({:.1} %)", self.past, of_all(self.past))?;
        writeln!(f, "{:>9}  accepted ({:.1} %)", self.accepted, of_all(self.accepted))?;
        write!(f, "{:>9}  disagreements", self.disagreements.len())
    }
}
