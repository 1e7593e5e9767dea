use super::*;

#[derive(Deserialize)]
struct File {
    #[serde(deserialize_with = "deserialize")]
    token_from: Option<Vec<RawTokenSource>>,
}

fn sources(toml: &str) -> Result<TokenSources, TokenSourceError> {
    let file: File = toml::from_str(&format!("token_from = {toml}")).unwrap();
    TokenSources::new(file.token_from.unwrap())
}

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, http::HeaderValue::from_static(value));
    }
    headers
}

/// The token that these sources find, and whether it came by cookie.
fn find(toml: &str, fields: &[(&'static str, &'static str)]) -> Result<(String, bool), TokenError> {
    let headers = headers(fields);
    let found = sources(toml).unwrap().find(&headers)?;
    Ok((found.token.as_str().to_owned(), found.is_from_cookie))
}

const COOKIE_AND_HEADER: &str =
    r#"["authorization", { cookie = "session" }, { header = "X-Token", scheme = "Token" }]"#;

#[test]
fn the_value_of_a_named_header_is_the_bare_token() {
    let iap = r#"{ header = "X-Goog-Iap-Jwt-Assertion" }"#;
    let found = find(iap, &[("x-goog-iap-jwt-assertion", "a.b.c")]);
    assert_eq!(found, Ok(("a.b.c".to_owned(), false)));
    for value in ["Bearer a.b.c", "a.b.c d.e.f", "a.b.c,d.e.f", "a%2Eb", "\"a.b.c\""] {
        let error = find(iap, &[("x-goog-iap-jwt-assertion", value)]).unwrap_err();
        assert!(matches!(error, TokenError::Rejected(Rejection::TokenMalformed { .. })), "{value}");
    }
}

#[test]
fn a_named_header_may_have_a_scheme() {
    let token = r#"{ header = "X-Token", scheme = "Token" }"#;
    for value in ["Token a.b.c", "token a.b.c", "TOKEN   a.b.c"] {
        assert_eq!(find(token, &[("x-token", value)]), Ok(("a.b.c".to_owned(), false)), "{value}");
    }
    for (value, error) in [
        ("a.b.c", TokenError::Malformed),
        ("Token ", TokenError::Malformed),
        ("Bearer a.b.c", TokenError::AnotherScheme),
        ("Tokena.b.c x", TokenError::AnotherScheme),
        ("", TokenError::Missing),
        ("  ", TokenError::Missing),
    ] {
        assert_eq!(find(token, &[("x-token", value)]), Err(error), "{value}");
    }
}

