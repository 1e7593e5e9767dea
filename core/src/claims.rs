//! [`VerifiedPayload`] → [`SignedClaims`]: RFC 7519 §4.
//!
//! `iss`, `sub`, `aud`, `exp`, `nbf`, `iat` and `client_id` must have their standard types, or the token is
//! rejected. The other standard claims must have theirs wherever they are read: by a policy, or through
//! [`Claims`]. A claim of the wrong type never counts as absent.

use core::fmt;

use crate::claim::Claim;
use crate::header::Header;
use crate::json::{Array, Bounds, Object, SHORT_NAME_LEN, Text, Value};
use crate::part::Part;
use crate::rejection::Rejection;
use crate::scopes::Scopes;
use crate::scratch::Arena;
use crate::signature::VerifiedPayload;
use crate::time::NumericDate;

/// The claims of a token, as the issuer wrote them.
///
/// ```
/// # use tollgate_core::engines::ecdsa::{P256, UntabledKey};
/// # use tollgate_core::policy::{Expected, Policy};
/// # use tollgate_core::{KeySet, Now, Verifier};
/// use tollgate_core::json::Value;
/// use tollgate_core::{Audiences, Claim, Claims, NumericDate, Scopes, UnixTime};
///
/// # let jwks = br#"{"keys":[{"kty":"EC","kid":"Qfe4O-82kyN6Zv1M5Wed3mtWdC_UKrNfZE28DzpnORQ","crv":"P-256",
/// #     "x":"7fdiiNw1HUrEv99_PrYz4EKpdtI87Gm-08OXMHPKaQk",
/// #     "y":"YqkcWqMDMH4GLFY_G31N1S_pjr1NASMBpcnTdBWDceA"}]}"#;
/// # let authorization = concat!(
/// #     "Bearer ",
/// #     "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlFmZTRPLTgya3lONlp2MU01V2Vk",
/// #     "M210V2RDX1VLck5mWkUyOER6cG5PUlEifQ.eyJqdGkiOiJkSE1oYWN4b0RTNkxiT2dVOWFPZklWc",
/// #     "1dVay1INlZHRG51b2pNMTNyUmNCIiwic3ViIjoidXNlcl83ZjNrIiwiaWF0IjoxNzk1Mjg2NzQwL",
/// #     "CJleHAiOjE3OTUyOTAzNDAsInNjb3BlIjoicmVhZDpvcmRlcnMgd3JpdGU6b3JkZXJzIiwiY2xpZ",
/// #     "W50X2lkIjoiYXBwX29yZGVycyIsImlzcyI6Imh0dHBzOi8vYXV0aC5leGFtcGxlLmNvbS9vaWRjI",
/// #     "iwiYXVkIjoiaHR0cHM6Ly9lczI1Ni5leGFtcGxlLmNvbSJ9.pvrS_0cFjj1iCOxUvMZS3SqmViup",
/// #     "9MGlU6n04BpL1FOku61oBvjyH5LRYKxJYDsvWr2pIBLYYiYeOyTEOS8mhg",
/// # );
/// # let keys: KeySet<UntabledKey<P256>, 1> = KeySet::from_jwks(jwks)?;
/// # let policy = Policy::builder(Expected::Any, Expected::Any).build()?;
/// # let (verifier, mut scratch) = (Verifier::new(&keys, policy), [0; 1024]);
/// # let now = Now::Exact(UnixTime(1_795_287_000));
/// # let token = verifier.verify_header(authorization.as_bytes(), now, &mut scratch)?;
/// let claims: &Claims<'_> = token.claims();
/// assert!(claims.issuer().is_some_and(|issuer| issuer == *"https://auth.example.com/oidc"));
/// let mut audiences = claims.audiences().into_iter().flat_map(Audiences::iter);
/// assert!(audiences.any(|audience| audience == *"https://es256.example.com"));
/// let scopes: Scopes<'_, '_> = claims.scopes()?;
/// assert!(scopes.contains("read:orders") && !scopes.contains("read"));
/// assert_eq!(claims.expiration().map(NumericDate::floor), Some(UnixTime(1_795_290_340)));
/// assert!(claims.has(Claim::JwtId) && matches!(claims.get("jti"), Some(Value::String(_))));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Claims<'b> {
    object: Object<'b>,
    /// Where each standard claim's value begins in the object, or 0 if it is absent. Offsets are small
    /// to save stack.
    places: [u16; Claim::COUNT],
    cnf: bool,
}

impl<'b> Claims<'b> {
    pub(crate) fn standard(&self, claim: Claim) -> Option<Value<'b>> {
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

