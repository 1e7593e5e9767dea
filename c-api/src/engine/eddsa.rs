//! EdDSA with keys of JWK sets and of blobs.

use tollgate_core::engines::eddsa::{Comb, CombSize, Ed25519Key, UntabledEd25519Key};
use tollgate_core::engines::{BlobError, BlobKey};
use tollgate_core::{Algorithm, InvalidSignature, Jwk, SignatureVerifier, UnusableKey};

use super::sizes::by_size;
use super::{Engine, Generator, Material, Verify};

/// An engine without a table. It keeps the decoded point, because decoding and checking it takes about as
/// long as a verification.
pub(super) type Untabled = UntabledEd25519Key<Generator>;

pub(super) fn from_jwk(jwk: &Jwk<'_>) -> Result<Engine, UnusableKey> {
    let key = Untabled::try_from(jwk)?;
    Ok(engine(verify_without_table, Material::Ed25519(key)))
}

pub(super) fn from_blob<const TRUSTED: bool>(key: &BlobKey<'static>) -> Result<Engine, BlobError> {
    by_size!(key, for_table::<TRUSTED>)
}

fn for_table<const TRUSTED: bool, S: CombSize>(
    key: &BlobKey<'static>,
) -> Result<Engine, BlobError> {
    if TRUSTED {
        key.trusted_ed25519_key::<S, Generator>()?;
    } else {
        key.ed25519_key::<S, Generator>()?;
    }
    let material = Material::Ed25519Table(*key.ed25519_bytes()?, key.table());
    Ok(engine(verify_with_table::<S>, material))
}

fn engine(verify: Verify, material: Material) -> Engine {
    Engine { algorithms: Algorithm::EdDsa.into(), signature_len: 64, verify, material }
}

fn verify_without_table(
    key: &Material,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let Material::Ed25519(key) = key else { return Err(InvalidSignature) };
    key.verify(algorithm, message, signature)
}

fn verify_with_table<S: CombSize>(
    key: &Material,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let Material::Ed25519Table(point, table) = key else { return Err(InvalidSignature) };
    let key = Ed25519Key::<S, _, Generator>::from_trusted_table(*point, *table);
    key.map_err(|_| InvalidSignature)?.verify(algorithm, message, signature)
}
