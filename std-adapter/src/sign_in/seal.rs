//! [`SealingKeys`]: encrypts texts that the browser keeps and only this app can make and read.
//!
//! A sealed text is `v1.KID.BASE64URL(salt ‖ ciphertext ‖ tag)`. `KID` names the secret. The key of
//! ChaCha20-Poly1305 (RFC 8439) is HKDF-Expand (RFC 5869 §2.3) of the secret with a salt of 32 random bytes, so each
//! key encrypts one text, and the nonce can be fixed. The name of the text, such as the cookie's, is the
//! associated data: a text that moves to another name does not open.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::aead::{Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

/// The length of a secret in bytes.
pub(crate) const SECRET_LEN: usize = 32;

/// The length of a salt in bytes: that of SHA-256's output, so that no two are the same.
const SALT_LEN: usize = 32;

/// What a key is for.
pub(super) struct Purpose {
    /// Separates the keys that one secret could be used for (RFC 5869 §3.2).
    pub(super) label: &'static [u8],
    /// Encrypts each text by a key of its own.
    pub(super) algorithm: &'static Algorithm,
}

/// What a browser keeps.
const TEXT: Purpose = Purpose { label: b"tollgate sealed text v1", algorithm: &CHACHA20_POLY1305 };

/// Separates the hash that names a secret from its keys.
const KEY_ID_LABEL: &[u8] = b"tollgate sealing key id v1";

/// The format, and the algorithms, of what [`SealingKeys::seal`] returns.
const VERSION: &str = "v1";

/// The operating system gave no random bytes.
///
/// ```
/// use tollgate::sign_in::{CookieSecret, NoRandomness};
///
/// fn new_secret() -> Result<String, NoRandomness> {
///     Ok(CookieSecret::generate()?.to_text())
/// }
/// # assert!(new_secret().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system provides no random bytes")]
pub struct NoRandomness;

/// Why secrets cannot seal cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum InvalidSecrets {
    /// The list is empty.
    #[error("there is no secret to seal cookies with: give at least one")]
    Missing,
    /// A secret is in the list twice.
    #[error("secret {0} is the same as an earlier one: each must be different")]
    Repeated(
        /// Which secret, counted from 1.
        usize,
    ),
}

/// A ring of secrets. The first one seals, and all of them open, so that a secret can be rotated: put the new one
/// first, and remove the old one once everything that it sealed has expired.
///
/// `Debug` shows the names of the secrets, which do not reveal them.
#[derive(Clone)]
pub(crate) struct SealingKeys {
    first: SealingKey,
    older: Vec<SealingKey>,
}

impl SealingKeys {
    /// Makes a ring of one random secret, for a process that shares no cookies with others and whose cookies need
    /// not survive it.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        Ok(Self { first: SealingKey::new(random()?), older: Vec::new() })
    }

    /// Makes a ring of these secrets, which must be random.
    ///
    /// # Errors
    ///
    /// The list is empty, or a secret is in it twice.
    pub(crate) fn new(
        secrets: impl IntoIterator<Item = [u8; SECRET_LEN]>,
    ) -> Result<Self, InvalidSecrets> {
        let mut secrets = secrets.into_iter();
        let first = secrets.next().map(SealingKey::new).ok_or(InvalidSecrets::Missing)?;
        let mut keys = Self { first, older: Vec::new() };
        for (index, secret) in secrets.enumerate() {
            if keys.iter().any(|key| key.secret == secret) {
                return Err(InvalidSecrets::Repeated(index.saturating_add(2)));
            }
            keys.older.push(SealingKey::new(secret));
        }
        Ok(keys)
    }

    /// Encrypts a text, to be opened under the same name only.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]
    pub(crate) fn seal(&self, name: &str, plaintext: &[u8]) -> Result<String, NoRandomness> {
        let SealingKey { id, secret } = &self.first;
        let sealed = seal(secret, &TEXT, name.as_bytes(), plaintext)?;
        Ok(format!("{VERSION}.{id}.{}", Base64UrlUnpadded::encode_string(&sealed)))
    }

    /// Decrypts a text that [`seal`](Self::seal) returned under this name with a secret of the ring. `None` for
    /// any other text.
    pub(crate) fn open(&self, name: &str, sealed: &str) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_once('.')?;
        let (id, encoded) = rest.split_once('.')?;
        if version != VERSION {
            return None;
        }
        let mut keys = self.iter().filter(|key| key.id == id).peekable();
        keys.peek()?;
        let sealed = Base64UrlUnpadded::decode_vec(encoded).ok()?;
        // Two secrets may have the same id, though that takes 16 million of them.
        keys.find_map(|key| open(&key.secret, &TEXT, name.as_bytes(), sealed.clone()))
    }

    fn iter(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|key| &key.id)).finish()
    }
}

