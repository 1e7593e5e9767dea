mod allow_in_path;
mod precedence;
mod upstreams;

use http::HeaderValue;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN};
use tollgate::gate::DemandError;
use tollgate::issuer_url::Plaintext;

use super::*;

#[derive(serde::Deserialize)]
struct File {
    #[serde(default)]
    rule: Vec<RawRule>,
    #[serde(default)]
    default: Fallback,
}

/// Rules that refer to nothing else.
pub(super) const ALONE: Surroundings<'_> =
    Surroundings { issuers: &[], plaintext: Plaintext::Refuse, sign_in: None };

const ANY_TOKEN: Requirement<'_> = Requirement::ANY_TOKEN;

fn read(toml: &str) -> Result<Rules, RuleError> {
    let file: File = toml::from_str(toml).unwrap();
    Rules::new(&file.rule, file.default, ALONE)
}

fn rules(toml: &str) -> Rules {
    read(toml).unwrap()
}

fn error(toml: &str) -> String {
    read(toml).unwrap_err().to_string()
}

fn decide<'r>(rules: &'r Rules, method: &str, path: &str) -> Requirement<'r> {
    decide_with(rules, method, path, &HeaderMap::new())
}

fn decide_with<'r>(
    rules: &'r Rules,
    method: &str,
    path: &str,
    headers: &HeaderMap,
) -> Requirement<'r> {
    let path = RequestPath::parse(path).unwrap();
    rules.decide(&OriginalRequest { method, path }, headers).requirement
}

/// The scopes that a token needs; a decision of another kind is a failure.
fn scopes(rules: &Rules, method: &str, path: &str) -> String {
    match decide(rules, method, path) {
        Requirement::Token(demand) => demand.scopes().join(" "),
        other => panic!("{method} {path}: {other:?}"),
    }
}

fn preflight() -> HeaderMap {
    let value = HeaderValue::from_static("x");
    [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD].map(|name| (name, value.clone())).into_iter().collect()
}

#[test]
fn without_a_rule_a_token_is_needed() {
    assert_eq!(decide(&Rules::default(), "GET", "/"), ANY_TOKEN);
    let rules = rules("[[rule]]\npath = '/health'\npublic = true");
    for path in ["/", "/orders", "/healthy", "/Health", "/a/health"] {
        assert_eq!(decide(&rules, "GET", path), ANY_TOKEN, "{path}");
    }
}

#[test]
fn rule_may_require_claims() {
    let rules = rules(
        "[[rule]]\npath = '/a'\nrequired_claims = { '/realm_access/roles' = { contains = 'admin' } }",
    );
    let Requirement::Token(demand) = decide(&rules, "GET", "/a/b") else { panic!("a token") };
    let ([], [claim]) = (demand.scopes(), demand.required_claims()) else { panic!("one claim") };
    assert_eq!(claim.path().unwrap().value(), "/realm_access/roles");
    for (claims, problem) in [
        ("{ '/~' = 1 }", "JSON Pointer"),
        ("[{ any = [] }]", "group"),
        ("[{ claim = 'a', validity = true }]", "validity is a matter of the issuer"),
        ("{ a = { ends_with = 'example.com' } }", "punctuation mark"),
    ] {
        let error = error(&format!("[[rule]]\npath = '/a'\nrequired_claims = {claims}"));
        assert!(error.contains(problem) && error.contains("required_claims"), "{error}");
    }
    let public = error("[[rule]]\npath = '/a'\npublic = true\nrequired_claims = { a = 1 }");
    assert!(public.contains("cannot require scopes or claims"), "{public}");
}

#[test]
fn rule_without_scope_needs_any_token() {
    assert_eq!(decide(&rules("[[rule]]\npath = '/a'"), "GET", "/a"), ANY_TOKEN);
}

#[test]
fn public_paths_need_no_token() {
    let rules = rules("[[rule]]\npath = '/health'\npublic = true");
    for path in ["/health", "/health/", "/health/live", "/%68ealth", "/health?x"] {
        assert_eq!(decide(&rules, "POST", path), Requirement::Public, "{path}");
    }
}

