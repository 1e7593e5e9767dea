//! The pages that users see: what happened, and what to do. They have links only, and run nothing.

use std::fmt::Write;
use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::{Advice, SignInError};
use super::seal::random;
use crate::log_limit::LogLimit;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.5rem;\
color:#1b1f24;background:#fff}h1{font-size:1.6rem;line-height:1.25}a{display:inline-block;margin:.5rem 0;\
padding:.6rem 1.1rem;border-radius:.4rem;background:#0b57d0;color:#fff;text-decoration:none}a:focus{outline:3px \
solid #9ec1ff}small{color:#57606a}@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}small{\
color:#8b949e}a{background:#4c8dff;color:#0d1117}}";

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = Base64::encode_string(&Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    // Visible ASCII.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// A page with a link.
struct Page<'a> {
    title: &'a str,
    happened: &'a str,
    todo: &'a str,
    /// Where the link leads, and what it says.
    link: (&'a str, &'a str),
    /// A code and a reference, for who helps.
    details: Option<String>,
}

impl Page<'_> {
    fn response<B: From<String>>(&self, status: StatusCode) -> Response<B> {
        let Self { title, happened, todo, link: (target, text), details } = self;
        let mut page = String::new();
        // Writing to a text never fails.
        let _ = write!(
            page,
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>\
             <p>{happened}</p><p>{todo}</p><p><a href=\"{}\">{text}</a></p>",
            escaped(target)
        );
        if let Some(details) = details {
            let _ = write!(page, "<p><small>{}</small></p>", escaped(details));
        }
        page.push_str("</main></html>\n");
        let mut response = Response::new(B::from(page));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
        protect(headers);
        response
    }
}

/// The fields that all answers of sign-in have.
pub(super) fn protect(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The body of an answer for programs.
#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    message: &'a str,
    reference: &'a str,
}

/// Says that something went wrong, to the user and to the log. `again` is where the user begins anew.
pub(super) fn error<B: From<String>>(
    error: &SignInError,
    request: &HeaderMap,
    again: &str,
    limit: &LogLimit,
) -> Response<B> {
    let reference = reference();
    let code = error.code();
    if !limit.admits(code) {
        // The log says how many of them it lacks.
    } else if error.is_for_operator() {
        tracing::error!(code, reference, %error, "sign-in failed");
    } else {
        tracing::info!(code, reference, %error, "sign-in was refused");
    }
    let Advice { title, happened, todo } = error.advice();
    if prefers_json(request) {
        let message = format!("{happened} {todo}");
        let problem = Problem { code, message: &message, reference: &reference };
        // Texts can always be serialized.
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let mut response = Response::new(B::from(body));
        *response.status_mut() = error.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        protect(headers);
        return response;
    }
    let details = Some(format!("{code} · reference {reference}"));
    let page = Page { title, happened, todo, link: (again, "Sign in"), details };
    page.response(error.status())
}

/// Asks whether the user wants to sign out: another site, or an image, may have made the browser come here.
pub(super) fn confirm_sign_out<B: From<String>>(sign_out: &str) -> Response<B> {
    let page = Page {
        title: "Sign out?",
        happened: "You are about to sign out.",
        todo: "If you did not ask for this, close this page.",
        link: (sign_out, "Sign out"),
        details: None,
    };
    page.response(StatusCode::OK)
}

/// Says that the user is signed out of this app, but not of the provider.
pub(super) fn signed_out_here<B: From<String>>(home: &str) -> Response<B> {
    let page = Page {
        title: "You are signed out here",
        happened: "You have signed out of this app. You may still be signed in at the sign-in service.",
        todo: "On a shared computer, sign out there, too, or close the browser.",
        link: (home, "Back to the app"),
        details: None,
    };
    page.response(StatusCode::OK)
}

/// Asks the user to sign in and to send a form again, which a redirect would lose.
pub(super) fn sign_in_and_send_again<B: From<String>>(sign_in: &str) -> Response<B> {
    let page = Page {
        title: "Your session has ended",
        happened: "You are no longer signed in, so what you sent has not been accepted.",
        todo: "Sign in, go back to the form, and send it again.",
        link: (sign_in, "Sign in"),
        details: Some("sign_in_required".to_owned()),
    };
    page.response(StatusCode::UNAUTHORIZED)
}

/// Leads users from the page to the log. Not secret.
fn reference() -> String {
    let bytes = random::<5>().unwrap_or_default();
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a client asks for JSON and not for a page.
pub(super) fn prefers_json(request: &HeaderMap) -> bool {
    accepts(request, "application/json") && !accepts(request, "text/html")
}

/// Whether `Accept` names a media type.
pub(super) fn accepts(request: &HeaderMap, media_type: &str) -> bool {
    const ACCEPT: HeaderName = http::header::ACCEPT;
    let values = request.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let name = range.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(media_type)
    })
}

/// A text in HTML, also within quotation marks.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
