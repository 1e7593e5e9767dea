//! [`TableCurve`]: the sizes of tables on each curve, for its keys and for its generator.

use std::sync::{Arc, Weak};

use tollgate_core::engines::ecdsa::{
    self, Comb, CombSize, Curve, GeneratorTable, JoseCurve, P256, P384, P521, ProvisionedKey,
    PublicKey,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};

use super::account::TableBytes;
use super::generators::Generators;
use crate::keys::{FixedTable, SharedVerifier};

/// A curve whose keys have tables.
pub(super) trait TableCurve: Sized + 'static {
    /// A point of the curve, checked.
    type Key;
    /// The generator's large table. Without it, the core's own takes its place ([`FixedTable`]).
    type Generator;

    /// The length of the generator's large table, in bytes.
    const GENERATOR_BYTES: usize;
    /// The sizes of keys' tables, from the largest to the smallest. Each takes about four times as much
    /// memory as the next.
    const SIZES: &'static [Size<Self>];

    fn build_generator(memory: TableBytes) -> Option<Self::Generator>;

    /// The place of the curve's generator among all.
    fn generator_in(generators: &mut Generators) -> &mut Weak<Self::Generator>;
}

/// A size of tables.
pub(super) struct Size<C: TableCurve> {
    pub(super) bytes: usize,
    /// Makes an engine with its table in memory of this length.
    pub(super) build: Build<C>,
}

type Build<C> = fn(
    key: &<C as TableCurve>::Key,
    memory: TableBytes,
    generator: Option<Arc<<C as TableCurve>::Generator>>,
) -> Option<SharedVerifier>;

/// The curves of ECDSA.
pub(super) trait EcCurve: JoseCurve + GeneratorTable<FixedTable> + Send + Sync {
    /// The size of the largest tables. Beyond it, more memory hardly saves time.
    type Largest: CombSize + Send + Sync;

    fn generator_in(generators: &mut Generators) -> &mut Weak<EcGenerator<Self>>;
}

pub(super) type EcGenerator<C> = ecdsa::BuiltGenerator<C, <C as EcCurve>::Largest, TableBytes>;

macro_rules! ec_curve {
    ($curve:ident, $largest:ty, $field:ident) => {
        impl EcCurve for $curve {
            type Largest = $largest;

            fn generator_in(generators: &mut Generators) -> &mut Weak<EcGenerator<Self>> {
                &mut generators.$field
            }
        }
    };
}

ec_curve!(P256, Comb<13, 4>, p256);
ec_curve!(P384, Comb<13, 3>, p384);
ec_curve!(P521, Comb<13, 3>, p521);

impl<C: EcCurve> TableCurve for C {
    type Key = PublicKey<C>;
    type Generator = EcGenerator<C>;

    const GENERATOR_BYTES: usize = ecdsa::table_bytes::<C, C::Largest>();
    const SIZES: &'static [Size<C>] = &[
        ec_size::<C, C::Largest>(),
        ec_size::<C, Comb<11, 3>>(),
        ec_size::<C, Comb<10, 2>>(),
        ec_size::<C, Comb<8, 2>>(),
        ec_size::<C, Comb<6, 2>>(),
    ];

    fn build_generator(memory: TableBytes) -> Option<EcGenerator<C>> {
        ecdsa::BuiltGenerator::build_in(memory).ok()
    }

    fn generator_in(generators: &mut Generators) -> &mut Weak<EcGenerator<C>> {
        C::generator_in(generators)
    }
}

const fn ec_size<C: EcCurve, S: CombSize + Send + Sync>() -> Size<C> {
    let build: Build<C> = |key, memory, generator| {
        let key = ProvisionedKey::<C, S, _, FixedTable>::build_in(key, memory).ok()?;
        Some(match generator {
            Some(generator) => Arc::new(key.with_generator(Shared(generator))),
            None => Arc::new(key),
        })
    };
    Size { bytes: ecdsa::table_bytes::<C, S>(), build }
}

/// The curve of EdDSA.
pub(super) enum Ed25519 {}

type Ed25519Largest = Comb<13, 4>;
pub(super) type Ed25519Generator = eddsa::BuiltGenerator<Ed25519Largest, TableBytes>;

impl TableCurve for Ed25519 {
    type Key = Ed25519PublicKey;
    type Generator = Ed25519Generator;

    const GENERATOR_BYTES: usize = eddsa::table_bytes::<Ed25519Largest>();
    const SIZES: &'static [Size<Self>] = &[
        ed25519_size::<Ed25519Largest>(),
        ed25519_size::<Comb<11, 3>>(),
        ed25519_size::<Comb<10, 2>>(),
        ed25519_size::<Comb<8, 2>>(),
        ed25519_size::<Comb<6, 2>>(),
    ];

    fn build_generator(memory: TableBytes) -> Option<Ed25519Generator> {
        eddsa::BuiltGenerator::build_in(memory).ok()
    }

    fn generator_in(generators: &mut Generators) -> &mut Weak<Ed25519Generator> {
        &mut generators.ed25519
    }
}

const fn ed25519_size<S: CombSize + Send + Sync>() -> Size<Ed25519> {
    let build: Build<Ed25519> = |key, memory, generator| {
        let key = Ed25519Key::<S, _, FixedTable>::build_in(key, memory).ok()?;
        Some(match generator {
            Some(generator) => Arc::new(key.with_generator(Shared(generator))),
            None => Arc::new(key),
        })
    };
    Size { bytes: eddsa::table_bytes::<S>(), build }
}

/// A generator's table that all keys of its curve own together.
struct Shared<G>(Arc<G>);

impl<C: Curve, S: CombSize> ecdsa::Generator<C>
    for Shared<ecdsa::BuiltGenerator<C, S, TableBytes>>
{
    type Size = S;

    fn table(&self) -> &[u8] {
        self.0.table()
    }
}

impl<S: CombSize> eddsa::Generator for Shared<eddsa::BuiltGenerator<S, TableBytes>> {
    type Size = S;

    fn table(&self) -> &[u8] {
        self.0.table()
    }
}
