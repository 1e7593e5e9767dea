//! Why a token was refused: every reason, and what the client is told.

mod challenge;
mod message;
mod stage;

pub use challenge::Challenge;
pub use stage::Stage;

use crate::algorithm::Algorithm;
use crate::claim::Claim;
use crate::header_member::HeaderMember;
use crate::json::{JsonError, JsonErrorKind};
use crate::part::Part;
use crate::time::UnixTime;

/// The one reason for which a token was refused.
///
/// It holds facts, never bytes of the token, so that it can be logged and answered as it is.
/// [`reason`](Self::reason) and [`code`](Self::code) are stable; the sentence that
/// [`Display`](core::fmt::Display) writes may be reworded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    // The Authorization header, RFC 9110 §11.6.2 and RFC 6750 §2.1.
    /// There is no Authorization header, or an empty one.
    AuthorizationMissing,
    /// There is more than one Authorization header.
    AuthorizationRepeated,
    /// The Authorization header has no second word.
    AuthorizationMalformed,
    /// The scheme is not Bearer.
    SchemeNotBearer,
    /// What should be a token has a character at `offset` that no token68 has there: white space,
    /// a comma, a second token.
    TokenMalformed {
        /// Bytes from the start of the token.
        offset: usize,
    },

    // The compact serialization, RFC 7515 §3.1 and §7.1.
    /// The token is longer than [`MAX_TOKEN_LEN`](crate::limits::MAX_TOKEN_LEN).
    TokenTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The token does not have three parts. Five are an encrypted token (RFC 7516 §3.1).
    PartCount {
        /// How many it has.
        found: usize,
    },
    /// A part is empty.
    PartEmpty(Part),
    /// A part is not strict base64url (RFC 7515 §2).
    Misencoded {
        /// Which part.
        part: Part,
        /// Where, in bytes from the start of that part.
        offset: usize,
    },
    /// The decoded header is longer than [`MAX_HEADER_LEN`](crate::limits::MAX_HEADER_LEN).
    HeaderTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The caller's scratch buffer is too small for this token.
    ScratchTooSmall {
        /// How many bytes the token needs in all.
        needed: usize,
    },
    /// A part is not the strict JSON object that it must be.
    Json {
        /// The header or the payload.
        part: Part,
        /// What is wrong with it.
        error: JsonError,
    },

    // The JOSE header, RFC 7515 §4.
    /// A member of the header has another type than the standard gives it.
    HeaderMemberType(HeaderMember),
    /// The header has no `alg`.
    AlgorithmMissing,
    /// `alg` names an algorithm other than ES256 and ES384: `none`, an HMAC, RSA.
    AlgorithmUnsupported,
    /// The policy does not allow this algorithm.
    AlgorithmNotAllowed(Algorithm),
    /// The policy expects a `typ`, and the header has none.
    TypMissing,
    /// `typ` is none of those that the policy accepts.
    TypMismatch,
    /// `crit` is empty, repeats a name, or names a registered or an absent member
    /// (RFC 7515 §4.1.11).
    CriticalMalformed,
    /// `crit` names a member that the policy does not understand.
    CriticalNotUnderstood,
    /// `b64` changes how the payload is signed (RFC 7797); never in a JWT (RFC 7797 §7).
    PayloadNotEncoded,
    /// `zip`: the payload is compressed (RFC 8725 §3.6).
    Compressed,
    /// `enc`: the token is encrypted.
    Encrypted,
    /// `cty` says that the payload is another JWT (RFC 7519 §5.2).
    Nested,
    /// `kid` is longer than [`MAX_KEY_ID_LEN`](crate::limits::MAX_KEY_ID_LEN).
    KeyIdTooLong,

    // The choice of the key.
    /// The key set has no key that could verify anything.
    NoUsableKey,
    /// No key has this `kid`, or, without a `kid`, none fits the algorithm.
    UnknownKey,
    /// More than one key could be meant.
    AmbiguousKey,
    /// The key that `kid` names is for another algorithm.
    AlgorithmMismatch {
        /// The algorithm of the header.
        header: Algorithm,
        /// The algorithm of the key.
        key: Algorithm,
    },

    // The signature, RFC 7518 §3.4.
    /// The signature is not R and S at full width; DER, for instance.
    SignatureLength {
        /// How many bytes it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The signature does not verify. Nobody is told more.
    SignatureInvalid,

    // The claims, RFC 7519 §4.
    /// A claim has another type than the standard gives it. It is never taken as absent.
    ClaimType(Claim),
    /// A time lies beyond 2^53 seconds from the epoch.
    ClaimOutOfRange(Claim),
    /// The claims do not deserialise into the caller's type.
    CustomClaims,

    // The policy.
    /// A claim is missing that the policy cannot do without.
    ClaimMissing(Claim),
    /// A claim that the policy lists as required is missing or null.
    RequiredClaimMissing {
        /// Its place in the policy's list, from 0.
        index: usize,
    },
    /// A claim that the policy lists as required has another value.
    RequiredClaimMismatch {
        /// Its place in the policy's list, from 0.
        index: usize,
    },
    /// `iss` is none of the issuers that the policy accepts.
    IssuerMismatch,
    /// `iss` is not the issuer to whom the verifying key belongs (RFC 8725 §3.8).
    IssuerNotOfKey,
    /// `aud` names nobody that the policy accepts.
    AudienceMismatch,
    /// `aud` also names somebody that the policy does not trust (OIDC Core §3.1.3.7, rule 3).
    AudienceUntrusted,
    /// The token has expired.
    Expired {
        /// Its `exp`, rounded down.
        exp: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },
    /// The token is not valid yet.
    NotYetValid {
        /// Its `nbf`, rounded up.
        nbf: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },
    /// The token claims to be from the future.
    IssuedInFuture {
        /// Its `iat`, rounded up.
        iat: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },
    /// The token is older than the policy allows, whatever its `exp`.
    TooOld {
        /// Its `iat`, rounded up.
        iat: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },
    /// Without a clock, this claim's time cannot be judged.
    Unjudgeable(Claim),
    /// `sub` is not the subject that the policy expects.
    SubjectMismatch,
    /// `cnf` binds the token to a key whose possession nobody has proved (RFC 7800 §3.1).
    ProofOfPossessionRequired,
    /// `azp` is not the client (OIDC Core §3.1.3.7, rule 5).
    AuthorizedPartyMismatch,
    /// `nonce` is not the one of the authentication request (OIDC Core §3.1.3.7, rule 11).
    NonceMismatch,
    /// `at_hash` does not belong to the access token (OIDC Core §3.1.3.8).
    AccessTokenHashMismatch,
    /// The user's last authentication was too long ago (OIDC Core §3.1.3.7, rule 13).
    AuthenticationTooOld {
        /// `auth_time`, rounded up.
        auth_time: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },
    /// The user's last authentication claims to be from the future.
    AuthenticationInFuture {
        /// `auth_time`, rounded up.
        auth_time: UnixTime,
        /// The time of the verdict.
        now: UnixTime,
    },
    /// `scope` lacks a scope that the policy requires.
    InsufficientScope,
}

