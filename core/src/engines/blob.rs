//! Keys and their tables as one sequence of bytes, for flash or a file.
//!
//! All numbers are little-endian.
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 8 | `TOLLGATE` |
//! | 8 | 2 | the version of the format: 1 or 2 |
//! | 10 | 2 | how many keys follow |
//! | 12 | 4 | the length of the blob, in bytes |
//! | 16 | 4 | the CRC-32 (IEEE 802.3) of everything after it |
//! | 20 | 44 | zeros |
//! | 64 | | the keys, one after the other |
//!
//! A key of version 2:
//!
//! | offset in a key | bytes | content |
//! |---|---|---|
//! | 0 | 1 | the kind: 1 for P-256, 2 for P-384, 3 for P-521, 4 for Ed25519, 5 for RSA |
//! | 1 | 1 | the table's teeth, 0 for RSA |
//! | 2 | 1 | the table's blocks, 0 for RSA |
//! | 3 | 1 | the length of the id, or 255 if the key has none |
//! | 4 | 4 | the length of the table |
//! | 8 | 4 | the length of the key, a multiple of 64 |
//! | 12 | 1 | the algorithm: 1 to 10 for ES256, ES384, ES512, EdDSA, RS256, RS384, RS512, PS256, PS384, PS512; 0 for an RSA key without `alg` |
//! | 13 | 3 | zeros |
//! | 16 | | x and y, big-endian at full width; the 32 bytes of an Ed25519 key; nothing for RSA |
//! | | | the id; zeros up to a multiple of 64 |
//! | | | the table, or the bytes of an [`RsaKey`](crate::engines::rsa::RsaKey); zeros up to a multiple of 64 |
//!
//! A key of an unknown kind, or for an unknown algorithm, is skipped.
//!
//! Version 1 has keys for P-256 and P-384 only, without the eight bytes from offset 8. It is written if
//! all keys fit it, so that older programs can read it.
//!
//! So if a blob begins at a multiple of 64, the length of a cache line, its tables do, too. The
//! checksum detects damage, comparing a table with its point detects a wrong table, and the bytes of an
//! RSA key prove their constant. None of these proves who wrote the blob: protect it as you would protect
//! a JWK set.

mod bytes;
mod error;
mod key;
mod kind;
mod load;

use bytes::{ALIGNMENT, Reader, Writer, crc32};
pub use error::BlobError;
pub use key::BlobKey;
pub use kind::BlobKind;

const MAGIC: &[u8; 8] = b"TOLLGATE";
/// The length of the header, up to the end of the checksum.
const HEAD_LEN: usize = 20;

/// The versions of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Keys with their tables in one sequence of bytes, as `tollgate provision --format bin` writes it.
///
/// ```
/// use tollgate_core::engines::ecdsa::{Comb, EcPublicKey, P256, ProvisionedKey, PublicKey, table_bytes};
/// use tollgate_core::engines::{Blob, BlobError, BlobKey, BlobKind};
/// use tollgate_core::{Jwk, KeyId};
///
/// # let json = br#"{"kty":"EC","crv":"P-256",
/// #     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
/// #     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// # let (_, jwk) = Jwk::parse(json)?;
/// let key = EcPublicKey::try_from(&jwk)?;
/// type Size = Comb<5, 2>;
/// let memory = [0; table_bytes::<P256, Size>()];
/// let engine = ProvisionedKey::<P256, Size, _>::build_in(&PublicKey::try_from(&key)?, memory)?;
/// let keys = [BlobKey::ecdsa(KeyId::new("k1"), &key, (5, 2), engine.table())];
/// let mut bytes = vec![0; Blob::len_of(&keys)];
/// Blob::write(&keys, &mut bytes)?;
///
/// for key in Blob::parse(&bytes)?.keys() {
///     assert_eq!(key.kind(), BlobKind::P256);
///     // Compares the table with the point.
///     let engine: ProvisionedKey<P256, Size, &[u8]> = key.ecdsa_key()?;
/// }
/// bytes[100] ^= 1;
/// assert_eq!(Blob::parse(&bytes).unwrap_err(), BlobError::Checksum);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    version: Version,
    keys: &'a [u8],
    count: u16,
}

