use super::*;
use crate::serve::rules::tests::ALONE;
use crate::serve::rules::{Fallback, RawRule, Rules};

/// The lines to write instead of a `path`.
fn lines(path: &str) -> Vec<String> {
    ForeignPattern::find(path, false, false).unwrap_or_else(|| panic!("{path}")).lines
}

fn table(line: &str) -> Result<Rules, String> {
    let table: RawRule = toml::from_str(line).map_err(|error| error.to_string())?;
    Rules::new(&[table], Fallback::Token, ALONE).map_err(|error| error.to_string())
}

#[test]
fn a_path_that_looks_like_a_pattern_is_an_error() {
    for path in [
        "/admin/*",
        "/admin/**",
        "/admin*",
        "/*.json",
        "/{id}",
        "/a/{id}/b",
        "/{}",
        "/:id",
        "/a/:id/b",
        "/(a|b)",
        "/a|b",
        "/admin$",
        "/$id",
        "/.*",
        "/a/.*",
        "/a/.+",
        "/[0-9]",
        "/[id]",
        "/^a",
        "/<id>",
        "/a/+/b",
        "/+",
        "/\\d+",
        "/a\\.json",
        "/a?",
        "/a/?/b",
        "^/admin",
        "~ ^/admin",
        "*",
    ] {
        for key in ["path", "path_exact"] {
            let error = table(&format!("{key} = '{path}'")).unwrap_err();
            assert!(error.contains("looks like a pattern"), "{error}");
        }
    }
    for path in ["/a/{id}", "/{}/*", "/{}x/{}", "/x{}", "/{}/:id"] {
        let error = table(&format!("path_pattern = '{path}'")).unwrap_err();
        assert!(error.contains("looks like a pattern"), "{error}");
    }
}

#[test]
fn paths_that_only_resemble_patterns_are_paths() {
    for path in [
        "/",
        "/a",
        "/a.json",
        "/a:b",
        "/v1/things:batch",
        "/@me",
        "/a+b",
        "/-/a",
        "/~user",
        "/a,b",
        "/a=b",
        "/a!b",
        "/a'b",
        "/a%2Ab",
        "/%7Bid%7D",
        "/.well-known",
        "/a&b",
        "/...",
        "/a_b",
    ] {
        assert_eq!(ForeignPattern::find(path, false, false), None, "{path}");
        assert!(table(&format!("path = \"{path}\"")).is_ok(), "{path}");
    }
}

