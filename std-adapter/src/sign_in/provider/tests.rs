use serde_json::{Value, json};

use super::*;
use crate::issuer_url::Plaintext;

const URL: &str = "https://auth.example.com/oidc/.well-known/openid-configuration";

/// Metadata with these members instead. `null` removes one.
fn metadata(changes: Value) -> String {
    let mut metadata = json!({
        "issuer": "https://auth.example.com/oidc",
        "jwks_uri": "https://auth.example.com/oidc/jwks",
        "authorization_endpoint": "https://auth.example.com/oidc/auth",
        "token_endpoint": "https://auth.example.com/oidc/token",
        "id_token_signing_alg_values_supported": ["ES384"],
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(metadata.as_object_mut().unwrap().remove(name)),
            value => metadata[name] = value.clone(),
        }
    }
    metadata.to_string()
}

fn read(json: &str) -> Result<Endpoints, ProviderError> {
    Endpoints::from_metadata(json.as_bytes(), URL, &AllowedHttp::default())
}

fn reason(changes: Value) -> Option<&'static str> {
    read(&metadata(changes)).err().map(|error| error.reason())
}

#[test]
fn a_logto_tenant_has_its_issuer_below_its_endpoint() {
    for endpoint in ["https://a.logto.app", "https://a.logto.app/", "https://a.logto.app//"] {
        let provider = Provider::logto(endpoint);
        assert_eq!(provider.issuer.issuer, ["https://a.logto.app/oidc"], "{endpoint}");
    }
}

#[test]
fn id_tokens_have_the_type_jwt_or_none() {
    let provider = Provider::discover("https://auth.example.com/oidc");
    assert_eq!(provider.issuer.accepted_typ(), Some(vec!["JWT"]));
    assert!(provider.issuer.typ_may_be_absent());
    assert!(provider.issuer.profile_claims().is_empty());
}

#[test]
fn absent_members_have_the_defaults_of_the_standards() {
    let endpoints = read(&metadata(json!({}))).unwrap();
    let expected = Endpoints {
        authorization_endpoint: "https://auth.example.com/oidc/auth".to_owned(),
        token_endpoint: "https://auth.example.com/oidc/token".to_owned(),
        client_auth_methods: vec!["client_secret_basic".to_owned()],
        id_token_algorithms: Some(vec!["ES384".to_owned()]),
        ..Endpoints::default()
    };
    assert_eq!(endpoints, expected);
}

#[test]
fn all_members_are_read() {
    let endpoints = read(&metadata(json!({
        "userinfo_endpoint": "https://auth.example.com/oidc/me",
        "end_session_endpoint": "https://auth.example.com/oidc/session/end",
        "revocation_endpoint": "https://auth.example.com/oidc/token/revocation",
        "response_types_supported": ["code id_token", "code"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "id_token_signing_alg_values_supported": ["HS256", "RS256"],
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": ["login", "create"],
    })));
    let endpoints = endpoints.unwrap();
    assert_eq!(endpoints.userinfo_endpoint.unwrap(), "https://auth.example.com/oidc/me");
    assert_eq!(
        endpoints.end_session_endpoint.unwrap(),
        "https://auth.example.com/oidc/session/end"
    );
    assert_eq!(
        endpoints.revocation_endpoint.unwrap(),
        "https://auth.example.com/oidc/token/revocation"
    );
    assert_eq!(endpoints.client_auth_methods, ["client_secret_post"]);
    assert_eq!(endpoints.prompt_values, ["login", "create"]);
    assert!(endpoints.returns_iss);
}

#[test]
fn endpoints_with_a_query_keep_it() {
    let url = "https://auth.example.com/auth?p=b2c_1&q=%20a";
    let endpoints = read(&metadata(json!({ "authorization_endpoint": url }))).unwrap();
    assert_eq!(endpoints.authorization_endpoint, url);
}

#[test]
fn each_endpoint_has_https_and_neither_fragment_nor_user_info() {
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "end_session_endpoint",
        "revocation_endpoint",
    ] {
        for (url, expected) in [
            ("http://auth.example.com/a", UrlError::NotHttps),
            ("http://127.0.0.1/a", UrlError::NotHttps),
            ("javascript:alert(1)", UrlError::Malformed),
            ("https://auth.example.com/a#b", UrlError::Fragment),
            ("https://me@auth.example.com/a", UrlError::Credentials),
            ("https://auth.example.com/ä", UrlError::Malformed),
            ("https://auth.example.com/a b", UrlError::Malformed),
            ("/a", UrlError::Malformed),
            ("", UrlError::Malformed),
        ] {
            let error = read(&metadata(json!({ member: url }))).unwrap_err();
            assert!(
                matches!(&error, ProviderError::Endpoint { error, .. } if *error == expected),
                "{member} {url}: {error}"
            );
            assert!(error.to_string().contains(member), "{error}");
        }
    }
}

#[test]
fn plain_http_is_for_metadata_that_come_from_this_machine_and_only_if_it_is_allowed() {
    let json = metadata(json!({ "token_endpoint": "http://127.0.0.1:3001/token" }));
    let read = |url, allowed: Plaintext| {
        Endpoints::from_metadata(json.as_bytes(), url, &AllowedHttp::from(allowed)).is_ok()
    };
    assert!(read("http://localhost:3001/meta", Plaintext::Loopback));
    assert!(!read("http://localhost:3001/meta", Plaintext::Refuse));
    assert!(!read(URL, Plaintext::Loopback));
}

