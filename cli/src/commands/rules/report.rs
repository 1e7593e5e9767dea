//! What `tollgate rules` prints, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tollgate::gate::Demand;
use tollgate_core::policy;

use crate::serve::{
    Access, Credentials, Decided, Decision, Fallback, Forbidden, OriginalRequestError, PathRules,
    Requirement, Rule, Rules,
};
use crate::style::{BAD, GOOD, NOTE, RESET};

/// All rules in the order of precedence.
#[derive(Serialize)]
pub(super) struct List<'a> {
    rules: Vec<Listed<'a>>,
    default: Fallback,
}

/// One rule.
#[derive(Serialize)]
struct Listed<'a> {
    /// Its place in the file, from 1.
    rule: usize,
    #[serde(flatten)]
    paths: Paths,
    methods: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allow_in_path: Vec<&'static str>,
    #[serde(flatten)]
    asks: Asks<'a>,
    /// The rules that decide in its place, if it never does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreachable_by: Vec<usize>,
}

/// The path of a rule, under the key that it has in the configuration.
#[derive(Serialize)]
enum Paths {
    #[serde(rename = "path")]
    Below(String),
    #[serde(rename = "path_exact")]
    Exact(String),
    #[serde(rename = "path_pattern")]
    Pattern(String),
}

/// What a rule asks of a request.
#[derive(Serialize)]
#[serde(tag = "asks", rename_all = "snake_case")]
enum Asks<'a> {
    Nothing,
    Token {
        #[serde(flatten)]
        demand: Demanded<'a>,
        /// What is accepted, if not both.
        #[serde(skip_serializing_if = "Option::is_none")]
        credentials: Option<&'static str>,
        /// What calls of the tools of an MCP server need, in all.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        tools: BTreeMap<&'a str, Demanded<'a>>,
    },
    Refuses,
}

/// What a token needs, under the keys of the configuration.
#[derive(Serialize)]
struct Demanded<'a> {
    scope: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    any_scope: &'a [String],
    /// The claims that requirements read.
    required_claims: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    issuer: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    audience: &'a [String],
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    acr: &'a [String],
}

/// The answer about one request.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    #[serde(flatten)]
    verdict: Verdict,
    /// The rule that decides. Absent if no rule does.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<Listed<'a>>,
    /// The path whose rules do not list the method of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Paths>,
}

/// What becomes of a request.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It passes.
    Pass,
    /// It passes with a token that has what the rule asks for.
    NeedsToken,
    /// It is refused.
    Refuse {
        reason: &'static str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        explanation: Option<String>,
    },
}

impl<'a> List<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        let mut listed: Vec<_> = rules
            .places()
            .flat_map(|place| place.rules().iter().map(|rule| Listed::new(place, rule)))
            .collect();
        for (place, by) in rules.unreachable() {
            let numbers = |place: &PathRules| {
                place.rules().iter().map(|rule| rule.number).collect::<Vec<_>>()
            };
            let hidden = numbers(place);
            for rule in listed.iter_mut().filter(|rule| hidden.contains(&rule.rule)) {
                rule.unreachable_by = by.iter().flat_map(|place| numbers(place)).collect();
            }
        }
        Self { rules: listed, default: rules.fallback() }
    }
}

impl<'a> Listed<'a> {
    fn new(place: &PathRules, rule: &'a Rule) -> Self {
        Self {
            rule: rule.number,
            paths: Paths::new(place),
            methods: &rule.methods,
            allow_in_path: rule.allowed().map(|construct| construct.as_str()).collect(),
            asks: Asks::new(rule),
            unreachable_by: Vec::new(),
        }
    }
}

impl Paths {
    fn new(place: &PathRules) -> Self {
        let path = place.pattern.path();
        match place.pattern.key() {
            "path_exact" => Self::Exact(path),
            "path_pattern" => Self::Pattern(path),
            _ => Self::Below(path),
        }
    }
}

impl<'a> Asks<'a> {
    fn new(rule: &'a Rule) -> Self {
        match rule.access() {
            Access::Public => Self::Nothing,
            Access::Denied => Self::Refuses,
            Access::Token(rule) => {
                let tools = rule.tools().map(|(name, demand)| (name, Demanded::new(demand)));
                Self::Token {
                    demand: Demanded::new(&rule.demand),
                    credentials: match rule.credentials {
                        Credentials { session: false, .. } => Some("bearer"),
                        Credentials { bearer: false, .. } => Some("session"),
                        _ => None,
                    },
                    tools: tools.collect(),
                }
            }
        }
    }
}

impl<'a> Demanded<'a> {
    fn new(demand: &'a Demand) -> Self {
        let claims = demand.required_claims().iter().filter_map(policy::Requirement::path);
        Self {
            scope: demand.scopes(),
            any_scope: demand.any_scope(),
            required_claims: claims.map(|path| path.value().as_str()).collect(),
            issuer: demand.issuers(),
            audience: demand.audiences(),
            max_age: demand.max_age(),
            acr: demand.acr_values(),
        }
    }
}

