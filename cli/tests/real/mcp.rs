//! MCP servers behind nginx, as docs/mcp.md configures them: the official SDK signs in at the provider, and calls
//! tools that its user may use, and others.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::http::{Answer, Request};
use crate::parts::{Folder, Process, free_port, installed, root, until};
use crate::provider::Provider;
use crate::proxies::stack::Proxy;

const METADATA: &str = "/.well-known/oauth-protected-resource";
/// The user that the browser signs in.
const USER: &str = "user_7f3k";

/// The two servers of docs/mcp.md, with all that is in front of them.
struct Servers {
    provider: Provider,
    files: McpServer,
    mail: McpServer,
    /// The URL of the proxy.
    url: String,
    port: u16,
    _gateway: Gateway,
    _proxy: Process,
    folder: Folder,
}

impl Servers {
    /// Starts them behind nginx, as the document says.
    fn start() -> Self {
        Self::behind(Proxy::Nginx)
    }

    /// Starts them behind the example of a proxy. Only nginx has a route to both servers; the others pass everything
    /// to `/files`.
    fn behind(proxy: Proxy) -> Self {
        let (provider, folder, port) = (Provider::start(), Folder::new(), free_port());
        let files = McpServer::start(&["--tools", "read_file,delete_file,share_file,watch,wake"]);
        let mail = McpServer::start(&["--tools", "read_mail", "--legacy"]);
        let url = format!("http://127.0.0.1:{port}");

        let recipe = fs::read_to_string(root().join("docs/mcp.md")).unwrap();
        let toml = block(&recipe, "toml")
            .replace("https://auth.example.com/oidc", &provider.issuer)
            .replace("https://mcp.example.com", &url);
        let toml = format!("allow_insecure_loopback = true\n{toml}");
        let gateway = Gateway::configured(&toml, &["--proxy", proxy.name()]).ready();

        let routed = |text: &str| match proxy {
            Proxy::Nginx => {
                let (before, rest) = text.split_once("        location / {").unwrap();
                let (_, after) = rest.split_once("\n        }\n").unwrap();
                format!("{before}{}{after}", block(&recipe, "nginx"))
            }
            _ => text.to_owned(),
        };
        let ports = [
            (8080, port),
            (4180, gateway.port),
            (9000, files.port),
            (9001, files.port),
            (9002, mail.port),
        ];
        let mut proxy = proxy.start(&folder, routed, &ports);
        until("the proxy passes the metadata on", || {
            assert!(proxy.has_ended().is_none(), "{}", folder.read("proxy.log"));
            let answer = Request::get(&format!("{METADATA}/files")).try_ask(port);
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        });
        Self { provider, files, mail, url, port, _gateway: gateway, _proxy: proxy, folder }
    }

    /// Lets the SDK's client connect to a server and call its tools, and returns what happened.
    fn visit(&self, server: &str, arguments: &[&str]) -> Visit {
        let mut command = Command::new(installed("node"));
        command.arg("mcp-client.mjs").arg(format!("{}{server}", self.url)).args(arguments);
        command.current_dir(scripts());
        let status = Process::start(&mut command, &self.folder.path("client.log")).end();
        let log = self.folder.read("client.log");
        assert!(status.success(), "{log}");
        // Warnings of the SDK are not JSON.
        Visit(log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// A token for a server, with all scopes of both.
    fn token(&self, server: &str) -> String {
        let resource = format!("{}{server}", self.url);
        let scope = "files:read files:write mail:read";
        self.provider.access_token(json!({ "resource": resource, "scope": scope }))
    }

    /// The challenge for a server, with these parameters after its metadata.
    fn challenge(&self, server: &str, parameters: &str) -> String {
        format!("Bearer resource_metadata=\"{}{METADATA}{server}\", {parameters}", self.url)
    }

    /// Calls a tool of the server `/files` with these headers, whatever the body says.
    fn call(&self, token: &str, header: (&str, &str), body: &Value) -> Answer {
        Request::new("POST", "/files")
            .bearer(token)
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", header.0)
            .header("Mcp-Name", header.1)
            .json(body)
            .ask(self.port)
    }
}

/// The folder of the programs in JavaScript.
fn scripts() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/provider")
}

/// The only block of a document in this language.
fn block<'d>(document: &'d str, language: &str) -> &'d str {
    let fence = format!("```{language}\n");
    let mut blocks = document.split(&*fence).skip(1);
    let block = blocks.next().unwrap().split("```").next().unwrap();
    assert!(blocks.next().is_none(), "another block in {language}");
    block
}

