//! [`TokenAnswer`]: what the token endpoint says (RFC 6749 §5).

use http::{Response, StatusCode};
use serde::{Deserialize, Deserializer};

use super::callback::visible;

/// The tokens for a code or a refresh token. Nothing in it is believed yet.
#[derive(Clone, Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: String,
    token_type: String,
    /// In seconds.
    #[serde(default, deserialize_with = "seconds")]
    pub(super) expires_in: Option<u32>,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    /// The scopes, if they are not those that were asked for.
    pub(super) scope: Option<String>,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoTokens {
    /// The code or refresh token is not valid, or no longer: `invalid_grant`.
    InvalidGrant,
    /// The client is refused: its settings are wrong.
    Client(String),
    /// What the client asks for is refused: for this user, or for this target.
    Refused(String),
    /// The answer does not have the form that the standard requires.
    Malformed(String),
    /// The endpoint does not work at the moment.
    Unavailable(String),
}

impl TokenAnswer {
    pub(super) fn read(response: &Response<Vec<u8>>) -> Result<Self, NoTokens> {
        let status = response.status();
        if status != StatusCode::OK {
            return Err(refusal(status, response.body()));
        }
        let malformed = |what: &str| NoTokens::Malformed(what.to_owned());
        let answer: Self = serde_json::from_slice(response.body())
            .map_err(|error| NoTokens::Malformed(without_values(&error)))?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return Err(malformed("token_type is not Bearer"));
        }
        if !is_token(&answer.access_token) {
            return Err(malformed("access_token is empty, or not visible ASCII"));
        }
        if answer.refresh_token.as_deref().is_some_and(|token| !is_token(token)) {
            return Err(malformed("refresh_token is empty, or not visible ASCII"));
        }
        if answer
            .scope
            .as_deref()
            .is_some_and(|scope| !scope.bytes().all(|byte| (0x20..0x7f).contains(&byte)))
        {
            return Err(malformed("scope is not visible ASCII"));
        }
        Ok(answer)
    }
}

/// Says what is wrong and where, without quoting: a token might be in it.
fn without_values(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a member is missing, repeated or of another type",
        _ => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Reads an error (RFC 6749 §5.2).
fn refusal(status: StatusCode, body: &[u8]) -> NoTokens {
    #[derive(Deserialize)]
    struct ErrorAnswer {
        error: String,
        error_description: Option<String>,
    }
    let answer = serde_json::from_slice::<ErrorAnswer>(body).ok();
    let is_client_error = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    match answer {
        Some(answer) if is_client_error && answer.error == "invalid_grant" => {
            NoTokens::InvalidGrant
        }
        Some(answer) if is_client_error => {
            let is_of_client = matches!(&*answer.error, "invalid_client" | "unauthorized_client");
            let description = answer.error_description.unwrap_or_default();
            let text = visible(&format!("{} {description}", answer.error)).trim_end().to_owned();
            if is_of_client { NoTokens::Client(text) } else { NoTokens::Refused(text) }
        }
        _ => NoTokens::Unavailable(format!("the token endpoint answers HTTP {status}")),
    }
}

/// Whether a text is `1*VSCHAR` (RFC 6749, appendix A.12), without spaces, which no header could carry.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Some providers write the number as a text.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(u64),
        Text(String),
    }
    let seconds = match Option::<Seconds>::deserialize(from)? {
        None => return Ok(None),
        Some(Seconds::Number(seconds)) => Some(seconds),
        Some(Seconds::Text(text)) => text.parse().ok(),
    };
    let seconds = seconds.ok_or_else(|| serde::de::Error::custom("expires_in is no number"))?;
    Ok(Some(u32::try_from(seconds).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_answer_is_described_without_its_values() {
        for (body, what) in [
            ("secret", "it is not JSON (line 1, "),
            ("{\n\"access_token\": \"secret\"", "it is not JSON (line 2, "),
            (
                "{\"secret\": \"secret\"}",
                "a member is missing, repeated or of another type (line 1, ",
            ),
            (
                "{\"access_token\":\n[\"secret\"]}",
                "a member is missing, repeated or of another type (line 2, ",
            ),
        ] {
            let answer = TokenAnswer::read(&Response::new(body.as_bytes().to_vec()));
            let described = match answer {
                Err(NoTokens::Malformed(described)) => described,
                _ => String::new(),
            };
            assert!(described.starts_with(what), "{body}: {described}");
            assert!(!described.contains("secret"), "{described}");
        }
    }
}
