//! What requests require, by path and method: the `[[rule]]` tables, checked.

mod demand;
mod error;
mod mcp;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use http::HeaderMap;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, HeaderName, ORIGIN};
use tollgate::duration::HumanDuration;
use tollgate::gate::Demand;
use tollgate::{one_or_many, required_claims};
use tollgate_core::policy;

use super::original_request::{OriginalRequest, is_method};
use super::path::{NormalPath, Within};
use demand::one_of;
pub(crate) use demand::{Surroundings, TokenRule};
use error::Fault;
pub(crate) use error::RuleError;
pub(crate) use mcp::McpFault;

/// The maximum number of rules. Every request is compared with each path, and a list that people can
/// review is far shorter.
const MAX_RULES: usize = 1024;

/// A `[[rule]]` table, as in the file.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRule {
    /// The rule applies to this path and all paths below it.
    pub(crate) path: String,
    /// The methods that the rule applies to; empty for every method.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(crate) methods: Vec<String>,
    /// The scopes that a token needs.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(crate) scope: Vec<String>,
    /// The scopes of which a token needs one.
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) any_scope: Vec<String>,
    /// What the claims of a token must be.
    #[serde(default, deserialize_with = "required_claims::deserialize")]
    pub(crate) required_claims: Vec<policy::Requirement<String>>,
    /// The issuers whose tokens are accepted; empty for all.
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) issuer: Vec<String>,
    /// The audiences of which a token must name one; empty for that of the resource.
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) audience: Vec<String>,
    /// How long ago the user may have signed in (RFC 9470).
    pub(crate) max_age: Option<HumanDuration>,
    /// The authentication context classes of which a token must name one (RFC 9470).
    #[serde(default, deserialize_with = "one_of")]
    pub(crate) acr: Vec<String>,
    /// The URL of the resource that the path belongs to (RFC 9728 §1.2).
    pub(crate) resource: Option<String>,
    /// The revision of an MCP server that compares the headers of a request with its body.
    pub(crate) mcp: Option<mcp::Revision>,
    /// What calls of tools need, besides.
    #[serde(default)]
    pub(crate) tool: Vec<mcp::RawTool>,
    /// Whether requests pass without a token.
    #[serde(default)]
    pub(crate) public: bool,
    /// Whether CORS preflight requests pass, which browsers send without a token.
    #[serde(default)]
    pub(crate) cors_preflight: bool,
}

/// Which requests require a token, and with which scopes and claims.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// The longest path first, so that the first match is the most specific one.
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
    /// Empty for every method. Then the rule is the only one of its path.
    methods: Vec<String>,
    access: Access,
}

#[derive(Clone, Debug)]
enum Access {
    Public,
    Token(TokenRule),
}

/// What a request requires to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requirement<'r> {
    /// Nothing.
    Public,
    /// Nothing: it is a CORS preflight request, and its path lets them pass.
    Preflight,
    /// A token that meets this demand.
    Token(&'r Demand),
    /// It is rejected: its headers do not say clearly what it asks an MCP server for.
    Mcp(McpFault),
    /// It is rejected: the rules for its path do not list its method.
    MethodNotListed,
    /// It is rejected: whether its path matches a rule depends on how the upstream reads
    /// percent-encoded reserved characters (RFC 3986 §2.2), as in `/%40me` for `/@me`.
    PathAmbiguous,
}

impl Requirement<'static> {
    pub(crate) const ANY_TOKEN: Self = {
        static NOTHING: Demand = Demand::NOTHING;
        Self::Token(&NOTHING)
    };
}

impl Rules {
    /// Checks the tables, in the order of the file.
    ///
    /// # Errors
    ///
    /// The first rule that is malformed or overlaps with another one.
    pub(crate) fn new(
        tables: Vec<RawRule>,
        surroundings: Surroundings<'_>,
    ) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        for (number, table) in (1..).zip(&tables) {
            rules.add(number, table, surroundings).map_err(|fault| RuleError {
                number,
                path: table.path.clone(),
                fault,
            })?;
        }
        demand::check_resources(&tables)?;
        rules.places.sort_by_key(|place| Reverse(place.path.decoded_len()));
        Ok(rules)
    }

    fn add(
        &mut self,
        number: usize,
        table: &RawRule,
        surroundings: Surroundings<'_>,
    ) -> Result<(), Fault> {
        if number > MAX_RULES {
            return Err(Fault::TooMany { most: MAX_RULES });
        }
        if table.path.contains('?') {
            return Err(Fault::Query);
        }
        let path = NormalPath::parse(&table.path).map_err(Fault::Path)?.into_owned();
        let rule = Rule::new(number, table, surroundings)?;
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

    /// What each rule asks of a token, in no particular order.
    pub(crate) fn token_rules(&self) -> impl Iterator<Item = &TokenRule> {
        let rules = self.places.iter().flat_map(|place| &place.rules);
        rules.filter_map(|rule| match &rule.access {
            Access::Public => None,
            Access::Token(rule) => Some(rule),
        })
    }

    /// What the original request requires. `headers` are those of the check.
    ///
    /// The most specific rule decides alone. Without a rule, a token is required, so that a path
    /// that no rule mentions is not open.
    pub(crate) fn requirement(
        &self,
        request: &OriginalRequest<'_>,
        headers: &HeaderMap,
    ) -> Requirement<'_> {
        for place in &self.places {
            match request.path.is_within(&place.path) {
                Within::Yes => return place.requirement(request.method, headers),
                Within::IfDecoded => return Requirement::PathAmbiguous,
                Within::No => {}
            }
        }
        Requirement::ANY_TOKEN
    }

    /// The number of the rule that decides about a request, in the order of the file.
    pub(crate) fn number(&self, request: &OriginalRequest<'_>) -> Option<usize> {
        let is_decisive = |place: &&Place| request.path.is_within(&place.path) != Within::No;
        let place = self.places.iter().find(is_decisive)?;
        place.deciding(request.method).map(|rule| rule.number)
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

    fn requirement(&self, method: &str, headers: &HeaderMap) -> Requirement<'_> {
        if self.passes_preflight && is_preflight(method, headers) {
            return Requirement::Preflight;
        }
        match self.deciding(method).map(|rule| &rule.access) {
            Some(Access::Public) => Requirement::Public,
            Some(Access::Token(rule)) => rule.requirement(method, headers),
            None => Requirement::MethodNotListed,
        }
    }

    fn deciding(&self, method: &str) -> Option<&Rule> {
        // GET and HEAD have the same semantics but for the content (RFC 9110 §9.3.2).
        let get = (method == "HEAD").then_some("GET");
        self.rule(method).or_else(|| self.rule(get?))
    }

    fn rule(&self, method: &str) -> Option<&Rule> {
        let lists = |rule: &&Rule| rule.methods.iter().any(|listed| listed == method);
        self.rules.iter().find(|rule| rule.methods.is_empty() || lists(rule))
    }
}

impl Rule {
    fn new(number: usize, table: &RawRule, surroundings: Surroundings<'_>) -> Result<Self, Fault> {
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
        let token = TokenRule::new(table, surroundings)?;
        let access = token.map_or(Access::Public, Access::Token);
        Ok(Self { number, methods, access })
    }
}

/// Whether this is a CORS-preflight request of the Fetch standard, which never has credentials.
fn is_preflight(method: &str, headers: &HeaderMap) -> bool {
    let count = |name: HeaderName| headers.get_all(name).iter().count();
    method == "OPTIONS"
        && count(ORIGIN) == 1
        && count(ACCESS_CONTROL_REQUEST_METHOD) == 1
        && count(AUTHORIZATION) == 0
}
