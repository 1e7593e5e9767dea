//! The error of keys.

use core::error::Error;
use core::fmt;

/// The error for coordinates that are not those of a point on the curve.
///
/// ```
/// use tollgate_core::engines::ecdsa::{InvalidPublicKey, P256, PublicKey};
///
/// let error = PublicKey::<P256>::from_coordinates(&[1; 32], &[1; 32]).unwrap_err();
/// assert_eq!(error, InvalidPublicKey);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPublicKey;

impl fmt::Display for InvalidPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the coordinates are not those of a point on the curve")
    }
}

impl Error for InvalidPublicKey {}
