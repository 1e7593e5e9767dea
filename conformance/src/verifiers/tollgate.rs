//! The adapter for Tollgate itself, with a table for each key.

use tollgate::keys;
use tollgate_tests::corpus;

use super::{Answer, Verifier};
use crate::rule::Need;

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "Tollgate",
        version: env!("CARGO_PKG_VERSION").to_owned(),
        adapter: "`BearerToken`, `KeySet` and `Policy`, with a table for each key. The reason \
                  and the HTTP status must match, too.",
        offers: Need::ALL,
        lacks: &[],
        answer: Box::new(|rule| {
            let verdict = corpus::run_with(&rule.case, keys::with_table);
            let reason = verdict.reason.clone().unwrap_or_default();
            match (verdict == rule.case.outcome, rule.accepts()) {
                (true, true) => Answer::Accepted,
                (true, false) => Answer::Refused(reason),
                // A refusal for the wrong reason counts as an acceptance, and so as a fault.
                (false, true) => Answer::Refused(reason),
                (false, false) => Answer::Accepted,
            }
        }),
    }
}