#[test]
fn scopes_are_those_of_the_rule_in_order() {
    let rules = rules("[[rule]]\npath = '/a'\nscope = ['b', 'a:read', '!#[]~']");
    assert_eq!(scopes(&rules, "GET", "/a"), "b a:read !#[]~");
}

#[test]
fn prefixes_match_whole_segments() {
    for prefix in ["/orders", "/orders/", "/%6frders"] {
        let rules = rules(&format!("[[rule]]\npath = '{prefix}'\nscope = ['s']"));
        for (path, scope) in [
            ("/orders", "s"),
            ("/orders/", "s"),
            ("/orders/7", "s"),
            ("/orders/7/items", "s"),
            ("/orders2", ""),
            ("/order", ""),
            ("/ORDERS", ""),
            ("/", ""),
        ] {
            assert_eq!(scopes(&rules, "GET", path), scope, "{prefix} {path}");
        }
    }
}

#[test]
fn root_matches_everything() {
    let rules = rules("[[rule]]\npath = '/'\nscope = ['s']");
    for path in ["/", "/a", "/a/b/c"] {
        assert_eq!(scopes(&rules, "GET", path), "s", "{path}");
    }
}

#[test]
fn longest_prefix_decides_alone_in_whatever_order() {
    let tables = [
        "[[rule]]\npath = '/'\npublic = true\ncors_preflight = true\n",
        "[[rule]]\npath = '/orders'\nscope = ['o']\n",
        "[[rule]]\npath = '/orders/admin'\nmethods = ['GET']\nscope = ['a']\n",
        "[[rule]]\npath = '/orders/admin/help'\npublic = true\n",
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let rules = rules(&order.map(|table| tables[table]).concat());
        assert_eq!(decide(&rules, "GET", "/other"), Requirement::Public);
        assert_eq!(scopes(&rules, "GET", "/orders/7"), "o");
        assert_eq!(scopes(&rules, "GET", "/orders/admin2"), "o");
        assert_eq!(scopes(&rules, "GET", "/orders/admin/x"), "a");
        assert_eq!(decide(&rules, "PUT", "/orders/admin/x"), Requirement::MethodNotListed);
        assert_eq!(decide(&rules, "PUT", "/orders/admin/help"), Requirement::Public);
        assert_eq!(scopes(&rules, "OPTIONS", "/orders"), "o");
        let decision = decide_with(&rules, "OPTIONS", "/orders", &preflight());
        assert_ne!(decision, Requirement::Preflight);
    }
}

#[test]
fn methods_that_no_rule_lists_are_refused() {
    let rules = rules(
        "[[rule]]\npath = '/orders'\nmethods = ['GET']\nscope = ['read']\n\
         [[rule]]\npath = '/orders/'\nmethods = ['POST', 'PUT']\nscope = ['write']\n",
    );
    assert_eq!(scopes(&rules, "GET", "/orders"), "read");
    assert_eq!(scopes(&rules, "POST", "/orders/7"), "write");
    assert_eq!(scopes(&rules, "PUT", "/orders"), "write");
    for method in ["DELETE", "OPTIONS", "get", "Post", "GETS"] {
        assert_eq!(decide(&rules, method, "/orders"), Requirement::MethodNotListed, "{method}");
    }
}

#[test]
fn every_method_is_meant_without_a_list() {
    let rules = rules("[[rule]]\npath = '/a'\nscope = ['s']");
    for method in ["GET", "HEAD", "OPTIONS", "DELETE", "X-OWN", "get"] {
        assert_eq!(scopes(&rules, method, "/a"), "s", "{method}");
    }
}

