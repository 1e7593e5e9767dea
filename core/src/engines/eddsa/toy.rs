//! Tests every case on tiny curves: the same code for points, tables and sums, over fields of small
//! primes.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::vec;
use std::vec::Vec;

use crate::engines::arithmetic::field::Field;
use crate::engines::arithmetic::non_adjacent::NonAdjacentForm;
use crate::engines::arithmetic::scalar::{Order, Residue};
use crate::engines::arithmetic::toy::ToyElement;
use crate::engines::arithmetic::word::Word;
use crate::engines::comb::table::Table;
use crate::engines::comb::{Comb, CombSize, Group, Recoded, Shape};
use crate::engines::eddsa::curve::Edwards;
use crate::engines::eddsa::point::{AffinePoint, Entry, Point};
use crate::engines::eddsa::{key, table, without_table};

/// The curve −x² + y² = 1 + `D`·x²·y² over the integers modulo `P`, with 8·`N` points, where `N` is a
/// prime.
#[derive(Clone, Copy, Debug)]
struct ToyCurve<const P: u32, const D: u32, const N: u32>;

impl<const P: u32, const D: u32, const N: u32> Order<1> for ToyCurve<P, D, N> {
    const ORDER: [Word; 1] = [N as Word];
}

impl<const P: u32, const D: u32, const N: u32> Group for ToyCurve<P, D, N> {
    type Scalar = Residue<Self, 1>;
    type Entry = Entry<ToyElement<P>>;

    const ORDER_BITS: usize = N.ilog2() as usize + 1;
    const ENTRY_BYTES: usize = Entry::<ToyElement<P>>::BYTES;

    fn read_entry(bytes: &[u8], negative: bool) -> Self::Entry {
        Entry::read(bytes, negative)
    }
}

impl<const P: u32, const D: u32, const N: u32> Edwards for ToyCurve<P, D, N> {
    type Field = ToyElement<P>;

    const D: Self::Field = ToyElement(D);
    const HALF: Self::Field = ToyElement(P.div_ceil(2));
}

type Curve37 = ToyCurve<269, 12, 37>;
type Curve131 = ToyCurve<1009, 34, 131>;

impl<const P: u32, const D: u32, const N: u32> ToyCurve<P, D, N> {
    /// Returns all points, by the equation.
    fn points() -> Vec<AffinePoint<ToyElement<P>>> {
        let elements = || (0..P).map(ToyElement);
        let d = ToyElement(D);
        elements()
            .flat_map(|x| elements().map(move |y| AffinePoint { x, y }))
            .filter(|AffinePoint { x, y }| {
                let (x2, y2) = (x.square(), y.square());
                y2.sub(&x2).equals(&ToyElement(1).add(&d.mul(&x2.mul(&y2))))
            })
            .collect()
    }

    /// Returns the sum by its definition.
    fn sum(
        a: &AffinePoint<ToyElement<P>>,
        b: &AffinePoint<ToyElement<P>>,
    ) -> AffinePoint<ToyElement<P>> {
        let one = ToyElement(1);
        let k = ToyElement(D).mul(&a.x.mul(&b.x)).mul(&a.y.mul(&b.y));
        let divide = |a: ToyElement<P>, b: ToyElement<P>| a.mul(&b.invert_vartime().unwrap());
        AffinePoint {
            x: divide(a.x.mul(&b.y).add(&b.x.mul(&a.y)), one.add(&k)),
            y: divide(a.y.mul(&b.y).add(&a.x.mul(&b.x)), one.sub(&k)),
        }
    }

    /// Returns the multiples 0·P … (N − 1)·P of a point of the subgroup.
    fn multiples() -> Vec<AffinePoint<ToyElement<P>>> {
        let identity = AffinePoint { x: ToyElement(0), y: ToyElement(1) };
        Self::points()
            .iter()
            .map(|generator| {
                let mut all = vec![identity];
                loop {
                    let next = Self::sum(all.last().unwrap(), generator);
                    if is(&next, &identity) {
                        return all;
                    }
                    all.push(next);
                }
            })
            .find(|multiples| multiples.len() == N as usize)
            .unwrap()
    }
}

fn is<const P: u32>(a: &AffinePoint<ToyElement<P>>, b: &AffinePoint<ToyElement<P>>) -> bool {
    a.x.0 == b.x.0 && a.y.0 == b.y.0
}

