//! Blobs of provisioned keys of all kinds.

use tollgate_core::engines::ecdsa::{
    Comb, CombSize, EcPublicKey, JoseCurve, P256, P384, P521, ProvisionedKey, PublicKey,
    table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};
use tollgate_core::engines::rsa::{RsaKey, RsaPublicKey, provisioned_bytes};
use tollgate_core::engines::{Blob, BlobKey};
use tollgate_core::{Algorithm, KeyId};

use crate::mint::SigningKey;

/// A public key that owns what a [`BlobKey`] borrows.
pub struct Provisioned {
    id: Option<KeyId>,
    size: (u8, u8),
    numbers: Numbers,
    /// The table, or the bytes of an RSA key.
    pub table: Vec<u8>,
}

enum Numbers {
    Ec(EcPublicKey),
    Ed25519(Box<Ed25519PublicKey>),
    Rsa(Option<Algorithm>),
}

impl Provisioned {
    /// The public key with a table of size `S`. An RSA key is for its one algorithm.
    pub fn new<S: CombSize>(id: Option<&str>, key: &SigningKey) -> Self {
        let (numbers, table) = match key {
            SigningKey::P256(_) => ec(key, table_of::<P256, S>),
            SigningKey::P384(_) => ec(key, table_of::<P384, S>),
            SigningKey::P521(_) => ec(key, table_of::<P521, S>),
            SigningKey::Ed25519(key) => {
                let point = Ed25519PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap();
                let memory = vec![0; eddsa::table_bytes::<S>()];
                let key = Ed25519Key::<S, _, Comb<5, 2>>::build_in(&point, memory).unwrap();
                (Numbers::Ed25519(Box::new(point)), key.table().to_vec())
            }
            SigningKey::Rsa(key, algorithm) => {
                let [n, e] = [key.modulus(), key.exponent()].map(|number| number.to_bytes_be());
                let key = RsaPublicKey::from_be_bytes(&n, &e).unwrap();
                let memory = vec![0; provisioned_bytes(key.bits())];
                let key: RsaKey<_> = RsaKey::build_in(&key, memory).unwrap();
                (Numbers::Rsa(Some(*algorithm)), key.bytes().to_vec())
            }
        };
        let size = [S::TEETH, S::BLOCKS].map(|number| u8::try_from(number).unwrap());
        let id = id.map(|id| KeyId::new(id).unwrap());
        Self { id, size: size.into(), numbers, table }
    }

    /// Removes the `alg` of an RSA key.
    pub fn without_alg(self) -> Self {
        Self { numbers: Numbers::Rsa(None), ..self }
    }

    /// What to write.
    pub fn key(&self) -> BlobKey<'_> {
        match &self.numbers {
            Numbers::Ec(point) => BlobKey::ecdsa(self.id, point, self.size, &self.table),
            Numbers::Ed25519(point) => BlobKey::ed25519(self.id, point, self.size, &self.table),
            Numbers::Rsa(alg) => BlobKey::rsa(self.id, *alg, &self.table).unwrap(),
        }
    }
}

/// The blob of these keys.
pub fn blob<'k>(keys: impl IntoIterator<Item = &'k Provisioned>) -> Vec<u8> {
    let keys: Vec<_> = keys.into_iter().map(Provisioned::key).collect();
    let mut bytes = vec![0xff; Blob::len_of(&keys)];
    assert_eq!(Blob::write(&keys, &mut bytes), Ok(bytes.len()));
    bytes
}

fn ec(key: &SigningKey, table: fn(&EcPublicKey) -> Vec<u8>) -> (Numbers, Vec<u8>) {
    let (x, y) = key.coordinates();
    let key = EcPublicKey::new(key.algorithm(), &x, &y).unwrap();
    (Numbers::Ec(key), table(&key))
}

fn table_of<C: JoseCurve, S: CombSize>(key: &EcPublicKey) -> Vec<u8> {
    let key = PublicKey::<C>::from_coordinates(key.x(), key.y()).unwrap();
    let memory = vec![0; table_bytes::<C, S>()];
    let key = ProvisionedKey::<C, S, _, Comb<5, 2>>::build_in(&key, memory).unwrap();
    key.table().to_vec()
}
