//! Tables: their lengths, and whose they are.

use curve25519_dalek::Scalar;
use tollgate_core::engines::eddsa::{
    Comb, CombSize, Ed25519Key, Ed25519PublicKey, InvalidTable, table_bytes,
};

use super::signer::Signer;

fn key(secret: u8) -> Ed25519PublicKey {
    Ed25519PublicKey::from_bytes(&Signer::new(Scalar::from(secret)).public).unwrap()
}

fn check<S: CombSize>(bytes: usize) {
    type WithSmallGenerator<S, B> = Ed25519Key<S, B, Comb<5, 2>>;
    assert_eq!(table_bytes::<S>(), bytes);
    let built = WithSmallGenerator::<S, _>::build_in(&key(7), vec![0; bytes]).unwrap();
    let table = built.table();
    assert!(built.has_table_of(&key(7)));
    assert!(!built.has_table_of(&key(8)));
    assert!(WithSmallGenerator::<S, _>::from_table(&key(7), table).is_ok());
    assert_eq!(
        WithSmallGenerator::<S, _>::from_table(&key(8), table).err(),
        Some(InvalidTable),
        "the table of another key"
    );
    // The last entry depends on all others of its block.
    for damaged in [0, bytes / 2, bytes - 1] {
        let mut table = table.to_vec();
        table[damaged] ^= 1;
        let found = WithSmallGenerator::<S, _>::from_table(&key(7), table);
        assert_eq!(found.err(), Some(InvalidTable), "byte {damaged}");
    }
    for length in [0, bytes - 1, bytes + 1] {
        let memory = vec![0; length];
        assert!(WithSmallGenerator::<S, _>::build_in(&key(7), memory.clone()).is_err());
        assert!(WithSmallGenerator::<S, _>::from_table(&key(7), memory.clone()).is_err());
        assert!(
            WithSmallGenerator::<S, _>::from_trusted_table(*key(7).as_bytes(), memory).is_err()
        );
    }
}

#[test]
fn tables_of_every_size_belong_to_their_key_only() {
    check::<Comb<4, 1>>(768);
    check::<Comb<5, 1>>(1536);
    check::<Comb<5, 2>>(3 << 10);
    check::<Comb<6, 2>>(6 << 10);
    check::<Comb<7, 2>>(12 << 10);
    check::<Comb<8, 2>>(24 << 10);
    check::<Comb<8, 4>>(48 << 10);
    check::<Comb<10, 2>>(96 << 10);
    check::<Comb<11, 3>>(288 << 10);
}

#[test]
fn a_trusted_table_verifies() {
    type Size = Comb<6, 2>;
    let signer = Signer::new(Scalar::from(9_u8));
    let key = Ed25519PublicKey::from_bytes(&signer.public).unwrap();
    let built = Ed25519Key::<Size, _>::build_in(&key, vec![0; table_bytes::<Size>()]).unwrap();
    let table: &'static [u8] = Box::leak(built.table().to_vec().into());
    let signature = signer.sign(&Scalar::from(3_u8), b"trusted");

    let trusted = Ed25519Key::<Size, _>::from_trusted_table(signer.public, table).unwrap();
    assert!(trusted.verify_vartime(b"trusted", &signature).is_ok());
    let of_program = Ed25519Key::<Size, _>::from_trusted_static_table(signer.public, table);
    assert!(of_program.unwrap().verify_vartime(b"trusted", &signature).is_ok());
    let short = &table[1..];
    assert!(Ed25519Key::<Size, _>::from_trusted_static_table(signer.public, short).is_none());

    // The bytes of the key are hashed, so they must belong to the table.
    let other = Signer::new(Scalar::from(10_u8)).public;
    let mixed = Ed25519Key::<Size, _>::from_trusted_table(other, table).unwrap();
    assert!(!mixed.has_table_of(&key));
    assert!(mixed.verify_vartime(b"trusted", &signature).is_err());
}

#[test]
fn wrong_tables_do_not_panic_and_verify_nothing() {
    type Size = Comb<5, 2>;
    let signer = Signer::new(Scalar::from(9_u8));
    let signature = signer.sign(&Scalar::from(3_u8), b"");
    for byte in [0, 1, 0x55, 0x7f, 0x80, 0xff] {
        let table = vec![byte; table_bytes::<Size>()];
        let key = Ed25519Key::<Size, _>::from_trusted_table(signer.public, table).unwrap();
        assert!(key.verify_vartime(b"", &signature).is_err(), "{byte:x}");
    }
}
