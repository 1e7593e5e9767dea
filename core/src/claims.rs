//! [`VerifiedPayload`] → [`SignedClaims`]: RFC 7519 §4.
//!
//! Every claim that has a standard type has it, or the token is refused: a claim of another type is
//! never taken as absent, whether a policy asks for it or not.

use core::fmt;

use crate::header::Header;
use crate::json::{Array, Bounds, Object, SHORT_NAME_LEN, Text, Value};
use crate::rejection::{Claim, Part, Rejection};
use crate::scratch::Arena;
use crate::signature::VerifiedPayload;
use crate::time::NumericDate;

/// The claims of a token, as its issuer wrote them.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'b> {
    object: Object<'b>,
    iss: Option<Text<'b>>,
    sub: Option<Text<'b>>,
    aud: Option<Audiences<'b>>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    jti: Option<Text<'b>>,
    scope: Option<Text<'b>>,
    client_id: Option<Text<'b>>,
    azp: Option<Text<'b>>,
    nonce: Option<Text<'b>>,
    at_hash: Option<Text<'b>>,
    auth_time: Option<NumericDate>,
    cnf: bool,
}

impl<'b> Claims<'b> {
    /// Claims that nobody has looked for.
    const fn unread(object: Object<'b>) -> Self {
        Self {
            object,
            iss: None,
            sub: None,
            aud: None,
            exp: None,
            nbf: None,
            iat: None,
            jti: None,
            scope: None,
            client_id: None,
            azp: None,
            nonce: None,
            at_hash: None,
            auth_time: None,
            cnf: false,
        }
    }

    fn read(&mut self) -> Result<(), Rejection> {
        let mut buffer = [0; SHORT_NAME_LEN];
        for (name, value) in self.object.members() {
            let place = match name.short_name(&mut buffer) {
                "iss" => Place::Text(&mut self.iss, Claim::Issuer),
                "sub" => Place::Text(&mut self.sub, Claim::Subject),
                "aud" => Place::Audiences(&mut self.aud),
                "exp" => Place::Date(&mut self.exp, Claim::Expiration),
                "nbf" => Place::Date(&mut self.nbf, Claim::NotBefore),
                "iat" => Place::Date(&mut self.iat, Claim::IssuedAt),
                "jti" => Place::Text(&mut self.jti, Claim::JwtId),
                "scope" => Place::Text(&mut self.scope, Claim::Scope),
                "client_id" => Place::Text(&mut self.client_id, Claim::ClientId),
                "azp" => Place::Text(&mut self.azp, Claim::AuthorizedParty),
                "nonce" => Place::Text(&mut self.nonce, Claim::Nonce),
                "at_hash" => Place::Text(&mut self.at_hash, Claim::AccessTokenHash),
                "auth_time" => Place::Date(&mut self.auth_time, Claim::AuthTime),
                "cnf" => {
                    self.cnf = true;
                    continue;
                }
                _ => continue,
            };
            place.fill(value)?;
        }
        Ok(())
    }

    /// All claims, as they were signed.
    #[must_use]
    pub const fn object(&self) -> Object<'b> {
        self.object
    }

    /// The claim called `name`, whatever it is.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'b>> {
        self.object.get(name)
    }

    /// Whether a standard claim is there.
    #[must_use]
    pub const fn has(&self, claim: Claim) -> bool {
        match claim {
            Claim::Issuer => self.iss.is_some(),
            Claim::Subject => self.sub.is_some(),
            Claim::Audience => self.aud.is_some(),
            Claim::Expiration => self.exp.is_some(),
            Claim::NotBefore => self.nbf.is_some(),
            Claim::IssuedAt => self.iat.is_some(),
            Claim::JwtId => self.jti.is_some(),
            Claim::Scope => self.scope.is_some(),
            Claim::ClientId => self.client_id.is_some(),
            Claim::AuthorizedParty => self.azp.is_some(),
            Claim::Nonce => self.nonce.is_some(),
            Claim::AuthTime => self.auth_time.is_some(),
            Claim::AccessTokenHash => self.at_hash.is_some(),
        }
    }

    /// `iss`: who issued the token.
    #[must_use]
    pub const fn issuer(&self) -> Option<Text<'b>> {
        self.iss
    }

    /// `sub`: whom the token is about, a user or a client.
    #[must_use]
    pub const fn subject(&self) -> Option<Text<'b>> {
        self.sub
    }

    /// `aud`: for whom the token is meant.
    #[must_use]
    pub const fn audiences(&self) -> Option<Audiences<'b>> {
        self.aud
    }

    /// `exp`: from when on the token must not be accepted.
    #[must_use]
    pub const fn expiration(&self) -> Option<NumericDate> {
        self.exp
    }

    /// `nbf`: before when the token must not be accepted.
    #[must_use]
    pub const fn not_before(&self) -> Option<NumericDate> {
        self.nbf
    }

    /// `iat`: when the token was issued.
    #[must_use]
    pub const fn issued_at(&self) -> Option<NumericDate> {
        self.iat
    }

    /// `jti`: the token's identity.
    #[must_use]
    pub const fn jwt_id(&self) -> Option<Text<'b>> {
        self.jti
    }

    /// `scope`: what the token permits, separated by spaces; see [`Text::has_word`].
    #[must_use]
    pub const fn scope(&self) -> Option<Text<'b>> {
        self.scope
    }

    /// `client_id`: the client to which the token was issued.
    #[must_use]
    pub const fn client_id(&self) -> Option<Text<'b>> {
        self.client_id
    }

    /// `azp`: the client to which an ID token was issued.
    #[must_use]
    pub const fn authorized_party(&self) -> Option<Text<'b>> {
        self.azp
    }

    /// `nonce`: ties an ID token to its authentication request.
    #[must_use]
    pub const fn nonce(&self) -> Option<Text<'b>> {
        self.nonce
    }

    /// `auth_time`: when the user last authenticated.
    #[must_use]
    pub const fn auth_time(&self) -> Option<NumericDate> {
        self.auth_time
    }

    /// `at_hash`: ties an ID token to its access token.
    #[must_use]
    pub const fn access_token_hash(&self) -> Option<Text<'b>> {
        self.at_hash
    }

    /// Whether `cnf` binds the token to a key of its holder (RFC 7800).
    #[must_use]
    pub const fn is_bound_to_key(&self) -> bool {
        self.cnf
    }
}

