//! [`TableSize`]: sizes of tables as values. The core has a type for each size.

use tollgate_core::engines::ecdsa::{
    Comb, CombSize, EcPublicKey, GeneratorTable, JoseCurve, P256, P384, P521, ProvisionedKey,
    PublicKey, table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};
use tollgate_core::engines::rsa::{AllSchemes, Bits4096};
use tollgate_core::engines::{BlobError, BlobKey, BlobKind};
use tollgate_core::{Algorithm, Jwk, KeyType, UnusableKey};

use crate::keys::{BoxedVerifier, FixedTable, ed25519_with_table_of, with_table_of};

/// The size of a key's table.
///
/// ```
/// use tollgate::table_size::{TableKey, TableSize};
/// use tollgate::tollgate_core::{Jwk, UnusableKey};
///
/// # let json = br#"{"kty":"EC","kid":"Qfe4O-82kyN6Zv1M5Wed3mtWdC_UKrNfZE28DzpnORQ","crv":"P-256",
/// #     "x":"7fdiiNw1HUrEv99_PrYz4EKpdtI87Gm-08OXMHPKaQk",
/// #     "y":"YqkcWqMDMH4GLFY_G31N1S_pjr1NASMBpcnTdBWDceA"}"#;
/// let (_, jwk) = Jwk::parse(json)?;
/// let key = TableKey::try_from(&jwk)?;
/// // The largest size whose table has at most 4 KiB for this key.
/// let fits = |size: &&TableSize| size.bytes(key.algorithm()).is_some_and(|bytes| bytes <= 4096);
/// let size = TableSize::ALL.iter().rfind(fits).ok_or(UnusableKey::NotForThisEngine)?;
/// assert_eq!((size.teeth(), size.blocks()), (6, 2));
/// assert_eq!(size.build(&key)?.len(), 4096);
/// # Ok::<(), UnusableKey>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TableSize {
    teeth: u8,
    blocks: u8,
    p256: Functions<EcPublicKey>,
    p384: Functions<EcPublicKey>,
    p521: Functions<EcPublicKey>,
    ed25519: Functions<Ed25519PublicKey>,
}

/// A public key of a kind that has tables.
///
/// See the example of [`TableSize`].
#[derive(Clone, Copy, Debug)]
pub enum TableKey {
    /// For ECDSA.
    Ec(EcPublicKey),
    /// For EdDSA.
    Ed25519(Ed25519PublicKey),
}

/// The functions of the core for one curve and size. `K` is the type of the curve's public keys.
#[derive(Clone, Copy, Debug)]
struct Functions<K> {
    bytes: usize,
    build: fn(&K) -> Result<Vec<u8>, UnusableKey>,
    load: for<'a> fn(&BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError>,
    provision: fn(&K) -> Result<BoxedVerifier<'static>, UnusableKey>,
}

impl Functions<EcPublicKey> {
    const fn ecdsa<C, S>() -> Self
    where
        C: JoseCurve + GeneratorTable<FixedTable> + Send + Sync,
        S: CombSize + Send + Sync,
    {
        Self {
            bytes: table_bytes::<C, S>(),
            build: build_ecdsa::<C, S>,
            load: load_ecdsa::<C, S>,
            provision: with_table_of::<C, S>,
        }
    }
}

impl Functions<Ed25519PublicKey> {
    const fn ed25519<S>() -> Self
    where
        S: CombSize + Send + Sync,
    {
        Self {
            bytes: eddsa::table_bytes::<S>(),
            build: build_ed25519::<S>,
            load: load_ed25519::<S>,
            provision: ed25519_with_table_of::<S>,
        }
    }
}

macro_rules! sizes {
    ($($teeth:literal x $blocks:literal),*) => {
        &[$(TableSize::of::<Comb<$teeth, $blocks>>($teeth, $blocks)),*]
    };
}

impl TableSize {
    /// All sizes, from the smallest to the largest.
    pub const ALL: &'static [Self] =
        sizes!(4 x 1, 5 x 1, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 8 x 4, 10 x 2);

    const fn of<S: CombSize + Send + Sync>(teeth: u8, blocks: u8) -> Self {
        Self {
            teeth,
            blocks,
            p256: Functions::ecdsa::<P256, S>(),
            p384: Functions::ecdsa::<P384, S>(),
            p521: Functions::ecdsa::<P521, S>(),
            ed25519: Functions::ed25519::<S>(),
        }
    }

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

    /// Returns the length of such a table in bytes; `None` for algorithms without tables.
    #[must_use]
    pub fn bytes(self, algorithm: Algorithm) -> Option<usize> {
        match algorithm {
            Algorithm::EdDsa => Some(self.ed25519.bytes),
            _ => self.ecdsa(algorithm).map(|functions| functions.bytes),
        }
    }

