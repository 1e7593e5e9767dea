//! What happens in a panic, where std does not say.
//!
//! Nothing of this library panics in an optimised build: not the core, whose functions are total,
//! and not the compiler's own checks, of which none is left. This handler makes the linker prove
//! that. It calls a function that nobody defines, so that a program in which a panic could be
//! reached does not link. Whoever builds without optimisation defines it.

use core::panic::PanicInfo;

unsafe extern "C" {
    safe fn tollgate_panicked() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    tollgate_panicked()
}
