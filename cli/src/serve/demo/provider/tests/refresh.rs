//! Refresh tokens.

use super::*;

const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access read:orders")];

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

#[test]
fn a_refresh_token_is_rotated() {
    let mut browser = Browser::signed_in();
    let first = browser.consent(&OFFLINE);
    browser.now += 100;
    let (status, second) = browser.refresh(refresh_token(&first));
    assert_eq!(status, 200);
    assert_ne!(refresh_token(&first), refresh_token(&second));
    let (old, new) = (claims(&first["id_token"]), claims(&second["id_token"]));
    for name in ["iss", "sub", "aud", "sid", "auth_time"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_eq!(new["iat"], NOW + 100);
    assert_eq!(new["nonce"], Value::Null);
    assert_eq!(browser.refresh(refresh_token(&second)).0, 200);
}

#[test]
fn a_used_refresh_token_ends_the_family() {
    let mut browser = Browser::signed_in();
    let first = browser.consent(&OFFLINE);
    let (_, second) = browser.refresh(refresh_token(&first));
    let (_, third) = browser.refresh(refresh_token(&second));
    assert_eq!(browser.refresh(refresh_token(&first)).1["error"], "invalid_grant");
    assert_eq!(browser.refresh(refresh_token(&third)).1["error"], "invalid_grant");
    assert_eq!(browser.user_info(&third["access_token"]).0, 401);
    // Another sign-in is another family.
    let other = browser.consent(&OFFLINE);
    assert_eq!(browser.refresh(refresh_token(&other)).0, 200);
}

#[test]
fn scopes_may_shrink_but_not_grow() {
    let mut browser = Browser::signed_in();
    let tokens = browser.consent(&OFFLINE);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&tokens))];
    let ask =
        |browser: &mut Browser, scope| browser.token(&[&refresh[..], &[("scope", scope)]].concat());
    assert_eq!(ask(&mut browser, "openid email").1["error"], "invalid_scope");
    // The refused request has not used the token up.
    let (status, tokens) = ask(&mut browser, "openid");
    assert_eq!((status, &tokens["scope"]), (200, &json!("openid")));
    let (_, tokens) = browser.refresh(refresh_token(&tokens));
    assert_eq!(tokens["scope"], OFFLINE[0].1);
}

#[test]
fn a_refresh_token_belongs_to_its_client_and_resource() {
    let mut browser = Browser::signed_in();
    let tokens = browser.consent(&OFFLINE);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&tokens))];
    let other = [&refresh[..], &[("client_id", PUBLIC)]].concat();
    assert_eq!(browser.call("/token", &other).1["error"], "invalid_grant");
    let target = [&refresh[..], &[("resource", "https://other.example")]].concat();
    assert_eq!(browser.token(&target).1["error"], "invalid_target");
    assert_eq!(browser.token(&refresh).0, 200);
}

#[test]
fn a_refresh_token_expires_whether_it_is_rotated_or_not() {
    let mut browser = Browser::signed_in();
    let tokens = browser.consent(&OFFLINE);
    browser.now += Lifetimes::default().refresh_token - 1;
    let (_, tokens) = browser.refresh(refresh_token(&tokens));
    browser.now += 1;
    assert_eq!(browser.refresh(refresh_token(&tokens)).1["error"], "invalid_grant");
}

#[test]
fn a_revoked_refresh_token_ends_the_grant() {
    let mut browser = Browser::signed_in();
    let tokens = browser.consent(&OFFLINE);
    let own = [("client_id", "demo-app"), ("client_secret", SECRET)];
    let form = [&[("token", refresh_token(&tokens))], &own[..]].concat();
    assert_eq!(browser.call("/revoke", &form).0, 200);
    assert_eq!(browser.refresh(refresh_token(&tokens)).1["error"], "invalid_grant");
    assert_eq!(browser.user_info(&tokens["access_token"]).0, 401);
}

#[test]
fn unknown_refresh_tokens_are_refused() {
    let mut browser = Browser::signed_in();
    for token in ["a", "a.b", "."] {
        assert_eq!(browser.refresh(token).1["error"], "invalid_grant", "{token}");
    }
}