#[test]
fn the_line_to_write_instead_means_the_same() {
    for (pattern, line) in [
        ("/admin/*", "path = \"/admin\""),
        ("/admin/**", "path = \"/admin\""),
        ("/admin*", "path = \"/admin\""),
        ("/admin/.*", "path = \"/admin\""),
        ("/admin.*", "path = \"/admin\""),
        ("/admin(.*)", "path = \"/admin\""),
        ("^/admin(/.*)?$", "path = \"/admin\""),
        ("^/admin(/|$)", "path = \"/admin\""),
        ("~ ^/admin/", "path = \"/admin\""),
        ("~* ^/admin/.+", "path = \"/admin\""),
        ("/admin/{*path}", "path = \"/admin\""),
        ("/admin/*path", "path = \"/admin\""),
        ("/admin/:path*", "path = \"/admin\""),
        ("/admin/{path...}", "path = \"/admin\""),
        ("/admin/{proxy+}", "path = \"/admin\""),
        ("/admin/{path:.*}", "path = \"/admin\""),
        ("/admin/{rest:path}", "path = \"/admin\""),
        ("/admin/<path:rest>", "path = \"/admin\""),
        ("/admin/[...slug]", "path = \"/admin\""),
        ("/*", "path = \"/\""),
        ("*", "path = \"/\""),
        ("/admin$", "path_exact = \"/admin\""),
        ("^/admin$", "path_exact = \"/admin\""),
        ("^/$", "path_exact = \"/\""),
        ("/admin/{$}", "path_exact = \"/admin\""),
        ("/{id}", "path_pattern = \"/{}\""),
        ("/{}", "path_pattern = \"/{}\""),
        ("/:id", "path_pattern = \"/{}\""),
        ("/orders/:id/items", "path_pattern = \"/orders/{}/items\""),
        ("/orders/*/items", "path_pattern = \"/orders/{}/items\""),
        ("/orders/{id}/items/*", "path_pattern = \"/orders/{}/items\""),
        ("/orders/<int:id>", "path_pattern = \"/orders/{}\""),
        ("/orders/[id]", "path_pattern = \"/orders/{}\""),
        ("/orders/[0-9]+/items", "path_pattern = \"/orders/{}/items\""),
        ("/orders/[^/]+/items", "path_pattern = \"/orders/{}/items\""),
        ("^/orders/\\d+/items$", "path_pattern = \"/orders/{}/items\""),
        ("/orders/$id", "path_pattern = \"/orders/{}\""),
        ("/orders/+/items", "path_pattern = \"/orders/{}/items\""),
        ("/orders/?/items", "path_pattern = \"/orders/{}/items\""),
        ("/v\\d/items", "path_pattern = \"/{}/items\""),
        ("/a\\.json", "path = \"/a.json\""),
        ("/admin/?", "path = \"/admin\""),
        ("/orders?x=1", "path = \"/orders\""),
        ("/orders?", "path = \"/orders\""),
    ] {
        assert_eq!(lines(pattern), [line], "{pattern}");
    }
}

#[test]
fn alternatives_are_a_rule_each() {
    assert_eq!(lines("/(a|b)"), ["path = \"/a\"", "path = \"/b\""]);
    assert_eq!(
        lines("/x/(?:a|b)/{id}"),
        ["path_pattern = \"/x/a/{}\"", "path_pattern = \"/x/b/{}\""]
    );
    assert_eq!(lines("/{a,b}/c/**"), ["path = \"/a/c\"", "path = \"/b/c\""]);
    assert_eq!(lines("/(a|b)/(c|d)/(e|f)/(g|h)"), Vec::<String>::new());
    let error = table("path = '/(a|b)'").unwrap_err();
    assert!(error.contains("Write one rule for each: path = \"/a\", path = \"/b\""), "{error}");
}

#[test]
fn the_error_offers_literal_where_it_helps() {
    let error = table("path = '/admin/*'").unwrap_err();
    assert_eq!(
        error,
        "rule 1 (\"/admin/*\"): path: '*' looks like a pattern, but a path is compared as text. Write \
         path = \"/admin\". If you mean the character itself, add literal = true"
    );
    for path in ["/a?x", "/a\\\\.b"] {
        let error = table(&format!("path = \"{path}\"")).unwrap_err();
        assert!(!error.contains("literal"), "{error}");
        let literal = table(&format!("path = \"{path}\"\nliteral = true")).unwrap_err();
        assert!(literal.contains("looks like a pattern"), "{literal}");
    }
}

#[test]
fn every_line_that_an_error_offers_is_accepted() {
    const PIECES: [&str; 26] = [
        "/", "/", "/", "a", "b.c", "*", "**", "{", "}", "{}", "{id}", ":", "(", ")", "|", "[", "]",
        "$", "^", ".*", "\\", "?", "+", "<", ">", "..",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut offered = 0;
    for _ in 0..50_000 {
        let mut path = String::from("/");
        for _ in 0..8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            path.push_str(PIECES[usize::try_from(state % 26).unwrap()]);
        }
        let Some(foreign_pattern) = ForeignPattern::find(&path, false, false) else { continue };
        for line in foreign_pattern.lines {
            assert!(table(&line).is_ok(), "{path}: {line}");
            offered += 1;
        }
    }
    assert!(offered > 10_000, "{offered}");
}
