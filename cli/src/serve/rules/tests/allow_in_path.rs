//! Paths that servers read in different ways, where a rule allows them.

use super::*;

const FILES: &str = "
    [[rule]]
    path = '/files'
    scope = 'files'
    allow_in_path = ['%2f', ';', '//']
    [[rule]]
    path = '/files/admin'
    scope = 'admin'
    [[rule]]
    path_pattern = '/files/{}/secret'
    scope = 'secret'
    [[rule]]
    path = '/other'
    scope = 'other'
";

#[test]
fn what_a_rule_allows_passes_below_its_path() {
    let rules = rules(FILES);
    for path in [
        "/files/a%2Fb",
        "/files/a%2fb%2F",
        "/files/a;v=1/b",
        "/files//a",
        "/files/a//b;c%2Fd",
        "/files/x//",
    ] {
        assert_eq!(scopes(&rules, "GET", path), "files", "{path}");
    }
}

#[test]
fn what_no_rule_allows_is_refused_as_before() {
    let rules = rules(FILES);
    for (path, fault) in [
        ("/other/a%2Fb", BadPath::EncodedDelimiter),
        ("/other/a;b", BadPath::Parameter),
        ("/other//a", BadPath::EmptySegment),
        ("/a%2Fb", BadPath::EncodedDelimiter),
        ("//", BadPath::EmptySegment),
    ] {
        assert_eq!(decide(&rules, "GET", path), Requirement::PathRefused(fault), "{path}");
        let no_rules = Rules::default();
        assert_eq!(decide(&no_rules, "GET", path), Requirement::PathRefused(fault), "{path}");
    }
}

#[test]
fn a_rule_allows_only_what_it_lists() {
    let rules = rules(
        "[[rule]]\npath = '/a'\nallow_in_path = '%2F'\n[[rule]]\npath = '/b'\nallow_in_path = ';'",
    );
    assert_eq!(decide(&rules, "GET", "/a/x%2Fy"), ANY_TOKEN);
    assert_eq!(decide(&rules, "GET", "/b/x;y"), ANY_TOKEN);
    for path in ["/a/x;y", "/a//x", "/a/x%2F;", "/b/x%2Fy", "/b//x", "/b/;x/y", "/a/%2Fx"] {
        assert!(matches!(decide(&rules, "GET", path), Requirement::PathRefused(_)), "{path}");
    }
}

#[test]
fn all_readings_fall_to_the_same_rule() {
    let rules = rules(FILES);
    for path in [
        // Once decoded, merged, or without parameters, these belong to other rules.
        "/files/admin%2Fx",
        "/files//admin",
        "/files/admin;x",
        "/files/admin;x/y",
        "/files/;x/admin",
        "/files/x%2Fsecret",
        "/files/x//secret",
        "/files/x/secret;y",
        "/files/x/;y/secret",
        // A router may take the empty segment for a parameter.
        "/files//secret",
        "/files/%2Fsecret",
    ] {
        assert_eq!(decide(&rules, "GET", path), Requirement::PathAmbiguous, "{path}");
    }
    for path in ["//files/x", "/files;x/y", "/files%2Fx", "/;x/files/y", "/other/..;/files/x"] {
        assert!(matches!(decide(&rules, "GET", path), Requirement::PathRefused(_)), "{path}");
    }
}

#[test]
fn no_reading_has_a_dot_segment() {
    let rules = rules(FILES);
    for path in [
        "/files/..;/x",
        "/files/a%2F..%2Fb",
        "/files/a%2f%2e",
        "/files//..",
        "/files/.;/x",
        "/files/a;%2F..",
    ] {
        let decision = decide(&rules, "GET", path);
        assert_eq!(decision, Requirement::PathRefused(BadPath::DotSegment), "{path}");
    }
}

#[test]
fn it_depends_on_the_method_what_is_allowed() {
    let rules = rules(
        "[[rule]]\npath = '/a'\nmethods = 'GET'\nallow_in_path = ';'\n\
         [[rule]]\npath = '/a'\nmethods = 'PUT'\ncors_preflight = true\n",
    );
    assert_eq!(decide(&rules, "GET", "/a/x;y"), ANY_TOKEN);
    assert_eq!(decide(&rules, "HEAD", "/a/x;y"), ANY_TOKEN);
    assert_eq!(decide(&rules, "PUT", "/a/x;y"), Requirement::PathRefused(BadPath::Parameter));
    assert_eq!(decide(&rules, "DELETE", "/a/x;y"), Requirement::MethodNotListed);
    let decision = |path| decide_with(&rules, "OPTIONS", path, &preflight());
    assert_eq!(decision("/a/x;y"), Requirement::Preflight);
    assert_eq!(decision("/a/x//y"), Requirement::PathRefused(BadPath::EmptySegment));
}

#[test]
fn an_encoded_slash_in_a_placeholder_must_leave_the_rule_the_same() {
    let rules = rules(
        "[[rule]]\npath_pattern = '/projects/{}'\nscope = 's'\nallow_in_path = '%2F'\n\
         [[rule]]\npath_pattern = '/projects/{}/issues'\nscope = 'i'\nallow_in_path = '%2F'\n",
    );
    assert_eq!(scopes(&rules, "GET", "/projects/group%2Fproject"), "s");
    assert_eq!(scopes(&rules, "GET", "/projects/a/issues/b%2Fc"), "i");
    // As a slash, this is an issue of no project.
    let decision = decide(&rules, "GET", "/projects/group%2Fproject/issues");
    assert_eq!(decision, Requirement::PathAmbiguous);
}
