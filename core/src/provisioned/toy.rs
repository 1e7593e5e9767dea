//! Tests every case on tiny curves: the same code for points, combs, tables and equations, over fields
//! of two-digit primes.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::boxed::Box;
use std::sync::OnceLock;
use std::vec;
use std::vec::Vec;

use crate::provisioned::comb::{Comb, CombSize, Recoded};
use crate::provisioned::curve::Curve;
use crate::provisioned::equation::Equation;
use crate::provisioned::field::Field;
use crate::provisioned::generator::GeneratorTable;
use crate::provisioned::point::{AffinePoint, JacobianPoint, XyzzPoint};
use crate::provisioned::scalar::{Order, Residue, Scalar};
use crate::provisioned::table::{self, Table, table_bytes};
use crate::provisioned::word::Word;
use crate::provisioned::{ProvisionedKey, PublicKey, key, without_table};

/// An integer modulo the small prime `P`.
#[derive(Clone, Copy, Debug)]
struct ToyElement<const P: u32>(u32);

impl<const P: u32> Field for ToyElement<P> {
    const BYTES: usize = 4;
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);

    fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_words(&[u32::from_be_bytes(bytes.try_into().ok()?).into()])
    }

    fn from_words(words: &[Word]) -> Option<Self> {
        let value = u32::try_from(words[0]).ok()?;
        (value < P).then_some(Self(value))
    }

    fn from_table_bytes(bytes: &[u8]) -> Self {
        Self(u32::from_le_bytes(bytes.try_into().unwrap()) % P)
    }

    fn write_table_bytes(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.to_le_bytes());
    }

    fn add(&self, other: &Self) -> Self {
        Self((self.0 + other.0) % P)
    }

    fn sub(&self, other: &Self) -> Self {
        Self((self.0 + P - other.0) % P)
    }

    fn mul(&self, other: &Self) -> Self {
        Self(self.0 * other.0 % P)
    }

    fn square(&self) -> Self {
        self.mul(self)
    }

    fn negate_if(&self, condition: bool) -> Self {
        if condition { Self::ZERO.sub(self) } else { *self }
    }

    fn invert_vartime(&self) -> Option<Self> {
        (1..P).map(Self).find(|inverse| self.mul(inverse).0 == 1)
    }

    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

/// The curve y² = x³ − 3x + `B` over the integers modulo `P`, of prime order `N`, with the
/// generator (0, `Y`).
#[derive(Clone, Copy, Debug)]
struct ToyCurve<const P: u32, const B: u32, const N: u32, const Y: u32>;

impl<const P: u32, const B: u32, const N: u32, const Y: u32> Order<1> for ToyCurve<P, B, N, Y> {
    const ORDER: [Word; 1] = [N as Word];
}

impl<const P: u32, const B: u32, const N: u32, const Y: u32> Curve for ToyCurve<P, B, N, Y> {
    type Field = ToyElement<P>;
    type Scalar = Residue<Self, 1>;

    const ORDER_BITS: usize = N.ilog2() as usize + 1;
    const ORDER_IN_FIELD: Self::Field = ToyElement(N % P);
    const PRIME_MINUS_ORDER: Self::Scalar = Residue::new([(P - N) as Word]);
    const B: Self::Field = ToyElement(B);
    const GENERATOR: AffinePoint<Self::Field> = AffinePoint { x: ToyElement(0), y: ToyElement(Y) };
}

/// A [`ToyCurve`] over the integers modulo `P`.
trait Toy<const P: u32>: Order<1> + Curve<Field = ToyElement<P>, Scalar = Residue<Self, 1>> {}

impl<const P: u32, const B: u32, const N: u32, const Y: u32> Toy<P> for ToyCurve<P, B, N, Y> {}

type Curve37 = ToyCurve<41, 20, 37, 15>;
type Curve131 = ToyCurve<137, 7, 131, 12>;
type Curve1031 = ToyCurve<1049, 59, 1031, 375>;

