//! `[[rule]]` tables → [`Rules`], and an [`Origin`] → the [`Decision`] what it needs.

use std::cmp::Reverse;
use std::fmt;

use http::HeaderMap;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, HeaderName, ORIGIN};

use super::config::one_or_many;
use super::origin::{Origin, is_method};
use super::path::{BadPath, NormalPath, Within};

/// The most rules there may be. Every request is compared with each path, and a list that people
/// can review is far shorter.
const MAX_RULES: usize = 1024;

/// A `[[rule]]` table as it is written.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRule {
    /// Where the rule applies: this path and all below it.
    pub(crate) path: String,
    /// The methods that the rule is for; none means every method.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) methods: Vec<String>,
    /// The scopes that a token must all have.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) scope: Vec<String>,
    /// Whether no token is needed.
    #[serde(default)]
    pub(crate) public: bool,
    /// Whether CORS preflights pass, which browsers send without a token.
    #[serde(default)]
    pub(crate) cors_preflight: bool,
}

/// Which requests need a token, and with which scopes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// The longest path first, so that the first that matches decides.
    places: Vec<Place>,
}

/// The rules of one path.
#[derive(Clone, Debug)]
struct Place {
    path: NormalPath<'static>,
    passes_preflight: bool,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    number: usize,
    /// Empty for every method; the rule is the only one of its path then.
    methods: Vec<String>,
    access: Access,
}

#[derive(Clone, Debug)]
enum Access {
    Public,
    Token { scopes: Vec<String> },
}

/// What a request needs to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision<'r> {
    /// Nothing.
    Public,
    /// Nothing: it is a CORS preflight where these pass.
    Preflight,
    /// A token that has all of these scopes, if any.
    Token {
        /// RFC 6749 §3.3.
        scopes: &'r [String],
    },
    /// It is refused: its path has rules, and none is for its method.
    MethodNotListed,
    /// It is refused: whether its path is that of a rule depends on how the upstream reads
    /// percent-encoded reserved characters (RFC 3986 §2.2), as in `/%40me` for `/@me`.
    PathAmbiguous,
}

impl Rules {
    /// Builds the rules out of their tables, in the order they are written.
    ///
    /// # Errors
    ///
    /// The first rule that is malformed, or that decides what another one decides already.
    pub(crate) fn new(tables: Vec<RawRule>) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        for (number, table) in (1..).zip(tables) {
            let path = table.path.clone();
            rules.add(number, table).map_err(|fault| RuleError { number, path, fault })?;
        }
        rules.places.sort_by_key(|place| Reverse(place.path.decoded_len()));
        Ok(rules)
    }

    fn add(&mut self, number: usize, table: RawRule) -> Result<(), Fault> {
        if number > MAX_RULES {
            return Err(Fault::TooMany);
        }
        if table.path.contains('?') {
            return Err(Fault::Query);
        }
        let path = NormalPath::parse(&table.path).map_err(Fault::Path)?.into_owned();
        let rule = Rule::new(number, &table)?;
        match self.places.iter_mut().find(|place| place.path.decodes_like(&path)) {
            Some(place) => {
                place.add(&path, rule)?;
                place.passes_preflight |= table.cors_preflight;
            }
            None => self.places.push(Place {
                path,
                passes_preflight: table.cors_preflight,
                rules: vec![rule],
            }),
        }
        Ok(())
    }

    /// Every scope that a rule requires.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = String> {
        let rules = self.places.iter().flat_map(|place| &place.rules);
        let scopes = rules.filter_map(|rule| match &rule.access {
            Access::Public => None,
            Access::Token { scopes } => Some(scopes),
        });
        scopes.flatten().cloned()
    }

    /// What the original request needs; `headers` are those of the check.
    ///
    /// The longest path that the request lies within decides alone. Where there is none, a token
    /// is needed: what nobody thought of is not open.
    pub(crate) fn decide(&self, origin: &Origin<'_>, headers: &HeaderMap) -> Decision<'_> {
        for place in &self.places {
            match origin.path.is_within(&place.path) {
                Within::Yes => return place.decide(origin.method, headers),
                Within::IfDecoded => return Decision::PathAmbiguous,
                Within::No => {}
            }
        }
        Decision::Token { scopes: &[] }
    }
}

