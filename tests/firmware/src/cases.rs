//! Test cases: tokens with their expected verdicts.

/// The value of a header, and the reason of its rejection or `accepted`.
pub struct Case {
    pub name: &'static str,
    pub expected: &'static str,
    pub authorization: &'static [u8],
}

/// Written by `cargo run -p tollgate-tests --bin firmware_cases`.
#[allow(dead_code, reason = "a program uses only the cases of its algorithms")]
#[allow(non_upper_case_globals, reason = "a list has the name of its algorithm")]
pub mod generated {
    use super::Case;

    include!(concat!(env!("TOLLGATE_GENERATED"), "/cases.rs"));
}
