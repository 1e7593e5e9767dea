//! The HTML of all pages, and their headers. They run no script.

mod html;

use base64ct::{Base64, Encoding};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};
use ring::digest;

use super::Answer;
use super::accounts::MIN_PASSWORD;
use super::authorization_request::AuthorizationRequest;
use super::end_session::LogoutRequest;
use super::settings::{Settings, origin_of};
use html::{Html, html};

const STYLE: &str = include_str!("pages.css");

/// The pages.
pub(super) struct Pages {
    /// The SHA-256 of the one style, in base64.
    style_hash: String,
}

impl Default for Pages {
    fn default() -> Self {
        let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
        Self { style_hash: Base64::encode_string(hash.as_ref()) }
    }
}

/// Where the forms of a page may lead.
enum Forms<'a> {
    Nowhere,
    /// To this origin, and from there to another one. Chromium blocks the redirect otherwise.
    Here(Option<&'a str>),
}

impl Pages {
    pub(super) fn login(
        &self,
        settings: &Settings,
        request: &AuthorizationRequest,
        name: &str,
        problem: Option<&str>,
    ) -> Answer {
        let (action, other) = urls(settings, request, "/login", "/register");
        let (at_name, at_password) = focus(name, problem);
        let content = html(&[
            &heading("Sign in", &request.client_name),
            &alert(problem),
            &Html::raw("<form method=\"post\" action=\""),
            &action,
            &Html::raw("\"><label for=\"username\">User name</label>"),
            &Html::raw("<input id=\"username\" name=\"username\" autocomplete=\"username\" "),
            &Html::raw("autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"64\" required"),
            &at_name,
            &Html::raw(" value=\""),
            &Html::text(name),
            &Html::raw("\"><label for=\"password\">Password</label>"),
            &Html::raw("<input id=\"password\" name=\"password\" type=\"password\" "),
            &Html::raw("autocomplete=\"current-password\" maxlength=\"256\" required"),
            &at_password,
            &Html::raw("><button>Sign in</button>"),
            &Html::raw(CANCEL),
            &Html::raw("</form><p>No account yet? <a href=\""),
            &other,
            &Html::raw("\">Create one</a></p>"),
        ]);
        let forms = Forms::Here(Some(request.client_origin()));
        self.page(StatusCode::OK, "Sign in", &content, forms).into()
    }

    pub(super) fn register(
        &self,
        settings: &Settings,
        request: &AuthorizationRequest,
        name: &str,
        problem: Option<&str>,
    ) -> Answer {
        let (action, other) = urls(settings, request, "/register", "/login");
        // A problem is mostly one of the name. The password has a description of its own.
        let (at_name, at_password) = focus(if problem.is_some() { "" } else { name }, problem);
        let min = MIN_PASSWORD.to_string();
        let content = html(&[
            &heading("Create an account", &request.client_name),
            &alert(problem),
            &Html::raw("<form method=\"post\" action=\""),
            &action,
            &Html::raw("\"><label for=\"username\">User name</label>"),
            &Html::raw("<input id=\"username\" name=\"username\" autocomplete=\"username\" "),
            &Html::raw("autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"64\" required"),
            &at_name,
            &Html::raw(" value=\""),
            &Html::text(name),
            &Html::raw("\"><label for=\"password\">Password</label>"),
            &Html::raw("<input id=\"password\" name=\"password\" type=\"password\" "),
            &Html::raw("autocomplete=\"new-password\" maxlength=\"256\" required minlength=\""),
            &Html::text(&min),
            &Html::raw("\" aria-describedby=\"password-rule\""),
            &at_password,
            &Html::raw("><small id=\"password-rule\">At least "),
            &Html::text(&min),
            &Html::raw(" characters. Do not take a password that you use elsewhere.</small>"),
            &Html::raw("<button>Create account</button>"),
            &Html::raw(CANCEL),
            &Html::raw("</form><p>You have an account? <a href=\""),
            &other,
            &Html::raw("\">Sign in</a></p>"),
        ]);
        let forms = Forms::Here(Some(request.client_origin()));
        self.page(StatusCode::OK, "Create an account", &content, forms).into()
    }

