//! What every function returns: success, the core's reasons, and what is wrong with a call.

use tollgate_core::engines::BlobError;
use tollgate_core::engines::rsa::InvalidRsaKey;
use tollgate_core::{KeySetError, Rejection};

pub(crate) type Checked<T> = Result<T, Outcome>;

/// The result of a call. The values are stable, and none is used twice.
///
/// - 0: success.
/// - 1 to 199: the token was refused. Names and values are those of the core's reasons. A JWK set can be
///   refused for the reasons that begin with `JSON`.
/// - 200 and above: the keys, the policy or an argument is wrong, or the claim is not there.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The call succeeded. For a verification: the token is accepted.
    Ok = 0,

    /// The Authorization header is missing or empty.
    AuthorizationMissing = 1,
    /// There is more than one Authorization header. Never returned: the caller has to check that.
    AuthorizationRepeated = 2,
    /// The Authorization header has no second word.
    AuthorizationMalformed = 3,
    /// The scheme is not Bearer.
    SchemeNotBearer = 4,
    /// The token is empty or has an invalid character.
    TokenMalformed = 5,
    /// The token is longer than `TOLLGATE_MAX_TOKEN_LEN`.
    TokenTooLong = 6,
    /// The token does not have three parts.
    PartCount = 7,
    /// A part is empty.
    PartEmpty = 8,
    /// A part is not strict base64url.
    Misencoded = 9,
    /// The decoded header is too long.
    HeaderTooLong = 10,
    /// The scratch memory is too small for this token.
    ScratchTooSmall = 11,
    /// A JSON text is not UTF-8.
    JsonNotUtf8 = 12,
    /// A JSON text is not valid JSON.
    JsonSyntax = 13,
    /// A JSON text has half of a surrogate pair.
    JsonLoneSurrogate = 14,
    /// A JSON text is not an object.
    JsonNotAnObject = 15,
    /// A JSON object has two members of the same name.
    JsonDuplicateName = 16,
    /// A JSON text is nested too deeply.
    JsonTooDeep = 17,
    /// A JSON object has too many members.
    JsonTooManyNames = 18,
    /// A member of the header has the wrong type.
    HeaderMemberType = 19,
    /// The header has no `alg`.
    AlgorithmMissing = 20,
    /// `alg` is not an algorithm that Tollgate supports.
    AlgorithmUnsupported = 21,
    /// The policy does not allow this algorithm.
    AlgorithmNotAllowed = 22,
    /// The policy requires a `typ`, and the header has none.
    TypMissing = 23,
    /// The policy does not accept this `typ`.
    TypMismatch = 24,
    /// `crit` is malformed (RFC 7515 §4.1.11).
    CritMalformed = 25,
    /// `crit` names an extension that is not understood.
    CritNotUnderstood = 26,
    /// `b64` is not allowed in a JWT (RFC 7797 §7).
    PayloadNotEncoded = 27,
    /// The token is compressed.
    Compressed = 28,
    /// The token is encrypted.
    Encrypted = 29,
    /// The payload is another JWT.
    Nested = 30,
    /// `kid` is too long.
    KidTooLong = 31,
    /// The key set has no usable key.
    NoUsableKey = 32,
    /// No key fits `kid` and `alg`.
    UnknownKey = 33,
    /// More than one key fits `kid` and `alg`.
    AmbiguousKey = 34,
    /// The key that `kid` names is for another algorithm.
    AlgorithmMismatch = 35,
    /// The signature is not R and S at full width.
    SignatureLength = 36,
    /// The signature does not verify.
    SignatureInvalid = 37,
    /// A claim has the wrong type.
    ClaimType = 38,
    /// A time is more than 2^53 seconds from the epoch.
    ClaimOutOfRange = 39,
    /// The claims do not have the form that the caller expects. Never returned.
    CustomClaims = 40,
    /// A claim that the policy requires is missing.
    ClaimMissing = 41,
    /// A claim that makes the token valid, by the policy's requirements, is missing or null.
    RequiredClaimMissing = 42,
    /// A claim that makes the token valid, by the policy's requirements, has another value.
    RequiredClaimMismatch = 43,
    /// `iss` is not the issuer that the policy accepts.
    IssuerMismatch = 44,
    /// `iss` is not the issuer that the key belongs to. Never returned.
    IssuerNotOfKey = 45,
    /// `aud` names no audience that the policy accepts.
    AudienceMismatch = 46,
    /// `aud` also names an untrusted audience. Never returned.
    AudienceUntrusted = 47,
    /// The token has expired.
    Expired = 48,
    /// The token is not valid yet.
    NotYetValid = 49,
    /// The token claims to be from the future.
    IssuedInFuture = 50,
    /// The token is older than the policy allows.
    TooOld = 51,
    /// A time cannot be checked without a clock.
    Unjudgeable = 52,
    /// `sub` is not the subject that the policy expects.
    SubjectMismatch = 53,
    /// `cnf` binds the token to a key, and no proof of possession was checked.
    ProofOfPossessionRequired = 54,
    /// `azp` is not the client. Never returned.
    AuthorizedPartyMismatch = 55,
    /// `nonce` does not match. Never returned.
    NonceMismatch = 56,
    /// `at_hash` does not match. Never returned.
    AccessTokenHashMismatch = 57,
    /// The last authentication is too long ago. Never returned.
    AuthenticationTooOld = 58,
    /// The last authentication was in the future. Never returned.
    AuthenticationInFuture = 59,
    /// The token lacks a scope that the policy requires.
    InsufficientScope = 60,
    /// The token is valid, but does not meet a requirement of the policy.
    RequirementUnmet = 61,
    /// The end of the range for refused tokens. Never returned.
    Rejected = 199,

    /// The JWK set has no array called `keys`.
    KeySetWithoutKeys = 200,
    /// There are more usable keys than `TOLLGATE_MAX_KEYS`.
    KeySetTooLarge = 201,
    /// The bytes are not a blob.
    BlobUnknown = 210,
    /// The blob has another version of the format.
    BlobVersion = 211,
    /// The number of bytes is not the blob's length.
    BlobLength = 212,
    /// The blob's checksum does not match.
    BlobDamaged = 213,
    /// The checksum matches, but the content is invalid.
    BlobMalformed = 214,
    /// A key's point is not on its curve, or its table or constant belongs to another key.
    BlobForeignTable = 215,
    /// The library was built without a key's algorithm, without its table's size, or for shorter RSA keys.
    BlobUnsupported = 216,
    /// An RSA key does not have 2,048 to 4,096 bits, an odd modulus, and an odd exponent above 65536.
    BlobRsaKey = 217,
    /// The policy's `version` is not `TOLLGATE_VERSION`, or not set.
    PolicyVersion = 220,
    /// The issuer, an audience or the list of audiences is empty.
    PolicyEmpty = 221,
    /// A required scope is not a scope-token (RFC 6749 §3.3).
    PolicyScope = 222,
    /// There are more audiences, scopes, claims with scopes, or requirements than `TOLLGATE_MAX_AUDIENCES`,
    /// `TOLLGATE_MAX_SCOPES`, `TOLLGATE_MAX_SCOPE_CLAIMS` and `TOLLGATE_MAX_REQUIREMENTS` allow.
    PolicyTooLarge = 223,
    /// An option has an undefined value.
    PolicyOption = 224,
    /// The clock tolerance is greater than `TOLLGATE_MAX_LEEWAY`.
    PolicyLeeway = 225,
    /// A requirement is invalid: its pointer, its value, or its parts.
    PolicyRequirement = 226,
    /// A claim with scopes is not a JSON Pointer, though it begins with a slash.
    PolicyScopeClaim = 227,
    /// The token does not have this claim.
    ClaimAbsent = 230,
    /// The claim does not have the requested type.
    ClaimOtherType = 231,
    /// The claim contains U+0000, which would end the string in C.
    ClaimContainsNul = 232,
    /// The buffer is too small: it needs the length that was returned, plus one byte.
    BufferTooSmall = 233,
    /// A pointer is NULL.
    ArgumentNull = 240,
    /// A pointer is not aligned.
    ArgumentMisaligned = 241,
    /// A length is impossible, or a size is not the size of its type.
    ArgumentLength = 242,
    /// Memory to write overlaps memory to read.
    ArgumentOverlap = 243,
    /// A text is not UTF-8.
    ArgumentNotUtf8 = 244,
    /// The time is 0 or negative, as from a clock that was never set.
    ArgumentTime = 245,
    /// A key set or verdict was not filled in by this library.
    ArgumentUnset = 246,
    /// The verdict has no claims: the token was not accepted.
    NotAccepted = 247,
    /// The verdict has no reason: the token was not rejected.
    NotRejected = 248,
    /// The verdict's scratch memory was used for something else, or the verdict was copied.
    ScratchReused = 249,
}

