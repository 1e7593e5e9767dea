//! The end of the way: [`AcceptedToken`].

use core::fmt;

use serde::Deserialize;

use crate::claims::Claims;
use crate::header::Header;
use crate::json::{Deserializer, Mismatch, Text, Value};
use crate::rejection::Rejection;
use crate::scratch::Arena;

/// Stage 7: a token that a policy has accepted.
pub struct AcceptedToken<'b> {
    pub(crate) claims: Claims<'b>,
    pub(crate) header: Header<'b>,
    pub(crate) audience: Option<Text<'b>>,
    pub(crate) scratch: Arena<'b>,
}

impl<'b> AcceptedToken<'b> {
    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &Claims<'b> {
        &self.claims
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }

    /// The audience in `aud` that the policy matched; `None` if it accepts any. After a match by
    /// prefix it tells *which* of all that begin so: an organisation's id, for instance.
    #[must_use]
    pub const fn audience(&self) -> Option<Text<'b>> {
        self.audience
    }

    /// All claims as a type of the caller's.
    ///
    /// Strings that were written with escapes are unescaped into what is left of the scratch
    /// buffer, one after the other, so such a type cannot borrow them. Claims that the type does not
    /// have are ignored. Numbers are taken as integers only if they are written as such.
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
    /// fn level(token: &mut AcceptedToken<'_>) -> Result<u8, Rejection> {
    ///     let member: Member<'_> = token.claims_as()?;
    ///     Ok(member.level.unwrap_or(member.organization_id.len() as u8))
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CustomClaims`](Rejection::CustomClaims) if the claims are not of that shape, or
    /// [`ScratchTooSmall`](Rejection::ScratchTooSmall) if an escaped string did not fit.
    pub fn claims_as<T: Deserialize<'b>>(&mut self) -> Result<T, Rejection> {
        let claims = self.claims.object();
        T::deserialize(Deserializer::new(Value::Object(claims), self.scratch.rest())).map_err(
            |mismatch| match mismatch {
                // No string is longer than all claims are.
                Mismatch::BufferTooSmall => self.scratch.too_small_for(claims.as_str().len()),
                Mismatch::Shape => Rejection::CustomClaims,
            },
        )
    }
}

/// A token is a credential, so it is never shown.
impl fmt::Debug for AcceptedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedToken").field("header", &self.header).finish_non_exhaustive()
    }
}
