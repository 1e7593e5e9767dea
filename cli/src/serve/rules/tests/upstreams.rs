//! Paths that the gate passes, as upstreams read them: each must find the rule that the gate found.
//!
//! The readers and the router share no code with the gate. Upstreams that ignore case, or that strip an extension or a
//! trailing dot, are not among them: the documentation says which rule stops these.

use super::*;

const RULES: &str = "
    [[rule]]
    path = '/'
    scope = 'root'
    [[rule]]
    path_exact = '/'
    public = true
    [[rule]]
    path = '/admin'
    scope = 'admin'
    [[rule]]
    path = '/@me'
    scope = 'me'
    [[rule]]
    path = '/my%20files'
    scope = 'mine'
    [[rule]]
    path = '/files'
    public = true
    allow_in_path = ['%2F', ';', '//']
    [[rule]]
    path = '/files/admin'
    scope = 'admin'
    [[rule]]
    path_pattern = '/files/{}/admin'
    scope = 'admin'
    [[rule]]
    path_exact = '/files/x'
    scope = 'x'
    [[rule]]
    path_pattern = '/{}/admin'
    scope = 'admin'
    [[rule]]
    path_pattern = '/orders/{}/items'
    scope = 'items'
    allow_in_path = ';'
    [[rule]]
    path_pattern = '/orders/{}/items/{}'
    scope = 'item'
    allow_in_path = ['//', '%2F']
";

const PIECES: [&str; 64] = [
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/",
    "/files/",
    "/files/",
    "/files/x/",
    "/orders/7/items/",
    "/orders/",
    "//",
    "//",
    "%2F",
    "%2f",
    ";",
    ";v=1",
    ";v=1/",
    "..",
    ".",
    "/../",
    "/./",
    "%2e",
    "%2E%2e",
    "..;",
    "\\",
    "%5C",
    "%252e",
    "%252F",
    "%25",
    "%00",
    "#",
    "%23",
    "%3F",
    "?",
    "%C0%AF",
    "%c0%ae",
    "%3B",
    "%40me",
    "@me",
    "%61dmin",
    "admin",
    "admin",
    "admin",
    "files",
    "files",
    "orders",
    "items",
    "items",
    "x",
    "7",
    "my%20files",
    "my files",
    "%6dy%20files",
    "%C3%A9",
    "%E2%82%AC",
    "a",
    "health",
];

/// What a path begins with, so that each rule is reached.
const STARTS: [&str; 8] = [
    "/",
    "/",
    "/files/",
    "/files/x",
    "/files/7/admin/",
    "/a/admin",
    "/orders/7/items",
    "/orders/7/items/3/",
];

/// How an upstream turns the target of a request into the path that it looks up.
struct Reader {
    name: &'static str,
    read: fn(&[u8]) -> Vec<u8>,
    /// Whether it compares paths decoded.
    decodes: bool,
    /// Whether a parameter of its routes may be empty.
    takes_empty: bool,
}

const fn reader(name: &'static str, read: fn(&[u8]) -> Vec<u8>) -> Reader {
    Reader { name, read, decodes: true, takes_empty: false }
}

const READERS: [Reader; 18] = [
    Reader { decodes: false, ..reader("normalizes as RFC 3986 §6.2.2", unreserved_decoded) },
    Reader {
        decodes: false,
        ..reader("normalizes, and resolves dot segments", |path| dots(&unreserved_decoded(path)))
    },
    reader("splits, then decodes", split_then_decode),
    Reader { takes_empty: true, ..reader("lets parameters be empty", split_then_decode) },
    reader("decodes once, then splits", decode),
    reader("decodes twice", |path| decode(&decode(path))),
    reader("merges slashes, then decodes", |path| decode(&merge(path))),
    reader("decodes, then merges slashes", |path| merge(&decode(path))),
    reader("removes parameters, then decodes", |path| decode(&strip(path))),
    reader("decodes, then removes parameters", |path| strip(&decode(path))),
    reader("removes parameters, resolves, merges", |path| merge(&dots(&decode(&strip(path))))),
    reader("resolves dot segments, then decodes", |path| decode(&dots(path))),
    reader("decodes, then resolves dot segments", |path| dots(&decode(path))),
    reader("decodes, resolves and merges", |path| merge(&dots(&merge(&decode(path))))),
    reader("takes a backslash for a slash", |path| dots(&backslashes(&decode(path)))),
    reader("ends at a NUL, a fragment or an encoded query", |path| cut(&decode(path), b"\0#?")),
    reader("decodes overlong UTF-8", |path| dots(&overlong(&decode(path)))),
    reader("drops all trailing slashes", |path| trim(&decode(path))),
];

