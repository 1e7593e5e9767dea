//! ECDSA with keys of JWK sets and of blobs.

#![cfg_attr(
    not(any(feature = "es256", feature = "es384", feature = "large-jwks-keys")),
    allow(dead_code, unused_variables, reason = "then every ECDSA key is in a blob")
)]

use tollgate_core::engines::ecdsa::{
    Comb, CombSize, EcPublicKey, GeneratorTable, JoseCurve, ProvisionedKey, PublicKey, UntabledKey,
};
use tollgate_core::engines::{BlobError, BlobKey};
use tollgate_core::{Algorithm, InvalidSignature, Jwk, SignatureVerifier, UnusableKey};

use super::sizes::by_size;
use super::{Engine, Generator, Material};

/// The length of the longest coordinate: of P-384, or of P-521 if there is room for it.
const MAX_COORDINATE_LEN: usize =
    if cfg!(all(feature = "es512", feature = "large-jwks-keys")) { 66 } else { 48 };

/// Both coordinates, of the curve's length.
pub(super) type Coordinates = [u8; 2 * MAX_COORDINATE_LEN];

pub(super) fn from_jwk(jwk: &Jwk<'_>) -> Result<Engine, UnusableKey> {
    let key = &EcPublicKey::try_from(jwk)?;
    match key.algorithm() {
        #[cfg(feature = "es256")]
        Algorithm::Es256 => for_point::<tollgate_core::engines::ecdsa::P256>(key),
        #[cfg(feature = "es384")]
        Algorithm::Es384 => for_point::<tollgate_core::engines::ecdsa::P384>(key),
        #[cfg(all(feature = "es512", feature = "large-jwks-keys"))]
        Algorithm::Es512 => for_point::<tollgate_core::engines::ecdsa::P521>(key),
        _ => Err(UnusableKey::NotForThisEngine),
    }
}

fn for_point<C: JoseCurve + GeneratorTable<Generator>>(
    key: &EcPublicKey,
) -> Result<Engine, UnusableKey> {
    PublicKey::<C>::try_from(key)?;
    let mut coordinates = [0; 2 * MAX_COORDINATE_LEN];
    let bytes = key.x().iter().chain(key.y());
    coordinates.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Ok(engine::<C>(verify_without_table::<C>, Material::Point(coordinates)))
}

pub(super) fn from_blob<const TRUSTED: bool, C: JoseCurve + GeneratorTable<Generator>>(
    key: &BlobKey<'static>,
) -> Result<Engine, BlobError> {
    by_size!(key, for_table::<TRUSTED, C>)
}

fn for_table<const TRUSTED: bool, C, S>(key: &BlobKey<'static>) -> Result<Engine, BlobError>
where
    C: JoseCurve + GeneratorTable<Generator>,
    S: CombSize,
{
    if TRUSTED {
        key.trusted_ecdsa_key::<C, S, Generator>()?;
    } else {
        key.ecdsa_key::<C, S, Generator>()?;
    }
    Ok(engine::<C>(verify_with_table::<C, S>, Material::Table(key.table())))
}

fn engine<C: JoseCurve>(verify: super::Verify, material: Material) -> Engine {
    let signature_len = match C::ALGORITHM {
        Algorithm::Es256 => 64,
        Algorithm::Es384 => 96,
        _ => 132,
    };
    Engine { algorithms: C::ALGORITHM.into(), signature_len, verify, material }
}

fn verify_without_table<C>(
    key: &Material,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature>
where
    C: JoseCurve + GeneratorTable<Generator>,
{
    let Material::Point(coordinates) = key else { return Err(InvalidSignature) };
    // As long as half a signature is.
    let (x, rest) = coordinates.split_at_checked(signature.len() / 2).ok_or(InvalidSignature)?;
    let y = rest.get(..x.len()).ok_or(InvalidSignature)?;
    let key = PublicKey::<C>::from_coordinates(x, y).map_err(|_| InvalidSignature)?;
    UntabledKey::<C, Generator>::from(key).verify(algorithm, message, signature)
}

fn verify_with_table<C, S>(
    key: &Material,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature>
where
    C: JoseCurve + GeneratorTable<Generator>,
    S: CombSize,
{
    let Material::Table(table) = key else { return Err(InvalidSignature) };
    let key = ProvisionedKey::<C, S, _, Generator>::from_trusted_table(*table);
    key.map_err(|_| InvalidSignature)?.verify(algorithm, message, signature)
}
