//! Keys and their tables as one sequence of bytes, for flash or a file.
//!
//! All numbers are little-endian.
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 8 | `TOLLGATE` |
//! | 8 | 2 | the version of the format: 1 |
//! | 10 | 2 | how many keys follow |
//! | 12 | 4 | the length of the blob, in bytes |
//! | 16 | 4 | the CRC-32 (IEEE 802.3) of everything after it |
//! | 20 | 44 | zeros |
//! | 64 | | the keys, one after the other |
//!
//! | offset in a key | bytes | content |
//! |---|---|---|
//! | 0 | 1 | the curve: 1 for P-256, 2 for P-384 |
//! | 1 | 1 | the table's teeth |
//! | 2 | 1 | the table's blocks |
//! | 3 | 1 | the length of the id, or 255 if the key has none |
//! | 4 | 4 | the length of the table |
//! | 8 | | x and y, big-endian at full width; the id; zeros up to a multiple of 64 |
//! | | | the table; zeros up to a multiple of 64 |
//!
//! So if a blob begins at a multiple of 64, the length of a cache line, its tables do, too. The
//! checksum detects damage, and comparing a table with its point detects a wrong table. Neither proves
//! who wrote the blob: protect it as you would protect a JWK set.

use super::comb::CombSize;
use super::engine::JoseCurve;
use super::generator::GeneratorTable;
use super::key::{ProvisionedKey, PublicKey};
use crate::algorithm::Algorithm;
use crate::jwk::EcPublicKey;
use crate::key::KeyId;
use crate::reasons::reasons;

const MAGIC: &[u8; 8] = b"TOLLGATE";
const VERSION: u16 = 1;
const ALIGNMENT: usize = 64;
const WITHOUT_ID: u8 = 255;
/// The length of the header, up to the end of the checksum.
const HEAD_LEN: usize = 20;

/// Keys with their tables in one sequence of bytes, as `tollgate provision --format bin` writes it.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    keys: &'a [u8],
    count: u16,
}

/// One key of a [`Blob`].
#[derive(Clone, Copy, Debug)]
pub struct BlobKey<'a> {
    algorithm: Algorithm,
    teeth: u8,
    blocks: u8,
    id: Option<KeyId>,
    x: &'a [u8],
    y: &'a [u8],
    table: &'a [u8],
}

reasons! {
/// The reasons why bytes are not a valid blob, or why a key in it cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlobError: (reason, reason_names) {
    /// The bytes do not begin with `TOLLGATE`.
    #[reason("blob-unknown")]
    #[text("not a blob of provisioned keys")]
    NotABlob,

    /// The version of the format is not supported.
    #[reason("blob-version")]
    #[text("the blob has version {found}, but only version {VERSION} is supported")]
    Version {
        /// The version of the blob.
        found: u16,
    },

    /// The blob has another length than its header says.
    #[reason("blob-length")]
    #[text("the length is wrong: {expected} bytes are needed")]
    Length {
        /// The length that the header says.
        expected: u32,
    },

    /// There are more keys than a blob can hold.
    #[reason("blob-too-large")]
    #[text("there are more keys than a blob can hold")]
    TooLarge,

    /// The checksum does not match, so the blob is damaged.
    #[reason("blob-damaged")]
    #[text("the blob is damaged: its checksum does not match")]
    Checksum,

    /// The content is invalid, although the checksum matches.
    #[reason("blob-malformed")]
    #[text("the blob is invalid, although its checksum matches")]
    Malformed,

    /// The key is for another curve.
    #[reason("blob-other-curve")]
    #[text("the key is for {found}, but another algorithm is needed")]
    Curve {
        /// The key's algorithm.
        found: Algorithm,
    },

    /// The key's table has another size than requested.
    #[reason("blob-other-size")]
    #[text(
        "the key's table has {teeth} teeth and {blocks} blocks, which is not the size requested here"
    )]
    Size {
        /// The teeth of the table.
        teeth: u8,
        /// The blocks of the table.
        blocks: u8,
    },

    /// The point is not on the curve.
    #[reason("blob-not-on-curve")]
    #[text("the key's point is not on its curve")]
    NotOnCurve,

    /// The table does not belong to the point.
    #[reason("blob-foreign-table")]
    #[text("the key's table does not belong to its point")]
    ForeignTable,
}
}

