//! [`VerifiedPayload`] → [`SignedClaims`]: RFC 7519 §4.
//!
//! A claim with a standard type must have that type, or the token is rejected. A claim of the wrong
//! type never counts as absent, whether the policy reads it or not.

use core::fmt;

use crate::claim::Claim;
use crate::header::Header;
use crate::json::{Array, Bounds, Object, SHORT_NAME_LEN, Text, Value};
use crate::part::Part;
use crate::rejection::Rejection;
use crate::scratch::Arena;
use crate::signature::VerifiedPayload;
use crate::time::NumericDate;

/// The claims of a token, as the issuer wrote them.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'b> {
    object: Object<'b>,
    /// Where each standard claim's value begins in the object, or 0 if it is absent. Offsets are small
    /// to save stack.
    places: [u16; Claim::COUNT],
    cnf: bool,
}

impl<'b> Claims<'b> {
    fn read(&mut self) -> Result<(), Rejection> {
        let mut buffer = [0; SHORT_NAME_LEN];
        for (name, begin, value) in self.object.members_with_places() {
            let name = name.short_name(&mut buffer);
            let Some(claim) = Claim::named(name) else {
                self.cnf |= name == "cnf";
                continue;
            };
            check(claim, value)?;
            if let Some(place) = self.places.get_mut(index(claim)) {
                *place =
                    u16::try_from(begin).map_err(|_| Rejection::TokenTooLong { len: begin })?;
            }
        }
        Ok(())
    }

    fn standard(&self, claim: Claim) -> Option<Value<'b>> {
        self.object.value_at(*self.places.get(index(claim))?)
    }

    fn text(&self, claim: Claim) -> Option<Text<'b>> {
        self.standard(claim)?.as_text()
    }

    fn date(&self, claim: Claim) -> Option<NumericDate> {
        match self.standard(claim)? {
            Value::Number(number) => NumericDate::from_json_number(number),
            _ => None,
        }
    }

    /// Returns all claims, as they were signed.
    #[must_use]
    pub const fn object(&self) -> Object<'b> {
        self.object
    }

    /// Returns the value of any claim by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'b>> {
        self.object.get(name)
    }

    /// Returns whether a standard claim is present.
    #[must_use]
    pub fn has(&self, claim: Claim) -> bool {
        self.places.get(index(claim)).is_some_and(|place| *place != 0)
    }

    /// Returns `iss`: who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<Text<'b>> {
        self.text(Claim::Issuer)
    }

    /// Returns `sub`: the user or client that the token is about.
    #[must_use]
    pub fn subject(&self) -> Option<Text<'b>> {
        self.text(Claim::Subject)
    }

    /// Returns `aud`: the services that the token is meant for.
    #[must_use]
    pub fn audiences(&self) -> Option<Audiences<'b>> {
        Audiences::from_value(self.standard(Claim::Audience)?)
    }

    /// Returns `exp`: the time at which the token expires.
    #[must_use]
    pub fn expiration(&self) -> Option<NumericDate> {
        self.date(Claim::Expiration)
    }

    /// Returns `nbf`: the time before which the token is not valid.
    #[must_use]
    pub fn not_before(&self) -> Option<NumericDate> {
        self.date(Claim::NotBefore)
    }

    /// Returns `iat`: when the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Option<NumericDate> {
        self.date(Claim::IssuedAt)
    }

    /// Returns `jti`: the token's id.
    #[must_use]
    pub fn jwt_id(&self) -> Option<Text<'b>> {
        self.text(Claim::JwtId)
    }

    /// Returns `scope`: the granted scopes, separated by spaces. [`Text::has_word`] finds one.
    #[must_use]
    pub fn scope(&self) -> Option<Text<'b>> {
        self.text(Claim::Scope)
    }

    /// Returns `client_id`: the client that the token was issued to.
    #[must_use]
    pub fn client_id(&self) -> Option<Text<'b>> {
        self.text(Claim::ClientId)
    }

    /// Returns `azp`: the client that an ID token was issued to.
    #[must_use]
    pub fn authorized_party(&self) -> Option<Text<'b>> {
        self.text(Claim::AuthorizedParty)
    }

    /// Returns `nonce`, which ties an ID token to its authentication request.
    #[must_use]
    pub fn nonce(&self) -> Option<Text<'b>> {
        self.text(Claim::Nonce)
    }

    /// Returns `auth_time`: when the user last authenticated.
    #[must_use]
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.date(Claim::AuthTime)
    }

    /// Returns `at_hash`, which ties an ID token to its access token.
    #[must_use]
    pub fn access_token_hash(&self) -> Option<Text<'b>> {
        self.text(Claim::AccessTokenHash)
    }

    /// Returns whether `cnf` binds the token to a key of its holder (RFC 7800).
    #[must_use]
    pub const fn is_bound_to_key(&self) -> bool {
        self.cnf
    }
}

