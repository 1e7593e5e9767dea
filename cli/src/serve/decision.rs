//! Decides whether the request that a proxy asks about may pass, and writes the response.

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use tollgate::cross_site::CrossSite;
use tollgate::explanation::Explanation;
use tollgate::gate::{Demand, Denied, Gate, json_response};
use tollgate::untrusted::Excerpt;
use tollgate_core::{BearerToken, Rejection, Stage};

use super::cors::CorsOrigins;
use super::cross_site::{self, PublicOrigins};
use super::identity_headers::{IdentityHeaders, Person, Uncarried};
use super::original_request::{Check, OriginalRequestError, Proxy};
use super::rules::{Credentials, McpFault, Requirement, Rules};
use super::sign_in::{self, Asked, Browsers};
use super::token_source::{TokenError, TokenSources};

/// What decides about a request, besides the gate.
#[derive(Default)]
pub(crate) struct AuthConfig {
    /// The rules, and the proxy that passes on the original request. Sources with a cookie need it.
    pub(crate) original: Option<(Proxy, Rules)>,
    pub(crate) sources: TokenSources,
    pub(crate) origins: PublicOrigins,
    pub(crate) cors: CorsOrigins,
    pub(crate) identity: IdentityHeaders,
}

/// Whether a request may pass.
pub(crate) enum Decision {
    /// It passes. The identity headers name the user, or are empty if no token is required.
    Pass { reason: &'static str, identity: HeaderMap },
    /// Its token is rejected, or the keys are not available. The explanation is for the operator.
    Denied(Denied, Option<Explanation>),
    /// It has no token, or not exactly one. A gate denies a request without credentials so.
    NoToken(TokenError, Denied),
    /// It is rejected, whatever its token.
    Forbidden(Forbidden),
    /// Its browser gets this page, or is sent to sign-in, for this reason.
    Page(&'static str, Box<Response<String>>),
}

/// Why a request is rejected, whatever its token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error("{0}")]
    OriginalRequest(#[from] OriginalRequestError),
    #[error("the rules for this path do not list the method of the request")]
    MethodNotListed,
    #[error("a rule denies all requests for this path and method")]
    DeniedByRule,
    #[error("no rule matches this path, and all such requests are denied")]
    DeniedByDefault,
    #[error("which rule matches this path depends on how a server reads it, and servers differ")]
    PathAmbiguous,
    #[error("{0}")]
    Mcp(McpFault),
    #[error("a CORS preflight request carries no token, but this one does")]
    PreflightWithToken,
    #[error("another site may have sent this request with its user's cookie")]
    CrossSite(CrossSite),
    #[error("this path is for signed-in users, not for tokens")]
    BearerNotAccepted,
    #[error("this host name is not one of the app's")]
    Misdirected(String),
    #[error("a claim has a value that a header cannot carry")]
    Identity(Uncarried),
}

impl Forbidden {
    /// Why a request with this requirement is rejected, if no token helps.
    pub(crate) fn by(requirement: Requirement<'_>) -> Option<Self> {
        match requirement {
            Requirement::Public | Requirement::Preflight | Requirement::Token(_) => None,
            Requirement::Mcp(fault) => Some(Self::Mcp(fault)),
            Requirement::DeniedByRule => Some(Self::DeniedByRule),
            Requirement::DeniedByDefault => Some(Self::DeniedByDefault),
            Requirement::MethodNotListed => Some(Self::MethodNotListed),
            Requirement::PathAmbiguous => Some(Self::PathAmbiguous),
            Requirement::PathRefused(bad) => Some(OriginalRequestError::Path(bad).into()),
        }
    }
}

/// Decides whether a request may pass, from what the proxy says about it.
pub(crate) async fn judge(
    gate: &Gate,
    access: &AuthConfig,
    browsers: Option<&Browsers>,
    check: Check<'_>,
    headers: &HeaderMap,
) -> Decision {
    let (requirement, credentials, method) = match &access.original {
        Some((proxy, rules)) => match check.original_request(*proxy, headers) {
            Ok(request) => {
                let decided = rules.decide(&request, headers);
                (decided.requirement, decided.credentials(), request.method)
            }
            Err(error) => return Decision::Forbidden(error.into()),
        },
        // Only cookies need the method, and the configuration knows the proxy then.
        None => (Requirement::ANY_TOKEN, Credentials::ALL, ""),
    };
    if let Some(forbidden) = Forbidden::by(requirement) {
        return Decision::Forbidden(forbidden);
    }
    let Requirement::Token(demand) = requirement else {
        if requirement == Requirement::Public {
            let identity = match browsers {
                Some(browsers) => sign_in::visitor(browsers, access, check, method, headers).await,
                None => None,
            };
            return match identity {
                Some(identity) => Decision::Pass { reason: "public", identity },
                None => Decision::pass_without_token("public", access),
            };
        }
        return match access.sources.are_silent(headers) {
            true => Decision::pass_without_token("preflight", access),
            false => Decision::Forbidden(Forbidden::PreflightWithToken),
        };
    };
    if let Some(browsers) = browsers {
        let asked = Asked { check, method, headers, demand, credentials };
        if let Some(decision) = sign_in::judge(browsers, access, asked).await {
            return decision;
        }
    }
    let found = match access.sources.find(headers) {
        Ok(found) => found,
        Err(TokenError::Rejected(rejection)) => {
            return Decision::Denied(gate.refuse(rejection, demand), None);
        }
        Err(error) => {
            return Decision::NoToken(error, gate.refuse(Rejection::AuthorizationMissing, demand));
        }
    };
    if found.is_from_cookie
        && let Err(cross_site) = access.origins.check(method, headers)
    {
        return Decision::Forbidden(Forbidden::CrossSite(cross_site));
    }
    let decision = authorize(gate, access, found.token, demand).await;
    match decision {
        Decision::Denied(denied, _) if tracing::enabled!(tracing::Level::DEBUG) => {
            let explanation = gate.explain(&denied, found.token);
            Decision::Denied(denied, explanation)
        }
        decision => decision,
    }
}

/// Decides about the token of a request that requires one. A refusal is not explained.
pub(crate) async fn authorize(
    gate: &Gate,
    access: &AuthConfig,
    token: BearerToken<'_>,
    demand: &Demand,
) -> Decision {
    match gate.authorize_token(token, demand).await {
        Ok(identity) => match access.identity.of(Some(&Person::of_token(&identity))) {
            Ok(identity) => Decision::Pass { reason: "accepted", identity },
            Err(uncarried) => Decision::Forbidden(Forbidden::Identity(uncarried)),
        },
        Err(denied) => Decision::Denied(denied, None),
    }
}

impl Decision {
    fn pass_without_token(reason: &'static str, access: &AuthConfig) -> Self {
        // Every header can be empty.
        Self::Pass { reason, identity: access.identity.of(None).unwrap_or_default() }
    }

    /// The stable name of the reason (kebab-case), for metrics and logs.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Pass { reason, .. } => reason,
            Self::Denied(denied, _) => denied.reason(),
            Self::NoToken(error, _) => error.reason(),
            Self::Forbidden(Forbidden::OriginalRequest(OriginalRequestError::Path(_))) => {
                "path-malformed"
            }
            Self::Forbidden(Forbidden::OriginalRequest(_)) => "origin-unclear",
            Self::Forbidden(Forbidden::MethodNotListed) => "method-not-listed",
            Self::Forbidden(Forbidden::DeniedByRule) => "denied-by-rule",
            Self::Forbidden(Forbidden::DeniedByDefault) => "denied-by-default",
            Self::Forbidden(Forbidden::PathAmbiguous) => "path-ambiguous",
            Self::Forbidden(Forbidden::Mcp(_)) => "mcp-unclear",
            Self::Forbidden(Forbidden::PreflightWithToken) => "preflight-with-token",
            Self::Forbidden(Forbidden::CrossSite(_)) => "cross-site",
            Self::Forbidden(Forbidden::BearerNotAccepted) => "bearer-not-accepted",
            Self::Forbidden(Forbidden::Misdirected(_)) => "misdirected",
            Self::Forbidden(Forbidden::Identity(uncarried)) => uncarried.reason(),
            Self::Page(reason, _) => reason,
        }
    }

