//! Asks Tollgate and its peers the corpus of rules, and reports who keeps which.
//!
//! - [`rule`] is a rule of the corpus, and what a verifier needs in order to be asked about it.
//! - [`verifiers`] are Tollgate and its peers, each behind a short adapter.
//! - [`answers`] puts the question to all of them, and judges what they say.
//! - [`report`] is the result as Markdown.

pub mod answers;
pub mod report;
pub mod rule;
pub mod verifiers;