/// A server made with the SDK, without any authorization of its own.
struct McpServer {
    port: u16,
    _process: Process,
    folder: Folder,
}

impl McpServer {
    fn start(arguments: &[&str]) -> Self {
        let (port, folder) = (free_port(), Folder::new());
        let mut command = Command::new(installed("node"));
        command.args(["mcp-server.mjs", "--port", &port.to_string()]).args(arguments);
        command.current_dir(scripts());
        let mut process = Process::start(&mut command, &folder.path("log"));
        until("the MCP server listens", || {
            assert!(process.has_ended().is_none(), "{}", folder.read("log"));
            folder.read("log").contains("listens").then_some(())
        });
        Self { port, _process: process, folder }
    }

    /// How many requests reached the server.
    fn requests(&self) -> usize {
        self.lines("got ").len()
    }

    /// The tools that ran, each with its user.
    fn calls(&self) -> Vec<String> {
        self.lines("called ")
    }

    fn lines(&self, start: &str) -> Vec<String> {
        let log = self.folder.read("log");
        log.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
    }
}

/// What a client did, in order: requests, sign-ins and the results of its calls.
#[derive(Debug)]
struct Visit(Vec<Value>);

impl Visit {
    /// The requests to a URL that starts like this.
    fn requests(&self, start: &str) -> Vec<&Value> {
        let is_wanted =
            |event: &&Value| event["http"].as_str().is_some_and(|to| to.starts_with(start));
        self.0.iter().filter(is_wanted).collect()
    }

    /// The parameters of each request for authorization.
    fn sign_ins(&self) -> Vec<&Value> {
        self.0.iter().filter_map(|event| event.get("authorize")).collect()
    }

    /// What became of the call of a tool.
    fn call(&self, tool: &str) -> &Value {
        let found = self.0.iter().find(|event| event["tool"] == tool);
        found.unwrap_or_else(|| panic!("{tool} was not called: {self:#?}"))
    }

    fn has(&self, event: &Value) -> bool {
        self.0.contains(event)
    }
}

#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn a_client_finds_the_provider_signs_in_and_calls_a_tool() {
    let servers = Servers::start();
    let (url, issuer) = (&servers.url, &servers.provider.issuer);
    let visit = servers.visit("/files", &["read_file"]);

    // The server is asked without a token, and names its metadata.
    let requests = visit.requests("");
    let challenge = servers.challenge("/files", "scope=\"files:read\"");
    assert_eq!(requests[0]["http"], format!("POST {url}/files"));
    assert_eq!(requests[0]["headers"]["mcp-protocol-version"], "2026-07-28");
    assert_eq!(requests[0]["headers"]["mcp-method"], "server/discover");
    assert_eq!(requests[0]["has_token"], false);
    assert_eq!(
        (&requests[0]["status"], &requests[0]["challenge"]),
        (&json!(401), &json!(challenge))
    );
    assert_eq!(requests[1]["http"], format!("GET {url}{METADATA}/files"));
    assert_eq!(requests[1]["status"], 200);

    // These lead to the provider, where the client registers, and its user signs in.
    let provider = visit.requests(&format!("GET {issuer}/.well-known/"));
    assert!(provider.iter().any(|request| request["status"] == 200), "{visit:#?}");
    assert_eq!(visit.requests(&format!("POST {issuer}/reg"))[0]["status"], 201);
    let resource = json!(format!("{url}/files"));
    assert_eq!(visit.sign_ins().len(), 1, "{visit:#?}");
    let sign_in = visit.sign_ins()[0];
    assert_eq!((&sign_in["resource"], &sign_in["scope"]), (&resource, &json!("files:read")));
    assert_eq!(sign_in["code_challenge_method"], "S256");
    let token = visit.requests(&format!("POST {issuer}/token"));
    assert_eq!(token.len(), 1, "{visit:#?}");
    assert_eq!((&token[0]["status"], &token[0]["form"]["resource"]), (&json!(200), &resource));
    assert_eq!(token[0]["form"]["grant_type"], "authorization_code");
    assert!(token[0]["form"]["code_verifier"].is_string(), "{token:?}");

    // From now on, everything passes.
    assert!(visit.has(&json!({ "connected": "2026-07-28" })), "{visit:#?}");
    let mut passed = visit.requests(&format!("POST {url}/files")).into_iter().skip(1);
    assert!(passed.all(|request| request["has_token"] == true && request["status"] == 200));
    let last = visit.requests(&format!("POST {url}/files")).pop().unwrap();
    let headers = json!({
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "read_file",
    });
    assert_eq!(last["headers"], headers);
    assert_eq!(visit.call("read_file")["text"], format!("read_file by {USER}"));
    assert_eq!(servers.files.calls(), [format!("read_file by {USER}")]);
    assert_eq!(servers.files.requests(), visit.requests(&format!("POST {url}/files")).len() - 1);
}

