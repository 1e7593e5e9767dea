//! Which keys and tables are taken, and that no table can do harm.

use proptest::prelude::*;
use tollgate_core::engines::ecdsa::{
    Comb, CombSize, GeneratorTable, InvalidPublicKey, InvalidTable, P256, P384, ProvisionedKey,
    PublicKey, table_bytes,
};

const P256_PRIME: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// The coordinates of the generator of P-256, and −y.
fn coordinates() -> [Vec<u8>; 3] {
    [
        bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        bytes("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
        bytes("b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"),
    ]
}

fn p384_generator() -> PublicKey<P384> {
    PublicKey::from_coordinates(
        &bytes("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"),
        &bytes("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"),
    )
    .unwrap()
}

fn is_key(x: &[u8], y: &[u8]) -> bool {
    match PublicKey::<P256>::from_coordinates(x, y) {
        Ok(_) => true,
        Err(InvalidPublicKey) => false,
    }
}

#[test]
fn only_points_of_the_curve_are_public_keys() {
    let [x, y, negative] = coordinates();
    assert!(is_key(&x, &y));
    assert!(is_key(&x, &negative));
    assert!(!is_key(&y, &x));
    assert!(!is_key(&[0; 32], &[0; 32]));
    for bit in 0..256 {
        let mut other = y.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!is_key(&x, &other));
    }
}

#[test]
fn coordinates_of_another_length_are_no_public_key() {
    let [x, y, _] = coordinates();
    assert!(!is_key(&x[1..], &y));
    assert!(!is_key(&x, &y[1..]));
    assert!(!is_key(&[&[0], &x[..]].concat(), &y));
    assert!(!is_key(&x, &[]));
}

