//! The page on which users create an account.

use http::{Method, StatusCode};
use serde_json::Map;

use super::accounts::Account;
use super::login::UserForm;
use super::secrets::NoRandomness;
use super::{Answer, Asked, Provider};

const TAKEN: &str = "This user name is taken. Choose another one.";

impl Provider {
    pub(super) fn register(&self, asked: &Asked<'_>) -> Result<Answer, NoRandomness> {
        let form = match self.user_form(asked) {
            Ok(form) => form,
            Err(answer) => return Ok(*answer),
        };
        let UserForm { request, name, password, .. } = &form;
        if *asked.method != Method::POST {
            return Ok(self.pages.register(&self.settings, request, &request.login_hint, None));
        }
        let problem = |text| {
            let mut answer = self.pages.register(&self.settings, request, name, Some(text));
            *answer.response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            answer
        };
        if self.state().accounts.has(name) {
            return Ok(problem(TAKEN));
        }
        // Without the lock: it takes long.
        let account = match Account::new(&self.settings, name, password, Map::new())? {
            Ok(account) => account,
            Err(text) => return Ok(problem(text)),
        };
        let is_added = self.state().accounts.add(account.clone());
        match is_added {
            true => self.sign_in(asked, request, account),
            false => Ok(problem(TAKEN)),
        }
    }
}
