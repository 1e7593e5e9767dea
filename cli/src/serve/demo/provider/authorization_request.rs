//! [`AuthorizationRequest`]: what a client asks of the authorization endpoint.

use super::parameters::{Parameters, Repeated, with_parameters};
use super::settings::{ACR_PASSWORD, Settings, origin_of};

/// The longest `state` and `nonce`, in bytes. The provider keeps the nonce.
const MAX_VALUE: usize = 512;

/// A request that is complete and allowed (OpenID Connect Core §3.1.2.1, RFC 7636 §4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    /// The client as users see it.
    pub(super) client_name: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) nonce: String,
    /// Those of the asked scopes that are known and can be granted.
    pub(super) scopes: Vec<String>,
    /// The SHA-256 of the code verifier, in base64url.
    pub(super) challenge: String,
    /// The audience of access tokens.
    pub(super) resource: String,
    pub(super) prompt: Prompt,
    /// In seconds.
    pub(super) max_age: Option<i64>,
    pub(super) login_hint: String,
    pub(super) id_token_hint: Option<String>,
    /// Whether a user who is not signed in sees the page to register first.
    pub(super) registers_first: bool,
    /// The value of `acr` for the ID token, if the client asks for one.
    pub(super) acr: Option<&'static str>,
    /// The whole request as a query, for the forms of pages.
    pub(super) query: String,
}

/// What `prompt` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) none: bool,
    pub(super) login: bool,
    pub(super) consent: bool,
    pub(super) create: bool,
}

/// Why a request cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AuthorizationError {
    /// The client, or where to redirect to, is not known, so the user is told (RFC 6749 §4.1.2.1).
    Page(&'static str),
    /// The client is told.
    Redirect(Refusal),
}

/// An error that goes back to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

impl Refusal {
    /// Where the browser takes it (RFC 6749 §4.1.2.1, RFC 9207 §2).
    pub(super) fn location(&self, issuer: &str) -> String {
        let mut parameters = vec![("error", self.error), ("error_description", self.description)];
        parameters.extend(self.state.as_deref().map(|state| ("state", state)));
        parameters.push(("iss", issuer));
        with_parameters(&self.redirect_uri, &parameters)
    }
}

