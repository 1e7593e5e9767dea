//! Engines for both curves in one type, of which only what is asked for is linked.
//!
//! An enum would keep the code of all its arms; here, each constructor brings its own function.

use tollgate_core::provisioned::{
    BlobError, BlobKey, Comb, CombSize, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey,
    PublicKey, UntabledKey,
};
use tollgate_core::{Algorithm, EcPublicKey, InvalidSignature, SignatureVerifier, UnusableKey};

/// The size of the generators' tables: 4 and 6 KiB of the program.
pub(crate) type Generator = Comb<6, 2>;

type Verify = fn(&Material, &[u8], &[u8]) -> Result<(), InvalidSignature>;

#[derive(Clone, Copy)]
pub(crate) struct Engine {
    algorithm: Algorithm,
    verify: Verify,
    material: Material,
}

#[derive(Clone, Copy)]
enum Material {
    P256(PublicKey<P256>),
    P384(PublicKey<P384>),
    /// Of the blob, which outlives the key set: that is the C caller's promise.
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

impl TryFrom<&EcPublicKey> for Engine {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        let algorithm = key.algorithm();
        Ok(match algorithm {
            Algorithm::Es256 => {
                let material = Material::P256(PublicKey::try_from(key)?);
                Self { algorithm, verify: p256, material }
            }
            Algorithm::Es384 => {
                let material = Material::P384(PublicKey::try_from(key)?);
                Self { algorithm, verify: p384, material }
            }
        })
    }
}

fn p256(key: &Material, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let Material::P256(key) = key else { return Err(InvalidSignature) };
    UntabledKey::<P256, Generator>::from(*key).verify(message, signature)
}

fn p384(key: &Material, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let Material::P384(key) = key else { return Err(InvalidSignature) };
    UntabledKey::<P384, Generator>::from(*key).verify(message, signature)
}

fn tabled<C, S>(key: &Material, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature>
where
    C: JoseCurve + GeneratorTable<Generator>,
    S: CombSize,
{
    let Material::Table(table) = key else { return Err(InvalidSignature) };
    let key = ProvisionedKey::<C, S, _, Generator>::from_trusted_table(*table);
    key.map_err(|_| InvalidSignature)?.verify(message, signature)
}

/// What is done with a blob's tables before they are used; a type, so that comparing is linked only
/// where it is asked for.
pub(crate) trait Tables {
    fn check<C, S>(key: &BlobKey<'static>) -> Result<(), BlobError>
    where
        C: JoseCurve + GeneratorTable<Generator>,
        S: CombSize;
}

/// They are compared with their keys' points.
pub(crate) struct Compared;

/// They are taken as they are.
pub(crate) struct Trusted;

impl Tables for Compared {
    fn check<C, S>(key: &BlobKey<'static>) -> Result<(), BlobError>
    where
        C: JoseCurve + GeneratorTable<Generator>,
        S: CombSize,
    {
        key.key::<C, S, Generator>().map(drop)
    }
}

impl Tables for Trusted {
    fn check<C, S>(key: &BlobKey<'static>) -> Result<(), BlobError>
    where
        C: JoseCurve + GeneratorTable<Generator>,
        S: CombSize,
    {
        key.trusted_key::<C, S, Generator>().map(drop)
    }
}

/// The engine of a blob's key; an error if its table has no known size.
pub(crate) fn of_blob<T: Tables>(key: &BlobKey<'static>) -> Result<Engine, BlobError> {
    let (teeth, blocks) = key.size();
    macro_rules! sizes {
        ($($t:literal x $b:literal),*) => {
            match (key.algorithm(), teeth, blocks) {
                $((Algorithm::Es256, $t, $b) => load::<T, P256, Comb<$t, $b>>(key),
                  (Algorithm::Es384, $t, $b) => load::<T, P384, Comb<$t, $b>>(key),)*
                _ => Err(BlobError::Size { teeth, blocks }),
            }
        };
    }
    sizes!(4 x 1, 5 x 1, 5 x 2, 6 x 2, 7 x 2, 8 x 2, 8 x 4, 10 x 2)
}

fn load<T: Tables, C, S>(key: &BlobKey<'static>) -> Result<Engine, BlobError>
where
    C: JoseCurve + GeneratorTable<Generator>,
    S: CombSize,
{
    T::check::<C, S>(key)?;
    let material = Material::Table(key.table());
    Ok(Engine { algorithm: C::ALGORITHM, verify: tabled::<C, S>, material })
}
