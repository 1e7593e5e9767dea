//! [`SessionId`]: the secret that the browser keeps, and what is derived from it.
//!
//! The store gets neither the identifier nor a key: a copy of the store decrypts no record, and signs in nobody.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::aead::AES_256_GCM;
use sha2::{Digest, Sha256};

use super::seal::{self, NoRandomness, Purpose};
use super::store::RecordKey;

/// Separates this use of an identifier from the other one.
const RECORD_KEY_LABEL: &[u8] = b"tollgate record key v1";

/// How a record is sealed. Each request with a session opens one, and servers have instructions for AES: for 2 KiB,
/// that halves the time. The nonce is fixed here, too, since each key is for one text.
const RECORD: Purpose = Purpose { label: b"tollgate record v1", algorithm: &AES_256_GCM };

/// The number of characters of an identifier in a cookie.
const TEXT_LEN: usize = 43;

/// The identifier of a session: 32 random bytes, which are base64url without padding in the cookie.
///
/// `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct SessionId([u8; 32]);

impl SessionId {
    /// Makes a new identifier.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        seal::random().map(Self)
    }

    /// Reads an identifier from a cookie. `None` if the text is not what [`as_text`](Self::as_text) writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != TEXT_LEN {
            return None;
        }
        let mut bytes = [0; 32];
        let length = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
        (length == bytes.len()).then_some(Self(bytes))
    }

    /// Writes the identifier for a cookie: 43 characters.
    pub(crate) fn as_text(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// Returns the key under which a store keeps the session.
    pub(crate) fn record_key(&self) -> RecordKey {
        let hash = Sha256::new().chain_update(RECORD_KEY_LABEL).chain_update(self.0);
        RecordKey(hash.finalize().into())
    }

    /// Encrypts the content of the session's record.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]
    pub(crate) fn seal_record(&self, content: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        seal::seal(&self.0, &RECORD, &[], content)
    }

    /// Decrypts the session's record. `None` if this identifier did not seal it.
    pub(crate) fn open_record(&self, record: Vec<u8>) -> Option<Vec<u8>> {
        seal::open(&self.0, &RECORD, &[], record)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_one_spelling() {
        let id = SessionId::generate().unwrap();
        let text = id.as_text();
        assert_eq!(text.len(), 43);
        assert_eq!(SessionId::parse(&text).unwrap().0, id.0);
        let zeros = "A".repeat(42);
        assert!(SessionId::parse(&format!("{zeros}A")).is_some());
        for text in [
            "",
            &zeros,
            &format!("{zeros}AA"),
            &format!("{zeros}A="),
            // The last character has two bits that must be zero.
            &format!("{zeros}B"),
            &format!("{zeros}+"),
            &format!("{zeros}="),
            &format!("{zeros}."),
            &format!(" {zeros}"),
            &format!("{}\u{e4}A", "A".repeat(40)),
            &format!("\"{}\"", "A".repeat(41)),
        ] {
            assert!(SessionId::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn identifiers_differ() {
        let [one, other] = [SessionId::generate().unwrap(), SessionId::generate().unwrap()];
        assert_ne!(one.0, other.0);
        assert_ne!(one.record_key(), other.record_key());
    }

    #[test]
    fn a_copy_of_the_store_opens_nothing() {
        let id = SessionId::generate().unwrap();
        let (key, record) = (id.record_key(), id.seal_record(b"alice").unwrap());
        assert_eq!(id.open_record(record.clone()).unwrap(), b"alice");
        // A thief has the key and the record.
        assert_ne!(key.0, id.0);
        assert!(SessionId(key.0).open_record(record.clone()).is_none());
        assert_ne!(SessionId(key.0).record_key(), key);
        assert!(!record.windows(5).any(|window| window == b"alice"));
        assert!(!record.windows(32).any(|window| window == id.0));
    }

    #[test]
    fn a_record_opens_only_with_its_identifier_and_unchanged() {
        let [id, other] = [SessionId::generate().unwrap(), SessionId::generate().unwrap()];
        let record = id.seal_record(b"alice").unwrap();
        assert!(other.open_record(record.clone()).is_none());
        for index in 0..record.len() {
            let mut changed = record.clone();
            changed[index] ^= 1;
            assert!(id.open_record(changed).is_none(), "{index}");
            assert!(id.open_record(record[..index].to_vec()).is_none(), "{index}");
        }
    }

    #[test]
    fn a_record_that_changes_never_has_the_same_key() {
        let id = SessionId::generate().unwrap();
        let [one, other] = [id.seal_record(b"alice").unwrap(), id.seal_record(b"alice").unwrap()];
        assert_ne!(one[..32], other[..32]);
        assert_ne!(one[32..], other[32..]);
    }

    /// A second implementation, in Python, sealed this with a salt of threes.
    #[test]
    fn records_stay_readable() {
        let id = SessionId([1; 32]);
        let record = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwPMYqiYhfnJV25oaoyqAu6J5ei44iM";
        let record = Base64UrlUnpadded::decode_vec(record).unwrap();
        assert_eq!(id.open_record(record).unwrap(), b"alice");
        assert_eq!(id.record_key().0[..8], [0xd5, 0xab, 0x87, 0x1f, 0xe0, 0xbd, 0x8a, 0x7b]);
    }

    #[test]
    fn debug_does_not_show_the_identifier() {
        assert_eq!(format!("{:?}", SessionId([7; 32])), "SessionId(…)");
    }
}