#[test]
fn head_counts_as_get_unless_it_is_listed() {
    let get = "[[rule]]\npath = '/a'\nmethods = ['GET']\nscope = ['get']\n";
    let head = "[[rule]]\npath = '/a'\nmethods = ['HEAD']\nscope = ['head']\n";
    let post = "[[rule]]\npath = '/a'\nmethods = ['POST']\n";
    assert_eq!(scopes(&rules(get), "HEAD", "/a"), "get");
    assert_eq!(scopes(&rules(&[get, head].concat()), "HEAD", "/a"), "head");
    assert_eq!(scopes(&rules(&[get, head].concat()), "GET", "/a"), "get");
    assert_eq!(decide(&rules(head), "GET", "/a"), Requirement::MethodNotListed);
    assert_eq!(decide(&rules(post), "HEAD", "/a"), Requirement::MethodNotListed);
}

#[test]
fn preflights_pass_where_a_rule_of_the_path_says_so() {
    let rules = rules(
        "[[rule]]\npath = '/a'\nmethods = ['GET']\n\
         [[rule]]\npath = '/a'\nmethods = ['POST']\ncors_preflight = true\n\
         [[rule]]\npath = '/b'\nmethods = ['OPTIONS']\nscope = ['s']\n\
         [[rule]]\npath = '/c'\ncors_preflight = true\nscope = ['s']\n",
    );
    let decide = |path| decide_with(&rules, "OPTIONS", path, &preflight());
    assert_eq!(decide("/a/7"), Requirement::Preflight);
    assert_eq!(decide("/c"), Requirement::Preflight);
    assert_eq!(decide("/b"), Requirement::Token(&Demand::builder().scope("s").build().unwrap()));
    assert_eq!(decide("/d"), ANY_TOKEN);
}

#[test]
fn preflights_have_their_headers_once_and_no_credentials() {
    let rules = rules("[[rule]]\npath = '/a'\nmethods = ['GET', 'POST']\ncors_preflight = true");
    let value = HeaderValue::from_static("x");
    for method in ["GET", "POST", "HEAD", "options"] {
        let decision = decide_with(&rules, method, "/a", &preflight());
        assert_ne!(decision, Requirement::Preflight, "{method}");
    }
    for name in [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION] {
        let mut more = preflight();
        more.append(&name, value.clone());
        let decision = decide_with(&rules, "OPTIONS", "/a", &more);
        assert_eq!(decision, Requirement::MethodNotListed, "more {name}");
    }
    for name in [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD] {
        let mut less = preflight();
        less.remove(&name);
        let decision = decide_with(&rules, "OPTIONS", "/a", &less);
        assert_eq!(decision, Requirement::MethodNotListed, "no {name}");
    }
}

#[test]
fn encoding_a_reserved_character_escapes_no_rule() {
    let rules = rules(
        "[[rule]]\npath = '/'\npublic = true\n\
         [[rule]]\npath = '/$metadata'\nliteral = true\nscope = ['s']\n",
    );
    assert_eq!(scopes(&rules, "GET", "/$metadata/a%40b"), "s");
    assert_eq!(decide(&rules, "GET", "/a%40b"), Requirement::Public);
    for path in ["/%24metadata", "/%24m%65tadata/x"] {
        assert_eq!(decide(&rules, "GET", path), Requirement::PathAmbiguous, "{path}");
    }
}

#[test]
fn rules_may_have_encoded_paths() {
    let rules = rules(
        "[[rule]]\npath = '/b%c3%bccher'\nscope = ['b']\n\
         [[rule]]\npath = '/my%20files'\nscope = ['m']\n",
    );
    assert_eq!(scopes(&rules, "GET", "/b%C3%BCcher/1"), "b");
    assert_eq!(scopes(&rules, "GET", "/my%20files"), "m");
}

