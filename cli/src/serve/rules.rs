//! What requests require, by path and method: the `[[rule]]` tables, checked.

mod access;
mod demand;
mod error;
mod lookalike;
mod mcp;
mod path_pattern;
mod place;
#[cfg(test)]
mod tests;
mod unreachable;

use http::HeaderMap;
use tollgate::duration::HumanDuration;
use tollgate::gate::Demand;
use tollgate::{one_or_many, required_claims};
use tollgate_core::policy;

use super::original_request::OriginalRequest;
use super::path::{BadPath, NormalPath, Readings, RequestPath};
pub(crate) use access::Access;
use demand::one_of;
pub(crate) use demand::{Surroundings, TokenRule};
use error::Fault;
pub(crate) use error::RuleError;
use lookalike::Lookalike;
pub(crate) use mcp::McpFault;
use path_pattern::{Extent, PathPattern, Step};
pub(crate) use place::{Place, Rule};

/// The maximum number of rules. A list that people can review is far shorter.
const MAX_RULES: usize = 1024;

/// The maximum number of segments in the path of a rule, which bounds how deep the search for a rule goes.
const MAX_SEGMENTS: usize = 64;

/// A `[[rule]]` table, as in the file.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRule {
    /// The rule applies to this path and all paths below it.
    pub(crate) path: Option<String>,
    /// The rule applies to this path only.
    pub(crate) path_exact: Option<String>,
    /// As `path`, but `{}` stands for any segment.
    pub(crate) path_pattern: Option<String>,
    /// Whether characters that look like a pattern are meant as they are.
    #[serde(default)]
    pub(crate) literal: bool,
    /// What the paths below may contain although servers read it in different ways.
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    pub(crate) allow_in_path: Vec<String>,
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
    /// Whether requests are refused, whatever their token.
    #[serde(default)]
    pub(crate) deny: bool,
    /// Whether CORS preflight requests pass, which browsers send without a token.
    #[serde(default)]
    pub(crate) cors_preflight: bool,
}

/// What requests need if no rule decides. It is never public, so a path that no rule mentions is not open.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fallback {
    /// Any valid token
    #[default]
    Token,
    /// Requests are refused
    Deny,
}

/// Which requests require a token, and with which scopes and claims.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// In order of precedence: the first place that matches decides.
    places: Vec<Place>,
    fallback: Fallback,
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
    /// It is rejected: its rule denies all requests.
    DeniedByRule,
    /// It is rejected: no rule matches its path, and the default is to deny.
    DeniedByDefault,
    /// It is rejected: the rules for its path do not list its method.
    MethodNotListed,
    /// It is rejected: which rule matches its path depends on how the upstream reads the path. It may decode reserved
    /// characters (RFC 3986 §2.2), as in `/%40me` for `/@me`, or have another reading of what a rule allows in paths.
    PathAmbiguous,
    /// It is rejected: servers differ in how they read its path, and its rule does not allow that.
    PathRefused(BadPath),
}

impl Requirement<'static> {
    pub(crate) const ANY_TOKEN: Self = {
        static NOTHING: Demand = Demand::NOTHING;
        Self::Token(&NOTHING)
    };
}

/// What a request requires, and what decides that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided<'r> {
    /// The place of the request's path. `None` if no rule matches, or it is not clear which.
    pub(crate) place: Option<&'r Place>,
    /// The rule of the place for the request's method. `None` for a preflight request.
    pub(crate) rule: Option<&'r Rule>,
    pub(crate) requirement: Requirement<'r>,
}

impl Rules {
    /// Checks the tables, in the order of the file.
    ///
    /// # Errors
    ///
    /// The first rule that is malformed or overlaps with another one.
    pub(crate) fn new(
        tables: &[RawRule],
        fallback: Fallback,
        surroundings: Surroundings<'_>,
    ) -> Result<Self, RuleError> {
        let mut rules = Self { places: Vec::new(), fallback };
        let mut numbered = (1..).zip(tables);
        for (number, table) in numbered.clone() {
            let added = rules.add(number, table, surroundings);
            added.map_err(|fault| RuleError::new(number, table, fault))?;
        }
        match demand::without_resource(&rules.places) {
            None => Ok(rules),
            Some((number, fault)) => {
                let table = numbered.find(|(other, _)| *other == number).map(|(_, table)| table);
                Err(RuleError::new(number, table.unwrap_or(&RawRule::default()), fault))
            }
        }
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
        let pattern = table.pattern()?;
        let rule = Rule::new(number, table, surroundings)?;
        let steps = |place: &Place| place.pattern.steps().cmp(pattern.steps());
        match self.places.binary_search_by(steps) {
            Ok(index) => {
                if let Some(place) = self.places.get_mut(index) {
                    place.add(&pattern, rule)?;
                    place.passes_preflight |= table.cors_preflight;
                }
            }
            Err(index) => {
                self.places.insert(index, Place::new(pattern, table.cors_preflight, rule));
            }
        }
        Ok(())
    }

