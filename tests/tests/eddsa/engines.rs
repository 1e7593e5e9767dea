//! What the tests share: every engine and size, by name.

use std::sync::LazyLock;

use tollgate_core::engines::eddsa::{
    BuiltGenerator, Comb, CombSize, Ed25519Key, Ed25519PublicKey, GeneratorTable,
    UntabledEd25519Key, table_bytes,
};

/// A table for the generator that the program computes for itself.
type Built<S> = LazyLock<BuiltGenerator<S, Vec<u8>>>;

static BY_11X3: Built<Comb<11, 3>> = LazyLock::new(build);
static BY_13X4: Built<Comb<13, 4>> = LazyLock::new(build);

fn build<S: CombSize>() -> BuiltGenerator<S, Vec<u8>> {
    BuiltGenerator::build_in(vec![0; table_bytes::<S>()]).unwrap()
}

/// `(message, signature) -> valid`, with its name.
pub(crate) type Engine = (String, Box<dyn Fn(&[u8], &[u8]) -> bool>);

/// Every way to verify with a key: without a table and with one of every size, with every size of
/// the generator's table at least once.
pub(crate) fn engines(key: &Ed25519PublicKey) -> Vec<Engine> {
    let mut engines = quick_engines(key);
    engines.extend([
        untabled::<Comb<5, 2>>(key),
        untabled::<Comb<6, 2>>(key),
        untabled::<Comb<8, 2>>(key),
        tabled::<Comb<4, 1>, Comb<5, 2>>(key),
        tabled::<Comb<5, 1>, Comb<6, 2>>(key),
        tabled::<Comb<5, 2>, Comb<5, 2>>(key),
        tabled::<Comb<6, 2>, Comb<10, 2>>(key),
        tabled::<Comb<7, 2>, Comb<10, 2>>(key),
        tabled::<Comb<8, 2>, Comb<8, 2>>(key),
        tabled::<Comb<8, 4>, Comb<10, 2>>(key),
        tabled::<Comb<10, 2>, Comb<10, 2>>(key),
        tabled::<Comb<10, 2>, Comb<5, 2>>(key),
        tabled::<Comb<11, 3>, Comb<10, 2>>(key),
        with_built::<Comb<6, 2>, _>(key, &BY_11X3),
        with_built::<Comb<11, 3>, _>(key, &BY_13X4),
        untabled_with_built(key, &BY_13X4),
    ]);
    engines
}

/// Every way to verify with a key whose table is one of the largest: they take long to build.
pub(crate) fn largest_engines(key: &Ed25519PublicKey) -> Vec<Engine> {
    vec![
        tabled::<Comb<13, 2>, Comb<10, 2>>(key),
        with_built::<Comb<13, 3>, _>(key, &BY_11X3),
        with_built::<Comb<13, 4>, _>(key, &BY_13X4),
    ]
}

/// One engine with a table and one without, for tests with many keys.
pub(crate) fn quick_engines(key: &Ed25519PublicKey) -> Vec<Engine> {
    vec![tabled::<Comb<6, 2>, Comb<6, 2>>(key), untabled::<Comb<10, 2>>(key)]
}

fn tabled<S, G>(key: &Ed25519PublicKey) -> Engine
where
    S: CombSize,
    G: GeneratorTable,
{
    let memory = vec![0; table_bytes::<S>()];
    let key = Ed25519Key::<S, _, G>::build_in(key, memory).unwrap();
    (
        format!("{}x{} with a generator {}x{}", S::TEETH, S::BLOCKS, G::TEETH, G::BLOCKS),
        Box::new(move |message, signature| key.verify_vartime(message, signature).is_ok()),
    )
}

fn with_built<S: CombSize, G: CombSize>(
    key: &Ed25519PublicKey,
    generator: &'static Built<G>,
) -> Engine {
    let memory = vec![0; table_bytes::<S>()];
    let key = Ed25519Key::<S, _>::build_in(key, memory).unwrap();
    let key = key.with_generator(generator.borrowed());
    (
        format!("{}x{} with a built generator {}x{}", S::TEETH, S::BLOCKS, G::TEETH, G::BLOCKS),
        Box::new(move |message, signature| key.verify_vartime(message, signature).is_ok()),
    )
}

fn untabled_with_built<G: CombSize>(
    key: &Ed25519PublicKey,
    generator: &'static Built<G>,
) -> Engine {
    let key = UntabledEd25519Key::<Comb<10, 2>>::from(*key).with_generator(generator.borrowed());
    (
        format!("without a table, with a built generator {}x{}", G::TEETH, G::BLOCKS),
        Box::new(move |message, signature| key.verify_vartime(message, signature).is_ok()),
    )
}

fn untabled<G: GeneratorTable>(key: &Ed25519PublicKey) -> Engine {
    let key = UntabledEd25519Key::<G>::from(*key);
    (
        format!("without a table, with a generator {}x{}", G::TEETH, G::BLOCKS),
        Box::new(move |message, signature| key.verify_vartime(message, signature).is_ok()),
    )
}

/// Asserts that all engines agree on a signature.
pub(crate) fn assert_all(
    engines: &[Engine],
    message: &[u8],
    signature: &[u8],
    valid: bool,
    what: &str,
) {
    for (engine, verify) in engines {
        assert_eq!(verify(message, signature), valid, "{what}, {engine}");
    }
}