/// The value of an [`Outcome`]. Functions return this rather than the enum, because the core numbers its
/// own reasons.
///
/// cbindgen:ignore
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub(crate) u32);

impl Code {
    pub(crate) fn of<E: Into<Self>>(result: Result<(), E>) -> Self {
        result.map_or_else(E::into, |()| Outcome::Ok.into())
    }
}

impl Outcome {
    pub(crate) const fn value(self) -> u32 {
        #[allow(clippy::as_conversions, reason = "the enum is a u32")]
        {
            self as u32
        }
    }
}

impl From<Outcome> for Code {
    fn from(outcome: Outcome) -> Self {
        Self(outcome.value())
    }
}

impl From<Rejection> for Code {
    fn from(rejection: Rejection) -> Self {
        Self(rejection.number().into())
    }
}

impl From<KeySetError> for Code {
    fn from(error: KeySetError) -> Self {
        let outcome = match error {
            KeySetError::Json(error) => return Self(error.kind.number().into()),
            KeySetError::NoKeys => Outcome::KeySetWithoutKeys,
            KeySetError::TooManyKeys { .. } => Outcome::KeySetTooLarge,
            _ => Outcome::Rejected,
        };
        outcome.into()
    }
}

impl From<BlobError> for Code {
    fn from(error: BlobError) -> Self {
        let outcome = match error {
            BlobError::NotABlob => Outcome::BlobUnknown,
            BlobError::Version { .. } => Outcome::BlobVersion,
            BlobError::Length { .. } => Outcome::BlobLength,
            BlobError::Checksum => Outcome::BlobDamaged,
            BlobError::NotOnCurve | BlobError::ForeignTable => Outcome::BlobForeignTable,
            BlobError::Algorithm { .. } | BlobError::Size { .. } => Outcome::BlobUnsupported,
            BlobError::RsaKey { error: InvalidRsaKey::Capacity } => Outcome::BlobUnsupported,
            BlobError::RsaKey { error: InvalidRsaKey::ForeignConstant } => {
                Outcome::BlobForeignTable
            }
            BlobError::RsaKey { .. } => Outcome::BlobRsaKey,
            _ => Outcome::BlobMalformed,
        };
        outcome.into()
    }
}
