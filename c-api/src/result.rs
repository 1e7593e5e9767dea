//! What every function answers: the core's reasons, and what a caller can do wrong.

use tollgate_core::json::{JsonError, JsonErrorKind};
use tollgate_core::{Algorithm, Claim, HeaderMember, Part, Rejection, UnixTime};

use crate::text::Str;

pub(crate) type Checked<T> = Result<T, Outcome>;

/// What became of a call. The values are stable, and none is used twice.
///
/// 0 is success. Below 200, a token was refused, for the reason of the same name in the core. From
/// 200 on, the caller's keys, policy or arguments are at fault, not the token.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It worked; of a verification: the token is accepted.
    Ok = 0,

    /// There is no Authorization header, or an empty one.
    AuthorizationMissing = 1,
    /// There is more than one Authorization header.
    AuthorizationRepeated = 2,
    /// The Authorization header has no second word.
    AuthorizationMalformed = 3,
    /// The scheme is not Bearer.
    SchemeNotBearer = 4,
    /// The token is empty or has a character that no token has.
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
    /// A JSON text is not JSON.
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
    /// A member of the header is not of its standard type.
    HeaderMemberType = 19,
    /// The header has no `alg`.
    AlgorithmMissing = 20,
    /// `alg` is neither ES256 nor ES384.
    AlgorithmUnsupported = 21,
    /// The policy does not allow this algorithm.
    AlgorithmNotAllowed = 22,
    /// The policy expects a `typ`, and the header has none.
    TypMissing = 23,
    /// `typ` is none of those that the policy accepts.
    TypMismatch = 24,
    /// `crit` is malformed (RFC 7515 §4.1.11).
    CritMalformed = 25,
    /// `crit` names an extension that is not understood.
    CritNotUnderstood = 26,
    /// `b64` has no place in a JWT (RFC 7797 §7).
    PayloadNotEncoded = 27,
    /// The token is compressed.
    Compressed = 28,
    /// The token is encrypted.
    Encrypted = 29,
    /// The payload is another JWT.
    Nested = 30,
    /// `kid` is too long.
    KidTooLong = 31,
    /// The key set has no key that could verify anything.
    NoUsableKey = 32,
    /// No key fits `kid` and `alg`.
    UnknownKey = 33,
    /// More than one key could be meant.
    AmbiguousKey = 34,
    /// The key that `kid` names is for another algorithm.
    AlgorithmMismatch = 35,
    /// The signature is not R and S at full width.
    SignatureLength = 36,
    /// The signature does not verify.
    SignatureInvalid = 37,
    /// A claim is not of its standard type.
    ClaimType = 38,
    /// A time lies beyond 2^53 seconds from the epoch.
    ClaimOutOfRange = 39,
    /// The claims are not of the caller's shape. Does not occur in C.
    CustomClaims = 40,
    /// A claim is missing that the policy requires.
    ClaimMissing = 41,
    /// A claim of the policy's list is missing. Does not occur in C.
    RequiredClaimMissing = 42,
    /// A claim of the policy's list differs. Does not occur in C.
    RequiredClaimMismatch = 43,
    /// `iss` is not the issuer that the policy accepts.
    IssuerMismatch = 44,
    /// `iss` is not the issuer to whom the key belongs. Does not occur in C.
    IssuerNotOfKey = 45,
    /// `aud` names nobody that the policy accepts.
    AudienceMismatch = 46,
    /// `aud` also names somebody untrusted. Does not occur in C.
    AudienceUntrusted = 47,
    /// The token has expired.
    Expired = 48,
    /// The token is not valid yet.
    NotYetValid = 49,
    /// The token claims to be from the future.
    IssuedInFuture = 50,
    /// The token is older than the policy allows.
    TooOld = 51,
    /// Without a clock, a time cannot be judged.
    Unjudgeable = 52,
    /// `sub` is not the subject that the policy expects.
    SubjectMismatch = 53,
    /// `cnf` binds the token to a key whose possession nobody has proved.
    ProofOfPossessionRequired = 54,
    /// `azp` is not the client. Does not occur in C.
    AuthorizedPartyMismatch = 55,
    /// `nonce` is another. Does not occur in C.
    NonceMismatch = 56,
    /// `at_hash` is another. Does not occur in C.
    AccessTokenHashMismatch = 57,
    /// The last authentication was too long ago. Does not occur in C.
    AuthenticationTooOld = 58,
    /// The last authentication is from the future. Does not occur in C.
    AuthenticationInFuture = 59,
    /// `scope` lacks a scope that the policy requires.
    InsufficientScope = 60,
    /// For a reason that this library has no value for.
    Rejected = 199,

    /// The JWK set has no array called `keys`.
    KeySetWithoutKeys = 200,
    /// There are more usable keys than `TOLLGATE_MAX_KEYS`.
    KeySetTooLarge = 201,
    /// The bytes do not begin as a blob does.
    BlobUnknown = 210,
    /// The blob's format is of another version.
    BlobVersion = 211,
    /// There are fewer or more bytes than the blob takes.
    BlobLength = 212,
    /// The blob's checksum does not match.
    BlobDamaged = 213,
    /// The checksum matches, and yet the blob makes no sense.
    BlobMalformed = 214,
    /// A key's point is not on its curve, or its table is not its own.
    BlobForeignTable = 215,
    /// The policy's `version` is not the library's, or was not set.
    PolicyVersion = 220,
    /// The issuer, an audience or the list of audiences is empty.
    PolicyEmpty = 221,
    /// A required scope is no scope-token (RFC 6749 §3.3).
    PolicyScope = 222,
    /// There are more audiences or scopes than a policy may have.
    PolicyTooLarge = 223,
    /// An option has a value that is none of its own.
    PolicyOption = 224,
    /// The clock tolerance is greater than `TOLLGATE_MAX_LEEWAY`.
    PolicyLeeway = 225,
    /// The token has no such claim.
    ClaimAbsent = 230,
    /// The claim is there, but of another type than was asked for.
    ClaimOtherType = 231,
    /// The claim has the character U+0000 in it, where C would see its end.
    ClaimContainsNul = 232,
    /// The buffer is too small; the length says what it takes, and one more.
    BufferTooSmall = 233,
    /// A pointer is NULL.
    ArgumentNull = 240,
    /// A pointer is not aligned.
    ArgumentMisaligned = 241,
    /// A length is impossible, or a size not that of the type.
    ArgumentLength = 242,
    /// Memory that is written overlaps memory that is read.
    ArgumentOverlap = 243,
    /// Text is not UTF-8.
    ArgumentNotUtf8 = 244,
    /// The time is not after the epoch, as when a clock was never set.
    ArgumentTime = 245,
    /// A key set or verdict was not made by this library.
    ArgumentUnset = 246,
    /// The verdict has no claims: the token was not accepted.
    NotAccepted = 247,
    /// The verdict has no reason: the token was not rejected.
    NotRejected = 248,
}