impl<'a> Blob<'a> {
    /// Checks the structure of a blob. Points and tables are checked when a key is taken.
    ///
    /// # Errors
    ///
    /// The bytes are not a blob, or the blob is damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len()).ok_or(BlobError::NotABlob)? != MAGIC {
            return Err(BlobError::NotABlob);
        }
        let version = reader.u16().ok_or(BlobError::NotABlob)?;
        if version != VERSION {
            return Err(BlobError::Version { found: version });
        }
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
            BlobKey::read(&mut rest).ok_or(BlobError::Malformed)?;
        }
        if rest.0.is_empty() { Ok(Self { keys, count }) } else { Err(BlobError::Malformed) }
    }

    /// Returns the length in bytes of a blob with these keys.
    #[must_use]
    pub fn len_of(keys: &[BlobKey<'_>]) -> usize {
        keys.iter().map(BlobKey::len).fold(ALIGNMENT, usize::saturating_add)
    }

    /// Writes keys as a blob to the start of `out`, and returns its length.
    ///
    /// # Errors
    ///
    /// [`BlobError::Length`] with the length of the blob, if `out` is shorter, or
    /// [`BlobError::TooLarge`].
    pub fn write(keys: &[BlobKey<'_>], out: &mut [u8]) -> Result<usize, BlobError> {
        let len = Self::len_of(keys);
        let expected = u32::try_from(len).map_err(|_| BlobError::TooLarge)?;
        let count = u16::try_from(keys.len()).map_err(|_| BlobError::TooLarge)?;
        let mut write = || {
            let (head, body) = out.get_mut(..len)?.split_at_mut_checked(HEAD_LEN)?;
            body.fill(0);
            let mut writer = Writer(body);
            writer.skip(ALIGNMENT.checked_sub(HEAD_LEN)?)?;
            keys.iter().try_for_each(|key| key.write(&mut writer))?;

            let mut writer = Writer(head);
            writer.put(MAGIC)?;
            writer.put(&VERSION.to_le_bytes())?;
            writer.put(&count.to_le_bytes())?;
            writer.put(&expected.to_le_bytes())?;
            writer.put(&crc32(body).to_le_bytes())?;
            Some(len)
        };
        write().ok_or(BlobError::Length { expected })
    }

    /// Returns the keys in their order.
    pub fn keys(self) -> impl Iterator<Item = BlobKey<'a>> {
        let mut rest = Reader(self.keys);
        (0..self.count).map_while(move |_| BlobKey::read(&mut rest))
    }
}

impl<'a> BlobKey<'a> {
    /// Makes a key to write: its id, its point, and its table with the given teeth and blocks. Nothing
    /// is checked until the blob is loaded.
    #[must_use]
    pub fn new(
        id: Option<KeyId>,
        key: &'a EcPublicKey,
        (teeth, blocks): (u8, u8),
        table: &'a [u8],
    ) -> Self {
        Self { algorithm: key.algorithm(), teeth, blocks, id, x: key.x(), y: key.y(), table }
    }

    /// Returns the length of what precedes the table, without padding.
    fn description_len(&self) -> usize {
        let id = self.id.as_ref().map_or(0, |id| id.as_str().len());
        8usize.saturating_add(self.x.len()).saturating_add(self.y.len()).saturating_add(id)
    }

