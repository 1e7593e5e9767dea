//! Which issuers a name stands for, as a [`Demand`](crate::gate::Demand) gives it.

use tollgate_core::Claims;

use super::Issuer;
use crate::issuer_template::IssuerTemplate;
use crate::trust_domain;

impl Issuer {
    /// Whether one of these names is the issuer of a token that these settings have accepted.
    pub(crate) fn is_one_of(&self, names: &[String], claims: &Claims<'_>) -> bool {
        if let Some(domain) = &self.trust_domain {
            // A workload can write any `iss`, so it says nothing.
            return names.iter().any(|name| trust_domain::is_id(name, domain));
        }
        let iss = claims.issuer();
        let is_iss = |name: &String| iss.is_some_and(|iss| iss == **name);
        let is_template = |name: &String| self.tenants.is_some() && self.issuer.contains(name);
        names.iter().any(|name| is_iss(name) || is_template(name))
    }

    /// Whether a token that these settings accept can have an issuer with this name.
    pub(crate) fn may_be(&self, name: &str) -> bool {
        if let Some(domain) = &self.trust_domain {
            return trust_domain::is_id(name, domain);
        }
        let is_tenant = |template: &String| {
            let template = IssuerTemplate::parse(template);
            let tenants = self.tenants.as_ref();
            template.zip(tenants).is_some_and(|(template, tenants)| template.fits(name, tenants))
        };
        self.issuer.iter().any(|issuer| issuer == name || is_tenant(issuer))
    }

    /// Whether these settings accept tokens for this audience.
    pub(crate) fn accepts_audience(&self, audience: &str) -> bool {
        let is_longer =
            |prefix: &String| audience.strip_prefix(&**prefix).is_some_and(|rest| !rest.is_empty());
        self.any_audience
            || self.audience.iter().any(|accepted| accepted == audience)
            || self.audience_prefix.iter().any(is_longer)
    }
}
