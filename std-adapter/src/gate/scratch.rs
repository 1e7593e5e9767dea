//! [`with_scratch`]: the memory that a verification needs.

use tollgate_core::{BearerToken, Scratch};

/// Longer tokens need an allocation. Most access tokens have between 500 and 1,500 characters.
const USUAL_TOKEN_LEN: usize = 2048;

/// Calls `judge` with enough memory for a token: on the stack, unless the token is unusually long.
pub(super) fn with_scratch<T>(token: BearerToken<'_>, judge: impl FnOnce(&mut [u8]) -> T) -> T {
    let needed = Scratch::needed_for(token.as_str().len());
    let mut usual = Scratch::<{ Scratch::needed_for(USUAL_TOKEN_LEN) }>::new();
    match usual.get_mut(..needed) {
        Some(scratch) => judge(scratch),
        None => judge(&mut vec![0; needed]),
    }
}