    fn len(&self) -> usize {
        let padded = |len: usize| len.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX);
        padded(self.description_len()).saturating_add(padded(self.table.len()))
    }

    fn write(&self, writer: &mut Writer<'_>) -> Option<()> {
        let curve = match self.algorithm {
            Algorithm::Es256 => 1,
            Algorithm::Es384 => 2,
        };
        let id = self.id.as_ref().map(KeyId::as_str);
        let id_len = id.map_or(Some(WITHOUT_ID), |id| u8::try_from(id.len()).ok())?;
        writer.put(&[curve, self.teeth, self.blocks, id_len])?;
        writer.put(&u32::try_from(self.table.len()).ok()?.to_le_bytes())?;
        writer.put(self.x)?;
        writer.put(self.y)?;
        writer.put(id.unwrap_or_default().as_bytes())?;
        writer.align(self.description_len())?;
        writer.put(self.table)?;
        writer.align(self.table.len())
    }

    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let start = reader.0.len();
        let &[curve, teeth, blocks, id_len] = reader.array::<4>()?;
        let table_len = usize::try_from(reader.u32()?).ok()?;
        let algorithm = match curve {
            1 => Algorithm::Es256,
            2 => Algorithm::Es384,
            _ => return None,
        };
        let x = reader.take(algorithm.coordinate_len())?;
        let y = reader.take(algorithm.coordinate_len())?;
        let id = match id_len {
            WITHOUT_ID => None,
            len => {
                let id = reader.take(usize::from(len))?;
                Some(KeyId::new(core::str::from_utf8(id).ok()?)?)
            }
        };
        reader.align(start)?;
        let table = reader.take(table_len)?;
        reader.align(start)?;
        Some(Self { algorithm, teeth, blocks, id, x, y, table })
    }

    /// Returns the algorithm of the key.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the id of the key.
    #[must_use]
    pub const fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }

    /// Returns the size of the table: teeth and blocks, as in [`Comb`](super::Comb).
    #[must_use]
    pub const fn size(&self) -> (u8, u8) {
        (self.teeth, self.blocks)
    }

    /// Returns the bytes of the table, unchecked.
    #[must_use]
    pub const fn table(&self) -> &'a [u8] {
        self.table
    }

    /// Returns the point of the key, for comparison with a known one.
    ///
    /// # Errors
    ///
    /// The key is for another curve than `C`, or its point is not on it.
    pub fn public_key<C: JoseCurve>(&self) -> Result<PublicKey<C>, BlobError> {
        if self.algorithm != C::ALGORITHM {
            return Err(BlobError::Curve { found: self.algorithm });
        }
        PublicKey::from_coordinates(self.x, self.y).map_err(|_| BlobError::NotOnCurve)
    }

    /// Returns the key after comparing its table with its point. The key borrows the table from the
    /// blob. As with a JWK set, the caller must ensure that the point belongs to the issuer.
    ///
    /// # Errors
    ///
    /// The key has another curve than `C` or a table of another size than `S`, or the table does not
    /// belong to the point.
    pub fn key<C, S, G>(&self) -> Result<ProvisionedKey<C, S, &'a [u8], G>, BlobError>
    where
        C: JoseCurve + GeneratorTable<G>,
        S: CombSize,
        G: CombSize,
    {
        self.check_type::<C, S>()?;
        ProvisionedKey::from_table(&self.public_key::<C>()?, self.table)
            .map_err(|_| BlobError::ForeignTable)
    }

    /// Returns the key without checking its table.
    ///
    /// This trusts the blob: anyone who can write it decides which signatures verify; see
    /// [`ProvisionedKey::from_trusted_table`]. Use it for flash that only the owner can write, where
    /// start-up must be fast.
    ///
    /// # Errors
    ///
    /// The key has another curve than `C`, or a table of another size than `S`.
    pub fn trusted_key<C, S, G>(&self) -> Result<ProvisionedKey<C, S, &'a [u8], G>, BlobError>
    where
        C: JoseCurve + GeneratorTable<G>,
        S: CombSize,
        G: CombSize,
    {
        self.check_type::<C, S>()?;
        ProvisionedKey::from_trusted_table(self.table).map_err(|_| BlobError::ForeignTable)
    }

    fn check_type<C: JoseCurve, S: CombSize>(&self) -> Result<(), BlobError> {
        if self.algorithm != C::ALGORITHM {
            return Err(BlobError::Curve { found: self.algorithm });
        }
        let (teeth, blocks) = self.size();
        if (usize::from(teeth), usize::from(blocks)) != (S::TEETH, S::BLOCKS) {
            return Err(BlobError::Size { teeth, blocks });
        }
        Ok(())
    }
}

/// Writes to zeroed memory, from its start.
struct Writer<'o>(&'o mut [u8]);

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let (room, rest) = core::mem::take(&mut self.0).split_at_mut_checked(bytes.len())?;
        room.copy_from_slice(bytes);
        self.0 = rest;
        Some(())
    }

    fn skip(&mut self, len: usize) -> Option<()> {
        (_, self.0) = core::mem::take(&mut self.0).split_at_mut_checked(len)?;
        Some(())
    }

    /// Skips the padding after a part of this length, to a multiple of [`ALIGNMENT`].
    fn align(&mut self, len: usize) -> Option<()> {
        self.skip(len.checked_next_multiple_of(ALIGNMENT)?.checked_sub(len)?)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Skips zeros up to a multiple of [`ALIGNMENT`], counted from where `start` bytes were left.
    fn align(&mut self, start: usize) -> Option<()> {
        let used = start.checked_sub(self.0.len())?;
        let padding = self.take(used.next_multiple_of(ALIGNMENT).checked_sub(used)?)?;
        padding.iter().all(|byte| *byte == 0).then_some(())
    }
}

/// Returns the CRC-32 of IEEE 802.3. Bit by bit, because it runs once and a table would take 1 KiB.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}

impl core::error::Error for BlobError {}
