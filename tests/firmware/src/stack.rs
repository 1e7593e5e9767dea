//! How deep the stack gets: it is painted below the caller, and later the paint is looked for.

use crate::board::stack_pointer;

const PAINT: u32 = 0xDEAD_BEA7;
/// For the frames of the functions here, which stand where the measured ones will.
const OWN_WORDS: usize = 16;

unsafe extern "C" {
    static mut bss_end: u32;
    static stack_top: u32;
}

/// Paints what is free of the stack.
#[inline(always)]
pub fn paint() {
    let mut word = &raw mut bss_end;
    let end = stack_pointer().wrapping_sub(OWN_WORDS);
    while word < end {
        // SAFETY: between the statics and the stack pointer, memory is nobody's.
        unsafe {
            word.write_volatile(PAINT);
            word = word.wrapping_add(1);
        }
    }
}

/// Bytes below the caller that were used since.
#[inline(always)]
pub fn used() -> u32 {
    (stack_pointer() as usize - deepest() as usize) as u32
}

/// Bytes of the whole stack, from its top, that were used since.
pub fn used_in_all() -> u32 {
    ((&raw const stack_top) as usize - deepest() as usize) as u32
}

/// The lowest word that is not paint any more.
#[inline(always)]
fn deepest() -> *const u32 {
    let pointer = stack_pointer();
    let mut word = &raw mut bss_end;
    // SAFETY: this memory is nobody's, and reading it has no effect.
    while word < pointer && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    word
}
