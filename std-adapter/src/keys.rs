//! Engines for servers: on the heap, for keys of either curve.

use tollgate_core::provisioned::{P256, P384, UntabledKey};
use tollgate_core::{Algorithm, EcPublicKey, UnusableKey};

use crate::table_size::TableSize;
pub use crate::table_size::{BoxedVerifier, ServerTable};

/// Makes an engine with a table ([`ServerTable`]): for keys that verify many tokens.
///
/// ```
/// use tollgate::keys::{self, BoxedVerifier};
/// use tollgate_core::{KeySet, KeySetError};
///
/// fn read(jwks: &[u8]) -> Result<KeySet<BoxedVerifier<'static>, 8>, KeySetError> {
///     KeySet::from_jwks_with(jwks, keys::with_table)
/// }
/// ```
///
/// # Errors
///
/// The point is not on the curve.
pub fn with_table(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
    TableSize::SERVER.provision(key)
}

/// Makes an engine without a table: ready at once, for keys that verify a few tokens.
///
/// # Errors
///
/// The point is not on the curve.
pub fn without_table(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
    Ok(match key.algorithm() {
        Algorithm::Es256 => Box::new(UntabledKey::<P256>::try_from(key)?),
        Algorithm::Es384 => Box::new(UntabledKey::<P384>::try_from(key)?),
    })
}
