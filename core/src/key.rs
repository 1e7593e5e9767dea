//! Verification keys: an id, an issuer, and the engine that does the arithmetic.

use core::fmt;

use crate::algorithm::KeyAlgorithms;
use crate::engine::SignatureVerifier;
use crate::json::Text;
use crate::limits::MAX_KEY_ID_LEN;

/// A verification key: an engine `V`, and what the policy needs to know about the key.
///
/// ```
/// use tollgate_core::engines::ecdsa::{P256, UntabledKey};
/// use tollgate_core::{Jwk, Key, KeyId, KeySet, KeySetError};
///
/// # let json = br#"{"kty":"EC","crv":"P-256",
/// #     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
/// #     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// let (_, jwk) = Jwk::parse(json)?;
/// let key = Key::new(UntabledKey::<P256>::try_from(&jwk)?)
///     .with_id(KeyId::new("k1"))
///     .with_issuer("https://auth.example.com/oidc");
/// let mut keys = KeySet::<_, 1>::new();
/// keys.insert(key.clone())?;
/// // The set has room for one key.
/// assert_eq!(keys.insert(key), Err(KeySetError::TooManyKeys { capacity: 1 }));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Key<V> {
    id: Option<KeyId>,
    issuer: Option<&'static str>,
    verifier: V,
}

impl<V> Key<V> {
    /// Makes a key without an id that is not bound to an issuer.
    #[must_use]
    pub const fn new(verifier: V) -> Self {
        Self { id: None, issuer: None, verifier }
    }

    /// Returns the engine that verifies with this key.
    #[must_use]
    pub const fn verifier(&self) -> &V {
        &self.verifier
    }

    /// Returns the id, which tokens name in `kid` (RFC 7517 §4.5).
    #[must_use]
    pub const fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }

    /// Sets or removes the id.
    #[must_use]
    pub fn with_id(self, id: impl Into<Option<KeyId>>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// Binds the key to one issuer. The policy then rejects tokens of any other issuer, so that
    /// two issuers in one set cannot sign for each other (RFC 8725 §3.8).
    ///
    /// If the issuers are known only at run time, keep one set for each instead.
    #[must_use]
    pub fn with_issuer(self, issuer: &'static str) -> Self {
        Self { issuer: Some(issuer), ..self }
    }

    /// Returns the issuer that the key is bound to.
    #[must_use]
    pub const fn issuer(&self) -> Option<&'static str> {
        self.issuer
    }

    /// Replaces the engine with the one that `change` makes from it.
    #[must_use]
    pub fn map<W>(self, change: impl FnOnce(V) -> W) -> Key<W> {
        Key { id: self.id, issuer: self.issuer, verifier: change(self.verifier) }
    }

    /// Makes a key with a reference to this engine.
    #[must_use]
    pub const fn as_ref(&self) -> Key<&V> {
        Key { id: self.id, issuer: self.issuer, verifier: &self.verifier }
    }
}

impl<V: SignatureVerifier> Key<V> {
    /// Returns the algorithms that the key is for. A token's header must name one of them.
    #[must_use]
    pub fn algorithms(&self) -> KeyAlgorithms {
        self.verifier.algorithms()
    }
}

/// The id of a key: text of at most [`MAX_KEY_ID_LEN`] bytes.
///
/// See the example of [`Key`].
#[derive(Clone, Copy)]
pub struct KeyId {
    len: u8,
    bytes: [u8; MAX_KEY_ID_LEN],
}

impl KeyId {
    /// Takes an id, or returns `None` if it is too long. Usable in a `const`.
    #[must_use]
    pub const fn new(id: &str) -> Option<Self> {
        let mut bytes = [0; MAX_KEY_ID_LEN];
        match bytes.split_at_mut_checked(id.len()) {
            Some((room, _)) => room.copy_from_slice(id.as_bytes()),
            None => return None,
        }
        #[allow(clippy::as_conversions, clippy::cast_possible_truncation, reason = "at most 254")]
        let len = id.len() as u8;
        Some(Self { len, bytes })
    }

    /// Unescapes the id in a JWK. Returns `None` if it is too long.
    pub(crate) fn from_text(text: Text<'_>) -> Option<Self> {
        let mut bytes = [0; MAX_KEY_ID_LEN];
        let len = text.unescape_into(&mut bytes)?.len();
        Some(Self { len: u8::try_from(len).ok()?, bytes })
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl PartialEq for KeyId {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for KeyId {}

impl PartialOrd for KeyId {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyId {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_are_bounded_and_usable_in_a_const() {
        const ID: Option<KeyId> = KeyId::new("k1");
        assert_eq!(ID.unwrap().as_str(), "k1");
        let longest = "a".repeat(MAX_KEY_ID_LEN);
        assert_eq!(KeyId::new(&longest).unwrap().as_str(), longest);
        assert!(KeyId::new(&"a".repeat(MAX_KEY_ID_LEN + 1)).is_none());
    }

    #[test]
    fn key_ids_are_compared_and_shown_as_their_text() {
        let id = |text| KeyId::new(text).unwrap();
        assert!(id("k1") == id("k1"));
        for other in ["k2", "k", "k11", "K1", ""] {
            assert!(id("k1") != id(other), "{other}");
        }
        assert!(id("k1") < id("k2") && id("k") < id("k1"));
        assert_eq!(std::format!("{} {:?}", id("k1"), id("k1")), "k1 \"k1\"");
    }
}