#[test]
fn errors_name_the_rule_the_key_and_the_fix() {
    for (toml, message) in [
        (
            "[[rule]]\npath = '/ok'\n[[rule]]\npath = 'orders'",
            "rule 2 (\"orders\"): path: the path does not begin with /. Write it like \
             \"/orders\"",
        ),
        (
            "[[rule]]\npath = '/a/../b'",
            "rule 1 (\"/a/../b\"): path: the path has a dot segment (. or ..). \
             Write it like \"/orders\"",
        ),
        (
            "[[rule]]\npath = '/a?b'",
            "rule 1 (\"/a?b\"): path: '?' looks like a pattern or a query, but a path is compared \
             as text. Write path = \"/a\"",
        ),
        (
            "[[rule]]\npublic = true",
            "rule 1: it needs exactly one of path, path_exact and path_pattern. Write path = \
             \"/orders\" for this path and everything below it, path_exact for this path alone, or \
             path_pattern = \"/orders/{}/items\" with {} for any segment",
        ),
        (
            "[[rule]]\npath_pattern = '/a/b'",
            "rule 1 (\"/a/b\"): path_pattern: no segment of it is {}, which stands for any segment. \
             Write path = \"/a/b\"",
        ),
        (
            "[[rule]]\npath = '/a'\ndeny = true\nscope = 's'",
            "rule 1 (\"/a\"): deny: no token helps here, so what the rule demands of one has no \
             effect, nor has cors_preflight. Remove these keys, or deny",
        ),
        (
            "[[rule]]\npath = '/a'\ndeny = true\npublic = true",
            "rule 1 (\"/a\"): deny: a path is public or denied, not both. Remove one of the two",
        ),
        (
            "[[rule]]\npath = '/a'\nallow_in_path = ['%3B']",
            "rule 1 (\"/a\"): allow_in_path: \"%3B\" cannot be allowed. Choose from \"%2F\", \";\" and \
             \"//\"",
        ),
        (
            "[[rule]]\npath_exact = '/a'\nallow_in_path = '%2F'",
            "rule 1 (\"/a\"): allow_in_path: it applies to what lies below a path, and path_exact has \
             nothing below it. Write path, or remove allow_in_path",
        ),
        (
            "[[rule]]\npath = '/@me'\n[[rule]]\npath = '/%40me'",
            "rule 2 (\"/%40me\"): path: some upstreams read it as the path of rule 1. Spell \
             both alike",
        ),
        (
            "[[rule]]\npath = '/a'\nmethods = ['GET', 'get']",
            "rule 1 (\"/a\"): methods: \"get\" is not in upper case. Write \"GET\"",
        ),
        (
            "[[rule]]\npath = '/a'\nmethods = ['GET POST']",
            "rule 1 (\"/a\"): methods: \"GET POST\" is not a method. Write one like \"GET\"",
        ),
        (
            "[[rule]]\npath = '/a'\nmethods = ['']",
            "rule 1 (\"/a\"): methods: \"\" is not a method. Write one like \"GET\"",
        ),
        (
            "[[rule]]\npath = '/a'\nmethods = ['GET', 'GET']",
            "rule 1 (\"/a\"): methods: \"GET\" is listed twice. Remove one of them",
        ),
        (
            "[[rule]]\npath = '/a'\nmethods = ['GET']\n\
             [[rule]]\npath = '/%61/'\nmethods = ['PUT', 'GET']",
            "rule 2 (\"/%61/\"): methods: rule 1 lists \"GET\" for the same path. Remove it \
             from one of them",
        ),
        (
            "[[rule]]\npath = '/a'\nscope = ['read write']",
            "rule 1 (\"/a\"): scope: \"read write\" is not a scope-token (RFC 6749 §3.3). Write \
             several scopes as [\"one\", \"two\"], without spaces, quotation marks or \
             backslashes",
        ),
        (
            "[[rule]]\npath = '/a'\npublic = true\nscope = ['s']",
            "rule 1 (\"/a\"): public: a public path needs no credentials, so it cannot require scopes or \
             claims, nor anything else. Remove public, or the other keys",
        ),
    ] {
        assert_eq!(error(toml), message);
    }
}

