//! Which of several rules decides.

use super::*;

/// The rules of which each asks for its path as a scope: `exact /a`, `/a` or, with `{}`, a pattern.
fn rules_for(paths: &[&str]) -> Rules {
    let tables = paths.iter().map(|path| {
        let (key, value) = match path.strip_prefix("exact ") {
            Some(value) => ("path_exact", value),
            None if path.contains("{}") => ("path_pattern", *path),
            None => ("path", *path),
        };
        format!("[[rule]]\n{key} = '{value}'\nscope = '{}'\n", path.replace(' ', ":"))
    });
    rules(&tables.collect::<String>())
}

fn decides(paths: &[&str], path: &str) -> String {
    let all = scopes(&rules_for(paths), "GET", path);
    let reversed: Vec<_> = paths.iter().rev().copied().collect();
    assert_eq!(scopes(&rules_for(&reversed), "GET", path), all, "the order of the file matters");
    all.replace(':', " ")
}

#[test]
fn an_exact_path_matches_nothing_below_it() {
    for (path, rule) in [
        ("/a", "exact /a"),
        ("/a/", "exact /a"),
        ("/%61", "exact /a"),
        ("/a?x", "exact /a"),
        ("/a/b", ""),
        ("/ab", ""),
        ("/", ""),
    ] {
        assert_eq!(decides(&["exact /a"], path), rule, "{path}");
    }
    assert_eq!(decides(&["exact /"], "/"), "exact /");
    assert_eq!(decides(&["exact /"], "/a"), "");
}

#[test]
fn a_placeholder_is_one_whole_segment() {
    let rule = "/orders/{}/items";
    for path in ["/orders/7/items", "/orders/items/items/", "/orders/%20/items", "/orders/{}/items"]
    {
        assert_eq!(decides(&[rule], path), rule, "{path}");
    }
    for path in ["/orders/items", "/orders/7", "/orders/7/8/items", "/orders/7/itemsX", "/orders"] {
        assert_eq!(decides(&[rule], path), "", "{path}");
    }
    assert_eq!(decides(&["/{}"], "/"), "");
}

#[test]
fn a_pattern_covers_what_lies_below_it() {
    assert_eq!(decides(&["/orders/{}/items"], "/orders/7/items/3/x"), "/orders/{}/items");
    assert_eq!(decides(&["/{}"], "/a/b/c"), "/{}");
}

#[test]
fn a_literal_beats_a_placeholder_from_the_left() {
    let all = ["/{}/items", "/orders/{}", "/orders/{}/items", "/{}/{}", "/{}"];
    for (path, rule) in [
        ("/orders/items", "/orders/{}"),
        ("/orders/7/items", "/orders/{}/items"),
        ("/orders/7/other", "/orders/{}"),
        ("/users/items", "/{}/items"),
        ("/users/7", "/{}/{}"),
        ("/users", "/{}"),
        ("/orders", "/{}"),
    ] {
        assert_eq!(decides(&all, path), rule, "{path}");
    }
    // The first segments differ, so the second ones do not matter.
    assert_eq!(decides(&["/orders", "/{}/admin"], "/orders/admin"), "/orders");
}

#[test]
fn a_shorter_rule_decides_where_a_more_literal_one_ends_elsewhere() {
    // `/a/b` leads nowhere here, so the search goes back to `{}`, and then to `/a`.
    let all = ["/a/b/c", "/a/{}/d", "/a"];
    assert_eq!(decides(&all, "/a/b/c"), "/a/b/c");
    assert_eq!(decides(&all, "/a/b/d"), "/a/{}/d");
    assert_eq!(decides(&all, "/a/b/e"), "/a");
}

#[test]
fn exact_beats_below_and_longer_beats_shorter() {
    let all = ["/", "exact /", "/a", "exact /a", "/a/b", "/a/{}", "exact /a/b/c"];
    for (path, rule) in [
        ("/", "exact /"),
        ("/x", "/"),
        ("/a", "exact /a"),
        ("/a/x", "/a/{}"),
        ("/a/b", "/a/b"),
        ("/a/b/c", "exact /a/b/c"),
        ("/a/b/c/d", "/a/b"),
    ] {
        assert_eq!(decides(&all, path), rule, "{path}");
    }
}

#[test]
fn two_rules_that_cannot_be_ordered_are_an_error() {
    for (first, second) in [
        ("path = '/a'", "path = '/a/'"),
        ("path_exact = '/a'", "path_exact = '/%61'"),
        ("path_pattern = '/{}/a'", "path_pattern = '/{}/a/'"),
    ] {
        let error = error(&format!("[[rule]]\n{first}\n[[rule]]\n{second}"));
        assert!(error.contains("rule 1 has the same path"), "{error}");
    }
    for (first, second) in [
        ("path_exact = '/@me'", "path_exact = '/%40me'"),
        ("path_pattern = '/@/{}'", "path_pattern = '/%40/{}'"),
    ] {
        let error = error(&format!("[[rule]]\n{first}\n[[rule]]\n{second}"));
        assert!(error.contains("Spell both alike"), "{error}");
    }
}

