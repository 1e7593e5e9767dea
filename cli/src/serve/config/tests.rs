//! Configurations, and those in the documents.

use std::fs;

use tollgate::owned_policy::OwnedPolicy;
use tollgate_core::UnixTime;

use super::*;

fn load(toml: &str) -> Result<Config, ConfigError> {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("tollgate-config-{}-{number}.toml", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::write(&path, toml).unwrap();
    let mut flags = ServeFlags::default();
    flags.config = Some(path.clone());
    let config = Config::load(&flags);
    fs::remove_file(path).unwrap();
    config
}

/// The blocks of TOML in a document.
fn blocks(document: &str) -> Vec<&str> {
    let blocks = document.split("```toml\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_configurations_in_the_documents_are_valid() {
    let documents = [
        include_str!("../../../../docs/configuration.md"),
        include_str!("../../../../docs/providers/logto.md"),
        include_str!("../../../../docs/offline.md"),
        include_str!("../../../../docs/mcp.md"),
    ];
    let secret =
        std::env::temp_dir().join(format!("tollgate-config-{}.secret", std::process::id()));
    fs::write(&secret, "secret").unwrap();
    let mut count = 0;
    for block in documents.iter().flat_map(|document| blocks(document)) {
        // Others are lines to be added.
        if block.contains("[[issuer]]") {
            let block = block.replace("\"client.secret\"", &format!("{secret:?}"));
            let loaded = load(&block).map(drop);
            assert!(loaded.is_ok(), "{block}\n{}", loaded.unwrap_err());
            count += 1;
        }
    }
    fs::remove_file(secret).unwrap();
    assert_eq!(count, 11);
    assert!(load(include_str!("../../../../examples/proxies/tollgate.toml")).is_ok());
}

#[test]
fn every_setting_of_a_connectors_verification_config_is_there() {
    let config = load(
        r#"
        current_date = "2026-11-21T18:50:00Z"
        [[issuer]]
        jwks_uri = "https://keys.example.com/jwks"
        issuer = ["https://a.example", "https://b.example"]
        audience = ["https://api.example.com", "https://other.example.com"]
        algorithms = ["ES384"]
        clock_tolerance = "5 minutes"
        crit = "urn:example:crit"
        max_token_age = "2 hours"
        subject = "user_7f3k"
        typ = "JWT"
        "#,
    );
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.current_date, Some(UnixTime(1_795_287_000)));
    let issuer = format!("{:?}", config.issuers);
    for setting in [
        "jwks_uri: Some(\"https://keys.example.com/jwks\")",
        "issuer: [\"https://a.example\", \"https://b.example\"]",
        "audience: [\"https://api.example.com\", \"https://other.example.com\"]",
        "algorithms: Some([Es384])",
        "leeway: Leeway(300)",
        "crit: [\"urn:example:crit\"]",
        "max_token_age: Some(7200)",
        "subject: Some(\"user_7f3k\")",
        "typ: Some([\"JWT\"])",
    ] {
        assert!(issuer.contains(setting), "{setting} is not in {issuer}");
    }
}

#[test]
fn the_memory_for_tables_is_bytes_or_has_a_unit() {
    let table = "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"a\"\n";
    let limit = |setting: &str| load(&format!("{setting}\n{table}")).unwrap().table_memory;
    assert_eq!(limit(""), 8 << 20);
    assert_eq!(limit("table_memory = \"16 MiB\""), 16 << 20);
    assert_eq!(limit("table_memory = 65536"), 65_536);
    assert_eq!(limit("table_memory = 0"), 0);
}

#[test]
fn a_server_that_listens_nowhere_is_an_error() {
    let table = "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"a\"\n";
    let error = load(&format!("listen = []\n{table}")).err().unwrap().to_string();
    assert!(error.contains("the list is empty. Name at least one"), "{error}");
}

#[test]
fn how_many_signatures_are_remembered_can_be_set() {
    let table = "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"a\"\n";
    let number =
        |setting: &str| load(&format!("{setting}\n{table}")).unwrap().remembered_signatures;
    assert_eq!(number(""), 65_536);
    assert_eq!(number("remembered_signatures = 1000"), 1000);
    assert_eq!(number("remembered_signatures = 0"), 0);
}

#[test]
fn access_tokens_by_rfc_9068_are_the_default() {
    let policy = |typ: &str| {
        let table = "[[issuer]]\nissuer = \"https://a.example\"\naudience = \"a\"\n";
        let config = load(&format!("{table}{typ}")).unwrap();
        format!("{:?}", OwnedPolicy::new(&config.issuers[0]).unwrap())
    };
    for typ in ["", "typ = \"at+jwt\"", "typ = [\"application/AT+JWT\"]", "typ = []"] {
        let policy = policy(typ);
        assert!(policy.contains("ClientId"), "{policy}");
        assert!(policy.contains("leeway: Leeway(60)"), "{policy}");
    }
    for typ in ["typ = \"JWT\"", "any_typ = true", "typ = [\"at+jwt\", \"JWT\"]"] {
        let policy = policy(typ);
        assert!(policy.contains("required: []"), "{policy}");
    }
}