#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn a_forbidden_tool_is_refused_with_the_scopes_that_its_calls_need() {
    tools_need_their_scopes(&Servers::start());
}

fn tools_need_their_scopes(servers: &Servers) {
    let visit = servers.visit("/files", &["read_file", "delete_file", "read_file"]);
    let refused = visit.call("delete_file");
    assert_eq!(refused["error"], "InsufficientScopeError", "{visit:#?}");
    assert_eq!(refused["required_scope"], "files:read files:write");
    let requests = visit.requests(&format!("POST {}/files", servers.url));
    let call = requests.iter().find(|request| request["headers"]["mcp-name"] == "delete_file");
    let call = call.unwrap();
    assert_eq!((&call["status"], &call["has_token"]), (&json!(403), &json!(true)));
    let challenge = servers.challenge(
        "/files",
        "error=\"insufficient_scope\", error_description=\"the token lacks a scope that is required \
         here\", scope=\"files:read files:write\"",
    );
    assert_eq!(call["challenge"], challenge);
    // The server never saw the call, and the client stays connected.
    assert_eq!(servers.files.calls(), vec![format!("read_file by {USER}"); 2]);
    assert_eq!(visit.sign_ins().len(), 1);
}

#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn a_client_asks_its_user_for_the_scopes_that_a_tool_needs() {
    let servers = Servers::start();
    let tools = ["delete_file", "share_file", "read_file"];
    let options = ["--client-id", "app_mcp", "--step-up"];
    let visit = servers.visit("/files", &[&options[..], &tools].concat());
    assert_eq!(visit.call("delete_file")["text"], format!("delete_file by {USER}"));
    // The user does not have `files:share`, so a second sign-in does not help.
    let refused = visit.call("share_file");
    assert_eq!(refused["error"], "UnauthorizedError", "{visit:#?}");
    let scopes = visit.sign_ins().into_iter().map(|sign_in| &sign_in["scope"]).collect::<Vec<_>>();
    let all = "files:read files:write files:share";
    assert_eq!(scopes[..3], ["files:read", "files:read files:write", all], "{visit:#?}");
    let requests = visit.requests(&format!("POST {}/files", servers.url));
    let shares = requests.iter().filter(|request| request["headers"]["mcp-name"] == "share_file");
    let shares = shares.map(|request| &request["status"]).collect::<Vec<_>>();
    assert_eq!(shares, [403, 403]);
    let calls = ["delete_file", "read_file"].map(|tool| format!("{tool} by {USER}"));
    assert_eq!(servers.files.calls(), calls);
}

/// The SDK registers a client for the scope of the first challenge, and this provider takes that as its limit.
#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn a_client_that_registered_itself_may_not_get_the_scopes_of_a_tool() {
    let servers = Servers::start();
    let visit = servers.visit("/files", &["--step-up", "delete_file", "read_file"]);
    let refused = visit.call("delete_file");
    assert_eq!(refused["message"], "requested scope is not allowed", "{visit:#?}");
    assert_eq!(visit.sign_ins()[1]["scope"], "files:read files:write");
    assert_eq!(servers.files.calls(), [format!("read_file by {USER}")]);
}

