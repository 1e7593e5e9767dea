//! The verdict about a request that a proxy asks about, and its answer.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use tollgate::gate::{Denied, Gate, Identity, json_response};

use super::origin::{BadOrigin, Proxy};
use super::rules::{Decision, Rules};

const USER: HeaderName = HeaderName::from_static("x-auth-request-user");
const SCOPE: HeaderName = HeaderName::from_static("x-auth-request-scope");
const CLIENT: HeaderName = HeaderName::from_static("x-auth-request-client");
const ISSUER: HeaderName = HeaderName::from_static("x-auth-request-issuer");
const AUDIENCE: HeaderName = HeaderName::from_static("x-auth-request-audience");
const EXPIRES: HeaderName = HeaderName::from_static("x-auth-request-expires");

/// What becomes of a request.
pub(crate) enum Verdict {
    /// It passes: with whom its token names, or nobody if it needs no token.
    Pass { reason: &'static str, identity: HeaderMap },
    /// Its token is refused, or there are no keys.
    Denied(Denied),
    /// It is refused whatever its token.
    Forbidden(Forbidden),
}

/// Why a request is refused whatever its token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error("{0}")]
    Origin(#[from] BadOrigin),
    #[error("no rule for this path lists the request's method")]
    MethodNotListed,
    #[error("the path spells a configured path with an encoding that can be read in two ways")]
    PathAmbiguous,
    #[error("a claim of the token cannot be told in a header: it is not visible ASCII")]
    IdentityNotAscii,
}

/// Judges a request by what the proxy says of it.
pub(crate) async fn judge(
    gate: &Gate,
    access: Option<&(Proxy, Rules)>,
    method: &Method,
    target: &str,
    headers: &HeaderMap,
) -> Verdict {
    let decision = match access {
        Some((proxy, rules)) => match proxy.origin(method, target, headers) {
            Ok(origin) => rules.decide(&origin, headers),
            Err(error) => return Verdict::Forbidden(error.into()),
        },
        None => Decision::Token { scopes: &[] },
    };
    let scopes = match decision {
        Decision::Public => return Verdict::pass_without_token("public"),
        Decision::Preflight => return Verdict::pass_without_token("preflight"),
        Decision::Token { scopes } => scopes,
        Decision::MethodNotListed => return Verdict::Forbidden(Forbidden::MethodNotListed),
        Decision::PathAmbiguous => return Verdict::Forbidden(Forbidden::PathAmbiguous),
    };
    match gate.authorize_request(headers, scopes).await {
        Ok(identity) => match identity_headers(Some(&identity)) {
            Some(identity) => Verdict::Pass { reason: "accepted", identity },
            None => Verdict::Forbidden(Forbidden::IdentityNotAscii),
        },
        Err(denied) => Verdict::Denied(denied),
    }
}

impl Verdict {
    fn pass_without_token(reason: &'static str) -> Self {
        // Nothing is always told.
        Self::Pass { reason, identity: identity_headers(None).unwrap_or_default() }
    }

    /// A stable name, kebab-case, for metrics and logs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Pass { reason, .. } => reason,
            Self::Denied(denied) => denied.reason(),
            Self::Forbidden(Forbidden::Origin(BadOrigin::Path(_))) => "path-malformed",
            Self::Forbidden(Forbidden::Origin(_)) => "origin-unclear",
            Self::Forbidden(Forbidden::MethodNotListed) => "method-not-listed",
            Self::Forbidden(Forbidden::PathAmbiguous) => "path-ambiguous",
            Self::Forbidden(Forbidden::IdentityNotAscii) => "identity-not-ascii",
        }
    }

    /// The answer for the proxy.
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

/// The identity headers; `None` if a claim cannot be told in one. All of them are in every answer
/// that lets a request pass, empty if there is nothing to tell, so that what a client sends under
/// these names is always overwritten.
fn identity_headers(identity: Option<&Identity>) -> Option<HeaderMap> {
    let expires = identity.and_then(Identity::expires).map(|expires| expires.to_string());
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(USER, visible(identity.and_then(Identity::subject))?);
    headers.insert(SCOPE, visible(identity.and_then(Identity::scope))?);
    headers.insert(CLIENT, visible(identity.and_then(Identity::client_id))?);
    headers.insert(ISSUER, visible(identity.and_then(Identity::issuer))?);
    headers.insert(AUDIENCE, visible(identity.and_then(Identity::audience))?);
    headers.insert(EXPIRES, visible(expires.as_deref())?);
    Some(headers)
}

/// Visible ASCII with spaces only inside: what every server along the way reads in one way only.
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
    fn only_visible_ascii_is_told_in_a_header() {
        for claim in ["", "user_7f3k", "read:orders write:orders", "a  b", "~!\"#"] {
            assert_eq!(visible(Some(claim)).unwrap(), claim);
        }
        assert_eq!(visible(None).unwrap(), "");
        for claim in [" a", "a ", "a\tb", "a\r\nX: b", "ü", "\u{7f}", "\0"] {
            assert!(visible(Some(claim)).is_none(), "{claim:?}");
        }
    }

    #[test]
    fn nobody_has_all_headers_and_they_are_empty() {
        let headers = identity_headers(None).unwrap();
        assert_eq!(headers.len(), 6);
        assert!(headers.values().all(|value| value.is_empty()));
    }
}
