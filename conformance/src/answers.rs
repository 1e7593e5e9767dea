//! Puts the question to all of them, and judges what they say.

use tollgate_tests::corpus::Standing;

use crate::rule::Rule;
use crate::verifiers::{Answer, Verifier};

/// All answers.
pub struct Answers {
    /// The rules, in the corpus's order.
    pub rules: Vec<Rule>,
    /// Tollgate, then its peers.
    pub verifiers: Vec<Verifier>,
    /// For each rule, what each verifier says.
    pub said: Vec<Vec<Answer>>,
}

/// What an answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// As the rule has it.
    Kept,
    /// A token is accepted that a standard says to refuse.
    Accepts,
    /// A token is refused that a standard says to accept.
    Refuses,
    /// Not as the rule has it, but no standard requires it.
    Otherwise,
    /// There is no interface for it.
    NotAsked,
    /// The rule is newer than the record.
    Unknown,
}

impl Judgement {
    /// Of one answer to one rule.
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
    /// Asks everybody everything.
    pub fn ask(rules: Vec<Rule>, verifiers: Vec<Verifier>) -> Self {
        let hook = std::panic::take_hook();
        // Panics are answers here.
        std::panic::set_hook(Box::new(|_| ()));
        let answers = |rule: &Rule| verifiers.iter().map(|it| it.answer(rule)).collect();
        let said = rules.iter().map(answers).collect();
        std::panic::set_hook(hook);
        Self { rules, verifiers, said }
    }

    /// The rules, each with what is said of it.
    pub fn each(&self) -> impl Iterator<Item = (&Rule, &[Answer])> {
        self.rules.iter().zip(self.said.iter().map(Vec::as_slice))
    }

    /// What is wrong with ourselves, or with an adapter. There must be nothing.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (rule, answers) in self.each() {
            let id = &rule.case.id;
            if answers.first().is_none_or(|ours| Judgement::of(rule, ours) != Judgement::Kept) {
                faults.push(format!("Tollgate breaks {id}: {:?}", answers.first()));
            }
            // Whoever refuses these, or accepts that, is not asked in the right way.
            let is_plain = ["three_parts_are_accepted", "alg_es256_is_accepted"];
            let is_plain = is_plain.contains(&id.as_str()) || id == "alg_es384_is_accepted";
            let is_forged = id == "signature_of_another_key_is_rejected";
            for (verifier, answer) in self.verifiers.iter().zip(answers) {
                let name = verifier.name;
                let may_lack = matches!(answer, Answer::NotAsked(_)) && id.contains("es384");
                match answer {
                    Answer::Accepted if is_forged => {
                        faults.push(format!("{name} accepts a forged token: {id}"));
                    }
                    Answer::Accepted | Answer::Unknown => (),
                    _ if is_plain && !may_lack => {
                        faults.push(format!("{name} does not accept a plain token: {answer:?}"));
                    }
                    _ => (),
                }
            }
        }
        faults
    }
}
