//! Why a token was refused: every reason, and what the client is told.

mod challenge;
mod stage;

pub use challenge::Challenge;
pub use stage::Stage;

use crate::algorithm::Algorithm;
use crate::claim::Claim;
use crate::header_member::HeaderMember;
use crate::json::{JsonError, JsonErrorKind};
use crate::limits;
use crate::part::Part;
use crate::reasons_macro::reasons;
use crate::time::UnixTime;

reasons! {
/// The reason why a token was refused.
///
/// It holds facts, never bytes of the token, so it can be logged and sent to the client as it is.
/// [`reason`](Self::reason), [`number`](Self::number) and [`code`](Self::code) are stable; the
/// sentence that [`Display`](core::fmt::Display) writes may be reworded.
///
/// ```
/// use tollgate_core::{BearerToken, CompactJws, Part, Rejection};
///
/// let rejection = CompactJws::split(BearerToken::from_token68(b"header..signature")?).unwrap_err();
/// assert_eq!(rejection, Rejection::PartEmpty(Part::Payload));
/// // For the log:
/// assert_eq!(rejection.reason(), "part-empty");
/// assert_eq!(rejection.to_string(), "the payload is empty");
/// // For the answer:
/// assert_eq!((rejection.http_status(), rejection.code()), (401, "invalid_token"));
/// # Ok::<(), Rejection>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection: (reason, number, stage) {
    // The Authorization header, RFC 9110 §11.6.2 and RFC 6750 §2.1.

    /// The Authorization header is missing or empty.
    #[reason("authorization-missing", 1, Authorization)]
    #[text("there is no Authorization header")]
    AuthorizationMissing,

    /// There is more than one Authorization header.
    #[reason("authorization-repeated", 2, Authorization)]
    #[text("there is more than one Authorization header")]
    AuthorizationRepeated,

    /// The Authorization header has no second word.
    #[reason("authorization-malformed", 3, Authorization)]
    #[text("the Authorization header is not of the form: Bearer TOKEN")]
    AuthorizationMalformed,

    /// The scheme is not Bearer.
    #[reason("scheme-not-bearer", 4, Authorization)]
    #[text("the authorization scheme is not Bearer")]
    SchemeNotBearer,

    /// The token is empty, or has a character that token68 does not allow there: white space, a
    /// comma, a second token.
    #[reason("token-malformed", 5, Authorization)]
    #[text("the token is empty or has an invalid character at byte {offset}")]
    TokenMalformed {
        /// Where, in bytes from the start of the token.
        offset: usize,
    },

    /// The token is longer than [`MAX_TOKEN_LEN`](crate::limits::MAX_TOKEN_LEN).
    #[reason("token-too-long", 6, Authorization)]
    #[text("the token has {len} bytes; the limit is {}", limits::MAX_TOKEN_LEN)]
    TokenTooLong {
        /// Its length in bytes.
        len: usize,
    },

    // The compact serialization, RFC 7515 §3.1 and §7.1.

    /// The token does not have three parts. Five are an encrypted token (RFC 7516 §3.1).
    #[reason("part-count", 7, Compact)]
    #[text(
        "a token has 3 parts separated by dots, but this one has {found}{}",
        if found == 5 { ": it is encrypted (JWE), not signed" } else { "" }
    )]
    PartCount {
        /// How many it has.
        found: usize,
    },

    /// A part is empty.
    #[reason("part-empty", 8, Compact)]
    #[text("the {part} is empty")]
    PartEmpty(part: Part),

    /// A part is not strict base64url (RFC 7515 §2).
    #[reason("misencoded", 9, of part)]
    #[text("the {part} is not unpadded base64url: see its byte {offset}")]
    Misencoded {
        /// Which part.
        part: Part,
        /// Where, in bytes from the start of that part.
        offset: usize,
    },

    /// The decoded header is longer than [`MAX_HEADER_LEN`](crate::limits::MAX_HEADER_LEN).
    #[reason("header-too-long", 10, Header)]
    #[text("the decoded header has {len} bytes; the limit is {}", limits::MAX_HEADER_LEN)]
    HeaderTooLong {
        /// Its length in bytes.
        len: usize,
    },

    /// The caller's scratch buffer is too small for this token.
    #[reason("scratch-too-small", 11, Header)]
    #[text("the verifier has too little memory: this token needs {needed} bytes")]
    ScratchTooSmall {
        /// How many bytes the token needs in all.
        needed: usize,
    },

    /// A part is not the strict JSON object that it must be. The reasons are those of
    /// [`JsonErrorKind`], numbered from 12 to 18.
    #[reason(of error.kind, of part)]
    #[text("the {part} {error}")]
    Json {
        /// The header or the payload.
        part: Part,
        /// What is wrong with it.
        error: JsonError,
    },

    // The JOSE header, RFC 7515 §4.

    /// A member of the header does not have the type that the standard gives it.
    #[reason("header-member-type", 19, Header)]
    #[text("{member} in the header has the wrong type")]
    HeaderMemberType(member: HeaderMember),

    /// The header has no `alg`.
    #[reason("algorithm-missing", 20, Header)]
    #[text("the header has no alg")]
    AlgorithmMissing,

    /// `alg` names an algorithm that is not in [`Algorithm`]: `none`, an HMAC, or an unknown name.
    #[reason("algorithm-unsupported", 21, Header)]
    #[text("alg names an algorithm that is not supported here")]
    AlgorithmUnsupported,

    /// The policy does not allow this algorithm.
    #[reason("algorithm-not-allowed", 22, Header)]
    #[text("the algorithm {algorithm} is not allowed here")]
    AlgorithmNotAllowed(algorithm: Algorithm),

    /// The policy requires a `typ`, and the header has none.
    #[reason("typ-missing", 23, Header)]
    #[text("the header has no typ, but one is required")]
    TypMissing,

    /// The policy does not accept this `typ`.
    #[reason("typ-mismatch", 24, Header)]
    #[text("typ names a kind of token that is not accepted here")]
    TypMismatch,

    /// `crit` is empty, repeats a name, or names a registered or an absent member
    /// (RFC 7515 §4.1.11).
    #[reason("crit-malformed", 25, Header)]
    #[text("crit is empty, repeats a name, or names a registered or an absent member")]
    CriticalMalformed,

    /// `crit` names a member that the policy does not list as understood.
    #[reason("crit-not-understood", 26, Header)]
    #[text("crit names an extension that is not understood")]
    CriticalNotUnderstood,

    /// `b64` changes how the payload is signed (RFC 7797), which a JWT must not do (RFC 7797 §7).
    #[reason("payload-not-encoded", 27, Header)]
    #[text("b64 is not allowed in a JWT")]
    PayloadNotEncoded,

    /// `zip`: the payload is compressed (RFC 8725 §3.6).
    #[reason("compressed", 28, Header)]
    #[text("the token is compressed (zip)")]
    Compressed,

    /// `enc`: the token is encrypted.
    #[reason("encrypted", 29, Header)]
    #[text("the token is encrypted (enc)")]
    Encrypted,

    /// `cty` says that the payload is another JWT (RFC 7519 §5.2).
    #[reason("nested", 30, Header)]
    #[text("the payload is another JWT (cty), not claims")]
    Nested,

    /// `kid` is longer than [`MAX_KEY_ID_LEN`](crate::limits::MAX_KEY_ID_LEN).
    #[reason("kid-too-long", 31, Header)]
    #[text("kid is longer than {} bytes", limits::MAX_KEY_ID_LEN)]
    KeyIdTooLong,

    // The choice of the key.

    /// The key set has no usable key.
    #[reason("no-usable-key", 32, KeySelection)]
    #[text("the key set has no usable key")]
    NoUsableKey,

    /// No key has this `kid`; or the token has no `kid`, and no key is for its algorithm.
    #[reason("unknown-key", 33, KeySelection)]
    #[text("no key fits kid and alg")]
    UnknownKey,

    /// More than one key fits `kid` and `alg`.
    #[reason("ambiguous-key", 34, KeySelection)]
    #[text("more than one key fits kid and alg")]
    AmbiguousKey,

    /// The key that `kid` names is for another algorithm.
    #[reason("algorithm-mismatch", 35, KeySelection)]
    #[text("alg is {header}, but the key that kid names is for {key}")]
    AlgorithmMismatch {
        /// The algorithm of the header.
        header: Algorithm,
        /// The algorithm of the key.
        key: Algorithm,
    },

    // The signature, RFC 7518 §3.4.

    /// The signature is not R and S at full width; it is DER, for instance.
    #[reason("signature-length", 36, Signature)]
    #[text("the signature has {found} bytes, but R and S together take {expected}")]
    SignatureLength {
        /// How many bytes it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },

    /// The signature does not verify. For safety, there are no details.
    #[reason("signature-invalid", 37, Signature)]
    #[text("the signature does not verify")]
    SignatureInvalid,

    // The claims, RFC 7519 §4.

    /// A claim does not have the type that the standard gives it. It is never treated as absent.
    #[reason("claim-type", 38, Claims)]
    #[text("the claim {claim} has the wrong type")]
    ClaimType(claim: Claim),

    /// A time is more than 2^53 seconds from the epoch.
    #[reason("claim-out-of-range", 39, Claims)]
    #[text("the claim {claim} is more than 2^53 seconds from the epoch")]
    ClaimOutOfRange(claim: Claim),

    /// The claims do not deserialise into the caller's type.
    #[reason("custom-claims", 40, Policy)]
    #[text("the claims do not have the form that is expected here")]
    CustomClaims,

    // The policy.

    /// A claim that the policy needs is missing.
    #[reason("claim-missing", 41, Policy)]
    #[text("the claim {claim} is required here, but missing")]
    ClaimMissing(claim: Claim),

    /// A claim that makes the token valid is missing or null: a [requirement for
    /// validity](crate::policy::Requirement::for_validity).
    #[reason("required-claim-missing", 42, Policy)]
    #[text("a required claim is missing or null (at {index} in the policy's list)")]
    RequiredClaimMissing {
        /// Its place in the policy's list, from 0.
        index: usize,
    },

    /// A claim that makes the token valid does not have the required value.
    #[reason("required-claim-mismatch", 43, Policy)]
    #[text("a required claim has the wrong value (at {index} in the policy's list)")]
    RequiredClaimMismatch {
        /// Its place in the policy's list, from 0.
        index: usize,
    },

    /// The policy does not accept the issuer, `iss`.
    #[reason("issuer-mismatch", 44, Policy)]
    #[text("the issuer (iss) is not accepted here")]
    IssuerMismatch,

    /// `iss` is not the issuer that the verifying key belongs to (RFC 8725 §3.8).
    #[reason("issuer-not-of-key", 45, Policy)]
    #[text("the key that signed the token belongs to another issuer than iss")]
    IssuerNotOfKey,

    /// `aud` names no audience that the policy accepts.
    #[reason("audience-mismatch", 46, Policy)]
    #[text("the token is meant for another audience (aud)")]
    AudienceMismatch,

    /// `aud` also names an audience that the policy does not trust (OIDC Core §3.1.3.7, rule 3).
    #[reason("audience-untrusted", 47, Policy)]
    #[text("the token is also meant for an audience (aud) that is not trusted")]
    AudienceUntrusted,

    /// The token has expired.
    #[reason("expired", 48, Policy)]
    #[text("the token expired at {exp}; it is now {now}")]
    Expired {
        /// Its `exp`, rounded down.
        exp: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },

    /// The token is not valid yet.
    #[reason("not-yet-valid", 49, Policy)]
    #[text("the token is not valid before {nbf}; it is now {now}")]
    NotYetValid {
        /// Its `nbf`, rounded up.
        nbf: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },

    /// The token claims to be from the future.
    #[reason("issued-in-future", 50, Policy)]
    #[text("the token was issued in the future, at {iat}; it is now {now}")]
    IssuedInFuture {
        /// Its `iat`, rounded up.
        iat: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },

    /// The token is older than the policy allows, whatever its `exp`.
    #[reason("too-old", 51, Policy)]
    #[text("the token is too old: it was issued at {iat}; it is now {now}")]
    TooOld {
        /// Its `iat`, rounded up.
        iat: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },

    /// This claim's time cannot be checked without a clock.
    #[reason("unjudgeable", 52, Policy)]
    #[text("the claim {claim} cannot be checked without a clock")]
    Unjudgeable(claim: Claim),

    /// `sub` is not the subject that the policy expects.
    #[reason("subject-mismatch", 53, Policy)]
    #[text("the subject (sub) is not the expected one")]
    SubjectMismatch,

    /// `cnf` binds the token to a key, and no proof that the sender holds it was checked
    /// (RFC 7800 §3.1).
    #[reason("proof-of-possession-required", 54, Policy)]
    #[text("the token is bound to a key (cnf), and no proof of possession was checked")]
    ProofOfPossessionRequired,

    /// `azp` is not the client (OIDC Core §3.1.3.7, rule 5).
    #[reason("authorized-party-mismatch", 55, Policy)]
    #[text("the authorized party (azp) is not this client")]
    AuthorizedPartyMismatch,

    /// `nonce` is not the one of the authentication request (OIDC Core §3.1.3.7, rule 11).
    #[reason("nonce-mismatch", 56, Policy)]
    #[text("nonce does not match the authentication request")]
    NonceMismatch,

    /// `at_hash` does not match the access token (OIDC Core §3.1.3.8).
    #[reason("access-token-hash-mismatch", 57, Policy)]
    #[text("at_hash does not match the access token")]
    AccessTokenHashMismatch,

    /// The user's last authentication is too long ago (OIDC Core §3.1.3.7, rule 13).
    #[reason("authentication-too-old", 58, Policy)]
    #[text("the last authentication is too long ago: it was at {auth_time}; it is now {now}")]
    AuthenticationTooOld {
        /// `auth_time`, rounded up.
        auth_time: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },

    /// The user's last authentication claims to be from the future.
    #[reason("authentication-in-future", 59, Policy)]
    #[text("the last authentication was in the future, at {auth_time}; it is now {now}")]
    AuthenticationInFuture {
        /// `auth_time`, rounded up.
        auth_time: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },

    /// `scope` lacks a scope that the policy requires.
    #[reason("insufficient-scope", 60, Policy)]
    #[text("the token lacks a scope that is required here")]
    InsufficientScope,

    /// The token is valid, but does not meet a [requirement](crate::policy::Requirement) of the policy.
    #[reason("requirement-unmet", 61, Policy)]
    #[text("the claims of the token do not grant access here")]
    RequirementUnmet {
        /// Its place in the policy's list, from 0.
        index: usize,
    },
}
}