    /// Computes the table of a key.
    ///
    /// # Errors
    ///
    /// The point is not on its curve.
    pub fn build(self, key: &TableKey) -> Result<Vec<u8>, UnusableKey> {
        match key {
            TableKey::Ec(key) => (self.ecdsa_of(key)?.build)(key),
            TableKey::Ed25519(key) => (self.ed25519.build)(key),
        }
    }

    /// Makes an engine of a key in a blob, after comparing its table with its point. RSA keys, which have
    /// no table, are checked as [`RsaKey::from_bytes`](tollgate_core::engines::rsa::RsaKey::from_bytes)
    /// says.
    ///
    /// # Errors
    ///
    /// The table has an unknown size, or belongs to another point; or the RSA key is invalid.
    pub fn load<'a>(key: &BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError> {
        let (teeth, blocks) = key.size();
        let size = || Self::find(teeth, blocks).ok_or(BlobError::Size { teeth, blocks });
        match key.kind() {
            BlobKind::P256 => (size()?.p256.load)(key),
            BlobKind::P384 => (size()?.p384.load)(key),
            BlobKind::P521 => (size()?.p521.load)(key),
            BlobKind::Ed25519 => (size()?.ed25519.load)(key),
            BlobKind::Rsa => Ok(Box::new(key.rsa_key::<AllSchemes, Bits4096>()?)),
            _ => Err(BlobError::Malformed),
        }
    }

    /// Makes an engine with a table of this size.
    ///
    /// # Errors
    ///
    /// The point is not on its curve.
    pub fn provision(self, key: &TableKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
        match key {
            TableKey::Ec(key) => (self.ecdsa_of(key)?.provision)(key),
            TableKey::Ed25519(key) => (self.ed25519.provision)(key),
        }
    }

    fn ecdsa_of(self, key: &EcPublicKey) -> Result<Functions<EcPublicKey>, UnusableKey> {
        self.ecdsa(key.algorithm()).ok_or(UnusableKey::NotForThisEngine)
    }

    const fn ecdsa(self, algorithm: Algorithm) -> Option<Functions<EcPublicKey>> {
        match algorithm {
            Algorithm::Es256 => Some(self.p256),
            Algorithm::Es384 => Some(self.p384),
            Algorithm::Es512 => Some(self.p521),
            _ => None,
        }
    }
}

impl TableKey {
    /// Returns the key's algorithm, which follows from its curve.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ec(key) => key.algorithm(),
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }
}

/// Equal keys can share a table, whatever the ids of their JWKs are.
impl PartialEq for TableKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ec(key), Self::Ec(other)) => key == other,
            (Self::Ed25519(key), Self::Ed25519(other)) => key.as_bytes() == other.as_bytes(),
            _ => false,
        }
    }
}

impl TryFrom<&Jwk<'_>> for TableKey {
    type Error = UnusableKey;

    fn try_from(jwk: &Jwk<'_>) -> Result<Self, UnusableKey> {
        match jwk.key_type() {
            KeyType::Ec => EcPublicKey::try_from(jwk).map(Self::Ec),
            KeyType::Okp => Ed25519PublicKey::try_from(jwk).map(Self::Ed25519),
            KeyType::Rsa => Err(UnusableKey::NotForThisEngine),
        }
    }
}

fn build_ecdsa<C, S>(key: &EcPublicKey) -> Result<Vec<u8>, UnusableKey>
where
    C: JoseCurve + GeneratorTable<FixedTable>,
    S: CombSize,
{
    let point = PublicKey::<C>::try_from(key)?;
    let mut table = vec![0; table_bytes::<C, S>()];
    ProvisionedKey::<C, S, _, FixedTable>::build_in(&point, table.as_mut_slice())
        .map_err(|_| UnusableKey::NotOnCurve)?;
    Ok(table)
}

fn build_ed25519<S: CombSize>(key: &Ed25519PublicKey) -> Result<Vec<u8>, UnusableKey> {
    let mut table = vec![0; eddsa::table_bytes::<S>()];
    Ed25519Key::<S, _, FixedTable>::build_in(key, table.as_mut_slice())
        .map_err(|_| UnusableKey::NotOnCurve)?;
    Ok(table)
}

fn load_ecdsa<'a, C, S>(key: &BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError>
where
    C: JoseCurve + GeneratorTable<FixedTable> + Send + Sync,
    S: CombSize + Send + Sync,
{
    Ok(Box::new(key.ecdsa_key::<C, S, FixedTable>()?))
}

fn load_ed25519<'a, S>(key: &BlobKey<'a>) -> Result<BoxedVerifier<'a>, BlobError>
where
    S: CombSize + Send + Sync,
{
    Ok(Box::new(key.ed25519_key::<S, FixedTable>()?))
}
