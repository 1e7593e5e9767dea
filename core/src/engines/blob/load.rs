//! Makes engines of the keys of a blob, which borrow the blob.

use super::error::BlobError;
use super::key::BlobKey;
use super::kind::BlobKind;
use crate::algorithm::{Algorithm, KeyAlgorithms};
use crate::engines::comb::CombSize;
use crate::engines::ecdsa::{GeneratorTable, JoseCurve, ProvisionedKey, PublicKey};
use crate::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};
use crate::engines::rsa::{Capacity, RsaKey, Schemes};

impl<'a> BlobKey<'a> {
    /// Returns the point of an ECDSA key, for comparison with a known one.
    ///
    /// # Errors
    ///
    /// The key is for another curve than `C`, or its point is not on it.
    pub fn ecdsa_public_key<C: JoseCurve>(&self) -> Result<PublicKey<C>, BlobError> {
        self.check_curve::<C>()?;
        PublicKey::from_coordinates(self.x, self.y).map_err(|_| BlobError::NotOnCurve)
    }

    /// Returns an ECDSA key after comparing its table with its point. The key borrows the table from the
    /// blob. As with a JWK set, the caller must ensure that the point belongs to the issuer.
    ///
    /// # Errors
    ///
    /// The key has another curve than `C` or a table of another size than `S`, or the table does not
    /// belong to the point.
    pub fn ecdsa_key<C, S, G>(&self) -> Result<ProvisionedKey<C, S, &'a [u8], G>, BlobError>
    where
        C: JoseCurve + GeneratorTable<G>,
        S: CombSize,
        G: CombSize,
    {
        self.check_curve::<C>()?;
        self.check_size::<S>()?;
        ProvisionedKey::from_table(&self.ecdsa_public_key::<C>()?, self.table)
            .map_err(|_| BlobError::ForeignTable)
    }

    /// Returns an ECDSA key without checking its table.
    ///
    /// This trusts the blob: anyone who can write it decides which signatures verify; see
    /// [`ProvisionedKey::from_trusted_table`]. Use it for flash that only the owner can write, where
    /// start-up must be fast.
    ///
    /// # Errors
    ///
    /// The key has another curve than `C`, or a table of another size than `S`.
    pub fn trusted_ecdsa_key<C, S, G>(&self) -> Result<ProvisionedKey<C, S, &'a [u8], G>, BlobError>
    where
        C: JoseCurve + GeneratorTable<G>,
        S: CombSize,
        G: CombSize,
    {
        self.check_curve::<C>()?;
        self.check_size::<S>()?;
        ProvisionedKey::from_trusted_table(self.table).map_err(|_| BlobError::ForeignTable)
    }

    /// Returns the 32 bytes of an Ed25519 key, unchecked.
    ///
    /// # Errors
    ///
    /// The key is of another kind.
    pub fn ed25519_bytes(&self) -> Result<&'a [u8; 32], BlobError> {
        self.check_kind(BlobKind::Ed25519)?;
        self.x.try_into().map_err(|_| BlobError::NotOnCurve)
    }

    /// Returns the point of an Ed25519 key, for comparison with a known one.
    ///
    /// # Errors
    ///
    /// The key is of another kind, or its point is not a public key.
    pub fn ed25519_public_key(&self) -> Result<Ed25519PublicKey, BlobError> {
        Ed25519PublicKey::from_bytes(self.ed25519_bytes()?).map_err(|_| BlobError::NotOnCurve)
    }

    /// Returns an Ed25519 key after comparing its table with its point, as
    /// [`ecdsa_key`](Self::ecdsa_key) does.
    ///
    /// # Errors
    ///
    /// The key is of another kind or has a table of another size than `S`, its point is not a public
    /// key, or the table does not belong to the point.
    pub fn ed25519_key<S, G>(&self) -> Result<Ed25519Key<S, &'a [u8], G>, BlobError>
    where
        S: CombSize,
        G: eddsa::GeneratorTable,
    {
        let point = self.ed25519_bytes()?;
        self.check_size::<S>()?;
        let key = Ed25519PublicKey::from_bytes(point).map_err(|_| BlobError::NotOnCurve)?;
        Ed25519Key::from_table(&key, self.table).map_err(|_| BlobError::ForeignTable)
    }

    /// Returns an Ed25519 key without checking its point and its table, as
    /// [`trusted_ecdsa_key`](Self::trusted_ecdsa_key) does.
    ///
    /// # Errors
    ///
    /// The key is of another kind, or has a table of another size than `S`.
    pub fn trusted_ed25519_key<S, G>(&self) -> Result<Ed25519Key<S, &'a [u8], G>, BlobError>
    where
        S: CombSize,
        G: eddsa::GeneratorTable,
    {
        let point = self.ed25519_bytes()?;
        self.check_size::<S>()?;
        Ed25519Key::from_trusted_table(*point, self.table).map_err(|_| BlobError::ForeignTable)
    }

    /// Returns an RSA key after checking everything that [`RsaKey::from_bytes`] checks, with the key's
    /// algorithms as far as the engine has their schemes. The key borrows its bytes from the blob. There
    /// is no faster way that trusts the blob, because the check takes less time than a verification.
    ///
    /// # Errors
    ///
    /// The key is of another kind, or for an algorithm that is not in `S`; it is longer than `C`; or it
    /// does not satisfy the rules for RSA keys.
    pub fn rsa_key<S: Schemes, C: Capacity>(&self) -> Result<RsaKey<&'a [u8], S, C>, BlobError> {
        self.check_kind(BlobKind::Rsa)?;
        let key = RsaKey::from_bytes(self.table).map_err(|error| BlobError::RsaKey { error })?;
        if self.algorithms == KeyAlgorithms::RSA {
            return Ok(key);
        }
        let fixed = self.algorithms.usual().and_then(|alg| key.with_alg(alg));
        fixed.ok_or(self.other_algorithm())
    }

    fn check_curve<C: JoseCurve>(&self) -> Result<(), BlobError> {
        self.check_kind(BlobKind::of_curve(C::ALGORITHM))
    }

    fn check_kind(&self, kind: BlobKind) -> Result<(), BlobError> {
        if self.kind == kind { Ok(()) } else { Err(self.other_algorithm()) }
    }

    fn check_size<S: CombSize>(&self) -> Result<(), BlobError> {
        let (teeth, blocks) = self.size();
        if (usize::from(teeth), usize::from(blocks)) == (S::TEETH, S::BLOCKS) {
            Ok(())
        } else {
            Err(BlobError::Size { teeth, blocks })
        }
    }

    fn other_algorithm(&self) -> BlobError {
        let found = self.algorithms.usual().unwrap_or(Algorithm::Rs256);
        BlobError::Algorithm { found }
    }
}
