//! Engines for servers: they own their memory, and engines of all kinds fit into one key set.

mod aligned_bytes;

use std::collections::HashSet;
use std::sync::Arc;

use tollgate_core::engines::ecdsa::{
    Comb, CombSize, EcPublicKey, GeneratorTable, JoseCurve, P256, P384, P521, ProvisionedKey,
    PublicKey, UntabledKey, table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey, UntabledEd25519Key};
use tollgate_core::engines::rsa::RsaKey;
use tollgate_core::{
    Algorithm, Jwk, Key, KeySetError, KeyType, KeyUse, SignatureVerifier, UnusableKey,
};

pub(crate) use aligned_bytes::AlignedBytes;

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

/// An engine that several key sets can share. [`TableMemory`](crate::table_memory::TableMemory) makes them.
pub type SharedVerifier = Arc<dyn SignatureVerifier + Send + Sync>;

/// The size of the tables of [`with_table`]: 64 KiB for a P-256 key, 96 KiB for a P-384 or Ed25519 key,
/// 144 KiB for a P-521 key.
pub type FixedTable = Comb<10, 2>;

/// The keys of a JWK set, in its order.
///
/// ```
/// use tollgate::keys::{self, FirstKeys};
/// use tollgate::tollgate_core::{KeySetError, KeyUse, UnusableKey};
///
/// # const KEYS: &str = r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"},
/// #     {"kty":"EC","kid":"Qfe4O-82kyN6Zv1M5Wed3mtWdC_UKrNfZE28DzpnORQ","crv":"P-256",
/// #     "x":"7fdiiNw1HUrEv99_PrYz4EKpdtI87Gm-08OXMHPKaQk",
/// #     "y":"YqkcWqMDMH4GLFY_G31N1S_pjr1NASMBpcnTdBWDceA"}]}"#;
/// let mut left_out = Vec::new();
/// let report = |index, reason| left_out.push((index, reason));
/// let make = keys::without_table;
/// let first = FirstKeys::read(KEYS.as_bytes(), KeyUse::Signature, 8, make, report)?;
/// assert_eq!((first.keys.len(), first.surplus), (1, 0));
/// // The set also has a secret for HMACs.
/// assert_eq!(left_out, [(0, UnusableKey::KeyType)]);
/// # Ok::<(), KeySetError>(())
/// ```
#[derive(Debug)]
pub struct FirstKeys<V> {
    /// The first usable keys, each once under its id.
    pub keys: Vec<Key<V>>,
    /// The number of further keys.
    pub surplus: usize,
}

