//! Decides whether the request that a proxy asks about may pass, and writes the response.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use tollgate::gate::{Denied, Gate, Identity, json_response};

use super::original_request::{OriginalRequestError, Proxy};
use super::rules::{Requirement, Rules};

const USER: HeaderName = HeaderName::from_static("x-auth-request-user");
const SCOPE: HeaderName = HeaderName::from_static("x-auth-request-scope");
const CLIENT: HeaderName = HeaderName::from_static("x-auth-request-client");
const ISSUER: HeaderName = HeaderName::from_static("x-auth-request-issuer");
const AUDIENCE: HeaderName = HeaderName::from_static("x-auth-request-audience");
const EXPIRES: HeaderName = HeaderName::from_static("x-auth-request-expires");

/// Whether a request may pass.
pub(crate) enum Decision {
    /// It passes. The identity headers name the user, or are empty if no token is required.
    Pass { reason: &'static str, identity: HeaderMap },
    /// Its token is rejected, or the keys are not available.
    Denied(Denied),
    /// It is rejected, whatever its token.
    Forbidden(Forbidden),
}

/// Why a request is rejected, whatever its token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error("{0}")]
    OriginalRequest(#[from] OriginalRequestError),
    #[error("the rules for this path do not list the method of the request")]
    MethodNotListed,
    #[error(
        "the path matches a configured path only if its percent-encoding is decoded, and not all servers decode it"
    )]
    PathAmbiguous,
    #[error("the claim `{0}` contains characters that a header cannot carry")]
    IdentityNotAscii(&'static str),
}

/// Decides whether a request may pass, from what the proxy says about it.
pub(crate) async fn judge(
    gate: &Gate,
    access: Option<&(Proxy, Rules)>,
    method: &Method,
    target: &str,
    headers: &HeaderMap,
) -> Decision {
    let requirement = match access {
        Some((proxy, rules)) => match proxy.original_request(method, target, headers) {
            Ok(request) => rules.requirement(&request, headers),
            Err(error) => return Decision::Forbidden(error.into()),
        },
        None => Requirement::Token { scopes: &[] },
    };
    let scopes = match requirement {
        Requirement::Public => return Decision::pass_without_token("public"),
        Requirement::Preflight => return Decision::pass_without_token("preflight"),
        Requirement::Token { scopes } => scopes,
        Requirement::MethodNotListed => return Decision::Forbidden(Forbidden::MethodNotListed),
        Requirement::PathAmbiguous => return Decision::Forbidden(Forbidden::PathAmbiguous),
    };
    match gate.authorize_request(headers, scopes).await {
        Ok(identity) => match identity_headers(Some(&identity)) {
            Ok(identity) => Decision::Pass { reason: "accepted", identity },
            Err(claim) => Decision::Forbidden(Forbidden::IdentityNotAscii(claim)),
        },
        Err(denied) => Decision::Denied(denied),
    }
}

impl Decision {
    fn pass_without_token(reason: &'static str) -> Self {
        // Empty headers are always valid.
        Self::Pass { reason, identity: identity_headers(None).unwrap_or_default() }
    }

    /// The stable name of the reason (kebab-case), for metrics and logs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Pass { reason, .. } => reason,
            Self::Denied(denied) => denied.reason(),
            Self::Forbidden(Forbidden::OriginalRequest(OriginalRequestError::Path(_))) => {
                "path-malformed"
            }
            Self::Forbidden(Forbidden::OriginalRequest(_)) => "origin-unclear",
            Self::Forbidden(Forbidden::MethodNotListed) => "method-not-listed",
            Self::Forbidden(Forbidden::PathAmbiguous) => "path-ambiguous",
            Self::Forbidden(Forbidden::IdentityNotAscii(_)) => "identity-not-ascii",
        }
    }

    /// The response for the proxy.
    pub(crate) fn response<B: From<String>>(self, gate: &Gate) -> Response<B> {
        match self {
            Self::Pass { identity, .. } => {
                let mut response = Response::new(String::new().into());
                *response.headers_mut() = identity;
                response
            }
            Self::Denied(denied) => denied.response(gate),
            Self::Forbidden(forbidden) => {
                json_response(StatusCode::FORBIDDEN, "access_denied", &forbidden.to_string())
            }
        }
    }
}

/// The identity headers, or the name of a claim that a header cannot carry.
///
/// Every response that lets a request pass has all of them, empty if the claim is absent. So they
/// always overwrite headers of the same names that a client sent.
fn identity_headers(identity: Option<&Identity>) -> Result<HeaderMap, &'static str> {
    let expires = identity.and_then(Identity::expires).map(|expires| expires.to_string());
    let mut headers = HeaderMap::with_capacity(8);
    for (header, claim, value) in [
        (USER, "sub", identity.and_then(Identity::subject)),
        (SCOPE, "scope", identity.and_then(Identity::scope)),
        (CLIENT, "client_id", identity.and_then(Identity::client_id)),
        (ISSUER, "iss", identity.and_then(Identity::issuer)),
        (AUDIENCE, "aud", identity.and_then(Identity::audience)),
        (EXPIRES, "exp", expires.as_deref()),
    ] {
        headers.insert(header, visible(value).ok_or(claim)?);
    }
    Ok(headers)
}

/// The value of a header that every server reads in the same way: visible ASCII, with spaces only
/// inside.
fn visible(claim: Option<&str>) -> Option<HeaderValue> {
    let claim = claim.unwrap_or_default();
    let is_trimmed = claim.trim_matches(' ').len() == claim.len();
    let is_visible = claim.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_trimmed && is_visible { HeaderValue::from_str(claim).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_carries_visible_ascii_only() {
        for claim in ["", "user_7f3k", "read:orders write:orders", "a  b", "~!\"#"] {
            assert_eq!(visible(Some(claim)).unwrap(), claim);
        }
        assert_eq!(visible(None).unwrap(), "");
        for claim in [" a", "a ", "a\tb", "a\r\nX: b", "ü", "\u{7f}", "\0"] {
            assert!(visible(Some(claim)).is_none(), "{claim:?}");
        }
    }

    #[test]
    fn without_an_identity_all_headers_are_present_and_empty() {
        let headers = identity_headers(None).unwrap();
        assert_eq!(headers.len(), 6);
        assert!(headers.values().all(|value| value.is_empty()));
    }
}