impl<'a> Answer<'a> {
    pub(super) fn new(decided: Decided<'a>, verdict: Verdict) -> Self {
        let listed = |(place, rule)| Listed::new(place, rule);
        let decided_by = decided.place.zip(decided.rule).map(listed);
        let decided_at = decided.place.filter(|_| decided.rule.is_none()).map(Paths::new);
        Self { verdict, decided_by, decided_at }
    }

    /// The answer about a request that cannot be read.
    pub(super) fn malformed(error: &OriginalRequestError) -> Self {
        let decision = Decision::Forbidden(Forbidden::OriginalRequest(*error));
        Self { verdict: Verdict::refused(&decision), decided_by: None, decided_at: None }
    }

    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.verdict, Verdict::Refuse { .. })
    }
}

impl Verdict {
    /// The verdict on a request whose token is not judged.
    pub(super) fn without_token(requirement: Requirement<'_>) -> Self {
        match Forbidden::by(requirement) {
            Some(forbidden) => Self::refused(&Decision::Forbidden(forbidden)),
            None if matches!(requirement, Requirement::Token(_)) => Self::NeedsToken,
            None => Self::Pass,
        }
    }

    /// The verdict on a request that the server refuses like this.
    pub(super) fn refused(decision: &Decision) -> Self {
        let (message, explanation) = match decision {
            Decision::Denied(denied, explanation) => {
                (denied.to_string(), explanation.as_ref().map(ToString::to_string))
            }
            decision => (decision.explanation().unwrap_or_default(), None),
        };
        Self::Refuse { reason: decision.reason(), message, explanation }
    }
}

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            writeln!(f, "{rule}")?;
        }
        let default = match self.default {
            Fallback::Token => "any valid token",
            Fallback::Deny => "refused (default = \"deny\")",
        };
        writeln!(f, "all other paths: {default}")?;
        for rule in self.rules.iter().filter(|rule| !rule.unreachable_by.is_empty()) {
            let by: Vec<_> = rule.unreachable_by.iter().map(ToString::to_string).collect();
            let (number, by) = (rule.rule, by.join(", "));
            writeln!(
                f,
                "{NOTE}warning:{RESET} rule {number} never decides: rules {by} decide about all of its paths"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}: {}", self.rule, self.paths)?;
        if !self.methods.is_empty() {
            write!(f, ", methods = {:?}", self.methods)?;
        }
        if !self.allow_in_path.is_empty() {
            write!(f, ", allow_in_path = {:?}", self.allow_in_path)?;
        }
        write!(f, ": {}", self.asks)
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(path) => write!(f, "path = {path:?}"),
            Self::Exact(path) => write!(f, "path_exact = {path:?}"),
            Self::Pattern(path) => write!(f, "path_pattern = {path:?}"),
        }
    }
}

impl fmt::Display for Asks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("public"),
            Self::Refuses => f.write_str("refused"),
            Self::Token { demand, credentials, tools } => {
                let what = match credentials {
                    Some("session") => "a session",
                    _ => "a valid token",
                };
                write!(f, "{what}{demand}")?;
                tools.iter().try_for_each(|(name, demand)| {
                    write!(f, "\n    tool {name:?}: a valid token{demand}")
                })
            }
        }
    }
}

/// What follows "a token".
impl fmt::Display for Demanded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, any_scope, required_claims, issuer, audience, max_age, acr } = self;
        let mut before = " with";
        let mut list = |name: &str, values: String| {
            if values.is_empty() {
                return Ok(());
            }
            write!(f, "{before} {name} {values}")?;
            before = ",";
            Ok(())
        };
        list("scope", scope.join(" "))?;
        list("one of the scopes", any_scope.join(" "))?;
        list("required claims", required_claims.join(", "))?;
        list("issuer", issuer.join(" or "))?;
        list("audience", audience.join(" or "))?;
        list("a sign-in within", max_age.map(|secs| format!("{secs} s")).unwrap_or_default())?;
        list("acr", acr.join(" or "))
    }
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Pass => writeln!(f, "{GOOD}PASSES{RESET}")?,
            Verdict::NeedsToken => writeln!(f, "{NOTE}NEEDS A TOKEN{RESET}")?,
            Verdict::Refuse { reason, message, explanation } => {
                writeln!(f, "{BAD}REFUSED{RESET} ({reason}): {message}")?;
                if let Some(explanation) = explanation {
                    writeln!(f, "  {explanation}")?;
                }
            }
        }
        match (&self.decided_by, &self.decided_at) {
            (Some(rule), _) => writeln!(f, "  {rule}"),
            (None, Some(path)) => writeln!(f, "  {path}"),
            (None, None) => writeln!(f, "  no rule decides"),
        }
    }
}
