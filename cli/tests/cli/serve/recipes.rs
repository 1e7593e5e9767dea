//! `tollgate serve --print-recipe`.

use std::fs;
use std::path::Path;

use super::file;
use crate::support::{Run, tollgate};

/// The proxies, and the files of their examples.
const PROXIES: [(&str, &[&str]); 6] = [
    ("nginx", &["nginx/nginx.conf"]),
    ("caddy", &["caddy/Caddyfile"]),
    ("envoy", &["envoy/envoy.yaml"]),
    ("haproxy", &["haproxy/haproxy.cfg", "haproxy/tollgate.lua"]),
    ("traefik", &["traefik/traefik.yml", "traefik/dynamic.yml"]),
    ("ingress-nginx", &["kubernetes/ingress-nginx.yaml"]),
];

const SIGN_IN: &str = r#"
listen = ["unix:/run/tollgate.sock", "0.0.0.0:4181"]
public_url = ["https://app.example.com", "http://localhost:8080"]
token_from = ["authorization", { header = "X-Token" }]

[headers]
x-user-email = "/email"

[sign_in]
issuer = "https://auth.example.com/oidc"
client_id = "app_bookstore"
client_auth = "none"
anyone = true
prefix = "/account"
resource = "https://api.example.com"
pass_access_token = true

[[issuer]]
issuer = "https://auth.example.com/oidc"
audience = "https://api.example.com"
"#;

fn printed(config: &str, proxy: &str) -> Run {
    tollgate(&["serve", "--config", config, "--print-recipe", proxy], "")
}

#[test]
fn the_examples_are_the_recipes_for_their_configuration() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/proxies");
    // That of examples/compose, whose proxies have the same files, has another issuer.
    let configs = ["tollgate.toml", "../compose/tollgate.toml"].map(|name| folder.join(name));
    let runs = configs.iter().flat_map(|config| PROXIES.map(|proxy| (config, proxy)));
    for (config, (proxy, files)) in runs {
        let run = printed(config.to_str().unwrap(), proxy);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let text = |name: &&str| {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            let comment = if name.ends_with(".lua") { "--" } else { "#" };
            let (_, name) = name.split_once('/').unwrap();
            if files.len() == 1 { text } else { format!("{comment} ==> {name}\n{text}") }
        };
        let expected: String = files.iter().map(text).collect();
        let update = format!(
            "tollgate serve --config examples/proxies/tollgate.toml --print-recipe {proxy}"
        );
        assert!(run.stdout == expected, "examples/proxies differs from what this prints: {update}");
    }
}

#[test]
fn a_recipe_names_what_the_configuration_says() {
    let config = file("recipe-sign-in", SIGN_IN);
    for (proxy, _) in PROXIES {
        let run = printed(config.to_str().unwrap(), proxy);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let text = run.stdout;
        assert!(!text.contains("{{"), "{proxy}: {text}");
        // The address to call, not the one to listen on.
        let address = if proxy == "ingress-nginx" { "local:4181/auth" } else { "127.0.0.1:4181" };
        assert!(text.contains(address) && !text.contains("0.0.0.0"), "{proxy}: {text}");
        assert!(text.contains("/account"), "{proxy}: {text}");
        let lower = text.to_lowercase();
        let names = ["user", "scope", "client", "issuer", "audience", "expires", "access-token"]
            .map(|name| format!("x-auth-request-{name}"));
        for name in names.iter().map(String::as_str).chain(["x-user-email"]) {
            assert!(lower.contains(name), "{proxy} lacks {name}: {text}");
        }
        // The other proxies' checks have all headers of the client.
        if !["caddy", "ingress-nginx"].contains(&proxy) {
            assert!(lower.contains("x-token"), "{proxy}: {text}");
        }
        if !["traefik", "ingress-nginx"].contains(&proxy) {
            assert!(
                text.contains("tollgate-8080") || text.contains("tollgate%-8080"),
                "{proxy}: {text}"
            );
            assert!(
                text.contains("__Host-tollgate") || text.contains("__Host%-tollgate"),
                "{proxy}: {text}"
            );
        }
    }
}

#[test]
fn a_recipe_needs_an_address_with_a_port() {
    let config = file("recipe-socket", &SIGN_IN.replace(", \"0.0.0.0:4181\"", ""));
    let run = printed(config.to_str().unwrap(), "nginx");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.contains("listen") && run.stderr.contains("--listen 127.0.0.1:4180"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_recipe_is_for_a_valid_configuration_and_a_known_proxy() {
    let config = file("recipe-invalid", &SIGN_IN.replace("anyone = true", ""));
    let run = printed(config.to_str().unwrap(), "nginx");
    assert!(run.code == 2 && run.stderr.contains("require"), "{}", run.stderr);
    let config = file("recipe-unknown", SIGN_IN);
    let run = printed(config.to_str().unwrap(), "apache");
    assert!(run.code == 2 && run.stderr.contains("possible values"), "{}", run.stderr);
    let run = tollgate(&["serve", "--demo", "--print-recipe", "nginx"], "");
    assert!(run.code == 2 && run.stderr.contains("--demo"), "{}", run.stderr);
}