fn hex(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

fn decode_if(path: &[u8], wanted: fn(u8) -> bool) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), path);
    while let Some((&first, after)) = rest.split_first() {
        let octet =
            after.get(..2).filter(|_| first == b'%').and_then(hex).filter(|octet| wanted(*octet));
        decoded.push(octet.unwrap_or(first));
        rest = if octet.is_some() { &after[2..] } else { after };
    }
    decoded
}

fn decode(path: &[u8]) -> Vec<u8> {
    decode_if(path, |_| true)
}

fn split_then_decode(path: &[u8]) -> Vec<u8> {
    decode_if(path, |octet| octet != b'/')
}

fn unreserved_decoded(path: &[u8]) -> Vec<u8> {
    let is_unreserved = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    decode_if(path, is_unreserved)
}

fn merge(path: &[u8]) -> Vec<u8> {
    let mut merged = path.to_vec();
    merged.dedup_by(|a, b| *a == b'/' && *b == b'/');
    merged
}

fn segments(path: &[u8]) -> Vec<&[u8]> {
    path.split(|octet| *octet == b'/').collect()
}

fn strip(path: &[u8]) -> Vec<u8> {
    let without = |segment| cut(segment, b";");
    segments(path).into_iter().map(without).collect::<Vec<_>>().join(&b'/')
}

fn cut(text: &[u8], at: &[u8]) -> Vec<u8> {
    text.split(|octet| at.contains(octet)).next().unwrap().to_vec()
}

/// RFC 3986 §5.2.4
fn dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in segments(path) {
        match segment {
            b"." => {}
            b".." => drop(kept.pop().filter(|_| kept.len() > 1)),
            _ => kept.push(segment),
        }
    }
    let joined = kept.join(&b'/');
    if joined.starts_with(b"/") { joined } else { [b"/", joined.as_slice()].concat() }
}

fn backslashes(path: &[u8]) -> Vec<u8> {
    path.iter().map(|octet| if *octet == b'\\' { b'/' } else { *octet }).collect()
}

/// Two bytes for a character of ASCII, which UTF-8 forbids.
fn overlong(path: &[u8]) -> Vec<u8> {
    let (mut read, mut rest) = (Vec::new(), path);
    while let Some((&first, after)) = rest.split_first() {
        match after.first() {
            Some(second) if matches!(first, 0xc0 | 0xc1) => {
                read.push(first << 6 | second & 0x3f);
                rest = &after[1..];
            }
            _ => {
                read.push(first);
                rest = after;
            }
        }
    }
    read
}

fn trim(path: &[u8]) -> Vec<u8> {
    let len =
        path.iter().rposition(|octet| *octet != b'/').map_or(0, |last| last.saturating_add(1));
    path[..len].to_vec()
}

/// The path of a rule, as an upstream has it in its own routes.
struct Route {
    number: usize,
    segments: Vec<String>,
    is_exact: bool,
}

impl Route {
    fn new(number: usize, table: &RawRule) -> Self {
        let (key, path) = table.paths().next().unwrap();
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        Self {
            number,
            segments: segments.map(str::to_owned).collect(),
            is_exact: key == "path_exact",
        }
    }

    /// The rank of the route if it matches: the smallest one decides.
    fn rank(&self, path: &[&[u8]], reader: &Reader) -> Option<Vec<u8>> {
        let is_long_enough = if self.is_exact {
            path.len() == self.segments.len()
        } else {
            path.len() >= self.segments.len()
        };
        let mut rank = Vec::new();
        for (own, other) in self.segments.iter().zip(path) {
            if own == "{}" {
                if other.is_empty() && !reader.takes_empty {
                    return None;
                }
                rank.push(1);
            } else {
                let own =
                    if reader.decodes { decode(own.as_bytes()) } else { own.clone().into_bytes() };
                if own != *other {
                    return None;
                }
                rank.push(0);
            }
        }
        rank.push(if self.is_exact { 2 } else { 3 });
        is_long_enough.then_some(rank)
    }
}

