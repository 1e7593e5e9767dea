//! Whether a standard requires a rule, or leaves the choice.
//!
//! A peer breaks a rule only if a MUST or a grammar of a standard settles it. If in doubt, a rule is
//! listed here as open.

use super::case::Case;

/// What a rule rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A standard requires it.
    Required,
    /// A standard leaves the choice, or recommends only; this says where.
    Open(&'static str),
    /// A decision of Tollgate's; this says which.
    Own(&'static str),
}

impl Standing {
    /// What the case rests on.
    pub fn of(case: &Case) -> Self {
        let found = EXCEPTIONS.iter().find(|exception| exception.covers(case));
        found.map_or(Self::Required, |exception| exception.standing)
    }
}

/// Rules that no standard requires.
struct Exception {
    /// References, one of which must match; if empty, any matches.
    references: &'static [&'static str],
    /// Patterns for ids: a start (`…*`), an end (`*…`) or a part (`*…*`); if empty, any matches.
    ids: &'static [&'static str],
    standing: Standing,
}

impl Exception {
    fn covers(&self, case: &Case) -> bool {
        let by_reference = |reference: &&str| case.reference == **reference;
        (self.references.is_empty() || self.references.iter().any(by_reference))
            && (self.ids.is_empty() || self.ids.iter().any(|pattern| matches(pattern, &case.id)))
    }
}

fn matches(pattern: &str, id: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => id.contains(rest.trim_end_matches('*')),
        (Some(end), None) => id.ends_with(end),
        (None, Some(start)) => id.starts_with(start),
        (None, None) => id == pattern,
    }
}

const fn open(
    references: &'static [&'static str],
    ids: &'static [&'static str],
    why: &'static str,
) -> Exception {
    Exception { references, ids, standing: Standing::Open(why) }
}

const fn own(
    references: &'static [&'static str],
    ids: &'static [&'static str],
    why: &'static str,
) -> Exception {
    Exception { references, ids, standing: Standing::Own(why) }
}

