//! [`Refusal`]: what the log says about a refused request.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use super::decision::Decision;
use super::endpoints::Setup;
use super::log_text;
use super::original_request::Check;
use super::trace_parent;

/// A refused request. All texts are fit for the log, and none has a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    reason: &'static str,
    method: Option<String>,
    /// Without the query.
    path: Option<String>,
    /// The number of the rule that decides, in the order of the file.
    rule: Option<u64>,
    token: TokenFacts,
    request_id: Option<String>,
    /// The trace of a valid `traceparent` (W3C Trace Context).
    trace_id: Option<String>,
}

/// What the token of a request says.
#[derive(Debug, Default, PartialEq, Eq)]
struct TokenFacts {
    issuer: Option<String>,
    kid: Option<String>,
    /// Whether the signature is valid. If not, anyone can have written the token.
    verified: Option<bool>,
    /// Only if it is verified.
    subject: Option<String>,
}

impl Refusal {
    /// Describes a refusal. `headers` are those of the check.
    pub(super) fn of(
        setup: &Setup,
        check: Check<'_>,
        headers: &HeaderMap,
        decision: &Decision,
    ) -> Self {
        let original = setup.access.original.as_ref();
        let rule = original.and_then(|(proxy, rules)| {
            let request = check.original_request(*proxy, headers).ok()?;
            u64::try_from(rules.decide(&request, headers).rule?.number).ok()
        });
        let (method, uri) = check.claimed_request(setup.proxy, headers);
        let path = uri.map(|uri| uri.split(|byte| *byte == b'?').next().unwrap_or_default());
        let token = setup.access.sources.find(headers).ok();
        let facts = |token: &str| TokenFacts::of(token, decision.is_token_verified());
        Self {
            reason: decision.reason(),
            method: method.map(log_text::of_bytes),
            path: path.map(log_text::of_bytes),
            rule,
            token: token.map(|found| facts(found.token.as_str())).unwrap_or_default(),
            request_id: headers
                .get("x-request-id")
                .map(HeaderValue::as_bytes)
                .map(log_text::of_bytes),
            trace_id: trace_parent::trace_id(headers).map(str::to_owned),
        }
    }

    /// Logs it.
    pub(super) fn log(&self) {
        let Self { reason, method, path, rule, token, request_id, trace_id } = self;
        let TokenFacts { issuer, kid, verified, subject } = token;
        tracing::info!(
            reason,
            method = method.as_deref(),
            path = path.as_deref(),
            rule,
            issuer = issuer.as_deref(),
            kid = kid.as_deref(),
            verified,
            subject = subject.as_deref(),
            request_id = request_id.as_deref(),
            trace_id = trace_id.as_deref(),
            "refused"
        );
    }
}

impl TokenFacts {
    fn of(token: &str, is_verified: bool) -> Self {
        let mut parts = token.split('.').map(members);
        let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Self {
            issuer: text(&claims, "iss"),
            kid: text(&header, "kid"),
            verified: Some(is_verified),
            subject: if is_verified { text(&claims, "sub") } else { None },
        }
    }
}

/// The members of the JSON object in a part of a token; none if it is malformed.
fn members(part: &str) -> Map<String, Value> {
    let json = Base64UrlUnpadded::decode_vec(part).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).map(log_text::of)
}