const EPOCH: UnixTime = UnixTime(0);

const fn json(kind: JsonErrorKind) -> Rejection {
    Rejection::Json { part: Part::Header, error: JsonError { kind, offset: 0 } }
}

/// For each reason a rejection, of which only the kind matters.
const REJECTIONS: &[(Outcome, Rejection)] = &[
    (Outcome::AuthorizationMissing, Rejection::AuthorizationMissing),
    (Outcome::AuthorizationRepeated, Rejection::AuthorizationRepeated),
    (Outcome::AuthorizationMalformed, Rejection::AuthorizationMalformed),
    (Outcome::SchemeNotBearer, Rejection::SchemeNotBearer),
    (Outcome::TokenMalformed, Rejection::TokenMalformed { offset: 0 }),
    (Outcome::TokenTooLong, Rejection::TokenTooLong { len: 0 }),
    (Outcome::PartCount, Rejection::PartCount { found: 0 }),
    (Outcome::PartEmpty, Rejection::PartEmpty(Part::Header)),
    (Outcome::Misencoded, Rejection::Misencoded { part: Part::Header, offset: 0 }),
    (Outcome::HeaderTooLong, Rejection::HeaderTooLong { len: 0 }),
    (Outcome::ScratchTooSmall, Rejection::ScratchTooSmall { needed: 0 }),
    (Outcome::JsonNotUtf8, json(JsonErrorKind::NotUtf8)),
    (Outcome::JsonSyntax, json(JsonErrorKind::Syntax)),
    (Outcome::JsonLoneSurrogate, json(JsonErrorKind::LoneSurrogate)),
    (Outcome::JsonNotAnObject, json(JsonErrorKind::NotAnObject)),
    (Outcome::JsonDuplicateName, json(JsonErrorKind::DuplicateName)),
    (Outcome::JsonTooDeep, json(JsonErrorKind::TooDeep)),
    (Outcome::JsonTooManyNames, json(JsonErrorKind::TooManyNames)),
    (Outcome::HeaderMemberType, Rejection::HeaderMemberType(HeaderMember::Alg)),
    (Outcome::AlgorithmMissing, Rejection::AlgorithmMissing),
    (Outcome::AlgorithmUnsupported, Rejection::AlgorithmUnsupported),
    (Outcome::AlgorithmNotAllowed, Rejection::AlgorithmNotAllowed(Algorithm::Es256)),
    (Outcome::TypMissing, Rejection::TypMissing),
    (Outcome::TypMismatch, Rejection::TypMismatch),
    (Outcome::CritMalformed, Rejection::CriticalMalformed),
    (Outcome::CritNotUnderstood, Rejection::CriticalNotUnderstood),
    (Outcome::PayloadNotEncoded, Rejection::PayloadNotEncoded),
    (Outcome::Compressed, Rejection::Compressed),
    (Outcome::Encrypted, Rejection::Encrypted),
    (Outcome::Nested, Rejection::Nested),
    (Outcome::KidTooLong, Rejection::KeyIdTooLong),
    (Outcome::NoUsableKey, Rejection::NoUsableKey),
    (Outcome::UnknownKey, Rejection::UnknownKey),
    (Outcome::AmbiguousKey, Rejection::AmbiguousKey),
    (
        Outcome::AlgorithmMismatch,
        Rejection::AlgorithmMismatch { header: Algorithm::Es256, key: Algorithm::Es384 },
    ),
    (Outcome::SignatureLength, Rejection::SignatureLength { expected: 0, found: 0 }),
    (Outcome::SignatureInvalid, Rejection::SignatureInvalid),
    (Outcome::ClaimType, Rejection::ClaimType(Claim::Issuer)),
    (Outcome::ClaimOutOfRange, Rejection::ClaimOutOfRange(Claim::Expiration)),
    (Outcome::CustomClaims, Rejection::CustomClaims),
    (Outcome::ClaimMissing, Rejection::ClaimMissing(Claim::Issuer)),
    (Outcome::RequiredClaimMissing, Rejection::RequiredClaimMissing { index: 0 }),
    (Outcome::RequiredClaimMismatch, Rejection::RequiredClaimMismatch { index: 0 }),
    (Outcome::IssuerMismatch, Rejection::IssuerMismatch),
    (Outcome::IssuerNotOfKey, Rejection::IssuerNotOfKey),
    (Outcome::AudienceMismatch, Rejection::AudienceMismatch),
    (Outcome::AudienceUntrusted, Rejection::AudienceUntrusted),
    (Outcome::Expired, Rejection::Expired { exp: EPOCH, now: EPOCH }),
    (Outcome::NotYetValid, Rejection::NotYetValid { nbf: EPOCH, now: EPOCH }),
    (Outcome::IssuedInFuture, Rejection::IssuedInFuture { iat: EPOCH, now: EPOCH }),
    (Outcome::TooOld, Rejection::TooOld { iat: EPOCH, now: EPOCH }),
    (Outcome::Unjudgeable, Rejection::Unjudgeable(Claim::NotBefore)),
    (Outcome::SubjectMismatch, Rejection::SubjectMismatch),
    (Outcome::ProofOfPossessionRequired, Rejection::ProofOfPossessionRequired),
    (Outcome::AuthorizedPartyMismatch, Rejection::AuthorizedPartyMismatch),
    (Outcome::NonceMismatch, Rejection::NonceMismatch),
    (Outcome::AccessTokenHashMismatch, Rejection::AccessTokenHashMismatch),
    (
        Outcome::AuthenticationTooOld,
        Rejection::AuthenticationTooOld { auth_time: EPOCH, now: EPOCH },
    ),
    (
        Outcome::AuthenticationInFuture,
        Rejection::AuthenticationInFuture { auth_time: EPOCH, now: EPOCH },
    ),
    (Outcome::InsufficientScope, Rejection::InsufficientScope),
];

