//! The provisioned engines: every size of table, and none at all.

mod blob;
mod differential;
mod engines;
mod exceptional;
mod tables;
mod wycheproof;
