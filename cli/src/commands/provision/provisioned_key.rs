//! A key to write: [`ProvisionedKey`].

use tollgate::keys;
use tollgate::table_size::{TableKey, TableSize};
use tollgate_core::engines::BlobKey;
use tollgate_core::engines::rsa::{RsaKey, RsaPublicKey, provisioned_bytes};
use tollgate_core::{Algorithm, Jwk, KeyId, KeyType, UnusableKey};

/// A public key of a JWK set.
#[derive(Clone, PartialEq)]
pub(super) enum PublicKey {
    /// A point, which gets a table.
    Table(TableKey),
    /// Numbers, which get a constant.
    Rsa {
        key: Box<RsaPublicKey>,
        /// The only algorithm that the key is for.
        alg: Option<Algorithm>,
    },
}

/// A public key with what its engine needs.
pub(super) struct ProvisionedKey {
    pub(super) id: Option<KeyId>,
    pub(super) key: PublicKey,
    /// The table, or the bytes of an RSA key.
    pub(super) bytes: Vec<u8>,
}

impl PublicKey {
    /// Reads a key, and checks it. `rsa_algorithm` is the algorithm of an RSA key that names none.
    pub(super) fn from_jwk(
        jwk: &Jwk<'_>,
        rsa_algorithm: Option<Algorithm>,
    ) -> Result<Self, UnusableKey> {
        if jwk.key_type() == KeyType::Rsa {
            let key = Box::new(RsaPublicKey::try_from(jwk)?);
            return Ok(Self::Rsa { key, alg: jwk.alg().or(rsa_algorithm) });
        }
        // Refuses points that are not on the curve.
        keys::without_table(jwk)?;
        TableKey::try_from(jwk).map(Self::Table)
    }

    /// The algorithm of the key, or RS256 if nothing fixes that of an RSA key.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Table(key) => key.algorithm(),
            Self::Rsa { alg, .. } => alg.unwrap_or(Algorithm::Rs256),
        }
    }
}

impl ProvisionedKey {
    /// Computes the table or the constant of a key. `None` cannot happen for a key that was checked.
    pub(super) fn new(id: Option<KeyId>, key: PublicKey, size: TableSize) -> Option<Self> {
        let bytes = match &key {
            PublicKey::Table(key) => size.build(key).ok()?,
            PublicKey::Rsa { key, .. } => provision_rsa(key)?.bytes().to_vec(),
        };
        Some(Self { id, key, bytes })
    }

    /// The key as a blob holds it, with a table of this size.
    pub(super) fn in_blob(&self, size: TableSize) -> Option<BlobKey<'_>> {
        let size = (size.teeth(), size.blocks());
        Some(match &self.key {
            PublicKey::Table(TableKey::Ec(key)) => BlobKey::ecdsa(self.id, key, size, &self.bytes),
            PublicKey::Table(TableKey::Ed25519(key)) => {
                BlobKey::ed25519(self.id, key, size, &self.bytes)
            }
            PublicKey::Rsa { alg, .. } => BlobKey::rsa(self.id, *alg, &self.bytes)?,
        })
    }
}

/// Makes an engine of an RSA key, which computes the key's constant.
pub(super) fn provision_rsa(key: &RsaPublicKey) -> Option<RsaKey<Vec<u8>>> {
    RsaKey::build_in(key, vec![0; provisioned_bytes(key.bits())]).ok()
}
