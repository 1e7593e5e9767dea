//! The end of a session at the provider.

use super::*;

fn id_token(browser: &mut Browser) -> String {
    let code = browser.code(&[]);
    browser.redeem(&code).1["id_token"].as_str().unwrap().to_owned()
}

fn target(parameters: &[(&str, &str)]) -> String {
    format!("/end_session?{}", encoded(parameters))
}

fn is_signed_in(browser: &mut Browser) -> bool {
    parameter(&browser.authorize(&[("prompt", "none")]), "code").is_some()
}

#[test]
fn an_id_token_of_the_session_signs_out_at_once() {
    let mut browser = Browser::signed_in();
    let hint = id_token(&mut browser);
    browser.now += 10 * 3600;
    let parameters =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", HOME), ("state", "s t")];
    let answer = browser.send(Request::get(format!("{ISSUER}{}", target(&parameters))), "");
    assert_eq!(answer.response.status(), StatusCode::FOUND);
    assert_eq!(location(&answer.response), "http://localhost:4180/?state=s+t");
    assert_eq!(browser.cookie, None);
    assert!(!is_signed_in(&mut browser));
    let [notice] = &answer.notices[..] else { panic!("{answer:?}") };
    assert_eq!(notice.url, "http://localhost:4180/backchannel-logout");
    let (logout, id) = (claims(&json!(notice.logout_token)), claims(&json!(hint)));
    for name in ["iss", "sub", "aud", "sid"] {
        assert_eq!(logout[name], id[name], "{name}");
    }
    assert!(logout["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert_eq!(logout["nonce"], Value::Null);
}

#[test]
fn without_an_id_token_of_the_session_the_user_is_asked() {
    let mut browser = Browser::signed_in();
    let former = id_token(&mut browser);
    browser.register("bob", &authorization_query(&[]));
    for hint in ["", "a.b.c", &former] {
        let page = browser.get(&target(&[("id_token_hint", hint), ("client_id", "demo-app")]));
        assert_eq!(title(&page), "Sign out?", "{hint}");
        assert!(is_signed_in(&mut browser), "{hint}");
    }
}

#[test]
fn the_user_may_stay_signed_in() {
    let mut browser = Browser::signed_in();
    let query = encoded(&[("client_id", "demo-app"), ("post_logout_redirect_uri", HOME)]);
    let confirm = format!("/end_session/confirm?{query}");
    assert_eq!(title(&browser.post(&confirm, &[("decision", "stay")])), "Still signed in");
    assert!(is_signed_in(&mut browser));
    let response = browser.post(&confirm, &[("decision", "sign-out")]);
    assert_eq!((response.status(), location(&response)), (StatusCode::SEE_OTHER, HOME));
    assert!(!is_signed_in(&mut browser));
}

#[test]
fn the_browser_goes_only_to_a_registered_address() {
    let mut browser = Browser::signed_in();
    for uri in ["http://localhost:4180", "http://localhost:4180/callback", "https://evil.example/"]
    {
        let parameters = [("client_id", "demo-app"), ("post_logout_redirect_uri", uri)];
        let response = browser.get(&target(&parameters));
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{uri}");
    }
    // No client has registered it, so the page names none.
    let response = browser.get(&target(&[("post_logout_redirect_uri", HOME)]));
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let hint = id_token(&mut browser);
    let response = browser.get(&target(&[("id_token_hint", &hint), ("client_id", PUBLIC)]));
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(is_signed_in(&mut browser));
}

#[test]
fn who_is_not_signed_in_is_not_asked() {
    let mut browser = Browser::new();
    assert_eq!(title(&browser.get("/end_session")), "Signed out");
    let parameters = [("client_id", "demo-app"), ("post_logout_redirect_uri", HOME)];
    assert_eq!(location(&browser.get(&target(&parameters))), HOME);
}
