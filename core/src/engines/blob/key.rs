//! One key of a blob, as bytes: [`BlobKey`].

use super::Version;
use super::bytes::{ALIGNMENT, Reader, Writer};
use super::kind::{BlobKind, algorithms_from_number, number_of_algorithms};
use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engines::ecdsa::EcPublicKey;
use crate::engines::eddsa::Ed25519PublicKey;
use crate::key::KeyId;

const WITHOUT_ID: u8 = 255;

/// One key of a [`Blob`](super::Blob), which has an example.
#[derive(Clone, Copy, Debug)]
pub struct BlobKey<'a> {
    pub(super) kind: BlobKind,
    pub(super) algorithms: KeyAlgorithms,
    teeth: u8,
    blocks: u8,
    id: Option<KeyId>,
    pub(super) x: &'a [u8],
    pub(super) y: &'a [u8],
    pub(super) table: &'a [u8],
}

impl<'a> BlobKey<'a> {
    /// Makes an ECDSA key to write: its id, its point, and its table with the given teeth and blocks.
    /// Nothing is checked until the blob is loaded.
    #[must_use]
    pub fn ecdsa(
        id: Option<KeyId>,
        key: &'a EcPublicKey,
        (teeth, blocks): (u8, u8),
        table: &'a [u8],
    ) -> Self {
        let kind = BlobKind::of_curve(key.algorithm());
        let algorithms = kind.algorithms();
        Self { kind, algorithms, teeth, blocks, id, x: key.x(), y: key.y(), table }
    }

    /// Makes an Ed25519 key to write, as [`ecdsa`](Self::ecdsa) does.
    #[must_use]
    pub const fn ed25519(
        id: Option<KeyId>,
        key: &'a Ed25519PublicKey,
        (teeth, blocks): (u8, u8),
        table: &'a [u8],
    ) -> Self {
        let kind = BlobKind::Ed25519;
        let algorithms = kind.algorithms();
        Self { kind, algorithms, teeth, blocks, id, x: key.as_bytes(), y: &[], table }
    }

    /// Makes an RSA key to write: its id, the `alg` of its JWK, and
    /// [`RsaKey::bytes`](crate::engines::rsa::RsaKey::bytes), which are checked when the blob is loaded.
    /// Returns `None` if `alg` is not an algorithm of RSA.
    #[must_use]
    pub fn rsa(id: Option<KeyId>, alg: Option<Algorithm>, bytes: &'a [u8]) -> Option<Self> {
        let algorithms = match alg {
            None => KeyAlgorithms::RSA,
            Some(alg) => KeyAlgorithms::RSA.fixed(alg)?,
        };
        let kind = BlobKind::Rsa;
        Some(Self { kind, algorithms, teeth: 0, blocks: 0, id, x: &[], y: &[], table: bytes })
    }

    /// Returns the kind of the key.
    #[must_use]
    pub const fn kind(&self) -> BlobKind {
        self.kind
    }

    /// Returns the algorithms that the key is for.
    #[must_use]
    pub const fn algorithms(&self) -> KeyAlgorithms {
        self.algorithms
    }

    /// Returns the id of the key.
    #[must_use]
    pub const fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }

    /// Returns the size of the table: teeth and blocks, as in [`Comb`](crate::engines::ecdsa::Comb). RSA
    /// keys have none, and return zeros.
    #[must_use]
    pub const fn size(&self) -> (u8, u8) {
        (self.teeth, self.blocks)
    }

    /// Returns the bytes of the table, unchecked. Of an RSA key, they are the bytes of an
    /// [`RsaKey`](crate::engines::rsa::RsaKey).
    #[must_use]
    pub const fn table(&self) -> &'a [u8] {
        self.table
    }

    /// Returns the length of what precedes the table, without padding.
    fn description_len(&self, version: Version) -> usize {
        let id = self.id.as_ref().map_or(0, |id| id.as_str().len());
        version
            .key_head_len()
            .saturating_add(self.x.len())
            .saturating_add(self.y.len())
            .saturating_add(id)
    }

    /// Returns the length of the key with all padding.
    pub(super) fn len(&self, version: Version) -> usize {
        let padded = |len: usize| len.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX);
        padded(self.description_len(version)).saturating_add(padded(self.table.len()))
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>, version: Version) -> Option<()> {
        let id = self.id.as_ref().map(KeyId::as_str);
        let id_len = id.map_or(Some(WITHOUT_ID), |id| u8::try_from(id.len()).ok())?;
        writer.put(&[self.kind.number(), self.teeth, self.blocks, id_len])?;
        writer.put(&u32::try_from(self.table.len()).ok()?.to_le_bytes())?;
        if version == Version::Two {
            writer.put(&u32::try_from(self.len(version)).ok()?.to_le_bytes())?;
            writer.put(&[number_of_algorithms(self.algorithms), 0, 0, 0])?;
        }
        writer.put(self.x)?;
        writer.put(self.y)?;
        writer.put(id.unwrap_or_default().as_bytes())?;
        writer.align(self.description_len(version))?;
        writer.put(self.table)?;
        writer.align(self.table.len())
    }

    /// Reads a key, or returns `Some(None)` after skipping one of an unknown kind or for an unknown
    /// algorithm. Returns `None` if the bytes are not those of a key.
    pub(super) fn read(reader: &mut Reader<'a>, version: Version) -> Option<Option<Self>> {
        let start = reader.0.len();
        let &[kind, teeth, blocks, id_len] = reader.array::<4>()?;
        let table_len = reader.length()?;
        let kind = BlobKind::from_number(kind);
        let (kind, algorithms, len) = match version {
            Version::One => {
                let kind = kind.filter(|kind| kind.version() == version)?;
                (kind, kind.algorithms(), None)
            }
            Version::Two => {
                let len = reader.length()?;
                let &[algorithm, zeros @ ..] = reader.array::<4>()?;
                let known =
                    kind.and_then(|kind| Some((kind, algorithms_from_number(kind, algorithm)?)));
                let Some((kind, algorithms)) = known else {
                    reader.take(len.checked_sub(version.key_head_len())?)?;
                    return len.is_multiple_of(ALIGNMENT).then_some(None);
                };
                if zeros != [0; 3] {
                    return None;
                }
                (kind, algorithms?, Some(len))
            }
        };
        if kind == BlobKind::Rsa && (teeth, blocks) != (0, 0) {
            return None;
        }
        let (x_len, y_len) = kind.coordinate_lens();
        let (x, y) = (reader.take(x_len)?, reader.take(y_len)?);
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
        if len.is_some_and(|len| start.checked_sub(reader.0.len()) != Some(len)) {
            return None;
        }
        Some(Some(Self { kind, algorithms, teeth, blocks, id, x, y, table }))
    }
}
