//! The configurations of `docs/providers` and `docs/providers.md`: each accepts the provider's tokens, and refuses the ID
//! token of the same client and the tokens of others.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tollgate_core::Algorithm;
use tollgate_tests::mint::Token;

use crate::issuer::Issuer;
use crate::provider_tokens::{
    self, COGNITO_CLIENT, ENTRA_API, GOOGLE_CLIENT, Pair, TENANT, google, google_iap, logto_with,
    rs256, supabase_claims, token,
};
use crate::server::Server;

/// What a configuration must do with the tokens of an issuer.
struct Expected {
    accepted: Vec<Token>,
    /// With the status of the response.
    refused: Vec<(Token, u16)>,
}

/// From the URL of the issuer to its tokens.
type Tokens = fn(&str) -> Expected;

/// The configurations of each guide, in their order.
const GUIDES: [(&str, &[Tokens]); 11] = [
    ("providers/logto.md", &[logto_resource, logto_organizations, logto_organization_resource]),
    ("providers/auth0.md", &[auth0, auth0_default]),
    ("providers/okta.md", &[okta]),
    ("providers/keycloak.md", &[keycloak, keycloak_roles]),
    ("providers/entra.md", &[entra, entra_applications, entra_tenants]),
    ("providers/cognito.md", &[cognito, cognito]),
    ("providers/google.md", &[google_users, google_service_accounts, iap]),
    ("providers/supabase.md", &[supabase]),
    ("providers/kubernetes.md", &[kubernetes]),
    ("providers/spire.md", &[spire, spire_with_issuer]),
    ("providers.md", &[github_actions, pomerium]),
];

#[test]
fn each_guide_accepts_its_tokens_and_refuses_id_tokens_and_those_of_others() {
    for (page, configurations) in GUIDES {
        let text = fs::read_to_string(docs().join(page)).unwrap();
        let blocks: Vec<_> = blocks(&text).filter(|block| block.contains("[[issuer]]")).collect();
        assert_eq!(blocks.len(), configurations.len(), "{page}");
        for (block, tokens) in blocks.into_iter().zip(configurations) {
            check(page, block, tokens);
        }
    }
}

#[test]
fn every_guide_is_tested_and_in_the_table() {
    let table = fs::read_to_string(docs().join("providers.md")).unwrap();
    let mut tested: BTreeSet<_> = GUIDES.iter().map(|(page, _)| (*page).to_owned()).collect();
    assert!(tested.remove("providers.md"));
    let files = fs::read_dir(docs().join("providers")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<_> = names.map(|name| format!("providers/{name}")).collect();
    assert_eq!(pages, tested);
    for page in pages {
        assert!(table.contains(&format!("]({page})")), "{page}");
    }
}

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn blocks(page: &str) -> impl Iterator<Item = &str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap())
}

/// Runs a gate with a configuration, in which a local issuer takes the place of the provider's.
fn check(page: &str, block: &str, tokens: &Tokens) {
    let settings: toml::Table = toml::from_str(block).unwrap();
    let issuer = &settings["issuer"][0];
    // Who may use a token must be said by one claim or another.
    let binds = block.contains("claim = \"client_id\"") && block.contains("validity = true");
    assert!(issuer.get("any_audience").is_none() || binds, "{page}:\n{block}");

    // In a SPIFFE trust domain, there may be none.
    let url = issuer.get("issuer").map_or("https://issuer.invalid", |url| url.as_str().unwrap());
    let path = url.splitn(4, '/').nth(3).map_or(String::new(), |path| format!("/{path}"));
    let local = Issuer::serving(&path, provider_tokens::keys());
    let mut config = format!("allow_insecure_loopback = true\n{block}");
    if let Some(jwks_uri) = issuer.get("jwks_uri") {
        config = config.replace(jwks_uri.as_str().unwrap(), &local.jwks_uri);
    }
    if let Some(metadata_url) = issuer.get("metadata_url") {
        let local = local.jwks_uri.replace("/jwks", "/metadata");
        config = config.replace(metadata_url.as_str().unwrap(), &local);
    }
    config = config.replace(url, &local.url);
    // The local issuer has no TLS, and its keys are public.
    let is_private =
        |line: &&str| line.starts_with("ca_file") || line.starts_with("bearer_token_file");
    config = config.lines().filter(|line| !is_private(line)).collect::<Vec<_>>().join("\n");
    let name = format!("tollgate-guide-{}.toml", std::process::id());
    let file = std::env::temp_dir().join(name);
    fs::write(&file, &config).unwrap();
    let server = Server::start(&["--config", file.to_str().unwrap()]);
    fs::remove_file(file).unwrap();
    server.wait_until_ready();

    let header = settings.get("token_from").map(|source| source["header"].as_str().unwrap());
    let judge = |token: &Token| {
        let token = token.mint();
        match header {
            Some(header) => server.get("/auth", &[(header, &token)]).status,
            None => server.get("/auth", &[("Authorization", &format!("Bearer {token}"))]).status,
        }
    };
    let Expected { accepted, refused } = tokens(&local.url);
    let claims = |token: &Token| String::from_utf8(token.payload_bytes()).unwrap();
    for token in &accepted {
        assert_eq!(judge(token), 200, "{page}:\n{config}\n{}\n{}", claims(token), server.log());
    }
    for (token, status) in &refused {
        assert_eq!(judge(token), *status, "{page}:\n{config}\n{}", claims(token));
    }
}

