//! Rules that never decide, because others decide about each of their paths.

use super::path_pattern::PathPattern;
use super::{PathRules, Rules};

impl Rules {
    /// The places whose rules never decide, each with the two that decide instead.
    ///
    /// Literal segments never cover a path and what lies below: there is always another segment. So this takes two
    /// rules: one for the path itself, and one with `{}` for all that lies below.
    pub(crate) fn unreachable(&self) -> impl Iterator<Item = (&PathRules, [&PathRules; 2])> {
        self.places.iter().filter_map(|place| {
            let itself = self.place(&place.pattern.itself())?;
            let below = self.place(&place.pattern.all_below())?;
            (itself.pattern != place.pattern).then_some((place, [itself, below]))
        })
    }

    /// The place of exactly these paths.
    fn place(&self, pattern: &PathPattern) -> Option<&PathRules> {
        let found =
            self.places.binary_search_by(|place| place.pattern.steps().cmp(pattern.steps()));
        self.places.get(found.ok()?)
    }
}
