//! Protected resource metadata, which tells clients about each resource (RFC 9728).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate::gate::{Gate, Issuer};

use super::resource::Resource;
use super::rules::TokenRule;

/// The resources behind the gate, and what their metadata says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    /// The resource that paths belong to unless their rule names another one.
    default: Option<Resource>,
    /// By the path of the metadata.
    descriptions: BTreeMap<String, Description>,
}

/// What is published about one resource.
#[derive(Clone, Debug)]
struct Description {
    resource: Resource,
    /// Every scope that a part of it may need.
    scopes: Vec<String>,
    /// The issuers of its tokens; `None` for all issuers of the gate.
    issuers: Option<Vec<String>>,
}

/// Two resources whose metadata would be at the same path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "resource: {one:?} and {other:?} have their metadata at the same path, {path:?}. Write the resource alike \
     wherever it is meant, or give each a path of its own"
)]
pub(crate) struct ResourceClash {
    one: String,
    other: String,
    path: String,
}

/// A metadata document (RFC 9728 §2).
#[derive(Serialize)]
pub(crate) struct Metadata<'a> {
    resource: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<&'a str>,
    bearer_methods_supported: &'a [&'a str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    scopes_supported: &'a [String],
}

impl Resources {
    /// Collects the resources, each with what its rules ask of tokens.
    pub(crate) fn new<'r>(
        default: Option<Resource>,
        rules: impl Iterator<Item = &'r TokenRule>,
        issuers: &[Issuer],
    ) -> Result<Self, ResourceClash> {
        let mut resources = Self { default: default.clone(), descriptions: BTreeMap::new() };
        // Every token needs these.
        let scopes: Vec<_> = issuers.iter().flat_map(|issuer| issuer.scope.clone()).collect();
        if let Some(default) = &default {
            // Paths without a rule belong to it, and take tokens of every issuer.
            resources.description_of(default, &scopes)?.issuers = None;
        }
        for rule in rules {
            let Some(resource) = rule.resource.as_ref().or(default.as_ref()) else { continue };
            resources.description_of(resource, &scopes)?.add(rule);
        }
        for Description { scopes, .. } in resources.descriptions.values_mut() {
            scopes.sort_unstable();
            scopes.dedup();
        }
        Ok(resources)
    }

    fn description_of(
        &mut self,
        resource: &Resource,
        scopes: &[String],
    ) -> Result<&mut Description, ResourceClash> {
        let path = resource.metadata_path();
        let new = || Description {
            resource: resource.clone(),
            scopes: scopes.to_vec(),
            issuers: Some(Vec::new()),
        };
        let found = self.descriptions.entry(path.to_owned()).or_insert_with(new);
        if found.resource == *resource {
            return Ok(found);
        }
        Err(ResourceClash {
            one: found.resource.identifier().to_owned(),
            other: resource.identifier().to_owned(),
            path: path.to_owned(),
        })
    }

    /// The URL of the metadata that challenges name, unless a rule names another resource.
    pub(crate) fn default_url(&self) -> Option<&str> {
        self.default.as_ref().map(Resource::metadata_url)
    }

    /// The metadata at a path.
    pub(crate) fn at<'a>(
        &'a self,
        path: &str,
        gate: &'a Gate,
        in_authorization_header: bool,
    ) -> Option<Metadata<'a>> {
        let issuers = gate.issuers().map(|status| status.issuer);
        Some(self.description_at(path)?.metadata(issuers, in_authorization_header))
    }

    /// At the root, there is also the only resource, since some clients look nowhere else.
    fn description_at(&self, path: &str) -> Option<&Description> {
        let only = || {
            let mut all = self.descriptions.values();
            all.next().filter(|_| Resource::is_metadata_root(path) && all.next().is_none())
        };
        self.descriptions.get(path).or_else(only)
    }
}

impl Description {
    fn add(&mut self, rule: &TokenRule) {
        for demand in rule.demands() {
            self.scopes.extend(demand.scopes().iter().chain(demand.any_scope()).cloned());
        }
        match (&mut self.issuers, rule.demand.issuers()) {
            (issuers, []) => *issuers = None,
            (Some(issuers), named) => issuers.extend(named.iter().cloned()),
            (None, _) => {}
        }
    }

    /// The metadata of a resource behind a gate with these issuers. Tokens in cookies and in other headers than
    /// Authorization are not among the methods of RFC 6750 §2.
    fn metadata<'a>(
        &'a self,
        of_gate: impl Iterator<Item = &'a str>,
        in_authorization_header: bool,
    ) -> Metadata<'a> {
        let mut servers = Vec::new();
        let mut add = |issuer: &'a str| {
            // An issuer whose keys are named may have any name, and may be a template for many, but clients can
            // only use URLs (RFC 8414 §2).
            let is_url = (issuer.starts_with("https://") || issuer.starts_with("http://"))
                && !issuer.contains('{');
            if is_url && !servers.contains(&issuer) {
                servers.push(issuer);
            }
        };
        match &self.issuers {
            Some(named) => named.iter().map(String::as_str).for_each(&mut add),
            None => of_gate.for_each(&mut add),
        }
        Metadata {
            resource: self.resource.identifier(),
            authorization_servers: servers,
            bearer_methods_supported: if in_authorization_header { &["header"] } else { &[] },
            scopes_supported: &self.scopes,
        }
    }
}
