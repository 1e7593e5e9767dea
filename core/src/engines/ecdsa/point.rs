//! Points of y² = x³ − 3x + b, and their addition.
//!
//! The formulas are from the Explicit-Formulas Database (hyperelliptic.org/EFD, short Weierstrass); the
//! comments give their names. They are incomplete, so branches handle the exceptional cases.

use crate::engines::ecdsa::field::Field;

/// A point other than the identity, by its coordinates.
#[derive(Clone, Copy, Debug)]
pub struct AffinePoint<F> {
    /// The x coordinate.
    pub x: F,
    /// The y coordinate.
    pub y: F,
}

impl<F: Field> AffinePoint<F> {
    /// Returns whether the point is on the curve with this coefficient b.
    pub(crate) fn is_on_curve(&self, b: &F) -> bool {
        // y² = (x² − 3)·x + b
        let three = F::ONE.double().add(&F::ONE);
        let right = self.x.square().sub(&three).mul(&self.x).add(b);
        self.y.square().equals(&right)
    }

    /// Returns `−self` if `condition` holds, else `self`.
    #[inline(always)]
    pub(crate) fn negate_if(&self, condition: bool) -> Self {
        Self { x: self.x, y: self.y.negate_if(condition) }
    }
}

/// A point in extended Jacobian coordinates: x = X / ZZ, y = Y / ZZZ, ZZ³ = ZZZ².
///
/// The cheapest form if most operations add affine points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct XyzzPoint<F> {
    x: F,
    y: F,
    /// Zero for the identity.
    zz: F,
    zzz: F,
}

impl<F: Field> XyzzPoint<F> {
    pub(crate) const IDENTITY: Self = Self { x: F::ONE, y: F::ONE, zz: F::ZERO, zzz: F::ZERO };

    pub(crate) const fn from_affine(point: &AffinePoint<F>) -> Self {
        Self { x: point.x, y: point.y, zz: F::ONE, zzz: F::ONE }
    }

    pub(crate) fn is_identity(&self) -> bool {
        self.zz.is_zero()
    }

    /// Returns the affine coordinates, or `None` for the identity.
    pub(crate) fn to_affine_vartime(self) -> Option<AffinePoint<F>> {
        let inverse_of_zzz = self.zzz.invert_vartime()?;
        let inverse_of_z = self.zz.mul(&inverse_of_zzz);
        Some(AffinePoint { x: self.x.mul(&inverse_of_z.square()), y: self.y.mul(&inverse_of_zzz) })
    }

    /// Returns whether the point's x coordinate is `x`. The identity has none.
    pub(crate) fn has_x(&self, x: &F) -> bool {
        !self.is_identity() && x.mul(&self.zz).equals(&self.x)
    }

    /// Doubles the point: dbl-2008-s-1 with a = −3. Not inlined, and neither is the addition, so that
    /// they use the same stack.
    #[inline(never)]
    pub(crate) fn double_vartime(&mut self) {
        if self.is_identity() {
            return;
        }
        let u = self.y.double();
        let v = u.square();
        let w = u.mul(&v);
        let s = self.x.mul(&v);
        let m = self.x.sub(&self.zz).mul(&self.x.add(&self.zz));
        let m = m.double().add(&m);
        self.x = m.square().sub(&s.double());
        self.y = m.mul(&s.sub(&self.x)).sub(&w.mul(&self.y));
        self.zz = v.mul(&self.zz);
        self.zzz = w.mul(&self.zzz);
    }

    /// Adds a point.
    #[inline(always)]
    pub(crate) fn add_affine_vartime(&mut self, other: &AffinePoint<F>) {
        // One after the other, so that both use the same stack.
        match self.add_different_vartime(other) {
            Ok(()) => {}
            Err(SameX::Equal) => self.double_vartime(),
            Err(SameX::Opposite) => *self = Self::IDENTITY,
        }
    }