/// Accepts the access token, and refuses the ID token.
fn pair(Pair { access, id }: Pair) -> Expected {
    Expected { accepted: vec![access], refused: vec![(id, 401)] }
}

/// The same claims, but for one.
fn changed(token: &Token, name: &str, value: Value) -> Token {
    let mut claims: Value = serde_json::from_slice(&token.payload_bytes()).unwrap();
    claims[name] = value;
    token.clone().payload(claims.to_string())
}

fn logto_resource(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::logto(issuer));
    let organization = json!("urn:logto:organization:org_7");
    expected.refused.push((logto_with(issuer, organization, json!({})), 401));
    expected
}

fn logto_organizations(issuer: &str) -> Expected {
    let Pair { access, id } = provider_tokens::logto(issuer);
    let organization = json!("urn:logto:organization:org_7");
    Expected {
        accepted: vec![logto_with(issuer, organization, json!({}))],
        refused: vec![(id, 401), (access, 401)],
    }
}

fn logto_organization_resource(issuer: &str) -> Expected {
    let Pair { access, id } = provider_tokens::logto(issuer);
    let of = |organization| {
        let organization = json!({ "organization_id": organization });
        logto_with(issuer, json!("https://api.example.com"), organization)
    };
    Expected {
        accepted: vec![of("org_7")],
        refused: vec![(id, 401), (access, 403), (of("org_8"), 403)],
    }
}

fn auth0(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::auth0(issuer));
    expected.refused.push((provider_tokens::auth0_default(issuer).access, 401));
    expected
}

fn auth0_default(issuer: &str) -> Expected {
    pair(provider_tokens::auth0_default(issuer))
}

/// Also if the id of the client were its audience.
fn okta(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::okta(issuer));
    let id = changed(&expected.refused[0].0, "aud", json!("api://default"));
    expected.refused.push((changed(&id, "scp", json!(["read:orders"])), 401));
    expected
}

fn keycloak(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::keycloak(issuer));
    let access = &expected.accepted[0];
    let id = changed(access, "typ", json!("ID"));
    let by_default = changed(access, "aud", json!("account"));
    expected.refused.extend([(id, 401), (by_default, 401)]);
    expected
}

fn keycloak_roles(issuer: &str) -> Expected {
    let mut expected = keycloak(issuer);
    let other = changed(&expected.accepted[0], "realm_access", json!({ "roles": ["seller"] }));
    expected.refused.push((other, 403));
    expected
}

fn kubernetes(issuer: &str) -> Expected {
    let of = |namespace: &str, audience: &str| {
        provider_tokens::kubernetes(issuer, namespace, json!([audience]))
    };
    Expected {
        accepted: vec![of("shop", "orders")],
        refused: vec![
            (of("other", "orders"), 403),
            (of("shop-evil", "orders"), 403),
            (of("shop", "https://kubernetes.default.svc.cluster.local"), 401),
        ],
    }
}

fn spire(_: &str) -> Expected {
    let of = |id: &str| provider_tokens::spire(None, id);
    Expected {
        accepted: vec![of("spiffe://example.org/ns/shop/sa/cart")],
        refused: vec![
            (of("spiffe://example.org/ns/other/sa/cart"), 403),
            (of("spiffe://other.example/ns/shop/sa/cart"), 401),
        ],
    }
}

fn spire_with_issuer(issuer: &str) -> Expected {
    let of = |issuer, id: &str| provider_tokens::spire(issuer, id);
    Expected {
        accepted: vec![of(Some(issuer), "spiffe://example.org/a")],
        refused: vec![
            (of(None, "spiffe://example.org/a"), 401),
            (of(Some("https://other.example"), "spiffe://example.org/a"), 401),
            (of(Some(issuer), "spiffe://other.example/a"), 401),
        ],
    }
}

fn entra(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::entra(issuer));
    let other_tenant = json!("bbbbcccc-1111-dddd-2222-eeee3333ffff");
    let other = changed(&expected.accepted[0], "tid", other_tenant);
    expected.refused.push((other, 401));
    expected
}

