//! Blobs of provisioned keys: their contents, and those that are refused.

use tollgate_core::Algorithm;
use tollgate_core::engines::ecdsa::{Comb, P256, P384, table_bytes};
use tollgate_core::engines::{Blob, BlobError};
use tollgate_tests::blob::{Provisioned, blob};
use tollgate_tests::mint::{SigningKey, crc32, k1, k2};

type Size = Comb<5, 2>;

/// A blob of two keys, `k1` without an id.
fn good() -> Vec<u8> {
    blob(&[Provisioned::new::<Size>(None, &k1()), Provisioned::new::<Size>(Some("k2"), &k2())])
}

#[test]
fn what_is_written_is_read() {
    let bytes = good();
    let blob = Blob::parse(&bytes).unwrap();
    let keys: Vec<_> = blob.keys().collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(
        (keys[0].algorithms(), keys[0].id(), keys[0].size()),
        (Algorithm::Es256.into(), None, (5, 2))
    );
    assert_eq!(keys[1].id().unwrap().as_str(), "k2");
    assert!(keys[0].ecdsa_key::<P256, Size, Size>().is_ok());
    assert!(keys[1].ecdsa_key::<P384, Size, Size>().is_ok());
    let table = keys[1].trusted_ecdsa_key::<P384, Size, Size>().unwrap();
    assert_eq!(table.table(), Provisioned::new::<Size>(None, &k2()).table);
    assert_eq!(table.table().as_ptr().addr() % 64, bytes.as_ptr().addr() % 64, "aligned");
}

#[test]
fn too_little_room_says_how_much_it_takes() {
    let key = Provisioned::new::<Size>(None, &k1());
    let keys = [key.key()];
    let len = Blob::len_of(&keys);
    let expected = u32::try_from(len).unwrap();
    assert_eq!(Blob::write(&keys, &mut vec![0; len - 1]), Err(BlobError::Length { expected }));
}

#[test]
fn keys_of_another_curve_or_size_are_refused() {
    let bytes = good();
    let key = Blob::parse(&bytes).unwrap().keys().next().unwrap();
    let curve = key.ecdsa_key::<P384, Size, Size>().map(drop);
    assert_eq!(curve, Err(BlobError::Algorithm { found: Algorithm::Es256 }));
    let size = key.trusted_ecdsa_key::<P256, Comb<6, 2>, Size>().map(drop);
    assert_eq!(size, Err(BlobError::Size { teeth: 5, blocks: 2 }));
}

#[test]
fn a_table_of_another_key_is_refused_unless_it_is_trusted() {
    let mut first = Provisioned::new::<Size>(None, &k1());
    first.table = Provisioned::new::<Size>(None, &SigningKey::p256("another")).table;
    let bytes = blob(&[first]);
    let key = Blob::parse(&bytes).unwrap().keys().next().unwrap();
    assert_eq!(key.ecdsa_key::<P256, Size, Size>().map(drop), Err(BlobError::ForeignTable));
    assert!(key.trusted_ecdsa_key::<P256, Size, Size>().is_ok());
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    let bytes = good();
    for len in 0..bytes.len() {
        assert!(Blob::parse(&bytes[..len]).is_err(), "{len} bytes");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Blob::parse(&changed).is_err(), "byte {at}");
    }
}

/// The same bytes with a checksum that matches.
fn repaired(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32(&bytes[20..]);
    bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn what_makes_no_sense_is_refused_although_its_checksum_matches() {
    let good = good();
    assert_eq!(repaired(good.clone()), good);
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Blob::parse(&repaired(bytes)).map(drop)
    };
    // The zeros of the head, the curve, the length of the id, that of the table, the padding.
    for (at, byte) in [(20, 1), (63, 1), (64, 3), (67, 129), (71, 0xff), (64 + 127, 1)] {
        assert_eq!(changed(at, byte), Err(BlobError::Malformed), "byte {at}");
    }
    let mut fewer = good.clone();
    fewer[10] = 1;
    assert_eq!(Blob::parse(&repaired(fewer)).map(drop), Err(BlobError::Malformed));
}

#[test]
fn no_change_of_a_table_passes_for_the_table() {
    let good = good();
    let table = 64 + 128;
    for at in (table..table + table_bytes::<P256, Size>()).step_by(37) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let bytes = repaired(bytes);
        let key = Blob::parse(&bytes).unwrap().keys().next().unwrap();
        assert_eq!(
            key.ecdsa_key::<P256, Size, Size>().map(drop),
            Err(BlobError::ForeignTable),
            "{at}"
        );
    }
}

#[test]
fn a_blob_is_pinned_to_a_key_by_its_point() {
    let bytes = good();
    let key = Blob::parse(&bytes).unwrap().keys().next().unwrap();
    assert!(key.ecdsa_public_key::<P256>().is_ok());
    let found = key.ecdsa_public_key::<P384>().map(drop);
    assert_eq!(found, Err(BlobError::Algorithm { found: Algorithm::Es256 }));
}

#[test]
fn a_blob_of_version_1_is_read_and_written_as_it_was_before_version_2() {
    let bytes = include_bytes!("../../../c-api/firmware/keys.bin");
    assert_eq!(bytes[8..10], [1, 0]);
    let keys: Vec<_> = Blob::parse(bytes).unwrap().keys().collect();
    assert!(keys.len() > 1);
    let mut written = vec![0xff; Blob::len_of(&keys)];
    Blob::write(&keys, &mut written).unwrap();
    assert!(written == bytes);
}
