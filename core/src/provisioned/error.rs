//! The errors of keys and tables.

use core::error::Error;
use core::fmt;

/// The error for coordinates that are not those of a point on the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPublicKey;

/// The error for a table that has the wrong length or does not belong to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTable;

impl fmt::Display for InvalidPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the coordinates are not those of a point on the curve")
    }
}

impl fmt::Display for InvalidTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the table does not belong to the key")
    }
}

impl Error for InvalidPublicKey {}
impl Error for InvalidTable {}