/// The number of the rule that an upstream finds.
fn found_by(reader: &Reader, routes: &[Route], target: &str) -> Option<usize> {
    let path = (reader.read)(&cut(target.as_bytes(), b"?"));
    let path = path.strip_prefix(b"/").unwrap_or(&path);
    // One slash at the end makes no difference.
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let path = if path.is_empty() { Vec::new() } else { segments(path) };
    let ranked = routes.iter().filter_map(|route| Some((route.rank(&path, reader)?, route.number)));
    ranked.min().map(|(_, number)| number)
}

fn targets() -> impl Iterator<Item = String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state.checked_rem(bound).unwrap()).unwrap()
    };
    (0..40_000).map(move |_| {
        let (start, len) = (STARTS[next(8)], next(7));
        (0..len).fold(start.to_owned(), |target, _| target + PIECES[next(64)])
    })
}

#[test]
fn every_upstream_finds_the_rule_that_the_gate_found() {
    #[derive(serde::Deserialize)]
    struct File {
        rule: Vec<RawRule>,
    }
    let tables = toml::from_str::<File>(RULES).unwrap().rule;
    let routes: Vec<_> =
        (1..).zip(&tables).map(|(number, table)| Route::new(number, table)).collect();
    let rules = Rules::new(&tables, Fallback::Token, ALONE).unwrap();
    let (mut passed, mut ambiguous, mut refused) = (0, 0, 0);
    let mut reached = std::collections::BTreeSet::new();
    for target in targets() {
        let decided = RequestPath::parse(&target).map(|path| {
            let is_normal = matches!(path, RequestPath::Normal(_));
            (rules.decide(&OriginalRequest { method: "GET", path }, &HeaderMap::new()), is_normal)
        });
        let Ok((
            Decided { requirement: Requirement::Public | Requirement::Token { .. }, rule, .. },
            is_normal,
        )) = decided
        else {
            refused += 1;
            continue;
        };
        let rule = rule.map(|rule| rule.number);
        for reader in &READERS {
            assert_eq!(
                found_by(reader, &routes, &target),
                rule,
                "{target} by one that {}",
                reader.name
            );
        }
        reached.extend(rule);
        passed += 1;
        ambiguous += u32::from(!is_normal);
    }
    assert_eq!(reached.len(), routes.len(), "{reached:?}");
    assert!(
        passed > 4_000 && ambiguous > 300 && refused > 10_000,
        "{passed} {ambiguous} {refused}"
    );
}

#[test]
fn each_reader_is_misled_by_a_path_that_the_gate_refuses() {
    let table = |path: &str| RawRule { path: Some(path.to_owned()), ..RawRule::default() };
    let tables = vec![table("/"), table("/admin"), table("/@me")];
    let routes: Vec<_> =
        (1..).zip(&tables).map(|(number, table)| Route::new(number, table)).collect();
    let rules = Rules::new(&tables, Fallback::Token, ALONE).unwrap();
    for (name, target) in [
        ("normalizes, and resolves", "/x/../admin"),
        ("splits, then", "/%40me"),
        ("decodes once, then", "/admin%2Fx"),
        ("decodes twice", "/%2561dmin"),
        ("merges slashes, then", "//admin"),
        ("decodes, then merges", "/%2Fadmin"),
        ("removes parameters, then", "/admin;x"),
        ("decodes, then removes", "/admin%3Bx"),
        ("removes parameters, resolves", "/x/..;/admin"),
        ("resolves dot segments, then", "/./admin"),
        ("decodes, then resolves", "/x/%2e%2e%2fadmin"),
        ("decodes, resolves and", "/x//%2e%2e/admin"),
        ("takes a backslash", "/x\\..\\admin"),
        ("ends at a NUL", "/admin%00"),
        ("decodes overlong", "/x%C0%AF%C0%AE%C0%AE%C0%AFadmin"),
    ] {
        let reader = READERS.iter().find(|reader| reader.name.starts_with(name)).unwrap();
        let found = found_by(reader, &routes, target);
        assert_ne!(found, found_by(&READERS[0], &routes, target), "{name}: {target}");
        let passes = RequestPath::parse(target).is_ok_and(|path| {
            let request = OriginalRequest { method: "GET", path };
            matches!(
                rules.decide(&request, &HeaderMap::new()).requirement,
                Requirement::Token { .. }
            )
        });
        assert!(!passes, "{target}");
    }
}