/// The names of the faults that are not a token's.
const FAULTS: &[(Outcome, &str)] = &[
    (Outcome::KeySetWithoutKeys, "key-set-without-keys"),
    (Outcome::KeySetTooLarge, "key-set-too-large"),
    (Outcome::BlobUnknown, "blob-unknown"),
    (Outcome::BlobVersion, "blob-version"),
    (Outcome::BlobLength, "blob-length"),
    (Outcome::BlobDamaged, "blob-damaged"),
    (Outcome::BlobMalformed, "blob-malformed"),
    (Outcome::BlobForeignTable, "blob-foreign-table"),
    (Outcome::PolicyVersion, "policy-version"),
    (Outcome::PolicyEmpty, "policy-empty"),
    (Outcome::PolicyScope, "policy-scope"),
    (Outcome::PolicyTooLarge, "policy-too-large"),
    (Outcome::PolicyOption, "policy-option"),
    (Outcome::PolicyLeeway, "policy-leeway"),
    (Outcome::ClaimAbsent, "claim-absent"),
    (Outcome::ClaimOtherType, "claim-other-type"),
    (Outcome::ClaimContainsNul, "claim-contains-nul"),
    (Outcome::BufferTooSmall, "buffer-too-small"),
    (Outcome::ArgumentNull, "argument-null"),
    (Outcome::ArgumentMisaligned, "argument-misaligned"),
    (Outcome::ArgumentLength, "argument-length"),
    (Outcome::ArgumentOverlap, "argument-overlap"),
    (Outcome::ArgumentNotUtf8, "argument-not-utf8"),
    (Outcome::ArgumentTime, "argument-time"),
    (Outcome::ArgumentUnset, "argument-unset"),
    (Outcome::NotAccepted, "not-accepted"),
    (Outcome::NotRejected, "not-rejected"),
];