    /// Checks the type of a claim, and returns its text.
    fn checked_text(&self, claim: Claim) -> Result<Option<Text<'b>>, Rejection> {
        self.check(claim)?;
        Ok(self.text(claim))
    }

    /// Checks that a standard claim has its type, if it is present.
    #[inline(never)]
    pub(crate) fn check(&self, claim: Claim) -> Result<(), Rejection> {
        self.standard(claim).map_or(Ok(()), |value| check(claim, value))
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
        Audiences::from_checked(self.standard(Claim::Audience)?)
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
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) if it is of the wrong type.
    pub fn jwt_id(&self) -> Result<Option<Text<'b>>, Rejection> {
        self.checked_text(Claim::JwtId)
    }

    /// Returns the scopes in `scope`. [`Policy::scopes`](crate::Policy::scopes) looks for them in other
    /// claims, too.
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) if it is of the wrong type.
    pub fn scopes(&self) -> Result<Scopes<'static, 'b>, Rejection> {
        Scopes::read(self, &[])
    }

    /// Returns `client_id`: the client that the token was issued to.
    #[must_use]
    pub fn client_id(&self) -> Option<Text<'b>> {
        self.text(Claim::ClientId)
    }

    /// Returns `azp`: the client that an ID token was issued to.
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) if it is of the wrong type.
    pub fn authorized_party(&self) -> Result<Option<Text<'b>>, Rejection> {
        self.checked_text(Claim::AuthorizedParty)
    }

    /// Returns `nonce`, which ties an ID token to its authentication request.
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) if it is of the wrong type.
    pub fn nonce(&self) -> Result<Option<Text<'b>>, Rejection> {
        self.checked_text(Claim::Nonce)
    }

    /// Returns `auth_time`: when the user last authenticated.
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) or [`ClaimOutOfRange`](Rejection::ClaimOutOfRange).
    pub fn auth_time(&self) -> Result<Option<NumericDate>, Rejection> {
        self.check(Claim::AuthTime)?;
        Ok(self.date(Claim::AuthTime))
    }

    /// Returns `at_hash`, which ties an ID token to its access token.
    ///
    /// # Errors
    ///
    /// [`ClaimType`](Rejection::ClaimType) if it is of the wrong type.
    pub fn access_token_hash(&self) -> Result<Option<Text<'b>>, Rejection> {
        self.checked_text(Claim::AccessTokenHash)
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
        (Claim::Audience | Claim::Scope, value) => is_one_or_many(value),
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

/// Returns whether a value is a text or an array of texts.
#[inline(never)]
pub(crate) fn is_one_or_many(value: Value<'_>) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(array) => array.elements().all(|element| element.as_text().is_some()),
        _ => false,
    }
}

/// Returns a claim's index into arrays of all standard claims.
const fn index(claim: Claim) -> usize {
    #[allow(clippy::as_conversions, reason = "a variant without fields has an index")]
    {
        claim as usize
    }
}

/// The value of `aud`: one string or an array of strings, which may be empty (RFC 7519 §4.1.3).
///
/// See the example of [`Claims`].
#[derive(Clone, Copy, Debug)]
pub struct Audiences<'b>(OneOrMany<'b>);

#[derive(Clone, Copy, Debug)]
enum OneOrMany<'b> {
    One(Text<'b>),
    Many(Array<'b>),
}

impl<'b> Audiences<'b> {
    /// Takes a value whose type was checked.
    fn from_checked(value: Value<'b>) -> Option<Self> {
        match value {
            Value::String(audience) => Some(Self(OneOrMany::One(audience))),
            Value::Array(array) => Some(Self(OneOrMany::Many(array))),
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
///
/// See the example of the [stages](crate#stages).
pub struct SignedClaims<'k, 'b> {
    pub(crate) claims: Claims<'b>,
    pub(crate) header: Header<'b>,
    pub(crate) key_issuer: Option<&'k str>,
    pub(crate) scratch: Arena<'b>,
}

impl<'k, 'b> SignedClaims<'k, 'b> {
    /// Parses the claims: they must be strict JSON, and `iss`, `sub`, `aud`, `exp`, `nbf`, `iat` and
    /// `client_id` must have their types.
    ///
    /// # Errors
    ///
    /// [`Json`](Rejection::Json), [`ClaimType`](Rejection::ClaimType) or
    /// [`ClaimOutOfRange`](Rejection::ClaimOutOfRange).
    pub fn parse(verified: VerifiedPayload<'k, 'b>) -> Result<Self, Rejection> {
        let VerifiedPayload { payload, header, key_issuer, scratch } = verified;
        let (mut places, mut cnf) = ([0; Claim::COUNT], false);
        let mut outcome = Ok(());
        let object = Object::parse_each(payload, Bounds::WIDEST, &mut |member| {
            let mut buffer = [0; SHORT_NAME_LEN];
            let name = member.name.short_name(&mut buffer);
            let Some(claim) = Claim::named(name) else {
                cnf |= name == "cnf";
                return;
            };
            if outcome.is_ok() && claim.is_always_checked() {
                outcome = check(claim, member.value);
            }
            if let Some(place) = places.get_mut(index(claim)) {
                // Never cut off, because no token is that long.
                *place = u16::try_from(member.place).unwrap_or(u16::MAX);
            }
        });
        let object = object.map_err(|error| Rejection::Json { part: Part::Payload, error })?;
        outcome?;
        Ok(Self { claims: Claims { object, places, cnf }, header, key_issuer, scratch })
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
