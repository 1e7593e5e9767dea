//! The authorization endpoint: decides what the user has to do next, and issues codes.

use std::sync::Arc;

use http::{Method, StatusCode};

use super::accounts::Account;
use super::authorization_request::{AuthorizationError, AuthorizationRequest, Refusal};
use super::bounded::Bounded;
use super::browser_sessions::{BrowserSession, SessionCookie};
use super::grants::GrantId;
use super::parameters::{Parameters, with_parameters};
use super::secrets::{Fingerprint, NoRandomness, random_text};
use super::{Answer, Asked, Provider};

const MAX_CODES: usize = 1000;

/// The codes, by their fingerprints.
pub(super) struct Codes(pub(super) Bounded<Fingerprint, Code>);

/// What a code stands for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) request: AuthorizationRequest,
    pub(super) sign_in: SignIn,
    /// In seconds since 1970.
    pub(super) expires: i64,
    pub(super) redeemed: Redeemed,
}

/// Who has signed in, when and in which session.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub(super) account: Arc<Account>,
    pub(super) sid: String,
    pub(super) auth_time: i64,
}

/// Whether a code has been used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redeemed {
    No,
    /// In vain, if there is no grant.
    Yes(Option<GrantId>),
}

/// What has to happen next in a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    LogIn,
    Register,
    Consent,
    Issue,
    /// Nothing may be shown to the user.
    LoginRequired,
}

impl Default for Codes {
    fn default() -> Self {
        Self(Bounded::new(MAX_CODES))
    }
}

impl Step {
    /// The next step of a request by the user of `session`. `hinted` is the subject of the request's
    /// `id_token_hint`.
    pub(super) fn of(
        request: &AuthorizationRequest,
        session: Option<&BrowserSession>,
        hinted: Option<&str>,
        now: i64,
    ) -> Self {
        let is_signed_in = session.is_some_and(|session| {
            let is_recent = request
                .max_age
                .is_none_or(|max_age| now.saturating_sub(session.auth_time) < max_age);
            let is_asked_for_password = request.prompt.login || request.prompt.create;
            let is_hinted = hinted.is_none_or(|subject| session.account.subject == subject);
            is_hinted
                && (session.is_fresh_for(&request.query) || (is_recent && !is_asked_for_password))
        });
        match is_signed_in {
            false if request.prompt.none => Self::LoginRequired,
            false if request.prompt.create || request.registers_first => Self::Register,
            false => Self::LogIn,
            true if request.prompt.consent => Self::Consent,
            true => Self::Issue,
        }
    }
}

impl Provider {
    pub(super) fn authorize(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        if *asked.method == Method::POST {
            return Ok(self.with_get(asked, "/authorize"));
        }
        let parameters = Parameters::parse(asked.query.as_bytes());
        let request = match self.authorization_request(asked, &parameters) {
            Ok(request) => request,
            Err(answer) => return Ok(*answer),
        };
        let cookie = SessionCookie::of(asked.headers, &self.settings);
        self.proceed(asked, &request, cookie.as_ref())
    }

    /// The request in these parameters, or what to do about one that cannot be granted.
    pub(super) fn authorization_request(
        &self,
        asked: &Asked<'_>,
        parameters: &Parameters,
    ) -> Result<AuthorizationRequest, Box<Answer>> {
        AuthorizationRequest::parse(&self.settings, parameters).map_err(|error| {
            Box::new(match error {
                AuthorizationError::Page(reason) => {
                    self.pages.error(StatusCode::BAD_REQUEST, reason).into()
                }
                AuthorizationError::Redirect(refusal) => self.refuse(asked, &refusal),
            })
        })
    }

    /// Shows what the user has to do next, or sends the browser back with a code.
    pub(super) fn proceed(
        &self,
        asked: &Asked<'_>,
        request: &AuthorizationRequest,
        cookie: Option<&SessionCookie>,
    ) -> Result<Answer, NoRandomness> {
        let state = self.state();
        let session = state.sessions.get(cookie, &self.settings, asked.now).cloned();
        let hint = request.id_token_hint.as_deref();
        let hinted = hint.map(|hint| state.tokens.subject_of_id_token(hint).unwrap_or_default());
        drop(state);
        let name = session.as_ref().map_or("", |session| &session.account.name);
        match Step::of(request, session.as_ref(), hinted.as_deref(), asked.now) {
            Step::LogIn => {
                // Who has to give the password again need not give the name.
                let hint = match request.login_hint.as_str() {
                    "" => name,
                    hint => hint,
                };
                Ok(self.pages.login(&self.settings, request, hint, None))
            }
            Step::Register => {
                Ok(self.pages.register(&self.settings, request, &request.login_hint, None))
            }
            Step::Consent => Ok(self.pages.consent(&self.settings, request, name)),
            Step::LoginRequired => {
                Ok(self.refuse(asked, &request.refusal("login_required", "nobody is signed in")))
            }
            Step::Issue => match (session, cookie) {
                (Some(session), Some(cookie)) => self.issue(asked, request, session, cookie),
                _ => Ok(self.refuse(asked, &request.refusal("server_error", "no session"))),
            },
        }
    }

    /// Sends the browser back with a code.
    pub(super) fn issue(
        &self,
        asked: &Asked<'_>,
        request: &AuthorizationRequest,
        session: BrowserSession,
        cookie: &SessionCookie,
    ) -> Result<Answer, NoRandomness> {
        let code = random_text::<32>()?;
        let BrowserSession { sid, account, auth_time, .. } = session;
        let issued = Code {
            request: request.clone(),
            sign_in: SignIn { account, sid, auth_time },
            expires: asked.now.saturating_add(self.settings.lifetimes.code),
            redeemed: Redeemed::No,
        };
        let mut state = self.state();
        if let Some(session) = state.sessions.get_mut(cookie) {
            // The next request with the same parameters asks again.
            session.fresh_for = None;
            if !session.clients.contains(&request.client_id) {
                session.clients.push(request.client_id.clone());
            }
        }
        state.codes.0.insert(Fingerprint::of(&code), issued);
        let parameters =
            [("code", code.as_str()), ("state", &request.state), ("iss", &self.settings.issuer)];
        let location = with_parameters(&request.redirect_uri, &parameters);
        Ok(self.redirect(asked, &location))
    }

    /// Asks the browser to come again with GET: it sends no cookie with a form of another site.
    pub(super) fn with_get(&self, asked: &Asked<'_>, path: &str) -> Answer {
        let form = asked.form();
        match form.are_too_long() {
            true => self.pages.error(StatusCode::BAD_REQUEST, "The request is too long.").into(),
            false => {
                let location = format!("{}?{}", self.settings.endpoint(path), form.to_query());
                self.redirect(asked, &location)
            }
        }
    }

    /// Sends the browser back with an error.
    pub(super) fn refuse(&self, asked: &Asked<'_>, refusal: &Refusal) -> Answer {
        self.redirect(asked, &refusal.location(&self.settings.issuer))
    }

    /// Never 307, which would repeat a POST request with its password (RFC 9700 §4.12).
    pub(super) fn redirect(&self, asked: &Asked<'_>, location: &str) -> Answer {
        let status = match *asked.method {
            Method::POST => StatusCode::SEE_OTHER,
            _ => StatusCode::FOUND,
        };
        self.pages.redirect(status, location).into()
    }
}