#[derive(Clone)]
struct SealingKey {
    /// 48 bits of a hash of the secret.
    id: String,
    secret: [u8; SECRET_LEN],
}

impl SealingKey {
    fn new(secret: [u8; SECRET_LEN]) -> Self {
        let hash = Sha256::new().chain_update(KEY_ID_LABEL).chain_update(secret);
        let [a, b, c, d, e, f, ..]: [u8; 32] = hash.finalize().into();
        Self { id: Base64UrlUnpadded::encode_string(&[a, b, c, d, e, f]), secret }
    }
}

/// Returns `N` random bytes from the operating system.
///
/// # Errors
///
/// [`NoRandomness`]
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// Returns `salt ‖ ciphertext ‖ tag`.
///
/// # Errors
///
/// [`NoRandomness`]
pub(super) fn seal(
    secret: &[u8; SECRET_LEN],
    purpose: &Purpose,
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, NoRandomness> {
    let salt = random::<SALT_LEN>()?;
    let mut ciphertext = plaintext.to_vec();
    // Neither fails: the key is short enough for HKDF, and no text in memory is too long (64 GiB).
    let key = derived_key(secret, &salt, purpose).ok_or(NoRandomness)?;
    key.seal_in_place_append_tag(nonce(), Aad::from(associated), &mut ciphertext)
        .map_err(|_| NoRandomness)?;
    Ok([&salt[..], &ciphertext].concat())
}

/// Opens what [`seal`] returned for the same secret, purpose and associated data.
pub(super) fn open(
    secret: &[u8; SECRET_LEN],
    purpose: &Purpose,
    associated: &[u8],
    mut sealed: Vec<u8>,
) -> Option<Vec<u8>> {
    let key = derived_key(secret, sealed.first_chunk()?, purpose)?;
    // The plaintext takes the place of the salt and of what follows it.
    let opened = key.open_within(nonce(), Aad::from(associated), &mut sealed, SALT_LEN..).ok()?;
    let length = opened.len();
    sealed.truncate(length);
    Some(sealed)
}

/// Derives a key for one use. The secret is 32 random bytes, so it needs no extraction (RFC 5869 §3.3).
fn derived_key(
    secret: &[u8; SECRET_LEN],
    salt: &[u8; SALT_LEN],
    purpose: &Purpose,
) -> Option<LessSafeKey> {
    let secret = Prk::new_less_safe(HKDF_SHA256, secret);
    let info = [purpose.label, salt];
    let key = secret.expand(&info, purpose.algorithm).map(UnboundKey::from).ok()?;
    Some(LessSafeKey::new(key))
}

/// A key encrypts once, so that one nonce is enough.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "__Host-tollgate";
    const NEW: [u8; SECRET_LEN] = [1; SECRET_LEN];
    const OLD: [u8; SECRET_LEN] = [2; SECRET_LEN];

    fn keys(secrets: &[[u8; SECRET_LEN]]) -> SealingKeys {
        SealingKeys::new(secrets.iter().copied()).unwrap()
    }

    #[test]
    fn sealed_cookies_open_only_as_they_were_made() {
        let keys = keys(&[NEW]);
        for plaintext in [&b""[..], b"a", &[0xff; 3000]] {
            let sealed = keys.seal(NAME, plaintext).unwrap();
            assert_eq!(keys.open(NAME, &sealed).as_deref(), Some(plaintext));
            for name in
                ["", "__Host-tollgate-attempt-00000000", "__host-tollgate", "__Host-tollgate "]
            {
                assert_eq!(keys.open(name, &sealed), None, "{name}");
            }
            for other in [
                sealed.replacen('v', "", 1),
                format!("{sealed}A"),
                format!("{sealed}="),
                format!(" {sealed}"),
            ] {
                assert_eq!(keys.open(NAME, &other), None, "{other}");
            }
        }
    }

    #[test]
    fn a_sealed_text_with_any_flipped_bit_does_not_open() {
        let keys = keys(&[NEW, OLD]);
        let sealed = keys.seal(NAME, b"alice").unwrap();
        for index in 0..sealed.len() {
            for bit in 0..7 {
                let mut bytes = sealed.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                assert_eq!(keys.open(NAME, &changed), None, "{changed}");
            }
        }
    }

    #[test]
    fn a_cut_text_does_not_open() {
        let keys = keys(&[NEW]);
        let sealed = keys.seal(NAME, b"alice").unwrap();
        for length in 0..sealed.len() {
            assert_eq!(keys.open(NAME, sealed.get(..length).unwrap()), None, "{length}");
        }
    }

    #[test]
    fn an_older_secret_opens_and_a_removed_one_does_not() {
        let (before, after, removed) = (keys(&[OLD]), keys(&[NEW, OLD]), keys(&[NEW]));
        let sealed = before.seal(NAME, b"alice").unwrap();
        assert_eq!(after.open(NAME, &sealed).unwrap(), b"alice");
        assert_eq!(removed.open(NAME, &sealed), None);
        let sealed = after.seal(NAME, b"alice").unwrap();
        assert_eq!(removed.open(NAME, &sealed).unwrap(), b"alice", "the first one seals");
        assert_eq!(before.open(NAME, &sealed), None);
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let keys = keys(&[NEW]);
        assert_ne!(keys.seal(NAME, b"alice").unwrap(), keys.seal(NAME, b"alice").unwrap());
    }

    #[test]
    fn a_sealed_text_is_as_long_as_promised() {
        let sealed = keys(&[NEW]).seal(NAME, &[0; 90]).unwrap();
        // `v1.`, 8 characters and a dot; then 48 bytes more, in base64url.
        assert_eq!(sealed.len(), 12 + (90 + 48) * 4 / 3);
        assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)));
    }

    /// A second implementation, in Python, sealed this with a salt of threes.
    #[test]
    fn the_format_stays_readable() {
        let sealed =
            "v1.UHvCeMhc.AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwN3jMH2wU9ofAkC0JpF1vA8SxZ-m7s";
        assert_eq!(keys(&[NEW]).open(NAME, sealed).unwrap(), b"alice");
    }

    #[test]
    fn random_secrets_differ() {
        let (one, other) = (SealingKeys::generate().unwrap(), SealingKeys::generate().unwrap());
        let sealed = one.seal(NAME, b"alice").unwrap();
        assert_eq!(one.open(NAME, &sealed).unwrap(), b"alice");
        assert_eq!(other.open(NAME, &sealed), None);
        assert_ne!(random::<32>().unwrap(), random::<32>().unwrap());
    }

    #[test]
    fn a_ring_has_at_least_one_secret_and_none_twice() {
        assert_eq!(SealingKeys::new([]).unwrap_err(), InvalidSecrets::Missing);
        assert_eq!(SealingKeys::new([NEW, NEW]).unwrap_err(), InvalidSecrets::Repeated(2));
        assert_eq!(SealingKeys::new([NEW, OLD, OLD]).unwrap_err(), InvalidSecrets::Repeated(3));
    }

    #[test]
    fn debug_shows_ids_and_no_secrets() {
        let keys = keys(&[NEW, OLD]);
        let shown = format!("{keys:?}");
        assert!(shown.len() < 30, "{shown}");
        let sealed = keys.seal(NAME, b"").unwrap();
        assert!(shown.contains(&format!("{:?}", sealed.split('.').nth(1).unwrap())), "{shown}");
    }
}
