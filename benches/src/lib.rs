//! What Tollgate costs, beside what its peers cost.
//!
//! Keys and tokens are in [`fixtures`], the same in every run; everything that can verify them is
//! in [`ours`], [`provisioned`] and [`peers`]. What is compared with what is said by [`workloads`],
//! how it is measured by [`mod@measure`], and what is told about it by [`report`], [`mod@findings`]
//! and [`chart`].

pub mod chart;
pub mod findings;
pub mod fixtures;
pub mod measure;
pub mod ours;
pub mod peers;
pub mod provisioned;
pub mod report;
pub mod workloads;
