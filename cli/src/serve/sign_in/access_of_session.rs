//! Whether a session meets what a rule demands.

use tollgate::gate::Demand;
use tollgate::sign_in::Session;

/// Returns whether a session meets a demand. `resource` is the one whose access token says what scopes it has.
///
/// The configuration refuses demands that no session can meet. Here, they are not met.
pub(super) fn meets(session: &Session, demand: &Demand, resource: Option<&str>) -> bool {
    if demand.is_nothing() {
        return true;
    }
    let is_from_issuer =
        demand.issuers().is_empty() || demand.issuers().iter().any(|it| it == session.issuer());
    let is_for_audience = demand.audiences().is_empty()
        || demand.audiences().iter().any(|audience| Some(&**audience) == resource);
    let granted = session.scope().unwrap_or_default();
    let grants = |scope: &String| granted.split(' ').any(|word| word == scope);
    let any = demand.any_scope();
    is_from_issuer
        && is_for_audience
        && demand.max_age().is_none()
        && demand.acr_values().is_empty()
        && demand.scopes().iter().all(grants)
        && (any.is_empty() || any.iter().any(grants))
        && session.meets(demand.required_claims())
}
