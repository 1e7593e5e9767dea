//! [`Identity`]: who makes a request, according to an accepted token.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use tollgate_core::json::Text;
use tollgate_core::{Rejection, UnixTime};

use super::ClaimsError;
use super::open_issuer::Accepted;

/// Who makes a request: the claims of an accepted token. Cheap to clone.
///
/// ```
/// use tollgate::gate::{ClaimsError, Identity};
/// use tollgate::tollgate_core::UnixTime;
///
/// # use http::{Request, Response};
/// # use tollgate::gate::{Gate, Issuer};
/// # use tollgate::jwks::{Fetch, Fetching};
/// # use tollgate::tollgate_core::Now;
/// # const KEYS: &str = r#"{"keys":[{"kty":"EC","kid":"Qfe4O-82kyN6Zv1M5Wed3mtWdC_UKrNfZE28DzpnORQ","crv":"P-256",
/// #     "x":"7fdiiNw1HUrEv99_PrYz4EKpdtI87Gm-08OXMHPKaQk",
/// #     "y":"YqkcWqMDMH4GLFY_G31N1S_pjr1NASMBpcnTdBWDceA"}]}"#;
/// # struct Fixed;
/// #
/// # impl Fetch for Fixed {
/// #     fn fetch(&self, _: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
/// #         Box::pin(async { Ok(Response::new(KEYS.into())) })
/// #     }
/// # }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
/// # let issuer = Issuer::new("https://auth.example.com/oidc")
/// #     .audience("https://es256.example.com")
/// #     .jwks_uri("https://auth.example.com/jwks");
/// # let gate = Gate::builder()
/// #     .issuer(issuer)
/// #     .fetcher(Fixed)
/// #     .clock(|| Now::Exact(UnixTime(1_795_287_000)))
/// #     .build()?;
/// let identity: Identity = gate.authorize(authorization).await?;
/// assert_eq!(identity.subject(), Some("user_7f3k"));
/// assert_eq!(identity.client_id(), Some("app_orders"));
/// assert!(identity.has_scope("read:orders"));
/// assert_eq!(identity.expires(), Some(UnixTime(1_795_290_340)));
///
/// // Claims as a type of your own: here `sub` is not a number.
/// #[derive(Debug, serde::Deserialize)]
/// struct Numbered {
///     sub: u64,
/// }
/// let error: ClaimsError = identity.claims::<Numbered>().unwrap_err();
/// assert_eq!(error.claim().as_deref(), Some("sub"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    /// The claims, and behind them the texts of some without escapes: one allocation for all.
    texts: String,
    claims: Range<usize>,
    subject: Option<Range<usize>>,
    client_id: Option<Range<usize>>,
    /// Read only if there is no `client_id`.
    authorized_party: Option<Range<usize>>,
    issuer: Option<Range<usize>>,
    audience: Option<Range<usize>>,
    scope: Option<Range<usize>>,
    expires: Option<UnixTime>,
    /// The place in the gate of the issuer that accepted the token.
    #[cfg_attr(not(feature = "tower"), expect(dead_code, reason = "only layers ask for it"))]
    accepted_by: usize,
}

impl Identity {
    pub(super) fn new(accepted: &Accepted<'_, '_>, accepted_by: usize) -> Result<Self, Rejection> {
        let claims = accepted.token.claims();
        let client_id = claims.client_id();
        let authorized_party = match client_id {
            Some(_) => None,
            None => claims.authorized_party()?,
        };
        let json = claims.object().as_str();
        // Each text is in another claim, so together they are not longer than the claims.
        let mut texts = String::with_capacity(json.len().saturating_mul(2));
        texts.push_str(json);
        let mut add = |text: Option<Text<'_>>| text.map(|text| added(&mut texts, [text]));
        Ok(Self(Arc::new(Inner {
            claims: 0..json.len(),
            subject: add(claims.subject()),
            client_id: add(client_id),
            authorized_party: add(authorized_party),
            issuer: add(claims.issuer()),
            audience: add(accepted.audience),
            scope: Some(added(&mut texts, accepted.granted.iter()))
                .filter(|scope| !scope.is_empty()),
            expires: claims.expiration().map(|expires| expires.floor()),
            texts,
            accepted_by,
        })))
    }

    fn text(&self, place: Option<&Range<usize>>) -> Option<&str> {
        self.0.texts.get(place?.clone())
    }

    #[cfg(feature = "tower")]
    pub(super) fn accepted_by(&self) -> usize {
        self.0.accepted_by
    }

    /// `sub`: the user, or the client if it acts on its own behalf.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text(self.0.subject.as_ref())
    }

    /// `client_id`: the client to which the token was issued.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text(self.0.client_id.as_ref())
    }

    /// The client to which the token was issued: `client_id`, or else `azp`, which some issuers write instead
    /// (OIDC Core §2).
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client_id().or_else(|| self.text(self.0.authorized_party.as_ref()))
    }

    /// `iss`: the issuer of the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text(self.0.issuer.as_ref())
    }

    /// The audience in `aud` that the policy matched, or the [demand](super::Demand) if it names any.
    /// After a match by prefix, this is the whole audience.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.text(self.0.audience.as_ref())
    }

    /// The scopes that the token grants, separated by spaces; `None` without any. They stand in
    /// `scope`, or in the claims of [`Issuer::scope_claim`](super::Issuer::scope_claim).
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.text(self.0.scope.as_ref())
    }

    /// Returns whether the token has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        let granted = self.scope().unwrap_or_default();
        !scope.is_empty() && granted.split(' ').any(|word| word == scope)
    }

    /// `exp`: when the token expires, rounded down to a second.
    #[must_use]
    pub fn expires(&self) -> Option<UnixTime> {
        self.0.expires
    }

    /// Returns all claims as they were signed: a JSON object.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.text(Some(&self.0.claims)).unwrap_or_default()
    }

    /// Reads the claims as a type of your own, which may borrow from the identity.
    ///
    /// ```
    /// use tollgate::gate::{ClaimsError, Identity};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Member<'a> {
    ///     organization_id: &'a str,
    /// }
    ///
    /// fn organization(identity: &Identity) -> Result<String, ClaimsError> {
    ///     let member: Member<'_> = identity.claims()?;
    ///     Ok(member.organization_id.to_owned())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// A claim is missing or has the wrong type. The error names it.
    pub fn claims<'a, C: Deserialize<'a>>(&'a self) -> Result<C, ClaimsError> {
        let mut json = serde_json::Deserializer::from_str(self.as_json());
        // The text was checked when the token was verified, so nothing follows the object.
        serde_path_to_error::deserialize(&mut json).map_err(ClaimsError::new)
    }
}

/// Adds words without their escapes, with spaces between them. Returns their place.
fn added<'b>(texts: &mut String, words: impl IntoIterator<Item = Text<'b>>) -> Range<usize> {
    let start = texts.len();
    for word in words {
        if texts.len() > start {
            texts.push(' ');
        }
        match word.plain() {
            Some(plain) => texts.push_str(plain),
            None => texts.extend(word.chars()),
        }
    }
    start..texts.len()
}

/// Shows only the subject, since claims may be personal.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("subject", &self.subject()).finish_non_exhaustive()
    }
}