/// Where a claim of a standard type goes.
enum Place<'c, 'b> {
    Text(&'c mut Option<Text<'b>>, Claim),
    Date(&'c mut Option<NumericDate>, Claim),
    Audiences(&'c mut Option<Audiences<'b>>),
}

impl<'b> Place<'_, 'b> {
    fn fill(self, value: Value<'b>) -> Result<(), Rejection> {
        match (self, value) {
            (Self::Text(place, _), Value::String(text)) => *place = Some(text),
            (Self::Date(place, claim), Value::Number(number)) => {
                let date = NumericDate::from_json_number(number);
                *place = Some(date.ok_or(Rejection::ClaimOutOfRange(claim))?);
            }
            (Self::Audiences(place), value) => *place = Some(Audiences::from_value(value)?),
            (Self::Text(_, claim) | Self::Date(_, claim), _) => {
                return Err(Rejection::ClaimType(claim));
            }
        }
        Ok(())
    }
}

/// `aud`: one string, or an array of strings (RFC 7519 §4.1.3). An empty array names nobody.
#[derive(Clone, Copy, Debug)]
pub struct Audiences<'b>(OneOrMany<'b>);

#[derive(Clone, Copy, Debug)]
enum OneOrMany<'b> {
    One(Text<'b>),
    Many(Array<'b>),
}

impl<'b> Audiences<'b> {
    fn from_value(value: Value<'b>) -> Result<Self, Rejection> {
        match value {
            Value::String(audience) => Ok(Self(OneOrMany::One(audience))),
            Value::Array(array) if array.elements().all(|element| element.as_text().is_some()) => {
                Ok(Self(OneOrMany::Many(array)))
            }
            _ => Err(Rejection::ClaimType(Claim::Audience)),
        }
    }

    /// Each audience in order.
    pub fn iter(self) -> impl Iterator<Item = Text<'b>> {
        let (mut one, mut many) = match self.0 {
            OneOrMany::One(audience) => (Some(audience), None),
            OneOrMany::Many(array) => (None, Some(array.elements())),
        };
        core::iter::from_fn(move || one.take().or_else(|| many.as_mut()?.next()?.as_text()))
    }
}

/// Stage 6: well-formed claims that the selected key signed. **No policy has judged them.**
pub struct SignedClaims<'k, 'b> {
    pub(crate) claims: Claims<'b>,
    pub(crate) header: Header<'b>,
    pub(crate) key_issuer: Option<&'k str>,
    pub(crate) scratch: Arena<'b>,
}

impl<'k, 'b> SignedClaims<'k, 'b> {
    /// Reads the claims: strict JSON, and the standard's type for every standard claim.
    ///
    /// # Errors
    ///
    /// [`Json`](Rejection::Json), [`ClaimType`](Rejection::ClaimType) or
    /// [`ClaimOutOfRange`](Rejection::ClaimOutOfRange).
    pub fn parse(verified: VerifiedPayload<'k, 'b>) -> Result<Self, Rejection> {
        let VerifiedPayload { payload, header, key_issuer, scratch } = verified;
        let object = Object::parse(payload, Bounds::WIDEST)
            .map_err(|error| Rejection::Json { part: Part::Payload, error })?;
        let mut signed = Self { claims: Claims::unread(object), header, key_issuer, scratch };
        signed.claims.read()?;
        Ok(signed)
    }

    /// The claims: who signed them is known, whether to accept them is not.
    #[must_use]
    pub const fn claims(&self) -> &Claims<'b> {
        &self.claims
    }

    /// The header that was signed with them.
    #[must_use]
    pub const fn header(&self) -> &Header<'b> {
        &self.header
    }
}

/// A token is a credential, so it is never shown.
impl fmt::Debug for SignedClaims<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedClaims").field("header", &self.header).finish_non_exhaustive()
    }
}
