//! Tollgate's own engines: with tables of different sizes, and without.

use std::sync::Arc;

use tollgate::keys::{self, BoxedVerifier};
use tollgate::table_memory::TableMemory;
use tollgate_core::engines::ecdsa::{
    Comb, CombSize, GeneratorTable, JoseCurve, P256, P384, P521, ProvisionedKey, PublicKey,
    table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};
use tollgate_core::{Algorithm, Jwk, Key};

use crate::fixtures::Issuer;
use crate::ours::NamedEngine;

/// The largest of the core's own generator tables.
type Generator = Comb<10, 2>;

/// Returns the engine of a server with the default budget for tables, whose provider has this one key.
pub fn server(issuer: &Issuer) -> NamedEngine {
    of_server(issuer, 1, "tollgate")
}

/// Returns the engine of a server whose provider has a dozen keys, which share the same budget.
pub fn server_with_many_keys(issuer: &Issuer) -> NamedEngine {
    of_server(issuer, 12, "tollgate-many-keys")
}

fn of_server(issuer: &Issuer, keys: usize, subject: &'static str) -> NamedEngine {
    let others = (1..keys).map(|i| Issuer::new(issuer.algorithm(), &format!("key {i}")).jwk());
    let jwks: Vec<_> = std::iter::once(issuer.jwk()).chain(others).collect();
    let jwks = format!(r#"{{"keys":[{}]}}"#, jwks.join(","));
    let memory = TableMemory::new(TableMemory::DEFAULT_LIMIT);
    let left_out = |index, reason| panic!("key {index}: {reason}");
    let set = memory.key_set::<16>(jwks.as_bytes(), left_out).unwrap();
    let is_ours = |key: &&Key<_>| key.id().is_some_and(|id| id.as_str() == issuer.kid());
    let engine = set.keys().iter().find(is_ours).expect("a usable key").verifier();
    let kilobytes = memory.used() as f64 / 1024.0;
    let note = format!("a server's default, with {kilobytes} KiB of tables");
    NamedEngine::new(subject, note, Arc::clone(engine))
}

/// Returns the engine with a small table: 4 KiB for P-256, 6 KiB for P-384 and Ed25519, 9 KiB for P-521.
pub fn small(issuer: &Issuer) -> NamedEngine {
    tabled::<6, 2>(issuer, "tollgate-small")
}

/// Returns the engine without a table, for keys seen for the first time.
pub fn without_table(issuer: &Issuer) -> NamedEngine {
    NamedEngine::new("tollgate-untabled", "no table", untabled(issuer))
}

/// Returns the other table sizes, largest first, named by teeth and blocks.
pub fn other_sizes(issuer: &Issuer) -> Vec<NamedEngine> {
    vec![
        tabled::<10, 2>(issuer, "tollgate-10x2"),
        tabled::<8, 4>(issuer, "tollgate-8x4"),
        tabled::<8, 2>(issuer, "tollgate-8x2"),
        tabled::<7, 2>(issuer, "tollgate-7x2"),
        tabled::<5, 2>(issuer, "tollgate-5x2"),
        tabled::<5, 1>(issuer, "tollgate-5x1"),
        tabled::<4, 1>(issuer, "tollgate-4x1"),
    ]
}

fn untabled(issuer: &Issuer) -> BoxedVerifier<'static> {
    let jwk = issuer.jwk();
    let (_, jwk) = Jwk::parse(jwk.as_bytes()).unwrap();
    keys::without_table(&jwk).unwrap()
}

fn tabled<const TEETH: usize, const BLOCKS: usize>(
    issuer: &Issuer,
    subject: &'static str,
) -> NamedEngine
where
    Comb<TEETH, BLOCKS>: CombSize,
{
    match issuer.algorithm() {
        Algorithm::Es256 => ecdsa::<P256, TEETH, BLOCKS>(issuer, subject),
        Algorithm::Es384 => ecdsa::<P384, TEETH, BLOCKS>(issuer, subject),
        Algorithm::Es512 => ecdsa::<P521, TEETH, BLOCKS>(issuer, subject),
        Algorithm::EdDsa => {
            let key = Ed25519PublicKey::from_bytes(&issuer.public_key()).unwrap();
            let bytes = eddsa::table_bytes::<Comb<TEETH, BLOCKS>>();
            let key = Ed25519Key::<Comb<TEETH, BLOCKS>, _, Generator>::build_in(
                &key,
                vec![0; bytes].into_boxed_slice(),
            );
            NamedEngine::new(subject, note::<TEETH, BLOCKS>(bytes), key.unwrap())
        }
        other => unreachable!("{other} has no tables"),
    }
}

fn ecdsa<C, const TEETH: usize, const BLOCKS: usize>(
    issuer: &Issuer,
    subject: &'static str,
) -> NamedEngine
where
    C: JoseCurve + GeneratorTable<Generator>,
    Comb<TEETH, BLOCKS>: CombSize,
{
    let (x, y) = issuer.coordinates();
    let point = PublicKey::from_coordinates(&x, &y).unwrap();
    let bytes = table_bytes::<C, Comb<TEETH, BLOCKS>>();
    let key = ProvisionedKey::<C, Comb<TEETH, BLOCKS>, _, Generator>::build_in(
        &point,
        vec![0; bytes].into_boxed_slice(),
    );
    NamedEngine::new(subject, note::<TEETH, BLOCKS>(bytes), key.unwrap())
}

fn note<const TEETH: usize, const BLOCKS: usize>(bytes: usize) -> String {
    format!("{TEETH} × {BLOCKS} table, {} KiB", bytes as f64 / 1024.0)
}
