//! Blobs of version 2: keys of every kind, their algorithms, and those that are skipped or refused.

use tollgate_core::engines::ecdsa::{Comb, P521};
use tollgate_core::engines::rsa::{AllSchemes, Bits2048, Bits4096, InvalidRsaKey, Ps256, Rs256};
use tollgate_core::engines::{Blob, BlobError, BlobKey, BlobKind};
use tollgate_core::{Algorithm, KeyAlgorithms, SignatureVerifier};
use tollgate_tests::blob::{Provisioned, blob};
use tollgate_tests::mint::{SigningKey, crc32, key_for, kid_for};

type Size = Comb<4, 1>;

fn provisioned(algorithm: Algorithm) -> Provisioned {
    Provisioned::new::<Size>(Some(kid_for(algorithm)), &key_for(algorithm))
}

fn keys(bytes: &[u8]) -> Vec<BlobKey<'_>> {
    Blob::parse(bytes).unwrap().keys().collect()
}

/// The blob's only key.
fn key(bytes: &[u8]) -> BlobKey<'_> {
    keys(bytes)[0]
}

/// Changes a byte, and makes the checksum match.
fn with_byte(bytes: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = byte;
    let checksum = crc32(&bytes[20..]);
    bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn verifies(engine: &impl SignatureVerifier, algorithm: Algorithm) -> bool {
    let signature = key_for(algorithm).sign(b"message");
    assert!(engine.verify(algorithm, b"another", &signature).is_err());
    engine.verify(algorithm, b"message", &signature).is_ok()
}

#[test]
fn keys_of_every_algorithm_keep_it_and_verify() {
    let written: Vec<_> = Algorithm::ALL.iter().copied().map(provisioned).collect();
    let bytes = blob(&written);
    assert_eq!(bytes[8..10], [2, 0], "the version");
    let read = keys(&bytes);
    assert_eq!(read.len(), Algorithm::ALL.len());
    for (algorithm, key) in Algorithm::ALL.iter().copied().zip(&read) {
        assert_eq!(key.algorithms(), algorithm.into());
        assert_eq!(key.id().unwrap().as_str(), kid_for(algorithm));
        let address = key.table().as_ptr().addr();
        assert_eq!(address % 64, bytes.as_ptr().addr() % 64, "aligned");
        match key.kind() {
            BlobKind::P521 => {
                let engine = key.ecdsa_key::<P521, Size, Comb<5, 2>>().unwrap();
                assert!(verifies(&engine, algorithm));
                assert_eq!(engine.table().as_ptr(), key.table().as_ptr(), "borrowed");
            }
            BlobKind::Ed25519 => {
                let engine = key.ed25519_key::<Size, Comb<5, 2>>().unwrap();
                assert!(verifies(&engine, algorithm));
                let trusted = key.trusted_ed25519_key::<Size, Comb<5, 2>>().unwrap();
                assert!(verifies(&trusted, algorithm));
            }
            BlobKind::Rsa => {
                let engine = key.rsa_key::<AllSchemes, Bits4096>().unwrap();
                assert!(verifies(&engine, algorithm));
                assert_eq!(engine.bytes().as_ptr(), key.table().as_ptr(), "borrowed");
            }
            _ => assert!(matches!(algorithm, Algorithm::Es256 | Algorithm::Es384)),
        }
    }
}

#[test]
fn a_version_is_no_newer_than_its_keys() {
    for (algorithm, version) in [(Algorithm::Es256, 1), (Algorithm::Es384, 1)]
        .into_iter()
        .chain(Algorithm::ALL[2..].iter().map(|algorithm| (*algorithm, 2)))
    {
        assert_eq!(blob(&[provisioned(algorithm)])[8..10], [version, 0], "{algorithm}");
        let mixed = blob(&[provisioned(Algorithm::Es256), provisioned(algorithm)]);
        assert_eq!(mixed[8..10], [version, 0], "{algorithm}");
    }
    assert_eq!(blob(&[])[8..10], [1, 0]);
}

#[test]
fn an_rsa_key_for_one_algorithm_is_for_no_other() {
    let bytes = blob(&[provisioned(Algorithm::Ps256)]);
    let fixed = key(&bytes).rsa_key::<AllSchemes, Bits4096>().unwrap();
    assert_eq!(fixed.algorithms(), KeyAlgorithms::only(Algorithm::Ps256));
    let signature = SigningKey::rsa("2048", Algorithm::Rs256).sign(b"message");
    assert!(fixed.verify(Algorithm::Rs256, b"message", &signature).is_err());
    let other = key(&bytes).rsa_key::<Rs256, Bits4096>().map(drop);
    assert_eq!(other, Err(BlobError::Algorithm { found: Algorithm::Ps256 }));
    assert!(key(&bytes).rsa_key::<Ps256, Bits2048>().is_ok());
}

#[test]
fn an_rsa_key_without_alg_is_for_all_schemes_of_the_engine() {
    let bytes = blob(&[provisioned(Algorithm::Rs256).without_alg()]);
    assert_eq!(key(&bytes).algorithms(), KeyAlgorithms::RSA);
    let all = key(&bytes).rsa_key::<AllSchemes, Bits4096>().unwrap();
    assert_eq!(all.algorithms(), KeyAlgorithms::RSA);
    let one = key(&bytes).rsa_key::<Rs256, Bits4096>().unwrap();
    assert_eq!(one.algorithms(), KeyAlgorithms::only(Algorithm::Rs256));
    let unlisted = key(&bytes).rsa_key::<Ps256, Bits4096>().unwrap();
    assert!(!unlisted.algorithms().permit(Algorithm::Ps256, false));
}

#[test]
fn an_rsa_key_is_written_for_rsa_algorithms_only() {
    for algorithm in Algorithm::ALL {
        let is_rsa = KeyAlgorithms::RSA.all().contains(*algorithm);
        assert_eq!(BlobKey::rsa(None, Some(*algorithm), &[]).is_some(), is_rsa, "{algorithm}");
    }
}

#[test]
fn rsa_keys_prove_their_constants_and_lengths() {
    let bytes = blob(&[provisioned(Algorithm::Rs256)]);
    let table = 64 + 64;
    let refused = |at: usize, byte| {
        let bytes = with_byte(&bytes, at, byte);
        key(&bytes).rsa_key::<AllSchemes, Bits4096>().map(drop).unwrap_err()
    };
    let constant = refused(table + 256, !bytes[table + 256]);
    assert_eq!(constant, BlobError::RsaKey { error: InvalidRsaKey::ForeignConstant });
    let even = refused(table, bytes[table] ^ 1);
    assert_eq!(even, BlobError::RsaKey { error: InvalidRsaKey::Even });
    let exponent = refused(table + 512, 2);
    assert_eq!(exponent, BlobError::RsaKey { error: InvalidRsaKey::Exponent });
    let short = refused(table + 255, 0x7f);
    assert_eq!(short, BlobError::RsaKey { error: InvalidRsaKey::Bits { found: 2047 } });
}

#[test]
fn an_rsa_key_longer_than_the_engine_is_refused() {
    let bytes = blob(&[provisioned(Algorithm::Rs512)]);
    let refused = key(&bytes).rsa_key::<AllSchemes, Bits2048>().map(drop);
    assert_eq!(refused, Err(BlobError::RsaKey { error: InvalidRsaKey::Capacity }));
}

#[test]
fn ed25519_tables_are_compared_with_their_keys() {
    let bytes = blob(&[provisioned(Algorithm::EdDsa)]);
    let load = |at: usize| {
        let bytes = with_byte(&bytes, at, bytes[at] ^ 0x10);
        let trusted = key(&bytes).trusted_ed25519_key::<Size, Comb<5, 2>>();
        assert!(trusted.is_ok(), "byte {at}");
        key(&bytes).ed25519_key::<Size, Comb<5, 2>>().map(drop)
    };
    for at in (128..bytes.len()).step_by(29) {
        assert_eq!(load(at), Err(BlobError::ForeignTable), "byte {at}");
    }
    for at in 64 + 16..64 + 48 {
        assert!(
            matches!(load(at), Err(BlobError::NotOnCurve | BlobError::ForeignTable)),
            "byte {at}"
        );
    }
    let size = key(&bytes).ed25519_key::<Comb<5, 1>, Comb<5, 2>>().map(drop);
    assert_eq!(size, Err(BlobError::Size { teeth: 4, blocks: 1 }));
}

#[test]
fn ed25519_keys_of_small_order_are_refused() {
    let bytes = blob(&[provisioned(Algorithm::EdDsa)]);
    let mut identity = bytes;
    identity[80..112].fill(0);
    let identity = with_byte(&identity, 80, 1);
    let refused = key(&identity).ed25519_key::<Size, Comb<5, 2>>().map(drop);
    assert_eq!(refused, Err(BlobError::NotOnCurve));
}

#[test]
fn a_key_of_one_kind_is_not_taken_for_another() {
    let rsa = blob(&[provisioned(Algorithm::Rs256)]);
    let found = Algorithm::Rs256;
    let ec = key(&rsa).trusted_ecdsa_key::<P521, Size, Comb<5, 2>>().map(drop);
    assert_eq!(ec, Err(BlobError::Algorithm { found }));
    let ed = key(&rsa).trusted_ed25519_key::<Size, Comb<5, 2>>().map(drop);
    assert_eq!(ed, Err(BlobError::Algorithm { found }));
    let ed25519 = blob(&[provisioned(Algorithm::EdDsa)]);
    let rsa = key(&ed25519).rsa_key::<AllSchemes, Bits4096>().map(drop);
    assert_eq!(rsa, Err(BlobError::Algorithm { found: Algorithm::EdDsa }));
}

#[test]
fn keys_of_unknown_kinds_or_algorithms_are_skipped() {
    let bytes = blob(&[provisioned(Algorithm::Ps256), provisioned(Algorithm::EdDsa)]);
    for (at, byte) in [(64, 0), (64, 6), (64, 255), (64 + 12, 11), (64 + 12, 255)] {
        let changed = with_byte(&bytes, at, byte);
        let parsed = Blob::parse(&changed).unwrap();
        assert_eq!(parsed.skipped(), 1, "byte {at}");
        let kinds: Vec<_> = parsed.keys().map(|key| key.kind()).collect();
        assert_eq!(kinds, [BlobKind::Ed25519]);
    }
    // Nothing else in a skipped key matters.
    let unknown = with_byte(&bytes, 64, 99);
    for at in [64 + 1, 64 + 3, 64 + 4, 64 + 13, 64 + 63, 64 + 64] {
        let changed = with_byte(&unknown, at, !unknown[at]);
        assert_eq!(Blob::parse(&changed).unwrap().skipped(), 1, "byte {at}");
    }
    assert_eq!(Blob::parse(&bytes).unwrap().skipped(), 0);
}

#[test]
fn what_makes_no_sense_is_refused_although_its_checksum_matches() {
    let rsa = blob(&[provisioned(Algorithm::Ps256)]);
    let refused = |bytes: &[u8], at: usize, byte: u8| {
        let refused = Blob::parse(&with_byte(bytes, at, byte)).map(drop);
        assert_eq!(refused, Err(BlobError::Malformed), "byte {at}: {byte}");
    };
    // Teeth and blocks of RSA, the length of the id, of the table and of the key, an algorithm of another
    // kind, the zeros after it, and the padding after the id and the table.
    refused(&rsa, 65, 4);
    refused(&rsa, 66, 1);
    refused(&rsa, 67, 254);
    for byte in [0, 255] {
        refused(&rsa, 71, byte | 1);
        refused(&rsa, 72, byte | 1);
    }
    refused(&rsa, 73, rsa[73] + 1);
    refused(&rsa, 73, rsa[73] - 1);
    for algorithm in 1..=4 {
        refused(&rsa, 76, algorithm);
    }
    for at in [77, 78, 79, 127, rsa.len() - 1] {
        refused(&rsa, at, 1);
    }
    let ed25519 = blob(&[provisioned(Algorithm::EdDsa)]);
    for algorithm in [0, 1, 2, 3, 5, 10] {
        refused(&ed25519, 76, algorithm);
    }
    // The length of a skipped key.
    let unknown = with_byte(&ed25519, 64, 99);
    for (at, byte) in [(72, 0), (72, 1), (72, 128), (73, 0), (75, 255)] {
        refused(&unknown, at, byte);
    }
}

#[test]
fn version_1_has_no_keys_of_version_2() {
    let bytes = blob(&[provisioned(Algorithm::Es256)]);
    for kind in [0, 3, 4, 5, 6] {
        let changed = Blob::parse(&with_byte(&bytes, 64, kind)).map(drop);
        assert_eq!(changed, Err(BlobError::Malformed), "kind {kind}");
    }
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    let bytes = blob(&[provisioned(Algorithm::Rs256), provisioned(Algorithm::EdDsa)]);
    for len in 0..bytes.len() {
        assert!(Blob::parse(&bytes[..len]).is_err(), "{len} bytes");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Blob::parse(&changed).is_err(), "byte {at}");
    }
}
