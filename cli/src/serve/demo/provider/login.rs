//! The page on which users give their password.

use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, Method, StatusCode};

use super::accounts::{Account, UserName};
use super::authorization_request::AuthorizationRequest;
use super::browser_sessions::SessionCookie;
use super::parameters::Parameters;
use super::same_origin::is_same_origin;
use super::secrets::NoRandomness;
use super::throttle::TooManyTries;
use super::{Answer, Asked, Provider};

/// A form of a user who signs in. The authorization request is in the query.
pub(super) struct UserForm {
    pub(super) request: AuthorizationRequest,
    pub(super) name: String,
    pub(super) password: String,
    is_cancelled: bool,
}

impl UserForm {
    fn new(request: AuthorizationRequest, form: &Parameters) -> Self {
        let value = |name| form.get(name).ok().flatten().unwrap_or_default().to_owned();
        Self {
            request,
            name: value("username"),
            password: value("password"),
            is_cancelled: value("decision") == "cancel",
        }
    }
}

impl Provider {
    pub(super) fn login(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        let form = match self.user_form(asked) {
            Ok(form) => form,
            Err(answer) => return Ok(*answer),
        };
        let UserForm { request, name, password, .. } = &form;
        let page = |problem| self.pages.login(&self.settings, request, name, problem);
        if *asked.method != Method::POST {
            return Ok(self.pages.login(&self.settings, request, &request.login_hint, None));
        }
        let user_name = UserName::new(name);
        let admitted = self.state().throttle.admit(&user_name, asked.now);
        let Ok(delay) = admitted else {
            let TooManyTries = TooManyTries;
            let mut answer = page(Some("Too many tries. Wait some seconds, and try again."));
            *answer.response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            return Ok(answer);
        };
        let account = self.state().accounts.find(name);
        // Without the lock: it takes long.
        let is_right = account.has_password(password);
        let mut answer = match is_right {
            true => {
                self.state().throttle.succeeded(&user_name);
                self.sign_in(asked, request, account)?
            }
            false => page(Some("The user name or password is wrong.")),
        };
        answer.delay = delay;
        Ok(answer)
    }

    /// The form in a request to a page of users, or what to do about one that is not taken.
    pub(super) fn user_form(&self, asked: &Asked<'_>) -> Result<UserForm, Box<Answer>> {
        let is_post = *asked.method == Method::POST;
        if is_post && !is_same_origin(asked.headers, self.settings.origin()) {
            let reason = "This form was sent by another site. Go back, and try again.";
            return Err(Box::new(self.pages.error(StatusCode::FORBIDDEN, reason).into()));
        }
        let query = Parameters::parse(asked.query.as_bytes());
        let request = self.authorization_request(asked, &query)?;
        let form = if is_post { asked.form() } else { Parameters::default() };
        let form = UserForm::new(request, &form);
        match form.is_cancelled {
            true => {
                let refusal = form.request.refusal("access_denied", "the user has cancelled");
                Err(Box::new(self.refuse(asked, &refusal)))
            }
            false => Ok(form),
        }
    }

    /// Opens a session for a user who has just given the password, and proceeds.
    pub(super) fn sign_in(
        &self,
        asked: &Asked<'_>,
        request: &AuthorizationRequest,
        account: Arc<Account>,
    ) -> Result<Answer, NoRandomness> {
        let former = SessionCookie::of(asked.headers, &self.settings);
        let opened =
            self.state().sessions.open(former.as_ref(), account, &request.query, asked.now);
        let (cookie, ended) = opened?;
        let mut answer = self.proceed(asked, request, Some(&cookie))?;
        if let Some(ended) = ended {
            answer.notices = self.logout_notices(&ended, asked.now)?;
        }
        let cookie: Option<HeaderValue> = cookie.set(&self.settings);
        answer.response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
        Ok(answer)
    }
}
