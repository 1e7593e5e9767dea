//! Verification without a table for the key.
//!
//! s·B is computed with the generator's comb, and −k·A from a few odd multiples of −A and the
//! non-adjacent form of k. The comb's additions happen among the last doublings.

#![allow(clippy::arithmetic_side_effects, reason = "the length of an order is a small constant")]

use crate::engine::InvalidSignature;
use crate::engines::arithmetic::non_adjacent::{MULTIPLES, NonAdjacentForm};
use crate::engines::comb::table::Table;
use crate::engines::comb::{Comb, CombSize, Recoded, Shape};
use crate::engines::eddsa::curve::{Ed25519, Edwards};
use crate::engines::eddsa::equation::Equation;
use crate::engines::eddsa::generator::Generator;
use crate::engines::eddsa::key::Ed25519PublicKey;
use crate::engines::eddsa::point::{AffinePoint, Point, ProjectiveEntry};

/// An engine without a table for its key: ready at once, for keys that are used only a few times.
///
/// The generator still has a table: `G` is its size, or a
/// [`BuiltGenerator`](crate::engines::eddsa::BuiltGenerator).
///
/// ```
/// use tollgate_core::engines::eddsa::UntabledEd25519Key;
/// use tollgate_core::{InvalidSignature, Jwk, UnusableKey};
///
/// // The key of RFC 8037 §A.
/// let json = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let (_, jwk) = Jwk::parse(json)?;
/// let key: UntabledEd25519Key = UntabledEd25519Key::try_from(&jwk)?;
/// assert_eq!(key.verify_vartime(b"message", &[0; 64]), Err(InvalidSignature));
/// # Ok::<(), UnusableKey>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct UntabledEd25519Key<G = Comb<10, 2>> {
    key: Ed25519PublicKey,
    generator: G,
}

impl<G: CombSize> From<Ed25519PublicKey> for UntabledEd25519Key<G> {
    fn from(key: Ed25519PublicKey) -> Self {
        Self { key, generator: G::VALUE }
    }
}

impl<G> UntabledEd25519Key<G> {
    /// Uses another table for the generator.
    pub fn with_generator<H: Generator>(self, generator: H) -> UntabledEd25519Key<H> {
        UntabledEd25519Key { key: self.key, generator }
    }
}

impl<G: Generator> UntabledEd25519Key<G> {
    /// Verifies a signature of a message.
    ///
    /// Arguments and results are the same as for [`Ed25519Key::verify_vartime`].
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], without details.
    ///
    /// [`Ed25519Key::verify_vartime`]: crate::engines::eddsa::Ed25519Key::verify_vartime
    pub fn verify_vartime(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.check_vartime(Equation::new(self.key.as_bytes(), message, signature)?)
    }

    /// Not inlined, and neither is making the equation, so that they use the same stack.
    #[inline(never)]
    fn check_vartime(&self, mut equation: Equation) -> Result<(), InvalidSignature> {
        let generator = self.generator.table();
        let generator = Table::<Ed25519, G::Size>::new(generator).ok_or(InvalidSignature)?;
        let s = Recoded::new(&mut equation.s);
        let k = NonAdjacentForm::new(&equation.k, [0; 257]);
        let sum = sum_vartime(&generator, &s, &self.key.opposite, &k).ok_or(InvalidSignature)?;
        equation.holds_for(&sum)
    }
}

/// Returns s·B + k·P, with common doublings. `None` cannot happen, because every digit has a multiple.
pub(crate) fn sum_vartime<E: Edwards, G: CombSize>(
    generator: &Table<'_, E, G>,
    s: &Recoded<'_, E, G>,
    key: &AffinePoint<E::Field>,
    k: &NonAdjacentForm<[i8; 257]>,
) -> Option<Point<E::Field>> {
    let multiples = odd_multiples::<E>(key);
    let mut sum = Point::IDENTITY;
    for (i, digit) in k.digits.iter().enumerate().take(E::ORDER_BITS + 1).rev() {
        sum.double();
        if *digit != 0 {
            let multiple = multiples.get(usize::from(digit.unsigned_abs() / 2))?;
            sum.add_projective(&multiple.negate_if(*digit < 0));
        }
        if i < Shape::<E, G>::COLUMNS {
            for block in 0..G::BLOCKS {
                sum.add(&generator.point(block, s.digit(block, i)));
            }
        }
    }
    Some(sum)
}

/// Returns 1·P, 3·P, 5·P …
fn odd_multiples<E: Edwards>(
    point: &AffinePoint<E::Field>,
) -> [ProjectiveEntry<E::Field>; MULTIPLES] {
    let mut multiple = Point::from_affine(point);
    let mut twice = multiple;
    twice.double();
    let twice = twice.to_entry::<E>();
    let mut multiples = [multiple.to_entry::<E>(); MULTIPLES];
    for next in multiples.iter_mut().skip(1) {
        multiple.add_projective(&twice);
        *next = multiple.to_entry::<E>();
    }
    multiples
}
