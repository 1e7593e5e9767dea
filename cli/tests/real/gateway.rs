//! Starts `tollgate serve` as its users do.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::http::{Answer, Request};
use crate::parts::{Folder, Process, free_port, until};
use crate::provider::{API, Provider};

const LOG: &str = "tollgate.log";

/// A running `tollgate serve`.
pub(crate) struct Gateway {
    pub(crate) port: u16,
    pub(crate) process: Process,
    pub(crate) folder: Folder,
}

impl Gateway {
    /// Starts it with these arguments, and waits until it listens. It may not have keys yet.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_logging("info", arguments)
    }

    pub(crate) fn start_logging(level: &str, arguments: &[&str]) -> Self {
        Self::start_in(Folder::new(), level, arguments)
    }

    /// Starts it with this configuration.
    pub(crate) fn configured(toml: &str, arguments: &[&str]) -> Self {
        let folder = Folder::new();
        let config = folder.write("tollgate.toml", toml);
        let config = ["--config", config.to_str().unwrap()];
        Self::start_in(folder, "info", &[&config, arguments].concat())
    }

    /// Starts it for tokens of this provider for [`API`].
    pub(crate) fn trusting(provider: &Provider) -> Self {
        Self::start(&trust(provider))
    }

    fn start_in(folder: Folder, level: &str, arguments: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).args(arguments);
        command.env("TOLLGATE_LOG", level);
        let mut process = Process::start(&mut command, &folder.path(LOG));
        until("tollgate listens", || {
            assert!(process.has_ended().is_none(), "{}", folder.read(LOG));
            Request::get("/healthz").try_ask(port).ok()
        });
        Self { port, process, folder }
    }

    /// Waits until it has keys.
    pub(crate) fn ready(self) -> Self {
        until("tollgate has keys", || (self.readyz().status == 200).then_some(()));
        self
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        Request::get(target).ask(self.port)
    }

    pub(crate) fn readyz(&self) -> Answer {
        self.get("/readyz")
    }

    pub(crate) fn usable_keys(&self) -> u64 {
        self.readyz().json()["issuers"][0]["usable_keys"].as_u64().unwrap()
    }

    /// The response for a token.
    pub(crate) fn judge(&self, token: &str) -> Answer {
        Request::get("/auth").bearer(token).ask(self.port)
    }

    /// Waits until the token gets this status.
    pub(crate) fn until_judged(&self, token: &str, status: u16) {
        until(&format!("a token gets a {status}"), || {
            (self.judge(token).status == status).then_some(())
        });
    }

    /// The value of a sample of `/metrics`, or 0 if it is missing.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let metrics = self.get("/metrics").body;
        let sample = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        sample.map_or(0.0, |value| value.parse().unwrap())
    }

    /// The number of attempts to fetch the keys of this provider, by result.
    pub(crate) fn fetches(&self, provider: &Provider, result: &str) -> f64 {
        let issuer = &provider.issuer;
        let labels = format!("{{issuer=\"{issuer}\",result=\"{result}\"}}");
        self.metric(&format!("tollgate_key_fetches_total{labels}"))
    }

    pub(crate) fn log(&self) -> String {
        self.folder.read(LOG)
    }

    pub(crate) fn until_logged(&self, text: &str) {
        until(text, || self.log().contains(text).then_some(()));
    }
}

/// The options for tokens of this provider for [`API`].
pub(crate) fn trust(provider: &Provider) -> [&str; 5] {
    ["--issuer", &provider.issuer, "--audience", API, "--allow-insecure-loopback"]
}

/// A configuration with one issuer, and more lines in its table.
pub(crate) fn config(provider: &Provider, lines: &str) -> String {
    let issuer = &provider.issuer;
    format!("allow_insecure_loopback = true\n[[issuer]]\nissuer = \"{issuer}\"\n{lines}\n")
}

/// Runs another command of `tollgate`, and returns its exit code and what it printed.
pub(crate) fn tollgate(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tollgate")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// The snapshot in a file.
pub(crate) fn snapshot(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
