//! Points of −x² + y² = 1 + d·x²·y², and their addition.
//!
//! The formulas are from H. Hisil, K. K.-H. Wong, G. Carter, E. Dawson, "Twisted Edwards Curves
//! Revisited", 2008 (IACR ePrint 2008/522). Since −1 is a square and d is not, they hold for all pairs
//! of points, and no denominator is ever zero. So nothing here has exceptional cases.

use crate::engines::arithmetic::field::Field;
use crate::engines::eddsa::curve::Edwards;

/// A point by its coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AffinePoint<F> {
    pub(crate) x: F,
    pub(crate) y: F,
}

impl<F: Field> AffinePoint<F> {
    /// Returns the opposite point.
    pub(crate) fn negated(&self) -> Self {
        Self { x: self.x.negate_if(true), y: self.y }
    }
}

/// A point in the form that is added fastest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<F> {
    /// (y + x) / 2.
    pub(crate) plus: F,
    /// (y − x) / 2.
    pub(crate) minus: F,
    /// d·x·y.
    pub(crate) dxy: F,
}

impl<F: Field> Entry<F> {
    /// The length of its bytes.
    pub(crate) const BYTES: usize = F::BYTES.saturating_mul(3);

    pub(crate) fn new<E: Edwards<Field = F>>(point: &AffinePoint<F>) -> Self {
        Self {
            plus: point.y.add(&point.x).mul(&E::HALF),
            minus: point.y.sub(&point.x).mul(&E::HALF),
            dxy: E::D.mul(&point.x.mul(&point.y)),
        }
    }

    /// Reads (y + x) / 2, (y − x) / 2 and d·x·y, and negates the point if `negative` holds, which
    /// exchanges the first two.
    #[inline(always)]
    pub(crate) fn read(bytes: &[u8], negative: bool) -> Self {
        let element = |index: usize| {
            let start = index.wrapping_mul(F::BYTES);
            let bytes = bytes.get(start..start.wrapping_add(F::BYTES)).unwrap_or_default();
            F::from_table_bytes(bytes)
        };
        Self {
            plus: element(usize::from(negative)),
            minus: element(usize::from(!negative)),
            dxy: element(2).negate_if(negative),
        }
    }

    /// Writes the form that [`read`](Self::read) reads.
    pub(crate) fn write(&self, bytes: &mut [u8]) {
        let elements = [self.plus, self.minus, self.dxy];
        for (element, bytes) in elements.iter().zip(bytes.chunks_exact_mut(F::BYTES)) {
            element.write_table_bytes(bytes);
        }
    }

    /// Returns the coordinates.
    pub(crate) fn to_affine(self) -> AffinePoint<F> {
        AffinePoint { x: self.plus.sub(&self.minus), y: self.plus.add(&self.minus) }
    }
}

/// A point in the form of an [`Entry`], but with a denominator: faster to make, slower to add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProjectiveEntry<F> {
    /// (Y + X) / 2.
    plus: F,
    /// (Y − X) / 2.
    minus: F,
    /// d·X·Y / Z.
    dxy: F,
    z: F,
}

impl<F: Field> ProjectiveEntry<F> {
    /// Returns `−self` if `condition` holds, else `self`.
    pub(crate) fn negate_if(&self, condition: bool) -> Self {
        let (plus, minus) =
            if condition { (self.minus, self.plus) } else { (self.plus, self.minus) };
        Self { plus, minus, dxy: self.dxy.negate_if(condition), z: self.z }
    }
}

/// A point as two fractions: x = e / g and y = h / f.
///
/// The formulas end in these four values. The next one begins with their products: x = X / Z and
/// y = Y / Z, and for an addition T = X·Y / Z. So a doubling after an addition need not compute T.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point<F> {
    pub(crate) e: F,
    pub(crate) f: F,
    pub(crate) g: F,
    pub(crate) h: F,
}

impl<F: Field> Point<F> {
    pub(crate) const IDENTITY: Self = Self { e: F::ZERO, f: F::ONE, g: F::ONE, h: F::ONE };

    pub(crate) const fn from_affine(point: &AffinePoint<F>) -> Self {
        Self { e: point.x, f: F::ONE, g: F::ONE, h: point.y }
    }

    /// Returns the coordinates, given `1 / (f · g)`.
    pub(crate) fn to_affine(self, inverse: &F) -> AffinePoint<F> {
        AffinePoint { x: self.e.mul(&self.f).mul(inverse), y: self.g.mul(&self.h).mul(inverse) }
    }

    /// Returns whether it is the identity (0, 1).
    pub(crate) fn is_identity(&self) -> bool {
        self.e.is_zero() && self.h.equals(&self.f)
    }

    /// Returns the form that can be added.
    pub(crate) fn to_entry<E: Edwards<Field = F>>(self) -> ProjectiveEntry<F> {
        let Self { e, f, g, h } = self;
        let (x, y) = (e.mul(&f), g.mul(&h));
        ProjectiveEntry {
            plus: y.add(&x).mul(&E::HALF),
            minus: y.sub(&x).mul(&E::HALF),
            dxy: E::D.mul(&e.mul(&h)),
            z: f.mul(&g),
        }
    }

    /// Doubles the point: §3.3 with a = −1, without T. Not inlined, and neither is the addition, so that
    /// they use the same stack.
    #[inline(never)]
    pub(crate) fn double(&mut self) {
        let x = self.e.mul(&self.f);
        let y = self.g.mul(&self.h);
        let z = self.f.mul(&self.g);
        let a = x.square();
        let b = y.square();
        self.h = a.add(&b);
        self.e = x.add(&y).square().sub(&self.h);
        self.g = b.sub(&a);
        self.f = z.square().double().sub(&self.g);
    }

    /// Adds a point: §3.1 with a = −1 and Z₂ = 1, where the entry's halves save a doubling.
    #[inline(never)]
    pub(crate) fn add(&mut self, other: &Entry<F>) {
        let z = self.f.mul(&self.g);
        self.add_scaled(&other.plus, &other.minus, &other.dxy, z);
    }

    /// Adds a point: §3.1 with a = −1.
    #[inline(never)]
    pub(crate) fn add_projective(&mut self, other: &ProjectiveEntry<F>) {
        let z = self.f.mul(&self.g).mul(&other.z);
        self.add_scaled(&other.plus, &other.minus, &other.dxy, z);
    }

    #[inline(always)]
    fn add_scaled(&mut self, plus: &F, minus: &F, dxy: &F, z: F) {
        let x = self.e.mul(&self.f);
        let y = self.g.mul(&self.h);
        let c = self.e.mul(&self.h).mul(dxy);
        let a = y.sub(&x).mul(minus);
        let b = y.add(&x).mul(plus);
        *self = Self { e: b.sub(&a), f: z.sub(&c), g: z.add(&c), h: b.add(&a) };
    }
}