/// The first that covers a rule counts.
const EXCEPTIONS: &[Exception] = &[
    // Limits and decisions of Tollgate's.
    own(
        &["core/src/limits.rs, RFC 8259 §9"],
        &[],
        "limits of length, depth and number: each implementation has its own",
    ),
    own(
        &[
            "core/src/policy/requirement.rs",
            "core/src/policy/requirement.rs, RFC 6901 §4",
            "core/src/policy/requirement.rs, RFC 8259 §6",
        ],
        &[],
        "what is required of claims: no standard says how a verifier is told",
    ),
    own(
        &["core/src/scopes.rs"],
        &[],
        "scopes in a list or in another claim than `scope`: RFC 8693 §4.2 defines one text",
    ),
    own(
        &[],
        &["key_ops_of_1*", "kid_in_the_set_that_is_too_long_is_not_usable", "key_with_too_many*"],
        "limits of length, depth and number: each implementation has its own",
    ),
    own(
        &[],
        &["*_is_out_of_range", "*_of_two_to_the_53_is_judged", "iat_of_minus_two_to_the_53*"],
        "times are judged from −2^53 to 2^53 seconds, and refused beyond; RFC 7519 has no range, and \
         RFC 8259 §6 lets implementations set one",
    ),
    own(
        &[],
        &[
            "exp_in_the_running_second_is_expired",
            "exp_with_a_fraction_of_a_thousand_digits_is_expired",
            "exp_with_an_exponent_and_a_fraction_left_is_rounded_down",
            "nbf_with_a_fraction_ahead_is_rounded_up",
            "nbf_with_a_fraction_of_a_thousand_digits_is_rounded_up",
            "iat_with_a_fraction_ahead_is_rounded_up",
        ],
        "`exp` is rounded down to a second, `nbf` and `iat` up; RFC 7519 does not say how to compare \
         fractions with a clock of whole seconds",
    ),
    own(
        &[],
        &["iat_one_second_ahead_is_rejected", "iat_beyond_the_leeway_is_rejected"],
        "a token that was issued in the future is refused; RFC 7519 §4.1.6 does not ask for it",
    ),
    own(
        &["RFC 7800 §3.1", "RFC 8705 §3.1"],
        &[],
        "a token bound to a key (`cnf`) is refused as a bearer token, unless the policy opts in",
    ),
    own(
        &["RFC 6750 §3.1"],
        &["bound_token*"],
        "a token bound to a key (`cnf`) is refused as a bearer token, unless the policy opts in",
    ),
    own(&["RFC 7518 §6.2.2", "RFC 7518 §6.3.2"], &[], "a private key is not used for verifying"),
    own(&["RFC 8037 §2"], &["ed25519_private_key*"], "a private key is not used for verifying"),
    own(
        &["FIPS 186-5 §5.1"],
        &[],
        "exponents of RSA are odd, above 2^16 and below 2^32: FIPS 186-5 §5.1 has the first bound, and the \
         second limits the time of a verification",
    ),
    own(
        &["RFC 7518 §3.3"],
        &["rsa_key_of_4097*", "rsa_key_of_8192*", "rsa_key_of_16384*"],
        "limits of length, depth and number: each implementation has its own",
    ),
    own(
        &["CVE-2017-15361"],
        &[],
        "RSA keys with the fingerprint of ROCA can be factored, and are refused",
    ),
    own(
        &["RFC 7518 §2"],
        &["rsa_modulus_with_a_zero_before_it*"],
        "one zero octet before a modulus is tolerated, as libraries with signed integers write it",
    ),
    own(
        &["RFC 8725 §3.1"],
        &["*rsa_key_without_alg*", "two_rsa_keys_of_one_kid_without_alg*"],
        "an RSA key without `alg` is for RS256, and for another algorithm only if that one is listed; RFC 8017 \
         §6 recommends one scheme for a key, and no standard says which",
    ),
    own(
        &["RFC 8032 §8.8"],
        &[],
        "keys of Ed25519 that are not of the prime order are refused; RFC 8032 lets them be accepted",
    ),
    own(
        &["RFC 8725 §3.6"],
        &[],
        "`zip` is refused; RFC 7515 does not define it, and lets unknown members be ignored",
    ),
    own(
        &[],
        &[
            "empty_list_of_algorithms_allows_none",
            "empty_list_of_expected_audiences_accepts_none",
            "empty_list_of_types_accepts_none",
            "any_issuer_is_accepted_from_anyone",
            "missing_issuer_is_accepted_from_anyone",
            "any_audience_is_accepted_by_anyone",
            "missing_audience_is_accepted_by_anyone",
            "empty_list_of_audiences_is_accepted_by_anyone",
            "issuer_of_the_wrong_type_is_never_taken_as_absent",
            "audience_of_the_wrong_type_is_never_taken_as_absent",
            "required_claim_that_is_null_is_rejected",
        ],
        "the meaning of options that are empty or not set, and of required claims that are null",
    ),
    own(
        &[],
        &["exp_at_the_leeway_is_expired", "leeway_of_a_thousand_seconds_ends"],
        "which second is the last one of the leeway; RFC 7519 §4.1.4 lets implementers decide",
    ),
    // What standards leave open.
    open(
        &["RFC 7519 §4.1.4", "RFC 7519 §4.1.5", "RFC 7519 §4.1.6"],
        &["*_the_leeway_is_accepted"],
        "leeway: implementers MAY provide for some (RFC 7519 §4.1.4)",
    ),
    open(
        &["RFC 7519 §2"],
        &["clock_before_1970*", "iat_that_is_negative*", "number_of_41_characters*"],
        "times before 1970, and more digits than a float holds: RFC 7519 §2 and RFC 8259 §6 allow \
         them, and let implementations set limits",
    ),
    open(
        &["RFC 7519 §4.1.6"],
        &["iat_long_ago_is_accepted"],
        "times before 1970, and more digits than a float holds: RFC 7519 §2 and RFC 8259 §6 allow \
         them, and let implementations set limits",
    ),
    open(
        &["RFC 7519 §2"],
        &["iat_that_is_*"],
        "types of claims that the verifier was not asked to judge",
    ),
    open(
        &[
            "RFC 7519 §4.1.2",
            "RFC 7519 §4.1.7",
            "RFC 8693 §4.2",
            "RFC 8693 §4.3",
            "OIDC Core §2",
            "OIDC Core §3.1.3.6",
        ],
        &[],
        "types of claims that the verifier was not asked to judge",
    ),
    open(
        &[],
        &[
            "stray_bits_in_the_*",
            "*x_with_stray_bits_is_not_usable",
            "rsa_modulus_with_stray_bits*",
        ],
        "bits that base64url leaves over: decoders MAY refuse them (RFC 4648 §3.5)",
    ),
    open(
        &[],
        &["header_with_a_byte_order_mark*", "payload_with_a_byte_order_mark*", "set_with_a_byte*"],
        "a byte order mark before JSON: parsers MAY ignore it (RFC 8259 §8.1)",
    ),
    open(
        &["RFC 7518 §3.1", "RFC 9864 §2.2"],
        &[],
        "algorithms and names of algorithms that implementations need not have",
    ),
    open(
        &["RFC 8032 §5.1.7"],
        &["ed25519_r_with_a_point_of_small_order*"],
        "the equation of Ed25519 with or without the cofactor: RFC 8032 §5.1.7 allows both",
    ),
    open(
        &["RFC 8725 §3.7"],
        &["*surrogate*"],
        "escaped surrogates without their other half: the grammar allows them, and what becomes of \
         them is unpredictable (RFC 8259 §8.2)",
    ),
    open(
        &[],
        &["*_with_number_beyond_every_float_is_accepted"],
        "numbers that no float can hold: implementations may set limits (RFC 8259 §6)",
    ),
    open(
        &[],
        &["second_*", "key_with_a_name_twice*", "set_with_keys_twice*"],
        "the same name twice: a parser may refuse it or take the last one (RFC 7515 §4, RFC 7517 §4, \
         RFC 7519 §4)",
    ),
    open(
        &["RFC 7515 §4.1.11"],
        &[
            "crit_empty_array*",
            "crit_that_names_a_registered*",
            "crit_that_is_null*",
            "crit_that_is_a_string*",
            "crit_that_is_an_object*",
            "crit_that_is_a_boolean*",
            "crit_that_is_an_array*",
        ],
        "a `crit` that is malformed: recipients MAY refuse it (RFC 7515 §4.1.11)",
    ),
    open(
        &["RFC 7797 §3", "RFC 7797 §7"],
        &["b64_false_outside*", "b64_true_*", "b64_written*", "b64_that_is*", "b64_in_crit*"],
        "`b64` outside of `crit`, or true: implementations without RFC 7797 ignore it",
    ),
    open(
        &["RFC 7516 §4.1.2"],
        &[],
        "`enc` in a token of three parts: a JWE by one of the tests of RFC 7516 §9, a JWS by another",
    ),
    open(
        &["RFC 7515 §4.1.9"],
        &["any_typ*", "missing_typ*", "typ_that_is_*"],
        "`typ` where none is expected: its use is the application's (RFC 7515 §4.1.9)",
    ),
    open(
        &["RFC 7515 §4.1.10", "RFC 7519 §5.2"],
        &["cty_*", "nested_token_with_cty_jwt_in*", "nested_token_with_cty_application*"],
        "`cty` other than `JWT` in this spelling: its use is the application's (RFC 7515 §4.1.10)",
    ),
    open(
        &["RFC 8725 §3.10"],
        &[],
        "`jwk`, `jku`, `x5c` and the like in the header: not to be trusted, but whether to ignore or \
         refuse them is open (RFC 8725 §3.10)",
    ),
    open(
        &["RFC 7515 §4.1.4"],
        &[],
        "`kid`: a hint (RFC 7515 §4.1.4), and no standard says how to choose a key by it",
    ),
    open(
        &["RFC 7517 §5"],
        &["*_is_ignored", "*_ambiguous", "set_of_unusable*"],
        "keys that cannot be used: implementations SHOULD ignore them, not the set (RFC 7517 §5)",
    ),
    open(
        &["RFC 7517 §4.2", "RFC 7517 §4.3", "RFC 7517 §4.4", "RFC 7517 §4.5", "RFC 7517 §4.7"],
        &[],
        "`use`, `key_ops`, `alg`, `kid` and `x5c` of a key: they say what it is intended for, and are \
         optional (RFC 7517 §4.2 to §4.7)",
    ),
    open(
        &["RFC 7517 §4"],
        &[
            "unknown_members_of_a_key_are_ignored",
            "rsa_key_with_the_members_of_other*",
            "rsa_members_of_an_ed25519*",
            "y_of_an_ed25519*",
        ],
        "members of other types of keys: RFC 7517 §4 lets unknown ones be ignored, and these are known",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    #[test]
    fn every_exception_covers_a_rule() {
        let rules = corpus::kept();
        for (index, exception) in EXCEPTIONS.iter().enumerate() {
            let is_first =
                |case: &Case| EXCEPTIONS.iter().position(|other| other.covers(case)) == Some(index);
            let Exception { references, ids, .. } = exception;
            assert!(rules.iter().any(is_first), "{references:?} {ids:?}");
            for id in *ids {
                let covered = |case: &Case| exception.covers(case) && matches(id, &case.id);
                assert!(rules.iter().any(covered), "{id}");
            }
            for reference in *references {
                let covered = |case: &Case| exception.covers(case) && case.reference == *reference;
                assert!(rules.iter().any(covered), "{reference}");
            }
        }
    }

    #[test]
    fn standing_is_by_reference_and_by_name() {
        let rules = corpus::kept();
        let standing = |id: &str| Standing::of(rules.iter().find(|case| case.id == id).unwrap());
        for id in [
            "alg_none_is_rejected",
            "crit_that_is_not_understood_is_rejected",
            "exp_now_is_expired",
            "exp_that_is_null_is_rejected",
            "payload_with_surrogate_pair_is_accepted",
            "x_cut_short_is_not_usable",
        ] {
            assert_eq!(standing(id), Standing::Required, "{id}");
        }
        for id in ["second_alg_is_rejected", "crit_empty_array_is_rejected", "empty_key_is_ignored"]
        {
            assert!(matches!(standing(id), Standing::Open(_)), "{id}");
        }
        for id in ["token_above_16_kib_is_rejected", "private_key_is_refused"] {
            assert!(matches!(standing(id), Standing::Own(_)), "{id}");
        }
    }
}
