//! The JSON of connectors: what is accepted asks only for what sign-in allows, and serde reads the same.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use tollgate::issuer_url::Plaintext;
use tollgate::owned_policy::OwnedPolicy;
use tollgate::sign_in::{CheckedConnector, ConnectorConfig};

/// What sign-in adds to each authorization request.
const FRESH: [&str; 5] =
    ["redirect_uri", "state", "nonce", "code_challenge", "code_challenge_method"];

fuzz_target!(|input: &[u8]| {
    let read = ConnectorConfig::from_json(input);
    let by_serde = serde_json::from_slice::<ConnectorConfig>(input);
    assert_eq!(read.is_ok(), by_serde.is_ok());
    let checked = read.and_then(|config| {
        let strict = config.check(Plaintext::Refuse);
        let loose = config.check(Plaintext::Loopback);
        assert!(strict.is_err() || loose.is_ok());
        strict.or(loose)
    });
    match checked {
        Ok(checked) => judge(&checked),
        Err(error) => assert!(error.to_string().contains(error.path())),
    }
});

fn judge(checked: &CheckedConnector) {
    for url in [&checked.authorization_endpoint, &checked.token_endpoint] {
        let scheme = url.split("://").next().unwrap_or_default().to_ascii_lowercase();
        assert!(["http", "https"].contains(&&*scheme), "{url}");
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains('#'), "{url}");
    }
    let names = checked.authorization_parameters.iter().map(|(name, _)| name.as_str());
    let all: Vec<_> = names.chain(FRESH).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each once: {all:?}");
    let value = |wanted: &str| {
        let mut parameters = checked.authorization_parameters.iter();
        parameters.find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    assert_eq!(value("response_type"), Some("code"));
    let scope = value("scope").unwrap();
    assert_eq!(scope.split(' ').filter(|it| *it == "openid").count(), 1, "{scope}");
    for own in ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"]
    {
        let count = checked.token_parameters.iter().filter(|(name, _)| name == own).count();
        assert_eq!(count, usize::from(own == "grant_type"), "{own}");
    }
    let tokens = &checked.id_tokens;
    assert!(OwnedPolicy::new(tokens).is_ok(), "{tokens:?}");
    assert!(tokens.any_issuer == tokens.issuer.is_empty() && !tokens.any_audience);
    let client = value("client_id").unwrap();
    assert_eq!(tokens.audience.iter().filter(|audience| *audience == client).count(), 1);
}
