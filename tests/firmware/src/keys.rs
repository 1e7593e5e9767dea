//! The keys for the selected engine.

#[cfg(feature = "provisioned")]
pub mod provisioned;
#[cfg(feature = "reference")]
mod reference;
#[cfg(feature = "untabled")]
mod untabled;

#[cfg(feature = "provisioned")]
pub use provisioned::{Keys, keys};
#[cfg(feature = "reference")]
pub use reference::{Keys, keys};
#[cfg(feature = "untabled")]
pub use untabled::{Keys, keys};
