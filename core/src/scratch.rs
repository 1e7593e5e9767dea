//! Memory that the caller provides for a verification: [`Scratch`].

use core::fmt;
use core::ops::{Deref, DerefMut};

use crate::base64url;
use crate::rejection::Rejection;

/// A buffer of `N` bytes for a verification. Any other `&mut [u8]` works, too.
///
/// [`needed_for`](Scratch::needed_for) returns how many bytes suffice for a token.
/// [`AcceptedToken::claims_as`](crate::AcceptedToken::claims_as) may need more, for the strings that
/// the token writes with escapes.
///
/// ```
/// use tollgate_core::Scratch;
///
/// // For tokens of up to 1 KiB:
/// let mut scratch = Scratch::<{ Scratch::needed_for(1024) }>::new();
/// assert_eq!(scratch.len(), 768);
/// ```
#[derive(Clone)]
pub struct Scratch<const N: usize>([u8; N]);

impl Scratch<0> {
    /// Returns how many bytes suffice for any token of `token_len` bytes: three quarters of it.
    #[must_use]
    pub const fn needed_for(token_len: usize) -> usize {
        base64url::decoded_len(token_len)
    }
}

impl<const N: usize> Scratch<N> {
    /// Makes a buffer of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Default for Scratch<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deref for Scratch<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> DerefMut for Scratch<N> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The unused rest of the scratch memory, which each stage passes to the next.
#[derive(Default)]
pub(crate) struct Arena<'b> {
    free: &'b mut [u8],
    used: usize,
}

impl<'b> Arena<'b> {
    pub(crate) const fn new(scratch: &'b mut [u8]) -> Self {
        Self { free: scratch, used: 0 }
    }

    /// Takes the next `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'b mut [u8], Rejection> {
        let needed = self.used.saturating_add(len);
        let free = core::mem::take(&mut self.free);
        let Some((taken, free)) = free.split_at_mut_checked(len) else {
            return Err(Rejection::ScratchTooSmall { needed });
        };
        (self.free, self.used) = (free, needed);
        Ok(taken)
    }

    /// Lends the next `len` bytes without taking them.
    pub(crate) fn lend(&mut self, len: usize) -> Result<&mut [u8], Rejection> {
        let too_small = self.too_small_for(len);
        self.free.get_mut(..len).ok_or(too_small)
    }

    /// Fails early if `len` more bytes will not fit.
    pub(crate) const fn expect(&self, len: usize) -> Result<(), Rejection> {
        if self.free.len() < len { Err(self.too_small_for(len)) } else { Ok(()) }
    }

    /// Returns the rejection for `len` more bytes that do not fit.
    pub(crate) const fn too_small_for(&self, len: usize) -> Rejection {
        Rejection::ScratchTooSmall { needed: self.used.saturating_add(len) }
    }

    /// Returns all that is left, for repeated use.
    pub(crate) const fn rest(&mut self) -> &mut [u8] {
        self.free
    }
}

/// Hides the content, which may include the claims of the last token.
impl<const N: usize> fmt::Debug for Scratch<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scratch::<{N}>(..)")
    }
}
