//! A blob as `tollgate provision --format bin` writes it.

use tollgate_core::provisioned::{
    Blob, BlobKey, Comb, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey, PublicKey,
    table_bytes,
};
use tollgate_core::{
    Algorithm, EcPublicKey, InvalidSignature, KeySet, SignatureVerifier, UnusableKey,
};

type Size = Comb<6, 2>;

/// A public key that only waits for its table.
struct Point(EcPublicKey);

impl TryFrom<&EcPublicKey> for Point {
    type Error = UnusableKey;

    fn try_from(key: &EcPublicKey) -> Result<Self, UnusableKey> {
        Ok(Self(*key))
    }
}

impl SignatureVerifier for Point {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Err(InvalidSignature)
    }
}

/// All keys of a JWK set, with tables of 6 × 2.
pub(crate) fn of_jwks(jwks: &[u8]) -> Vec<u8> {
    let set = KeySet::<Point, 8>::from_jwks(jwks).unwrap();
    let tables = set.keys().iter().map(|key| match key.algorithm() {
        Algorithm::Es256 => table::<P256>(&key.verifier().0),
        Algorithm::Es384 => table::<P384>(&key.verifier().0),
    });
    let tables: Vec<_> = tables.collect();
    let keys = set.keys().iter().zip(&tables);
    let keys =
        keys.map(|(key, table)| BlobKey::new(key.id().copied(), &key.verifier().0, (6, 2), table));
    let keys: Vec<_> = keys.collect();
    let mut blob = vec![0; Blob::len_of(&keys)];
    Blob::write(&keys, &mut blob).unwrap();
    blob
}

fn table<C: JoseCurve + GeneratorTable<Size>>(key: &EcPublicKey) -> Vec<u8> {
    let key = PublicKey::<C>::try_from(key).unwrap();
    let memory = vec![0; table_bytes::<C, Size>()];
    ProvisionedKey::<C, Size, _>::build_in(&key, memory).unwrap().table().to_vec()
}
