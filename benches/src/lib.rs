//! Measures Tollgate and its peers in one process.
//!
//! - [`fixtures`]: keys and tokens, the same in every run.
//! - [`ours`], [`provisioned`] and [`peers`]: everything that verifies them.
//! - [`workloads`]: what is compared with what.
//! - [`mod@measure`]: how it is measured.
//! - [`report`], [`published`], [`goals`] and [`chart`]: the results as text, as the table in
//!   the docs, as sentences and as a chart.

pub mod chart;
pub mod fixtures;
pub mod goals;
pub mod measure;
pub mod ours;
pub mod peers;
pub mod provisioned;
pub mod published;
pub mod report;
pub mod workloads;