    /// Adds a point with another x coordinate: madd-2008-s.
    #[inline(never)]
    fn add_different_vartime(&mut self, other: &AffinePoint<F>) -> Result<(), SameX> {
        if self.is_identity() {
            *self = Self::from_affine(other);
            return Ok(());
        }
        let p = other.x.mul(&self.zz).sub(&self.x);
        let r = other.y.mul(&self.zzz).sub(&self.y);
        if p.is_zero() {
            return Err(if r.is_zero() { SameX::Equal } else { SameX::Opposite });
        }
        let pp = p.square();
        let ppp = p.mul(&pp);
        let q = self.x.mul(&pp);
        self.x = r.square().sub(&ppp).sub(&q.double());
        self.y = r.mul(&q.sub(&self.x)).sub(&self.y.mul(&ppp));
        self.zz = self.zz.mul(&pp);
        self.zzz = self.zzz.mul(&ppp);
        Ok(())
    }
}

/// The reasons why the formula for different points does not apply.
enum SameX {
    Equal,
    Opposite,
}

/// A point in Jacobian coordinates: x = X / Z², y = Y / Z³.
///
/// The cheapest form if most operations are doublings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JacobianPoint<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    /// Zero for the identity.
    pub(crate) z: F,
}

impl<F: Field> JacobianPoint<F> {
    pub(crate) const IDENTITY: Self = Self { x: F::ONE, y: F::ONE, z: F::ZERO };

    pub(crate) const fn from_affine(point: &AffinePoint<F>) -> Self {
        Self { x: point.x, y: point.y, z: F::ONE }
    }

    pub(crate) fn is_identity(&self) -> bool {
        self.z.is_zero()
    }

    /// Returns the affine coordinates, given `1 / Z`.
    pub(crate) fn to_affine(self, inverse_of_z: &F) -> AffinePoint<F> {
        let square = inverse_of_z.square();
        AffinePoint { x: self.x.mul(&square), y: self.y.mul(&square).mul(inverse_of_z) }
    }

    /// Returns whether the point's x coordinate is `x`. The identity has none.
    pub(crate) fn has_x(&self, x: &F) -> bool {
        !self.is_identity() && x.mul(&self.z.square()).equals(&self.x)
    }

    /// Returns `2 · self`: dbl-2001-b, for a = −3. Z is computed as 2·Y·Z, because a product costs less
    /// than a square and three additions.
    #[inline]
    pub(crate) fn double_vartime(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x.mul(&gamma);
        let alpha = self.x.sub(&delta).mul(&self.x.add(&delta));
        let alpha = alpha.double().add(&alpha);
        let beta4 = beta.double().double();
        let x = alpha.square().sub(&beta4.double());
        Self {
            x,
            y: alpha.mul(&beta4.sub(&x)).sub(&gamma.double().square().double()),
            z: self.y.mul(&self.z).double(),
        }
    }

    /// Returns `self + other`: madd, in the textbook form (8M + 3S).
    #[inline]
    pub(crate) fn add_affine_vartime(&self, other: &AffinePoint<F>) -> Self {
        if self.is_identity() {
            return Self::from_affine(other);
        }
        let zz = self.z.square();
        let h = other.x.mul(&zz).sub(&self.x);
        let r = other.y.mul(&self.z.mul(&zz)).sub(&self.y);
        if h.is_zero() {
            return self.add_same_x(other, &r);
        }
        let hh = h.square();
        let hhh = h.mul(&hh);
        let v = self.x.mul(&hh);
        let x = r.square().sub(&hhh).sub(&v.double());
        Self { x, y: r.mul(&v.sub(&x)).sub(&self.y.mul(&hhh)), z: self.z.mul(&h) }
    }

    /// Returns the sum of two points with the same x coordinate, which are equal or opposite.
    #[cold]
    fn add_same_x(&self, other: &AffinePoint<F>, y_difference: &F) -> Self {
        if y_difference.is_zero() {
            Self::from_affine(other).double_vartime()
        } else {
            Self::IDENTITY
        }
    }
}
