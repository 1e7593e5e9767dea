//! Sends a case through the core.

use tollgate_core::{Jwk, SignatureVerifier, UnusableKey};

use super::case::{Case, Outcome, Word};
use crate::oracle::{Policy, Request, Verdict};
use crate::verify::{Refused, verify_request};

/// Returns the core's outcome of the case, with engines that `make` makes.
pub fn run_with<V: SignatureVerifier>(
    case: &Case,
    make: impl Fn(&Jwk<'_>) -> Result<V, UnusableKey>,
) -> Outcome {
    let (reason, blame) = match verify_request(&case.request(), &make) {
        Ok(_) => (None, None),
        Err(Refused::Token(rejection)) => (Some(rejection.reason()), Some(rejection)),
        Err(Refused::Keys(error)) => (Some(error.reason()), None),
    };
    let jws = match verify_request(&case.jws_request(), &make) {
        Ok(_) => true,
        Err(refused) => Verdict::from(refused).is_valid_jws(),
    };
    Outcome {
        word: Word::accept(reason.is_none()),
        reason: reason.map(str::to_owned),
        code: blame.map(|rejection| rejection.code().to_owned()),
        status: blame.map(|rejection| rejection.http_status()),
        jws: Some(Word::accept(jws)),
    }
}

impl Case {
    /// The request that asks for structure, header, key and signature alone.
    pub fn jws_request(&self) -> Request {
        let mut request = self.request();
        request.policy = Policy { algorithms: request.policy.algorithms, ..Policy::default() };
        request
    }
}
