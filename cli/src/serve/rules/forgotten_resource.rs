//! A rule within another rule's resource that takes tokens for any resource.

use super::error::Fault;
use super::{Access, PathRules, TokenRule};

/// The first rule that decides about paths of another rule's resource, but would take tokens for others, too: it
/// forgot to name its own. `places` are in order of precedence.
pub(super) fn find(places: &[PathRules]) -> Option<(usize, Fault)> {
    places.iter().enumerate().find_map(|(index, place)| {
        let forgetful = place.rules.iter().find(|rule| match &rule.access {
            Access::Token(rule) => rule.demand.audiences().is_empty(),
            Access::Public | Access::Denied => false,
        })?;
        let after =
            places.get(index..)?.iter().filter(|other| place.pattern.overlaps(&other.pattern));
        let (number, resource) = after.flat_map(|other| &other.rules).find_map(|rule| {
            let Access::Token(TokenRule { resource: Some(resource), .. }) = &rule.access else {
                return None;
            };
            Some((rule.number, resource.identifier().to_owned()))
        })?;
        Some((forgetful.number, Fault::NoResource { number, resource }))
    })
}
