//! Operation: metadata, metrics, logs, snapshots and signals.

use std::fs;
use std::net::TcpStream;

use super::{RULES, bearer, config_for, file, original, with_config};
use crate::server::{Answer, Server, wait_for};

#[test]
fn a_resource_describes_itself() {
    let (demo, _) = Server::demo();
    let rest = format!("resource = \"https://api.example.com/v1\"\nrealm = \"orders\"\n{RULES}");
    let config = format!("{}scope = \"enter\"\n", config_for(&demo, &rest));
    let config = file("resource.toml", &config);
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    let answer = server.get("/.well-known/oauth-protected-resource/v1", &[]);
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "resource": "https://api.example.com/v1",
            "authorization_servers": [demo.issuer()],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["enter", "read:orders", "write:orders"],
        })
    );
    assert_eq!(
        server.get("/auth", &original("GET", "/", None)).header("www-authenticate"),
        Some(
            "Bearer realm=\"orders\", resource_metadata=\
             \"https://api.example.com/.well-known/oauth-protected-resource/v1\", scope=\"enter\""
        )
    );
    let root = server.get("/.well-known/oauth-protected-resource", &[]);
    assert_eq!(root.json(), answer.json(), "it is the only resource");
    assert_eq!(demo.get("/.well-known/oauth-protected-resource", &[]).status, 404);
}