    pub(super) fn consent(
        &self,
        settings: &Settings,
        request: &AuthorizationRequest,
        name: &str,
    ) -> Answer {
        let (action, _) = urls(settings, request, "/consent", "/login");
        let scopes: Vec<Html> =
            request.scopes.iter().map(|scope| granted(scope, request)).collect();
        let scopes: Vec<&Html> = scopes.iter().collect();
        let content = html(&[
            &Html::raw("<h1>Allow access?</h1><p class=\"lead\">You are signed in as <strong>"),
            &Html::text(name),
            &Html::raw("</strong>.</p><p><strong>"),
            &Html::text(&request.client_name),
            &Html::raw("</strong> asks to:</p><ul>"),
            &html(&scopes),
            &Html::raw("</ul><form method=\"post\" action=\""),
            &action,
            &Html::raw("\"><button name=\"decision\" value=\"allow\">Allow</button>"),
            &Html::raw(CANCEL),
            &Html::raw("</form>"),
        ]);
        let forms = Forms::Here(Some(request.client_origin()));
        self.page(StatusCode::OK, "Allow access?", &content, forms).into()
    }

    /// Asks whether to sign out.
    pub(super) fn end_session(
        &self,
        settings: &Settings,
        request: &LogoutRequest,
        name: &str,
    ) -> Answer {
        let action = format!("{}/end_session/confirm?{}", settings.issuer_path(), request.query);
        let from = match &request.client_name {
            Some(client) => html(&[&Html::text(client), &Html::raw(" asks to sign you out. ")]),
            None => Html::default(),
        };
        let content = html(&[
            &Html::raw("<h1>Sign out?</h1><p class=\"lead\">"),
            &from,
            &Html::raw("You are signed in as <strong>"),
            &Html::text(name),
            &Html::raw("</strong>.</p><form method=\"post\" action=\""),
            &Html::text(&action),
            &Html::raw("\"><button name=\"decision\" value=\"sign-out\">Sign out</button>"),
            &Html::raw(
                "<button class=\"other\" name=\"decision\" value=\"stay\">Stay signed in</button>",
            ),
            &Html::raw("</form>"),
        ]);
        let forms = Forms::Here(request.target.as_deref().map(origin_of));
        self.page(StatusCode::OK, "Sign out?", &content, forms).into()
    }

    pub(super) fn still_signed_in(&self, request: &LogoutRequest) -> Response<String> {
        let back = match (&request.target, &request.client_name) {
            (Some(target), Some(client)) => html(&[
                &Html::raw("<p><a href=\""),
                &Html::text(origin_of(target)),
                &Html::raw("/\">Back to "),
                &Html::text(client),
                &Html::raw("</a></p>"),
            ]),
            _ => Html::default(),
        };
        let content = html(&[&Html::raw("<h1>You are still signed in</h1>"), &back]);
        self.page(StatusCode::OK, "Still signed in", &content, Forms::Nowhere)
    }

    pub(super) fn signed_out(&self) -> Response<String> {
        let content = Html::raw("<h1>You are signed out</h1><p>You can close this page.</p>");
        self.page(StatusCode::OK, "Signed out", &content, Forms::Nowhere)
    }

    /// Tells the user why it cannot go on.
    pub(super) fn error(&self, status: StatusCode, reason: &str) -> Response<String> {
        let content = html(&[
            &Html::raw("<h1>Something went wrong</h1><p role=\"alert\">"),
            &Html::text(reason),
            &Html::raw("</p><p>Go back to the app, and start again.</p>"),
        ]);
        self.page(status, "Something went wrong", &content, Forms::Nowhere)
    }

    pub(super) fn not_found(&self) -> Response<String> {
        self.error(StatusCode::NOT_FOUND, "There is no such page.")
    }

    pub(super) fn no_randomness(&self) -> Response<String> {
        self.error(StatusCode::INTERNAL_SERVER_ERROR, "The system has no randomness.")
    }

