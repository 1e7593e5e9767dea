//! JSON texts as claims: the reader stops at the first error, and white space around a text changes
//! nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::Rejection;
use tollgate_core::json::JsonErrorKind;
use tollgate_tests::verify::believed_claims;

fuzz_target!(|text: &[u8]| match read(text) {
    Ok(len) => {
        assert_eq!(len, text.trim_ascii().len());
        let spacious = [b"\n", text, b"\t"].concat();
        let again = read(&spacious);
        assert!(again == Ok(len) || matches!(again, Err(Rejection::TokenTooLong { .. })));
    }
    Err(Rejection::Json { error, .. }) => {
        assert!(error.offset <= text.len(), "{error}");
        if error.kind == JsonErrorKind::NotUtf8 || error.offset == 0 {
            return;
        }
        // Everything before the error was read: alone, it is not wrong any earlier.
        match read(&text[..error.offset]) {
            Err(Rejection::Json { error: earlier, .. }) => assert_eq!(earlier.offset, error.offset),
            Ok(_) => assert_eq!(error.kind, JsonErrorKind::Syntax),
            Err(Rejection::ClaimType(_) | Rejection::ClaimOutOfRange(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    Err(_) => {}
});

/// The length of the object.
fn read(text: &[u8]) -> Result<usize, Rejection> {
    believed_claims(text, |signed| signed.claims().object().as_str().len())
}