macro_rules! generator_tables {
    ($($curve:ty, $teeth:literal x $blocks:literal;)*) => { $(
        impl GeneratorTable<Comb<$teeth, $blocks>> for $curve {
            fn generator_table() -> &'static [u8] {
                static TABLE: OnceLock<Box<[u8]>> = OnceLock::new();
                TABLE.get_or_init(|| {
                    table_of::<$curve, Comb<$teeth, $blocks>>(&Self::GENERATOR).into()
                })
            }
        }
    )* };
}

generator_tables! {
    Curve37, 2 x 1;
    Curve37, 1 x 2;
    Curve131, 3 x 1;
    Curve131, 1 x 3;
    Curve1031, 2 x 2;
    Curve1031, 4 x 1;
}

fn table_of<C: Curve, S: CombSize>(point: &AffinePoint<C::Field>) -> Vec<u8> {
    let mut bytes = vec![0; table_bytes::<C, S>()];
    table::build::<C, S>(point, &mut bytes).unwrap();
    assert!(table::matches::<C, S>(point, &bytes));
    bytes
}

/// Returns all multiples of G by repeated textbook addition: element k is k·G, and `None` the identity.
fn multiples<C: Toy<P>, const P: u32>() -> Vec<Option<AffinePoint<ToyElement<P>>>> {
    let generator = C::GENERATOR;
    let mut all = vec![None, Some(generator)];
    while let Some(Some(last)) = all.last() {
        let (rise, run) = if last.x.equals(&generator.x) {
            if !last.y.equals(&generator.y) {
                break;
            }
            let square = last.x.square();
            (square.double().add(&square).sub(&ToyElement(3)), last.y.double())
        } else {
            (generator.y.sub(&last.y), generator.x.sub(&last.x))
        };
        let slope = rise.mul(&run.invert_vartime().unwrap());
        let x = slope.square().sub(&last.x).sub(&generator.x);
        let next = AffinePoint { x, y: slope.mul(&last.x.sub(&x)).sub(&last.y) };
        assert!(next.is_on_curve(&C::B));
        all.push(Some(next));
    }
    assert_eq!(all.len(), C::ORDER[0] as usize);
    all
}

fn scalar<O>(value: usize) -> Residue<O, 1> {
    Residue::new([value as Word])
}

/// Tests every u1 and u2 with every Q of `keys`, which are multiples of G.
fn every_sum<C, const P: u32, G, S>(keys: impl Iterator<Item = usize>)
where
    C: Toy<P> + GeneratorTable<G>,
    G: CombSize,
    S: CombSize,
{
    let order = C::ORDER[0] as usize;
    let multiples = multiples::<C, P>();
    let generator = Table::<C, G>::new(C::generator_table()).unwrap();
    for key in keys {
        let point = multiples[key].unwrap();
        let bytes = table_of::<C, S>(&point);
        let table = Table::<C, S>::new(&bytes).unwrap();
        for u1 in 0..order {
            let mut first = scalar(u1);
            let first = Recoded::new(&mut first);
            for u2 in 0..order {
                let expected = multiples[(u1 + u2 * key) % order];
                let second = &mut scalar(u2);
                let sum = key::sum_vartime(&generator, &first, &table, &Recoded::new(second));
                assert!(is_xyzz(&sum, &expected), "{u1}·G + {u2}·{key}·G");
                let digits = without_table::NonAdjacentForm::new(&scalar::<C>(u2));
                let sum = without_table::sum_vartime(&generator, &first, &point, &digits).unwrap();
                assert!(is_jacobian(&sum, &expected), "{u1}·G + {u2}·{key}·G");
            }
        }
    }
}

fn is_xyzz<F: Field>(point: &XyzzPoint<F>, expected: &Option<AffinePoint<F>>) -> bool {
    match (point.to_affine_vartime(), expected) {
        (Some(point), Some(expected)) => point.x.equals(&expected.x) && point.y.equals(&expected.y),
        (None, None) => point.is_identity(),
        _ => false,
    }
}