impl Place {
    fn add(&mut self, path: &NormalPath<'_>, rule: Rule) -> Result<(), Fault> {
        for other in &self.rules {
            let number = other.number;
            if self.path != *path {
                return Err(Fault::OtherSpelling { number });
            }
            if rule.methods.is_empty() || other.methods.is_empty() {
                return Err(Fault::EveryMethod { number });
            }
            if let Some(method) = rule.methods.iter().find(|method| other.methods.contains(method))
            {
                return Err(Fault::MethodTwice { method: method.clone(), number });
            }
        }
        self.rules.push(rule);
        Ok(())
    }

    fn decide(&self, method: &str, headers: &HeaderMap) -> Decision<'_> {
        if self.passes_preflight && is_preflight(method, headers) {
            return Decision::Preflight;
        }
        // GET and HEAD have the same semantics but for the content (RFC 9110 §9.3.2).
        let get = (method == "HEAD").then_some("GET");
        let rule = self.rule(method).or_else(|| self.rule(get?));
        match rule.map(|rule| &rule.access) {
            Some(Access::Public) => Decision::Public,
            Some(Access::Token { scopes }) => Decision::Token { scopes },
            None => Decision::MethodNotListed,
        }
    }

    fn rule(&self, method: &str) -> Option<&Rule> {
        let lists = |rule: &&Rule| rule.methods.iter().any(|listed| listed == method);
        self.rules.iter().find(|rule| rule.methods.is_empty() || lists(rule))
    }
}

impl Rule {
    fn new(number: usize, table: &RawRule) -> Result<Self, Fault> {
        let mut methods: Vec<String> = Vec::new();
        for method in &table.methods {
            let method = method.clone();
            if !is_method(&method) {
                return Err(Fault::Method(method));
            }
            if method.contains(|c: char| c.is_ascii_lowercase()) {
                return Err(Fault::MethodCase(method));
            }
            if methods.contains(&method) {
                return Err(Fault::MethodTwice { method, number });
            }
            methods.push(method);
        }
        if let Some(scope) = table.scope.iter().find(|scope| !is_scope_token(scope)) {
            return Err(Fault::Scope(scope.clone()));
        }
        let access = match (table.public, table.scope.clone()) {
            (false, scopes) => Access::Token { scopes },
            (true, scopes) if scopes.is_empty() => Access::Public,
            (true, _) => return Err(Fault::PublicWithScope),
        };
        Ok(Self { number, methods, access })
    }
}

/// Whether a browser asks what a page of another origin may send: the CORS-preflight request of the
/// Fetch standard, which never has credentials.
fn is_preflight(method: &str, headers: &HeaderMap) -> bool {
    let count = |name: HeaderName| headers.get_all(name).iter().count();
    method == "OPTIONS"
        && count(ORIGIN) == 1
        && count(ACCESS_CONTROL_REQUEST_METHOD) == 1
        && count(AUTHORIZATION) == 0
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3)
fn is_scope_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// A rule that cannot be meant as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleError {
    number: usize,
    path: String,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    TooMany,
    Query,
    Path(BadPath),
    OtherSpelling { number: usize },
    Method(String),
    MethodCase(String),
    MethodTwice { method: String, number: usize },
    EveryMethod { number: usize },
    Scope(String),
    PublicWithScope,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({:?}): ", self.number, self.path)?;
        match &self.fault {
            Fault::TooMany => write!(
                f,
                "path: there are more than {MAX_RULES} rules. Write one for a path that several \
                 have in common"
            ),
            Fault::Query => f.write_str("path: a rule has no query. End the path before the ?"),
            Fault::Path(bad) => write!(f, "path: {bad}. Write it like \"/orders\""),
            Fault::OtherSpelling { number } => write!(
                f,
                "path: to some upstreams this is the path of rule {number}. Spell both alike"
            ),
            Fault::Method(method) => {
                write!(f, "methods: {method:?} is no method. Write one like \"GET\"")
            }
            Fault::MethodCase(method) => write!(
                f,
                "methods: {method:?} is not in upper case. Write {:?}",
                method.to_ascii_uppercase()
            ),
            Fault::MethodTwice { method, number } if *number == self.number => {
                write!(f, "methods: {method:?} is listed twice. Remove one of them")
            }
            Fault::MethodTwice { method, number } => write!(
                f,
                "methods: rule {number} lists {method:?} for the same path. Remove it from one of \
                 them"
            ),
            Fault::EveryMethod { number } => write!(
                f,
                "methods: rule {number} is for the same path, and one of both is for every \
                 method. List different methods in each"
            ),
            Fault::Scope(scope) => write!(
                f,
                "scope: {scope:?} is no scope-token (RFC 6749 §3.3). Write several scopes as \
                 [\"one\", \"two\"], without spaces, quotation marks or backslashes"
            ),
            Fault::PublicWithScope => f.write_str(
                "public: without a token there is no scope. Remove either public or scope",
            ),
        }
    }
}

