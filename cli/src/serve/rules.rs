//! What requests require, by path and method: the `[[rule]]` tables, checked.
//!
//! | file | content |
//! |---|---|
//! | `table` | a table as it is in the file |
//! | `foreign_pattern` | paths that look like patterns of other programs |
//! | `path_pattern` | the paths of a rule, and their order |
//! | `rule` | a rule, and the rules of one path |
//! | `access` | what a rule requires: nothing, a token, or that the request is refused |
//! | `token_rule` | what it asks of a token |
//! | `credentials` | whether it accepts tokens, sessions or both |
//! | `mcp` | what it asks of calls of tools |
//! | `unreachable`, `forgotten_resource` | what is wrong with rules only beside others |
//! | `error` | what is wrong with a table |

mod access;
mod credentials;
mod error;
mod foreign_pattern;
mod forgotten_resource;
mod mcp;
mod path_pattern;
mod rule;
mod table;
#[cfg(test)]
mod tests;
mod token_rule;
mod unreachable;

use http::HeaderMap;
use tollgate::gate::Demand;

use super::original_request::OriginalRequest;
use super::path::{BadPath, NormalPath, Readings, RequestPath};
pub(crate) use access::Access;
pub(crate) use credentials::{Credentials, SignInFacts};
use error::Fault;
pub(crate) use error::RuleError;
pub(crate) use mcp::McpFault;
use path_pattern::Step;
pub(crate) use rule::{PathRules, Rule};
pub(crate) use table::RawRule;
pub(crate) use token_rule::{Surroundings, TokenRule};

/// The maximum number of rules. A list that people can review is far shorter.
const MAX_RULES: usize = 1024;

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
    places: Vec<PathRules>,
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
    pub(crate) place: Option<&'r PathRules>,
    /// The rule of the place for the request's method. `None` for a preflight request.
    pub(crate) rule: Option<&'r Rule>,
    pub(crate) requirement: Requirement<'r>,
}

impl Decided<'_> {
    /// Which credentials the request may have.
    pub(crate) fn credentials(&self) -> Credentials {
        match self.rule.map(Rule::access) {
            Some(Access::Token(rule)) => rule.credentials,
            _ => Credentials::ALL,
        }
    }
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
        match forgotten_resource::find(&rules.places) {
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
        let steps = |place: &PathRules| place.pattern.steps().cmp(pattern.steps());
        match self.places.binary_search_by(steps) {
            Ok(index) => {
                if let Some(place) = self.places.get_mut(index) {
                    place.add(&pattern, rule)?;
                    place.passes_preflight |= table.cors_preflight;
                }
            }
            Err(index) => {
                self.places.insert(index, PathRules::new(pattern, table.cors_preflight, rule));
            }
        }
        Ok(())
    }

    /// The places in order of precedence, each with its rules.
    pub(crate) fn places(&self) -> impl Iterator<Item = &PathRules> {
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
    ) -> Result<Option<&PathRules>, Undecided> {
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
    places: &'p [PathRules],
    depth: usize,
    rest: Option<&str>,
    empty: EmptySegment,
) -> Option<&'p PathRules> {
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

impl Decided<'static> {
    fn without_rule(requirement: Requirement<'static>) -> Self {
        Self { place: None, rule: None, requirement }
    }
}
