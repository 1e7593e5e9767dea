use serde_json::{Value, json};
use tollgate::gate::Demand;
use tollgate::issuer_url::Plaintext;

use super::*;

fn resource(url: &str) -> Resource {
    Resource::new(url.to_owned(), Plaintext::Refuse).unwrap()
}

fn rule(url: Option<&str>, demand: Demand) -> TokenRule {
    TokenRule::of(demand, url.map(resource))
}

fn scope(scope: &str) -> Demand {
    Demand::builder().scope(scope).build().unwrap()
}

fn resources(default: Option<&str>, rules: &[TokenRule]) -> Resources {
    let issuers = [Issuer::new("https://a.example").audience("b").scope("base")];
    Resources::new(default.map(resource), rules.iter(), &issuers).unwrap()
}

/// The document at a path below that of all metadata.
fn document(resources: &Resources, path: &str) -> Value {
    document_of(resources, path, &["https://a.example", "https://b.example"])
}

fn document_of(resources: &Resources, path: &str, issuers: &[&'static str]) -> Value {
    let path = format!("/.well-known/oauth-protected-resource{path}");
    let description = resources.description_at(&path);
    let metadata = description.map(|it| it.metadata(issuers.iter().copied(), true));
    serde_json::to_value(metadata).unwrap()
}

#[test]
fn each_resource_has_its_own_metadata_at_its_path() {
    let resources = resources(
        Some("https://api.example.com"),
        &[
            rule(None, scope("orders")),
            rule(Some("https://api.example.com/mcp/a"), scope("a:read")),
            rule(Some("https://api.example.com/mcp/a"), scope("a:call")),
            rule(
                Some("https://api.example.com/mcp/b"),
                Demand::builder()
                    .any_scope(["b:x", "b:y"])
                    .issuer("https://b.example")
                    .build()
                    .unwrap(),
            ),
        ],
    );
    for (path, expected) in [
        (
            "",
            json!({
                "resource": "https://api.example.com",
                "authorization_servers": ["https://a.example", "https://b.example"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["base", "orders"],
            }),
        ),
        (
            "/mcp/a",
            json!({
                "resource": "https://api.example.com/mcp/a",
                "authorization_servers": ["https://a.example", "https://b.example"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["a:call", "a:read", "base"],
            }),
        ),
        (
            "/mcp/b",
            json!({
                "resource": "https://api.example.com/mcp/b",
                "authorization_servers": ["https://b.example"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["b:x", "b:y", "base"],
            }),
        ),
        ("/mcp", Value::Null),
        ("/mcp/a/x", Value::Null),
    ] {
        assert_eq!(document(&resources, path), expected, "{path}");
    }
}

#[test]
fn the_root_describes_the_only_resource_and_no_other() {
    let mcp = |path: &str| rule(Some(&format!("https://api.example.com{path}")), Demand::NOTHING);
    let one = resources(None, &[mcp("/a"), mcp("/a")]);
    assert_eq!(document(&one, "")["resource"], "https://api.example.com/a");
    assert_eq!(document(&one, ""), document(&one, "/a"));
    let two = resources(None, &[mcp("/a"), mcp("/b")]);
    assert_eq!(document(&two, ""), Value::Null);
    assert_eq!(document(&two, "/b")["resource"], "https://api.example.com/b");
    assert_eq!(document(&resources(None, &[]), ""), Value::Null);
}

#[test]
fn two_resources_with_metadata_at_one_path_are_an_error() {
    let issuers = [];
    for (one, other) in [
        ("https://a.example/mcp", "https://b.example/mcp"),
        ("https://a.example/mcp", "https://a.example/mcp/"),
        ("https://a.example/mcp", "https://a.example/mcp?k=1"),
    ] {
        let rules = [rule(Some(other), Demand::NOTHING)];
        let error = Resources::new(Some(resource(one)), rules.iter(), &issuers).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(one) && text.contains(other) && text.contains("/mcp"), "{text}");
    }
}

#[test]
fn the_metadata_names_issuers_that_are_urls_once() {
    let resources = resources(Some("https://a"), &[]);
    let servers = |issuers: &[&'static str]| {
        document_of(&resources, "", issuers)["authorization_servers"].clone()
    };
    let issuers =
        ["https://b", "my-service", "https://b", "urn:c", "https://d/{tid}", "http://127.0.0.1"];
    assert_eq!(servers(&issuers), json!(["https://b", "http://127.0.0.1"]));
    assert_eq!(servers(&["my-service"]), Value::Null);
}

#[test]
fn a_resource_that_one_rule_opens_to_all_issuers_names_them_all() {
    let only = Demand::builder().issuer("https://b.example").build().unwrap();
    let url = Some("https://api.example.com/a");
    let named = resources(None, &[rule(url, only.clone())]);
    assert_eq!(document(&named, "/a")["authorization_servers"], json!(["https://b.example"]));
    for rules in [
        [rule(url, only.clone()), rule(url, Demand::NOTHING)],
        [rule(url, Demand::NOTHING), rule(url, only)],
    ] {
        let all = json!(["https://a.example", "https://b.example"]);
        assert_eq!(document(&resources(None, &rules), "/a")["authorization_servers"], all);
    }
}
