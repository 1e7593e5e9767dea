//! The panic handler, or the proof that none is needed.

use core::panic::PanicInfo;

#[cfg(not(feature = "no-panic"))]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::console::print("error: panic\n");
    crate::board::exit(false)
}

/// Calls a function that does not exist, so that the program links only if no path leads here.
#[cfg(feature = "no-panic")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn a_path_to_a_panic_remains() -> !;
    }
    a_path_to_a_panic_remains()
}
