//! Reads a [`KeySet`] from a JWK set, and chooses keys, [`Candidate`] → [`SelectedKey`]: RFC 7517 §5.

use core::fmt;

use crate::engine::SignatureVerifier;
use crate::header::Candidate;
use crate::json::{Bounds, JsonError, Object, Strict, Text};
use crate::jwk::{Jwk, KeyUse, UnusableKey};
use crate::key::{Key, KeyId};
use crate::limits::MAX_KEY_ID_LEN;
use crate::reasons_macro::reasons;
use crate::rejection::Rejection;

/// A bad key must not invalidate the set, so the inside of each key is checked on its own.
const BOUNDS: Bounds = Bounds { strict: Strict::Outermost, ..Bounds::WIDEST };

/// A set of up to `N` keys. They are sorted by id, so selecting a key stays fast in large sets.
///
/// See the examples of [`from_jwks`](Self::from_jwks) and [`Key`].
#[derive(Clone, Debug)]
pub struct KeySet<V, const N: usize> {
    keys: heapless::Vec<Key<V>, N>,
}

reasons! {
/// The reasons why a text is not a usable key set. Unusable keys are left out; they are not errors.
///
/// ```
/// use tollgate_core::engines::ecdsa::{P256, UntabledKey};
/// use tollgate_core::json::{JsonError, JsonErrorKind};
/// use tollgate_core::{KeySet, KeySetError};
///
/// type Keys = KeySet<UntabledKey<P256>, 4>;
/// assert_eq!(Keys::from_jwks(b"{}").unwrap_err(), KeySetError::NoKeys);
/// let twice = Keys::from_jwks(br#"{"keys":[],"keys":[]}"#).unwrap_err();
/// let error = JsonError { kind: JsonErrorKind::DuplicateName, offset: 11 };
/// assert_eq!(twice, KeySetError::Json(error));
/// assert_eq!(twice.to_string(), "the key set has a second member of the same name at byte 11");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError: (reason, reason_names) {
    /// The text is not a JSON object.
    #[reason(of error.kind)]
    #[text("the key set {error}")]
    Json(error: JsonError),

    /// The set has no array `keys` (RFC 7517 §5.1).
    #[reason("key-set-without-keys")]
    #[text("the key set has no array keys")]
    NoKeys,

    /// There are more usable keys than `N`.
    #[reason("key-set-too-large")]
    #[text("the key set has more usable keys than the limit of {capacity}")]
    TooManyKeys {
        /// The capacity `N` of the set.
        capacity: usize,
    },
}
}

impl core::error::Error for KeySetError {}

