use super::*;

#[derive(Deserialize)]
struct File {
    headers: BTreeMap<String, String>,
    #[serde(default)]
    percent_encode_identity: PercentEncoded,
}

fn parse(toml: &str) -> Result<IdentityHeaders, IdentityHeaderError> {
    let File { headers, percent_encode_identity } = toml::from_str(toml).unwrap();
    let token = vec!["header=X-Token".parse().unwrap()];
    IdentityHeaders::new(
        &headers,
        &percent_encode_identity,
        &TokenSources::new(token).unwrap(),
        false,
    )
}

/// The value of the one configured header, for a token with these claims.
fn value(toml: &str, claims: &str) -> Result<String, UncarriedKind> {
    let headers = parse(toml).unwrap();
    let header = headers.0.last().unwrap();
    let Source::Claim(pointer) = &header.source else { panic!("no header is configured") };
    let value = header.claim(pointer, &Claims::read(claims), false);
    value.map(Cow::into_owned).map_err(|uncarried| uncarried.kind)
}

const PLAIN: &str = "headers = { X-User-Claim = '/c' }";
const ENCODED: &str = "percent_encode_identity = true\nheaders = { X-User-Claim = '/c' }";

#[test]
fn text_numbers_and_booleans_are_sent_as_text_and_arrays_joined_by_commas() {
    for (claim, sent) in [
        ("\"a b\"", "a b"),
        ("\"\\u0061\"", "a"),
        ("\"a,b\"", "a,b"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("-1.50e2", "-1.50e2"),
        ("true", "true"),
        ("false", "false"),
        ("[\"a\", 1, true]", "a,1,true"),
        ("[\"a\"]", "a"),
        ("[\"100%\", \"a b\"]", "100%,a b"),
    ] {
        assert_eq!(value(PLAIN, &format!("{{\"c\": {claim}}}")).unwrap(), sent, "{claim}");
    }
}

#[test]
fn a_header_is_empty_if_the_claim_is_absent_null_or_an_object() {
    for claims in [
        "{}",
        "{\"c\": null}",
        "{\"c\": {}}",
        "{\"c\": {\"a\": 1}}",
        "{\"c\": []}",
        "{\"c\": [\"a\", {}]}",
        "{\"c\": [\"a\", null]}",
        "{\"c\": [[\"a\"]]}",
        "{\"C\": \"a\"}",
    ] {
        for toml in [PLAIN, ENCODED] {
            assert_eq!(value(toml, claims).unwrap(), "", "{claims}");
        }
    }
}

#[test]
fn an_element_with_a_comma_or_white_space_at_an_end_is_refused() {
    for element in ["a,b", ",", " a", "a ", " ", "\\ta", "a\\n"] {
        let claims = format!("{{\"c\": [\"x\", \"{element}\"]}}");
        assert_eq!(value(PLAIN, &claims), Err(UncarriedKind::Element), "{element}");
    }
}

#[test]
fn text_that_no_header_can_carry_is_refused() {
    for text in
        ["\u{fc}", "a\\r\\nX-Auth-Request-User: admin", "\\u0000", "\\u007f", "a\\tb", " a", "a "]
    {
        let claims = format!("{{\"c\": \"{text}\"}}");
        assert_eq!(value(PLAIN, &claims), Err(UncarriedKind::Characters), "{text}");
    }
    assert_eq!(value(PLAIN, "{\"c\": [\"\u{fc}\"]}"), Err(UncarriedKind::Characters));
}

#[test]
fn percent_encoding_carries_every_value_and_each_has_one_reading() {
    for (claim, sent) in [
        ("\"Jos\u{e9}\"", "Jos%C3%A9"),
        ("\"a b\"", "a%20b"),
        ("\"100%\"", "100%25"),
        ("\"%C3%A9\"", "%25C3%25A9"),
        ("\"a,b\"", "a%2Cb"),
        ("[\"a,b\", \" c\"]", "a%2Cb,%20c"),
        ("\"a\\r\\nX: y\"", "a%0D%0AX:%20y"),
        ("\"\\u0000\\u007f\"", "%00%7F"),
        ("\"user_7f3k~!\\\"#\"", "user_7f3k~!\"#"),
        ("-1.5", "-1.5"),
    ] {
        assert_eq!(value(ENCODED, &format!("{{\"c\": {claim}}}")).unwrap(), sent, "{claim}");
    }
}

#[test]
fn percent_encoding_applies_to_the_headers_that_are_listed() {
    let toml = "percent_encode_identity = ['x-user-claim', 'X-Auth-Request-User']\n\
                headers = { X-User-Claim = '/c', X-User-Other = '/c' }";
    let headers = parse(toml).unwrap();
    let encoded = headers.0.iter().filter(|header| header.is_percent_encoded);
    let names: Vec<_> = encoded.map(|header| header.name.as_str()).collect();
    assert_eq!(names, ["x-auth-request-user", "x-user-claim"]);
}

#[test]
fn an_address_is_sent_only_if_it_is_verified() {
    let email = "headers = { X-User-Email = '/email' }";
    let verified = "{\"email\": \"a@example.com\", \"email_verified\": true}";
    assert_eq!(value(email, verified).unwrap(), "a@example.com");
    for other in ["false", "\"true\"", "1", "null", "[true]", "{}"] {
        let claims = format!("{{\"email\": \"a@example.com\", \"email_verified\": {other}}}");
        assert_eq!(value(email, &claims).unwrap(), "", "{other}");
    }
    assert_eq!(value(email, "{\"email\": \"a@example.com\"}").unwrap(), "");
    let first = "headers = { X-User-Email = '/email/0' }";
    assert_eq!(value(first, "{\"email\": [\"a@example.com\"]}").unwrap(), "");
}

#[test]
fn a_header_carries_visible_ascii_only() {
    let header = |source| IdentityHeader {
        name: HeaderName::from_static("x-auth-request-user"),
        source,
        is_percent_encoded: false,
    };
    for text in ["", "user_7f3k", "read:orders write:orders", "a  b", "~!\"#"] {
        assert_eq!(header(Source::Subject).text(text.into()).unwrap(), text);
    }
    for text in [" a", "a ", "a\tb", "a\r\nX: b", "ü", "\u{7f}", "\0"] {
        let uncarried = header(Source::Subject).text(text.into()).unwrap_err();
        assert_eq!(uncarried.reason(), "identity-not-ascii", "{text:?}");
        let explanation = uncarried.explanation();
        for part in ["x-auth-request-user", "/sub", "percent_encode_identity"] {
            assert!(explanation.contains(part), "{explanation}");
        }
    }
}

#[test]
fn without_an_identity_all_headers_are_present_and_empty() {
    let headers = parse(PLAIN).unwrap().of(None).unwrap();
    assert_eq!(headers.len(), 7);
    assert!(headers.values().all(|value| value.is_empty()));
    assert!(headers.contains_key("x-user-claim"));
}

#[test]
fn an_error_names_the_header_and_the_fix() {
    for (toml, message) in [
        (
            "headers = { X-Auth-Request-Email = '/email' }",
            "\"X-Auth-Request-Email\": proxies or Tollgate",
        ),
        ("headers = { X-Forwarded-User = '/sub' }", "choose another name"),
        ("headers = { Authorization = '/sub' }", "HTTP itself"),
        ("headers = { X_User = '/sub' }", "write a hyphen"),
        ("headers = { 'X User' = '/sub' }", "letters, digits and hyphens"),
        ("headers = { X-User = '/sub', x-user = '/sub' }", "listed twice"),
        ("headers = { X-Token = '/sub' }", "carries the token"),
        ("headers = { X-User = 'email' }", "\"email\" is not a JSON Pointer"),
        ("headers = { X-User = '' }", "Write one like \"/email\""),
        ("headers = { X-User = '/a~2' }", "RFC 6901"),
        (
            "percent_encode_identity = ['X-Other']\nheaders = {}",
            "\"X-Other\" is no identity header",
        ),
    ] {
        let error = parse(toml).unwrap_err().to_string();
        assert!(error.contains(message), "{toml}: {error}");
    }
    let many: String = (0..=MAX_CONFIGURED).map(|n| format!("X-{n} = '/sub'\n")).collect();
    assert_eq!(parse(&format!("[headers]\n{many}")).err(), Some(IdentityHeaderError::TooMany));
}
