//! What several fuzz targets share.

pub mod model;
mod mutate;
pub mod signed;

pub use mutate::mutate;
