//! The rules as data: what goes in, and the exact verdict that must come out.
//!
//! Each has the rule for its name. [`to_json_lines`] prints them in the format that
//! `tollgate check` reads.

mod authorization;
mod case;
mod claims;
mod compact;
mod date;
mod eddsa;
mod header;
mod json;
mod jwk;
mod key_set;
mod limits;
mod request;
mod requirement;
mod rsa;
mod rule;
mod run;
mod scope;
mod signature;
mod standing;
mod typ;

pub use case::{Case, Input, Jwks, OneOrMany, Options, Outcome, Word};
pub use run::run_with;
pub use standing::Standing;

/// Where the rules are kept.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/rules.jsonl");

/// All rules.
pub fn rules() -> Vec<Case> {
    [
        authorization::rules(),
        compact::rules(),
        header::rules(),
        typ::rules(),
        key_set::rules(),
        jwk::rules(),
        signature::rules(),
        rsa::rules(),
        eddsa::rules(),
        json::rules(),
        claims::rules(),
        date::rules(),
        scope::rules(),
        requirement::rules(),
        limits::rules(),
    ]
    .concat()
}

/// All rules, one JSON object a line.
pub fn to_json_lines() -> String {
    let mut cases = rules();
    for case in &mut cases {
        // Whatever order `serde_json` keeps: a crate in the build may have chosen another one.
        if let Jwks::Value(jwks) = &mut case.keys {
            jwks.sort_all_objects();
        }
        case.options.required_claims.iter_mut().for_each(serde_json::Value::sort_all_objects);
    }
    cases.iter().map(|case| serde_json::to_string(case).unwrap() + "\n").collect()
}

/// The rules as they are kept.
pub fn kept() -> Vec<Case> {
    let text = std::fs::read_to_string(PATH).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