/// Checks that a claim has its standard type.
fn check(claim: Claim, value: Value<'_>) -> Result<(), Rejection> {
    let has_type = match (claim, value) {
        (Claim::Audience, value) => Audiences::from_value(value).is_some(),
        (
            Claim::Expiration | Claim::NotBefore | Claim::IssuedAt | Claim::AuthTime,
            Value::Number(number),
        ) => {
            NumericDate::from_json_number(number).ok_or(Rejection::ClaimOutOfRange(claim))?;
            true
        }
        (Claim::Expiration | Claim::NotBefore | Claim::IssuedAt | Claim::AuthTime, _) => false,
        (_, value) => value.as_text().is_some(),
    };
    if has_type { Ok(()) } else { Err(Rejection::ClaimType(claim)) }
}

/// Returns a claim's index into arrays of all standard claims.
const fn index(claim: Claim) -> usize {
    #[allow(clippy::as_conversions, reason = "a variant without fields has an index")]
    {
        claim as usize
    }
}

/// The value of `aud`: one string or an array of strings, which may be empty (RFC 7519 §4.1.3).
#[derive(Clone, Copy, Debug)]
pub struct Audiences<'b>(OneOrMany<'b>);

#[derive(Clone, Copy, Debug)]
enum OneOrMany<'b> {
    One(Text<'b>),
    Many(Array<'b>),
}

impl<'b> Audiences<'b> {
    fn from_value(value: Value<'b>) -> Option<Self> {
        match value {
            Value::String(audience) => Some(Self(OneOrMany::One(audience))),
            Value::Array(array) if array.elements().all(|element| element.as_text().is_some()) => {
                Some(Self(OneOrMany::Many(array)))
            }
            _ => None,
        }
    }

    /// Returns the audiences in their order.
    pub fn iter(self) -> impl Iterator<Item = Text<'b>> {
        let (mut one, mut many) = match self.0 {
            OneOrMany::One(audience) => (Some(audience), None),
            OneOrMany::Many(array) => (None, Some(array.elements())),
        };
        core::iter::from_fn(move || one.take().or_else(|| many.as_mut()?.next()?.as_text()))
    }
}

/// Stage 6: well-formed claims that the selected key signed. **No policy has checked them yet.**
pub struct SignedClaims<'k, 'b> {
    pub(crate) claims: Claims<'b>,
    pub(crate) header: Header<'b>,
    pub(crate) key_issuer: Option<&'k str>,
    pub(crate) scratch: Arena<'b>,
}

impl<'k, 'b> SignedClaims<'k, 'b> {
    /// Parses the claims: they must be strict JSON, and every standard claim must have its type.
    ///
    /// # Errors
    ///
    /// [`Json`](Rejection::Json), [`ClaimType`](Rejection::ClaimType) or
    /// [`ClaimOutOfRange`](Rejection::ClaimOutOfRange).
    pub fn parse(verified: VerifiedPayload<'k, 'b>) -> Result<Self, Rejection> {
        let VerifiedPayload { payload, header, key_issuer, scratch } = verified;
        let object = Object::parse(payload, Bounds::WIDEST)
            .map_err(|error| Rejection::Json { part: Part::Payload, error })?;
        let claims = Claims { object, places: [0; Claim::COUNT], cnf: false };
        let mut signed = Self { claims, header, key_issuer, scratch };
        signed.claims.read()?;
        Ok(signed)
    }

    /// Returns the claims. Their signer is known, but no policy has accepted them yet.
    #[must_use]
    pub const fn claims(&self) -> &Claims<'b> {
        &self.claims
    }

    /// Returns the header that was signed with the claims.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }
}

/// Hides the token, because it is a credential.
impl fmt::Debug for SignedClaims<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedClaims").field("header", &self.header).finish_non_exhaustive()
    }
}
