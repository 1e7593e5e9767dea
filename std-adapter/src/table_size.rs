//! The sizes of tables, chosen at run time; in the core they are types.

use tollgate_core::provisioned::{
    BlobError, BlobKey, Comb, CombSize, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey,
    PublicKey, table_bytes,
};
use tollgate_core::{Algorithm, EcPublicKey, SignatureVerifier, UnusableKey};

use crate::aligned::AlignedBytes;

/// The size of a server's tables: 64 KiB for a P-256 key, 96 KiB for a P-384 key.
pub type ServerTable = Comb<10, 2>;

/// Any engine, on the heap, that threads can share: engines of several kinds fit into one
/// [`KeySet`](tollgate_core::KeySet).
pub type BoxedVerifier<'a> = Box<dyn SignatureVerifier + Send + Sync + 'a>;

/// A size that a key's table can have.
#[derive(Clone, Copy, Debug)]
pub struct TableSize {
    teeth: u8,
    blocks: u8,
    p256: Functions,
    p384: Functions,
}

/// What the core can do for one curve and size.
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
            provision: provision::<C, S>,
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
    /// All sizes, the smallest first.
    pub const ALL: &'static [Self] =
        sizes!(4 x 1, 5 x 1, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 8 x 4, 10 x 2);

    /// The size of a server's tables, [`ServerTable`].
    pub const SERVER: Self = Self {
        teeth: 10,
        blocks: 2,
        p256: Functions::of::<P256, ServerTable>(),
        p384: Functions::of::<P384, ServerTable>(),
    };

    /// The size of so many teeth and blocks, if there is one.
    #[must_use]
    pub fn find(teeth: u8, blocks: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|size| (size.teeth, size.blocks) == (teeth, blocks))
    }

    /// Points that are combined in an entry.
    #[must_use]
    pub const fn teeth(self) -> u8 {
        self.teeth
    }

    /// Tables of entries, each for its share of a scalar.
    #[must_use]
    pub const fn blocks(self) -> u8 {
        self.blocks
    }

    /// Teeth and blocks of the generator's table that suits a device with such tables: the smallest
    /// one in the core that is not smaller.
    #[must_use]
    pub const fn generator(self) -> (u8, u8) {
        match (self.teeth, self.blocks) {
            (..=5, _) => (5, 2),
            (6, _) => (6, 2),
            (7, _) | (8, ..=2) => (8, 2),
            _ => (10, 2),
        }
    }

    /// The length of such a table, in bytes.
    #[must_use]
    pub const fn bytes(self, algorithm: Algorithm) -> usize {
        self.functions(algorithm).bytes
    }

    /// Computes the table of a key.
    ///
    /// # Errors
    ///
    /// The point is not on the curve.
    pub fn build(self, key: &EcPublicKey) -> Result<Vec<u8>, UnusableKey> {
        (self.functions(key.algorithm()).build)(key)
    }

    /// Takes a key of a blob, its table compared with its point.
    ///
    /// # Errors
    ///
    /// The table has a size that does not exist, or is not that of the point.
    pub fn load<'a>(key: &BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError> {
        let (teeth, blocks) = key.size();
        let size = Self::find(teeth, blocks).ok_or(BlobError::Size { teeth, blocks })?;
        (size.functions(key.algorithm()).load)(key)
    }

    /// The key with a table of its own.
    ///
    /// # Errors
    ///
    /// The point is not on the curve.
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

fn provision<C, S>(key: &EcPublicKey) -> Result<BoxedVerifier<'static>, UnusableKey>
where
    C: JoseCurve + GeneratorTable<ServerTable> + Send + Sync,
    S: CombSize + Send + Sync,
{
    let point = PublicKey::<C>::try_from(key)?;
    let memory = AlignedBytes::zeroed(table_bytes::<C, S>());
    let key = ProvisionedKey::<C, S, _, ServerTable>::build_in(&point, memory);
    Ok(Box::new(key.map_err(|_| UnusableKey::NotOnCurve)?))
}
