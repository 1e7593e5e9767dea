//! What a rule requires of the requests that it decides.

use super::error::Fault;
use super::{RawRule, Surroundings, TokenRule};

/// What a rule requires of a request.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    Public,
    Denied,
    Token(TokenRule),
}

impl Access {
    pub(super) fn new(table: &RawRule, surroundings: Surroundings<'_>) -> Result<Self, Fault> {
        let token = TokenRule::new(table, surroundings)?;
        match (table.public, table.deny) {
            (true, true) => Err(Fault::PublicAndDenied),
            (true, false) if token.asks_nothing() => Ok(Self::Public),
            (true, false) => Err(Fault::PublicWithDemand),
            (false, true) if token.asks_nothing() && !table.cors_preflight => Ok(Self::Denied),
            (false, true) => Err(Fault::DeniedWithMore),
            (false, false) => Ok(Self::Token(token)),
        }
    }
}
