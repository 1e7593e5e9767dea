//! The form by which users let an app have what it asks for.

use super::authorize::Step;
use super::browser_sessions::SessionCookie;
use super::secrets::NoRandomness;
use super::{Answer, Asked, Provider};

impl Provider {
    pub(super) fn consent(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        let form = match self.user_form(asked) {
            Ok(form) => form,
            Err(answer) => return Ok(*answer),
        };
        let cookie = SessionCookie::of(asked.headers, &self.settings);
        let session =
            self.state().sessions.get(cookie.as_ref(), &self.settings, asked.now).cloned();
        let does_allow = asked.form().get("decision") == Ok(Some("allow"));
        match (session, cookie) {
            // Who has not given the password for this request yet, if it asks for it, gives it now.
            (Some(session), Some(cookie)) if does_allow => {
                match Step::of(&form.request, Some(&session), None, asked.now) {
                    Step::Consent | Step::Issue => {
                        self.issue(asked, &form.request, session, &cookie)
                    }
                    _ => self.proceed(asked, &form.request, Some(&cookie)),
                }
            }
            (_, cookie) => self.proceed(asked, &form.request, cookie.as_ref()),
        }
    }
}
