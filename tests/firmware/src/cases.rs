//! Tokens with the verdicts that they deserve.

/// A header's value, and the reason of its rejection, or `accepted`.
pub struct Case {
    pub name: &'static str,
    pub expected: &'static str,
    pub authorization: &'static [u8],
}

/// Written by `cargo run -p tollgate-tests --bin firmware_cases`.
#[allow(dead_code, reason = "a program has the cases of its algorithms only")]
pub mod generated {
    use super::Case;

    include!(concat!(env!("TOLLGATE_GENERATED"), "/cases.rs"));
}