impl Outcome {
    pub(crate) fn of(checked: Checked<()>) -> Self {
        checked.err().unwrap_or(Self::Ok)
    }

    pub(crate) const fn value(self) -> u32 {
        #[allow(clippy::as_conversions, reason = "the enum is a u32")]
        {
            self as u32
        }
    }
}

impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        Self::of_reason(rejection.reason())
    }
}

impl Outcome {
    /// The rejection of the core's with this stable name.
    pub(crate) fn of_reason(reason: &str) -> Self {
        let found = REJECTIONS.iter().find(|(_, other)| other.reason() == reason);
        found.map_or(Self::Rejected, |(outcome, _)| *outcome)
    }
}

fn rejection(result: u32) -> Option<Rejection> {
    let found = REJECTIONS.iter().find(|(outcome, _)| outcome.value() == result);
    found.map(|(_, rejection)| *rejection)
}

/// A stable name of a result, kebab-case: `expired`. The core's reason, if it is one; empty for what
/// is no result.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_reason(result: u32) -> Str {
    let fault = || FAULTS.iter().find(|(outcome, _)| outcome.value() == result);
    Str::of(match rejection(result) {
        Some(rejection) => rejection.reason(),
        None if result == Outcome::Ok.value() => "ok",
        None if result == Outcome::Rejected.value() => "rejected",
        None => fault().map_or("", |(_, reason)| reason),
    })
}

/// The class of a rejection, as APIs answer it: one of five stable codes, such as `invalid_token`.
/// Empty if the result is no rejection.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_code(result: u32) -> Str {
    Str::of(match rejection(result) {
        Some(rejection) => rejection.code(),
        None if result == Outcome::Rejected.value() => "invalid_token",
        None => "",
    })
}

/// The HTTP status to answer with: 200 for success, 401 or 403 for a rejection, 500 for everything
/// else.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_http_status(result: u32) -> u16 {
    match rejection(result) {
        Some(rejection) => rejection.http_status(),
        None if result == Outcome::Ok.value() => 200,
        None if result == Outcome::Rejected.value() => 401,
        None => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_core_has_a_result() {
        let sources = [
            include_str!("../../core/src/rejection.rs"),
            include_str!("../../core/src/json/error.rs"),
        ];
        let mut count = 0;
        for source in sources {
            let body = source.split("pub const fn reason(").nth(1).unwrap();
            let body = body.split("\n    }\n").next().unwrap();
            for reason in body.split('"').skip(1).step_by(2) {
                assert_ne!(Outcome::of_reason(reason), Outcome::Rejected, "{reason}");
                count += 1;
            }
        }
        assert_eq!(count, REJECTIONS.len());
    }

    #[test]
    fn results_and_reasons_have_the_same_names() {
        let kebab = |outcome: Outcome| {
            let name = format!("{outcome:?}");
            let lower = |c: char| {
                if c.is_uppercase() { format!("-{}", c.to_lowercase()) } else { c.into() }
            };
            name.chars().map(lower).collect::<String>().trim_start_matches('-').to_owned()
        };
        for (outcome, rejection) in REJECTIONS {
            assert_eq!(kebab(*outcome), rejection.reason());
        }
        for (outcome, reason) in FAULTS {
            assert_eq!(kebab(*outcome), *reason);
        }
    }
}
