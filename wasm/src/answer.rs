//! [`Answer`]: what JavaScript gets, as JSON.

use serde::Serialize;
use tollgate::tollgate_core::{AcceptedToken, Rejection, UnusableKey};

use crate::verifier::Unusable;

/// The answers, of which `index.d.ts` describes the types.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Answer<'a> {
    Opened { keys: usize, left_out: Vec<LeftOut> },
    Error { error: String, reason: &'static str },
    Rejected(Rejected<'a>),
}

/// A key that cannot verify tokens.
#[derive(Serialize)]
pub(crate) struct LeftOut {
    index: usize,
    reason: String,
}

#[derive(Serialize)]
pub(crate) struct Rejected<'a> {
    accepted: bool,
    code: &'a str,
    reason: &'a str,
    message: String,
    status: u16,
    challenge: String,
}

impl Answer<'_> {
    pub(crate) fn opened(keys: usize, left_out: &[(usize, UnusableKey)]) -> String {
        let reasons = left_out.iter();
        let reasons =
            reasons.map(|(index, reason)| LeftOut { index: *index, reason: reason.to_string() });
        Self::Opened { keys, left_out: reasons.collect() }.json()
    }

    pub(crate) fn error(error: &Unusable) -> String {
        Self::Error { error: error.to_string(), reason: error.reason() }.json()
    }

    pub(crate) fn rejection(rejection: Rejection, scopes: &[&str]) -> String {
        Self::Rejected(Rejected {
            accepted: false,
            code: rejection.code(),
            reason: rejection.reason(),
            message: rejection.to_string(),
            status: rejection.http_status(),
            challenge: rejection.challenge(None, scopes).to_string(),
        })
        .json()
    }

    /// The header and the claims are JSON already, which the core has checked.
    pub(crate) fn acceptance(token: &AcceptedToken<'_>) -> String {
        let (claims, header) = (token.claims().object().as_str(), token.header().object().as_str());
        ["{\"accepted\":true,\"claims\":", claims, ",\"header\":", header, "}"].concat()
    }

    fn json(&self) -> String {
        // Such types always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}
