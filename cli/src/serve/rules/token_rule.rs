//! What a rule asks of a token: the half of a `[[rule]]` table that is not about the request.

#[cfg(test)]
mod tests;

use std::time::Duration;

use http::HeaderMap;
use tollgate::gate::{Demand, DemandError, Issuer};
use tollgate::issuer_url::Plaintext;

use super::error::Fault;
use super::mcp::Tools;
use super::{Credentials, RawRule, Requirement, SignInFacts};
use crate::serve::resource::Resource;

/// What the rest of the configuration says, which rules refer to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'c> {
    pub(crate) issuers: &'c [Issuer],
    pub(crate) plaintext: Plaintext,
    /// Without sign-in, there are no sessions.
    pub(crate) sign_in: Option<SignInFacts<'c>>,
}

/// What a rule asks of a token, and whether a session will do instead.
#[derive(Clone, Debug)]
pub(crate) struct TokenRule {
    pub(crate) demand: Demand,
    /// The resource that the rule belongs to, if it is not that of the whole API.
    pub(crate) resource: Option<Resource>,
    pub(crate) credentials: Credentials,
    /// What calls of tools need, if this is an MCP server that compares headers and body.
    tools: Option<Tools>,
}

impl TokenRule {
    pub(super) fn new(table: &RawRule, surroundings: Surroundings<'_>) -> Result<Self, Fault> {
        let mut demand = Demand::builder()
            .scopes(&table.scope)
            .any_scope(&table.any_scope)
            .required_claims(table.required_claims.iter().cloned());
        demand = table.issuer.iter().fold(demand, |demand, name| demand.issuer(name));
        demand = table.acr.iter().fold(demand, |demand, acr| demand.acr_value(acr));
        if let Some(max_age) = table.max_age {
            demand = demand.max_age(seconds(max_age.0)?);
        }
        let resource = table.resource.clone();
        let resource =
            resource.map(|url| Resource::new(url, surroundings.plaintext)).transpose()?;
        if let Some(resource) = &resource {
            demand = demand.resource_metadata(resource.metadata_url());
        }
        // Clients ask for tokens for the resource, which becomes their audience (RFC 8707 §2).
        let of_resource = resource.as_ref().map(Resource::identifier);
        let audiences = match table.audience.as_slice() {
            [] => of_resource.into_iter().collect(),
            named => named.iter().map(String::as_str).collect::<Vec<_>>(),
        };
        demand = audiences.into_iter().fold(demand, |demand, audience| demand.audience(audience));
        let tools = match table.mcp {
            Some(revision) => Some(Tools::new(revision, &demand, table)?),
            None if table.tool.is_empty() => None,
            None => return Err(Fault::ToolWithoutMcp),
        };
        let demand = demand.build()?;
        match demand.check_issuers(surroundings.issuers) {
            Err(DemandError::UnknownAudience(url)) if table.audience.is_empty() => {
                return Err(Fault::ResourceAudience(url));
            }
            checked => checked?,
        }
        let credentials = Credentials::new(table, &demand, surroundings.sign_in)?;
        Ok(Self { demand, resource, credentials, tools })
    }

    /// Whether any token will do.
    pub(super) fn asks_nothing(&self) -> bool {
        self.demand.is_nothing() && self.tools.is_none() && self.credentials == Credentials::ALL
    }

    #[cfg(test)]
    pub(crate) fn of(demand: Demand, resource: Option<Resource>) -> Self {
        Self { demand, resource, credentials: Credentials::ALL, tools: None }
    }

    /// What a request asks of its token. `headers` are those of the check.
    pub(super) fn requirement(&self, method: &str, headers: &HeaderMap) -> Requirement<'_> {
        match self.tools.as_ref().map(|tools| tools.demand(method, headers)) {
            Some(Err(fault)) => Requirement::Mcp(fault),
            Some(Ok(Some(demand))) => Requirement::Token(demand),
            Some(Ok(None)) | None => Requirement::Token(&self.demand),
        }
    }

    /// The tools that need more than the rule, each with all that its calls need.
    pub(crate) fn tools(&self) -> impl Iterator<Item = (&str, &Demand)> {
        self.tools.iter().flat_map(Tools::by_name)
    }

    /// Everything that requests may need, each demand by itself.
    pub(crate) fn demands(&self) -> impl Iterator<Item = &Demand> {
        std::iter::once(&self.demand).chain(self.tools().map(|(_, demand)| demand))
    }
}

/// A maximum age, in whole seconds.
pub(super) fn seconds(age: Duration) -> Result<u32, Fault> {
    u32::try_from(age.as_secs()).map_err(|_| Fault::MaxAge)
}