impl AuthorizationRequest {
    pub(super) fn parse(
        settings: &Settings,
        parameters: &Parameters,
    ) -> Result<Self, AuthorizationError> {
        let page = AuthorizationError::Page;
        if parameters.are_too_long() {
            return Err(page("The request is too long."));
        }
        let once = |name| {
            parameters.get(name).map_err(|Repeated(_)| page("The request repeats a parameter."))
        };
        let client =
            once("client_id")?.ok_or(page("The request does not name an app: client_id."))?;
        let client = settings.client(client).ok_or(page("The request names an unknown app."))?;
        let redirect_uri = once("redirect_uri")?.ok_or(page("The request has no redirect_uri."))?;
        if !client.has_redirect_uri(redirect_uri) {
            return Err(page("The redirect_uri is not registered for this app."));
        }
        // From here on, the client can be told.
        let state = parameters.get("state").ok().flatten().filter(|state| state.len() <= MAX_VALUE);
        let refuse = |error, description| {
            AuthorizationError::Redirect(Refusal {
                redirect_uri: redirect_uri.to_owned(),
                state: state.map(str::to_owned),
                error,
                description,
            })
        };
        let invalid = |description| refuse("invalid_request", description);
        let get =
            |name| parameters.get(name).map_err(|Repeated(_)| invalid("a parameter is repeated"));
        get("state")?;
        if get("request")?.is_some() {
            return Err(refuse("request_not_supported", "request objects are not supported"));
        }
        if get("request_uri")?.is_some() {
            return Err(refuse("request_uri_not_supported", "request objects are not supported"));
        }
        match get("response_type")? {
            Some("code") => {}
            Some(_) => {
                return Err(refuse("unsupported_response_type", "response_type must be code"));
            }
            None => return Err(invalid("response_type is missing")),
        }
        if get("response_mode")?.is_some_and(|mode| mode != "query") {
            return Err(invalid("response_mode must be query"));
        }
        let state = state.ok_or(invalid("state is missing or too long"))?;
        let nonce = get("nonce")?.filter(|nonce| nonce.len() <= MAX_VALUE);
        let nonce = nonce.ok_or(invalid("nonce is missing or too long"))?;
        let challenge = get("code_challenge")?.ok_or(invalid("code_challenge is missing"))?;
        if get("code_challenge_method")? != Some("S256") {
            return Err(invalid("code_challenge_method must be S256"));
        }
        if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
            return Err(invalid("code_challenge is not the SHA-256 of a verifier"));
        }
        let prompt = Prompt::parse(get("prompt")?.unwrap_or_default()).map_err(invalid)?;
        let asked = get("scope")?.unwrap_or_default();
        let mut scopes: Vec<String> = Vec::new();
        for scope in asked.split(' ').filter(|scope| settings.knows_scope(scope)) {
            // Only with consent may a client act while the user is away (OpenID Connect Core §11).
            let can_be_granted = scope != "offline_access" || prompt.consent;
            if can_be_granted && !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if !scopes.iter().any(|scope| scope == "openid") {
            return Err(refuse("invalid_scope", "scope must include openid"));
        }
        let max_age = match get("max_age")? {
            None => None,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                // More seconds than the type counts are no limit.
                text.parse().ok()
            }
            Some(_) => return Err(invalid("max_age must be a number of seconds")),
        };
        let resource = settings.resource(parameters.all("resource"));
        let resource = resource.ok_or(refuse("invalid_target", "resource is unknown"))?;
        let registers_first =
            get("first_screen")? == Some("register") || get("interaction_mode")? == Some("signUp");
        let wants_acr = get("acr_values")?.is_some();
        Ok(Self {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: state.to_owned(),
            nonce: nonce.to_owned(),
            scopes,
            challenge: challenge.to_owned(),
            resource: resource.to_owned(),
            prompt,
            max_age,
            login_hint: get("login_hint")?.unwrap_or_default().to_owned(),
            id_token_hint: get("id_token_hint")?.map(str::to_owned),
            registers_first,
            acr: wants_acr.then_some(ACR_PASSWORD),
            query: parameters.to_query(),
        })
    }

    /// The origin that the browser goes back to.
    pub(super) fn client_origin(&self) -> &str {
        origin_of(&self.redirect_uri)
    }

    pub(super) fn refusal(&self, error: &'static str, description: &'static str) -> Refusal {
        Refusal {
            redirect_uri: self.redirect_uri.clone(),
            state: Some(self.state.clone()),
            error,
            description,
        }
    }
}

impl Prompt {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut prompt = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "create" => prompt.create = true,
                _ => return Err("prompt has an unknown value"),
            }
        }
        match prompt {
            Self { none: true, login, consent, create } if login || consent || create => {
                Err("prompt has none together with another value")
            }
            prompt => Ok(prompt),
        }
    }
}

impl Settings {
    /// The resource that a client asks for, or the default; `None` if it is unknown, or there are several.
    pub(super) fn resource<'a>(
        &'a self,
        mut asked: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        match (asked.next(), asked.next()) {
            (None, _) => self.resources.first().map(String::as_str),
            (Some(asked), None) => self.resources.iter().map(String::as_str).find(|r| *r == asked),
            (Some(_), Some(_)) => None,
        }
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::super::tests::{self, ISSUER, authorization_query};
    use super::*;

    fn parse(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, AuthorizationError> {
        parse_query(&authorization_query(changes))
    }

    fn parse_query(query: &str) -> Result<AuthorizationRequest, AuthorizationError> {
        AuthorizationRequest::parse(&tests::settings(), &Parameters::parse(query.as_bytes()))
    }

    /// The error that the client is told.
    fn refused(changes: &[(&str, &str)]) -> &'static str {
        match parse(changes) {
            Err(AuthorizationError::Redirect(refusal)) => refusal.error,
            other => panic!("{changes:?}: {other:?}"),
        }
    }

    #[test]
    fn a_complete_request_is_taken() {
        let request = parse(&[]).unwrap();
        assert_eq!(request.scopes, ["openid", "profile"]);
        assert_eq!(request.resource, "https://api.example.com");
        assert_eq!(request.client_origin(), "http://localhost:4180");
        assert_eq!(parse_query(&request.query), Ok(request));
    }

