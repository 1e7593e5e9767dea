//! A proxy by its recipe, with a provider, tollgate with sign-in, and an app.

use std::fs;
use std::ops::Deref;

use serde_json::json;

use crate::gateway::{Gateway, tollgate};
use crate::http::Request;
use crate::parts::{free_port, until};
use crate::provider::API;
use crate::proxies::parties::PARTIES;
use crate::proxies::stack::{Front, Proxy};
use crate::sign_in::browser::Browser;

/// The prefix of the pages of sign-in.
pub(super) const PREFIX: &str = "/tollgate";

/// Tollgate with sign-in, and the recipe of a proxy for it.
pub(super) struct Recipe {
    /// The port for the proxy.
    pub(super) port: u16,
    /// The files of the proxy.
    pub(super) files: Vec<(String, String)>,
    pub(super) gateway: Gateway,
}

/// The same with a running proxy, and an app.
pub(super) struct Stack {
    pub(super) proxy: Proxy,
    _gateway: Gateway,
    front: Front,
}

impl Deref for Stack {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

impl Recipe {
    /// Starts tollgate, and waits until it knows the provider.
    pub(super) fn start(proxy: Proxy) -> Self {
        let (port, provider) = (free_port(), &PARTIES.provider);
        let (id, origin) = (format!("app_{port}"), format!("http://localhost:{port}"));
        provider.client(&json!({
            "client_id": id,
            "redirect_uris": [format!("{origin}{PREFIX}/callback")],
            "post_logout_redirect_uris": [format!("{origin}/")],
            "token_endpoint_auth_method": "none",
        }));
        let (issuer, padding) = (&provider.issuer, "x".repeat(4000));
        let toml = format!(
            r#"
allow_insecure_loopback = true
public_url = "{origin}"

[headers]
X-User-Organization = "/organization_id"

[sign_in]
issuer = "{issuer}"
client_id = "{id}"
client_auth = "none"
anyone = true
# Answers with a long Location beside cookies need large buffers.
extra = {{ padding = "{padding}" }}

[[issuer]]
issuer = "{issuer}"
audience = "{API}"

[[rule]]
path = "/health"
public = true

[[rule]]
path_exact = "/"
public = true
"#
        );
        let gateway = Gateway::configured(&toml, &["--proxy", proxy.name()]).ready();
        let host = format!("localhost:{port}");
        // Each proxy sets one of the two.
        let request = Request::get(&format!("{PREFIX}/sign-in"))
            .header("Host", &host)
            .header("X-Forwarded-Host", &host);
        until("tollgate knows the provider", || {
            (request.ask(gateway.port).status == 302).then_some(())
        });
        let files = recipe(proxy, &gateway);
        Self { port, files, gateway }
    }
}

impl Stack {
    pub(super) fn start(proxy: Proxy) -> Self {
        let Recipe { port, files, gateway } = Recipe::start(proxy);
        let front = Front::of_recipe(proxy, port, files);
        Self { proxy, _gateway: gateway, front }
    }

    /// A browser that has been nowhere yet.
    pub(super) fn browser(&self) -> Browser {
        Browser::with_prefix(self.port, PREFIX)
    }

    /// A browser whose user has signed in.
    pub(super) fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        browser.sign_in();
        browser
    }

    /// A request to the app's own host.
    pub(super) fn request(&self, target: &str) -> Request {
        self.request_by("GET", target)
    }

    pub(super) fn request_by(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).header("Host", &format!("localhost:{}", self.port))
    }

    /// Whether the proxy hands on the bodies of refusals.
    pub(super) fn hands_on_refusals(&self) -> bool {
        self.proxy != Proxy::IngressNginx
    }

    /// Whether the proxy can remove single cookies.
    pub(super) fn removes_cookies(&self) -> bool {
        !matches!(self.proxy, Proxy::Traefik | Proxy::IngressNginx)
    }
}

/// The files of a proxy that the command prints for the configuration of a server.
fn recipe(proxy: Proxy, gateway: &Gateway) -> Vec<(String, String)> {
    let config = gateway.folder.path("tollgate.toml");
    let listen = format!("127.0.0.1:{}", gateway.port);
    let (code, printed) = tollgate(&[
        "serve",
        "--config",
        config.to_str().unwrap(),
        "--listen",
        &listen,
        "--print-recipe",
        proxy.name(),
    ]);
    assert_eq!(code, 0, "{printed}");
    if proxy == Proxy::IngressNginx {
        return vec![("nginx.conf".to_owned(), as_ingress_nginx(&printed, gateway.port))];
    }
    let mut files: Vec<(String, String)> = Vec::new();
    for line in printed.lines() {
        match line.split_once(" ==> ") {
            Some((_, name)) => files.push((name.to_owned(), String::new())),
            None if files.is_empty() => {
                files.push((proxy.files()[0].to_owned(), format!("{line}\n")));
            }
            None => {
                let (_, text) = files.last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, proxy.files());
    files
}

/// What ingress-nginx makes of the manifests: its configuration for the example, with their snippets, and the location
/// of the second Ingress.
fn as_ingress_nginx(manifests: &str, tollgate: u16) -> String {
    let snippet = |name: &str| {
        let from = format!("  {name}: |\n");
        let (_, text) = manifests.split_once(&from).unwrap_or_else(|| panic!("no {name}"));
        let lines = text.lines().take_while(|line| line.starts_with("    "));
        lines.fold(String::new(), |text, line| text + line.trim_start() + "\n")
    };
    let conf = fs::read_to_string(Proxy::IngressNginx.example().join("nginx.conf")).unwrap();
    let server = "if ($http_upgrade ~* [^websockt]) {\n            return 400;\n        }\n";
    let location = "location / {\n";
    for part in [server, location] {
        assert!(conf.contains(part), "no {part}");
    }
    let pages = format!(
        "location {PREFIX}/ {{\nproxy_set_header Host $http_host;\nproxy_buffer_size 16k;\nproxy_buffers 4 16k;\n\
         proxy_http_version 1.1;\nproxy_pass http://127.0.0.1:4180;\n}}\n"
    );
    conf.replace(server, &format!("{}{pages}", snippet("server-snippet")))
        .replace(location, &format!("{location}{}", snippet("location-snippet")))
        .replace("127.0.0.1:4180", &format!("127.0.0.1:{tollgate}"))
}