#[test]
fn metrics_count_verdicts_and_fetches() {
    let (demo, _) = Server::demo();
    let server = Server::for_demo(&demo, &[]);
    let good = bearer(&demo.token("scope=read:orders"));
    let ask = |headers: &[(&str, &str)]| -> Answer { server.get("/auth", headers) };
    ask(&[("Authorization", &good)]);
    ask(&[("Authorization", &good)]);
    ask(&[]);
    let answer = server.get("/metrics", &[]);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let issuer = demo.issuer();
    for line in [
        "tollgate_verdicts_total{reason=\"accepted\"} 2".to_owned(),
        "tollgate_verdicts_total{reason=\"authorization-missing\"} 1".to_owned(),
        "tollgate_verdict_duration_seconds_count 3".to_owned(),
        format!("tollgate_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
        "tollgate_signatures_remembered_total 1".to_owned(),
        format!("tollgate_keys{{issuer=\"{issuer}\"}} 4"),
        format!("tollgate_key_fetches_total{{issuer=\"{issuer}\",result=\"new\"}} 1"),
    ] {
        assert!(answer.body.lines().any(|it| it == line), "{line} is not in {}", answer.body);
    }
    assert!(answer.body.contains("tollgate_keys_age_seconds"));
    if cfg!(target_os = "linux") {
        assert!(answer.body.contains("\nprocess_open_fds "), "{}", answer.body);
    }
    let table_memory = answer.body.lines().find_map(|line| {
        line.strip_prefix("tollgate_table_memory_bytes ").and_then(|it| it.parse().ok())
    });
    assert!((1_usize..=8 << 20).contains(&table_memory.unwrap()), "{table_memory:?}");
    // At least this connection: an earlier one may still be closing.
    assert!(answer.body.contains("\ntollgate_connections "), "{}", answer.body);
    assert!(answer.body.contains("\ntollgate_connections_displaced_total 0\n"), "{}", answer.body);
}

#[test]
fn a_snapshot_starts_a_server_whose_issuer_is_down() {
    let snapshot = file("snapshot.json", "");
    fs::remove_file(&snapshot).unwrap();
    let (demo, _) = Server::demo();
    let (issuer, good) = (demo.issuer(), bearer(&demo.token("scope=read:orders")));
    let path = snapshot.to_str().unwrap();
    let server = Server::for_demo(&demo, &["--snapshot", path]);
    wait_for("the file", || snapshot.exists().then_some(()));
    drop((server, demo));
    let server = Server::start(&[
        "--issuer",
        &issuer,
        "--audience",
        "https://api.example.com",
        "--allow-insecure-loopback",
        "--snapshot",
        path,
    ]);
    assert_eq!(server.get("/auth", &[("Authorization", &good)]).status, 200);
    assert_eq!(server.get("/readyz", &[]).status, 200);
}

#[cfg(unix)]
#[test]
fn a_hangup_reloads_the_configuration_and_a_bad_one_changes_nothing() {
    let (demo, _) = Server::demo();
    let server = with_config(&demo, "reload.toml", RULES);
    let good = bearer(&demo.token("scope=other"));
    let status = || server.get("/auth", &original("GET", "/orders", Some(&good))).status;
    assert_eq!(status(), 403);

    file("reload.toml", &config_for(&demo, &RULES.replace("read:orders", "other")));
    server.signal("HUP");
    server.logged("configuration reloaded");
    assert_eq!(status(), 200, "with the keys from before");

    file("reload.toml", "proxi = 1");
    server.signal("HUP");
    server.logged("kept the previous configuration");
    assert_eq!(status(), 200);
}

/// As Kubernetes mounts a `ConfigMap`: the file is a link into a folder, and the folder is a link that is replaced.
#[cfg(unix)]
#[test]
fn a_configuration_that_changes_is_reloaded_without_a_signal() {
    use std::os::unix::fs::symlink;

    let (demo, _) = Server::demo();
    let folder = file("config-map", "");
    fs::remove_file(&folder).unwrap();
    let version = |name: &str, rules: &str| {
        let path = folder.join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("tollgate.toml"), config_for(&demo, rules)).unwrap();
        let link = folder.join("..link");
        symlink(name, &link).unwrap();
        fs::rename(link, folder.join("..data")).unwrap();
    };
    version("..1", RULES);
    let config = folder.join("tollgate.toml");
    symlink("..data/tollgate.toml", &config).unwrap();
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    let good = bearer(&demo.token("scope=other"));
    let status = || server.get("/auth", &original("GET", "/orders", Some(&good))).status;
    assert_eq!(status(), 403);
    version("..2", &RULES.replace("read:orders", "other"));
    wait_for("the reload", || (status() == 200).then_some(()));
    version("..3", "proxi = 1");
    server.logged("kept the previous configuration");
    assert_eq!(status(), 200);
    fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn limits_are_set_by_the_file_by_flags_and_anew_by_a_reload() {
    let (demo, _) = Server::demo();
    let long = "x".repeat(10_000);
    let status = |server: &Server| server.get("/healthz", &[("X", &long)]).status;
    let server = with_config(&demo, "limits.toml", "");
    assert_eq!(status(&server), 200, "by default");

    file("limits.toml", &config_for(&demo, "max_header_bytes = 9000"));
    server.signal("HUP");
    server.logged("configuration reloaded");
    assert_eq!(status(&server), 431);

    let server = Server::for_demo(&demo, &["--max-header-bytes", "9000"]);
    assert_eq!(status(&server), 431);
}

#[cfg(unix)]
#[test]
fn without_file_descriptors_the_server_answers_and_fetches_keys() {
    let (demo, _) = Server::demo();
    let (issuer, audience) = (demo.issuer(), "https://api.example.com");
    let server = Server::with_few_descriptors(&[
        "--issuer",
        &issuer,
        "--audience",
        audience,
        "--allow-insecure-loopback",
    ]);
    server.wait_until_ready();
    let connect = |_| TcpStream::connect(&server.address).unwrap();
    let silent: Vec<_> = (0..100).map(connect).collect();
    server.logged("run out of file descriptors");
    let good = bearer(&demo.token("scope=read:orders"));
    assert_eq!(server.get("/auth", &[("Authorization", &good)]).status, 200);
    server.signal("HUP");
    server.logged("keys confirmed");
    drop(silent);
}

#[cfg(unix)]
#[test]
fn a_signal_to_stop_ends_the_server_with_success() {
    for name in ["TERM", "INT"] {
        let (demo, _) = Server::demo();
        demo.signal(name);
        assert_eq!(demo.ended(), 0, "{name}");
    }
}
