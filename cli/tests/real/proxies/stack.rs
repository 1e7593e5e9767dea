//! A proxy with a provider, tollgate and an API, from the proxy's example.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::parties::PARTIES;
use crate::gateway::Gateway;
use crate::http::{Answer, Request};
use crate::parts::{Folder, Process, free_port, installed, root, until};
use crate::provider::{ALGORITHMS, API, audience};
use crate::upstream::{Seen, Upstream, is_from_api};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proxy {
    Nginx,
    Caddy,
    Envoy,
    Traefik,
}

impl Proxy {
    const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Traefik => "traefik",
        }
    }

    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx.conf"],
            Self::Caddy => &["Caddyfile"],
            Self::Envoy => &["envoy.yaml"],
            Self::Traefik => &["traefik.yml", "dynamic.yml"],
        }
    }

    fn command(self, folder: &Folder) -> Command {
        let file = |name| folder.path(name);
        match self {
            Self::Nginx => {
                let mut command = Command::new("nginx");
                command.args(["-e", "stderr", "-p"]).arg(file("")).args(["-c", "nginx.conf"]);
                command
            }
            Self::Caddy => {
                let mut command = Command::new("caddy");
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file("Caddyfile"));
                command.env("HOME", file(""));
                command
            }
            Self::Envoy => {
                let mut command = Command::new(installed("envoy"));
                command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "error", "-c"]);
                command.arg(file("envoy.yaml"));
                command
            }
            Self::Traefik => {
                let mut command = Command::new(installed("traefik"));
                command.current_dir(file(""));
                command
            }
        }
    }
}

/// A proxy with a provider, tollgate and an API.
pub(super) struct Stack {
    pub(super) port: u16,
    pub(super) upstream: Upstream,
    pub(super) gateway: Gateway,
    _proxy: Process,
    _folder: Folder,
}

impl Stack {
    pub(super) fn start(proxy: Proxy) -> Self {
        Self::start_for(proxy, &PARTIES.provider.issuer).ready()
    }

    /// Starts the example of a proxy for tokens in the Authorization header, in X-Token, and in the cookie
    /// `session`, as the recipe says.
    pub(super) fn start_with_sources(proxy: Proxy) -> Self {
        let settings = "token_from = [\"authorization\", { header = \"X-Token\" }, { cookie = \"session\" }]\n\
                        public_url = \"https://app.example.com\"\n";
        Self::start_changed(proxy, &PARTIES.provider.issuer, settings, |text| match proxy {
            Proxy::Nginx => text.replace("proxy_set_header Cookie \"\";", ""),
            Proxy::Caddy => text.replace("header_up -Cookie", ""),
            Proxy::Envoy => {
                let line = |name: &str| format!("- exact: {name}\n                          ");
                let more = format!("{}{}", line("cookie"), line("x-token"));
                text.replace("- exact: sec-fetch-site", &format!("{more}- exact: sec-fetch-site"))
            }
            Proxy::Traefik => text.replace(
                "- Sec-Fetch-Site",
                "- Cookie\n          - X-Token\n          - Sec-Fetch-Site",
            ),
        })
        .ready()
    }

    /// Starts the example of a proxy with another issuer and other ports.
    pub(super) fn start_for(proxy: Proxy, issuer: &str) -> Self {
        Self::start_changed(proxy, issuer, "", str::to_owned)
    }

    /// Starts the example with more settings of tollgate, and with changes to the proxy's files.
    fn start_changed(
        proxy: Proxy,
        issuer: &str,
        settings: &str,
        change: impl Fn(&str) -> String,
    ) -> Self {
        let examples = root().join("examples/proxies");
        let read = |path: PathBuf| fs::read_to_string(&path).unwrap();
        let toml = read(examples.join("tollgate.toml"));
        let toml = replaced(&toml, "https://auth.example.com/oidc", issuer);
        let audiences = ALGORITHMS.map(audience).join("\", \"");
        let audiences = format!("audience = [\"{API}\", \"{audiences}\"]");
        let toml = replaced(&toml, &format!("audience = [\"{API}\"]"), &audiences);
        let toml = format!("allow_insecure_loopback = true\n{settings}{toml}");
        let gateway = Gateway::configured(&toml, &["--proxy", proxy.name()]);

        let upstream = Upstream::start();
        let (port, folder) = (free_port(), Folder::new());
        for name in proxy.files() {
            let mut text = read(examples.join(proxy.name()).join(name));
            for (example, port) in [(8080, port), (4180, gateway.port), (9000, upstream.port)] {
                for before in ["127.0.0.1:", "port_value: "] {
                    text = text.replace(&format!("{before}{example}"), &format!("{before}{port}"));
                }
            }
            folder.write(name, &change(&text));
        }
        let mut process = Process::start(&mut proxy.command(&folder), &folder.path("proxy.log"));
        until("the proxy lets a public path pass", || {
            assert!(process.has_ended().is_none(), "{}", folder.read("proxy.log"));
            let answer = Request::get("/health").try_ask(port);
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        });
        upstream.take();
        Self { port, upstream, gateway, _proxy: process, _folder: folder }
    }

    /// Waits until tollgate has keys.
    pub(super) fn ready(mut self) -> Self {
        self.gateway = self.gateway.ready();
        self
    }

    pub(super) fn ask(&self, request: &Request) -> Answer {
        request.ask(self.port)
    }

    /// Sends a request, and returns it as the API got it.
    pub(super) fn passes(&self, request: &Request) -> Seen {
        let answer = self.ask(request);
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        let mut seen = self.upstream.take();
        assert_eq!(seen.len(), 1, "{request:?}: {seen:?}");
        seen.remove(0)
    }

    /// Sends a request, and checks that nothing reaches the API.
    pub(super) fn is_refused(&self, request: &Request) -> Answer {
        let answer = self.ask(request);
        let seen = self.upstream.take();
        assert!(seen.is_empty() && !is_from_api(&answer), "{request:?} reached the API: {seen:?}");
        assert!((400..=599).contains(&answer.status), "{request:?}: {answer:?}");
        answer
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the example has no {from}");
    text.replace(from, to)
}
