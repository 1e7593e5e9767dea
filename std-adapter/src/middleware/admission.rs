//! [`Admission`]: what a layer of this crate has found out about a request.

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Extensions, Request};

use crate::gate::{Gate, Identity};

/// Proof that a layer has let a request pass. Other code cannot forge it in a request's extensions,
/// since only layers can make one.
#[derive(Clone)]
pub(super) struct Admission {
    pub(super) gate: Gate,
    authenticated: Option<Authentication>,
}

#[derive(Clone)]
struct Authentication {
    /// The header field that the gate judged.
    authorization: Option<HeaderValue>,
    identity: Identity,
}

impl Admission {
    /// Lets a request pass whose token the gate has accepted.
    pub(super) fn admit<B>(request: &mut Request<B>, gate: Gate, identity: Identity) {
        let authorization = the_only_line(request.headers()).cloned();
        let authentication = Authentication { authorization, identity: identity.clone() };
        request.extensions_mut().insert(identity);
        request.extensions_mut().insert(Self { gate, authenticated: Some(authentication) });
    }

    /// Lets a request pass that carries no credentials.
    pub(super) fn admit_anonymous<B>(request: &mut Request<B>, gate: Gate) {
        // An identity that other code put there does not belong to this request.
        request.extensions_mut().remove::<Identity>();
        request.extensions_mut().insert(Self { gate, authenticated: None });
    }

    /// The admission by the innermost layer that the request has passed.
    #[cfg(feature = "axum")]
    pub(super) fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The identity, if the request has one.
    #[cfg(feature = "axum")]
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.authenticated.as_ref().map(|authentication| &authentication.identity)
    }

    /// The identity that an outer layer with the same `gate` has found in the same header field. The
    /// gate need not verify the token again.
    pub(super) fn known<'r>(
        headers: &HeaderMap,
        extensions: &'r Extensions,
        gate: &Gate,
    ) -> Option<&'r Identity> {
        let admission: &Self = extensions.get()?;
        let Authentication { authorization, identity } = admission.authenticated.as_ref()?;
        let is_same = the_only_line(headers)? == authorization.as_ref()?;
        (is_same && admission.gate.is(gate)).then_some(identity)
    }
}

/// The `Authorization` field line, if there is exactly one.
fn the_only_line(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    lines.next().filter(|_| lines.next().is_none())
}
