//! [`TableSize`]: sizes of tables as values. The core has a type for each size.

use tollgate_core::provisioned::{
    BlobError, BlobKey, Comb, CombSize, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey,
    PublicKey, table_bytes,
};
use tollgate_core::{Algorithm, EcPublicKey, UnusableKey};

use crate::keys::{BoxedVerifier, ServerTable, with_table_of};

/// The size of a key's table.
#[derive(Clone, Copy, Debug)]
pub struct TableSize {
    teeth: u8,
    blocks: u8,
    p256: Functions,
    p384: Functions,
}

/// The functions of the core for one curve and size.
#[derive(Clone, Copy, Debug)]
struct Functions {
    bytes: usize,
    build: fn(&EcPublicKey) -> Result<Vec<u8>, UnusableKey>,
    load: for<'a> fn(&BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError>,
    provision: fn(&EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey>,
}

impl Functions {
    const fn of<C, S>() -> Self
    where
        C: JoseCurve + GeneratorTable<ServerTable> + Send + Sync,
        S: CombSize + Send + Sync,
    {
        Self {
            bytes: table_bytes::<C, S>(),
            build: build::<C, S>,
            load: load::<C, S>,
            provision: with_table_of::<C, S>,
        }
    }
}

macro_rules! sizes {
    ($($teeth:literal x $blocks:literal),*) => {
        &[$(TableSize {
            teeth: $teeth,
            blocks: $blocks,
            p256: Functions::of::<P256, Comb<$teeth, $blocks>>(),
            p384: Functions::of::<P384, Comb<$teeth, $blocks>>(),
        }),*]
    };
}

impl TableSize {
    /// All sizes, from the smallest to the largest.
    pub const ALL: &'static [Self] =
        sizes!(4 x 1, 5 x 1, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 8 x 4, 10 x 2);

    /// The size of a server's tables, [`ServerTable`].
    pub const SERVER: Self = Self {
        teeth: 10,
        blocks: 2,
        p256: Functions::of::<P256, ServerTable>(),
        p384: Functions::of::<P384, ServerTable>(),
    };

    /// Returns the size with these numbers of teeth and blocks, if there is one.
    #[must_use]
    pub fn find(teeth: u8, blocks: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|size| (size.teeth, size.blocks) == (teeth, blocks))
    }

    /// Returns the number of points that each entry combines.
    #[must_use]
    pub const fn teeth(self) -> u8 {
        self.teeth
    }

    /// Returns the number of blocks. Each has entries for its share of a scalar.
    #[must_use]
    pub const fn blocks(self) -> u8 {
        self.blocks
    }

    /// Returns the teeth and blocks of the generator's table to use with such tables: the smallest
    /// one in the core that is at least as large.
    #[must_use]
    pub const fn generator(self) -> (u8, u8) {
        match (self.teeth, self.blocks) {
            (..=5, _) => (5, 2),
            (6, _) => (6, 2),
            (7, _) | (8, ..=2) => (8, 2),
            _ => (10, 2),
        }
    }

    /// Returns the length of such a table in bytes.
    #[must_use]
    pub const fn bytes(self, algorithm: Algorithm) -> usize {
        self.functions(algorithm).bytes
    }

    /// Computes the table of a key.
    ///
    /// # Errors
    ///
    /// The point is not on its curve.
    pub fn build(self, key: &EcPublicKey) -> Result<Vec<u8>, UnusableKey> {
        (self.functions(key.algorithm()).build)(key)
    }

    /// Makes an engine of a key in a blob, after comparing its table with its point.
    ///
    /// # Errors
    ///
    /// The table has an unknown size, or belongs to another point.
    pub fn load<'a>(key: &BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError> {
        let (teeth, blocks) = key.size();
        let size = Self::find(teeth, blocks).ok_or(BlobError::Size { teeth, blocks })?;
        (size.functions(key.algorithm()).load)(key)
    }

    /// Makes an engine with a table of this size.
    ///
    /// # Errors
    ///
    /// The point is not on its curve.
    pub fn provision(self, key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
        (self.functions(key.algorithm()).provision)(key)
    }

    const fn functions(self, algorithm: Algorithm) -> Functions {
        match algorithm {
            Algorithm::Es256 => self.p256,
            Algorithm::Es384 => self.p384,
        }
    }
}

fn build<C, S>(key: &EcPublicKey) -> Result<Vec<u8>, UnusableKey>
where
    C: JoseCurve + GeneratorTable<ServerTable>,
    S: CombSize,
{
    let point = PublicKey::<C>::try_from(key)?;
    let mut table = vec![0; table_bytes::<C, S>()];
    ProvisionedKey::<C, S, _, ServerTable>::build_in(&point, table.as_mut_slice())
        .map_err(|_| UnusableKey::NotOnCurve)?;
    Ok(table)
}

fn load<'a, C, S>(key: &BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError>
where
    C: JoseCurve + GeneratorTable<ServerTable> + Send + Sync,
    S: CombSize + Send + Sync,
{
    Ok(Box::new(key.key::<C, S, ServerTable>()?))
}
