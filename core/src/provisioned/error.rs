//! What can be wrong with a key or its table.

use core::error::Error;
use core::fmt;

/// The coordinates are not those of a point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPublicKey;

/// The table has the wrong length, or is not the table of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTable;

impl fmt::Display for InvalidPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the coordinates are not those of a point of the curve")
    }
}

impl fmt::Display for InvalidTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the table is not that of the key")
    }
}

impl Error for InvalidPublicKey {}
impl Error for InvalidTable {}
