//! The memory that the caller lends to a verification.

use core::fmt;
use core::ops::{Deref, DerefMut};

use crate::base64url;
use crate::rejection::Rejection;

/// A buffer of `N` bytes that is its own `&mut [u8]`; any other mutable slice does as well.
///
/// A token needs [`needed_for`](Self::needed_for) its length at the most. Deserialising claims into
/// a type of the caller's may need as much again as the longest string that was written with
/// escapes ([`AcceptedToken::claims_as`](crate::AcceptedToken::claims_as)).
///
/// ```
/// use tollgate_core::Scratch;
///
/// // A gateway that takes tokens of up to 1 KiB:
/// let mut scratch = Scratch::<{ Scratch::needed_for(1024) }>::new();
/// assert_eq!(scratch.len(), 768);
/// ```
#[derive(Clone)]
pub struct Scratch<const N: usize>([u8; N]);

impl Scratch<0> {
    /// Bytes that suffice for every token of `token_len` bytes: its header and payload, decoded.
    #[must_use]
    pub const fn needed_for(token_len: usize) -> usize {
        base64url::decoded_len(token_len)
    }
}

impl<const N: usize> Scratch<N> {
    /// An empty buffer.
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

/// What is left of the scratch memory, handed on from stage to stage.
pub(crate) struct Arena<'b> {
    free: &'b mut [u8],
    used: usize,
}

impl<'b> Arena<'b> {
    pub(crate) const fn new(scratch: &'b mut [u8]) -> Self {
        Self { free: scratch, used: 0 }
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'b mut [u8], Rejection> {
        let needed = self.used.saturating_add(len);
        let free = core::mem::take(&mut self.free);
        let Some((taken, free)) = free.split_at_mut_checked(len) else {
            return Err(Rejection::ScratchTooSmall { needed });
        };
        (self.free, self.used) = (free, needed);
        Ok(taken)
    }

    /// Refuses at once what would not fit later.
    pub(crate) const fn expect(&self, len: usize) -> Result<(), Rejection> {
        if self.free.len() < len { Err(self.too_small_for(len)) } else { Ok(()) }
    }

    /// What to say when `len` more bytes do not fit.
    pub(crate) const fn too_small_for(&self, len: usize) -> Rejection {
        Rejection::ScratchTooSmall { needed: self.used.saturating_add(len) }
    }

    /// All that is left, to be used again and again.
    pub(crate) const fn rest(&mut self) -> &mut [u8] {
        self.free
    }
}

/// It may hold the claims of the last token, so its content is not shown.
impl<const N: usize> fmt::Debug for Scratch<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scratch::<{N}>(..)")
    }
}