#[test]
fn a_cookie_is_found_and_marked_as_one() {
    let found = find(r#"{ cookie = "session" }"#, &[("cookie", "a=1; session=a.b.c")]);
    assert_eq!(found, Ok(("a.b.c".to_owned(), true)));
}

#[test]
fn only_configured_sources_are_looked_at() {
    let everywhere = [
        ("authorization", "Bearer a.b.c"),
        ("x-token", "d.e.f"),
        ("x_token", "j.k.l"),
        ("cookie", "session=g.h.i"),
    ];
    for (toml, token) in [
        ("\"authorization\"", "a.b.c"),
        (r#"{ header = "x-TOKEN" }"#, "d.e.f"),
        (r#"[{ cookie = "session" }]"#, "g.h.i"),
    ] {
        assert_eq!(find(toml, &everywhere).unwrap().0, token);
    }
    for toml in [r#"{ header = "X-Other" }"#, r#"{ cookie = "Session" }"#] {
        assert_eq!(find(toml, &everywhere), Err(TokenError::Missing), "{toml}");
    }
}

#[test]
fn a_token_in_two_sources_is_refused() {
    let all = [
        ("authorization", "Bearer a.b.c"),
        ("cookie", "session=a.b.c"),
        ("x-token", "Token a.b.c"),
    ];
    for two in [[0, 1], [0, 2], [1, 2], [2, 1]] {
        let fields = two.map(|index| all[index]);
        assert_eq!(find(COOKIE_AND_HEADER, &fields), Err(TokenError::Repeated), "{fields:?}");
    }
    for (index, by_cookie) in [(0, false), (1, true), (2, false)] {
        assert_eq!(
            find(COOKIE_AND_HEADER, &all[index..=index]),
            Ok(("a.b.c".to_owned(), by_cookie))
        );
    }
    // Credentials of another scheme may mean something to the API.
    let basic = [("authorization", "Basic YTpi"), ("cookie", "session=a.b.c")];
    assert_eq!(find(COOKIE_AND_HEADER, &basic), Err(TokenError::Repeated));
    let empty = [("authorization", ""), ("cookie", "session="), ("x-token", "Token a.b.c")];
    assert!(find(COOKIE_AND_HEADER, &empty).is_ok());
}

#[test]
fn a_source_that_is_given_twice_is_refused() {
    for (fields, error) in [
        ([("x-token", "Token a.b.c"), ("x-token", "Token a.b.c")], TokenError::Repeated),
        ([("x-token", ""), ("x-token", "Token a.b.c")], TokenError::Repeated),
        ([("cookie", "session=a.b.c"), ("cookie", "a=1")], TokenError::Repeated),
        ([("cookie", "session=a.b.c; session=a.b.c"), ("accept", "*/*")], TokenError::Repeated),
        (
            [("authorization", "Bearer a.b.c"), ("authorization", "")],
            TokenError::Rejected(Rejection::AuthorizationRepeated),
        ),
    ] {
        assert_eq!(find(COOKIE_AND_HEADER, &fields), Err(error), "{fields:?}");
    }
}

#[test]
fn sources_are_silent_if_none_has_a_value() {
    let sources = sources(COOKIE_AND_HEADER).unwrap();
    assert!(sources.are_silent(&headers(&[("cookie", "a=1"), ("authorization", " ")])));
    for field in [("cookie", "session=a"), ("authorization", "Basic a"), ("x-token", "a")] {
        assert!(!sources.are_silent(&headers(&[field])), "{field:?}");
    }
    assert!(!sources.are_silent(&headers(&[("x-token", ""), ("x-token", "")])));
}

#[test]
fn a_flag_says_the_same_as_the_file() {
    for (flag, toml) in [
        ("authorization", "\"authorization\""),
        ("header=X-Token", r#"{ header = "X-Token" }"#),
        ("header=X-Token:Bearer", r#"{ header = "X-Token", scheme = "Bearer" }"#),
        ("cookie=session", r#"{ cookie = "session" }"#),
    ] {
        let flag = TokenSources::new(vec![flag.parse().unwrap()]).unwrap();
        assert_eq!(flag.0, sources(toml).unwrap().0);
    }
    assert!("query=token".parse::<RawTokenSource>().is_err());
}

#[test]
fn an_error_names_the_value_and_the_fix() {
    for (toml, message) in [
        ("[]", "the list is empty"),
        ("\"Authorization\"", "\"Authorization\" is not a source. Write \"authorization\""),
        (r#"{ header = "Authorization" }"#, "write \"authorization\""),
        (r#"{ header = "X-Forwarded-User" }"#, "\"X-Forwarded-User\": proxies or Tollgate use"),
        (r#"{ header = "X_Token" }"#, "write a hyphen"),
        (r#"{ header = "Cookie" }"#, "HTTP itself"),
        (r#"{ header = "X-Token", scheme = "" }"#, "scheme \"\" is not a scheme"),
        (r#"{ header = "X-Token", scheme = "a b" }"#, "Write one like \"Bearer\""),
        (r#"{ cookie = "" }"#, "cookie \"\" is not a name"),
        (r#"{ cookie = "a=b" }"#, "cookie \"a=b\" is not a name"),
        (r#"["authorization", "authorization"]"#, "authorization is listed twice"),
        (r#"[{ header = "X-A" }, { header = "x-a", scheme = "B" }]"#, "x-a is listed twice"),
    ] {
        let error = sources(toml).unwrap_err().to_string();
        assert!(error.contains(message), "{toml}: {error}");
    }
    for toml in [
        "7",
        "{ query = 'a' }",
        "{ header = 'X-A', cookie = 'a' }",
        "{ cookie = 'a', scheme = 'b' }",
    ] {
        let error = toml::from_str::<File>(&format!("token_from = {toml}")).err().unwrap();
        assert!(error.to_string().contains("or a list of these"), "{toml}: {error}");
    }
}
