//! `tollgate serve`, with checks as proxies send them.

mod answers;
mod configuration;
mod demo;
mod demo_provider;
#[cfg(feature = "grpc")]
mod grpc;
mod identity_headers;
#[cfg(unix)]
mod listening;
mod logs;
mod operation;
mod recipes;
mod resources;
mod rules;
mod sign_in;
#[cfg(unix)]
mod stopping;
#[cfg(unix)]
mod supervised;
mod token_from;

use std::path::PathBuf;
use std::{env, fs, process};

use crate::server::Server;

const RULES: &str = r#"
proxy = "nginx"
rule = [
    { path = "/health", public = true },
    { path = "/orders", methods = ["GET"], scope = "read:orders" },
    { path = "/orders", methods = ["POST"], scope = ["write:orders"], cors_preflight = true },
]
"#;

/// Starts a server for the demo's tokens with these lines in its configuration file.
fn with_config(demo: &Server, name: &str, rest: &str) -> Server {
    let config = file(name, &config_for(demo, rest));
    let server = Server::start(&["--config", config.to_str().unwrap()]);
    server.wait_until_ready();
    server
}

fn config_for(demo: &Server, rest: &str) -> String {
    format!(
        "allow_insecure_loopback = true\n{rest}\n[[issuer]]\nissuer = \"{}\"\n\
         audience = \"https://api.example.com\"\n",
        demo.issuer()
    )
}

fn file(name: &str, content: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("tollgate-serve-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn original<'a>(
    method: &'a str,
    uri: &'a str,
    authorization: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut headers = vec![("X-Original-Method", method), ("X-Original-URI", uri)];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    headers
}

/// The reason of the last verdict in the log.
fn reason_of(server: &Server) -> String {
    // The server logs the line before it responds, but another thread reads it.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let log = server.log();
    let (_, rest) = log.rsplit_once("reason=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}
