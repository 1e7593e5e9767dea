//! A recipe: the configuration of a proxy that asks `tollgate serve` about each request.
//!
//! | file | content |
//! |---|---|
//! | `template` | fills a template |
//! | the others | the templates, one for each file of a proxy |

mod template;

use std::net::IpAddr;

use tollgate::sign_in::session_cookie_name;

use super::config::Config;
use super::flags::ServeFlags;
use super::lifecycle::ServeError;
use super::listener::ListenAddress;
use super::original_request::Proxy;
use super::origins::Origin;
use template::Facts;

/// How long a proxy waits for a check, in seconds.
const PATIENCE: u32 = 3;

/// The same with sign-in: a request may wait for a refresh at the provider for three seconds.
const PATIENCE_WITH_SIGN_IN: u32 = 5;

/// Why there is no recipe for a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecipeError {
    #[error(
        "listen has no address with a port, and recipes have no other. Add one, such as --listen 127.0.0.1:4180"
    )]
    NoAddress,
}

/// Writes the configuration of a proxy for the configuration of Tollgate that these flags name. If it consists of
/// several files, a line of the form `# ==> NAME` precedes each.
///
/// # Errors
///
/// The configuration is invalid, or Tollgate has no address that a recipe can name.
pub(crate) fn recipe(mut flags: ServeFlags, proxy: Proxy) -> Result<String, ServeError> {
    flags.settings.proxy = Some(proxy);
    let facts = facts(&Config::load(&flags)?)?;
    let fill = |template| facts.fill(template);
    Ok(match proxy {
        Proxy::Nginx => fill(include_str!("recipe/nginx.conf")),
        Proxy::IngressNginx => fill(include_str!("recipe/ingress-nginx.yaml")),
        Proxy::Caddy => fill(include_str!("recipe/Caddyfile")),
        Proxy::Envoy => fill(include_str!("recipe/envoy.yaml")),
        Proxy::Haproxy => format!(
            "# ==> haproxy.cfg\n{}-- ==> tollgate.lua\n{}",
            fill(include_str!("recipe/haproxy.cfg")),
            fill(include_str!("recipe/tollgate.lua"))
        ),
        Proxy::Traefik => format!(
            "# ==> traefik.yml\n{}# ==> dynamic.yml\n{}",
            fill(include_str!("recipe/traefik.yml")),
            fill(include_str!("recipe/dynamic.yml"))
        ),
    })
}

/// What templates ask for.
fn facts(config: &Config) -> Result<Facts, RecipeError> {
    let mut facts = Facts::default();
    let sign_in = config.sign_in.as_ref();
    let sources = &config.access.sources;
    facts.condition("sign_in", sign_in.is_some());
    facts.condition("cookie", sign_in.is_some() || sources.include_a_cookie());
    facts.value("patience", sign_in.map_or(PATIENCE, |_| PATIENCE_WITH_SIGN_IN));

    let (host, port) = address(&config.listen).ok_or(RecipeError::NoAddress)?;
    let is_ip = host.parse::<IpAddr>().is_ok();
    let tollgate = ListenAddress::Tcp { host: host.to_owned(), port };
    facts.value("tollgate", tollgate);
    facts.value("host", host);
    facts.value("port", port);
    facts.value("discovery", if is_ip { "STATIC" } else { "STRICT_DNS" });

    let headers: Vec<_> = config.access.identity.names().map(ToString::to_string).collect();
    let shown: Vec<_> = headers.iter().map(|name| capitalized(name)).collect();
    let configured = shown.iter().filter(|name| !name.starts_with("X-Auth-Request-"));
    facts.list("Configured", configured.cloned());
    facts.value("Headers", shown.join(" "));
    facts.value("Headers,", shown.join(","));
    facts.list("variable", headers.iter().map(|name| variable(name)));
    facts.list("header", headers);
    facts.list("Header", shown);

    let sources: Vec<_> = sources.headers().map(ToString::to_string).collect();
    facts.condition("token_header", !sources.is_empty());
    facts.list("Source", sources.iter().map(|name| capitalized(name)));
    facts.list("source_variable", sources.iter().map(|name| variable(name)));
    facts.list("source", sources);

    let origins = sign_in.map_or(&[][..], |sign_in| sign_in.origins());
    // The names of attempts go on with a `-`.
    let mut cookies: Vec<_> =
        origins.iter().map(|origin| session_cookie_name(origin.as_url())).collect();
    cookies.sort();
    cookies.dedup();
    facts.value("prefix", sign_in.map_or("", |sign_in| sign_in.prefix()));
    facts.value("public_host", origins.first().map_or("api.example.com", Origin::authority));
    facts.value("cookie", cookies.join("|"));
    facts.list("lua_cookie", cookies.iter().map(|cookie| cookie.replace('-', "%-")));
    Ok(facts)
}

/// Where the proxy finds Tollgate: at the first address with a port.
fn address(listen: &[ListenAddress]) -> Option<(&str, u16)> {
    listen.iter().find_map(|address| match address {
        ListenAddress::Tcp { host, port } => Some((host_to_call(host), *port)),
        _ => None,
    })
}

/// The host to which a proxy connects. The address of all interfaces is for listening only.
fn host_to_call(host: &str) -> &str {
    match host {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    }
}

/// The name of a header as people write it: `X-Auth-Request-User`.
fn capitalized(name: &str) -> String {
    let words = name.split('-').map(|word| match word.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_ascii_uppercase()),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join("-")
}

/// The name of a header in the variables of proxies: `x_auth_request_user`.
fn variable(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_calls_the_first_address_with_a_port() {
        for (listen, called) in [
            (&["127.0.0.1:4180"][..], Some(("127.0.0.1", 4180))),
            (&["unix:/run/tollgate.sock", "0.0.0.0:80", "127.0.0.1:81"], Some(("127.0.0.1", 80))),
            (&["[::]:4180"], Some(("::1", 4180))),
            (&["gate.internal:4180"], Some(("gate.internal", 4180))),
            (&["unix:/run/tollgate.sock", "systemd:web"], None),
        ] {
            let listen: Vec<_> = listen.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(address(&listen), called);
        }
    }

    #[test]
    fn headers_are_written_as_people_do() {
        assert_eq!(capitalized("x-auth-request-user"), "X-Auth-Request-User");
        assert_eq!(variable("x-auth-request-user"), "x_auth_request_user");
    }
}
