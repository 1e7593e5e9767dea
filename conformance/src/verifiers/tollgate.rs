//! Tollgate itself, with the engine that a server has by default.

use tollgate::keys;
use tollgate_tests::corpus;

use super::{Answer, Verifier};
use crate::rule::Need;

pub(super) fn verifier() -> Verifier {
    Verifier {
        name: "Tollgate",
        version: env!("CARGO_PKG_VERSION").to_owned(),
        adapter: "By its library: `BearerToken`, `KeySet` and `Policy`, with the default engine of \
                  servers. The reason must be the expected one, too, and the HTTP status.",
        offers: Need::ALL,
        answer: Box::new(|rule| {
            let verdict = corpus::run_with(&rule.case, keys::with_table);
            let reason = verdict.reason.clone().unwrap_or_default();
            match (verdict == rule.case.outcome, rule.accepts()) {
                (true, true) => Answer::Accepted,
                (true, false) => Answer::Refused(reason),
                // Right for the wrong reason is wrong.
                (false, true) => Answer::Refused(reason),
                (false, false) => Answer::Accepted,
            }
        }),
    }
}
