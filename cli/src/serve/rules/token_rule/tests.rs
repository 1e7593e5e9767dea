use tollgate::gate::Tenants;

use super::*;
use crate::serve::rules::{Fallback, Rules};

#[derive(serde::Deserialize)]
struct File {
    rule: Vec<RawRule>,
}

fn issuers() -> [Issuer; 2] {
    [
        Issuer::new("https://a.example").audience("https://api.example.com/mcp").audience("api"),
        Issuer::new("https://login.example/{tid}/v2.0").tenants(Tenants::Any).audience("b"),
    ]
}

fn checked(toml: &str) -> Result<Vec<TokenRule>, String> {
    let tables = toml::from_str::<File>(toml).map_err(|error| error.to_string())?.rule;
    let surroundings =
        Surroundings { issuers: &issuers(), plaintext: Plaintext::Refuse, sign_in: None };
    let rules =
        Rules::new(&tables, Fallback::Token, surroundings).map_err(|error| error.to_string())?;
    Ok(rules.token_rules().cloned().collect())
}

/// The only rule, with these keys.
fn rule(keys: &str) -> TokenRule {
    checked(&format!("[[rule]]\npath = '/a'\n{keys}")).unwrap().pop().unwrap()
}

fn error(keys: &str) -> String {
    checked(&format!("[[rule]]\npath = '/a'\n{keys}")).unwrap_err()
}

#[test]
fn every_key_of_a_rule_is_part_of_its_demand() {
    let rule = rule(
        "scope = 's'\nany_scope = ['t', 'u']\nrequired_claims = { role = 'admin' }\n\
         issuer = 'https://a.example'\naudience = 'api'\nmax_age = '5 minutes'\nacr = ['x', 'y']\n\
         resource = 'https://api.example.com/v1'",
    );
    let demand = &rule.demand;
    assert_eq!(demand.scopes(), ["s"]);
    assert_eq!(demand.any_scope(), ["t", "u"]);
    assert_eq!(demand.required_claims().len(), 1);
    assert_eq!(demand.issuers(), ["https://a.example"]);
    assert_eq!(demand.audiences(), ["api"]);
    assert_eq!(demand.max_age(), Some(300));
    assert_eq!(demand.acr_values(), ["x", "y"]);
    assert_eq!(
        demand.resource_metadata(),
        Some("https://api.example.com/.well-known/oauth-protected-resource/v1")
    );
}

#[test]
fn a_resource_is_the_audience_of_its_tokens_unless_the_rule_names_another() {
    let url = "https://api.example.com/mcp";
    assert_eq!(rule(&format!("resource = '{url}'")).demand.audiences(), [url]);
    let named = rule(&format!("resource = '{url}'\naudience = ['api', 'b']"));
    assert_eq!(named.demand.audiences(), ["api", "b"]);
    let error = error("resource = 'https://api.example.com/other'");
    assert!(error.contains("resource: tokens must be meant for"), "{error}");
    assert!(error.contains("Add it to audience in the [[issuer]] table"), "{error}");
}

#[test]
fn an_issuer_or_audience_that_is_not_configured_is_an_error() {
    for (keys, problem) in [
        ("issuer = 'https://b.example'", "issuer: \"https://b.example\" is not configured"),
        ("issuer = ['https://a.example', 'x']", "issuer: \"x\" is not configured"),
        ("audience = 'other'", "audience: no issuer accepts tokens for \"other\""),
        ("issuer = 'https://a.example'\naudience = 'b'", "audience: no issuer accepts"),
    ] {
        let error = error(keys);
        assert!(error.starts_with("rule 1 (\"/a\"): ") && error.contains(problem), "{error}");
    }
    rule("issuer = ['https://login.example/{tid}/v2.0', 'https://login.example/t/v2.0']");
}

#[test]
fn an_empty_list_of_which_one_is_enough_is_an_error() {
    for key in ["any_scope", "issuer", "audience", "acr"] {
        let error = error(&format!("{key} = []"));
        assert!(error.contains("the list is empty"), "{key}: {error}");
    }
}

#[test]
fn a_public_rule_asks_nothing_of_a_token() {
    for key in [
        "any_scope = 's'",
        "issuer = 'https://a.example'",
        "audience = 'b'",
        "max_age = 60",
        "acr = 'x'",
        "resource = 'https://api.example.com/mcp'",
    ] {
        let error = error(&format!("public = true\n{key}"));
        assert!(error.contains("a public path needs no credentials"), "{key}: {error}");
    }
}

#[test]
fn values_that_a_challenge_cannot_carry_are_errors() {
    for (keys, problem) in [
        ("any_scope = ['a b']", "any_scope: \"a b\""),
        ("acr = ['a b']", "acr: \"a b\""),
        ("acr = ''", "acr: \"\""),
        ("max_age = '200 years'", "max_age"),
        ("max_age = 'soon'", "5 minutes"),
        ("resource = 'http://api.example.com/mcp'", "resource: \"http://api.example.com/mcp\""),
        ("resource = 'mcp'", "resource: \"mcp\""),
    ] {
        let error = error(keys);
        assert!(error.contains(problem), "{keys}: {error}");
    }
}

#[test]
fn a_rule_within_a_resource_names_its_own_resource_or_audience() {
    let mcp =
        "[[rule]]\npath = '/mcp/'\nmethods = ['GET']\nresource = 'https://api.example.com/mcp'\n";
    for (path, keys) in [
        ("/mcp/admin", ""),
        ("/mcp", "methods = ['POST']"),
        ("/mcp/", "scope = 's'\nmethods = ['POST']"),
    ] {
        let table = format!("[[rule]]\npath = '{path}'\n{keys}\n");
        for toml in [[mcp, &table].concat(), [&table, mcp].concat()] {
            let error = checked(&toml).unwrap_err();
            assert!(error.contains("would take tokens for others, too"), "{error}");
            assert!(error.contains("Write resource = \"https://api.example.com/mcp\""), "{error}");
        }
    }
    for (path, keys) in [
        ("/mcp/admin", "resource = 'https://api.example.com/mcp'"),
        ("/mcp/admin", "audience = 'api'"),
        ("/mcp/health", "public = true"),
        ("/mcpx", ""),
        ("/", ""),
    ] {
        let toml = format!("{mcp}[[rule]]\npath = '{path}'\n{keys}\n");
        assert!(checked(&toml).is_ok(), "{toml}");
    }
}

#[test]
fn a_rule_that_takes_precedence_within_a_resource_names_its_own() {
    let resource = "resource = 'https://api.example.com/mcp'";
    for (paths, is_forgetful) in [
        (["path = '/mcp'", "path_exact = '/mcp/x'"], true),
        (["path = '/mcp'", "path_pattern = '/mcp/{}'"], true),
        (["path_pattern = '/{}/mcp'", "path = '/a'"], true),
        (["path_pattern = '/{}/mcp'", "path_exact = '/a/mcp/b'"], true),
        // The resource's own rule decides.
        (["path = '/mcp'", "path_pattern = '/{}/x'"], false),
        (["path_exact = '/mcp'", "path = '/mcp'"], false),
        // No path belongs to both.
        (["path_pattern = '/{}/mcp'", "path_exact = '/a'"], false),
        (["path_pattern = '/{}/mcp'", "path = '/a/b'"], false),
    ] {
        let [its, other] = paths;
        let toml = format!("[[rule]]\n{its}\n{resource}\n[[rule]]\n{other}\n");
        assert_eq!(checked(&toml).is_err(), is_forgetful, "{toml}");
    }
}
