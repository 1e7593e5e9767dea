//! How the client authenticates at the provider's endpoints (OpenID Connect Core §9).

use base64ct::{Base64, Encoding};
use http::HeaderValue;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::provider::{Endpoints, ProviderError};
use super::settings::{ClientAuth, Settings};

/// A form for the token endpoint and its like, with what authenticates the client.
pub(super) struct ClientForm {
    pub(super) body: String,
    pub(super) authorization: Option<HeaderValue>,
}

/// Makes a form of these parameters and the client's credentials.
///
/// # Errors
///
/// The provider offers no way to authenticate that the client knows.
pub(super) fn form(
    settings: &Settings,
    endpoints: &Endpoints,
    parameters: &[(&str, &str)],
) -> Result<ClientForm, ProviderError> {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(parameters);
    let secret = settings.client_secret.as_ref().map(|secret| secret.expose());
    let authorization = match (method(settings, endpoints)?, secret) {
        (ClientAuth::Basic, Some(secret)) => Some(basic(&settings.client_id, secret)),
        (ClientAuth::Post, Some(secret)) => {
            form.append_pair("client_id", &settings.client_id).append_pair("client_secret", secret);
            None
        }
        _ => {
            form.append_pair("client_id", &settings.client_id);
            None
        }
    };
    Ok(ClientForm { body: form.finish(), authorization })
}

/// How the client authenticates: as its settings say, or else as the provider can.
fn method(settings: &Settings, endpoints: &Endpoints) -> Result<ClientAuth, ProviderError> {
    match settings.client_auth {
        Some(method) => Ok(method),
        None => endpoints.client_auth(settings.client_secret.is_some()),
    }
}

/// Both parts are form-encoded first (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &str) -> HeaderValue {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = format!("{}:{}", encoded(client_id), encoded(secret));
    let text = format!("Basic {}", Base64::encode_string(credentials.as_bytes()));
    // Base64 is visible ASCII.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::provider::Provider;
    use crate::sign_in::secret::Secret;

    #[test]
    fn the_client_authenticates_as_its_settings_say() {
        let provider = Provider::discover("https://auth.example.com/oidc");
        let mut settings = Settings::new(provider, "app".to_owned());
        settings.client_secret = Some(Secret::new("a&b"));
        let mut made = |auth| {
            settings.client_auth = Some(auth);
            let form = form(&settings, &Endpoints::default(), &[("code", "c")]).unwrap();
            let authorization = form.authorization.map(|it| it.to_str().unwrap().to_owned());
            (form.body, authorization)
        };
        // `app:a%26b`
        let basic = Some("Basic YXBwOmElMjZi".to_owned());
        assert_eq!(made(ClientAuth::Basic), ("code=c".to_owned(), basic));
        let post = "code=c&client_id=app&client_secret=a%26b".to_owned();
        assert_eq!(made(ClientAuth::Post), (post, None));
        assert_eq!(made(ClientAuth::None), ("code=c&client_id=app".to_owned(), None));
    }
}
