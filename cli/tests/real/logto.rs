//! Logto's three permission models: API resources, organizations, and API resources of an
//! organization.

use serde_json::json;

use crate::gateway::{Gateway, config};
use crate::provider::Provider;

const RESOURCE: &str = r#"audience = "https://api.example.com""#;
const ORGANIZATIONS: &str = r#"audience_prefix = "urn:logto:organization:""#;
const RESOURCE_OF_ONE: &str = r#"audience = "https://api.example.com"
required_claims = { organization_id = "org_7" }"#;
const RESOURCE_OF_ANY: &str = r#"audience = "https://api.example.com"
required_claims = { organization_id = { present = true } }"#;

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn each_permission_model_has_its_configuration() {
    let provider = Provider::start();
    let api = "https://api.example.com";
    let tokens = [
        ("resource", json!({ "resource": api })),
        ("organization", json!({ "resource": "urn:logto:organization:org_7" })),
        ("no organization", json!({ "resource": "urn:logto:organization:" })),
        ("of org_7", json!({ "resource": api, "organization_id": "org_7" })),
        ("of org_8", json!({ "resource": api, "organization_id": "org_8" })),
    ];
    let tokens = tokens.map(|(name, parameters)| (name, provider.access_token(parameters)));
    // A token for the API that may not pass is 403, and a token for something else 401.
    for (lines, accepted, denied) in [
        (RESOURCE, &["resource", "of org_7", "of org_8"][..], &[][..]),
        (ORGANIZATIONS, &["organization"], &[]),
        (RESOURCE_OF_ONE, &["of org_7"], &["resource", "of org_8"]),
        (RESOURCE_OF_ANY, &["of org_7", "of org_8"], &["resource"]),
    ] {
        let gateway = Gateway::configured(&config(&provider, lines), &[]).ready();
        for (name, token) in &tokens {
            let answer = gateway.judge(token);
            let expected = match (accepted.contains(name), denied.contains(name)) {
                (true, _) => 200,
                (_, true) => 403,
                _ => 401,
            };
            assert_eq!(answer.status, expected, "{lines}, {name}: {answer:?}");
        }
    }
}

#[test]
#[ignore = "needs node, nginx, caddy, envoy and traefik: .ci/real-parts"]
fn permissions_of_an_organization_are_scopes() {
    let provider = Provider::start();
    let lines = format!("{ORGANIZATIONS}\nscope = \"write:orders\"");
    let gateway = Gateway::configured(&config(&provider, &lines), &[]).ready();
    let organization = "urn:logto:organization:org_7";
    for (scope, status) in [("read:orders write:orders", 200), ("read:orders", 403)] {
        let token = provider.access_token(json!({ "resource": organization, "scope": scope }));
        let answer = gateway.judge(&token);
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("X-Auth-Request-Scope"), (status == 200).then_some(scope));
        let which = answer.header("X-Auth-Request-Audience");
        assert_eq!(which, (status == 200).then_some(organization));
    }
}