fn entra_applications(issuer: &str) -> Expected {
    let mut expected = entra(issuer);
    let id = changed(&expected.refused[0].0, "roles", json!(["Orders.Read.All"]));
    expected.refused.push((id, 401));
    expected.accepted.push(rs256(
        issuer,
        Some("JWT"),
        json!({
            "aud": ENTRA_API, "azp": "11112222-bbbb-3333-cccc-4444dddd5555", "azpacr": "1", "idtyp": "app",
            "oid": "o", "roles": ["Orders.Read.All"], "sub": "o", "tid": TENANT, "ver": "2.0",
        }),
    ));
    expected
}

fn entra_tenants(template: &str) -> Expected {
    let issuer_of = |tenant| template.replace("{tid}", tenant);
    let mut expected = pair(provider_tokens::entra(&issuer_of(TENANT)));
    let second = "bbbbcccc-1111-dddd-2222-eeee3333ffff";
    let of_second =
        changed(&provider_tokens::entra(&issuer_of(second)).access, "tid", json!(second));
    let unlisted = "ccccdddd-2222-eeee-3333-ffff4444aaaa";
    let of_unlisted =
        changed(&provider_tokens::entra(&issuer_of(unlisted)).access, "tid", json!(unlisted));
    let mixed = changed(&expected.accepted[0], "tid", json!(second));
    expected.accepted.push(of_second);
    expected.refused.extend([(of_unlisted, 401), (mixed, 401)]);
    expected
}

fn cognito(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::cognito(issuer));
    let access = &expected.accepted[0];
    let other_client = changed(access, "client_id", json!("2example10111213"));
    let id = changed(&expected.refused[0].0, "client_id", json!(COGNITO_CLIENT));
    expected.refused.extend([(other_client, 401), (id, 401)]);
    expected
}

fn google_users(issuer: &str) -> Expected {
    Expected {
        accepted: vec![google(issuer, GOOGLE_CLIENT, Some("example.com"))],
        refused: vec![
            (google(issuer, "0.apps.googleusercontent.com", Some("example.com")), 401),
            (google(issuer, GOOGLE_CLIENT, Some("example.org")), 401),
            (google(issuer, GOOGLE_CLIENT, None), 401),
        ],
    }
}

fn google_service_accounts(issuer: &str) -> Expected {
    let of = |email: &str, verified| {
        let claims = json!({
            "aud": "https://api.example.com", "azp": "1076", "sub": "1076", "email": email,
            "email_verified": verified,
        });
        rs256(issuer, Some("JWT"), claims)
    };
    let own = "caller@project.iam.gserviceaccount.com";
    Expected {
        accepted: vec![of(own, true)],
        refused: vec![
            (of("caller@other.iam.gserviceaccount.com", true), 401),
            (of(own, false), 401),
            (google(issuer, GOOGLE_CLIENT, Some("example.com")), 401),
        ],
    }
}

fn iap(issuer: &str) -> Expected {
    let own = google_iap(issuer, "/projects/123456789/global/backendServices/987654321");
    let other = google_iap(issuer, "/projects/123456789/global/backendServices/1");
    let without_typ = json!({ "alg": "ES256", "kid": "k1" }).to_string();
    Expected { accepted: vec![own.clone().header(without_typ), own], refused: vec![(other, 401)] }
}

fn supabase(issuer: &str) -> Expected {
    let mut expected = pair(provider_tokens::supabase(issuer));
    let anonymous = changed(&expected.accepted[0], "is_anonymous", json!(true));
    let key = token(issuer, Algorithm::Es256, Some("JWT"), supabase_claims("anon"));
    expected.refused.extend([(anonymous, 403), (key, 401)]);
    expected
}

fn github_actions(issuer: &str) -> Expected {
    let of = |owner: &str, repository: &str| {
        let claims = json!({
            "jti": "j", "sub": format!("repo:{repository}:ref:refs/heads/main"), "aud": "https://api.example.com",
            "ref": "refs/heads/main", "repository": repository, "repository_owner_id": owner,
        });
        rs256(issuer, Some("JWT"), claims)
    };
    Expected {
        accepted: vec![of("65", "octo-org/orders")],
        refused: vec![(of("66", "octo-org/orders"), 401), (of("65", "octo-org/other"), 403)],
    }
}

fn pomerium(issuer: &str) -> Expected {
    let for_route = |audience: &str| {
        let claims = json!({ "aud": audience, "sub": "u", "jti": "j", "email": "a@example.com" });
        token(issuer, Algorithm::Es256, None, claims)
    };
    Expected {
        accepted: vec![for_route("orders.example.com")],
        refused: vec![(for_route("other.example.com"), 401)],
    }
}