/// Divides the fractions, whose denominators are never zero.
fn affine<const P: u32>(point: &Point<ToyElement<P>>) -> AffinePoint<ToyElement<P>> {
    point.to_affine(&point.f.mul(&point.g).invert_vartime().unwrap())
}

#[test]
fn the_formulas_add_every_two_points_of_a_curve_and_double_every_point() {
    let points = Curve37::points();
    assert_eq!(points.len(), 8 * 37);
    let mut identities = 0;
    for a in &points {
        let mut double = Point::from_affine(a);
        double.double();
        assert!(is(&affine(&double), &Curve37::sum(a, a)), "2·{a:?}");
        for b in &points {
            let expected = Curve37::sum(a, b);
            let mut sum = Point::from_affine(a);
            sum.add(&Entry::new::<Curve37>(b));
            assert!(is(&affine(&sum), &expected), "{a:?} + {b:?}");
            let mut again = Point::from_affine(a);
            again.add_projective(&Point::from_affine(b).to_entry::<Curve37>());
            assert!(is(&affine(&again), &expected), "{a:?} + {b:?}");
            assert_eq!(sum.is_identity(), expected.x.0 == 0 && expected.y.0 == 1);
            identities += usize::from(sum.is_identity());
        }
    }
    assert_eq!(identities, points.len(), "every point has one opposite");
}

/// Tests every s and k with every P of `keys`, which are multiples of the generator.
fn every_sum<const P: u32, const D: u32, const N: u32, G: CombSize, S: CombSize>(
    keys: impl Iterator<Item = usize>,
) {
    let order = N as usize;
    let multiples = ToyCurve::<P, D, N>::multiples();
    let mut generator = vec![0; Shape::<ToyCurve<P, D, N>, G>::TABLE_BYTES];
    let mut own = vec![0; Shape::<ToyCurve<P, D, N>, S>::TABLE_BYTES];
    table::build::<ToyCurve<P, D, N>, G>(&multiples[1], &mut generator).unwrap();
    let generator = Table::<ToyCurve<P, D, N>, G>::new(&generator).unwrap();
    for key in keys {
        let point = multiples[key];
        table::build::<ToyCurve<P, D, N>, S>(&point, &mut own).unwrap();
        assert!(table::matches::<ToyCurve<P, D, N>, S>(&point, &own));
        let opposite = point.negated();
        assert!(!table::matches::<ToyCurve<P, D, N>, S>(&opposite, &own), "not of its opposite");
        let table = Table::<ToyCurve<P, D, N>, S>::new(&own).unwrap();
        for s in 0..order {
            let mut first = Residue::new([s as Word]);
            let first = Recoded::new(&mut first);
            for k in 0..order {
                let expected = &multiples[(s + k * key) % order];
                let mut second = Residue::new([k as Word]);
                let digits = NonAdjacentForm::new(&second, [0; 257]);
                let second = Recoded::new(&mut second);
                let sum = key::sum_vartime(&generator, &first, &table, &second);
                assert!(is(&affine(&sum), expected), "{s}·B + {k}·{key}·B");
                let sum = without_table::sum_vartime(&generator, &first, &point, &digits).unwrap();
                assert!(is(&affine(&sum), expected), "{s}·B + {k}·{key}·B");
            }
        }
    }
}

#[test]
fn every_sum_of_every_key_over_a_group_of_37() {
    every_sum::<269, 12, 37, Comb<2, 1>, Comb<2, 1>>(1..37);
    every_sum::<269, 12, 37, Comb<1, 2>, Comb<2, 1>>(1..37);
    every_sum::<269, 12, 37, Comb<2, 1>, Comb<1, 2>>(1..37);
    every_sum::<269, 12, 37, Comb<1, 2>, Comb<1, 2>>(1..37);
}

#[test]
fn every_sum_of_keys_over_a_group_of_131() {
    assert_eq!(Curve131::points().len(), 8 * 131);
    every_sum::<1009, 34, 131, Comb<3, 1>, Comb<3, 1>>((1..131).step_by(13));
    every_sum::<1009, 34, 131, Comb<3, 1>, Comb<1, 3>>((1..131).step_by(43));
    every_sum::<1009, 34, 131, Comb<1, 3>, Comb<3, 1>>((1..131).step_by(43));
}
