use serde_json::{Value, json};

use super::*;
use crate::gate::Issuer;
use crate::issuer_url::{AllowedHttp, Plaintext};
use crate::sign_in::settings::{ClientAuth, ResponseMode, Settings};
use tollgate_core::Algorithm;

/// The least that a connector needs, and its issuer.
fn least() -> Value {
    json!({
        "scope": "",
        "clientId": "bookstore",
        "clientSecret": "hunter2",
        "authorizationEndpoint": "https://auth.example.com/oidc/auth",
        "tokenEndpoint": "https://auth.example.com/oidc/token",
        "idTokenVerificationConfig": {
            "jwksUri": "https://auth.example.com/oidc/jwks",
            "issuer": "https://auth.example.com/oidc",
        },
    })
}

/// [`least`], with this value at `path`. `null` removes the member.
fn with(path: &str, value: Value) -> Value {
    let mut document = least();
    let mut place = &mut document;
    let (tables, name) = match path.split_once('.') {
        Some((table, name)) => (Some(table), name),
        None => (None, path),
    };
    if let Some(table) = tables {
        place = place.as_object_mut().unwrap().entry(table).or_insert_with(|| json!({}));
    }
    let members = place.as_object_mut().unwrap();
    match value {
        Value::Null => drop(members.remove(name)),
        value => drop(members.insert(name.to_owned(), value)),
    }
    document
}

fn settings(document: &Value) -> Result<(Settings, Vec<ConnectorWarning>), ConnectorError> {
    let config = ConnectorConfig::from_json(document.to_string())?;
    config.settings(&AllowedHttp::default())
}

/// Whether settings are what a value makes of them.
type Does = fn(&Settings) -> bool;