impl Version {
    fn from_number(number: u16) -> Option<Self> {
        [Self::One, Self::Two].into_iter().find(|version| version.number() == number)
    }

    const fn number(self) -> u16 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The oldest version that has all of these keys.
    fn of(keys: &[BlobKey<'_>]) -> Self {
        let is_old = |key: &BlobKey<'_>| key.kind().version() == Self::One;
        if keys.iter().all(is_old) { Self::One } else { Self::Two }
    }

    /// The length of what precedes the point of a key.
    const fn key_head_len(self) -> usize {
        match self {
            Self::One => 8,
            Self::Two => 16,
        }
    }
}

impl<'a> Blob<'a> {
    /// Checks the structure of a blob. Points, tables and RSA keys are checked when
    /// a key is taken.
    ///
    /// # Errors
    ///
    /// The bytes are not a blob, or the blob is damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len()).ok_or(BlobError::NotABlob)? != MAGIC {
            return Err(BlobError::NotABlob);
        }
        let found = reader.u16().ok_or(BlobError::NotABlob)?;
        let version = Version::from_number(found).ok_or(BlobError::Version { found })?;
        let count = reader.u16().ok_or(BlobError::NotABlob)?;
        let expected = reader.u32().ok_or(BlobError::NotABlob)?;
        if usize::try_from(expected) != Ok(bytes.len()) {
            return Err(BlobError::Length { expected });
        }
        let checksum = reader.u32().ok_or(BlobError::Malformed)?;
        if checksum != crc32(reader.0) {
            return Err(BlobError::Checksum);
        }
        reader.align(bytes.len()).ok_or(BlobError::Malformed)?;
        let Reader(keys) = reader;
        let mut rest = Reader(keys);
        for _ in 0..count {
            BlobKey::read(&mut rest, version).ok_or(BlobError::Malformed)?;
        }
        if rest.0.is_empty() {
            Ok(Self { version, keys, count })
        } else {
            Err(BlobError::Malformed)
        }
    }

    /// Returns the length in bytes of a blob with these keys.
    #[must_use]
    pub fn len_of(keys: &[BlobKey<'_>]) -> usize {
        let version = Version::of(keys);
        keys.iter().map(|key| key.len(version)).fold(ALIGNMENT, usize::saturating_add)
    }

    /// Writes keys as a blob to the start of `out`, and returns its length.
    ///
    /// # Errors
    ///
    /// [`BlobError::Length`] with the length of the blob, if `out` is shorter, or
    /// [`BlobError::TooLarge`].
    pub fn write(keys: &[BlobKey<'_>], out: &mut [u8]) -> Result<usize, BlobError> {
        let (version, len) = (Version::of(keys), Self::len_of(keys));
        let expected = u32::try_from(len).map_err(|_| BlobError::TooLarge)?;
        let count = u16::try_from(keys.len()).map_err(|_| BlobError::TooLarge)?;
        let mut write = || {
            let (head, body) = out.get_mut(..len)?.split_at_mut_checked(HEAD_LEN)?;
            body.fill(0);
            let mut writer = Writer(body);
            writer.skip(ALIGNMENT.checked_sub(HEAD_LEN)?)?;
            keys.iter().try_for_each(|key| key.write(&mut writer, version))?;

            let mut writer = Writer(head);
            writer.put(MAGIC)?;
            writer.put(&version.number().to_le_bytes())?;
            writer.put(&count.to_le_bytes())?;
            writer.put(&expected.to_le_bytes())?;
            writer.put(&crc32(body).to_le_bytes())?;
            Some(len)
        };
        write().ok_or(BlobError::Length { expected })
    }

    /// Returns the keys in their order, without those that are skipped.
    pub fn keys(self) -> impl Iterator<Item = BlobKey<'a>> {
        let (mut rest, mut left) = (Reader(self.keys), self.count);
        // Adapters of iterators would keep two more keys on the stack.
        core::iter::from_fn(move || {
            loop {
                left = left.checked_sub(1)?;
                if let Some(key) = BlobKey::read(&mut rest, self.version)? {
                    return Some(key);
                }
            }
        })
    }

    /// Returns how many keys are skipped, because their kind or algorithm is unknown.
    #[must_use]
    pub fn skipped(self) -> usize {
        usize::from(self.count).saturating_sub(self.keys().count())
    }
}
