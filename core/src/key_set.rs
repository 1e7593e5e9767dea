//! A JWK set → [`KeySet`], and [`Candidate`] → [`SelectedKey`]: RFC 7517 §5.

use core::fmt;

use crate::engine::SignatureVerifier;
use crate::header::Candidate;
use crate::json::{Bounds, JsonError, Object, Strict, Text};
use crate::jwk::{self, EcPublicKey, UnusableKey};
use crate::key::Key;
use crate::limits::MAX_KEY_ID_LEN;
use crate::rejection::Rejection;

/// A bad key must not spoil the set, so what is inside of keys is checked one by one.
const BOUNDS: Bounds = Bounds { strict: Strict::Outermost, ..Bounds::WIDEST };

/// Up to `N` keys, sorted by their ids, so that the cost of choosing one hardly grows with them.
#[derive(Clone, Debug)]
pub struct KeySet<V, const N: usize> {
    keys: heapless::Vec<Key<V>, N>,
}

/// Why a text is no key set. Unusable keys in one are left out, and no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError {
    /// The text is not a JSON object.
    Json(JsonError),
    /// There is no array called `keys` (RFC 7517 §5.1).
    NoKeys,
    /// There are more usable keys than the set has room for.
    TooManyKeys {
        /// The room: the set's `N`.
        capacity: usize,
    },
}

impl KeySetError {
    /// A stable name, kebab-case.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Json(error) => error.kind.reason(),
            Self::NoKeys => "key-set-without-keys",
            Self::TooManyKeys { .. } => "key-set-too-large",
        }
    }
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "the key set {error}"),
            Self::NoKeys => f.write_str("the key set has no array called keys"),
            Self::TooManyKeys { capacity } => {
                write!(f, "the key set has more usable keys than there is room for: {capacity}")
            }
        }
    }
}

impl core::error::Error for KeySetError {}

impl<V, const N: usize> KeySet<V, N> {
    /// An empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: heapless::Vec::new() }
    }

    /// The keys, sorted by their ids; those without an id come first.
    #[must_use]
    pub fn keys(&self) -> &[Key<V>] {
        &self.keys
    }

    /// Adds all keys of another set, of another issuer for instance. If two issuers use the same id
    /// for keys of the same algorithm, tokens with that id are ambiguous: keep their sets apart.
    ///
    /// # Errors
    ///
    /// [`KeySetError::TooManyKeys`]; then some of the keys may have been added.
    pub fn extend<const M: usize>(&mut self, other: KeySet<V, M>) -> Result<(), KeySetError> {
        other.keys.into_iter().try_for_each(|key| self.insert(key))
    }

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// [`KeySetError::TooManyKeys`].
    pub fn insert(&mut self, key: Key<V>) -> Result<(), KeySetError> {
        let place = self.keys.partition_point(|other| other.id() <= key.id());
        self.keys.insert(place, key).map_err(|_| KeySetError::TooManyKeys { capacity: N })
    }

    /// Binds all keys to one issuer; see [`Key::with_issuer`].
    #[must_use]
    pub fn with_issuer(self, issuer: &'static str) -> Self {
        Self::of(self.keys.into_iter().map(|key| key.with_issuer(issuer)))
    }

    /// The same keys with the engines that `change` makes of their engines.
    ///
    /// Together with [`as_ref`](Self::as_ref) and [`extend`](Self::extend), it puts engines of several
    /// types into one set, without a heap:
    ///
    /// ```
    /// use tollgate_core::{KeySet, KeySetError, SignatureVerifier};
    ///
    /// fn both<'k, A: SignatureVerifier, B: SignatureVerifier>(
    ///     ours: &'k KeySet<A, 4>,
    ///     theirs: &'k KeySet<B, 4>,
    /// ) -> Result<KeySet<&'k dyn SignatureVerifier, 8>, KeySetError> {
    ///     let mut both = KeySet::new();
    ///     both.extend(ours.as_ref().map(|engine| engine as &dyn SignatureVerifier))?;
    ///     both.extend(theirs.as_ref().map(|engine| engine as &dyn SignatureVerifier))?;
    ///     Ok(both)
    /// }
    /// ```
    #[must_use]
    pub fn map<W>(self, mut change: impl FnMut(V) -> W) -> KeySet<W, N> {
        KeySet::of(self.keys.into_iter().map(|key| key.map(&mut change)))
    }

    /// The same keys with references to their engines, which stay in this set.
    #[must_use]
    pub fn as_ref(&self) -> KeySet<&V, N> {
        KeySet::of(self.keys.iter().map(Key::as_ref))
    }

    /// The keys of a set of the same capacity, in its order.
    fn of(sorted: impl Iterator<Item = Key<V>>) -> Self {
        let mut keys = heapless::Vec::new();
        for key in sorted {
            // There is room for each, since there was.
            let _ = keys.push(key);
        }
        Self { keys }
    }
}

impl<V, const N: usize> Default for KeySet<V, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V, const N: usize> KeySet<V, N> {
    /// Reads a JWK set into keys with engines of type `V`. Keys that cannot verify are left out
    /// (RFC 7517 §5); but a set that is nested too deeply is refused as a whole.
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// use tollgate_core::{KeySet, rustcrypto::RustCryptoKey};
    ///
    /// let jwks = br#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1",
    ///     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    ///     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
    /// let keys: KeySet<RustCryptoKey, 4> = KeySet::from_jwks(jwks).unwrap();
    /// assert_eq!(keys.keys().len(), 1);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The text is not a JWK set, or has more usable keys than `N`.
    pub fn from_jwks(text: &[u8]) -> Result<Self, KeySetError>
    where
        V: for<'a> TryFrom<&'a EcPublicKey, Error = UnusableKey>,
    {
        Self::from_jwks_with(text, |key| V::try_from(key))
    }

