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

/// Aligned, since the lowest bits of its address have a meaning for the processor.
#[unsafe(naked)]
unsafe extern "C" fn on_fault() -> ! {
    core::arch::naked_asm!(".balign 4", "j {fault}", fault = sym super::fault);
}

/// Instructions so far.
pub fn ticks() -> u32 {
    let instructions;
    // SAFETY: this only reads a register.
    unsafe { asm!("csrr {}, minstret", out(reg) instructions, options(nomem, nostack)) };
    instructions
}

/// Asks the debugger, here the emulator, for a service.
pub fn debugger(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: this sequence is the call for it, and the callers' arguments are what the service
    // expects. Its three instructions must be long ones on the same page.
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
