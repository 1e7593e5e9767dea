//! [`Client`]: a registered client, and how it authenticates.

use base64ct::{Base64, Encoding};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use url::form_urlencoded;

use super::parameters::{Parameters, Repeated};
use super::secrets::are_equal;
use super::settings::Settings;

/// A registered client.
pub(crate) struct Client {
    pub(crate) id: String,
    /// As users see it.
    pub(crate) name: String,
    /// Absent for a public client.
    pub(crate) secret: Option<String>,
    /// Compared exactly (RFC 9700 §2.1).
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) post_logout_redirect_uris: Vec<String>,
    pub(crate) backchannel_logout_uri: Option<String>,
}

/// Why a client is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientError {
    /// The request contradicts itself.
    Malformed(&'static str),
    /// The client is unknown, or its secret is wrong. `by_header` says whether it has used `Authorization`.
    Invalid { by_header: bool },
}

impl From<Repeated> for ClientError {
    fn from(_: Repeated) -> Self {
        Self::Malformed("a parameter is repeated")
    }
}

impl Client {
    pub(super) fn has_redirect_uri(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == uri)
    }

    pub(super) fn has_post_logout_redirect_uri(&self, uri: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered == uri)
    }
}

impl Settings {
    /// Finds and authenticates the client of a request to the token endpoint (RFC 6749 §2.3.1).
    pub(super) fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Parameters,
    ) -> Result<&Client, ClientError> {
        let (id, secret) = (form.get("client_id")?, form.get("client_secret")?);
        let basic = basic_credentials(headers)?;
        let by_header = basic.is_some();
        let (id, secret) = match &basic {
            Some(_) if secret.is_some() => {
                return Err(ClientError::Malformed("the client authenticates in two ways"));
            }
            Some((basic_id, _)) if id.is_some_and(|id| id != basic_id) => {
                return Err(ClientError::Malformed("client_id names another client"));
            }
            Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
            None => (id.ok_or(ClientError::Invalid { by_header })?, secret),
        };
        let client = self.client(id).ok_or(ClientError::Invalid { by_header })?;
        let is_right = match (&client.secret, secret) {
            (Some(expected), Some(given)) => are_equal(given, expected),
            (None, None) => true,
            _ => false,
        };
        match is_right {
            true => Ok(client),
            false => Err(ClientError::Invalid { by_header }),
        }
    }
}

/// The credentials in the header `Authorization`, each form-encoded first (RFC 6749 §2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, ClientError> {
    const INVALID: ClientError = ClientError::Invalid { by_header: true };
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let (field, rest) = (fields.next(), fields.next());
    let Some(field) = field else { return Ok(None) };
    if rest.is_some() {
        return Err(ClientError::Malformed("Authorization is repeated"));
    }
    let field = field.to_str().map_err(|_| INVALID)?;
    let (scheme, credentials) = field.split_once(' ').ok_or(INVALID)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(INVALID);
    }
    let decoded = Base64::decode_vec(credentials.trim()).map_err(|_| INVALID)?;
    let decoded = String::from_utf8(decoded).map_err(|_| INVALID)?;
    let (id, secret) = decoded.split_once(':').ok_or(INVALID)?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    // With `=` and `&` encoded, the text is the name of one parameter.
    let encoded = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(encoded.as_bytes())
        .next()
        .map(|(name, _)| name)
        .unwrap_or_default()
        .into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{self, PUBLIC, SECRET};
    use super::*;

    fn authenticated(basic: Option<&str>, form: &str) -> Result<String, ClientError> {
        let mut headers = HeaderMap::new();
        if let Some(basic) = basic {
            let value = format!("Basic {}", Base64::encode_string(basic.as_bytes()));
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        let settings = tests::settings();
        let client = settings.authenticate(&headers, &Parameters::parse(form.as_bytes()))?;
        Ok(client.id.clone())
    }

    #[test]
    fn a_confidential_client_gives_its_secret_by_header_or_form() {
        let client = Ok("demo-app".to_owned());
        // The secret has characters that the form encoding changes.
        let encoded: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        assert_ne!(encoded, SECRET);
        assert_eq!(authenticated(Some(&format!("demo-app:{encoded}")), ""), client);
        let same = "client_id=demo-app";
        assert_eq!(authenticated(Some(&format!("demo-app:{encoded}")), same), client);
        let form = format!("client_id=demo-app&client_secret={encoded}");
        assert_eq!(authenticated(None, &form), client);
    }

    #[test]
    fn a_public_client_gives_no_secret() {
        assert_eq!(authenticated(None, "client_id=public"), Ok(PUBLIC.to_owned()));
        for (basic, form) in [
            (Some("public:"), ""),
            (None, "client_id=public&client_secret=a"),
            (Some("public:a"), ""),
        ] {
            let error = authenticated(basic, form).unwrap_err();
            assert_eq!(error, ClientError::Invalid { by_header: basic.is_some() });
        }
    }

    #[test]
    fn a_wrong_or_missing_secret_is_refused() {
        for (basic, form) in [
            (None, ""),
            (None, "client_id=demo-app"),
            (None, "client_id=demo-app&client_secret=b"),
            (None, "client_id=nobody&client_secret=a"),
            (Some("demo-app:b"), ""),
            (Some("demo-app:"), ""),
            (Some("demo-app"), ""),
            (Some("nobody:a"), ""),
        ] {
            let error = authenticated(basic, form).unwrap_err();
            assert_eq!(error, ClientError::Invalid { by_header: basic.is_some() }, "{form}");
        }
    }

    #[test]
    fn two_ways_to_authenticate_are_refused() {
        for (basic, form) in [
            (Some("demo-app:a"), "client_id=demo-app&client_secret=a"),
            (Some("demo-app:a"), "client_id=public"),
            (None, "client_id=demo-app&client_id=public"),
        ] {
            let error = authenticated(basic, form).unwrap_err();
            assert!(matches!(error, ClientError::Malformed(_)), "{form}: {error:?}");
        }
    }
}
