//! The code that depends on the processor: startup, debugger calls and the instruction counter.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(target_arch = "riscv32")]
mod riscv;

#[cfg(target_arch = "arm")]
pub use arm::{TICKS_MASK, debugger, stack_pointer, ticks};
#[cfg(target_arch = "riscv32")]
pub use riscv::{TICKS_MASK, debugger, stack_pointer, ticks};

/// Starts the program, once there is a stack.
///
/// # Safety
///
/// Call it only once, and before anything uses a static.
unsafe fn begin() -> ! {
    unsafe extern "C" {
        static mut bss_start: u32;
        static mut bss_end: u32;
    }
    unsafe extern "Rust" {
        /// The entry point of each program.
        safe fn program() -> !;
    }
    let mut word = &raw mut bss_start;
    while word < &raw mut bss_end {
        // SAFETY: the symbols of the linker enclose the zeroed statics, which are not in use yet.
        unsafe {
            word.write_volatile(0);
            word = word.wrapping_add(1);
        }
    }
    program()
}

/// Ends the emulation with success or failure.
pub fn exit(success: bool) -> ! {
    const SYS_EXIT_EXTENDED: usize = 0x20;
    const APPLICATION_EXIT: usize = 0x2_0026;
    let reason = [APPLICATION_EXIT, usize::from(!success)];
    loop {
        debugger(SYS_EXIT_EXTENDED, &raw const reason as usize);
    }
}

/// Handles processor faults, such as an unaligned access or an unknown instruction.
extern "C" fn fault() -> ! {
    crate::console::print("error: fault\n");
    exit(false)
}