#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn a_token_for_one_server_is_refused_at_the_other() {
    let servers = Servers::start();
    let token = servers.token("/files");
    let call = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": { "name": "read_mail", "arguments": {} },
    });
    let ask = |token: &str| {
        let request = Request::new("POST", "/mail").bearer(token).json(&call);
        request.header("Accept", "application/json, text/event-stream").ask(servers.port)
    };
    let answer = ask(&token);
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.header("WWW-Authenticate").unwrap();
    let begins = servers.challenge("/mail", "error=\"invalid_token\"");
    assert!(challenge.starts_with(&begins), "{challenge}");
    assert_eq!((servers.mail.requests(), servers.mail.calls().len()), (0, 0));
    assert_eq!(ask(&servers.token("/mail")).status, 200);
    assert_eq!(servers.mail.calls(), ["read_mail by app_orders"]);

    // Each server has metadata of its own.
    for (server, scopes) in
        [("/files", &["files:read", "files:share", "files:write"][..]), ("/mail", &["mail:read"])]
    {
        let metadata = Request::get(&format!("{METADATA}{server}")).ask(servers.port).json();
        let expected = json!({
            "resource": format!("{}{server}", servers.url),
            "authorization_servers": [servers.provider.issuer],
            "bearer_methods_supported": ["header"],
            "scopes_supported": scopes,
        });
        assert_eq!(metadata, expected);
    }
    // A path of no server is denied, whatever the token.
    let answer = Request::get("/metrics").bearer(&token).ask(servers.port);
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn clients_of_revision_2025_11_25_pass_where_no_rule_reads_the_headers_of_mcp() {
    let servers = Servers::start();
    let visit = servers.visit("/mail", &["--old", "read_mail"]);
    assert!(visit.has(&json!({ "connected": "2025-11-25" })), "{visit:#?}");
    assert_eq!(visit.call("read_mail")["text"], format!("read_mail by {USER}"));
    let requests = visit.requests(&format!("POST {}/mail", servers.url));
    assert_eq!((&requests[0]["status"], &requests[0]["headers"]), (&json!(401), &json!({})));
    let last = requests.last().unwrap();
    assert_eq!(last["headers"], json!({ "mcp-protocol-version": "2025-11-25" }));

    // Where a rule reads these headers, such a client is refused before anybody signs in.
    let visit = servers.visit("/files", &["--old", "read_file"]);
    assert_eq!(visit.0.last().unwrap()["status"], 403, "{visit:#?}");
    assert!(visit.sign_ins().is_empty() && servers.files.requests() == 0, "{visit:#?}");
}

#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn events_reach_the_client_before_the_answer_is_complete() {
    events_pass(&Servers::start());
}

fn events_pass(servers: &Servers) {
    let visit = servers.visit("/files", &["watch"]);
    assert!(visit.has(&json!({ "progress": "watch" })), "{visit:#?}");
    assert_eq!(visit.call("watch")["text"], format!("watch by {USER}"));
}

#[test]
#[ignore = "needs node and the proxies: .ci/real-parts"]
fn the_other_proxies_treat_clients_as_nginx_does() {
    for proxy in [Proxy::Caddy, Proxy::Envoy, Proxy::EnvoyGrpc, Proxy::Haproxy, Proxy::Traefik] {
        let servers = Servers::behind(proxy);
        tools_need_their_scopes(&servers);
        events_pass(&servers);
    }
}

/// Why a rule for a tool may go by the headers.
#[test]
#[ignore = "needs node and nginx: .ci/real-parts"]
fn the_sdk_refuses_a_body_that_calls_another_tool_than_its_headers_say() {
    let servers = Servers::start();
    let token = servers.provider.access_token(json!({
        "resource": format!("{}/files", servers.url),
        "scope": "files:read",
    }));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1.0.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let call = |name: &str, meta: &Value| {
        let mut params = json!({ "name": name, "arguments": {} });
        if !meta.is_null() {
            params["_meta"] = meta.clone();
        }
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
    };
    let honest = ("tools/call", "delete_file");
    let answer = servers.call(&token, honest, &call("delete_file", &meta));
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(servers.files.requests(), 0);

    let bodies = [
        call("delete_file", &meta),
        // As in revision 2025-11-25, and as a batch, as in 2025-03-26.
        call("delete_file", &Value::Null),
        json!([call("delete_file", &meta)]),
        json!([call("delete_file", &Value::Null)]),
    ];
    for (number, body) in bodies.iter().enumerate() {
        for header in [("tools/call", "read_file"), ("tools/list", "delete_file")] {
            let answer = servers.call(&token, header, body);
            assert_eq!(answer.status, 400, "{header:?} {body}: {answer:?}");
        }
        assert_eq!(servers.files.requests(), 2 * number + 2);
    }
    assert!(servers.files.calls().is_empty());
    let answer = servers.call(&token, ("tools/call", "read_file"), &call("read_file", &meta));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(servers.files.calls(), ["read_file by app_orders"]);
}
