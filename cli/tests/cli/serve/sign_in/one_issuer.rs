//! An issuer of both `[[issuer]]` and `[sign_in]`, and what a provider must offer.

use super::*;
use crate::issuer::Issuer;

/// A server whose table `[sign_in]` and further tables have these lines.
fn server(issuer: &Issuer, name: &str, more: &str) -> Server {
    let url = &issuer.url;
    let config = format!(
        "allow_insecure_loopback = true\npublic_url = \"{ORIGIN}\"\nproxy = \"nginx\"\n\
         [sign_in]\nissuer = \"{url}\"\nclient_id = \"app\"\nanyone = true\n{more}"
    );
    let config = file(name, &config);
    Server::start(&["--config", config.to_str().unwrap()])
}

#[test]
fn an_issuer_of_both_tables_is_fetched_once() {
    let issuer = Issuer::start();
    let audience = "audience = \"https://api.example.com\"\n";
    let table = format!("[[issuer]]\nissuer = \"{}\"\n{audience}", issuer.url);
    let server = server(&issuer, "one_issuer.toml", &table);
    wait_for("the keys", || {
        let readiness = server.get("/readyz", &[]).json();
        (readiness["sign_in"]["provider"] == true && readiness["ready"] == true).then_some(())
    });
    assert_eq!(issuer.asked(), ["/.well-known/openid-configuration", "/jwks"]);
}

#[test]
fn a_provider_without_user_info_is_named_in_the_log() {
    let issuer = Issuer::start();
    let server = server(&issuer, "no_user_info.toml", "user_info = true\n");
    wait_for("the keys", || issuer.asked().contains(&"/jwks".to_owned()).then_some(()));
    let page = server.get("/tollgate/sign-in", &[("X-Forwarded-Host", HOST)]);
    assert_eq!(page.status, 503, "{page:?}");
    server.logged_line("no userinfo_endpoint");
    assert_eq!(server.get("/readyz", &[]).json()["sign_in"]["provider"], false);
}
