//! What the integration tests share: every engine and size, by name.

use tollgate_core::provisioned::{
    Comb, CombSize, GeneratorTable, ProvisionedKey, PublicKey, table_bytes,
};

/// A curve whose generator has tables of all sizes that are in the source.
pub(crate) trait FullCurve:
    GeneratorTable<Comb<5, 2>>
    + GeneratorTable<Comb<6, 2>>
    + GeneratorTable<Comb<8, 2>>
    + GeneratorTable<Comb<10, 2>>
{
}

impl<C> FullCurve for C where
    C: GeneratorTable<Comb<5, 2>>
        + GeneratorTable<Comb<6, 2>>
        + GeneratorTable<Comb<8, 2>>
        + GeneratorTable<Comb<10, 2>>
{
}

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
    ]
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
