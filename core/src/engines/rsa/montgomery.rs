//! Products modulo an odd number n, divided by R: Montgomery's multiplication, block by block.
//!
//! R is 2^(bits of n's blocks). All numbers are below n, and have as many blocks as n. The topmost words
//! of n may be zero.

use super::block::{self, Block, ZERO, add_multiple};
use crate::engines::arithmetic::limbs::less_than;

/// An odd number to compute modulo.
pub(super) struct Modulus<'a> {
    n: &'a [Block],
    negated_inverse: Block,
}

impl<'a> Modulus<'a> {
    /// Takes an odd number. For an even one, results are meaningless.
    pub(super) fn new(n: &'a [Block]) -> Self {
        Self { n, negated_inverse: block::negated_inverse(n.first().unwrap_or(&ZERO)) }
    }

    /// Whether a number is below n.
    pub(super) fn exceeds(&self, number: &[Block]) -> bool {
        less_than(number.as_flattened(), self.n.as_flattened())
    }

    /// Replaces x with x · `factor` / R. The blocks of `factor` come from an iterator; those that are
    /// missing count as zero. `product` is scratch memory of twice as many blocks as n.
    pub(super) fn multiply(
        &self,
        x: &mut [Block],
        mut factor: impl Iterator<Item = Block>,
        product: &mut [Block],
    ) {
        clear_low_half(product);
        let mut rest = &mut *product;
        for _ in 0..self.n.len() {
            let factor = factor.next().unwrap_or(ZERO);
            let Some((window, [above, ..])) = rest.split_at_mut_checked(x.len()) else { return };
            *above = add_multiple(window, x, &factor);
            rest = rest.get_mut(1..).unwrap_or_default();
        }
        self.reduce(product, x);
    }

    /// Replaces x with x² / R. `product` is scratch memory of twice as many blocks as n.
    #[inline(never)]
    pub(super) fn square(&self, x: &mut [Block], product: &mut [Block]) {
        clear_low_half(product);
        // The products of different blocks, each once.
        let mut rest = product.get_mut(1..).unwrap_or_default();
        let mut blocks = &*x;
        while let Some((first, others)) = blocks.split_first() {
            let Some((window, [above, ..])) = rest.split_at_mut_checked(others.len()) else {
                return;
            };
            *above = add_multiple(window, others, first);
            rest = rest.get_mut(2..).unwrap_or_default();
            blocks = others;
        }
        // Twice that, plus the squares of the blocks.
        let (mut bit, mut carry) = (false, false);
        for (block, [low, high]) in x.iter().zip(product.as_chunks_mut().0) {
            let square = block::square(block);
            for (sum, square) in [low, high].into_iter().zip(&square) {
                let doubled;
                (doubled, bit) = block::double(sum, bit);
                (*sum, carry) = block::add(&doubled, square, carry);
            }
        }
        self.reduce(product, x);
    }

    /// Replaces x with x / R. `product` is scratch memory of twice as many blocks as n.
    pub(super) fn divide_by_r(&self, x: &mut [Block], product: &mut [Block]) {
        product.fill(ZERO);
        for (low, block) in product.iter_mut().zip(&*x) {
            *low = *block;
        }
        self.reduce(product, x);
    }

    /// Replaces x with 2 · x.
    pub(super) fn double(&self, x: &mut [Block]) {
        let mut bit = false;
        for block in &mut *x {
            (*block, bit) = block::double(block, bit);
        }
        self.subtract_once(x, bit);
    }

    /// Sets `result` to `product` / R modulo n, for a product of at most n · R. Destroys the product.
    #[inline(never)]
    fn reduce(&self, product: &mut [Block], result: &mut [Block]) {
        // Multiples of n clear the low blocks one by one.
        let mut carry = false;
        let mut rest = product;
        for _ in 0..self.n.len() {
            let Some((window, [above, ..])) = rest.split_at_mut_checked(self.n.len()) else {
                return;
            };
            let lowest = window.first().unwrap_or(&ZERO);
            let quotient = block::low_product(lowest, &self.negated_inverse);
            let high = add_multiple(window, self.n, &quotient);
            (*above, carry) = block::add(above, &high, carry);
            rest = rest.get_mut(1..).unwrap_or_default();
        }
        for (block, high) in result.iter_mut().zip(rest) {
            *block = *high;
        }
        // At most (n · R + (R − 1) · n) / R, which is less than 2 · n.
        self.subtract_once(result, carry);
    }

    /// Subtracts n from a number below 2 · n, if it is not below n. `carry` is the bit above its blocks.
    fn subtract_once(&self, number: &mut [Block], carry: bool) {
        if carry || !self.exceeds(number) {
            let mut borrow = false;
            for (block, n) in number.iter_mut().zip(self.n) {
                (*block, borrow) = block::sub(block, n, borrow);
            }
        }
    }
}

/// Clears the blocks that the rows of a product add to before they are written.
fn clear_low_half(product: &mut [Block]) {
    let half = product.len() / 2;
    if let Some(low) = product.get_mut(..half) {
        low.fill(ZERO);
    }
}

#[cfg(test)]
mod tests;
