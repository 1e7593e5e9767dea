//! What happens when something panics; or proof that nothing does.

use core::panic::PanicInfo;

#[cfg(not(feature = "no-panic"))]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::console::print("error: panic\n");
    crate::board::exit(false)
}

/// Refers to what does not exist, so that the program links only if nothing leads here.
#[cfg(feature = "no-panic")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn a_path_to_a_panic_remains() -> !;
    }
    a_path_to_a_panic_remains()
}
