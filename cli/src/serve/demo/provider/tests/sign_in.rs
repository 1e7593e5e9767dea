//! The authorization endpoint and the pages of users.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use super::*;

#[test]
fn a_user_registers_and_returns_with_a_code() {
    let mut browser = Browser::new();
    let page = browser.authorize(&[]);
    assert_eq!((page.status(), title(&page)), (StatusCode::OK, "Sign in"));
    let response = browser.register("ada", &authorization_query(&[]));
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(location(&response).starts_with("http://localhost:4180/callback?code="));
    assert_eq!(parameter(&response, "state").unwrap(), "the-state");
    assert_eq!(parameter(&response, "iss").unwrap(), ISSUER);
}

#[test]
fn a_user_who_is_signed_in_returns_at_once() {
    let mut browser = Browser::signed_in();
    for prompt in ["", "none"] {
        let response = browser.authorize(&[("prompt", prompt)]);
        assert_eq!(response.status(), StatusCode::FOUND);
        assert!(parameter(&response, "code").is_some(), "{prompt}");
    }
}

#[test]
fn a_session_at_the_provider_ends() {
    let mut browser = Browser::signed_in();
    browser.now += Lifetimes::default().session;
    assert_eq!(title(&browser.authorize(&[])), "Sign in");
}

#[test]
fn no_page_is_shown_with_prompt_none() {
    let response = Browser::new().authorize(&[("prompt", "none")]);
    assert_eq!(parameter(&response, "error").unwrap(), "login_required");
    assert_eq!(parameter(&response, "state").unwrap(), "the-state");
    assert_eq!(parameter(&response, "iss").unwrap(), ISSUER);
    let mut browser = Browser::signed_in();
    browser.now += 10;
    let response = browser.authorize(&[("prompt", "none"), ("max_age", "10")]);
    assert_eq!(parameter(&response, "error").unwrap(), "login_required");
    let response = browser.authorize(&[("prompt", "none"), ("id_token_hint", "a.b.c")]);
    assert_eq!(parameter(&response, "error").unwrap(), "login_required");
}

#[test]
fn a_client_chooses_the_first_page() {
    for (name, value, expected) in [
        ("prompt", "create", "Create an account"),
        ("first_screen", "register", "Create an account"),
        ("interaction_mode", "signUp", "Create an account"),
        ("first_screen", "sign_in", "Sign in"),
        ("prompt", "login", "Sign in"),
        ("prompt", "consent", "Sign in"),
    ] {
        let page = Browser::new().authorize(&[(name, value)]);
        assert_eq!(title(&page), expected, "{name}={value}");
    }
    let mut browser = Browser::signed_in();
    assert_eq!(title(&browser.authorize(&[("prompt", "create")])), "Create an account");
    assert_eq!(title(&browser.authorize(&[("prompt", "login")])), "Sign in");
    assert!(parameter(&browser.authorize(&[("first_screen", "register")]), "code").is_some());
}

#[test]
fn prompt_login_asks_for_the_password_each_time() {
    let mut browser = Browser::signed_in();
    let query = authorization_query(&[("prompt", "login")]);
    for _ in 0..2 {
        browser.now += 5;
        assert_eq!(title(&browser.get(&format!("/authorize?{query}"))), "Sign in");
        let response = browser.login("ada", PASSWORD, &query);
        let code = parameter(&response, "code").unwrap();
        let (_, tokens) = browser.redeem(&code);
        assert_eq!(claims(&tokens["id_token"])["auth_time"], browser.now);
    }
}

#[test]
fn max_age_asks_for_the_password_after_that_time() {
    let mut browser = Browser::signed_in();
    browser.now += 59;
    assert!(parameter(&browser.authorize(&[("max_age", "60")]), "code").is_some());
    browser.now += 1;
    assert_eq!(title(&browser.authorize(&[("max_age", "60")])), "Sign in");
    let query = authorization_query(&[("max_age", "0")]);
    assert_eq!(title(&browser.get(&format!("/authorize?{query}"))), "Sign in");
    assert!(parameter(&browser.login("ada", PASSWORD, &query), "code").is_some());
}