/// What a good value does, and what each of the others is refused for.
struct Field {
    path: &'static str,
    good: Vec<(Value, Does)>,
    /// Each with a part of the message.
    refused: Vec<(Value, &'static str)>,
}

fn issuer(settings: &Settings) -> &Issuer {
    &settings.provider.issuer
}

fn endpoints(settings: &Settings) -> &crate::sign_in::provider::Endpoints {
    settings.provider.endpoints.as_ref().unwrap()
}

/// What no endpoint may be.
fn bad_urls() -> Vec<(Value, &'static str)> {
    vec![
        (json!("http://auth.example.com/a"), "does not begin with https://"),
        (json!("http://127.0.0.1/a"), "does not begin with https://"),
        (json!("https://auth.example.com/a#b"), "has a fragment"),
        (json!("https://me:pw@auth.example.com/a"), "has credentials"),
        (json!("/a"), "is not a URL"),
        (json!(""), "is not a URL"),
        (json!(1), "expected a string"),
    ]
}

fn judge(field: Field) {
    let Field { path, good, refused } = field;
    assert!(!good.is_empty() && !refused.is_empty());
    for (value, does) in good {
        match settings(&with(path, value.clone())) {
            Ok((settings, _)) => assert!(does(&settings), "{path} {value}: {settings:?}"),
            Err(error) => panic!("{path} {value}: {error}"),
        }
    }
    for (value, message) in refused {
        let document = with(path, value.clone());
        let error = settings(&document).map(drop).unwrap_err();
        assert!(error.path() == path, "{path} {value}: {error}");
        let text = error.to_string();
        assert!(text.starts_with(path) && text.contains(message), "{path} {value}: {error}");
    }
}

/// One test for each field: its name, its path, good values and refused ones.
macro_rules! fields {
    ($($name:ident: $path:literal,
        good { $($good:expr => $does:expr,)* }
        refused { $($bad:expr => $message:literal,)* } $(+ $more:expr;)?)*) => {
        $(
            #[test]
            fn $name() {
                #[allow(unused_mut, reason = "few fields have more")]
                let mut refused = vec![$((json!($bad), $message)),*];
                $(refused.extend($more);)?
                judge(Field { path: $path, good: vec![$((json!($good), $does)),*], refused });
            }
        )*
    };
}

fields! {
    scope: "scope",
    good {
        "" => |it| it.scopes.is_empty() && it.scope() == "openid",
        "openid" => |it| it.scopes.is_empty(),
        "profile  email openid profile" => |it| it.scopes == ["profile", "email"],
        "offline_access urn:a+b" => |it| it.scope() == "openid offline_access urn:a+b",
    }
    refused {
        "pro\"file" => "is not a scope",
        "a\\b" => "is not a scope",
        "a\tb" => "is not a scope",
        "profilé" => "is not a scope",
        ["profile"] => "expected a string",
        Value::Null => "is missing",
    }

    client_id: "clientId",
    good { "app_bookstore" => |it| it.client_id == "app_bookstore", }
    refused { "" => "is empty", 1 => "expected a string", Value::Null => "is missing", }

    client_secret: "clientSecret",
    good { "s:e c%ret" => |it| it.client_secret.as_ref().unwrap().expose() == "s:e c%ret", }
    refused { "" => "is empty", 12345 => "must be a string", Value::Null => "is missing", }

    authorization_endpoint: "authorizationEndpoint",
    good {
        "https://auth.example.com/auth?p=b2c_1&q=%20" =>
            |it| endpoints(it).authorization_endpoint == "https://auth.example.com/auth?p=b2c_1&q=%20",
    }
    refused { Value::Null => "is missing", } + bad_urls();

    token_endpoint: "tokenEndpoint",
    good {
        "https://auth.example.com/t?a=b" => |it| endpoints(it).token_endpoint == "https://auth.example.com/t?a=b",
    }
    refused { Value::Null => "is missing", } + bad_urls();

    response_type: "responseType",
    good { "code" => |_| true, }
    refused { "id_token" => "choose from code", "" => "choose from code", true => "expected a string", }

    grant_type: "grantType",
    good { "authorization_code" => |_| true, }
    refused { "implicit" => "choose from authorization_code", }

    token_endpoint_auth_method: "tokenEndpointAuthMethod",
    good {
        Value::Null => |it| it.client_auth == Some(ClientAuth::Post),
        "client_secret_post" => |it| it.client_auth == Some(ClientAuth::Post),
        "client_secret_basic" => |it| it.client_auth == Some(ClientAuth::Basic),
    }
    refused {
        "client_secret_jwt" => "is not supported: let the provider allow client_secret_post",
        "private_key_jwt" => "is not supported",
        "none" => "is not supported",
        "basic" => "choose from client_secret_post, client_secret_basic",
    }

    accept_string_typed_boolean_claims: "acceptStringTypedBooleanClaims",
    good {
        Value::Null => |it| !it.accept_string_booleans,
        true => |it| it.accept_string_booleans,
        false => |it| !it.accept_string_booleans,
    }
    refused { "true" => "expected a boolean", }

    trust_unverified_email: "trustUnverifiedEmail",
    good {
        Value::Null => |it| !it.trust_unverified_email,
        true => |it| it.trust_unverified_email,
    }
    refused { 1 => "expected a boolean", }

    id_token_verification_config: "idTokenVerificationConfig",
    good { json!({ "jwksUri": "https://a.example/keys" }) => |it| issuer(it).any_issuer, }
    refused { Value::Null => "is missing", "" => "expected an object", json!([]) => "expected an object", }

    auth_request_optional_config: "authRequestOptionalConfig",
    good {
        Value::Null => |it| it.authorization_parameters().len() == 3,
        json!({}) => |it| it.authorization_parameters().len() == 3,
    }
    refused { "" => "expected an object", }

    jwks_uri: "idTokenVerificationConfig.jwksUri",
    good {
        "https://keys.example.com/?a=b" =>
            |it| issuer(it).jwks_uri.as_deref() == Some("https://keys.example.com/?a=b"),
    }
    refused { Value::Null => "is missing", } + bad_urls();

    id_token_issuer: "idTokenVerificationConfig.issuer",
    good {
        "https://a.example" => |it| issuer(it).issuer == ["https://a.example"] && !issuer(it).any_issuer,
        ["https://a.example", "accounts.example"] => |it| issuer(it).issuer.len() == 2,
        Value::Null => |it| issuer(it).issuer.is_empty() && issuer(it).any_issuer,
    }
    refused {
        json!([]) => "is an empty list",
        "" => "is empty",
        ["https://a.example", ""] => "is empty",
        1 => "give a string, or an array of strings",
    }

    id_token_audience: "idTokenVerificationConfig.audience",
    good {
        Value::Null => |it| issuer(it).audience.is_empty(),
        "bookstore" => |it| issuer(it).audience.is_empty(),
        ["bookstore", "other"] => |it| issuer(it).audience == ["other"],
        "other" => |it| issuer(it).audience == ["other"],
    }
    refused { json!([]) => "is an empty list", "" => "is empty", json!({}) => "give a string", }

    id_token_algorithms: "idTokenVerificationConfig.algorithms",
    good {
        Value::Null => |it| issuer(it).algorithms.is_none(),
        ["RS256", "ES384", "Ed25519"] => |it| {
            issuer(it).algorithms.as_deref()
                == Some(&[Algorithm::Rs256, Algorithm::Es384, Algorithm::EdDsa])
        },
    }
    refused {
        ["ES256", "none"] => "choose from ES256, ES384",
        ["HS256"] => "choose from ES256, ES384",
        ["rs256"] => "RS256",
        ["ES256K"] => "is not supported",
        json!([]) => "is an empty list",
        "RS256" => "expected a sequence",
    }

    clock_tolerance: "idTokenVerificationConfig.clockTolerance",
    good {
        Value::Null => |it| issuer(it).leeway.as_secs() == 60,
        0 => |it| issuer(it).leeway.as_secs() == 0,
        3600 => |it| issuer(it).leeway.as_secs() == 3600,
        "30" => |it| issuer(it).leeway.as_secs() == 30,
        "5 minutes" => |it| issuer(it).leeway.as_secs() == 300,
        "1 Hour" => |it| issuer(it).leeway.as_secs() == 3600,
        "90s" => |it| issuer(it).leeway.as_secs() == 90,
    }
    refused {
        3601 => "at most 3600 seconds",
        "1 day" => "at most 3600 seconds",
        "soon" => "give seconds, or a duration",
        -1 => "give seconds",
        "-5 minutes" => "give seconds",
        1.5 => "give seconds",
    }

    max_token_age: "idTokenVerificationConfig.maxTokenAge",
    good {
        Value::Null => |it| issuer(it).max_token_age.is_none(),
        300 => |it| issuer(it).max_token_age == Some(300),
        "2 hours" => |it| issuer(it).max_token_age == Some(7200),
        "2 HRS" => |it| issuer(it).max_token_age == Some(7200),
        "1 week" => |it| issuer(it).max_token_age == Some(604_800),
    }
    refused {
        0 => "give 1 to",
        4_294_967_296_u64 => "give 1 to",
        "1 year" => "give seconds",
        "5 minutes ago" => "give seconds",
        true => "give seconds",
    }

    crit: "idTokenVerificationConfig.crit",
    good {
        Value::Null => |it| issuer(it).crit.is_empty(),
        json!({ "urn:a": true, "b": "true" }) => |it| issuer(it).crit.len() == 2,
        json!({ "c": false, "d": "false" }) => |it| issuer(it).crit.len() == 2,
    }
    refused {
        json!({ "b64": true }) => "\"b64\"",
        json!({ "alg": true }) => "\"alg\"",
        json!({ "exp": true, "crit": false }) => "\"crit\"",
    }

    current_date: "idTokenVerificationConfig.currentDate",
    good {
        Value::Null => |it| it.provider.judged_at.is_none(),
        "2026-01-31T12:00:00Z" => |it| it.provider.judged_at == Some(UnixTime(1_769_860_800)),
        "2026-01-31T13:00:00.5+01:00" => |it| it.provider.judged_at == Some(UnixTime(1_769_860_800)),
        "2026-01-31" => |it| it.provider.judged_at == Some(UnixTime(1_769_817_600)),
        1_769_860_800 => |it| it.provider.judged_at == Some(UnixTime(1_769_860_800)),
    }
    refused {
        "2026-01-31T12:00:00" => "give a time such as",
        "tomorrow" => "give a time such as",
        "" => "give a time such as",
        1_769_860_800_000_u64 => "give a time such as",
        -1 => "give a time such as",
        1.5 => "give a time such as",
        true => "give a time such as",
    }

    subject: "idTokenVerificationConfig.subject",
    good { "alice" => |it| issuer(it).subject.as_deref() == Some("alice"), }
    refused { "" => "is empty", 1 => "expected a string", }

    typ: "idTokenVerificationConfig.typ",
    good {
        Value::Null => |it| issuer(it).typ.as_deref() == Some(&["JWT".to_owned()]) && issuer(it).typ_absent,
        "id+jwt" => |it| issuer(it).typ.as_deref() == Some(&["id+jwt".to_owned()]) && !issuer(it).typ_absent,
    }
    refused { "" => "is empty", ["JWT"] => "expected a string", }

    auth_request_response_type: "authRequestOptionalConfig.responseType",
    good { "code" => |_| true, }
    refused { "token" => "choose from code", }

    auth_request_grant_type: "authRequestOptionalConfig.grantType",
    good { "authorization_code" => |it| it.authorization_parameters().len() == 3, }
    refused { "password" => "choose from authorization_code", }

    auth_request_token_endpoint: "authRequestOptionalConfig.tokenEndpoint",
    good {
        "https://auth.example.com/oidc/token" => |it| it.authorization_parameters().len() == 3,
    }
    refused { "https://auth.example.com/oidc/token/" => "differs from tokenEndpoint", }

    response_mode: "authRequestOptionalConfig.responseMode",
    good {
        Value::Null => |it| it.response_mode == ResponseMode::Query,
        "query" => |it| it.response_mode == ResponseMode::Query && it.authorization_parameters().len() == 3,
        "form_post" => |it| sent(it, "response_mode", "form_post"),
    }
    refused {
        "fragment" => "choose from query, form_post",
        "query.jwt" => "choose from query, form_post",
        "jwt" => "choose from query, form_post",
        "" => "choose from query, form_post",
    }

    display: "authRequestOptionalConfig.display",
    good {
        "page" => |it| sent(it, "display", "page"),
        "popup" => |it| sent(it, "display", "popup"),
        "touch" => |it| sent(it, "display", "touch"),
        "wap" => |it| sent(it, "display", "wap"),
    }
    refused { "tv" => "choose from page, popup, touch, wap", "" => "choose from page", }

    prompt: "authRequestOptionalConfig.prompt",
    good {
        "none" => |it| sent(it, "prompt", "none"),
        "login consent" => |it| sent(it, "prompt", "login consent"),
        "select_account" => |it| sent(it, "prompt", "select_account"),
    }
    refused {
        "none login" => "excludes other words",
        "" => "does not consist of words",
        " " => "does not consist of words",
        "login,consent" => "does not consist of words",
    }

    max_age: "authRequestOptionalConfig.maxAge",
    good {
        "0" => |it| it.max_age == Some(0) && sent(it, "max_age", "0"),
        "3600" => |it| it.max_age == Some(3600) && sent(it, "max_age", "3600"),
        Value::Null => |it| it.max_age.is_none(),
    }
    refused {
        "" => "write digits only",
        "+5" => "write digits only",
        "5 minutes" => "write digits only",
        "4294967296" => "at most 4294967295",
        3600 => "expected a string",
    }

    ui_locales: "authRequestOptionalConfig.uiLocales",
    good { "fr-CA fr en" => |it| sent(it, "ui_locales", "fr-CA fr en"), }
    refused { "" => "is empty", "é" => "other than visible ASCII", "a\nb" => "other than visible ASCII", }

    id_token_hint: "authRequestOptionalConfig.idTokenHint",
    good { "eyJ.a.b" => |it| sent(it, "id_token_hint", "eyJ.a.b"), }
    refused { "" => "is empty", "\u{7f}" => "other than visible ASCII", }

    login_hint: "authRequestOptionalConfig.loginHint",
    good { "zoë@example.com\n" => |it| sent(it, "login_hint", "zoë@example.com\n"), }
    refused { "" => "is empty", 1 => "expected a string", }

    acr_values: "authRequestOptionalConfig.acrValues",
    good { "urn:mace:silver phr" => |it| sent(it, "acr_values", "urn:mace:silver phr"), }
    refused { "" => "is empty", "ä" => "other than visible ASCII", }

    custom_config: "customConfig",
    good {
        Value::Null => |it| it.extra.is_empty() && it.token_extra.is_empty(),
        json!({ "orgHint": "ä &=", "empty": "" }) => |it| {
            it.extra.iter().any(|(name, value)| name == "org_hint" && value == "ä &=")
                && it.extra.iter().any(|(name, value)| name == "empty" && value.is_empty())
                && it.token_extra == it.extra
                && sent(it, "org_hint", "ä &=")
        },
    }
    refused {
        json!({ "": "a" }) => "is not the name of a parameter",
        json!({ "a b": "a" }) => "is not the name of a parameter",
        json!({ "a&state": "a" }) => "is not the name of a parameter",
        json!({ "orgHint": "a", "org_hint": "b" }) => "and so is another name",
        "a=b" => "expected an object",
    }
}

/// Whether the authorization request has this parameter, once.
fn sent(settings: &Settings, name: &str, value: &str) -> bool {
    let parameters = settings.authorization_parameters();
    parameters.iter().filter(|(it, _)| *it == name).map(|(_, it)| &**it).eq([value])
}

#[test]
fn custom_config_replaces_no_parameter_of_sign_in() {
    for name in [
        "clientId",
        "client_secret",
        "client_assertion",
        "clientAssertionType",
        "redirectUri",
        "responseType",
        "response_mode",
        "scope",
        "state",
        "State",
        "STATE",
        "nonce",
        "code",
        "codeChallenge",
        "code_verifier",
        "grantType",
        "refreshToken",
        "request",
        "requestUri",
        "iss",
        "username",
        "password",
        "assertion",
        "resource",
    ] {
        let error = settings(&with("customConfig", json!({ name: "a" }))).map(drop).unwrap_err();
        assert_eq!(error.path(), "customConfig");
        assert!(error.to_string().contains("sign-in sets itself"), "{error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
    }
    for (name, field) in [
        ("prompt", "prompt"),
        ("maxAge", "maxAge"),
        ("max_age", "maxAge"),
        ("acrValues", "acrValues"),
        ("display", "display"),
        ("uiLocales", "uiLocales"),
        ("loginHint", "loginHint"),
        ("idTokenHint", "idTokenHint"),
    ] {
        let error = settings(&with("customConfig", json!({ name: "a" }))).map(drop).unwrap_err();
        let expected = format!("set authRequestOptionalConfig.{field} instead");
        assert!(error.to_string().contains(&expected), "{error}");
    }
    let error = settings(&with("customConfig", json!({ "a": 1 }))).map(drop).unwrap_err();
    assert_eq!(error.path(), "customConfig.a");
}

#[test]
fn the_value_in_crit_is_true_or_false() {
    for value in [json!("yes"), json!(1), json!({}), json!("")] {
        let document = with("idTokenVerificationConfig.crit", json!({ "a": value }));
        let error = settings(&document).map(drop).unwrap_err();
        assert_eq!(error.path(), "idTokenVerificationConfig.crit.a");
        assert!(error.to_string().contains("give true or false"), "{error}");
    }
}

#[test]
fn the_authorization_endpoint_has_another_name() {
    let url = "https://auth.example.com/other";
    let mut document = with("authorizationEndpoint", Value::Null);
    document["authenticationEndpoint"] = json!(url);
    let (used, _) = settings(&document).unwrap();
    assert_eq!(endpoints(&used).authorization_endpoint, url);
    let error = settings(&with("authenticationEndpoint", json!(url))).map(drop);
    assert_eq!(error.unwrap_err().path(), "authenticationEndpoint");
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    for (path, table, nearest) in [
        ("client_id", "", "write \"clientId\""),
        ("scopes", "", "write \"scope\""),
        ("idTokenVerificationConfig.jwksURI", "idTokenVerificationConfig", "write \"jwksUri\""),
        ("authRequestOptionalConfig.max_age", "authRequestOptionalConfig", "write \"maxAge\""),
        ("jwksUri", "", "put it into idTokenVerificationConfig"),
        ("prompt", "", "put it into authRequestOptionalConfig"),
        (
            "authRequestOptionalConfig.wrong",
            "authRequestOptionalConfig",
            "the names are responseType",
        ),
    ] {
        let error = settings(&with(path, json!("a"))).map(drop).unwrap_err();
        assert_eq!(error.path(), table, "{error}");
        assert!(error.to_string().contains(nearest), "{error}");
    }
}

#[test]
fn a_repeated_name_is_refused() {
    let repeated = |old: &str, new: &str| {
        let text = with("customConfig", json!({ "a": "1" })).to_string();
        assert!(text.contains(old), "{text}");
        ConnectorConfig::from_json(text.replacen(old, new, 1)).unwrap_err().to_string()
    };
    for (old, new) in [
        ("\"clientId\"", "\"clientId\":\"a\",\"clientId\""),
        ("\"jwksUri\"", "\"jwksUri\":\"https://evil.example\",\"jwksUri\""),
        ("\"a\":\"1\"", "\"a\":\"1\",\"a\":\"2\""),
    ] {
        let error = repeated(old, new);
        assert!(error.contains("duplicate field"), "{error}");
    }
}

#[test]
fn what_is_not_an_object_is_refused() {
    for text in ["", "{", "[]", "null", "1", "\"a\""] {
        let error = ConnectorConfig::from_json(text).unwrap_err();
        assert_eq!(error.path(), "", "{text}: {error}");
    }
    let error = ConnectorConfig::from_json(format!("{} 1", least())).unwrap_err();
    assert!(error.to_string().contains("trailing"), "{error}");
    assert!(ConnectorConfig::from_json(b"{\"scope\":\"\xff\"}").is_err(), "not UTF-8");
    let deep = "[".repeat(100_000);
    assert!(ConnectorConfig::from_json(&deep).is_err());
}

#[test]
fn serde_reads_the_same() {
    let config: ConnectorConfig = serde_json::from_value(least()).unwrap();
    assert_eq!(config.client_id, "bookstore");
    let document = with("idTokenVerificationConfig.jwksURI", json!("a"));
    let error = serde_json::from_value::<ConnectorConfig>(document).unwrap_err().to_string();
    assert!(error.starts_with("idTokenVerificationConfig: \"jwksURI\""), "{error}");
}

#[test]
fn neither_messages_nor_debug_show_the_secret() {
    let config = ConnectorConfig::from_json(least().to_string()).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let error = settings(&with("clientSecret", json!(987_654))).map(drop).unwrap_err().to_string();
    assert!(!error.contains("987654"), "{error}");
}

#[test]
fn plain_http_is_for_this_machine_and_only_if_it_is_allowed() {
    let text = least().to_string().replace("https://auth.example.com", "http://127.0.0.1:3001");
    let config = ConnectorConfig::from_json(&text).unwrap();
    assert!(config.check(Plaintext::Loopback).is_ok());
    assert!(config.check(Plaintext::Refuse).is_err());
}

#[test]
fn what_may_be_a_mistake_is_a_warning() {
    let warnings = |path, value| settings(&with(path, value)).unwrap().1;
    assert_eq!(warnings("scope", json!("")), []);
    let any = warnings("idTokenVerificationConfig.issuer", Value::Null);
    assert_eq!(any, [ConnectorWarning::AnyIssuer]);
    let dated = warnings("idTokenVerificationConfig.currentDate", json!(7));
    assert_eq!(dated, [ConnectorWarning::CurrentDate(UnixTime(7))]);
    assert!(dated[0].to_string().contains("1970-01-01T00:00:07Z"), "{}", dated[0]);
}

#[test]
fn a_checked_connector_says_what_is_asked_and_required() {
    let mut document = with("customConfig", json!({ "orgHint": "acme" }));
    document["scope"] = json!("profile");
    document["authRequestOptionalConfig"] = json!({ "maxAge": "60", "prompt": "login" });
    let config = ConnectorConfig::from_json(document.to_string()).unwrap();
    let checked = config.check(Plaintext::Refuse).unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        checked.authorization_parameters,
        [
            pair("response_type", "code"),
            pair("client_id", "bookstore"),
            pair("scope", "openid profile"),
            pair("prompt", "login"),
            pair("max_age", "60"),
            pair("org_hint", "acme"),
        ]
    );
    assert_eq!(
        checked.token_parameters,
        [pair("grant_type", "authorization_code"), pair("org_hint", "acme")]
    );
    assert_eq!((checked.client_auth, checked.max_authentication_age), (ClientAuth::Post, Some(60)));
    assert_eq!(checked.id_tokens.audience, ["bookstore"]);
}
