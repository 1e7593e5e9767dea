//! The keys for the selected engine and algorithms. The module for each says where they come from.

#[cfg(all(feature = "provisioned", feature = "eddsa"))]
mod eddsa;
#[cfg(all(feature = "provisioned", feature = "es512"))]
mod es512;
#[cfg(all(feature = "provisioned", any(feature = "es256", feature = "es384")))]
pub mod provisioned;
#[cfg(all(feature = "provisioned", any(feature = "rs256", feature = "ps256")))]
mod rsa;
#[cfg(feature = "rustcrypto")]
mod rustcrypto;
#[cfg(feature = "without-table")]
mod without_table;

#[cfg(all(feature = "provisioned", feature = "eddsa"))]
pub use eddsa::{Keys, keys};
#[cfg(all(feature = "provisioned", feature = "es512"))]
pub use es512::{Keys, keys};
#[cfg(all(feature = "provisioned", any(feature = "es256", feature = "es384")))]
pub use provisioned::{Keys, keys};
#[cfg(all(feature = "provisioned", any(feature = "rs256", feature = "ps256")))]
pub use rsa::{Keys, keys};
#[cfg(feature = "rustcrypto")]
pub use rustcrypto::{Keys, keys};
#[cfg(feature = "without-table")]
pub use without_table::{Keys, keys};
