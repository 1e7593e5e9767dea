//! Blobs of provisioned keys: refused, or written again as they were; and a key is taken only with the
//! table of its point, or with the constant of its modulus. The same bytes go in as they are, and as keys
//! behind a good head of each version.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::SignatureVerifier;
use tollgate_core::engines::ecdsa::{
    Comb, GeneratorTable, JoseCurve, P256, P384, P521, ProvisionedKey, table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key};
use tollgate_core::engines::rsa::{AllSchemes, Bits4096, RsaKey, provisioned_bytes};
use tollgate_core::engines::{Blob, BlobKey, BlobKind};
use tollgate_tests::mint::crc32;

type Size = Comb<4, 1>;
type Generator = Comb<5, 2>;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some((count, keys)) = bytes.split_first() {
        for version in [1, 2] {
            check(&with_head(version, *count, keys));
        }
    }
});

fn check(bytes: &[u8]) {
    let Ok(blob) = Blob::parse(bytes) else { return };
    let keys: Vec<BlobKey<'_>> = blob.keys().collect();
    let mut written = vec![0xff; Blob::len_of(&keys)];
    assert_eq!(Blob::write(&keys, &mut written), Ok(written.len()));
    // Skipped keys are lost, and keys of version 2 that fit version 1 are written as such.
    if blob.skipped() == 0 && written[8] == bytes[8] {
        assert_eq!(written, bytes);
    }
    let read: Vec<BlobKey<'_>> = Blob::parse(&written).unwrap().keys().collect();
    assert_eq!(format!("{read:?}"), format!("{keys:?}"));
    for key in keys {
        match key.kind() {
            BlobKind::P256 => take_ecdsa::<P256>(&key),
            BlobKind::P384 => take_ecdsa::<P384>(&key),
            BlobKind::P521 => take_ecdsa::<P521>(&key),
            BlobKind::Ed25519 => take_ed25519(&key),
            BlobKind::Rsa => take_rsa(&key),
            other => panic!("{other:?} is not tested"),
        }
    }
}

fn take_ecdsa<C>(key: &BlobKey<'_>)
where
    C: JoseCurve + GeneratorTable<Generator>,
{
    let is_size = key.size() == (4, 1) && key.table().len() == table_bytes::<C, Size>();
    let trusted = key.trusted_ecdsa_key::<C, Size, Generator>();
    assert_eq!(trusted.is_ok(), is_size);
    if let Ok(trusted) = trusted {
        end_verification(&trusted);
    }
    let point = key.ecdsa_public_key::<C>();
    let is_own = is_size
        && point.is_ok_and(|point| {
            let memory = vec![0; table_bytes::<C, Size>()];
            let built = ProvisionedKey::<C, Size, _, Generator>::build_in(&point, memory).unwrap();
            built.table() == key.table()
        });
    assert_eq!(key.ecdsa_key::<C, Size, Generator>().is_ok(), is_own);
}

fn take_ed25519(key: &BlobKey<'_>) {
    let is_size = key.size() == (4, 1) && key.table().len() == eddsa::table_bytes::<Size>();
    let trusted = key.trusted_ed25519_key::<Size, Generator>();
    assert_eq!(trusted.is_ok(), is_size);
    if let Ok(trusted) = trusted {
        end_verification(&trusted);
    }
    let is_own = is_size
        && key.ed25519_public_key().is_ok_and(|point| {
            let memory = vec![0; eddsa::table_bytes::<Size>()];
            let built = Ed25519Key::<Size, _, Generator>::build_in(&point, memory).unwrap();
            built.table() == key.table()
        });
    assert_eq!(key.ed25519_key::<Size, Generator>().is_ok(), is_own);
}

fn take_rsa(key: &BlobKey<'_>) {
    let Ok(taken) = key.rsa_key::<AllSchemes, Bits4096>() else { return };
    assert_eq!(taken.algorithms(), key.algorithms());
    end_verification(&taken);
    let public = taken.public_key().unwrap();
    let memory = vec![0; provisioned_bytes(public.bits())];
    let built: RsaKey<_> = RsaKey::build_in(&public, memory).unwrap();
    assert_eq!(built.bytes(), key.table());
}

/// Whatever the table is, verifying with it ends.
fn end_verification(key: &impl SignatureVerifier) {
    for algorithm in key.algorithms().all().iter() {
        let _ = key.verify(algorithm, b"", &vec![1; key.signature_len()]);
    }
}

/// A blob of these keys, its length and its checksum as they must be.
fn with_head(version: u8, count: u8, keys: &[u8]) -> Vec<u8> {
    let length = u32::try_from(64 + keys.len()).unwrap();
    let body = [&[0; 44], keys].concat();
    let fields = [length.to_le_bytes(), crc32(&body).to_le_bytes()].concat();
    [b"TOLLGATE", &[version, 0, count, 0][..], &fields, &body].concat()
}
