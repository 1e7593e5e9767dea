//! Tollgate's own engines: with tables of different sizes, and without.

use tollgate_core::Algorithm;
use tollgate_core::provisioned::{
    Comb, CombSize, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey, PublicKey, UntabledKey,
    table_bytes,
};

use crate::fixtures::Issuer;
use crate::ours::NamedEngine;

/// The generator's table of a server, which all engines here use: 64 KiB for P-256, 96 KiB for P-384.
type Generator = Comb<10, 2>;

/// Returns a server's default engine.
pub fn server(issuer: &Issuer) -> NamedEngine {
    make(issuer, tabled::<P256, 10, 2>, tabled::<P384, 10, 2>, "tollgate")
}

/// Returns the engine with a small table: 4 KiB for P-256, 6 KiB for P-384.
pub fn small(issuer: &Issuer) -> NamedEngine {
    make(issuer, tabled::<P256, 6, 2>, tabled::<P384, 6, 2>, "tollgate-small")
}

/// Returns the engine without a table, for keys seen for the first time.
pub fn without_table(issuer: &Issuer) -> NamedEngine {
    make(issuer, untabled::<P256>, untabled::<P384>, "tollgate-untabled")
}

/// Returns the other table sizes, largest first, named by teeth and blocks.
pub fn other_sizes(issuer: &Issuer) -> Vec<NamedEngine> {
    vec![
        make(issuer, tabled::<P256, 8, 4>, tabled::<P384, 8, 4>, "tollgate-8x4"),
        make(issuer, tabled::<P256, 8, 2>, tabled::<P384, 8, 2>, "tollgate-8x2"),
        make(issuer, tabled::<P256, 7, 2>, tabled::<P384, 7, 2>, "tollgate-7x2"),
        make(issuer, tabled::<P256, 5, 2>, tabled::<P384, 5, 2>, "tollgate-5x2"),
        make(issuer, tabled::<P256, 5, 1>, tabled::<P384, 5, 1>, "tollgate-5x1"),
        make(issuer, tabled::<P256, 4, 1>, tabled::<P384, 4, 1>, "tollgate-4x1"),
    ]
}

/// Makes an engine from an issuer's public key.
type Make = fn(&Issuer, &'static str) -> NamedEngine;

fn make(issuer: &Issuer, p256: Make, p384: Make, subject: &'static str) -> NamedEngine {
    match issuer.algorithm() {
        Algorithm::Es256 => p256(issuer, subject),
        Algorithm::Es384 => p384(issuer, subject),
    }
}

fn tabled<C, const TEETH: usize, const BLOCKS: usize>(
    issuer: &Issuer,
    subject: &'static str,
) -> NamedEngine
where
    C: JoseCurve + GeneratorTable<Generator>,
    Comb<TEETH, BLOCKS>: CombSize,
{
    let bytes = table_bytes::<C, Comb<TEETH, BLOCKS>>();
    let key = ProvisionedKey::<C, Comb<TEETH, BLOCKS>, _, Generator>::build_in(
        &point(issuer),
        vec![0; bytes].into_boxed_slice(),
    );
    let kilobytes = bytes as f64 / 1024.0;
    NamedEngine::new(subject, format!("{TEETH} × {BLOCKS} table, {kilobytes} KiB"), key.unwrap())
}

fn untabled<C: JoseCurve + GeneratorTable<Generator>>(
    issuer: &Issuer,
    subject: &'static str,
) -> NamedEngine {
    let key = UntabledKey::<C, Generator>::from(point(issuer));
    NamedEngine::new(subject, "no table", key)
}

fn point<C: JoseCurve>(issuer: &Issuer) -> PublicKey<C> {
    let (x, y) = issuer.coordinates();
    PublicKey::from_coordinates(x, y).unwrap()
}
