//! The authorization request: the URL to which the browser is sent (OpenID Connect Core §3.1.2.1).

use url::form_urlencoded::Serializer;

use super::attempt::Attempt;
use super::provider::Endpoints;
use super::settings::Settings;

/// What a sign-in asks of the user.
///
/// ```
/// use tollgate::sign_in::{Screen, Start};
///
/// let start = Start { return_path: Some("/orders"), screen: Screen::SignUp, ..Start::default() };
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Start<'a> {
    /// Where the browser goes after sign-in: a path of the app, with its query. `None`, or anything else, leads to
    /// [`after_sign_in`](super::SignInBuilder::after_sign_in).
    pub return_path: Option<&'a str>,
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
///
/// See the example of [`Start`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Sign-in.
    #[default]
    SignIn,
    /// Registration, if the provider can show it: by `prompt=create` (Initiating User Registration via OpenID
    /// Connect §4.1), or else by what Logto understands.
    SignUp,
}

/// Whether sign-in sets a parameter itself, or a setting of its own has it, so that nothing else may set it.
pub(super) fn is_reserved(name: &str) -> bool {
    const SETTINGS: [&str; 7] =
        ["prompt", "max_age", "acr_values", "display", "ui_locales", "login_hint", "id_token_hint"];
    is_of_the_flow(name) || SETTINGS.contains(&name)
}

/// Whether sign-in sets a parameter itself.
pub(super) fn is_of_the_flow(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "grant_type",
        "refresh_token",
        "iss",
        "username",
        "password",
        "assertion",
        "resource",
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
    let mut parameters = settings.authorization_parameters();
    let mut set = |name: &'static str, value: &str| {
        parameters.retain(|(other, _)| *other != name);
        parameters.push((name, value.to_owned()));
    };
    set("redirect_uri", &attempt.redirect_uri);
    set("state", &attempt.state);
    set("nonce", &attempt.nonce);
    set("code_challenge", &attempt.challenge());
    set("code_challenge_method", "S256");
    if let Some(login_hint) = start.login_hint {
        set("login_hint", login_hint);
    }
    let creates = start.screen == Screen::SignUp;
    let can_create = endpoints.prompt_values.iter().any(|value| value == "create");
    let asks_offline = settings.scopes.iter().any(|scope| scope == "offline_access");
    let prompt = match start.prompt.or(settings.prompt.as_deref()) {
        None if creates && can_create => Some("create"),
        // Otherwise no refresh token is issued (OpenID Connect Core §11).
        None if asks_offline => Some("consent"),
        prompt => prompt,
    };
    if let Some(prompt) = prompt {
        set("prompt", prompt);
    }
    if creates && prompt != Some("create") {
        set("first_screen", "register");
        set("interaction_mode", "signUp");
    }
    for (name, value) in start.extra {
        if !is_reserved(name) && !parameters.iter().any(|(other, _)| other == name) {
            parameters.push((name, (*value).to_owned()));
        }
    }
    with_query(&endpoints.authorization_endpoint, &parameters)
}

/// Adds parameters to a URL, whose own query is kept (RFC 6749 §3.1).
pub(super) fn with_query(url: &str, parameters: &[(&str, impl AsRef<str>)]) -> String {
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let mut url = format!("{url}{joint}");
    let length = url.len();
    let mut query = Serializer::for_suffix(&mut url, length);
    for (name, value) in parameters {
        query.append_pair(name, value.as_ref());
    }
    query.finish();
    url
}