    /// Reads a JWK set as [`from_jwks`](Self::from_jwks) does, and calls `make` for the engine of
    /// each key. A key is left out if `make` returns an error.
    ///
    /// # Errors
    ///
    /// The text is not a JWK set, or has more usable keys than `N`.
    pub fn from_jwks_with(
        text: &[u8],
        make: impl FnMut(&EcPublicKey) -> Result<V, UnusableKey>,
    ) -> Result<Self, KeySetError> {
        Self::from_jwks_reporting(text, make, |_, _| ())
    }

    /// Reads a JWK set as [`from_jwks_with`](Self::from_jwks_with) does, and calls `left_out` for each
    /// key that is left out, with its place in the set (from 0) and the reason.
    ///
    /// # Errors
    ///
    /// The text is not a JWK set, or has more usable keys than `N`.
    pub fn from_jwks_reporting(
        text: &[u8],
        mut make: impl FnMut(&EcPublicKey) -> Result<V, UnusableKey>,
        mut left_out: impl FnMut(usize, UnusableKey),
    ) -> Result<Self, KeySetError> {
        let set = Object::parse(text, BOUNDS).map_err(KeySetError::Json)?;
        let elements = set.get("keys").and_then(|keys| keys.as_array());
        let elements = elements.ok_or(KeySetError::NoKeys)?.elements();
        let mut keys = heapless::Vec::new();
        for (index, element) in elements.enumerate() {
            let parsed =
                jwk::parse(element).and_then(|(id, public_key)| Ok((id, make(&public_key)?)));
            match parsed {
                Ok((id, verifier)) => {
                    let key = Key::new(verifier).with_id(id);
                    keys.push(key).map_err(|_| KeySetError::TooManyKeys { capacity: N })?;
                }
                Err(reason) => left_out(index, reason),
            }
        }
        keys.sort_unstable_by(|left, right| left.id().cmp(&right.id()));
        Ok(Self { keys })
    }
}

impl<V: SignatureVerifier, const N: usize> KeySet<V, N> {
    /// Chooses the one key that a token's header can mean.
    ///
    /// With a `kid`, the key of exactly that id; without one, the only key for the algorithm. The
    /// header's algorithm must be the key's own.
    ///
    /// # Errors
    ///
    /// [`NoUsableKey`](Rejection::NoUsableKey), [`UnknownKey`](Rejection::UnknownKey),
    /// [`AmbiguousKey`](Rejection::AmbiguousKey) or
    /// [`AlgorithmMismatch`](Rejection::AlgorithmMismatch).
    pub fn select<'k, 't, 'b>(
        &'k self,
        candidate: Candidate<'t, 'b>,
    ) -> Result<SelectedKey<'k, 't, 'b>, Rejection> {
        if self.keys.is_empty() {
            return Err(Rejection::NoUsableKey);
        }
        let named = match candidate.header.key_id() {
            Some(key_id) => self.named(key_id),
            None => &self.keys,
        };
        let algorithm = candidate.header.algorithm();
        let mut fitting = named.iter().filter(|key| key.algorithm() == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => {
                Ok(SelectedKey { verifier: key.verifier(), issuer: key.issuer(), candidate })
            }
            (Some(_), Some(_)) => Err(Rejection::AmbiguousKey),
            (None, _) => Err(match named.first() {
                Some(key) if candidate.header.key_id().is_some() => {
                    Rejection::AlgorithmMismatch { header: algorithm, key: key.algorithm() }
                }
                _ => Rejection::UnknownKey,
            }),
        }
    }

    /// The keys of this id; a key without an id is never one of them.
    ///
    /// Out of line, so that the engine does not find the id's memory on the stack.
    #[inline(never)]
    fn named(&self, key_id: Text<'_>) -> &[Key<V>] {
        let mut buffer = [0; MAX_KEY_ID_LEN];
        let Some(key_id) = key_id.unescaped(&mut buffer) else { return &[] };
        let key_id = key_id.as_bytes();
        let is_before = |key: &Key<V>| key.id().is_none_or(|id| id.as_bytes() < key_id);
        let is_named = |key: &Key<V>| key.id().is_some_and(|id| id.as_bytes() == key_id);
        let rest = self.keys.get(self.keys.partition_point(is_before)..).unwrap_or_default();
        let len = rest.iter().position(|key| !is_named(key)).unwrap_or(rest.len());
        rest.get(..len).unwrap_or_default()
    }
}

/// Stage 4: a token, and the one key that may verify it.
pub struct SelectedKey<'k, 't, 'b> {
    pub(crate) verifier: &'k dyn SignatureVerifier,
    pub(crate) issuer: Option<&'k str>,
    pub(crate) candidate: Candidate<'t, 'b>,
}

/// A token is a credential, so it is never shown.
impl fmt::Debug for SelectedKey<'_, '_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectedKey").field("candidate", &self.candidate).finish_non_exhaustive()
    }
}
