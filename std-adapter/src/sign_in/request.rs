//! The authorization request: the URL to which the browser is sent (OpenID Connect Core §3.1.2.1).

use url::form_urlencoded::Serializer;

use super::attempt::Attempt;
use super::provider::Endpoints;
use super::settings::{ResponseMode, Settings};

/// What a sign-in asks of the user.
///
/// ```
/// use tollgate::sign_in::{Screen, Start};
///
/// let start = Start { return_path: "/orders", screen: Screen::SignUp, ..Start::default() };
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Start<'a> {
    /// Where the browser goes after sign-in: a path of the app, with its query. Anything else becomes `/`.
    pub return_path: &'a str,
    /// The first page that the provider shows.
    pub screen: Screen,
    /// `prompt`: words that say what the provider asks the user (OpenID Connect Core §3.1.2.1). `None` for
    /// the setting of the client.
    pub prompt: Option<&'a str>,
    /// `login_hint`: who probably signs in. `None` for the setting of the client.
    pub login_hint: Option<&'a str>,
    /// More parameters, which the provider defines. Those that the flow needs itself are left out.
    pub extra: &'a [(&'a str, &'a str)],
}

/// The first page that a provider shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Sign-in.
    #[default]
    SignIn,
    /// Registration, if the provider can show it: by `prompt=create` (Initiating User Registration via OpenID
    /// Connect §4.1), or else by what Logto understands.
    SignUp,
}

/// Whether the flow needs a parameter itself, so that nobody else may set it.
pub(super) fn is_reserved(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "scope",
        "state",
        "nonce",
        "grant_type",
        "refresh_token",
        "redirect_uri",
        "iss",
        "username",
        "password",
    ];
    const BEGINNINGS: [&str; 4] = ["client_", "response_", "code", "request"];
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Returns the URL of the authorization request.
pub(super) fn authorization_url(
    settings: &Settings,
    endpoints: &Endpoints,
    attempt: &Attempt,
    start: &Start<'_>,
) -> String {
    let endpoint = &endpoints.authorization_endpoint;
    let scope = scope(settings);
    let challenge = attempt.challenge();
    let max_age = settings.max_age.map(|secs| secs.to_string());
    let creates = start.screen == Screen::SignUp;
    let can_create = endpoints.prompt_values.iter().any(|value| value == "create");
    let asks_offline = scope.split(' ').any(|word| word == "offline_access");
    let prompt = match start.prompt.or(settings.prompt.as_deref()) {
        None if creates && can_create => Some("create"),
        // Otherwise no refresh token is issued (OpenID Connect Core §11).
        None if asks_offline => Some("consent"),
        set => set,
    };
    let sign_up = creates && prompt != Some("create");
    let parameters = [
        ("response_type", Some("code")),
        ("client_id", Some(settings.client_id.as_str())),
        ("redirect_uri", Some(&attempt.redirect_uri)),
        ("scope", Some(&scope)),
        ("state", Some(&attempt.state)),
        ("nonce", Some(&attempt.nonce)),
        ("code_challenge", Some(&challenge)),
        ("code_challenge_method", Some("S256")),
        ("response_mode", (settings.response_mode == ResponseMode::FormPost).then_some("form_post")),
        ("prompt", prompt),
        ("first_screen", sign_up.then_some("register")),
        ("interaction_mode", sign_up.then_some("signUp")),
        ("login_hint", start.login_hint.or(settings.login_hint.as_deref())),
        ("max_age", max_age.as_deref()),
        ("display", settings.display.as_deref()),
        ("ui_locales", settings.ui_locales.as_deref()),
        ("acr_values", settings.acr_values.as_deref()),
        ("id_token_hint", settings.id_token_hint.as_deref()),
        ("resource", settings.resource.as_deref()),
    ];
    // A query of the endpoint is kept (RFC 6749 §3.1).
    let joint = match endpoint.find('?') {
        None => "?",
        Some(at) if at.saturating_add(1) == endpoint.len() => "",
        Some(_) => "&",
    };
    let mut url = format!("{endpoint}{joint}");
    let length = url.len();
    let mut query = Serializer::for_suffix(&mut url, length);
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let own = settings.extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let is_set = |name: &str| parameters.iter().any(|it| it.0 == name && it.1.is_some());
    for (name, value) in own.chain(start.extra.iter().copied()) {
        if !is_reserved(name) && !is_set(name) {
            query.append_pair(name, value);
        }
    }
    query.finish();
    url
}

/// The scopes that are asked for, each once, `openid` first.
fn scope(settings: &Settings) -> String {
    let mut scope = String::from("openid");
    for word in &settings.scopes {
        if !scope.split(' ').any(|other| other == word) {
            scope.push(' ');
            scope.push_str(word);
        }
    }
    scope
}
