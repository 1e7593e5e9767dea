//! One engine type for both curves and all sizes of tables. Only the code of the engines in use is linked.
//!
//! An enum would link the code of all its variants. Here, each constructor refers to its own function.

use core::ops::Range;

#[cfg(feature = "es256")]
use tollgate_core::provisioned::P256;
#[cfg(feature = "es384")]
use tollgate_core::provisioned::P384;
use tollgate_core::provisioned::{
    BlobError, BlobKey, Comb, CombSize, GeneratorTable, JoseCurve, ProvisionedKey, PublicKey,
    UntabledKey,
};
use tollgate_core::{Algorithm, EcPublicKey, InvalidSignature, SignatureVerifier, UnusableKey};

use crate::memory;

/// The size of the generators' tables, which take 4 and 6 KiB of the program.
type Generator = Comb<6, 2>;

type Verify = fn(&Material, &[u8], &[u8]) -> Result<(), InvalidSignature>;

#[derive(Clone, Copy)]
pub(crate) struct Engine {
    algorithm: Algorithm,
    verify: Verify,
    material: Material,
}

#[derive(Clone, Copy)]
enum Material {
    Point(EcPublicKey),
    /// A part of the blob. The C caller promises that it outlives the key set.
    Table(&'static [u8]),
}

impl SignatureVerifier for Engine {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        (self.verify)(&self.material, message, signature)
    }
}

impl Engine {
    /// The engine for a key of a JWK set.
    pub(crate) fn without_table(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        match key.algorithm() {
            #[cfg(feature = "es256")]
            Algorithm::Es256 => Self::for_point::<P256>(key),
            #[cfg(feature = "es384")]
            Algorithm::Es384 => Self::for_point::<P384>(key),
            #[cfg(not(all(feature = "es256", feature = "es384")))]
            _ => Err(UnusableKey::NotForThisEngine),
        }
    }

    fn for_point<C: JoseCurve + GeneratorTable<Generator>>(
        key: &EcPublicKey,
    ) -> Result<Self, UnusableKey> {
        PublicKey::<C>::try_from(key)?;
        let material = Material::Point(*key);
        Ok(Self { algorithm: C::ALGORITHM, verify: verify_without_table::<C>, material })
    }

    /// The engine for a key of a blob. Checks the table against the key unless it is trusted. That is a
    /// const parameter, so that the check is linked only where it is used.
    pub(crate) fn with_table_of<const TRUSTED: bool>(
        key: &BlobKey<'static>,
    ) -> Result<Self, BlobError> {
        let (teeth, blocks) = key.size();
        macro_rules! sizes {
            ($($feature:literal: $t:literal x $b:literal,)*) => {
                match (key.algorithm(), teeth, blocks) {
                    $(
                        #[cfg(all(feature = "es256", feature = $feature))]
                        (Algorithm::Es256, $t, $b) => Self::for_table::<TRUSTED, P256, Comb<$t, $b>>(key),
                        #[cfg(all(feature = "es384", feature = $feature))]
                        (Algorithm::Es384, $t, $b) => Self::for_table::<TRUSTED, P384, Comb<$t, $b>>(key),
                    )*
                    _ => Err(BlobError::Size { teeth, blocks }),
                }
            };
        }
        sizes! {
            "comb-4x1": 4 x 1,
            "comb-5x1": 5 x 1,
            "comb-5x2": 5 x 2,
            "comb-6x2": 6 x 2,
            "comb-7x2": 7 x 2,
            "comb-8x2": 8 x 2,
            "comb-8x4": 8 x 4,
            "comb-10x2": 10 x 2,
        }
    }

    fn for_table<const TRUSTED: bool, C, S>(key: &BlobKey<'static>) -> Result<Self, BlobError>
    where
        C: JoseCurve + GeneratorTable<Generator>,
        S: CombSize,
    {
        if TRUSTED {
            key.trusted_key::<C, S, Generator>()?;
        } else {
            key.key::<C, S, Generator>()?;
        }
        let material = Material::Table(key.table());
        Ok(Self { algorithm: C::ALGORITHM, verify: verify_with_table::<C, S>, material })
    }

    /// The addresses of the table that the engine borrows.
    pub(crate) fn span(&self) -> Range<usize> {
        match self.material {
            Material::Point(_) => 0..0,
            Material::Table(table) => memory::span(table.as_ptr(), table.len()),
        }
    }
}

fn verify_without_table<C>(
    key: &Material,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature>
where
    C: JoseCurve + GeneratorTable<Generator>,
{
    let Material::Point(key) = key else { return Err(InvalidSignature) };
    let key = PublicKey::<C>::try_from(key).map_err(|_| InvalidSignature)?;
    UntabledKey::<C, Generator>::from(key).verify(message, signature)
}

fn verify_with_table<C, S>(
    key: &Material,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature>
where
    C: JoseCurve + GeneratorTable<Generator>,
    S: CombSize,
{
    let Material::Table(table) = key else { return Err(InvalidSignature) };
    let key = ProvisionedKey::<C, S, _, Generator>::from_trusted_table(*table);
    key.map_err(|_| InvalidSignature)?.verify(message, signature)
}
