//! What a result says: its name, and the HTTP status to answer with.

use tollgate_core::Rejection;

use crate::result::Outcome;
use crate::text::Str;

/// The names of the results that are not reasons of the core.
const NAMES: &[(Outcome, &str)] = &[
    (Outcome::Ok, "ok"),
    (Outcome::Rejected, "rejected"),
    (Outcome::KeySetWithoutKeys, "key-set-without-keys"),
    (Outcome::KeySetTooLarge, "key-set-too-large"),
    (Outcome::BlobUnknown, "blob-unknown"),
    (Outcome::BlobVersion, "blob-version"),
    (Outcome::BlobLength, "blob-length"),
    (Outcome::BlobDamaged, "blob-damaged"),
    (Outcome::BlobMalformed, "blob-malformed"),
    (Outcome::BlobForeignTable, "blob-foreign-table"),
    (Outcome::BlobUnsupported, "blob-unsupported"),
    (Outcome::BlobRsaKey, "blob-rsa-key"),
    (Outcome::PolicyVersion, "policy-version"),
    (Outcome::PolicyEmpty, "policy-empty"),
    (Outcome::PolicyScope, "policy-scope"),
    (Outcome::PolicyTooLarge, "policy-too-large"),
    (Outcome::PolicyOption, "policy-option"),
    (Outcome::PolicyLeeway, "policy-leeway"),
    (Outcome::PolicyRequirement, "policy-requirement"),
    (Outcome::PolicyScopeClaim, "policy-scope-claim"),
    (Outcome::ClaimAbsent, "claim-absent"),
    (Outcome::ClaimOtherType, "claim-other-type"),
    (Outcome::ClaimContainsNul, "claim-contains-nul"),
    (Outcome::BufferTooSmall, "buffer-too-small"),
    (Outcome::ArgumentNull, "argument-null"),
    (Outcome::ArgumentMisaligned, "argument-misaligned"),
    (Outcome::ArgumentLength, "argument-length"),
    (Outcome::ArgumentOverlap, "argument-overlap"),
    (Outcome::ArgumentNotUtf8, "argument-not-utf8"),
    (Outcome::ArgumentTime, "argument-time"),
    (Outcome::ArgumentUnset, "argument-unset"),
    (Outcome::NotAccepted, "not-accepted"),
    (Outcome::NotRejected, "not-rejected"),
    (Outcome::ScratchReused, "scratch-reused"),
];

/// Returns the stable name of a result in kebab case, such as `expired`. A refused token has the core's
/// reason. A number that is not a result has an empty name.
///
/// - `result`: what a function returned.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_reason(result: u32) -> Str {
    let own = NAMES.iter().find(|(outcome, _)| outcome.value() == result).map(|(_, name)| *name);
    let of_core = || Rejection::reasons().find(|reason| u32::from(reason.number) == result);
    Str::of(own.or_else(|| Some(of_core()?.name)).unwrap_or_default())
}

/// Returns the HTTP status to answer with: 200 for success, 401 or 403 for a refused token, 500 for
/// everything else.
///
/// - `result`: what `tollgate_verify` returned.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_http_status(result: u32) -> u16 {
    const OK: u32 = Outcome::Ok.value();
    const INSUFFICIENT_SCOPE: u32 = Outcome::InsufficientScope.value();
    const REQUIREMENT_UNMET: u32 = Outcome::RequirementUnmet.value();
    const REJECTED: u32 = Outcome::Rejected.value();
    match result {
        OK => 200,
        INSUFFICIENT_SCOPE | REQUIREMENT_UNMET => 403,
        other if other <= REJECTED => 401,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tollgate_core::Rejection;

    use super::*;
    use crate::result::Code;

    /// The results that C knows: the values by their names, as in `expired`.
    fn header() -> BTreeMap<String, u32> {
        let header = include_str!("../include/tollgate.h");
        let results = header.lines().filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("TOLLGATE_RESULT_")?.split_once(" = ")?;
            let name = name.to_lowercase().replace('_', "-");
            Some((name, value.trim_end_matches(',').parse().unwrap()))
        });
        results.collect()
    }

    #[test]
    fn results_in_the_header_are_the_reasons_of_the_core_and_those_of_calls() {
        let of_core = Rejection::reasons().map(|reason| (reason.name.to_owned(), reason.number));
        let own = NAMES.iter().map(|(outcome, name)| ((*name).to_owned(), outcome.value()));
        let mut declared: Vec<_> =
            of_core.map(|(name, number)| (name, number.into())).chain(own).collect();
        declared.sort();
        assert_eq!(header().into_iter().collect::<Vec<_>>(), declared);
    }

    #[test]
    fn every_value_has_the_name_that_the_header_gives_it() {
        let header = header();
        for value in 0..300 {
            let name = tollgate_reason(value);
            // SAFETY: it is of static storage duration.
            let name = unsafe { name.text() }.unwrap();
            assert_eq!(header.get(name).copied(), (!name.is_empty()).then_some(value), "{name}");
        }
    }

    #[test]
    fn rejections_keep_the_status_of_the_core() {
        for rejection in [
            Rejection::AuthorizationMissing,
            Rejection::TokenMalformed { offset: 0 },
            Rejection::SignatureInvalid,
            Rejection::InsufficientScope,
        ] {
            let code = Code::from(rejection);
            assert!((1..200).contains(&code.0));
            assert_eq!(tollgate_http_status(code.0), rejection.http_status());
        }
    }
}
