//! The last stage, a token that a policy has accepted: [`AcceptedToken`].

use core::cell::Cell;
use core::fmt;

use serde::Deserialize;

use crate::claims::Claims;
use crate::header::Header;
use crate::json::{Deserializer, Mismatch, Text, Value};
use crate::rejection::Rejection;
use crate::scratch::Arena;

/// Stage 7: a token that a policy has accepted.
///
/// See the examples of [`Verifier`](crate::Verifier) and [`claims_as`](Self::claims_as).
pub struct AcceptedToken<'b> {
    pub(crate) claims: Claims<'b>,
    pub(crate) header: Header<'b>,
    pub(crate) audience: Option<Text<'b>>,
    /// In a cell, so that reading claims of your own needs no exclusive reference.
    pub(crate) scratch: Cell<Arena<'b>>,
}

impl<'b> AcceptedToken<'b> {
    /// Returns the claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims<'b> {
        &self.claims
    }

    /// Returns the header.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }

    /// Returns the audience in `aud` that the policy matched, or `None` if the policy accepts any.
    /// After a match by prefix, this is the whole audience, with the organisation's id for instance.
    #[must_use]
    pub const fn audience(&self) -> Option<Text<'b>> {
        self.audience
    }

    /// Deserializes all claims into your own type.
    ///
    /// Claims that the type does not have are ignored. A `&str` can borrow only a string that the
    /// issuer wrote without escapes: strings with escapes are unescaped into the rest of the scratch
    /// buffer, one after the other, and must be copied. Numbers become integers only if the token
    /// writes them as integers.
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// # use tollgate_core::{Rejection, AcceptedToken};
    /// #[derive(serde::Deserialize)]
    /// struct Member<'a> {
    ///     organization_id: &'a str,
    ///     level: Option<u8>,
    /// }
    ///
    /// fn level(token: &AcceptedToken<'_>) -> Result<u8, Rejection> {
    ///     let member: Member<'_> = token.claims_as()?;
    ///     Ok(member.level.unwrap_or(member.organization_id.len() as u8))
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CustomClaims`](Rejection::CustomClaims) if the claims do not match the type, or
    /// [`ScratchTooSmall`](Rejection::ScratchTooSmall) if an escaped string does not fit.
    pub fn claims_as<T: Deserialize<'b>>(&self) -> Result<T, Rejection> {
        let claims = self.claims.object();
        let mut scratch = self.scratch.take();
        let read = T::deserialize(Deserializer::new(Value::Object(claims), scratch.rest()));
        let read = read.map_err(|mismatch| match mismatch {
            // A string is never longer than all claims together.
            Mismatch::BufferTooSmall => scratch.too_small_for(claims.as_str().len()),
            Mismatch::Shape => Rejection::CustomClaims,
        });
        self.scratch.set(scratch);
        read
    }
}

/// Hides the token, because it is a credential.
impl fmt::Debug for AcceptedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedToken").field("header", &self.header).finish_non_exhaustive()
    }
}
