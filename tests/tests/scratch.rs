//! The memory that the caller lends.

use serde_json::json;
use tollgate_core::{BearerToken, Now, Rejection, Scratch, UnixTime, Verifier};
use tollgate_tests::mint::{NOW, Token};
use tollgate_tests::verify::{good_keys, lenient};

fn verify_in(scratch: &mut [u8], token: &str) -> Result<(), Rejection> {
    let keys = good_keys();
    let verifier = Verifier::new(&keys, lenient().build().unwrap());
    let token = BearerToken::from_token68(token.as_bytes())?;
    verifier.verify(token, Now::Exact(UnixTime(NOW)), scratch).map(|_| ())
}

/// A token of about `len` characters.
fn token_of(len: usize) -> String {
    let short = Token::good().claim("pad", json!("")).mint().len();
    Token::good().claim("pad", json!("p".repeat((len - short) / 4 * 3))).mint()
}

#[test]
fn token_of_1_kib_fits_what_it_is_said_to_need() {
    let token = token_of(1024);
    assert!((1020..=1024).contains(&token.len()));
    let mut scratch = Scratch::<{ Scratch::needed_for(1024) }>::new();
    assert_eq!(scratch.len(), 768);
    assert_eq!(verify_in(&mut scratch, &token), Ok(()));
}

#[test]
fn scratch_that_is_too_small_names_exactly_what_suffices() {
    for token in [Token::good().mint(), Token::good_es384().mint(), token_of(1024), token_of(9000)]
    {
        let Err(Rejection::ScratchTooSmall { needed }) = verify_in(&mut [], &token) else {
            panic!("no scratch is too small");
        };
        assert!(needed <= Scratch::needed_for(token.len()));
        assert_eq!(
            verify_in(&mut vec![0; needed - 1], &token),
            Err(Rejection::ScratchTooSmall { needed })
        );
        assert_eq!(verify_in(&mut vec![0; needed], &token), Ok(()));
    }
}

#[test]
fn scratch_is_asked_for_before_the_signature_is_verified() {
    let forged = Token::good().mint_forged(|_| vec![1; 64]);
    assert!(matches!(verify_in(&mut [0; 10], &forged), Err(Rejection::ScratchTooSmall { .. })));
    assert_eq!(verify_in(&mut [0; 1000], &forged), Err(Rejection::SignatureInvalid));
}

#[test]
fn scratch_may_be_used_again_for_another_token() {
    let mut scratch = Scratch::<1024>::new();
    assert_eq!(verify_in(&mut scratch, &Token::good().mint()), Ok(()));
    let forged = Token::good().mint_forged(|_| vec![1; 64]);
    assert_eq!(verify_in(&mut scratch, &forged), Err(Rejection::SignatureInvalid));
    assert_eq!(verify_in(&mut scratch, &Token::good_es384().mint()), Ok(()));
}

#[test]
fn content_of_the_scratch_is_not_shown() {
    let mut scratch = Scratch::<1024>::new();
    scratch.fill(b'x');
    assert_eq!(format!("{scratch:?}"), "Scratch::<1024>(..)");
}
