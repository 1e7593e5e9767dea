//! Challenges, the values of `WWW-Authenticate`: RFC 6750 §3, RFC 9470 §3.

use std::fmt::Write;

use tollgate_core::Rejection;

use super::{Demand, Gate};

/// Why a client should sign its user in again.
pub(super) const USER_AUTHENTICATION: &str = "the user has to sign in again, or in another way";

/// The challenge for a rejected request.
pub(super) fn rejected<S: AsRef<str>>(
    gate: &Gate,
    rejection: Rejection,
    scopes: &[S],
    demand: &Demand,
) -> String {
    let challenge = rejection.challenge(gate.0.realm.as_deref(), scopes);
    match demand.resource_metadata().or(gate.0.resource_metadata.as_deref()) {
        Some(url) => challenge.with_resource_metadata(url).to_string(),
        None => challenge.to_string(),
    }
}

/// The challenge for a token that is valid, but whose user has to authenticate again (RFC 9470 §3). It names
/// everything that the demand says about that, since the client asks the issuer for all of it.
pub(super) fn user_authentication(gate: &Gate, scopes: &[String], demand: &Demand) -> String {
    // The part that does not depend on the error.
    let mut challenge = rejected(gate, Rejection::AuthorizationMissing, scopes, demand);
    let mut parameter = |name: &str, value: &str| {
        let separator = if challenge.contains(' ') { ", " } else { " " };
        // Writing to a text cannot fail. No value needs escapes.
        let _ = write!(challenge, "{separator}{name}=\"{value}\"");
    };
    parameter("error", "insufficient_user_authentication");
    parameter("error_description", USER_AUTHENTICATION);
    if !demand.acr_values().is_empty() {
        parameter("acr_values", &demand.acr_values().join(" "));
    }
    if let Some(max_age) = demand.max_age() {
        parameter("max_age", &max_age.to_string());
    }
    challenge
}
