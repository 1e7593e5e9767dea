//! The panic handler of builds without std.
//!
//! An optimised build of this library cannot panic: the core's functions are total, and the optimiser
//! removes all of the compiler's own checks. This handler lets the linker prove that. It calls a function
//! that is not defined anywhere, so a program that can reach a panic does not link. In a build without
//! optimisation, define that function.

use core::panic::PanicInfo;

unsafe extern "C" {
    safe fn tollgate_panicked() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    tollgate_panicked()
}
