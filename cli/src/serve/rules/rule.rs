//! A rule, and the rules of one path.

use http::HeaderMap;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, HeaderName, ORIGIN};

use super::access::Access;
use super::error::Fault;
use super::path_pattern::PathPattern;
use super::{Decided, RawRule, Requirement, Surroundings};
use crate::serve::original_request::is_method;
use crate::serve::path::Construct;

/// The rules of one path, for different methods.
#[derive(Clone, Debug)]
pub(crate) struct PathRules {
    pub(crate) pattern: PathPattern,
    pub(super) passes_preflight: bool,
    pub(super) rules: Vec<Rule>,
}

/// A `[[rule]]` table, checked.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its place in the file, from 1.
    pub(crate) number: usize,
    /// Empty for every method. Then the rule is the only one of its path.
    pub(crate) methods: Vec<String>,
    /// What a path may contain although servers read it in different ways.
    pub(super) allowed: Vec<Construct>,
    pub(super) access: Access,
}

impl PathRules {
    /// The place of a first rule.
    pub(super) fn new(pattern: PathPattern, passes_preflight: bool, rule: Rule) -> Self {
        Self { pattern, passes_preflight, rules: vec![rule] }
    }

    /// Adds a rule for other methods.
    pub(super) fn add(&mut self, pattern: &PathPattern, rule: Rule) -> Result<(), Fault> {
        for other in &self.rules {
            let number = other.number;
            if self.pattern != *pattern {
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

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Decides about a request whose path belongs here.
    pub(super) fn decide(&self, method: &str, headers: &HeaderMap) -> Decided<'_> {
        let place = Some(self);
        if self.passes_preflight && is_preflight(method, headers) {
            return Decided { place, rule: None, requirement: Requirement::Preflight };
        }
        match self.rule(method) {
            Some(rule) => {
                let requirement = rule.requirement(method, headers);
                Decided { place, rule: Some(rule), requirement }
            }
            None => Decided { place, rule: None, requirement: Requirement::MethodNotListed },
        }
    }

    /// The rule for a method. GET and HEAD have the same semantics but for the content (RFC 9110 §9.3.2).
    pub(super) fn rule(&self, method: &str) -> Option<&Rule> {
        let listed = |method| self.rules.iter().find(|rule| rule.applies_to(method));
        listed(method).or_else(|| listed((method == "HEAD").then_some("GET")?))
    }
}

impl Rule {
    pub(super) fn new(
        number: usize,
        table: &RawRule,
        surroundings: Surroundings<'_>,
    ) -> Result<Self, Fault> {
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
        if !table.allow_in_path.is_empty() && table.path_exact.is_some() {
            return Err(Fault::NothingBelow);
        }
        let construct = |text: &String| {
            Construct::from_text(text).ok_or_else(|| Fault::Construct(text.clone()))
        };
        let allowed = table.allow_in_path.iter().map(construct).collect::<Result<_, _>>()?;
        Ok(Self { number, methods, allowed, access: Access::new(table, surroundings)? })
    }

    fn applies_to(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|listed| listed == method)
    }

    /// What the rule allows in a path.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = Construct> {
        self.allowed.iter().copied()
    }

    /// Whether the rule allows all of this in a path.
    pub(super) fn allows(&self, constructs: &[Construct]) -> bool {
        constructs.iter().all(|construct| self.allowed.contains(construct))
    }

    /// What the rule requires of the requests that it decides.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// What a request requires that this rule decides. `headers` are those of the check.
    fn requirement(&self, method: &str, headers: &HeaderMap) -> Requirement<'_> {
        match &self.access {
            Access::Public => Requirement::Public,
            Access::Denied => Requirement::DeniedByRule,
            Access::Token(rule) => rule.requirement(method, headers),
        }
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
