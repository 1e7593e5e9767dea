//! The endpoint that signs users out (OpenID Connect RP-Initiated Logout §2).

use http::header::SET_COOKIE;
use http::{Method, StatusCode};

use super::browser_sessions::{BrowserSession, SessionCookie};
use super::parameters::{Parameters, Repeated, with_parameters};
use super::same_origin::is_same_origin;
use super::secrets::NoRandomness;
use super::tokens::IssuedToken;
use super::{Answer, Asked, Provider};

/// A request to sign out.
pub(super) struct LogoutRequest {
    /// The app as users see it, if the request names one.
    pub(super) client_name: Option<String>,
    /// Where the browser goes afterwards. It is registered.
    pub(super) target: Option<String>,
    state: Option<String>,
    /// The session that the ID token names.
    sid: Option<String>,
    /// The whole request as a query, for the form of the page.
    pub(super) query: String,
}

impl Provider {
    pub(super) fn end_session(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        if *asked.method == Method::POST {
            return Ok(self.with_get(asked, "/end_session"));
        }
        let request = match self.logout_request(asked) {
            Ok(request) => request,
            Err(reason) => return Ok(self.pages.error(StatusCode::BAD_REQUEST, reason).into()),
        };
        let session = self.browser_session(asked);
        match session {
            // Another site can make the browser come here, so the user is asked. An ID token of this very session
            // shows that an app asks in which the user is signed in.
            Some(session) if request.sid.as_ref() != Some(&session.sid) => {
                Ok(self.pages.end_session(&self.settings, &request, &session.account.name))
            }
            _ => self.signed_out(asked, &request),
        }
    }

    pub(super) fn confirm_end_session(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        if !is_same_origin(asked.headers, self.settings.origin()) {
            let reason = "This form was sent by another site. Go back, and try again.";
            return Ok(self.pages.error(StatusCode::FORBIDDEN, reason).into());
        }
        let request = match self.logout_request(asked) {
            Ok(request) => request,
            Err(reason) => return Ok(self.pages.error(StatusCode::BAD_REQUEST, reason).into()),
        };
        match asked.form().get("decision") {
            Ok(Some("sign-out")) => self.signed_out(asked, &request),
            _ => Ok(self.pages.still_signed_in(&request).into()),
        }
    }

    /// Ends the browser's session, and sends the browser where the request says.
    fn signed_out(
        &self,
        asked: &Asked<'_>,
        request: &LogoutRequest,
    ) -> Result<Answer, NoRandomness> {
        let cookie = SessionCookie::of(asked.headers, &self.settings);
        let ended = cookie.and_then(|cookie| self.state().sessions.end(&cookie));
        let mut answer = match &request.target {
            Some(target) => {
                let state = request.state.as_deref().map(|state| ("state", state));
                let location = match state {
                    Some(state) => with_parameters(target, &[state]),
                    None => target.clone(),
                };
                self.redirect(asked, &location)
            }
            None => self.pages.signed_out().into(),
        };
        if let Some(ended) = ended {
            answer.notices = self.logout_notices(&ended, asked.now)?;
        }
        let cookie = SessionCookie::clear(&self.settings);
        answer.response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
        Ok(answer)
    }

    fn browser_session(&self, asked: &Asked<'_>) -> Option<BrowserSession> {
        let cookie = SessionCookie::of(asked.headers, &self.settings);
        self.state().sessions.get(cookie.as_ref(), &self.settings, asked.now).cloned()
    }

    fn logout_request(&self, asked: &Asked<'_>) -> Result<LogoutRequest, &'static str> {
        let parameters = Parameters::parse(asked.query.as_bytes());
        if parameters.are_too_long() {
            return Err("The request is too long.");
        }
        let get =
            |name| parameters.get(name).map_err(|Repeated(_)| "The request repeats a parameter.");
        // One that is unknown counts as absent: it may be from before the last start.
        let hint = get("id_token_hint")?;
        let hint = hint.and_then(|hint| self.state().tokens.get(hint).cloned());
        let (hinted_client, sid) = match hint {
            Some(IssuedToken::Id { client_id, sid, .. }) => (Some(client_id), Some(sid)),
            _ => (None, None),
        };
        let client_id = match (get("client_id")?, hinted_client) {
            (Some(client), Some(hinted)) if client != hinted => {
                return Err("The ID token belongs to another app than client_id names.");
            }
            (Some(client), _) => Some(client.to_owned()),
            (None, hinted) => hinted,
        };
        let client = match client_id {
            None => None,
            Some(id) => Some(self.settings.client(&id).ok_or("The request names an unknown app.")?),
        };
        let target = match get("post_logout_redirect_uri")? {
            None => None,
            Some(uri) => {
                let is_registered =
                    client.is_some_and(|client| client.has_post_logout_redirect_uri(uri));
                if !is_registered {
                    return Err(
                        "The post_logout_redirect_uri is not registered for an app that the \
                                request names by client_id or id_token_hint.",
                    );
                }
                Some(uri.to_owned())
            }
        };
        Ok(LogoutRequest {
            client_name: client.map(|client| client.name.clone()),
            target,
            state: get("state")?.map(str::to_owned),
            sid,
            query: parameters.to_query(),
        })
    }
}