    #[test]
    fn the_browser_never_goes_to_an_address_that_is_not_registered() {
        for redirect_uri in [
            "",
            "http://localhost:4180/callback/",
            "http://localhost:4180/callback?a=b",
            "http://LOCALHOST:4180/callback",
            "http://localhost:4181/callback",
            "http://localhost:4180.evil.example/callback",
            "https://localhost:4180/callback",
            "javascript:alert(1)",
        ] {
            let error = parse(&[("redirect_uri", redirect_uri)]).unwrap_err();
            assert!(matches!(error, AuthorizationError::Page(_)), "{redirect_uri}: {error:?}");
        }
        for client in ["", "nobody"] {
            let error = parse(&[("client_id", client)]).unwrap_err();
            assert!(matches!(error, AuthorizationError::Page(_)), "{client}");
        }
        for name in ["client_id", "redirect_uri"] {
            let query = authorization_query(&[]);
            let error = parse_query(&format!("{query}&{name}=a")).unwrap_err();
            assert!(matches!(error, AuthorizationError::Page(_)), "{name}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_to_the_client() {
        for (name, value, error) in [
            ("response_type", "", "invalid_request"),
            ("response_type", "token", "unsupported_response_type"),
            ("response_type", "code id_token", "unsupported_response_type"),
            ("response_mode", "fragment", "invalid_request"),
            ("state", "", "invalid_request"),
            ("nonce", "", "invalid_request"),
            ("code_challenge", "", "invalid_request"),
            ("code_challenge", "abc", "invalid_request"),
            ("code_challenge_method", "", "invalid_request"),
            ("code_challenge_method", "plain", "invalid_request"),
            ("scope", "", "invalid_scope"),
            ("scope", "profile", "invalid_scope"),
            ("max_age", "-1", "invalid_request"),
            ("max_age", "1h", "invalid_request"),
            ("prompt", "none login", "invalid_request"),
            ("prompt", "select_account", "invalid_request"),
            ("resource", "https://other.example", "invalid_target"),
            ("request", "a.b.c", "request_not_supported"),
            ("request_uri", "https://a.example", "request_uri_not_supported"),
        ] {
            assert_eq!(refused(&[(name, value)]), error, "{name}={value}");
        }
        let long = "x".repeat(513);
        assert_eq!(refused(&[("nonce", &long)]), "invalid_request");
        assert_eq!(refused(&[("state", &long)]), "invalid_request");
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let query = authorization_query(&[]);
        for name in ["scope", "nonce", "prompt", "max_age", "code_challenge", "state"] {
            // The first value alone would be good.
            let query = format!("prompt=login&max_age=1&{query}&{name}=a");
            let error = parse_query(&query).unwrap_err();
            let AuthorizationError::Redirect(refusal) = error else { panic!("{error:?}") };
            assert_eq!(refusal.error, "invalid_request", "{name}");
            assert_eq!(refusal.state.is_some(), name != "state", "{name}");
        }
    }

    #[test]
    fn an_error_has_the_state_and_the_issuer() {
        let refusal = parse(&[]).unwrap().refusal("login_required", "why not");
        let expected = "http://localhost:4180/callback?error=login_required&error_description=why+not\
                        &state=the-state&iss=http%3A%2F%2F127.0.0.1%3A4180%2Fdemo";
        assert_eq!(refusal.location(ISSUER), expected);
    }

    #[test]
    fn unknown_scopes_are_left_out() {
        let request = parse(&[("scope", "openid read:orders openid unknown phone")]).unwrap();
        assert_eq!(request.scopes, ["openid", "read:orders"]);
    }

    #[test]
    fn offline_access_needs_the_prompt_for_consent() {
        let scope = ("scope", "openid offline_access");
        assert_eq!(parse(&[scope]).unwrap().scopes, ["openid"]);
        let request = parse(&[scope, ("prompt", "consent")]).unwrap();
        assert_eq!(request.scopes, ["openid", "offline_access"]);
    }

    #[test]
    fn a_very_large_max_age_is_no_limit() {
        assert_eq!(parse(&[("max_age", "99999999999999999999")]).unwrap().max_age, None);
        assert_eq!(parse(&[("max_age", "0")]).unwrap().max_age, Some(0));
    }
}
