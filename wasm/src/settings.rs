//! Settings by the names that configuration files give them.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use tollgate::gate::Issuer;
use tollgate::tollgate_core::policy::MissingExp;

/// Settings that configuration files have, too. Those that say where keys are have no meaning here.
const NAMES: [&str; 17] = [
    "algorithms",
    "any_audience",
    "any_typ",
    "audience",
    "audience_prefix",
    "clock_tolerance",
    "crit",
    "issuer",
    "leeway",
    "max_token_age",
    "proof_of_possession",
    "required_claims",
    "scope",
    "scope_claim",
    "subject",
    "typ",
    "typ_absent",
];

/// Settings of programs that have keys of their own.
const ANY_ISSUER: &str = "any_issuer";
const ALLOW_MISSING_EXP: &str = "allow_missing_exp";

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidSettings {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("there is no setting {0:?}: choose from {names}, {ANY_ISSUER}, {ALLOW_MISSING_EXP}", names = NAMES.join(", "))]
    Unknown(String),
    #[error("name the issuer, or set any_issuer to true")]
    NoIssuer,
    #[error("name the audience, or set any_audience to true")]
    NoAudience,
    #[error("{0} contradicts {1}: remove one of them")]
    Contradiction(&'static str, &'static str),
    #[error("typ_absent needs typ: name the kinds of token to accept beside those without one")]
    TypAbsentAlone,
}

/// Reads an object with settings.
pub(crate) fn read(json: &[u8]) -> Result<Issuer, InvalidSettings> {
    let mut settings: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json)?;
    let mut own = |name| match settings.remove(name) {
        Some(value) => serde_json::from_str(value.get()),
        None => Ok(false),
    };
    let (any_issuer, allow_missing_exp) = (own(ANY_ISSUER)?, own(ALLOW_MISSING_EXP)?);
    if let Some(unknown) = settings.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(InvalidSettings::Unknown(unknown.clone()));
    }
    let mut issuer: Issuer = serde_json::from_str(&serde_json::to_string(&settings)?)?;
    issuer.any_issuer = any_issuer;
    if allow_missing_exp {
        issuer.missing_exp = MissingExp::Accept;
    }
    check(issuer)
}

/// Refuses settings that say nothing about what to accept, or contradict each other.
fn check(issuer: Issuer) -> Result<Issuer, InvalidSettings> {
    let (has_audience, names_issuer) = (
        !issuer.audience.is_empty() || !issuer.audience_prefix.is_empty(),
        !issuer.issuer.is_empty(),
    );
    match issuer {
        _ if !names_issuer && !issuer.any_issuer => Err(InvalidSettings::NoIssuer),
        _ if names_issuer && issuer.any_issuer => {
            Err(InvalidSettings::Contradiction("issuer", ANY_ISSUER))
        }
        _ if !has_audience && !issuer.any_audience => Err(InvalidSettings::NoAudience),
        _ if has_audience && issuer.any_audience => {
            Err(InvalidSettings::Contradiction("audience", "any_audience"))
        }
        _ if issuer.any_typ && issuer.typ.is_some() => {
            Err(InvalidSettings::Contradiction("any_typ", "typ"))
        }
        _ if issuer.typ_absent && issuer.typ.is_none() => Err(InvalidSettings::TypAbsentAlone),
        issuer => Ok(issuer),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Settings that need a gate: where keys are, when they are fetched, and issuers with many names.
    const OF_A_GATE: [&str; 12] = [
        "bearer_token_file",
        "ca_file",
        "cooldown",
        "fetch_timeout",
        "jwks_file",
        "jwks_uri",
        "max_stale",
        "metadata_url",
        "refresh",
        "snapshot",
        "tenants",
        "trust_domain",
    ];

    fn refusal(json: &str) -> String {
        read(json.as_bytes()).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn each_setting_of_an_issuer_is_either_known_here_or_needs_a_gate() {
        let error = serde_json::from_str::<Issuer>(r#"{"none":1}"#).unwrap_err().to_string();
        let (_, expected) = error.split_once("expected one of ").unwrap();
        let mut expected: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
        let mut known = [&NAMES[..], &OF_A_GATE].concat();
        expected.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, expected);
    }

    #[test]
    fn types_have_each_setting() {
        let types = include_str!("../js/index.d.ts");
        let settings = types.split_once("export interface Settings {").unwrap().1;
        let settings = settings.split_once("\n}").unwrap().0;
        let mut typed: Vec<_> = settings
            .lines()
            .filter_map(|line| line.trim().split_once("?:").map(|(name, _)| name))
            .collect();
        let mut known = [&NAMES[..], &[ANY_ISSUER, ALLOW_MISSING_EXP]].concat();
        typed.sort_unstable();
        known.sort_unstable();
        assert_eq!(typed, known);
    }

    #[test]
    fn settings_that_need_a_gate_are_refused() {
        for name in OF_A_GATE {
            let json = format!(r#"{{"any_issuer":true,"any_audience":true,"{name}":"x"}}"#);
            assert!(refusal(&json).starts_with(&format!("there is no setting {name:?}")), "{name}");
        }
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        for (json, expected) in [
            ("{}", "name the issuer"),
            (r#"{"issuer":"a"}"#, "name the audience"),
            (r#"{"issuer":"a","any_issuer":true,"audience":"b"}"#, "issuer contradicts any_issuer"),
            (r#"{"issuer":"a","audience":"b","any_audience":true}"#, "audience contradicts"),
            (
                r#"{"issuer":"a","audience":"b","typ":"c","any_typ":true}"#,
                "any_typ contradicts typ",
            ),
            (r#"{"issuer":"a","audience":"b","typ_absent":true}"#, "typ_absent needs typ"),
        ] {
            assert!(refusal(json).starts_with(expected), "{json}: {}", refusal(json));
        }
    }

    #[test]
    fn tokens_need_exp_unless_the_settings_allow_otherwise() {
        let exp = |json: &str| read(json.as_bytes()).unwrap().missing_exp;
        assert_eq!(exp(r#"{"issuer":"a","audience":"b"}"#), MissingExp::Refuse);
        let allowed = r#"{"issuer":"a","audience":"b","allow_missing_exp":true}"#;
        assert_eq!(exp(allowed), MissingExp::Accept);
    }
}
