//! Measures the stack: fills it with a pattern, and later looks for the lowest word that has changed.

use crate::board::stack_pointer;

const PATTERN: u32 = 0xDEAD_BEA7;
/// Room for the stack frames of the functions here.
const OWN_WORDS: usize = 16;

unsafe extern "C" {
    static mut bss_end: u32;
    static stack_top: u32;
}

/// Fills the free part of the stack with the pattern.
#[inline(always)]
pub fn fill() {
    let mut word = &raw mut bss_end;
    let end = stack_pointer().wrapping_sub(OWN_WORDS);
    while word < end {
        // SAFETY: the memory between the statics and the stack pointer is unused.
        unsafe {
            word.write_volatile(PATTERN);
            word = word.wrapping_add(1);
        }
    }
}

/// Returns the bytes below the caller that have been used since.
#[inline(always)]
pub fn used() -> u32 {
    (stack_pointer() as usize - deepest() as usize) as u32
}

/// Returns the bytes from the top of the stack that have been used since.
pub fn used_in_total() -> u32 {
    ((&raw const stack_top) as usize - deepest() as usize) as u32
}

/// Returns the lowest word that has changed.
#[inline(always)]
fn deepest() -> *const u32 {
    let pointer = stack_pointer();
    let mut word = &raw mut bss_end;
    // SAFETY: this memory is unused, and reading it has no effect.
    while word < pointer && unsafe { word.read_volatile() } == PATTERN {
        word = word.wrapping_add(1);
    }
    word
}
