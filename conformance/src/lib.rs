//! Runs the corpus of rules against Tollgate and its peers, and reports who follows which.
//!
//! - [`rule`]: a rule of the corpus, and the features that a verifier needs for it.
//! - [`verifiers`]: Tollgate and its peers, each behind a short adapter.
//! - [`answers`]: collects and judges their answers.
//! - [`report`]: writes the results as Markdown.

pub mod answers;
pub mod report;
pub mod rule;
pub mod verifiers;