#[test]
fn literal_takes_special_characters_as_they_are() {
    let rules = rules(
        "[[rule]]\npath = '/a/{}/*'\nliteral = true\nscope = 'l'\n\
         [[rule]]\npath_pattern = '/$metadata/{}'\nliteral = true\nscope = 'p'\n",
    );
    assert_eq!(scopes(&rules, "GET", "/a/{}/*/b"), "l");
    assert_eq!(scopes(&rules, "GET", "/a/b/c"), "");
    assert_eq!(scopes(&rules, "GET", "/$metadata/x"), "p");
}

#[test]
fn what_depends_on_decoding_is_refused_whatever_kind_the_rules_are() {
    let rules = rules(
        "[[rule]]\npath = '/'\npublic = true\n[[rule]]\npath_exact = '/@me'\n\
         [[rule]]\npath_pattern = '/{}/@me'\n[[rule]]\npath_pattern = '/{}'\npublic = true\n",
    );
    for path in ["/%40me", "/x/%40me", "/x/%40me/y"] {
        assert_eq!(decide(&rules, "GET", path), Requirement::PathAmbiguous, "{path}");
    }
    for path in ["/%40you", "/%40/x", "/x/y/%40me"] {
        assert_eq!(decide(&rules, "GET", path), Requirement::Public, "{path}");
    }
}

#[test]
fn a_rule_whose_paths_all_belong_to_others_is_unreachable() {
    let unreachable = |paths: &[&str]| {
        let rules = rules_for(paths);
        let show = |(place, by): (&PathRules, [&PathRules; 2])| {
            format!("{} by {} and {}", place.pattern, by[0].pattern, by[1].pattern)
        };
        rules.unreachable().map(show).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        unreachable(&["/a", "exact /a", "/a/{}"]),
        "path = \"/a\" by path_exact = \"/a\" and path_pattern = \"/a/{}\""
    );
    assert_eq!(
        unreachable(&["/", "exact /", "/{}"]),
        "path = \"/\" by path_exact = \"/\" and path_pattern = \"/{}\""
    );
    for reachable in [
        &["/a", "exact /a", "/a/{}/b"][..],
        &["/a", "exact /a", "/a/b", "/{}/{}"],
        &["/a", "/a/{}"],
        &["/{}", "/{}/{}"],
    ] {
        assert_eq!(unreachable(reachable), "", "{reachable:?}");
    }
}

/// What the documentation says about precedence, by comparing each two rules that match.
fn by_the_book<'a>(paths: &[&'a str], request: &str) -> Option<&'a str> {
    let segments = |path: &str| -> Vec<String> {
        path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
    };
    let request = segments(request);
    let matching = paths.iter().filter(|path| {
        let is_exact = path.starts_with("exact ");
        let own = segments(path.trim_start_matches("exact "));
        own.len() <= request.len()
            && (!is_exact || own.len() == request.len())
            && own.iter().zip(&request).all(|(own, other)| own == "{}" || own == other)
    });
    let rank = |path: &&&str| {
        let is_exact = path.starts_with("exact ");
        let mut rank: Vec<u8> = segments(path.trim_start_matches("exact "))
            .iter()
            .map(|segment| if segment == "{}" { 1 } else { 0 })
            .collect();
        rank.push(if is_exact { 2 } else { 3 });
        rank
    };
    matching.min_by_key(rank).copied()
}

#[test]
fn every_set_of_rules_decides_as_the_documentation_says() {
    let all = [
        "/",
        "exact /",
        "/a",
        "exact /a",
        "/b",
        "/{}",
        "/a/a",
        "exact /a/b",
        "/a/{}",
        "/{}/a",
        "/{}/{}",
        "/a/{}/b",
        "/{}/a/b",
        "/a/b/{}",
        "/{}/{}/b",
    ];
    let requests = [
        "/", "/a", "/b", "/c", "/a/a", "/a/b", "/b/a", "/c/c", "/a/a/b", "/a/b/b", "/b/a/b",
        "/b/b/b", "/c/c/c/c",
    ];
    for set in 1..1_u32 << all.len() {
        // Every tenth set is enough, in an order that mixes them.
        if set % 11 != 0 {
            continue;
        }
        let chosen: Vec<_> =
            (0..all.len()).filter(|bit| set >> bit & 1 == 1).map(|bit| all[bit]).collect();
        let rules = rules_for(&chosen);
        for request in requests {
            let expected = by_the_book(&chosen, request).unwrap_or_default().replace(' ', ":");
            assert_eq!(scopes(&rules, "GET", request), expected, "{chosen:?} {request}");
        }
    }
}
