//! What a call of a tool needs, on the path of an MCP server (Model Context Protocol, revision 2026-07-28).
//!
//! The headers Mcp-Method and Mcp-Name repeat what the body says, and the server must refuse a request whose
//! headers and body differ. So a gate may go by the headers, but only if the operator says that this server
//! does so.

mod header;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use http::HeaderMap;
use tollgate::duration::HumanDuration;
use tollgate::gate::{Demand, DemandBuilder};
use tollgate::{one_or_many, required_claims};
use tollgate_core::policy;

use super::RawRule;
use super::error::Fault;
use super::table::one_of;
use super::token_rule::seconds;
pub(crate) use header::McpFault;
use header::{METHOD, NAME, VERSION};

/// A revision in which servers compare the headers with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum Revision {
    #[serde(rename = "2026-07-28")]
    R20260728,
}

impl Revision {
    /// As in MCP-Protocol-Version.
    const fn name(self) -> &'static str {
        match self {
            Self::R20260728 => "2026-07-28",
        }
    }
}

/// A `[[rule.tool]]` table, as in the file: what calls of these tools need *besides* what the rule asks.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTool {
    #[serde(deserialize_with = "one_of")]
    name: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many::deserialize")]
    scope: Vec<String>,
    #[serde(default, deserialize_with = "required_claims::deserialize")]
    required_claims: Vec<policy::Requirement<String>>,
    max_age: Option<HumanDuration>,
    #[serde(default, deserialize_with = "one_of")]
    acr: Vec<String>,
}

/// The tools of a server, and what their calls need.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    revision: Revision,
    by_name: BTreeMap<String, Demand>,
}

impl Tools {
    /// Checks the tables. `base` is what the rule asks of every request.
    pub(super) fn new(
        revision: Revision,
        base: &DemandBuilder,
        rule: &RawRule,
    ) -> Result<Self, Fault> {
        let mut by_name = BTreeMap::new();
        for table in &rule.tool {
            if !table.acr.is_empty() && !rule.acr.is_empty() {
                return Err(Fault::AcrTwice);
            }
            let mut demand = base
                .clone()
                .scopes(&table.scope)
                .required_claims(table.required_claims.iter().cloned());
            // Both must hold.
            if let Some(max_age) =
                table.max_age.into_iter().chain(rule.max_age).map(|age| age.0).min()
            {
                demand = demand.max_age(seconds(max_age)?);
            }
            demand = table.acr.iter().fold(demand, |demand, acr| demand.acr_value(acr));
            let demand = demand.build()?;
            for name in &table.name {
                if by_name.insert(name.clone(), demand.clone()).is_some() {
                    return Err(Fault::ToolTwice(name.clone()));
                }
            }
        }
        Ok(Self { revision, by_name })
    }

    /// What the request needs beyond the rule, or `None` if it calls no tool that is listed.
    ///
    /// # Errors
    ///
    /// The headers do not say clearly what the body asks for.
    pub(super) fn demand(
        &self,
        method: &str,
        headers: &HeaderMap,
    ) -> Result<Option<&Demand>, McpFault> {
        if header::only(headers, VERSION)?.as_deref() != Some(self.revision.name()) {
            return Err(McpFault::Version);
        }
        // Messages come by POST. A server may take a method in lower case for it, or any method that it does not know.
        if matches!(method, "GET" | "HEAD" | "DELETE" | "OPTIONS") {
            return Ok(None);
        }
        match header::only(headers, METHOD)?.as_deref() {
            Some("tools/call") => {}
            Some(_) => return Ok(None),
            None => return Err(McpFault::NoMethod),
        }
        let name = header::only(headers, NAME)?.ok_or(McpFault::NoName)?;
        Ok(self.by_name.get(&*name))
    }

    /// What calls of each tool need.
    pub(super) fn by_name(&self) -> impl Iterator<Item = (&str, &Demand)> {
        self.by_name.iter().map(|(name, demand)| (name.as_str(), demand))
    }
}
