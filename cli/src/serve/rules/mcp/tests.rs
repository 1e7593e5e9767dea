use http::{HeaderName, HeaderValue};

use super::super::tests::ALONE;
use super::super::{Fallback, RawRule, Requirement, Rules};
use super::*;
use crate::serve::original_request::OriginalRequest;

#[derive(serde::Deserialize)]
struct File {
    rule: Vec<RawRule>,
}

const RULE: &str = "[[rule]]\npath = '/mcp'\nmcp = '2026-07-28'\nscope = 'base'\nmax_age = 600\n\
     [[rule.tool]]\nname = ['delete', 'gr\u{f6}\u{df}er']\nscope = 'admin'\nmax_age = 60\n\
     [[rule.tool]]\nname = 'pay'\nacr = 'urn:mfa'\nmax_age = 3600\n";

fn checked(toml: &str) -> Result<Rules, String> {
    let tables = toml::from_str::<File>(toml).map_err(|error| error.to_string())?.rule;
    Rules::new(&tables, Fallback::Token, ALONE).map_err(|error| error.to_string())
}

/// What a request needs: its scopes, its maximum age and its classes, in one text.
fn needs(method: &str, headers: &[(&str, &str)]) -> Result<String, McpFault> {
    let rules = checked(RULE).unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let request = OriginalRequest::new(method.as_bytes(), b"/mcp").unwrap();
    match rules.decide(&request, &map).requirement {
        Requirement::Token(demand) => Ok(format!(
            "{} {} {}",
            demand.scopes().join(" "),
            demand.max_age().unwrap(),
            demand.acr_values().join(" ")
        )),
        Requirement::Mcp(fault) => Err(fault),
        other => panic!("{other:?}"),
    }
}

const VERSION_LINE: (&str, &str) = ("MCP-Protocol-Version", "2026-07-28");
const CALL: (&str, &str) = ("Mcp-Method", "tools/call");

fn call(name: &str) -> Result<String, McpFault> {
    needs("POST", &[VERSION_LINE, CALL, ("Mcp-Name", name)])
}

#[test]
fn a_call_of_a_listed_tool_needs_more_than_the_rule_and_never_less() {
    assert_eq!(call("read").unwrap(), "base 600 ");
    assert_eq!(call("delete").unwrap(), "base admin 60 ");
    assert_eq!(call("pay").unwrap(), "base 600 urn:mfa");
    let list = ("Mcp-Method", "tools/list");
    assert_eq!(needs("POST", &[VERSION_LINE, list]).unwrap(), "base 600 ");
    assert_eq!(needs("POST", &[VERSION_LINE, list, ("Mcp-Name", "delete")]).unwrap(), "base 600 ");
    assert_eq!(needs("GET", &[VERSION_LINE]).unwrap(), "base 600 ");
}

#[test]
fn encoded_values_are_judged_as_what_they_stand_for() {
    assert_eq!(call("=?base64?ZGVsZXRl?=").unwrap(), "base admin 60 ");
    assert_eq!(call("=?base64?Z3LDtsOfZXI=?=").unwrap(), "base admin 60 ");
    let call = ("Mcp-Method", "=?base64?dG9vbHMvY2FsbA==?=");
    let encoded = needs("POST", &[VERSION_LINE, call, ("Mcp-Name", "delete")]);
    assert_eq!(encoded.unwrap(), "base admin 60 ");
}

#[test]
fn values_that_can_be_read_in_two_ways_are_refused() {
    for name in [
        "",
        "gr\u{f6}\u{df}er",
        "delete, read",
        " delete",
        "delete ",
        "\tdelete",
        "=?base64?ZGVsZXRl",
        "=?base64?ZGVsZXR?=",
        "=?base64?ZGVsZXR=?=",
        "=?base64?ZGVs ZXRl?=",
        "=?base64?_w==?=",
        "=?base64?/w==?=",
        "=?BASE64?ZGVsZXRl?=",
        "=?base64?",
        "=?utf-8?Q?delete?=",
    ] {
        assert_eq!(call(name), Err(McpFault::Malformed(NAME)), "{name}");
    }
}

#[test]
fn a_request_that_is_unclear_is_never_judged_by_a_weaker_rule() {
    let delete = ("Mcp-Name", "delete");
    let other = |version| needs("POST", &[("MCP-Protocol-Version", version), CALL, delete]);
    for version in ["2025-11-25", "2026-07-29", "", "2026-07-28, 2026-07-28"] {
        assert!(other(version).is_err(), "{version}");
    }
    assert_eq!(needs("POST", &[CALL, delete]), Err(McpFault::Version));
    assert_eq!(needs("GET", &[]), Err(McpFault::Version));
    assert_eq!(
        needs("POST", &[VERSION_LINE, VERSION_LINE, CALL, delete]),
        Err(McpFault::Repeated(VERSION))
    );
    assert_eq!(needs("POST", &[VERSION_LINE, delete]), Err(McpFault::NoMethod));
    assert_eq!(needs("POST", &[VERSION_LINE, CALL]), Err(McpFault::NoName));
    // A server may take these for POST.
    for method in ["post", "Post", "PUT", "X"] {
        assert_eq!(needs(method, &[VERSION_LINE]), Err(McpFault::NoMethod), "{method}");
        assert_eq!(needs(method, &[VERSION_LINE, CALL, delete]).unwrap(), "base admin 60 ");
    }
    let list = ("Mcp-Method", "tools/list");
    assert_eq!(needs("POST", &[VERSION_LINE, list, CALL, delete]), Err(McpFault::Repeated(METHOD)));
    for second in ["Mcp-Name", "Mcp_Name"] {
        let headers = [VERSION_LINE, CALL, ("Mcp-Name", "read"), (second, "delete")];
        assert_eq!(needs("POST", &headers), Err(McpFault::Repeated(NAME)), "{second}");
    }
    assert_eq!(
        needs("POST", &[VERSION_LINE, CALL, ("Mcp_Name", "delete")]).unwrap(),
        "base admin 60 "
    );
}

#[test]
fn a_tool_needs_the_statement_that_the_server_compares_headers_and_body() {
    for (toml, problem) in [
        (
            "[[rule]]\npath = '/a'\n[[rule.tool]]\nname = 'x'",
            "mcp: a rule for a tool goes by headers",
        ),
        ("[[rule]]\npath = '/a'\nmcp = '2025-11-25'", "2026-07-28"),
        (
            "[[rule]]\npath = '/a'\npublic = true\nmcp = '2026-07-28'",
            "a public path needs no credentials",
        ),
        (
            "[[rule]]\npath = '/a'\nmcp = '2026-07-28'\n[[rule.tool]]\nname = ['x', 'x']",
            "tool: \"x\" is listed twice",
        ),
        (
            "[[rule]]\npath = '/a'\nmcp = '2026-07-28'\n[[rule.tool]]\nname = []",
            "the list is empty",
        ),
        ("[[rule]]\npath = '/a'\nmcp = '2026-07-28'\n[[rule.tool]]\nscope = 'x'", "name"),
        (
            "[[rule]]\npath = '/a'\nmcp = '2026-07-28'\nacr = 'x'\n[[rule.tool]]\nname = 'x'\nacr = 'y'",
            "acr: the rule names classes already",
        ),
    ] {
        let error = checked(toml).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }
}