#[test]
fn coordinates_that_are_not_below_the_prime_are_no_public_key() {
    // (0, √b) is a point, and so it would be with x = p.
    let y = bytes("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    assert!(is_key(&[0; 32], &y));
    assert!(!is_key(&bytes(P256_PRIME), &y));
    assert!(!is_key(&[0xff; 32], &y));
    assert!(!is_key(&[0; 32], &[0xff; 32]));
}

fn built<C: GeneratorTable<S>, S: CombSize>(key: &PublicKey<C>) -> Vec<u8> {
    let memory = vec![0; table_bytes::<C, S>()];
    ProvisionedKey::<C, S, _, S>::build_in(key, memory).unwrap().table().to_vec()
}

fn is_table<C: GeneratorTable<S>, S: CombSize>(key: &PublicKey<C>, table: &[u8]) -> bool {
    match ProvisionedKey::<C, S, _, S>::from_table(key, table) {
        Ok(_) => true,
        Err(InvalidTable) => false,
    }
}

fn every_changed_bit_is_noticed<C: GeneratorTable<S>, S: CombSize>(key: &PublicKey<C>) {
    let mut table = built::<C, S>(key);
    assert!(is_table::<C, S>(key, &table));
    for byte in (0..table.len()).step_by(5) {
        table[byte] ^= 1 << (byte % 8);
        assert!(!is_table::<C, S>(key, &table), "byte {byte}");
        table[byte] ^= 1 << (byte % 8);
    }
}

#[test]
fn a_table_with_a_changed_bit_is_not_the_key_s() {
    let [x, y, _] = coordinates();
    let key = PublicKey::<P256>::from_coordinates(&x, &y).unwrap();
    every_changed_bit_is_noticed::<P256, Comb<5, 2>>(&key);
    every_changed_bit_is_noticed::<P384, Comb<5, 2>>(&p384_generator());
}

#[test]
fn a_table_of_another_key_is_not_the_key_s() {
    let [x, y, negative] = coordinates();
    let key = PublicKey::<P256>::from_coordinates(&x, &y).unwrap();
    let other = PublicKey::<P256>::from_coordinates(&x, &negative).unwrap();
    let table = built::<P256, Comb<6, 2>>(&key);
    assert!(is_table::<P256, Comb<6, 2>>(&key, &table));
    assert!(!is_table::<P256, Comb<6, 2>>(&other, &table));
}

#[test]
fn a_table_of_another_length_is_refused() {
    let [x, y, _] = coordinates();
    let key = PublicKey::<P256>::from_coordinates(&x, &y).unwrap();
    let table = built::<P256, Comb<5, 2>>(&key);
    for wrong in [&[], &table[1..], &[&table[..], &[0]].concat()[..]] {
        assert!(!is_table::<P256, Comb<5, 2>>(&key, wrong));
        type Key<'t> = ProvisionedKey<P256, Comb<5, 2>, &'t [u8]>;
        assert_eq!(Key::from_trusted_table(wrong).err(), Some(InvalidTable));
        let memory = wrong.to_vec();
        type Owned = ProvisionedKey<P256, Comb<5, 2>, Vec<u8>>;
        assert_eq!(Owned::build_in(&key, memory).err(), Some(InvalidTable));
    }
}

#[test]
fn a_table_that_is_part_of_the_program_has_its_length() {
    static TABLE: [u8; 2 << 10] = [0; 2 << 10];
    type Key = ProvisionedKey<P256, Comb<5, 2>, &'static [u8]>;
    assert!(Key::from_trusted_static_table(&TABLE).is_some());
    assert!(Key::from_trusted_static_table(&TABLE[1..]).is_none());
    assert!(Key::from_trusted_static_table(&[]).is_none());
}

#[test]
fn the_length_of_every_table_is_as_documented() {
    assert_eq!(table_bytes::<P256, Comb<4, 1>>(), 512);
    assert_eq!(table_bytes::<P256, Comb<5, 1>>(), 1 << 10);
    assert_eq!(table_bytes::<P256, Comb<5, 2>>(), 2 << 10);
    assert_eq!(table_bytes::<P256, Comb<6, 2>>(), 4 << 10);
    assert_eq!(table_bytes::<P256, Comb<7, 2>>(), 8 << 10);
    assert_eq!(table_bytes::<P256, Comb<8, 2>>(), 16 << 10);
    assert_eq!(table_bytes::<P256, Comb<8, 4>>(), 32 << 10);
    assert_eq!(table_bytes::<P256, Comb<10, 2>>(), 64 << 10);
    assert_eq!(table_bytes::<P384, Comb<4, 1>>(), 768);
    assert_eq!(table_bytes::<P384, Comb<10, 2>>(), 96 << 10);
}

/// A table that hands out other bytes every time it is asked.
struct Shifty(std::cell::Cell<usize>, Vec<u8>);

impl AsRef<[u8]> for Shifty {
    fn as_ref(&self) -> &[u8] {
        let length = self.0.get();
        self.0.set(length / 2);
        &self.1[..length]
    }
}

#[test]
fn a_table_that_shrinks_later_verifies_nothing() {
    let length = table_bytes::<P256, Comb<5, 2>>();
    let table = Shifty(length.into(), vec![1; length]);
    let key = ProvisionedKey::<P256, Comb<5, 2>, _>::from_trusted_table(table).unwrap();
    assert!(key.verify_prehash_vartime(&[1; 32], &[1; 64]).is_err());
}

proptest! {
    #[test]
    fn a_trusted_table_of_any_bytes_never_panics(
        byte in prop_oneof![Just(0), Just(0xff), any::<u8>()],
        noise in prop::collection::vec(any::<(u16, u8)>(), 0..200),
        prehash: [u8; 32],
        signature in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut table = vec![byte; table_bytes::<P256, Comb<5, 2>>()];
        for (at, byte) in noise {
            let length = table.len();
            table[usize::from(at) % length] = byte;
        }
        let key = ProvisionedKey::<P256, Comb<5, 2>, _>::from_trusted_table(&table).unwrap();
        let _ = key.verify_prehash_vartime(&prehash, &signature);
        let [x, y, _] = coordinates();
        let generator = PublicKey::<P256>::from_coordinates(&x, &y).unwrap();
        prop_assert!(!is_table::<P256, Comb<5, 2>>(&generator, &table));
    }
}