#[test]
fn who_gives_the_password_again_need_not_give_the_name() {
    let mut browser = Browser::signed_in();
    let page = browser.authorize(&[("prompt", "login")]);
    assert!(page.body().contains("value=\"ada\""));
    let page = browser.authorize(&[("prompt", "login"), ("login_hint", "bob")]);
    assert!(page.body().contains("value=\"bob\""));
}

#[test]
fn consent_is_asked_for_and_can_be_refused() {
    let mut browser = Browser::signed_in();
    let query = authorization_query(&[("prompt", "consent")]);
    let page = browser.get(&format!("/authorize?{query}"));
    assert_eq!(title(&page), "Allow access?");
    assert!(page.body().contains("see your user name"));
    let target = format!("/consent?{query}");
    assert!(parameter(&browser.post(&target, &[("decision", "allow")]), "code").is_some());
    let response = browser.post(&target, &[("decision", "cancel")]);
    assert_eq!(parameter(&response, "error").unwrap(), "access_denied");
    assert_eq!(title(&browser.post(&target, &[])), "Allow access?");
}

#[test]
fn consent_does_not_stand_in_for_the_password() {
    let mut browser = Browser::signed_in();
    let query = authorization_query(&[("prompt", "login consent")]);
    let target = format!("/consent?{query}");
    assert_eq!(title(&browser.post(&target, &[("decision", "allow")])), "Sign in");
    assert_eq!(title(&browser.login("ada", PASSWORD, &query)), "Allow access?");
    assert!(parameter(&browser.post(&target, &[("decision", "allow")]), "code").is_some());
    assert_eq!(title(&browser.post(&target, &[("decision", "allow")])), "Sign in");
    browser.cookie = None;
    assert_eq!(title(&browser.post(&target, &[("decision", "allow")])), "Sign in");
}

