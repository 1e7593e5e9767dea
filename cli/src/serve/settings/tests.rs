use clap::{Args, Command, FromArgMatches};

use super::*;

fn command() -> Command {
    Settings::augment_args(Command::new("tollgate"))
}

fn by_flags(flags: &[&str]) -> Settings {
    let arguments = [&["tollgate"], flags].concat();
    Settings::from_arg_matches(&command().get_matches_from(arguments)).unwrap()
}

fn by_file(toml: &str) -> Settings {
    toml::from_str(toml).unwrap()
}

#[test]
fn every_setting_has_a_flag_a_variable_and_a_key_of_one_name() {
    let command = command();
    let mut count = 0;
    for flag in command.get_arguments() {
        let key = flag.get_id().as_str();
        // The flag names one, the key a list.
        let name = match key {
            "allow_http_hosts" => "allow_http_host",
            "cors_origins" => "cors_origin",
            key => key,
        };
        assert_eq!(flag.get_long(), Some(name.replace('_', "-").as_str()));
        let variable = format!("TOLLGATE_{}", name.to_uppercase());
        assert_eq!(flag.get_env().and_then(|it| it.to_str()), Some(variable.as_str()));
        // The value fits no setting, but the key is known.
        let error = toml::from_str::<Settings>(&format!("{key} = {{ \"?\" = 1 }}")).unwrap_err();
        assert!(!error.message().contains("unknown field"), "{key}: {error}");
        count += 1;
    }
    assert!(count > 15, "{count}");
}

#[test]
fn a_setting_is_the_same_by_flag_and_in_the_file() {
    for (flags, toml) in [
        (&["--listen", "127.0.0.1:1"][..], "listen = \"127.0.0.1:1\""),
        (
            &["--listen", "localhost:1", "--listen", "unix:/run/a"],
            "listen = [\"localhost:1\", \"unix:/run/a\"]",
        ),
        (&["--socket-mode", "600"], "socket_mode = \"600\""),
        (&["--socket-owner", "a:b"], "socket_owner = \"a:b\""),
        (&["--proxy", "nginx"], "proxy = \"nginx\""),
        (&["--token-from", "cookie=a"], "token_from = { cookie = \"a\" }"),
        (&["--public-url", "https://a https://b"], "public_url = [\"https://a\", \"https://b\"]"),
        (&["--percent-encode-identity"], "percent_encode_identity = true"),
        (&["--percent-encode-identity=false"], "percent_encode_identity = false"),
        (&["--percent-encode-identity=A B"], "percent_encode_identity = [\"A\", \"B\"]"),
        (&["--realm", "orders"], "realm = \"orders\""),
        (&["--allow-insecure-loopback"], "allow_insecure_loopback = true"),
        (&["--allow-http-host", "a:1"], "allow_http_hosts = \"a:1\""),
        (&["--current-date", "2026-11-21T18:50:00Z"], "current_date = 2026-11-21T18:50:00Z"),
        (&["--current-date", "-1"], "current_date = -1"),
        (&["--table-memory", "1 MiB"], "table_memory = 1048576"),
        (&["--shutdown-delay", "5 s"], "shutdown_delay = 5"),
        (&["--watch-config", "false"], "watch_config = false"),
    ] {
        assert_eq!(format!("{:?}", by_flags(flags)), format!("{:?}", by_file(toml)), "{toml}");
    }
}

#[test]
fn a_flag_takes_precedence_over_the_file() {
    let file = "realm = \"file\"\nallow_insecure_loopback = true\nidle_timeout = 7";
    let settings = by_flags(&["--realm", "flag", "--allow-insecure-loopback=false"]);
    let settings = settings.or(by_file(file));
    assert_eq!(settings.realm.as_deref(), Some("flag"));
    assert_eq!(settings.allow_insecure_loopback, Some(false));
    assert_eq!(settings.idle_timeout, by_file(file).idle_timeout);
}
