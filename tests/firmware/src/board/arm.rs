//! Cortex-M: Armv6-M and Armv7-M.

use core::arch::asm;

/// The counter has 24 bits, and counts down.
pub const TICKS_MASK: u32 = (1 << 24) - 1;

const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;

/// A word of the vector table.
#[repr(C)]
union Vector {
    stack_top: *const u32,
    handler: unsafe extern "C" fn() -> !,
    reserved: usize,
}

// SAFETY: nothing writes to it.
unsafe impl Sync for Vector {}

unsafe extern "C" {
    static stack_top: u32;
}

/// The stack, the reset handler, and the fault handler for everything else.
#[used]
#[unsafe(link_section = ".start")]
static VECTORS: [Vector; 16] = {
    let mut vectors = [const { Vector { handler: on_fault } }; 16];
    vectors[0] = Vector { stack_top: &raw const stack_top };
    vectors[1] = Vector { handler: start };
    vectors
};

#[unsafe(no_mangle)]
unsafe extern "C" fn start() -> ! {
    // SAFETY: this is the reset handler, and nothing else uses the counter yet.
    unsafe {
        SYST_RVR.write_volatile(TICKS_MASK);
        SYST_CVR.write_volatile(0);
        SYST_CSR.write_volatile(0b101);
        super::begin()
    }
}

unsafe extern "C" fn on_fault() -> ! {
    super::fault()
}

/// Returns the processor's counter, which the emulator derives from the executed instructions.
pub fn ticks() -> u32 {
    // SAFETY: reading this register has no effect.
    TICKS_MASK - unsafe { SYST_CVR.read_volatile() }
}

/// Calls a service of the debugger, here the emulator.
pub fn debugger(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: this is Arm's semihosting call, and the callers pass the arguments that it expects.
    unsafe { asm!("bkpt 0xab", inout("r0") operation => result, in("r1") argument) };
    result
}

pub fn stack_pointer() -> *mut u32 {
    let pointer;
    // SAFETY: this only reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}
