//! Which credentials a rule accepts: the keys `credentials` and `cross_site`.

use serde::Deserialize;
use tollgate::gate::Demand;

use super::RawRule;
use super::error::Fault;

/// What `[sign_in]` says, as far as rules depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignInFacts<'c> {
    /// The provider; `None` if a connector says it.
    pub(crate) issuer: Option<&'c str>,
    /// The resource whose access tokens say what scopes a session has.
    pub(crate) resource: Option<&'c str>,
}

/// One kind of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Credential {
    Bearer,
    Session,
}

/// Whether other sites may make a browser send requests with its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CrossSite {
    #[default]
    Refuse,
    Allow,
}

/// Which credentials a rule accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) bearer: bool,
    pub(crate) session: bool,
    /// Other sites may make a browser send requests with its session.
    pub(crate) cross_site: bool,
}

impl Credentials {
    /// Those of requests that no rule decides.
    pub(crate) const ALL: Self = Self { bearer: true, session: true, cross_site: false };

    /// Reads the keys of a rule.
    ///
    /// # Errors
    ///
    /// The keys are about sessions, but there is no `[sign_in]`; or no session can meet what the rule demands.
    pub(super) fn new(
        table: &RawRule,
        demand: &Demand,
        sign_in: Option<SignInFacts<'_>>,
    ) -> Result<Self, Fault> {
        let named = |kind| table.credentials.contains(&kind);
        let cross_site = table.cross_site == Some(CrossSite::Allow);
        let credentials = match table.credentials.is_empty() {
            true => Self { cross_site, ..Self::ALL },
            false => Self {
                bearer: named(Credential::Bearer),
                session: named(Credential::Session),
                cross_site,
            },
        };
        let Some(sign_in) = sign_in else {
            return match named(Credential::Session) || table.cross_site.is_some() {
                true => Err(Fault::SessionWithoutSignIn),
                false => Ok(credentials),
            };
        };
        match credentials.session {
            true => check_demand(table, demand, sign_in).map(|()| credentials),
            false if table.cross_site.is_some() => Err(Fault::CrossSiteWithoutSession),
            false => Ok(credentials),
        }
    }
}

/// Refuses what no session can meet, so that no page is closed to everybody by accident.
fn check_demand(table: &RawRule, demand: &Demand, sign_in: SignInFacts<'_>) -> Result<(), Fault> {
    let unmeetable = |key| Err(Fault::UnmeetableBySession(key));
    if table.mcp.is_some() {
        return unmeetable("mcp");
    }
    if demand.max_age().is_some() {
        return unmeetable("max_age");
    }
    if !demand.acr_values().is_empty() {
        return unmeetable("acr");
    }
    let audiences = demand.audiences();
    if !audiences.is_empty() && !audiences.iter().any(|it| Some(&**it) == sign_in.resource) {
        return unmeetable(if table.audience.is_empty() { "resource" } else { "audience" });
    }
    let needs_scope = !demand.scopes().is_empty() || !demand.any_scope().is_empty();
    if needs_scope && sign_in.resource.is_none() {
        return Err(Fault::ScopeOfSession);
    }
    match sign_in.issuer {
        Some(issuer) if !table.issuer.is_empty() && !table.issuer.iter().any(|it| it == issuer) => {
            unmeetable("issuer")
        }
        _ => Ok(()),
    }
}
