//! What several fuzz targets share.

mod mutate;
pub mod signed;

pub use mutate::mutate;