/// What can be said of a [`Rejection`] without its facts: one for each reason.
///
/// ```
/// use tollgate_core::{Reason, Rejection, Stage};
///
/// let of_policy = |reason: &Reason| reason.stage == Stage::Policy;
/// let names: Vec<&str> = Rejection::reasons().filter(of_policy).map(|reason| reason.name).collect();
/// assert!(names.contains(&"expired") && names.contains(&"audience-mismatch"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// The name: [`Rejection::reason`].
    pub name: &'static str,
    /// The number: [`Rejection::number`].
    pub number: u8,
    /// The stage: [`Rejection::stage`]. Base64url and JSON are decoded at several stages; this is the
    /// first of them.
    pub stage: Stage,
}

impl Rejection {
    /// The class of the reason, as APIs answer it: one of six stable codes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthorizationMissing => "auth.authorization_header_missing",
            Self::AuthorizationRepeated
            | Self::AuthorizationMalformed
            | Self::TokenMalformed { .. } => "auth.authorization_token_invalid_format",
            Self::SchemeNotBearer => "auth.authorization_token_type_not_supported",
            Self::InsufficientScope => "insufficient_scope",
            Self::RequirementUnmet { .. } => "access_denied",
            _ => "invalid_token",
        }
    }

    /// The HTTP status of the answer: 401, or 403 where the token is valid but grants too little.
    ///
    /// A malformed header gets 401 as well, where RFC 6750 §3.1 has 400: whoever sends it is not
    /// authenticated, and needs a challenge (RFC 9110 §15.5.2).
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InsufficientScope | Self::RequirementUnmet { .. } => 403,
            _ => 401,
        }
    }

    /// Lists every reason, for a table of them or an interface that only has numbers.
    pub fn reasons() -> impl Iterator<Item = Reason> {
        let of_json = JsonErrorKind::ALL.iter().map(|kind| {
            let (name, number) = (kind.reason(), kind.number());
            Reason { name, number, stage: Stage::Header }
        });
        Self::OWN.iter().flatten().copied().chain(of_json)
    }

    /// The value of `WWW-Authenticate` for the answer (RFC 6750 §3): what is `realm` protecting,
    /// and which `scopes` does it take?
    ///
    /// ```
    /// use tollgate_core::Rejection;
    ///
    /// let challenge = Rejection::InsufficientScope.challenge(None, &["read:orders"]);
    /// assert_eq!(
    ///     challenge.to_string(),
    ///     "Bearer error=\"insufficient_scope\", \
    ///      error_description=\"the token lacks a scope that is required here\", \
    ///      scope=\"read:orders\"",
    /// );
    /// ```
    #[must_use]
    pub const fn challenge<'a, S>(
        self,
        realm: Option<&'a str>,
        scopes: &'a [S],
    ) -> Challenge<'a, S> {
        Challenge::new(self, realm, scopes)
    }
}

impl core::error::Error for Rejection {}
