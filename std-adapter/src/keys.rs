//! Engines for servers: they own their memory, and engines of all kinds fit into one key set.

mod aligned_bytes;

use tollgate_core::provisioned::{
    Comb, CombSize, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey, PublicKey, UntabledKey,
    table_bytes,
};
use tollgate_core::{Algorithm, EcPublicKey, SignatureVerifier, UnusableKey};

use aligned_bytes::AlignedBytes;

/// An engine on the heap, which threads can share. It has one key and verifies signatures with it.
///
/// A key set of these can mix the engines of this module with your own:
///
/// ```
/// use tollgate::keys::{self, BoxedVerifier};
/// use tollgate::tollgate_core::{KeySet, KeySetError};
///
/// fn keys(jwks: &[u8]) -> Result<KeySet<BoxedVerifier<'static>, 8>, KeySetError> {
///     KeySet::from_jwks_with(jwks, keys::with_table)
/// }
/// # assert!(keys(br#"{"keys":[]}"#).is_ok());
/// ```
pub type BoxedVerifier<'a> = Box<dyn SignatureVerifier + Send + Sync + 'a>;

/// The size of a server's tables: 64 KiB for a P-256 key, 96 KiB for a P-384 key.
pub type ServerTable = Comb<10, 2>;

/// Makes an engine with a [`ServerTable`], for keys that verify many tokens. This takes a few
/// milliseconds.
///
/// # Errors
///
/// The point is not on its curve.
pub fn with_table(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
    match key.algorithm() {
        Algorithm::Es256 => with_table_of::<P256, ServerTable>(key),
        Algorithm::Es384 => with_table_of::<P384, ServerTable>(key),
    }
}

/// Makes an engine without a table, for keys that verify a few tokens. It is ready at once, but
/// verifies more slowly.
///
/// # Errors
///
/// The point is not on its curve.
pub fn without_table(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
    Ok(match key.algorithm() {
        Algorithm::Es256 => Box::new(UntabledKey::<P256>::try_from(key)?),
        Algorithm::Es384 => Box::new(UntabledKey::<P384>::try_from(key)?),
    })
}

/// Makes an engine with a table of any size.
pub(crate) fn with_table_of<C, S>(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey>
where
    C: JoseCurve + GeneratorTable<ServerTable> + Send + Sync,
    S: CombSize + Send + Sync,
{
    let point = PublicKey::<C>::try_from(key)?;
    let memory = AlignedBytes::zeroed(table_bytes::<C, S>());
    let key = ProvisionedKey::<C, S, _, ServerTable>::build_in(&point, memory);
    Ok(Box::new(key.map_err(|_| UnusableKey::NotOnCurve)?))
}