    /// The places in order of precedence, each with its rules.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.iter()
    }

    /// What a request requires that no rule decides.
    pub(crate) fn fallback(&self) -> Fallback {
        self.fallback
    }

    /// What each rule asks of a token, in order of precedence.
    pub(crate) fn token_rules(&self) -> impl Iterator<Item = &TokenRule> {
        let rules = self.places.iter().flat_map(|place| &place.rules);
        rules.filter_map(|rule| match &rule.access {
            Access::Public | Access::Denied => None,
            Access::Token(rule) => Some(rule),
        })
    }

    /// What the original request requires. `headers` are those of the check.
    ///
    /// The most specific rule decides alone.
    pub(crate) fn decide(&self, request: &OriginalRequest<'_>, headers: &HeaderMap) -> Decided<'_> {
        let found = match &request.path {
            RequestPath::Normal(path) => self.place_of(path, EmptySegment::Unmatched),
            RequestPath::Ambiguous { path, fault } => {
                return self.decide_in_every_reading(path, *fault, request.method, headers);
            }
        };
        match found {
            Ok(Some(place)) => place.decide(request.method, headers),
            Ok(None) => Decided::without_rule(match self.fallback {
                Fallback::Token => Requirement::ANY_TOKEN,
                Fallback::Deny => Requirement::DeniedByDefault,
            }),
            Err(Undecided) => Decided::without_rule(Requirement::PathAmbiguous),
        }
    }

    /// Decides about a path that servers read in different ways. The same rule must decide in every reading, and allow
    /// it.
    fn decide_in_every_reading(
        &self,
        path: &str,
        fault: BadPath,
        method: &str,
        headers: &HeaderMap,
    ) -> Decided<'_> {
        let refused = |fault| Decided::without_rule(Requirement::PathRefused(fault));
        // Most rules allow nothing of the kind. Then a flood of such paths costs nothing.
        let mut rules = self.places.iter().flat_map(|place| &place.rules);
        if rules.all(|rule| rule.allowed.is_empty()) {
            return refused(fault);
        }
        let Readings { constructs, paths } = match Readings::of(path) {
            Ok(readings) => readings,
            Err(fault) => return refused(fault),
        };
        let mut places = paths.iter().flat_map(|path| {
            // Some routers let a parameter be empty.
            [EmptySegment::Unmatched, EmptySegment::Any].map(|empty| self.place_of(path, empty))
        });
        let first = places.next();
        let Some(Ok(Some(place))) = first else { return refused(fault) };
        let decided = place.decide(method, headers);
        let allow = |rule: &Rule| rule.allows(&constructs);
        if !decided.rule.map_or_else(|| place.rules.iter().any(allow), allow) {
            return Decided { requirement: Requirement::PathRefused(fault), ..decided };
        }
        if places
            .all(|other| other.is_ok_and(|other| other.is_some_and(|it| std::ptr::eq(place, it))))
        {
            decided
        } else {
            Decided::without_rule(Requirement::PathAmbiguous)
        }
    }

    /// The place that a path belongs to, if any.
    ///
    /// Of the places that match the decoded path, the first decides. Each place that matches the path undecoded is
    /// among these. So if the first one does, it decides in both readings.
    fn place_of(
        &self,
        path: &NormalPath<'_>,
        empty: EmptySegment,
    ) -> Result<Option<&Place>, Undecided> {
        match first_match(&self.places, 0, path.decoded(), empty) {
            Some(place) if !place.pattern.is_spelled_like(path) => Err(Undecided),
            found => Ok(found),
        }
    }
}

/// It depends on the upstream which place a path belongs to.
struct Undecided;

/// What an empty segment matches in a path that has one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EmptySegment {
    Unmatched,
    /// `{}` matches it.
    Any,
}

/// The first of `places` that matches. They all match the segments before `depth`, and `rest` is what follows.
fn first_match<'p>(
    places: &'p [Place],
    depth: usize,
    rest: Option<&str>,
    empty: EmptySegment,
) -> Option<&'p Place> {
    let go = |step: Step<'_>| {
        let first = places.partition_point(|place| place.pattern.step(depth) < step);
        let places = places.get(first..)?;
        let count = places.partition_point(|place| place.pattern.step(depth) == step);
        places.get(..count).filter(|places| !places.is_empty())
    };
    if let Some(rest) = rest {
        let (segment, rest) = match rest.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (rest, None),
        };
        let below = |step| first_match(go(step)?, depth.saturating_add(1), rest, empty);
        if let Some(place) = below(Step::Literal(segment)) {
            return Some(place);
        }
        if (!segment.is_empty() || empty == EmptySegment::Any)
            && let Some(place) = below(Step::Any)
        {
            return Some(place);
        }
    } else if let Some(here) = go(Step::Here) {
        return here.first();
    }
    go(Step::Below)?.first()
}

impl RawRule {
    /// Each key that names a path, with its value.
    fn paths(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let keys = [
            ("path", &self.path),
            ("path_exact", &self.path_exact),
            ("path_pattern", &self.path_pattern),
        ];
        keys.into_iter().filter_map(|(key, path)| Some((key, path.as_deref()?)))
    }

    fn pattern(&self) -> Result<PathPattern, Fault> {
        let mut paths = self.paths();
        let (Some((key, path)), None) = (paths.next(), paths.next()) else {
            return Err(Fault::NotOnePath);
        };
        let is_pattern = key == "path_pattern";
        if let Some(lookalike) = Lookalike::find(path, is_pattern, self.literal) {
            return Err(Fault::Lookalike(lookalike));
        }
        let normal = NormalPath::parse(path).map_err(Fault::Path)?;
        let extent = if key == "path_exact" { Extent::Exact } else { Extent::Below };
        let pattern = PathPattern::new(&normal, is_pattern, extent);
        if is_pattern && !pattern.has_any() {
            return Err(Fault::NoPlaceholder { path: path.to_owned() });
        }
        if pattern.depth() > MAX_SEGMENTS {
            return Err(Fault::TooDeep { most: MAX_SEGMENTS });
        }
        Ok(pattern)
    }
}

impl Decided<'static> {
    fn without_rule(requirement: Requirement<'static>) -> Self {
        Self { place: None, rule: None, requirement }
    }
}