impl std::error::Error for RuleError {}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        rule: Vec<RawRule>,
    }

    const ANY_TOKEN: Decision<'_> = Decision::Token { scopes: &[] };

    fn rules(toml: &str) -> Rules {
        Rules::new(toml::from_str::<File>(toml).unwrap().rule).unwrap()
    }

    fn error(toml: &str) -> String {
        Rules::new(toml::from_str::<File>(toml).unwrap().rule).unwrap_err().to_string()
    }

    fn decide<'r>(rules: &'r Rules, method: &str, path: &str) -> Decision<'r> {
        decide_with(rules, method, path, &HeaderMap::new())
    }

    fn decide_with<'r>(
        rules: &'r Rules,
        method: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Decision<'r> {
        rules.decide(&Origin { method, path: NormalPath::parse(path).unwrap() }, headers)
    }

    /// The scopes that a token needs; a decision of another kind is a failure.
    fn scopes(rules: &Rules, method: &str, path: &str) -> String {
        match decide(rules, method, path) {
            Decision::Token { scopes } => scopes.join(" "),
            other => panic!("{method} {path}: {other:?}"),
        }
    }

    fn preflight() -> HeaderMap {
        let value = HeaderValue::from_static("x");
        [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD]
            .map(|name| (name, value.clone()))
            .into_iter()
            .collect()
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
    fn rule_without_scope_needs_any_token() {
        assert_eq!(decide(&rules("[[rule]]\npath = '/a'"), "GET", "/a"), ANY_TOKEN);
    }

    #[test]
    fn public_paths_need_no_token() {
        let rules = rules("[[rule]]\npath = '/health'\npublic = true");
        for path in ["/health", "/health/", "/health/live", "/%68ealth", "/health?x"] {
            assert_eq!(decide(&rules, "POST", path), Decision::Public, "{path}");
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
            assert_eq!(decide(&rules, "GET", "/other"), Decision::Public);
            assert_eq!(scopes(&rules, "GET", "/orders/7"), "o");
            assert_eq!(scopes(&rules, "GET", "/orders/admin2"), "o");
            assert_eq!(scopes(&rules, "GET", "/orders/admin/x"), "a");
            assert_eq!(decide(&rules, "PUT", "/orders/admin/x"), Decision::MethodNotListed);
            assert_eq!(decide(&rules, "PUT", "/orders/admin/help"), Decision::Public);
            assert_eq!(scopes(&rules, "OPTIONS", "/orders"), "o");
            let decision = decide_with(&rules, "OPTIONS", "/orders", &preflight());
            assert_ne!(decision, Decision::Preflight);
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
            assert_eq!(decide(&rules, method, "/orders"), Decision::MethodNotListed, "{method}");
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
        assert_eq!(decide(&rules(head), "GET", "/a"), Decision::MethodNotListed);
        assert_eq!(decide(&rules(post), "HEAD", "/a"), Decision::MethodNotListed);
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
        assert_eq!(decide("/a/7"), Decision::Preflight);
        assert_eq!(decide("/c"), Decision::Preflight);
        assert_eq!(decide("/b"), Decision::Token { scopes: &["s".into()] });
        assert_eq!(decide("/d"), ANY_TOKEN);
    }

    #[test]
    fn preflights_have_their_headers_once_and_no_credentials() {
        let rules =
            rules("[[rule]]\npath = '/a'\nmethods = ['GET', 'POST']\ncors_preflight = true");
        let value = HeaderValue::from_static("x");
        for method in ["GET", "POST", "HEAD", "options"] {
            let decision = decide_with(&rules, method, "/a", &preflight());
            assert_ne!(decision, Decision::Preflight, "{method}");
        }
        for name in [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION] {
            let mut more = preflight();
            more.append(&name, value.clone());
            let decision = decide_with(&rules, "OPTIONS", "/a", &more);
            assert_eq!(decision, Decision::MethodNotListed, "more {name}");
        }
        for name in [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD] {
            let mut less = preflight();
            less.remove(&name);
            let decision = decide_with(&rules, "OPTIONS", "/a", &less);
            assert_eq!(decision, Decision::MethodNotListed, "no {name}");
        }
    }

    #[test]
    fn encoding_a_reserved_character_escapes_no_rule() {
        let rules = rules(
            "[[rule]]\npath = '/'\npublic = true\n\
             [[rule]]\npath = '/$metadata'\nscope = ['s']\n",
        );
        assert_eq!(scopes(&rules, "GET", "/$metadata/a%40b"), "s");
        assert_eq!(decide(&rules, "GET", "/a%40b"), Decision::Public);
        for path in ["/%24metadata", "/%24m%65tadata/x"] {
            assert_eq!(decide(&rules, "GET", path), Decision::PathAmbiguous, "{path}");
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
                "rule 1 (\"/a/../b\"): path: the path has a segment of one or two dots. \
                 Write it like \"/orders\"",
            ),
            (
                "[[rule]]\npath = '/a?b'",
                "rule 1 (\"/a?b\"): path: a rule has no query. End the path before the ?",
            ),
            (
                "[[rule]]\npath = '/@me'\n[[rule]]\npath = '/%40me'",
                "rule 2 (\"/%40me\"): path: to some upstreams this is the path of rule 1. Spell \
                 both alike",
            ),
            (
                "[[rule]]\npath = '/a'\nmethods = ['GET', 'get']",
                "rule 1 (\"/a\"): methods: \"get\" is not in upper case. Write \"GET\"",
            ),
            (
                "[[rule]]\npath = '/a'\nmethods = ['GET POST']",
                "rule 1 (\"/a\"): methods: \"GET POST\" is no method. Write one like \"GET\"",
            ),
            (
                "[[rule]]\npath = '/a'\nmethods = ['']",
                "rule 1 (\"/a\"): methods: \"\" is no method. Write one like \"GET\"",
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
                "rule 1 (\"/a\"): scope: \"read write\" is no scope-token (RFC 6749 §3.3). Write \
                 several scopes as [\"one\", \"two\"], without spaces, quotation marks or \
                 backslashes",
            ),
            (
                "[[rule]]\npath = '/a'\npublic = true\nscope = ['s']",
                "rule 1 (\"/a\"): public: without a token there is no scope. Remove either public \
                 or scope",
            ),
        ] {
            assert_eq!(error(toml), message);
        }
    }

    #[test]
    fn every_method_goes_with_no_other_rule_of_the_path() {
        let (every, get) =
            ("[[rule]]\npath = '/a'\n", "[[rule]]\npath = '/a/'\nmethods = ['GET']\n");
        for tables in [[every, every], [every, get], [get, every]] {
            let error = error(&tables.concat());
            assert!(error.contains("methods: rule 1 is for the same path"), "{error}");
        }
    }

    #[test]
    fn scopes_are_scope_tokens() {
        for scope in ["", "a b", "a\"", "a\\", "\u{fc}", "a\n", "\x7f"] {
            let table =
                RawRule { path: "/".into(), scope: vec![scope.into()], ..RawRule::default() };
            let error = Rules::new(vec![table]).unwrap_err();
            assert_eq!(error.fault, Fault::Scope(scope.into()));
            assert!(!error.to_string().contains(['\n', '\x7f']));
        }
    }

    #[test]
    fn number_of_rules_is_bounded() {
        let tables = |count: usize| {
            let table = |n| RawRule { path: format!("/{n}"), ..RawRule::default() };
            (0..count).map(table).collect()
        };
        assert!(Rules::new(tables(MAX_RULES)).is_ok());
        assert_eq!(Rules::new(tables(MAX_RULES + 1)).unwrap_err().fault, Fault::TooMany);
    }

    #[test]
    fn tables_have_known_keys_only() {
        for toml in [
            "[[rule]]\npath = '/a'\nscopes = ['s']",
            "[[rule]]\npath = '/a'\nmethod = ['GET']",
            "[[rule]]\npublic = true",
            "[[rule]]\npath = '/a'\nscope = 7",
            "[[rule]]\npath = '/a'\npublic = 'yes'",
        ] {
            assert!(toml::from_str::<File>(toml).is_err(), "{toml}");
        }
    }
}