#[test]
fn metadata_that_lack_s256_are_refused_and_absent_ones_are_not() {
    let reason = |methods: Value| reason(json!({ "code_challenge_methods_supported": methods }));
    assert_eq!(reason(json!(["S256"])), None);
    assert_eq!(reason(Value::Null), None);
    for methods in [json!([]), json!(["plain"]), json!(["s256"])] {
        assert_eq!(reason(methods), Some("no-pkce"));
    }
}

#[test]
fn a_provider_without_the_code_flow_is_refused() {
    let reason = |types: Value| reason(json!({ "response_types_supported": types }));
    assert_eq!(reason(json!(["id_token", "code"])), None);
    assert_eq!(reason(Value::Null), None);
    for types in [json!([]), json!(["id_token"]), json!(["code id_token"])] {
        assert_eq!(reason(types), Some("no-code-flow"));
    }
}

#[test]
fn a_provider_is_told_which_algorithms_it_may_use() {
    let read = |algorithms: Value| {
        read(&metadata(json!({ "id_token_signing_alg_values_supported": algorithms })))
    };
    for algorithms in [json!(["HS256", "RS256"]), json!(["Ed25519"]), Value::Null] {
        assert!(read(algorithms).is_ok());
    }
    for algorithms in [json!([]), json!(["HS256", "none"]), json!(["ES256K"])] {
        let error = read(algorithms).unwrap_err();
        assert_eq!(error.reason(), "no-algorithm");
        assert!(error.to_string().contains("\"RS256\""), "{error}");
    }
    let endpoints = read(json!(["RS256", "EdDSA"])).unwrap();
    assert!(endpoints.judge_algorithms(&[Algorithm::EdDsa]).is_ok());
    let error = endpoints.judge_algorithms(&[Algorithm::Es384]).unwrap_err();
    assert!(error.to_string().contains("with one of \"ES384\""), "{error}");
}

#[test]
fn a_secret_is_sent_by_basic_if_the_provider_accepts_it() {
    let auth = |methods: &[&str], has_secret| {
        let client_auth_methods = methods.iter().map(|it| (*it).to_owned()).collect();
        Endpoints { client_auth_methods, ..Endpoints::default() }.client_auth(has_secret)
    };
    let (basic, post) = ("client_secret_basic", "client_secret_post");
    assert_eq!(auth(&[post, basic], true), Ok(ClientAuth::Basic));
    assert_eq!(auth(&[post, "none"], true), Ok(ClientAuth::Post));
    assert_eq!(auth(&[basic], false), Ok(ClientAuth::None));
    assert_eq!(auth(&["private_key_jwt"], true).unwrap_err().reason(), "no-client-auth");
}

#[test]
fn members_that_are_repeated_or_of_another_type_are_errors_where_they_matter() {
    for changes in [
        json!({ "authorization_endpoint": Value::Null }),
        json!({ "token_endpoint": Value::Null }),
        json!({ "token_endpoint": ["https://auth.example.com/token"] }),
        json!({ "userinfo_endpoint": 1 }),
        json!({ "code_challenge_methods_supported": "S256" }),
        json!({ "authorization_response_iss_parameter_supported": "true" }),
    ] {
        assert_eq!(reason(changes.clone()), Some("metadata-malformed"), "{changes}");
    }
    let twice =
        metadata(json!({})).replacen('{', r#"{"token_endpoint":"https://evil.example/token","#, 1);
    assert_eq!(read(&twice).unwrap_err().reason(), "metadata-malformed");
    for json in ["", "[]", "{}", "null"] {
        let error = read(json).unwrap_err();
        assert!(error.to_string().contains(URL), "{error}");
    }
    for harmless in [
        json!({ "prompt_values_supported": "login" }),
        json!({ "prompt_values_supported": ["login", 1] }),
        json!({ "scopes_supported": "openid", "claims_supported": 7 }),
    ] {
        assert_eq!(reason(harmless.clone()), None, "{harmless}");
    }
    let null = metadata(json!({})).replacen('{', r#"{"end_session_endpoint":null,"#, 1);
    assert_eq!(read(&null).unwrap().end_session_endpoint, None);
}

#[test]
fn what_messages_show_of_metadata_is_short_and_harmless() {
    let long = vec!["\u{1b}[31m".repeat(1000); 1000];
    let error = read(&metadata(json!({ "code_challenge_methods_supported": long })));
    let message = error.unwrap_err().to_string();
    assert!(message.len() < 32 * 1024 && !message.contains('\u{1b}'), "{}", message.len());
}

#[test]
fn what_a_provider_offers_is_shown_up_to_eight() {
    let shown = |count| {
        let names = (0..count).map(|number: u8| number.to_string()).collect();
        ProviderError::NoPkce { offered: Offered(names) }.to_string()
    };
    let eight = r#""0", "1", "2", "3", "4", "5", "6", "7""#;
    for (count, expected) in [
        (0, "supported: an empty list)".to_owned()),
        (1, r#"supported: "0")"#.to_owned()),
        (8, format!("supported: {eight})")),
        (9, format!("supported: {eight}, …)")),
        (100, format!("supported: {eight}, …)")),
    ] {
        assert!(shown(count).contains(&expected), "{}", shown(count));
    }
}

#[test]
fn the_message_about_an_endpoint_says_what_to_do() {
    let message = |error| {
        let url = "http://auth.example.com/token".to_owned();
        ProviderError::Endpoint { member: "token_endpoint", url, error }.to_string()
    };
    for (error, advice) in [
        (UrlError::HttpInMetadata, "ask the provider's operator for https://"),
        (UrlError::Malformed, "ask the provider's operator to correct it"),
        (UrlError::Fragment, "has a fragment"),
    ] {
        let message = message(error);
        assert!(message.starts_with(r#"token_endpoint "http://auth.example.com/token" in"#));
        assert!(message.contains(advice), "{message}");
    }
}
