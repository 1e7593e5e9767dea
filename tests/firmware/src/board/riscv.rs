//! RISC-V with 32 bits.

use core::arch::{asm, global_asm};

pub const TICKS_MASK: u32 = u32::MAX;

global_asm!(
    ".section .start, \"ax\"",
    ".global start",
    "start:",
    "la sp, stack_top",
    "la t0, {fault}",
    "csrw mtvec, t0",
    "j {begin}",
    fault = sym on_fault,
    begin = sym begin,
);

unsafe extern "C" fn begin() -> ! {
    // SAFETY: the reset code jumps here, once.
    unsafe { super::begin() }
}

/// Aligned, because the processor interprets the lowest bits of its address.
#[unsafe(naked)]
unsafe extern "C" fn on_fault() -> ! {
    core::arch::naked_asm!(".balign 4", "j {fault}", fault = sym super::fault);
}

/// Returns the number of executed instructions.
pub fn ticks() -> u32 {
    let instructions;
    // SAFETY: this only reads a register.
    unsafe { asm!("csrr {}, minstret", out(reg) instructions, options(nomem, nostack)) };
    instructions
}

/// Calls a service of the debugger, here the emulator.
pub fn debugger(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: this sequence is RISC-V's semihosting call, and the callers pass the arguments that it
    // expects. Its three instructions must be uncompressed and on the same page.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 7",
            ".option pop",
            inout("a0") operation => result,
            in("a1") argument,
        );
    }
    result
}

pub fn stack_pointer() -> *mut u32 {
    let pointer;
    // SAFETY: this only reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}
