//! [`Callback`]: the provider's answer, which the browser brings (RFC 6749 §4.1.2).

use url::form_urlencoded;

use super::attempt::Attempt;
use super::error::SignInError;

/// The maximum length of an answer in bytes. Some providers' codes have more than 1,000.
pub(super) const MAX_ANSWER_LEN: usize = 16 * 1024;

/// The maximum number of parameters of an answer.
const MAX_PARAMETERS: usize = 32;

/// The maximum number of characters that are logged of what the provider says.
const MAX_DESCRIPTION: usize = 200;

/// The errors that a provider may answer (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, RFC 8707 §2,
/// RFC 9470 §5, Initiating User Registration §4.2).
const REGISTERED: [&str; 18] = [
    "invalid_request",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    "invalid_target",
    "unmet_authentication_requirements",
];

/// The provider's answer. Nothing in it is believed yet.
#[derive(Default)]
pub(super) struct Callback {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A code that belongs to an attempt of this browser, by `state` and `iss`.
pub(super) struct AuthorizationCode {
    pub(super) code: String,
    pub(super) attempt: Attempt,
    /// Who answered, if the answer says so.
    pub(super) iss: Option<String>,
}

/// From whom answers are accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answerer<'a> {
    /// The names of the issuer. If there are none, any is accepted.
    pub(super) issuers: &'a [String],
    /// Whether answers must have `iss` (RFC 9207 §2.4).
    pub(super) returns_iss: bool,
}

impl Callback {
    /// Reads a query, or a form of the response mode `form_post`.
    pub(super) fn parse(answer: &[u8]) -> Result<Self, SignInError> {
        let malformed = |what| Err(SignInError::CallbackMalformed(what));
        if answer.len() > MAX_ANSWER_LEN {
            return malformed("it is too long");
        }
        let mut callback = Self::default();
        let mut seen = Vec::new();
        for (name, value) in form_urlencoded::parse(answer) {
            // Whatever it means, nobody may choose between two (RFC 6749 §3.1).
            if seen.contains(&name) {
                return malformed("a parameter is there twice");
            }
            if seen.len() == MAX_PARAMETERS {
                return malformed("it has too many parameters");
            }
            let place = match &*name {
                "state" => Some(&mut callback.state),
                "code" => Some(&mut callback.code),
                "iss" => Some(&mut callback.iss),
                "error" => Some(&mut callback.error),
                "error_description" => Some(&mut callback.error_description),
                _ => None,
            };
            // Without a value, it counts as absent (RFC 6749 §3.1).
            if let Some(place) = place
                && !value.is_empty()
            {
                *place = Some(value.into_owned());
            }
            seen.push(name);
        }
        Ok(callback)
    }

    /// The `state`, which names the attempt.
    pub(super) fn state(&self) -> Result<&str, SignInError> {
        self.state.as_deref().ok_or(SignInError::CallbackMalformed("state is missing"))
    }

    /// Takes the code, if the answer is this provider's answer to this attempt, whose `state` was compared.
    pub(super) fn answer(
        self,
        attempt: Attempt,
        answerer: Answerer<'_>,
    ) -> Result<AuthorizationCode, SignInError> {
        match &self.iss {
            Some(iss) if !answerer.issuers.is_empty() && !answerer.issuers.contains(iss) => {
                return Err(SignInError::IssuerMismatch(Some(visible(iss))));
            }
            None if answerer.returns_iss => return Err(SignInError::IssuerMismatch(None)),
            _ => {}
        }
        match (self.code, self.error) {
            (Some(code), None) => Ok(AuthorizationCode { code, attempt, iss: self.iss }),
            (None, Some(error)) => Err(SignInError::Provider {
                error: registered(&error),
                description: self.error_description.as_deref().map(visible),
            }),
            (Some(_), Some(_)) => {
                Err(SignInError::CallbackMalformed("it has both a code and an error"))
            }
            (None, None) => {
                Err(SignInError::CallbackMalformed("it has neither a code nor an error"))
            }
        }
    }
}

/// The name of an error, if it is one that a standard knows.
fn registered(error: &str) -> &'static str {
    REGISTERED.into_iter().find(|name| *name == error).unwrap_or("other")
}

/// The beginning of a text, with only visible ASCII and spaces.
pub(super) fn visible(text: &str) -> String {
    let shown = text.chars().take(MAX_DESCRIPTION);
    shown.map(|character| if matches!(character, ' '..='~') { character } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::return_path::ReturnPath;
    use super::*;

    fn error_of(answer: &str) -> SignInError {
        let attempt =
            Attempt::start(&ReturnPath::root(), "https://app.example.com/callback", None, 0);
        let answerer = Answerer { issuers: &[], returns_iss: false };
        let callback = Callback::parse(answer.as_bytes()).unwrap();
        callback.answer(attempt.unwrap(), answerer).map(|_| ()).unwrap_err()
    }

    #[test]
    fn an_error_has_a_registered_name_and_a_description_of_200_visible_characters() {
        let provider = |error, description: Option<&str>| SignInError::Provider {
            error,
            description: description.map(str::to_owned),
        };
        assert_eq!(error_of("error=access_denied"), provider("access_denied", None));
        assert_eq!(error_of("error=%3Cb%3E"), provider("other", None));
        assert_eq!(
            error_of("error=server_error&error_description=a%0D%0Ab+~%7F%C3%A9"),
            provider("server_error", Some("a??b ~??"))
        );
        let long = format!("error=server_error&error_description={}", "a".repeat(201));
        assert_eq!(error_of(&long), provider("server_error", Some(&"a".repeat(200))));
    }
}