#[test]
fn every_method_goes_with_no_other_rule_of_the_path() {
    let (every, get) = ("[[rule]]\npath = '/a'\n", "[[rule]]\npath = '/a/'\nmethods = ['GET']\n");
    for tables in [[every, every], [every, get], [get, every]] {
        let error = error(&tables.concat());
        assert!(error.contains("methods: rule 1 has the same path"), "{error}");
    }
}

#[test]
fn scopes_are_scope_tokens() {
    for scope in ["", "a b", "a\"", "a\\", "\u{fc}", "a\n", "\x7f"] {
        let table =
            RawRule { path: Some("/".into()), scope: vec![scope.into()], ..RawRule::default() };
        let error = Rules::new(&[table], Fallback::Token, ALONE).unwrap_err();
        let fault = DemandError::Scope { setting: "scope", scope: scope.into() };
        assert_eq!(error.fault, Fault::Demand(fault));
        assert!(!error.to_string().contains(['\n', '\x7f']));
    }
}

#[test]
fn number_of_rules_is_bounded() {
    let tables = |count: usize| {
        let table = |n| RawRule { path: Some(format!("/{n}")), ..RawRule::default() };
        (0..count).map(table).collect::<Vec<_>>()
    };
    assert!(Rules::new(&tables(MAX_RULES), Fallback::Token, ALONE).is_ok());
    assert_eq!(
        Rules::new(&tables(MAX_RULES + 1), Fallback::Token, ALONE).unwrap_err().fault,
        Fault::TooMany { most: MAX_RULES }
    );
}

#[test]
fn tables_have_known_keys_only() {
    for toml in [
        "[[rule]]\npath = '/a'\nscopes = ['s']",
        "[[rule]]\npath = '/a'\nmethod = ['GET']",
        "[[rule]]\npath = '/a'\nscope = 7",
        "default = 'public'",
        "default = ''",
        "[[rule]]\npath = '/a'\npublic = 'yes'",
    ] {
        assert!(toml::from_str::<File>(toml).is_err(), "{toml}");
    }
}

#[test]
fn rules_of_one_path_may_deny_some_methods() {
    let rules = rules(
        "[[rule]]\npath = '/a'\nmethods = ['GET']\nscope = 's'\n\
         [[rule]]\npath = '/a'\nmethods = ['DELETE', 'PUT']\ndeny = true\n",
    );
    assert_eq!(scopes(&rules, "GET", "/a"), "s");
    assert_eq!(decide(&rules, "PUT", "/a/b"), Requirement::DeniedByRule);
    assert_eq!(decide(&rules, "POST", "/a"), Requirement::MethodNotListed);
}

#[test]
fn the_default_is_a_token_or_to_deny_and_never_public() {
    let health = "[[rule]]\npath = '/health'\npublic = true";
    assert_eq!(decide(&rules(health), "GET", "/other"), ANY_TOKEN);
    assert_eq!(decide(&rules(&format!("default = 'token'\n{health}")), "GET", "/other"), ANY_TOKEN);
    let rules = rules(&format!("default = 'deny'\n{health}"));
    assert_eq!(decide(&rules, "GET", "/health"), Requirement::Public);
    for path in ["/", "/other", "/Health", "/healthy", "/a/health"] {
        assert_eq!(decide(&rules, "GET", path), Requirement::DeniedByDefault, "{path}");
    }
}

#[test]
fn a_rule_has_64_segments_at_most() {
    let table = |count| format!("[[rule]]\npath = '{}'", "/a".repeat(count));
    assert!(read(&table(64)).is_ok());
    assert!(error(&table(65)).contains("more than 64 segments"));
}

#[test]
fn queries_decide_nothing() {
    let rules = rules("[[rule]]\npath = '/a'\nscope = ['s']");
    let long = format!("/a?{}", "x".repeat(100_000));
    for path in ["/a?x", "/a?..//;%zz%00", "/a?\u{fc}#\\", "/a/?/b", &long] {
        assert_eq!(scopes(&rules, "GET", path), "s", "{path}");
    }
}
