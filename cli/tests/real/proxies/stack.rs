//! A proxy with a provider, tollgate and an API, from the proxy's example.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;

use super::parties::PARTIES;
use crate::gateway::Gateway;
use crate::http::{Answer, Request};
use crate::parts::{Folder, Process, free_port, installed, root, until};
use crate::provider::{ALGORITHMS, API, audience};
use crate::upstream::{Seen, Upstream, is_from_api};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    Nginx,
    Caddy,
    Envoy,
    /// Envoy, which asks over gRPC.
    EnvoyGrpc,
    Haproxy,
    Traefik,
    /// nginx with what ingress-nginx makes of its annotations.
    IngressNginx,
}

impl Proxy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Envoy | Self::EnvoyGrpc => "envoy",
            Self::Haproxy => "haproxy",
            Self::Traefik => "traefik",
            Self::IngressNginx => "ingress-nginx",
        }
    }

    pub(crate) const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Nginx | Self::IngressNginx => &["nginx.conf"],
            Self::Caddy => &["Caddyfile"],
            Self::Envoy => &["envoy.yaml"],
            Self::EnvoyGrpc => &["envoy-grpc.yaml"],
            Self::Haproxy => &["haproxy.cfg", "tollgate.lua"],
            Self::Traefik => &["traefik.yml", "dynamic.yml"],
        }
    }

    /// The folder of the example.
    pub(crate) fn example(self) -> PathBuf {
        match self {
            Self::IngressNginx => root().join("cli/tests/real/proxies/ingress-nginx"),
            _ => root().join("examples/proxies").join(self.name()),
        }
    }

    /// Starts the example in a folder, with these changes to its files, and then with other ports.
    pub(crate) fn start(
        self,
        folder: &Folder,
        change: impl Fn(&str) -> String,
        ports: &[(u16, u16)],
    ) -> Process {
        let read = |name: &&str| change(&fs::read_to_string(self.example().join(name)).unwrap());
        let files = self.files().iter().map(|name| ((*name).to_owned(), read(name)));
        self.start_with(folder, files, ports)
    }

    /// Starts the proxy in a folder, with these files, in which it changes the ports.
    pub(crate) fn start_with(
        self,
        folder: &Folder,
        files: impl IntoIterator<Item = (String, String)>,
        ports: &[(u16, u16)],
    ) -> Process {
        for (name, mut text) in files {
            for (example, port) in ports {
                for before in ["127.0.0.1:", "port_value: ", "http://:"] {
                    text = text.replace(&format!("{before}{example}"), &format!("{before}{port}"));
                }
            }
            folder.write(&name, &text);
        }
        Process::start(&mut self.command(folder), &folder.path("proxy.log"))
    }

    fn command(self, folder: &Folder) -> Command {
        let file = |name| folder.path(name);
        match self {
            Self::Nginx | Self::IngressNginx => {
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
            Self::Envoy | Self::EnvoyGrpc => {
                let mut command = Command::new(installed("envoy"));
                command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "error", "-c"]);
                command.args(self.files().iter().map(|name| file(name)));
                command
            }
            Self::Haproxy => {
                let mut command = Command::new("haproxy");
                command.arg("-db").arg("-C").arg(file("")).args(["-f", "haproxy.cfg"]);
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

/// A proxy and an API.
pub(crate) struct Front {
    pub(crate) port: u16,
    pub(crate) upstream: Upstream,
    _proxy: Process,
    _folder: Folder,
}

impl Front {
    /// Starts the example of a proxy, with changes to its files. The port is that of tollgate.
    pub(super) fn start(proxy: Proxy, tollgate: u16, change: impl Fn(&str) -> String) -> Self {
        let (port, folder, upstream) = (free_port(), Folder::new(), Upstream::start());
        let ports = [(8080, port), (4180, tollgate), (9000, upstream.port)];
        let process = proxy.start(&folder, change, &ports);
        Self::of(process, folder, port, upstream)
    }

    /// Starts the recipe of a proxy, which knows the port of tollgate.
    pub(crate) fn of_recipe(
        proxy: Proxy,
        port: u16,
        files: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let (folder, upstream) = (Folder::new(), Upstream::start());
        let process = proxy.start_with(&folder, files, &[(8080, port), (9000, upstream.port)]);
        Self::of(process, folder, port, upstream)
    }

    fn of(mut process: Process, folder: Folder, port: u16, upstream: Upstream) -> Self {
        until("the proxy lets a public path pass", || {
            assert!(process.has_ended().is_none(), "{}", folder.read("proxy.log"));
            let answer = Request::get("/health").try_ask(port);
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        });
        upstream.take();
        Self { port, upstream, _proxy: process, _folder: folder }
    }

    pub(crate) fn ask(&self, request: &Request) -> Answer {
        request.ask(self.port)
    }

    /// Sends a request, and returns it as the API got it.
    pub(crate) fn passes(&self, request: &Request) -> Seen {
        let answer = self.ask(request);
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        let mut seen = self.upstream.take();
        assert_eq!(seen.len(), 1, "{request:?}: {seen:?}");
        seen.remove(0)
    }

    /// Sends a request, and checks that nothing reaches the API.
    pub(crate) fn is_refused(&self, request: &Request) -> Answer {
        let answer = self.ask(request);
        let seen = self.upstream.take();
        assert!(seen.is_empty() && !is_from_api(&answer), "{request:?} reached the API: {seen:?}");
        assert!((400..=599).contains(&answer.status), "{request:?}: {answer:?}");
        answer
    }
}

/// A proxy with a provider, tollgate and an API.
pub(super) struct Stack {
    pub(super) gateway: Gateway,
    front: Front,
}

impl Deref for Stack {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
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
            Proxy::Nginx => {
                let (token, host) =
                    ("proxy_set_header X-Token $http_x_token;", "proxy_set_header Host");
                let check = "proxy_set_header Authorization";
                let text = replaced(text, host, &format!("{token}\n{host}"));
                let cookie = "proxy_set_header Cookie $http_cookie;";
                replaced(&text, check, &format!("{token}\n{cookie}\n{check}"))
            }
            Proxy::Caddy => text.replace("header_up -Cookie", ""),
            Proxy::Envoy | Proxy::EnvoyGrpc => {
                let line = |name: &str| format!("- exact: {name}\n                          ");
                let more = format!("{}{}", line("cookie"), line("x-token"));
                text.replace("- exact: sec-fetch-site", &format!("{more}- exact: sec-fetch-site"))
            }
            Proxy::Haproxy => {
                let name = "\"authorization\",";
                text.replace(name, &format!("{name} \"cookie\", \"x-token\","))
            }
            Proxy::IngressNginx => text.to_owned(),
            Proxy::Traefik => text.replace(
                "- Sec-Fetch-Site",
                "- Cookie\n          - X-Token\n          - Sec-Fetch-Site",
            ),
        })
        .ready()
    }

    /// Starts the example of Envoy over gRPC without its other defences: with `failure_mode_allow`, a short timeout,
    /// and the client's identity headers.
    pub(super) fn start_defenceless(issuer: &str) -> Self {
        Self::start_changed(Proxy::EnvoyGrpc, issuer, "", |text| {
            let text = replaced(text, "failure_mode_allow: false", "failure_mode_allow: true");
            let text = replaced(&text, "timeout: 3s\n", "timeout: 1s\n");
            let is_defence = |line: &&str| {
                line.contains("- remove: x-auth-request-") || line.contains("- remove: x-user-")
            };
            text.lines().filter(|line| !is_defence(line)).collect::<Vec<_>>().join("\n")
        })
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
        let toml = fs::read_to_string(root().join("examples/proxies/tollgate.toml")).unwrap();
        let toml = replaced(&toml, "https://auth.example.com/oidc", issuer);
        let audiences = ALGORITHMS.map(audience).join("\", \"");
        let audiences = format!("audience = [\"{API}\", \"{audiences}\"]");
        let toml = replaced(&toml, &format!("audience = [\"{API}\"]"), &audiences);
        let toml = format!("allow_insecure_loopback = true\n{settings}{toml}");
        let gateway = Gateway::configured(&toml, &["--proxy", proxy.name()]);

        let front = Front::start(proxy, gateway.port, change);
        Self { gateway, front }
    }

    /// Waits until tollgate has keys.
    pub(super) fn ready(mut self) -> Self {
        self.gateway = self.gateway.ready();
        self
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the example has no {from}");
    text.replace(from, to)
}
