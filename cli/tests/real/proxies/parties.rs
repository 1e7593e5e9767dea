//! The provider and the tokens of all these tests.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::provider::{ALGORITHMS, API_ES256, Provider, audience};

/// The provider that all these tests share, and its tokens.
pub(crate) struct Parties {
    pub(crate) provider: Provider,
    pub(crate) full: String,
    pub(crate) es256: String,
    pub(crate) user: String,
    pub(crate) id_token: String,
    pub(crate) read: String,
    pub(crate) write: String,
    /// With the claim `organization_id`.
    pub(crate) member: String,
    pub(crate) wrong_audience: String,
    /// The algorithms and a token by each.
    pub(crate) by_algorithm: Vec<(&'static str, String)>,
}

/// The provider ends with the test's process.
pub(crate) static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let provider = Provider::signing_with(&ALGORITHMS.join(","));
    let by = |algorithm| provider.access_token(json!({"resource": audience(algorithm)}));
    let signed_in = provider.mint(json!({"grant": "authorization_code"}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Parties {
        full: provider.token(),
        es256: provider.access_token(json!({"resource": API_ES256})),
        user: text(&signed_in["access_token"]),
        id_token: text(&signed_in["id_token"]),
        read: provider.access_token(json!({"scope": "read:orders"})),
        write: provider.access_token(json!({"scope": "write:orders"})),
        by_algorithm: ALGORITHMS.map(|algorithm| (algorithm, by(algorithm))).into(),
        member: provider.access_token(json!({"organization_id": "org_1"})),
        wrong_audience: provider.access_token(json!({"resource": "https://other.example.com"})),
        provider,
    }
});
