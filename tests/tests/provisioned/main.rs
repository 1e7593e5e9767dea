//! The provisioned engines, with every size of table and without one.

mod blob;
mod blob_kinds;
mod engines;
mod exceptional;
mod rustcrypto;
mod tables;
mod wycheproof;