#[test]
fn a_user_may_cancel() {
    let mut browser = Browser::new();
    let query = authorization_query(&[]);
    for page in ["login", "register"] {
        let response = browser.post(&format!("/{page}?{query}"), &[("decision", "cancel")]);
        assert_eq!(parameter(&response, "error").unwrap(), "access_denied", "{page}");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_name_look_alike() {
    let mut browser = Browser::signed_in();
    browser.cookie = None;
    let query = authorization_query(&[]);
    let wrong = browser.login("ada", "wrong", &query);
    let unknown = browser.login("bob", "wrong", &query);
    assert!(wrong.body().contains("The user name or password is wrong."));
    assert_eq!(wrong.body().replace("ada", "bob"), *unknown.body());
    assert_eq!(browser.cookie, None);
}

#[test]
fn wrong_passwords_cost_time() {
    let mut browser = Browser::new();
    let target = format!("/login?{}", authorization_query(&[]));
    let form = [("username", "ada"), ("password", "wrong")];
    let answers: Vec<_> = (0..10).map(|_| browser.submit(&target, &form)).collect();
    let delays: Vec<_> = answers.iter().map(|answer| answer.delay.as_secs()).collect();
    assert_eq!(delays, [0, 0, 0, 0, 1, 2, 3, 4, 5, 0]);
    assert_eq!(answers[9].response.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[test]
fn a_form_of_another_site_is_refused() {
    let mut browser = Browser::signed_in();
    let query = authorization_query(&[]);
    for page in ["login", "register", "consent", "end_session/confirm"] {
        for (name, value) in [
            ("origin", "http://localhost:4180"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = Request::post(format!("{ISSUER}/{page}?{query}"))
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(name, value);
            let form = "username=ada&password=correct+horse&decision=allow";
            let response = browser.send(request, form).response;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{page}: {name}: {value}");
        }
    }
}

#[test]
fn a_name_is_registered_once() {
    let mut browser = Browser::signed_in();
    let response = browser.register("Ada", &authorization_query(&[]));
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(response.body().contains("is taken"));
}

#[test]
fn names_are_escaped() {
    let name = "<em onclick=\"x\">'&";
    let escaped = "&lt;em onclick=&quot;x&quot;&gt;&#39;&amp;";
    let mut browser = Browser::new();
    let query = authorization_query(&[("prompt", "consent"), ("login_hint", name)]);
    let login = browser.get(&format!("/authorize?{query}"));
    let register = browser.get(&format!("/register?{query}"));
    let wrong = browser.login(name, "wrong", &query);
    let consent = browser.register(name, &query);
    let sign_out = browser.get("/end_session");
    assert_eq!(title(&consent), "Allow access?");
    for page in [login, register, wrong, consent, sign_out] {
        assert!(!page.body().contains("<em"), "{}", page.body());
        assert!(page.body().contains(escaped), "{}", page.body());
    }
}

#[test]
fn the_request_is_escaped_in_forms() {
    let query = authorization_query(&[("state", "\"><script>")]);
    let page = Browser::new().get(&format!("/authorize?{query}&extra='"));
    assert!(!page.body().contains("<script"));
    assert!(page.body().contains("&amp;extra=%27\""));
}

#[test]
fn pages_run_nothing_and_cannot_be_framed() {
    let mut browser = Browser::new();
    let query = authorization_query(&[]);
    let pages = [
        browser.get(&format!("/authorize?{query}")),
        browser.get(&format!("/register?{query}")),
        browser.get("/authorize"),
        browser.get("/nothing"),
        browser.get("/end_session"),
    ];
    for page in pages {
        let headers = page.headers();
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'; base-uri 'none'"), "{policy}");
        let has_form = page.body().contains("<form");
        let (forms, referrer) = match has_form {
            true => ("form-action 'self' http://localhost:4180;", "same-origin"),
            false => ("form-action 'none';", "no-referrer"),
        };
        assert!(policy.contains(forms), "{policy}");
        assert_eq!(headers[REFERRER_POLICY], referrer);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[test]
fn a_sign_in_makes_a_new_cookie_and_ends_the_old_one() {
    let mut browser = Browser::signed_in();
    let former = browser.cookie.clone();
    browser.login("ada", PASSWORD, &authorization_query(&[]));
    assert_ne!(browser.cookie, former);
    browser.cookie = former;
    assert_eq!(title(&browser.authorize(&[])), "Sign in");
    // A cookie from elsewhere is not taken over.
    browser.cookie = Some("demo-provider-4180=planted".to_owned());
    browser.login("ada", PASSWORD, &authorization_query(&[]));
    assert_ne!(browser.cookie.as_deref(), Some("demo-provider-4180=planted"));
}

#[test]
fn the_same_user_keeps_the_sid_and_another_user_ends_the_session() {
    let mut browser = Browser::signed_in();
    let sid = |browser: &mut Browser| {
        let code = browser.code(&[]);
        claims(&browser.redeem(&code).1["id_token"])["sid"].clone()
    };
    let first = sid(&mut browser);
    browser.login("ada", PASSWORD, &authorization_query(&[("prompt", "login")]));
    assert_eq!(sid(&mut browser), first);
    let target = format!("/register?{}", authorization_query(&[]));
    let answer = browser.submit(&target, &[("username", "bob"), ("password", PASSWORD)]);
    assert_ne!(sid(&mut browser), first);
    assert_eq!(claims(&json!(answer.notices[0].logout_token))["sid"], first);
}

#[test]
fn a_form_of_a_client_comes_again_with_the_cookie() {
    let query = authorization_query(&[]);
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut browser = Browser::new();
    let response = browser.post("/authorize", &pairs);
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(location(&response), format!("{ISSUER}/authorize?{query}"));
    assert_eq!(browser.post("/end_session", &[]).status(), StatusCode::SEE_OTHER);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let mut browser = Browser::new();
    assert_eq!(browser.get("/nothing").status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/token").status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(browser.post("/.well-known/openid-configuration", &[]).status().as_u16(), 405);
}
