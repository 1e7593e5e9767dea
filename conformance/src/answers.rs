//! Collects the answers of all verifiers to all rules, and judges them.

use tollgate_tests::corpus::Standing;

use crate::rule::Rule;
use crate::verifiers::{Answer, Verifier};

/// The answers of all verifiers to all rules.
pub struct Answers {
    /// The rules, in the corpus's order.
    pub rules: Vec<Rule>,
    /// Tollgate, then its peers.
    pub verifiers: Vec<Verifier>,
    /// For each rule, the answer of each verifier.
    pub said: Vec<Vec<Answer>>,
}

/// How an answer compares with the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// As the rule requires.
    Kept,
    /// Accepts a token that a standard says to refuse.
    Accepts,
    /// Refuses a token that a standard says to accept.
    Refuses,
    /// Different from the rule, which no standard requires.
    Otherwise,
    /// The library has no interface for the rule.
    NotAsked,
    /// The rule is newer than the recorded answers.
    Unknown,
}

impl Judgement {
    /// Judges one answer to one rule.
    pub fn of(rule: &Rule, answer: &Answer) -> Self {
        let accepted = match answer {
            Answer::Accepted => true,
            Answer::Refused(_) | Answer::Crashed(_) => false,
            Answer::NotAsked(_) => return Self::NotAsked,
            Answer::Unknown => return Self::Unknown,
        };
        match (accepted, rule.accepts(), rule.standing) {
            (true, true, _) | (false, false, _) => Self::Kept,
            (_, _, Standing::Open(_) | Standing::Own(_)) => Self::Otherwise,
            (true, false, Standing::Required) => Self::Accepts,
            (false, true, Standing::Required) => Self::Refuses,
        }
    }
}

impl Answers {
    /// Asks every verifier about every rule.
    pub fn ask(rules: Vec<Rule>, verifiers: Vec<Verifier>) -> Self {
        let hook = std::panic::take_hook();
        // Panics are answers here.
        std::panic::set_hook(Box::new(|_| ()));
        let answers = |rule: &Rule| verifiers.iter().map(|it| it.answer(rule)).collect();
        let said = rules.iter().map(answers).collect();
        std::panic::set_hook(hook);
        Self { rules, verifiers, said }
    }

    /// Returns the rules, each with its answers.
    pub fn each(&self) -> impl Iterator<Item = (&Rule, &[Answer])> {
        self.rules.iter().zip(self.said.iter().map(Vec::as_slice))
    }

    /// Returns the faults of Tollgate or of an adapter, which fail the run.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (rule, answers) in self.each() {
            let id = &rule.case.id;
            if answers.first().is_none_or(|ours| Judgement::of(rule, ours) != Judgement::Kept) {
                faults.push(format!("Tollgate breaks {id}: {:?}", answers.first()));
            }
            // A verifier that refuses a plain token or accepts a forged one has a broken adapter.
            let is_plain = ["three_parts_are_accepted", "alg_es256_is_accepted"];
            let is_plain = is_plain.contains(&id.as_str()) || id == "alg_es384_is_accepted";
            let is_forged = id == "signature_of_another_key_is_rejected";
            for (verifier, answer) in self.verifiers.iter().zip(answers) {
                let name = verifier.name;
                let may_lack = matches!(answer, Answer::NotAsked(_)) && id.contains("es384");
                match answer {
                    Answer::Accepted if is_forged => {
                        faults.push(format!(
                            "the adapter of {name} is broken: it accepts a forged token, {id}"
                        ));
                    }
                    Answer::Accepted | Answer::Unknown => (),
                    _ if is_plain && !may_lack => {
                        faults.push(format!(
                            "the adapter of {name} is broken: {id} is answered by {answer:?}"
                        ));
                    }
                    _ => (),
                }
            }
        }
        faults
    }
}
