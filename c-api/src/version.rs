//! The version of the header and of the library.

/// The version of the header: major, minor and patch, a byte each.
pub const TOLLGATE_VERSION: u32 = 0x00_01_00;

/// Returns the version of the library, to compare with `TOLLGATE_VERSION`.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_version() -> u32 {
    TOLLGATE_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_the_package() {
        let [_, major, minor, patch] = TOLLGATE_VERSION.to_be_bytes();
        assert_eq!(format!("{major}.{minor}.{patch}"), env!("CARGO_PKG_VERSION"));
    }
}
