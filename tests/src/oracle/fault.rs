//! What is wrong with a token.

use std::collections::BTreeSet;

/// All that is wrong at one stage, in words such as `claim-missing exp`.
pub type Faults = BTreeSet<String>;

/// A set of one fault.
pub(super) fn fault(words: impl Into<String>) -> Faults {
    Faults::from([words.into()])
}

/// Succeeds if there are no faults.
pub(super) fn none(faults: Faults) -> Result<(), Faults> {
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