fn is_jacobian<F: Field>(point: &JacobianPoint<F>, expected: &Option<AffinePoint<F>>) -> bool {
    match (point.z.invert_vartime(), expected) {
        (Some(inverse), Some(expected)) => {
            let point = point.to_affine(&inverse);
            point.x.equals(&expected.x) && point.y.equals(&expected.y)
        }
        (None, None) => point.is_identity(),
        _ => false,
    }
}

#[test]
fn every_sum_of_every_key_over_a_group_of_37() {
    every_sum::<Curve37, 41, Comb<2, 1>, Comb<2, 1>>(1..37);
    every_sum::<Curve37, 41, Comb<1, 2>, Comb<2, 1>>(1..37);
    every_sum::<Curve37, 41, Comb<2, 1>, Comb<1, 2>>(1..37);
    every_sum::<Curve37, 41, Comb<1, 2>, Comb<1, 2>>(1..37);
}

#[test]
fn every_sum_of_every_key_over_a_group_of_131() {
    every_sum::<Curve131, 137, Comb<3, 1>, Comb<3, 1>>(1..131);
    every_sum::<Curve131, 137, Comb<3, 1>, Comb<1, 3>>((1..131).step_by(7));
    every_sum::<Curve131, 137, Comb<1, 3>, Comb<3, 1>>((1..131).step_by(7));
}

#[test]
fn every_sum_of_keys_near_the_generator_over_a_group_of_1031() {
    every_sum::<Curve1031, 1049, Comb<2, 2>, Comb<2, 2>>([1, 1030].into_iter());
    every_sum::<Curve1031, 1049, Comb<4, 1>, Comb<2, 2>>([2].into_iter());
}

#[test]
fn every_signature_of_every_key_over_a_group_of_37_gets_the_verdict_of_the_definition() {
    let multiples = multiples::<Curve37, 41>();
    let inverse = |s: usize| (1..37).find(|i| i * s % 37 == 1);
    let bytes = |value: usize| (value as Word).to_be_bytes();
    for d in 1..37 {
        let public = PublicKey::<Curve37> { point: multiples[d].unwrap() };
        let memory = vec![0; table_bytes::<Curve37, Comb<2, 1>>()];
        let tabled =
            ProvisionedKey::<Curve37, Comb<2, 1>, _, Comb<1, 2>>::build_in(&public, memory)
                .unwrap();
        let mut wrapped = 0;
        for r in 0..40 {
            for s in 0..40 {
                let signature = [bytes(r), bytes(s)].concat();
                for z in 0..37 {
                    let valid = (1..37).contains(&r) && (1..37).contains(&s) && {
                        let inverse = inverse(s).unwrap();
                        let k = (z * inverse + r * inverse * d) % 37;
                        wrapped += usize::from(
                            multiples[k].is_some_and(|point| point.x.0 as usize == r + 37),
                        );
                        multiples[k].is_some_and(|point| point.x.0 as usize % 37 == r)
                    };
                    let verdicts = [
                        tabled.verify_prehash_vartime(&bytes(z), &signature).is_ok(),
                        public.verify_prehash_vartime::<Comb<2, 1>>(&bytes(z), &signature).is_ok(),
                    ];
                    assert_eq!(verdicts, [valid; 2], "d {d}, r {r}, s {s}, z {z}");
                }
            }
        }
        assert!(wrapped > 0, "r + n below p has occurred");
    }
}

#[test]
fn a_division_by_every_scalar_is_exact() {
    for divisor in 1..1031 {
        let (u1, u2) = Residue::<Curve1031, 1>::divide_both_vartime(
            &scalar(divisor),
            &scalar(1),
            &scalar(divisor),
        )
        .unwrap();
        assert_eq!(u1.words(), [1]);
        assert_eq!(u2.words()[0] as usize * divisor % 1031, 1);
    }
    let zero = scalar(0);
    assert!(Residue::<Curve1031, 1>::divide_both_vartime(&zero, &zero, &zero).is_none());
    assert!(Equation::<Curve37>::from_prehash_and_signature(&[], &[]).is_err());
}
