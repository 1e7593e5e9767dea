//! The granted scopes of a token: [`Scopes`], RFC 6749 §3.3 and RFC 8693 §4.2.

use crate::claim::Claim;
use crate::claims::{Claims, is_one_or_many};
use crate::json::{Text, Value};
use crate::policy::ClaimPath;
use crate::rejection::Rejection;

/// The granted scopes, from one claim or from several.
///
/// A claim holds them as a text with spaces between them, or as an array of texts. Texts that are not a
/// scope-token (RFC 6749 §3.3) are ignored. An array element with a space in it is ignored, too, and never split.
///
/// See the example of [`Claims`].
#[derive(Clone, Copy, Debug)]
pub struct Scopes<'p, 'b> {
    claims: Claims<'b>,
    /// The claims to read. If the list is empty, that is `scope`.
    places: &'p [ClaimPath<&'p str>],
}

impl<'p, 'b> Scopes<'p, 'b> {
    /// Reads the scopes. An absent claim grants nothing.
    #[inline]
    pub(crate) fn read(
        claims: &Claims<'b>,
        places: &'p [ClaimPath<&'p str>],
    ) -> Result<Self, Rejection> {
        let scopes = Self { claims: *claims, places };
        if scopes.values().all(is_one_or_many) {
            Ok(scopes)
        } else {
            Err(Rejection::ClaimType(Claim::Scope))
        }
    }

    #[inline]
    fn values(&self) -> impl Iterator<Item = Value<'b>> {
        let scope = if self.places.is_empty() { self.claims.standard(Claim::Scope) } else { None };
        let object = self.claims.object();
        scope.into_iter().chain(self.places.iter().filter_map(move |place| place.find(object)))
    }

    /// Returns whether this scope is granted. The comparison is exact.
    #[must_use]
    #[inline]
    pub fn contains(&self, scope: &str) -> bool {
        is_scope_token(scope.as_bytes()) && self.values().any(|value| grants(value, scope))
    }

    /// Returns the scopes, in the order of the claims. A scope may occur twice.
    pub fn iter(&self) -> impl Iterator<Item = Text<'b>> {
        let tokens = self.values().flat_map(|value| {
            let words = value.as_text().into_iter().flat_map(Text::words);
            let elements = value.as_array().into_iter().flat_map(|array| array.elements());
            words.chain(elements.filter_map(Value::as_text))
        });
        tokens.filter(|token| {
            *token != *"" && token.chars().all(|c| u8::try_from(c).is_ok_and(is_scope_character))
        })
    }
}

#[inline(never)]
fn grants(value: Value<'_>, scope: &str) -> bool {
    match value {
        Value::String(text) => text.has_word(scope),
        Value::Array(array) => {
            array.elements().any(|element| element.as_text().is_some_and(|text| text == *scope))
        }
        _ => false,
    }
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3)
pub(crate) const fn is_scope_token(mut name: &[u8]) -> bool {
    if name.is_empty() {
        return false;
    }
    while let [byte, rest @ ..] = name {
        if !is_scope_character(*byte) {
            return false;
        }
        name = rest;
    }
    true
}

const fn is_scope_character(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}
