//! What differs between the processors: how they start, call the debugger and count.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(target_arch = "riscv32")]
mod riscv;

#[cfg(target_arch = "arm")]
pub use arm::{TICKS_MASK, debugger, stack_pointer, ticks};
#[cfg(target_arch = "riscv32")]
pub use riscv::{TICKS_MASK, debugger, stack_pointer, ticks};

/// Begins the program, once there is a stack.
///
/// # Safety
///
/// Only to be called once, and before anything uses a static.
unsafe fn begin() -> ! {
    unsafe extern "C" {
        static mut bss_start: u32;
        static mut bss_end: u32;
    }
    unsafe extern "Rust" {
        /// What each program is, under this name.
        safe fn program() -> !;
    }
    let mut word = &raw mut bss_start;
    while word < &raw mut bss_end {
        // SAFETY: the linker's symbols enclose the zeroed statics, which nobody uses yet.
        unsafe {
            word.write_volatile(0);
            word = word.wrapping_add(1);
        }
    }
    program()
}

/// Ends the emulation with success or with failure.
pub fn exit(success: bool) -> ! {
    const SYS_EXIT_EXTENDED: usize = 0x20;
    const APPLICATION_EXIT: usize = 0x2_0026;
    let reason = [APPLICATION_EXIT, usize::from(!success)];
    loop {
        debugger(SYS_EXIT_EXTENDED, &raw const reason as usize);
    }
}

/// Something went wrong that no Rust code caused: an unaligned access, an unknown instruction.
extern "C" fn fault() -> ! {
    crate::console::print("error: fault\n");
    exit(false)
}