impl<V> FirstKeys<V> {
    /// Reads the first `limit` usable keys of a JWK set. They are on the heap, since they may be too many for
    /// a [`KeySet`](tollgate_core::KeySet) on the stack. A key that is repeated under its id is one key.
    ///
    /// `key_use` is what the keys must be meant for. `make` makes an engine for each key. For each key that cannot be
    /// used, `left_out` is called with its index in the set and the reason.
    ///
    /// # Errors
    ///
    /// The text is not a JWK set.
    pub fn read(
        jwks: &[u8],
        key_use: KeyUse,
        limit: usize,
        mut make: impl FnMut(&Jwk<'_>) -> Result<V, UnusableKey>,
        mut left_out: impl FnMut(usize, UnusableKey),
    ) -> Result<Self, KeySetError> {
        let mut first = Self { keys: Vec::new(), surplus: 0 };
        let mut read = HashSet::new();
        for (index, parsed) in Jwk::parse_set(jwks, key_use)?.enumerate() {
            let (id, jwk) = match parsed {
                Ok((_, jwk)) if read.contains(&identity(&jwk)) => continue,
                Ok(key) => key,
                Err(reason) => {
                    left_out(index, reason);
                    continue;
                }
            };
            match make(&jwk) {
                Ok(_) if first.keys.len() >= limit => {
                    first.surplus = first.surplus.saturating_add(1);
                }
                Ok(engine) => {
                    read.insert(identity(&jwk));
                    first.keys.push(Key::new(engine).with_id(id));
                }
                Err(reason) => left_out(index, reason),
            }
        }
        Ok(first)
    }
}

/// What makes a key the same as another one under its id: see [`Jwk::is_repeated_by`]. Sets find it in the same
/// time, however many keys there are.
pub(crate) type KeyIdentity = Vec<Option<String>>;

pub(crate) fn identity(jwk: &Jwk<'_>) -> KeyIdentity {
    let names = ["kty", "kid", "crv", "x", "y", "n", "e", "issuer"].into_iter();
    // Other types have one algorithm for each curve.
    let alg = (jwk.key_type() == KeyType::Rsa).then_some("alg");
    names.chain(alg).map(|name| jwk.text(name).map(|text| text.to_string())).collect()
}

/// Makes an engine with a [`FixedTable`], for keys that verify many tokens. This takes a few
/// milliseconds.
///
/// The size is the same for every key. [`TableMemory`](crate::table_memory::TableMemory) makes whole key
/// sets whose tables are as large as a budget allows, which verify faster.
///
/// # Errors
///
/// The key is invalid, or no algorithm here is for it.
pub fn with_table(jwk: &Jwk<'_>) -> Result<BoxedVerifier<'static>, UnusableKey> {
    match jwk.key_type() {
        KeyType::Ec => {
            let key = EcPublicKey::try_from(jwk)?;
            match key.algorithm() {
                Algorithm::Es256 => with_table_of::<P256, FixedTable>(&key),
                Algorithm::Es384 => with_table_of::<P384, FixedTable>(&key),
                Algorithm::Es512 => with_table_of::<P521, FixedTable>(&key),
                _ => Err(UnusableKey::NotForThisEngine),
            }
        }
        // It has no table.
        KeyType::Rsa => rsa(jwk),
        KeyType::Okp => ed25519_with_table_of::<FixedTable>(&Ed25519PublicKey::try_from(jwk)?),
    }
}

/// Makes an engine without a table, for keys that verify a few tokens. It is ready at once, but
/// verifies more slowly.
///
/// # Errors
///
/// The key is invalid, or no algorithm here is for it.
pub fn without_table(jwk: &Jwk<'_>) -> Result<BoxedVerifier<'static>, UnusableKey> {
    match jwk.key_type() {
        KeyType::Ec => ecdsa_without_table(&EcPublicKey::try_from(jwk)?),
        KeyType::Rsa => rsa(jwk),
        KeyType::Okp => Ok(Box::new(UntabledEd25519Key::<FixedTable>::try_from(jwk)?)),
    }
}

/// Makes an engine for RSA keys of every length and all their algorithms.
fn rsa(jwk: &Jwk<'_>) -> Result<BoxedVerifier<'static>, UnusableKey> {
    Ok(Box::new(RsaKey::<Box<[u8]>>::from_jwk_in(jwk, |len| vec![0; len].into())?))
}

/// Makes an ECDSA engine without a table.
///
/// # Errors
///
/// The point is not on its curve.
pub fn ecdsa_without_table(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
    Ok(match key.algorithm() {
        Algorithm::Es256 => Box::new(UntabledKey::<P256>::try_from(key)?),
        Algorithm::Es384 => Box::new(UntabledKey::<P384>::try_from(key)?),
        Algorithm::Es512 => Box::new(UntabledKey::<P521>::try_from(key)?),
        _ => return Err(UnusableKey::NotForThisEngine),
    })
}

/// Makes an engine with a table of any size.
pub(crate) fn with_table_of<C, S>(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey>
where
    C: JoseCurve + GeneratorTable<FixedTable> + Send + Sync,
    S: CombSize + Send + Sync,
{
    let point = PublicKey::<C>::try_from(key)?;
    let memory = AlignedBytes::zeroed(table_bytes::<C, S>());
    let key = ProvisionedKey::<C, S, _, FixedTable>::build_in(&point, memory);
    Ok(Box::new(key.map_err(|_| UnusableKey::NotOnCurve)?))
}

/// Makes an engine for EdDSA with a table of any size.
pub(crate) fn ed25519_with_table_of<S>(
    key: &Ed25519PublicKey,
) -> Result<BoxedVerifier<'static>, UnusableKey>
where
    S: CombSize + Send + Sync,
{
    let memory = AlignedBytes::zeroed(eddsa::table_bytes::<S>());
    let key = Ed25519Key::<S, _, FixedTable>::build_in(key, memory);
    Ok(Box::new(key.map_err(|_| UnusableKey::NotOnCurve)?))
}
