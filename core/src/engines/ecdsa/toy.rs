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

use crate::engines::arithmetic::non_adjacent::NonAdjacentForm;
use crate::engines::arithmetic::scalar::{Order, Residue, Scalar};
use crate::engines::arithmetic::toy::ToyElement;
use crate::engines::arithmetic::word::Word;
use crate::engines::comb::table::Table;
use crate::engines::comb::{Comb, CombSize, Recoded};
use crate::engines::ecdsa::curve::Curve;
use crate::engines::ecdsa::equation::Equation;
use crate::engines::ecdsa::field::Field;
use crate::engines::ecdsa::generator::GeneratorTable;
use crate::engines::ecdsa::point::{AffinePoint, JacobianPoint, XyzzPoint};
use crate::engines::ecdsa::table::{self, table_bytes};
use crate::engines::ecdsa::{ProvisionedKey, PublicKey, key, without_table};

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

    type NafDigits = [i8; 14];

    const ORDER_BITS: usize = N.ilog2() as usize + 1;
    const HASH_BYTES: usize = Self::Scalar::BYTES;
    const NO_DIGITS: Self::NafDigits = [0; 14];
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

// With the combs below, the highest tooth of the last block exceeds the order of these curves.
type Curve71 = ToyCurve<79, 26, 71, 37>;
type Curve521 = ToyCurve<523, 68, 521, 157>;
type Curve4099 = ToyCurve<4111, 370, 4099, 411>;

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
    Curve71, 1 x 3;
    Curve521, 2 x 2;
    Curve4099, 2 x 3;
    Curve4099, 3 x 2;
    Curve4099, 2 x 2;
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

/// Returns all scalars of a small group, and those around zero, powers of two and others of a larger one.
fn scalars(order: usize) -> impl Iterator<Item = usize> {
    let near_power =
        |k: usize| (k.next_power_of_two() - k).min(k - (k.next_power_of_two() / 2)) < 3;
    (0..order)
        .filter(move |&k| order < 2000 || k < 4 || k + 4 > order || k % 53 == 0 || near_power(k))
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
        for u1 in scalars(order) {
            let mut first = scalar(u1);
            let first = Recoded::new(&mut first);
            for u2 in scalars(order) {
                let expected = multiples[(u1 + u2 * key) % order];
                let second = &mut scalar(u2);
                let sum = key::sum_vartime(&generator, &first, &table, &Recoded::new(second));
                assert!(is_xyzz(&sum, &expected), "{u1}·G + {u2}·{key}·G");
                let digits = NonAdjacentForm::new(&scalar::<C>(u2), C::NO_DIGITS);
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
fn every_sum_of_combs_whose_teeth_exceed_the_order() {
    every_sum::<Curve71, 79, Comb<1, 3>, Comb<1, 3>>(1..71);
    every_sum::<Curve521, 523, Comb<2, 2>, Comb<2, 2>>([1, 2, 520].into_iter());
    every_sum::<Curve4099, 4111, Comb<2, 3>, Comb<3, 2>>([1, 2, 4098].into_iter());
    every_sum::<Curve4099, 4111, Comb<3, 2>, Comb<2, 3>>([1, 2, 4098].into_iter());
    every_sum::<Curve4099, 4111, Comb<2, 2>, Comb<3, 2>>([1].into_iter());
}

/// Every table of every key exists and is the one of the definition: entries as sums of multiples.
fn every_table<C: Toy<P>, const P: u32, S: CombSize>() {
    let order = C::ORDER[0] as usize;
    let columns = C::ORDER_BITS.div_ceil(S::TEETH * S::BLOCKS);
    let multiples = multiples::<C, P>();
    for key in 1..order {
        let bytes = table_of::<C, S>(&multiples[key].unwrap());
        let mut entries = bytes.chunks_exact(8);
        for block in 0..S::BLOCKS {
            for index in 0..1_usize << (S::TEETH - 1) {
                let factor: i64 = (0..S::TEETH)
                    .map(|tooth| {
                        let power = 1 << (columns * (S::TEETH * block + tooth));
                        let plus = tooth == S::TEETH - 1 || index >> tooth & 1 == 1;
                        if plus { power } else { -power }
                    })
                    .sum();
                let factor = factor.rem_euclid(order as i64) as usize;
                let expected = multiples[factor * key % order].unwrap();
                let (x, y) = entries.next().unwrap().split_at(4);
                assert!(expected.x.equals(&ToyElement::from_table_bytes(x)));
                assert!(expected.y.equals(&ToyElement::from_table_bytes(y)));
            }
        }
        assert!(entries.next().is_none());
    }
}

#[test]
fn every_table_of_every_key_has_the_entries_of_the_definition() {
    every_table::<Curve71, 79, Comb<1, 3>>();
    every_table::<Curve131, 137, Comb<3, 1>>();
    every_table::<Curve521, 523, Comb<2, 2>>();
    every_table::<Curve1031, 1049, Comb<4, 1>>();
    every_table::<Curve4099, 4111, Comb<2, 3>>();
    every_table::<Curve4099, 4111, Comb<3, 2>>();
}

#[test]
fn every_signature_of_every_key_over_a_group_of_37_gets_the_verdict_of_the_definition() {
    let multiples = multiples::<Curve37, 41>();
    let inverse = |s: usize| (1..37).find(|i| i * s % 37 == 1);
    let bytes = |value: usize| [value as u8];
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