    /// Whether the request may not pass.
    pub(crate) const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Pass { .. })
    }

    /// Whether the signature of the token is known to be valid.
    pub(crate) fn is_token_verified(&self) -> bool {
        match self {
            Self::Denied(Denied::Rejected { rejection, .. }, _) => {
                rejection.stage() > Stage::Signature
            }
            Self::Denied(Denied::InsufficientUserAuthentication { .. }, _) => true,
            // Found only after the token was accepted.
            Self::Forbidden(Forbidden::Identity(_)) => true,
            _ => false,
        }
    }

    /// What the operator needs to know about a refusal, beyond its reason. The client is not told.
    pub(crate) fn explanation(&self) -> Option<String> {
        match self {
            Self::Forbidden(Forbidden::CrossSite(cross_site)) => {
                Some(cross_site::explanation(cross_site))
            }
            Self::Forbidden(Forbidden::Identity(uncarried)) => Some(uncarried.explanation()),
            Self::Forbidden(Forbidden::Misdirected(host)) => Some(format!(
                "the host is {}, and public_url lists no origin with it",
                Excerpt(host)
            )),
            Self::Forbidden(forbidden) => Some(forbidden.to_string()),
            Self::NoToken(error, _) => Some(format!("{error} (token_from)")),
            Self::Denied(_, Some(explanation)) => Some(explanation.to_string()),
            Self::Denied(denied, None) => Some(denied.to_string()),
            Self::Page(..) | Self::Pass { .. } => None,
        }
    }

    /// The response for the proxy.
    pub(crate) fn response<B: From<String> + Default>(self, gate: &Gate) -> Response<B> {
        match self {
            Self::Pass { identity, .. } => {
                let mut response = Response::new(B::default());
                *response.headers_mut() = identity;
                response
            }
            Self::Page(_, page) => page.map(B::from),
            Self::Denied(denied, _) => denied.response(gate),
            Self::NoToken(error, denied) => without_token(error, &denied, gate),
            Self::Forbidden(forbidden) => {
                json_response(StatusCode::FORBIDDEN, "access_denied", &forbidden.to_string())
            }
        }
    }
}

/// The response to a request without a token, or with several. Where a gate rejects the same in an
/// Authorization header, the response has the same status, code and challenge.
fn without_token<B: From<String>>(error: TokenError, denied: &Denied, gate: &Gate) -> Response<B> {
    let code = match error {
        TokenError::Repeated => "invalid_request",
        error => error.as_rejection().code(),
    };
    // Without credentials, a challenge says only that they are needed (RFC 6750 §3.1).
    let mut challenge = denied.challenge(gate).unwrap_or_default();
    if matches!(error, TokenError::Repeated | TokenError::Malformed) {
        let separator = if challenge.contains(' ') { ", " } else { " " };
        let error = format!("{separator}error=\"invalid_request\", error_description=\"{error}\"");
        challenge.push_str(&error);
    }
    let mut response = json_response(error.status(), code, &error.to_string());
    // A challenge consists of visible ASCII, whatever it quotes.
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
