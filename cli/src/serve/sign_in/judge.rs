//! Decides about a request that comes with a session, or without any credentials.

use http::header::{AUTHORIZATION, HeaderMap, LOCATION};
use http::{Response, StatusCode};
use tollgate::gate::Demand;
use tollgate::sign_in::{Session, SignInError, Target};

use super::access_of_session::meets;
use super::browsers::Browsers;
use super::host;
use crate::serve::decision::{AuthConfig, Decision, Forbidden};
use crate::serve::identity_headers::Person;
use crate::serve::original_request::{Check, Proxy};
use crate::serve::rules::Credentials;

/// A request that requires something.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) check: Check<'a>,
    pub(crate) method: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) demand: &'a Demand,
    /// Which credentials the rule accepts.
    pub(crate) credentials: Credentials,
}

/// Decides about a request without a token. `None` leaves it to the gate: it has another kind of credentials, or its
/// rule accepts no sessions.
pub(crate) async fn judge(
    browsers: &Browsers,
    access: &AuthConfig,
    asked: Asked<'_>,
) -> Option<Decision> {
    let Asked { check, method, headers, demand, credentials } = asked;
    if has_token(access, headers) || !credentials.session {
        return match credentials.bearer {
            true => None,
            false => Some(Decision::Forbidden(Forbidden::BearerNotAccepted)),
        };
    }
    let host = host::of_check(browsers.proxy, check, headers).unwrap_or_default();
    let Some(site) = browsers.at(host) else {
        let host = String::from_utf8_lossy(host).into_owned();
        return Some(Decision::Forbidden(Forbidden::Misdirected(host)));
    };
    let sign_in = &site.sign_in;
    let (_, target) = check.claimed_request(Some(browsers.proxy), headers);
    // A target that is not visible ASCII is no path to return to.
    let target = target.and_then(|target| std::str::from_utf8(target).ok()).unwrap_or("/");
    let page = |reason, error: &SignInError| {
        Decision::Page(reason, Box::new(sign_in.error_page(error, headers, target)))
    };
    let session = match sign_in.session(headers).await {
        Ok(Some(session)) => session,
        Ok(None) => {
            let response = sign_in.sign_in_required(method, target, headers);
            let response = fit_for(browsers.proxy, response);
            return Some(Decision::Page("sign-in-required", Box::new(response)));
        }
        Err(error) => return Some(page(error.code(), &error)),
    };
    if !credentials.cross_site
        && let Err(cross_site) = access.origins.check(method, headers)
    {
        return Some(Decision::Forbidden(Forbidden::CrossSite(cross_site)));
    }
    if !meets(&session, demand, browsers.resource.as_deref()) {
        return Some(page("not-permitted", &SignInError::NotPermitted));
    }
    Some(pass(browsers, access, &session).await)
}

/// The identity headers for a request that needs no credentials, if it comes with a session: a public page may greet
/// its user. `None` if there is no session that counts, which is not an error here.
pub(crate) async fn visitor(
    browsers: &Browsers,
    access: &AuthConfig,
    check: Check<'_>,
    method: &str,
    headers: &HeaderMap,
) -> Option<HeaderMap> {
    if has_token(access, headers) || access.origins.check(method, headers).is_err() {
        return None;
    }
    let site = browsers.at(host::of_check(browsers.proxy, check, headers)?)?;
    let session = site.sign_in.session(headers).await.ok()??;
    match pass(browsers, access, &session).await {
        Decision::Pass { identity, .. } => Some(identity),
        _ => None,
    }
}

/// Whether a request carries a token, whatever it is worth. Bearer and session never mix, so its session is then not
/// looked at.
fn has_token(access: &AuthConfig, headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || !access.sources.are_silent(headers)
}

async fn pass(browsers: &Browsers, access: &AuthConfig, session: &Session) -> Decision {
    let access_token = match access.identity.has_access_token() {
        true => session.access_token(Target::Default).await.ok(),
        false => None,
    };
    let person = Person {
        client: Some(session.client_id()),
        audience: browsers.resource.as_deref(),
        access_token: access_token.as_deref(),
        ..Person::of_session(session)
    };
    match access.identity.of(Some(&person)) {
        Ok(identity) => Decision::Pass { reason: "session", identity },
        Err(uncarried) => Decision::Forbidden(Forbidden::Identity(uncarried)),
    }
}

/// nginx lets only 401 and 403 through its check. Its recipe turns a 401 with a location into a redirect.
fn fit_for(proxy: Proxy, mut response: Response<String>) -> Response<String> {
    if matches!(proxy, Proxy::Nginx | Proxy::IngressNginx)
        && response.headers().contains_key(LOCATION)
    {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    response
}