impl Rejection {
    /// The class of the reason, as APIs answer it: one of five stable codes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthorizationMissing => "auth.authorization_header_missing",
            Self::AuthorizationRepeated
            | Self::AuthorizationMalformed
            | Self::TokenMalformed { .. } => "auth.authorization_token_invalid_format",
            Self::SchemeNotBearer => "auth.authorization_token_type_not_supported",
            Self::InsufficientScope => "insufficient_scope",
            _ => "invalid_token",
        }
    }

    /// The HTTP status of the answer: 401, or 403 where another token is no remedy but a wider one.
    ///
    /// A malformed header gets 401 as well, where RFC 6750 §3.1 has 400: whoever sends it is not
    /// authenticated, and needs a challenge (RFC 9110 §15.5.2).
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InsufficientScope => 403,
            _ => 401,
        }
    }

    /// A stable name of the reason, kebab-case, finer than [`code`](Self::code).
    #[must_use]
    pub const fn reason(self) -> &'static str {
        /// Out of line, so that it matches nothing but constants: a table, and no code.
        #[inline(never)]
        const fn constant(rejection: Rejection) -> &'static str {
            match rejection {
                Rejection::AuthorizationMissing => "authorization-missing",
                Rejection::AuthorizationRepeated => "authorization-repeated",
                Rejection::AuthorizationMalformed => "authorization-malformed",
                Rejection::SchemeNotBearer => "scheme-not-bearer",
                Rejection::TokenMalformed { .. } => "token-malformed",
                Rejection::TokenTooLong { .. } => "token-too-long",
                Rejection::PartCount { .. } => "part-count",
                Rejection::PartEmpty(_) => "part-empty",
                Rejection::Misencoded { .. } => "misencoded",
                Rejection::HeaderTooLong { .. } => "header-too-long",
                Rejection::ScratchTooSmall { .. } => "scratch-too-small",
                Rejection::HeaderMemberType(_) => "header-member-type",
                Rejection::AlgorithmMissing => "algorithm-missing",
                Rejection::AlgorithmUnsupported => "algorithm-unsupported",
                Rejection::AlgorithmNotAllowed(_) => "algorithm-not-allowed",
                Rejection::TypMissing => "typ-missing",
                Rejection::TypMismatch => "typ-mismatch",
                Rejection::CriticalMalformed => "crit-malformed",
                Rejection::CriticalNotUnderstood => "crit-not-understood",
                Rejection::PayloadNotEncoded => "payload-not-encoded",
                Rejection::Compressed => "compressed",
                Rejection::Encrypted => "encrypted",
                Rejection::Nested => "nested",
                Rejection::KeyIdTooLong => "kid-too-long",
                Rejection::NoUsableKey => "no-usable-key",
                Rejection::UnknownKey => "unknown-key",
                Rejection::AmbiguousKey => "ambiguous-key",
                Rejection::AlgorithmMismatch { .. } => "algorithm-mismatch",
                Rejection::SignatureLength { .. } => "signature-length",
                Rejection::SignatureInvalid => "signature-invalid",
                Rejection::ClaimType(_) => "claim-type",
                Rejection::ClaimOutOfRange(_) => "claim-out-of-range",
                Rejection::CustomClaims => "custom-claims",
                Rejection::ClaimMissing(_) => "claim-missing",
                Rejection::RequiredClaimMissing { .. } => "required-claim-missing",
                Rejection::RequiredClaimMismatch { .. } => "required-claim-mismatch",
                Rejection::IssuerMismatch => "issuer-mismatch",
                Rejection::IssuerNotOfKey => "issuer-not-of-key",
                Rejection::AudienceMismatch => "audience-mismatch",
                Rejection::AudienceUntrusted => "audience-untrusted",
                Rejection::Expired { .. } => "expired",
                Rejection::NotYetValid { .. } => "not-yet-valid",
                Rejection::IssuedInFuture { .. } => "issued-in-future",
                Rejection::TooOld { .. } => "too-old",
                Rejection::Unjudgeable(_) => "unjudgeable",
                Rejection::SubjectMismatch => "subject-mismatch",
                Rejection::ProofOfPossessionRequired => "proof-of-possession-required",
                Rejection::AuthorizedPartyMismatch => "authorized-party-mismatch",
                Rejection::NonceMismatch => "nonce-mismatch",
                Rejection::AccessTokenHashMismatch => "access-token-hash-mismatch",
                Rejection::AuthenticationTooOld { .. } => "authentication-too-old",
                Rejection::AuthenticationInFuture { .. } => "authentication-in-future",
                Rejection::InsufficientScope => "insufficient-scope",
                // Answered below.
                Rejection::Json { .. } => JsonErrorKind::Syntax.reason(),
            }
        }
        match self {
            Self::Json { error, .. } => error.kind.reason(),
            _ => constant(self),
        }
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
