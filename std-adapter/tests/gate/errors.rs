//! Invalid settings of gates, and what the errors say.

use tollgate::gate::{Gate, GateBuilder, GateError, Issuer};
use tollgate::issuer_url::{Plaintext, UrlError};
use tollgate::tollgate_core::policy::{ClaimTest, Requirement};
use tollgate_tests::mint::{AUDIENCE, ISSUER};

use super::scripted_web::{Web, builder, issuer};

fn error(builder: GateBuilder) -> GateError {
    builder.build().unwrap_err()
}

/// The error about the issuer at `url`, and its message.
fn url_error(url: &str, plaintext: Plaintext) -> (UrlError, String) {
    let issuer = Issuer::new(url).audience(AUDIENCE);
    let error = error(builder(&Web::good()).issuer(issuer).plaintext(plaintext));
    let message = error.to_string();
    match error {
        GateError::Url { setting: "issuer", url: named, error } => {
            assert_eq!(named, url);
            (error, message)
        }
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn a_gate_trusts_one_to_sixty_four_issuers() {
    let web = Web::good();
    let of = |count: usize| {
        let issuers = (0..count).map(|index| format!("https://{index}.example"));
        issuers
            .map(|url| Issuer::new(url).audience(AUDIENCE))
            .fold(builder(&web), GateBuilder::issuer)
    };
    assert!(matches!(error(of(0)), GateError::NoIssuer));
    assert!(of(1).build().is_ok());
    assert_eq!(of(64).build().unwrap().issuers().count(), 64);
    let error = error(of(65));
    assert!(matches!(error, GateError::TooManyIssuers));
    assert_eq!(error.to_string(), "there are more than 64 issuers");
}

#[tokio::test]
async fn an_issuer_without_an_audience_is_refused_with_advice() {
    let error = error(builder(&Web::good()).issuer(Issuer::new(ISSUER)));
    assert!(matches!(&error, GateError::NoAudience { issuer } if issuer == ISSUER));
    let message = error.to_string();
    assert!(message.contains(ISSUER) && message.contains("name the API"), "{message}");
    let named = Issuer::default().audience(AUDIENCE);
    let gate = builder(&Web::good()).issuer(named).build();
    assert!(matches!(gate, Err(GateError::NoIssuer)));
}

#[tokio::test]
async fn an_issuer_is_an_https_url_without_query_or_fragment() {
    for (url, error, advice) in [
        ("", UrlError::Malformed, "https://auth.example.com/oidc"),
        ("auth.example.com", UrlError::Malformed, "https://auth.example.com/oidc"),
        ("https://auth.example.com/ü oidc", UrlError::Malformed, "https://auth.example.com/oidc"),
        ("http://auth.example.com", UrlError::NotHttps, "https://"),
        ("http://127.0.0.1:3001", UrlError::NotHttps, "loopback"),
        ("ftp://auth.example.com", UrlError::NotHttps, "https://"),
        ("https://auth.example.com?tenant=1", UrlError::Query, "remove the part"),
        ("https://auth.example.com/oidc#1", UrlError::Fragment, "remove the part"),
        ("https://me:secret@auth.example.com", UrlError::Credentials, "remove the part"),
    ] {
        let (found, message) = url_error(url, Plaintext::Refuse);
        assert_eq!(found, error, "{url}");
        assert!(message.contains(advice), "{message}");
    }
}

#[tokio::test]
async fn plain_http_is_for_this_machine_alone_if_it_is_allowed() {
    for url in ["http://127.0.0.1:3001/oidc", "http://localhost", "http://[::1]:80"] {
        let issuer = Issuer::new(url).audience(AUDIENCE);
        let gate = builder(&Web::good()).issuer(issuer).plaintext(Plaintext::Loopback).build();
        assert!(gate.is_ok(), "{url}");
    }
    for url in ["http://auth.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com"] {
        assert_eq!(url_error(url, Plaintext::Loopback).0, UrlError::NotHttps, "{url}");
    }
}

#[tokio::test]
async fn fixed_urls_are_held_to_the_same_rules_but_may_have_a_query() {
    type Set = fn(Issuer, String) -> Issuer;
    let settings: [(_, Set); 2] =
        [("jwks_uri", Issuer::jwks_uri), ("metadata_url", Issuer::metadata_url)];
    for (name, set) in settings {
        let with = |url: &str| builder(&Web::good()).issuer(set(issuer(), url.to_owned())).build();
        assert!(with("https://keys.example.com/?format=jwks").is_ok());
        for (url, expected) in [
            ("http://keys.example.com", UrlError::NotHttps),
            ("https://keys.example.com#1", UrlError::Fragment),
            ("https://me:secret@keys.example.com", UrlError::Credentials),
            ("keys.example.com", UrlError::Malformed),
        ] {
            let error = with(url).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{name} {url:?}")), "{error}");
            let GateError::Url { setting, error, .. } = error else { panic!("{error:?}") };
            assert_eq!((setting, error), (name, expected));
        }
    }
}

#[tokio::test]
async fn an_invalid_policy_is_refused_and_its_setting_named() {
    for (issuer, setting, value) in [
        (issuer().audience(""), "audience", ""),
        (issuer().audience_prefix(""), "audience_prefix", ""),
        (issuer().scope("read orders"), "scope", "read orders"),
        (issuer().scopes(["read", ""]), "scope", ""),
        (issuer().crit(["b64"]), "crit", "b64"),
        (
            issuer()
                .required_claim(Requirement::pointer("no-slash".to_owned(), ClaimTest::Present)),
            "required_claims",
            "no-slash must be present",
        ),
        (issuer().scope_claim("/~"), "scope_claim", "/~"),
        (issuer().required_claim(Requirement::any(0)), "required_claims", "()"),
    ] {
        let error = error(builder(&Web::good()).issuer(issuer));
        let message = error.to_string();
        assert!(message.contains(ISSUER) && message.contains(setting), "{message}");
        let GateError::Policy { error, .. } = error else { panic!("{error:?}") };
        assert_eq!((error.setting, error.value.as_str()), (setting, value));
    }
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_refused() {
    let mut no_typ = issuer().typ("JWT");
    no_typ.any_typ = true;
    for (issuer, any, other) in [
        (issuer().any_audience(), "any_audience", "audience"),
        (
            Issuer::new(ISSUER).audience_prefix("urn:").any_audience(),
            "any_audience",
            "audience_prefix",
        ),
        (no_typ, "any_typ", "typ"),
        (
            issuer().jwks_uri("https://a.example").metadata_url("https://b.example"),
            "jwks_uri",
            "metadata_url",
        ),
    ] {
        let error = error(builder(&Web::good()).issuer(issuer));
        let message = error.to_string();
        let said = format!("{any} contradicts {other} of issuer {ISSUER:?}: remove one of them");
        assert_eq!(message, said);
    }
}

#[tokio::test]
async fn a_gate_does_not_accept_any_issuer() {
    let mut issuer = issuer();
    issuer.any_issuer = true;
    assert!(matches!(error(builder(&Web::good()).issuer(issuer)), GateError::AnyIssuer));
}

#[tokio::test]
async fn an_issuer_may_be_trusted_for_any_audience() {
    let issuer = Issuer::new(ISSUER).any_audience();
    assert!(builder(&Web::good()).issuer(issuer).build().is_ok());
}

#[tokio::test]
async fn metadata_that_no_header_can_carry_is_refused() {
    for url in ["https://api.example.com/\n", "https://api.example.com/\u{0}"] {
        let builder = builder(&Web::good()).issuer(issuer()).resource_metadata(url);
        assert!(matches!(error(builder), GateError::ResourceMetadata(_)));
    }
}

#[test]
fn a_gate_is_built_within_a_runtime() {
    let error = error(Gate::builder().fetcher(Web::good()).issuer(issuer()));
    assert!(matches!(error, GateError::NoRuntime));
    assert!(error.to_string().contains("tokio"), "{error}");
}
