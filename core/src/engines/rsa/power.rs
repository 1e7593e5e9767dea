//! RSAVP1 (RFC 8017 §5.2.2): a signature to the power of e, modulo n.

use super::block::{self, BLOCK_BYTES, Block};
use super::capacity::Capacity;
use super::provisioned::{Memory, Provisioned};
use crate::engines::arithmetic::word::WORD_BYTES;

/// Writes s^e mod n to `message`, as big-endian bytes.
///
/// `message` and the signature must be as long as the modulus in bytes (§8.2.2), and s below n. Otherwise
/// it returns `None`.
///
/// Not inlined, so that its stack is free again when the message is checked.
#[inline(never)]
pub(super) fn power_vartime<C: Capacity>(
    key: &Provisioned<'_>,
    signature: &[u8],
    message: &mut [u8],
) -> Option<()> {
    if signature.len() != key.bits().div_ceil(8) || message.len() != signature.len() {
        return None;
    }
    let mut memory = Memory::<C>::ZERO;
    let (modulus, x, product) = memory.with_modulus(key.n)?;
    // Read again for each product, which saves memory.
    let s = || signature.rchunks(BLOCK_BYTES).map(block::from_be_bytes);
    let r_squared = || key.r_squared.chunks_exact(BLOCK_BYTES).map(block::from_le_bytes);

    for (block, chunk) in x.iter_mut().zip(s()) {
        *block = chunk;
    }
    if !modulus.exceeds(x) {
        return None;
    }
    // Along the bits of e, from the second highest to the lowest. Powers are multiplied by R, as Montgomery's
    // products need it. A product with s itself removes that factor, and a product with R² brings it back.
    let below_highest = 31u32.checked_sub(key.e.leading_zeros())?;
    modulus.multiply(x, r_squared(), product);
    for bit in (0..below_highest).rev() {
        modulus.square(x, product);
        if key.e >> bit & 1 == 1 {
            modulus.multiply(x, s(), product);
            if bit > 0 {
                modulus.multiply(x, r_squared(), product);
            }
        }
    }
    write_be(message, x);
    Some(())
}

/// Writes a number as big-endian bytes. What exceeds them is zero.
fn write_be(bytes: &mut [u8], number: &[Block]) {
    for (chunk, word) in bytes.rchunks_mut(WORD_BYTES).zip(number.as_flattened()) {
        for (to, from) in chunk.iter_mut().rev().zip(word.to_le_bytes()) {
            *to = from;
        }
    }
}
