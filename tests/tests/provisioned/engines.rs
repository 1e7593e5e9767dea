//! What the integration tests share: every engine and size, by name.

use std::sync::OnceLock;

use tollgate_core::engines::ecdsa::{
    BuiltGenerator, Comb, CombSize, Curve, Generator, GeneratorTable, P256, P384, P521,
    ProvisionedKey, PublicKey, table_bytes,
};

/// A curve whose generator has tables of all sizes that are in the source.
pub(crate) trait FullCurve:
    GeneratorTable<Comb<5, 2>>
    + GeneratorTable<Comb<6, 2>>
    + GeneratorTable<Comb<8, 2>>
    + GeneratorTable<Comb<10, 2>>
{
    /// Returns tables of the larger sizes, computed once.
    fn built() -> &'static BuiltGenerators<Self>;
}

/// The tables that a program computes for itself.
pub(crate) struct BuiltGenerators<C> {
    by_11x3: BuiltGenerator<C, Comb<11, 3>, Vec<u8>>,
    by_13x4: BuiltGenerator<C, Comb<13, 4>, Vec<u8>>,
}

fn build<C: Curve, S: CombSize>() -> BuiltGenerator<C, S, Vec<u8>> {
    BuiltGenerator::build_in(vec![0; table_bytes::<C, S>()]).unwrap()
}

macro_rules! full_curves {
    ($($curve:ident),*) => { $(
        impl FullCurve for $curve {
            fn built() -> &'static BuiltGenerators<Self> {
                static BUILT: OnceLock<BuiltGenerators<$curve>> = OnceLock::new();
                BUILT.get_or_init(|| BuiltGenerators { by_11x3: build(), by_13x4: build() })
            }
        }
    )* };
}

full_curves!(P256, P384, P521);

/// `(prehash, signature) -> valid`, with its name.
pub(crate) type Engine = (String, Box<dyn Fn(&[u8], &[u8]) -> bool>);

/// Every way to verify with a key: without a table and with one of every size, with every size of
/// the generator's table at least once.
pub(crate) fn engines<C: FullCurve>(key: &PublicKey<C>) -> Vec<Engine> {
    vec![
        untabled::<C, Comb<5, 2>>(key),
        untabled::<C, Comb<6, 2>>(key),
        untabled::<C, Comb<8, 2>>(key),
        untabled::<C, Comb<10, 2>>(key),
        tabled::<C, Comb<4, 1>, Comb<5, 2>>(key),
        tabled::<C, Comb<5, 1>, Comb<6, 2>>(key),
        tabled::<C, Comb<5, 2>, Comb<5, 2>>(key),
        tabled::<C, Comb<6, 2>, Comb<6, 2>>(key),
        tabled::<C, Comb<6, 2>, Comb<10, 2>>(key),
        tabled::<C, Comb<7, 2>, Comb<10, 2>>(key),
        tabled::<C, Comb<8, 2>, Comb<8, 2>>(key),
        tabled::<C, Comb<8, 4>, Comb<10, 2>>(key),
        tabled::<C, Comb<10, 2>, Comb<10, 2>>(key),
        tabled::<C, Comb<10, 2>, Comb<5, 2>>(key),
        with_built::<C, Comb<6, 2>, _>(key, &C::built().by_11x3),
        with_built::<C, Comb<11, 3>, _>(key, &C::built().by_13x4),
        untabled_with_built::<C, _>(key, &C::built().by_13x4),
    ]
}

/// Every way to verify with a key whose table is one of the largest: they take long to build.
pub(crate) fn largest_engines<C: FullCurve>(key: &PublicKey<C>) -> Vec<Engine> {
    vec![
        tabled::<C, Comb<13, 2>, Comb<10, 2>>(key),
        with_built::<C, Comb<13, 3>, _>(key, &C::built().by_11x3),
        with_built::<C, Comb<13, 4>, _>(key, &C::built().by_13x4),
    ]
}

fn with_built<C: Curve, S: CombSize, G: CombSize>(
    key: &PublicKey<C>,
    generator: &'static BuiltGenerator<C, G, Vec<u8>>,
) -> Engine {
    let memory = vec![0; table_bytes::<C, S>()];
    let key = ProvisionedKey::<C, S, _>::build_in(key, memory).unwrap();
    let key = key.with_generator(generator.borrowed());
    (
        format!("{}x{} with a built generator {}x{}", S::TEETH, S::BLOCKS, G::TEETH, G::BLOCKS),
        Box::new(move |prehash, signature| key.verify_prehash_vartime(prehash, signature).is_ok()),
    )
}

fn untabled_with_built<C: Curve, G: CombSize>(
    key: &PublicKey<C>,
    generator: &'static BuiltGenerator<C, G, Vec<u8>>,
) -> Engine
where
    BuiltGenerator<C, G, Vec<u8>>: Generator<C>,
{
    let key = *key;
    (
        format!("untabled with a built generator {}x{}", G::TEETH, G::BLOCKS),
        Box::new(move |prehash, signature| {
            key.verify_prehash_with_vartime(generator, prehash, signature).is_ok()
        }),
    )
}

fn tabled<C, S, G>(key: &PublicKey<C>) -> Engine
where
    C: GeneratorTable<G>,
    S: CombSize,
    G: CombSize,
{
    let memory = vec![0; table_bytes::<C, S>()];
    let key = ProvisionedKey::<C, S, _, G>::build_in(key, memory).unwrap();
    (
        format!("{}x{} with a generator {}x{}", S::TEETH, S::BLOCKS, G::TEETH, G::BLOCKS),
        Box::new(move |prehash, signature| key.verify_prehash_vartime(prehash, signature).is_ok()),
    )
}

fn untabled<C, G>(key: &PublicKey<C>) -> Engine
where
    C: GeneratorTable<G>,
    G: CombSize,
{
    let key = *key;
    (
        format!("untabled with a generator {}x{}", G::TEETH, G::BLOCKS),
        Box::new(move |prehash, signature| {
            key.verify_prehash_vartime::<G>(prehash, signature).is_ok()
        }),
    )
}