    pub(super) fn method_not_allowed(&self, allowed: &[Method]) -> Response<String> {
        let reason = "This address does not take this method.";
        let mut response = self.error(StatusCode::METHOD_NOT_ALLOWED, reason);
        let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
        if let Ok(allow) = HeaderValue::try_from(names.join(", ")) {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    }

    /// Sends the browser elsewhere.
    pub(super) fn redirect(&self, status: StatusCode, location: &str) -> Response<String> {
        let Ok(value) = HeaderValue::try_from(location) else {
            return self.error(StatusCode::BAD_REQUEST, "The request has a malformed address.");
        };
        let mut response = Response::new(String::new());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(LOCATION, value);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // The address of this page has the request in it.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }

    fn page(
        &self,
        status: StatusCode,
        title: &str,
        content: &Html,
        forms: Forms<'_>,
    ) -> Response<String> {
        let page = html(&[
            &Html::raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>"),
            &Html::text(title),
            &Html::raw(" \u{2013} Tollgate demo</title>"),
            &Html::raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"),
            &Html::raw("<style>"),
            &Html::raw(STYLE),
            &Html::raw("</style></head><body><main>"),
            content,
            &Html::raw("</main><footer>The demo\u{2019}s OpenID provider. "),
            &Html::raw("Accounts exist until the demo stops.</footer></body></html>"),
        ]);
        let (form_action, referrer) = match forms {
            Forms::Nowhere => ("'none'".to_owned(), "no-referrer"),
            // With no-referrer, the forms would come with `Origin: null`.
            Forms::Here(None) => ("'self'".to_owned(), "same-origin"),
            Forms::Here(Some(origin)) => (format!("'self' {origin}"), "same-origin"),
        };
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action {form_action}; \
             frame-ancestors 'none'; base-uri 'none'",
            self.style_hash
        );
        let mut response = Response::new(page.into_string());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
        // The origin is that of a registered URI, so it fits into a header.
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

const CANCEL: &str =
    "<button class=\"other\" name=\"decision\" value=\"cancel\" formnovalidate>Cancel</button>";

fn heading(title: &str, client: &str) -> Html {
    html(&[
        &Html::raw("<h1>"),
        &Html::text(title),
        &Html::raw("</h1><p class=\"lead\">to continue to <strong>"),
        &Html::text(client),
        &Html::raw("</strong></p>"),
    ])
}

fn alert(problem: Option<&str>) -> Html {
    match problem {
        Some(problem) => {
            let open = Html::raw("<p role=\"alert\" id=\"problem\">");
            html(&[&open, &Html::text(problem), &Html::raw("</p>")])
        }
        None => Html::default(),
    }
}

/// The attributes of the fields for name and password: the first empty one has the focus, and readers of screens
/// read the problem with it.
fn focus(name: &str, problem: Option<&str>) -> (Html, Html) {
    let focused = Html::raw(match problem {
        Some(_) => " autofocus aria-describedby=\"problem\"",
        None => " autofocus",
    });
    match name.is_empty() {
        true => (focused, Html::default()),
        false => (Html::default(), focused),
    }
}

/// The URL of a page's form, and that of the page beside it. The request is in both.
fn urls(
    settings: &Settings,
    request: &AuthorizationRequest,
    action: &str,
    other: &str,
) -> (Html, Html) {
    let url =
        |path: &str| Html::text(&format!("{}{path}?{}", settings.issuer_path(), request.query));
    (url(action), url(other))
}

/// What a scope lets an app do.
fn granted(scope: &str, request: &AuthorizationRequest) -> Html {
    let meaning = match scope {
        "openid" => Html::raw("know who you are"),
        "profile" => Html::raw("see your user name"),
        "email" => Html::raw("see your e-mail address"),
        "offline_access" => Html::raw("stay connected while you are away"),
        scope => html(&[
            &Html::raw("use "),
            &Html::text(&request.resource),
            &Html::raw(" with "),
            &Html::text(scope),
        ]),
    };
    html(&[&Html::raw("<li>"), &meaning, &Html::raw("</li>")])
}