impl<V, const N: usize> KeySet<V, N> {
    /// Makes an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: heapless::Vec::new() }
    }

    /// Returns the keys, sorted by id. Keys without an id come first.
    #[must_use]
    pub fn keys(&self) -> &[Key<V>] {
        &self.keys
    }

    /// Adds all keys of another set, for instance of another issuer.
    ///
    /// If two keys have the same id and algorithm, tokens with that id are rejected as ambiguous. If
    /// issuers may use the same ids, keep a set for each.
    ///
    /// # Errors
    ///
    /// [`KeySetError::TooManyKeys`]. Some of the keys may have been added by then.
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
        self.insert_at(place, key)
    }

    /// Inserts a key before the others from this place on. That of `heapless` could panic.
    fn insert_at(&mut self, place: usize, key: Key<V>) -> Result<(), KeySetError> {
        if self.keys.is_full() {
            return Err(KeySetError::TooManyKeys { capacity: N });
        }
        let mut moved = key;
        for other in self.keys.iter_mut().skip(place) {
            core::mem::swap(other, &mut moved);
        }
        self.keys.push(moved).map_err(|_| KeySetError::TooManyKeys { capacity: N })
    }

    /// Binds all keys to one issuer; see [`Key::with_issuer`].
    #[must_use]
    pub fn with_issuer(self, issuer: &'static str) -> Self {
        Self::of(self.keys.into_iter().map(|key| key.with_issuer(issuer)))
    }

    /// Replaces each engine with the one that `change` makes from it.
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

    /// Makes a set of the same keys with references to these engines.
    #[must_use]
    pub fn as_ref(&self) -> KeySet<&V, N> {
        KeySet::of(self.keys.iter().map(Key::as_ref))
    }

    /// Collects the keys of another set of this capacity, in the same order.
    fn of(sorted: impl Iterator<Item = Key<V>>) -> Self {
        let mut keys = heapless::Vec::new();
        for key in sorted {
            // Never full, because the other set has the same capacity.
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
    /// Reads a JWK set and makes an engine of type `V` for each key. Keys that cannot verify are left
    /// out (RFC 7517 §5). A key that is listed twice under one id is one key.
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// use tollgate_core::{KeySet, engines::rustcrypto::RustCryptoKey};
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
        V: for<'a> TryFrom<&'a Jwk<'a>, Error = UnusableKey>,
    {
        Self::from_jwks_with(text, |key| V::try_from(key))
    }

    /// Reads a JWK set as [`from_jwks`](Self::from_jwks) does, and calls `make` to make each engine. If
    /// `make` returns an error, the key is left out.
    ///
    /// ```
    /// use tollgate_core::engines::ecdsa::{P256, UntabledKey};
    /// use tollgate_core::{KeySet, KeySetError, UnusableKey};
    ///
    /// fn read(jwks: &[u8]) -> Result<KeySet<UntabledKey<P256>, 4>, KeySetError> {
    ///     KeySet::from_jwks_with(jwks, |key| UntabledKey::try_from(key))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The text is not a JWK set, or has more usable keys than `N`.
    pub fn from_jwks_with(
        text: &[u8],
        make: impl FnMut(&Jwk<'_>) -> Result<V, UnusableKey>,
    ) -> Result<Self, KeySetError> {
        Self::from_jwks_reporting(text, make, |_, _| ())
    }

    /// Reads a JWK set as [`from_jwks_with`](Self::from_jwks_with) does. For each key that is left out,
    /// calls `left_out` with its index in the set and the reason.
    ///
    /// # Errors
    ///
    /// The text is not a JWK set, or has more usable keys than `N`.
    pub fn from_jwks_reporting(
        text: &[u8],
        mut make: impl FnMut(&Jwk<'_>) -> Result<V, UnusableKey>,
        mut left_out: impl FnMut(usize, UnusableKey),
    ) -> Result<Self, KeySetError> {
        let mut set = Self::new();
        // Comparing with the keys in the set alone takes a bounded time.
        let mut listed: heapless::Vec<Jwk<'_>, N> = heapless::Vec::new();
        for (index, parsed) in Jwk::parse_set(text, KeyUse::Signature)?.enumerate() {
            match parsed.and_then(|(id, jwk)| Ok((id, jwk, make(&jwk)?))) {
                Ok((_, jwk, _)) if listed.iter().any(|other| other.is_repeated_by(&jwk)) => {}
                Ok((id, jwk, verifier)) => {
                    set.insert(Key::new(verifier).with_id(id))?;
                    // As many as in the set.
                    let _ = listed.push(jwk);
                }
                Err(reason) => left_out(index, reason),
            }
        }
        Ok(set)
    }
}

impl<'a> Jwk<'a> {
    /// Reads the keys of a JWK set one by one, for sets that are too large for a [`KeySet`] on the stack. If a
    /// key may be listed twice under one id, compare them with [`is_repeated_by`](Self::is_repeated_by).
    ///
    /// # Errors
    ///
    /// The text is not a JWK set. The reason why a key cannot verify tokens is an item of the iterator.
    pub fn parse_set(
        text: &'a [u8],
        key_use: KeyUse,
    ) -> Result<impl Iterator<Item = SetItem<'a>>, KeySetError> {
        let set = Object::parse(text, BOUNDS).map_err(KeySetError::Json)?;
        let elements = set.get("keys").and_then(|keys| keys.as_array());
        let elements = elements.ok_or(KeySetError::NoKeys)?.elements();
        Ok(elements.map(move |element| Self::from_element(element, key_use)))
    }
}

/// A key with its id, or the reason why it cannot verify tokens.
type SetItem<'a> = Result<(Option<KeyId>, Jwk<'a>), UnusableKey>;

impl<V: SignatureVerifier, const N: usize> KeySet<V, N> {
    /// Selects the key for a token.
    ///
    /// With a `kid`, it is the key with exactly that id. Without one, it is the only key for the
    /// algorithm. The header's algorithm must be one that the key is for.
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
        let key_id = candidate.header.key_id();
        let named = match key_id {
            Some(key_id) => self.named(key_id),
            None => &self.keys,
        };
        let algorithm = candidate.header.algorithm();
        let listed = candidate.algorithm_listed;
        let mut fitting = None;
        for key in named.iter().filter(|key| key.algorithms().permit(algorithm, listed)) {
            if fitting.replace(key).is_some() {
                return Err(Rejection::AmbiguousKey);
            }
        }
        if let Some(key) = fitting {
            let issuer = key.issuer().or_else(|| key.verifier().issuer());
            return Ok(SelectedKey { verifier: key.verifier(), issuer, candidate });
        }
        match named.first().and_then(|key| key.algorithms().usual()) {
            Some(key) if key_id.is_some() => {
                Err(Rejection::AlgorithmMismatch { header: algorithm, key })
            }
            _ => Err(Rejection::UnknownKey),
        }
    }

    /// Returns the keys with this id. Keys without an id never match.
    ///
    /// Not inlined, so that the buffer is off the stack again when the engine runs.
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

/// Stage 4: a token and the one key that may verify it.
///
/// See the example of the [stages](crate#stages).
pub struct SelectedKey<'k, 't, 'b> {
    pub(crate) verifier: &'k dyn SignatureVerifier,
    pub(crate) issuer: Option<&'k str>,
    pub(crate) candidate: Candidate<'t, 'b>,
}

/// Hides the token, because it is a credential.
impl fmt::Debug for SelectedKey<'_, '_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectedKey").field("candidate", &self.candidate).finish_non_exhaustive()
    }
}
