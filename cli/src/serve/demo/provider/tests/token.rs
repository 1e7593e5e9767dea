//! Redemption of codes, the claims of tokens, and the endpoints that take them.

use super::*;

/// The status and the error of a response.
fn error((status, body): (u16, Value)) -> (u16, String) {
    (status, body["error"].as_str().unwrap_or_default().to_owned())
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[test]
fn a_code_is_worth_the_tokens_of_its_user() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[("scope", "openid profile read:orders")]);
    let (status, tokens) = browser.redeem(&code);
    assert_eq!(status, 200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "openid profile read:orders");
    assert_eq!(tokens["refresh_token"], Value::Null);
    let (id, access) = (claims(&tokens["id_token"]), claims(&tokens["access_token"]));
    assert_eq!(id["iss"], ISSUER);
    assert_eq!(id["aud"], "demo-app");
    assert_eq!(id["nonce"], "the-nonce");
    assert_eq!(id["name"], "ada");
    assert_eq!(id["auth_time"], NOW);
    assert_eq!(id["acr"], Value::Null);
    assert!(id["sid"].is_string() && id["at_hash"].is_string());
    assert_eq!(access["aud"], "https://api.example.com");
    assert_eq!(access["client_id"], "demo-app");
    assert_eq!(access["scope"], "openid profile read:orders");
    assert_eq!(access["sub"], id["sub"]);
    assert!(access["jti"].is_string());
}

#[test]
fn acr_is_in_the_id_token_if_it_is_asked_for() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[("acr_values", "anything password")]);
    assert_eq!(claims(&browser.redeem(&code).1["id_token"])["acr"], "password");
}

#[test]
fn a_code_is_redeemed_once_and_a_second_time_ends_its_tokens() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[]);
    let (_, tokens) = browser.redeem(&code);
    assert_eq!(browser.user_info(&tokens["access_token"]).0, 200);
    assert_eq!(error(browser.redeem(&code)), invalid_grant());
    assert_eq!(browser.user_info(&tokens["access_token"]).0, 401);
}

#[test]
fn a_code_lives_60_seconds() {
    let mut browser = Browser::signed_in();
    let (one, other) = (browser.code(&[]), browser.code(&[]));
    browser.now += 59;
    assert_eq!(browser.redeem(&one).0, 200);
    browser.now += 1;
    assert_eq!(error(browser.redeem(&other)), invalid_grant());
}

#[test]
fn a_code_is_redeemed_only_with_what_belongs_to_it() {
    let mut browser = Browser::signed_in();
    for (name, value) in [
        ("code", "another"),
        ("redirect_uri", "http://localhost:4180/"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"),
        ("code_verifier", CHALLENGE),
        ("code_verifier", "short"),
    ] {
        let code = browser.code(&[]);
        let mut form = redemption(&code);
        let changed = form.iter_mut().find(|(other, _)| *other == name).unwrap();
        changed.1 = value;
        assert_eq!(error(browser.token(&form)), invalid_grant(), "{name}={value}");
        // There is no second try.
        if name != "code" {
            assert_eq!(error(browser.redeem(&code)), invalid_grant(), "{name}={value}");
        }
    }
}

#[test]
fn a_code_of_another_client_is_refused() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[("client_id", PUBLIC)]);
    assert_eq!(error(browser.redeem(&code)), invalid_grant());
    let form = [&redemption(&code)[..], &[("client_id", PUBLIC)]].concat();
    assert_eq!(browser.call("/token", &form).0, 200);
}

#[test]
fn a_malformed_request_for_tokens_is_refused() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[]);
    let form = redemption(&code);
    for missing in ["grant_type", "code", "redirect_uri", "code_verifier"] {
        let form: Vec<_> = form.iter().filter(|(name, _)| *name != missing).copied().collect();
        let expected = (400, "invalid_request".to_owned());
        assert_eq!(error(browser.token(&form)), expected, "{missing}");
    }
    let repeated = [&form[..], &[("code", "b")]].concat();
    assert_eq!(error(browser.token(&repeated)).1, "invalid_request");
    let password = browser.token(&[("grant_type", "password")]);
    assert_eq!(error(password).1, "unsupported_grant_type");
    let target = [&form[..], &[("resource", "https://other.example")]].concat();
    assert_eq!(error(browser.token(&target)).1, "invalid_target");
}

#[test]
fn a_client_without_its_secret_gets_nothing() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[]);
    let form = [&redemption(&code)[..], &[("client_id", "demo-app")]].concat();
    assert_eq!(error(browser.call("/token", &form)), (401, "invalid_client".to_owned()));
    // Only a form is read.
    let request = Request::post(format!("{ISSUER}/token")).body(encoded(&form).into_bytes());
    let response = browser.provider.answer(&request.unwrap(), NOW).response;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
}

#[test]
fn user_info_tells_what_the_scopes_allow() {
    let mut browser = Browser::new();
    let email = json!({ "email": "ada@example.com", "email_verified": true, "locale": "en" });
    assert!(browser.provider.add_user("ada", PASSWORD, email.as_object().unwrap().clone()));
    let query = authorization_query(&[]);
    browser.login("ada", PASSWORD, &query);
    for (scope, name, email) in [
        ("openid", Value::Null, Value::Null),
        ("openid profile", json!("ada"), Value::Null),
        ("openid email", Value::Null, json!("ada@example.com")),
    ] {
        let code = browser.code(&[("scope", scope)]);
        let (_, tokens) = browser.redeem(&code);
        let (status, info) = browser.user_info(&tokens["access_token"]);
        assert_eq!(status, 200);
        assert_eq!((&info["name"], &info["email"]), (&name, &email), "{scope}");
        let id = claims(&tokens["id_token"]);
        assert_eq!((&info["sub"], &info["name"]), (&id["sub"], &id["name"]));
    }
}

#[test]
fn user_info_needs_a_living_access_token() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[]);
    let (_, tokens) = browser.redeem(&code);
    assert_eq!(browser.user_info(&tokens["id_token"]).0, 401);
    assert_eq!(browser.user_info(&json!("a.b.c")).0, 401);
    assert_eq!(browser.get("/userinfo").status(), StatusCode::UNAUTHORIZED);
    browser.now += 3600;
    assert_eq!(browser.user_info(&tokens["access_token"]).0, 401);
}

#[test]
fn a_revoked_access_token_is_unknown() {
    let mut browser = Browser::signed_in();
    let code = browser.code(&[]);
    let (_, tokens) = browser.redeem(&code);
    let token = tokens["access_token"].as_str().unwrap();
    let other = browser.call("/revoke", &[("token", token), ("client_id", PUBLIC)]);
    assert_eq!(other.0, 200);
    assert_eq!(browser.user_info(&tokens["access_token"]).0, 200);
    let own = [("token", token), ("client_id", "demo-app"), ("client_secret", SECRET)];
    for _ in 0..2 {
        assert_eq!(browser.call("/revoke", &own).0, 200);
        assert_eq!(browser.user_info(&tokens["access_token"]).0, 401);
    }
    assert_eq!(browser.call("/revoke", &own[1..]).0, 400);
    assert_eq!(browser.call("/revoke", &own[..2]).0, 401);
}

#[test]
fn the_metadata_names_what_the_provider_can_do() {
    let body = Browser::new().get("/.well-known/openid-configuration").into_body();
    let metadata: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["authorization_endpoint"], format!("{ISSUER}/authorize"));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let methods = json!(["client_secret_basic", "client_secret_post", "none"]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["ES384"]));
}
