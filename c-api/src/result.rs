//! What every function answers: the core's reasons, and what a caller can do wrong.

use tollgate_core::Rejection;

use crate::text::Str;

pub(crate) type Checked<T> = Result<T, Outcome>;

/// What became of a call. The values are stable, and none is used twice.
///
/// 0 is success. Below 200, a token was refused, for the reason of the same name in the core; a JWK set
/// may be refused for those of JSON. From 200 on, the caller's keys, policy or arguments are at fault, or
/// there is no such claim.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It worked; of a verification: the token is accepted.
    Ok = 0,

    /// There is no Authorization header, or an empty one.
    AuthorizationMissing = 1,
    /// There is more than one Authorization header. Does not occur in C, where the caller sees that.
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
    /// A key is for an algorithm, or has a table of a size, that this library was built without.
    BlobUnsupported = 216,
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
    /// The scratch memory of the verdict was used again, or the verdict was copied.
    ScratchReused = 249,
}

/// The name of each: of a rejection, the core's reason.
const REASONS: &[(Outcome, &str)] = &[
    (Outcome::Ok, "ok"),
    (Outcome::AuthorizationMissing, "authorization-missing"),
    (Outcome::AuthorizationRepeated, "authorization-repeated"),
    (Outcome::AuthorizationMalformed, "authorization-malformed"),
    (Outcome::SchemeNotBearer, "scheme-not-bearer"),
    (Outcome::TokenMalformed, "token-malformed"),
    (Outcome::TokenTooLong, "token-too-long"),
    (Outcome::PartCount, "part-count"),
    (Outcome::PartEmpty, "part-empty"),
    (Outcome::Misencoded, "misencoded"),
    (Outcome::HeaderTooLong, "header-too-long"),
    (Outcome::ScratchTooSmall, "scratch-too-small"),
    (Outcome::JsonNotUtf8, "json-not-utf8"),
    (Outcome::JsonSyntax, "json-syntax"),
    (Outcome::JsonLoneSurrogate, "json-lone-surrogate"),
    (Outcome::JsonNotAnObject, "json-not-an-object"),
    (Outcome::JsonDuplicateName, "json-duplicate-name"),
    (Outcome::JsonTooDeep, "json-too-deep"),
    (Outcome::JsonTooManyNames, "json-too-many-names"),
    (Outcome::HeaderMemberType, "header-member-type"),
    (Outcome::AlgorithmMissing, "algorithm-missing"),
    (Outcome::AlgorithmUnsupported, "algorithm-unsupported"),
    (Outcome::AlgorithmNotAllowed, "algorithm-not-allowed"),
    (Outcome::TypMissing, "typ-missing"),
    (Outcome::TypMismatch, "typ-mismatch"),
    (Outcome::CritMalformed, "crit-malformed"),
    (Outcome::CritNotUnderstood, "crit-not-understood"),
    (Outcome::PayloadNotEncoded, "payload-not-encoded"),
    (Outcome::Compressed, "compressed"),
    (Outcome::Encrypted, "encrypted"),
    (Outcome::Nested, "nested"),
    (Outcome::KidTooLong, "kid-too-long"),
    (Outcome::NoUsableKey, "no-usable-key"),
    (Outcome::UnknownKey, "unknown-key"),
    (Outcome::AmbiguousKey, "ambiguous-key"),
    (Outcome::AlgorithmMismatch, "algorithm-mismatch"),
    (Outcome::SignatureLength, "signature-length"),
    (Outcome::SignatureInvalid, "signature-invalid"),
    (Outcome::ClaimType, "claim-type"),
    (Outcome::ClaimOutOfRange, "claim-out-of-range"),
    (Outcome::CustomClaims, "custom-claims"),
    (Outcome::ClaimMissing, "claim-missing"),
    (Outcome::RequiredClaimMissing, "required-claim-missing"),
    (Outcome::RequiredClaimMismatch, "required-claim-mismatch"),
    (Outcome::IssuerMismatch, "issuer-mismatch"),
    (Outcome::IssuerNotOfKey, "issuer-not-of-key"),
    (Outcome::AudienceMismatch, "audience-mismatch"),
    (Outcome::AudienceUntrusted, "audience-untrusted"),
    (Outcome::Expired, "expired"),
    (Outcome::NotYetValid, "not-yet-valid"),
    (Outcome::IssuedInFuture, "issued-in-future"),
    (Outcome::TooOld, "too-old"),
    (Outcome::Unjudgeable, "unjudgeable"),
    (Outcome::SubjectMismatch, "subject-mismatch"),
    (Outcome::ProofOfPossessionRequired, "proof-of-possession-required"),
    (Outcome::AuthorizedPartyMismatch, "authorized-party-mismatch"),
    (Outcome::NonceMismatch, "nonce-mismatch"),
    (Outcome::AccessTokenHashMismatch, "access-token-hash-mismatch"),
    (Outcome::AuthenticationTooOld, "authentication-too-old"),
    (Outcome::AuthenticationInFuture, "authentication-in-future"),
    (Outcome::InsufficientScope, "insufficient-scope"),
    (Outcome::Rejected, "rejected"),
    (Outcome::KeySetWithoutKeys, "key-set-without-keys"),
    (Outcome::KeySetTooLarge, "key-set-too-large"),
    (Outcome::BlobUnknown, "blob-unknown"),
    (Outcome::BlobVersion, "blob-version"),
    (Outcome::BlobLength, "blob-length"),
    (Outcome::BlobDamaged, "blob-damaged"),
    (Outcome::BlobMalformed, "blob-malformed"),
    (Outcome::BlobForeignTable, "blob-foreign-table"),
    (Outcome::BlobUnsupported, "blob-unsupported"),
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
    (Outcome::ScratchReused, "scratch-reused"),
];

impl Outcome {
    pub(crate) fn of(checked: Checked<()>) -> Self {
        checked.err().unwrap_or(Self::Ok)
    }

    /// The rejection of the core's with this stable name.
    pub(crate) fn of_reason(reason: &str) -> Self {
        let found = REASONS.iter().find(|(_, name)| *name == reason);
        found.map_or(Self::Rejected, |(outcome, _)| *outcome)
    }

    const fn value(self) -> u32 {
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

/// A stable name of a result, kebab-case: `expired`. The core's reason, if it is one; empty for what
/// is no result.
///
/// - `result`: what a function returned.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_reason(result: u32) -> Str {
    let found = REASONS.iter().find(|(outcome, _)| outcome.value() == result);
    Str::of(found.map_or("", |(_, name)| name))
}

/// The HTTP status to answer with: 200 for success, 401 or 403 below 200, 500 for everything else.
///
/// - `result`: what `tollgate_verify` returned.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tollgate_http_status(result: u32) -> u16 {
    const OK: u32 = Outcome::Ok.value();
    const INSUFFICIENT_SCOPE: u32 = Outcome::InsufficientScope.value();
    const REJECTED: u32 = Outcome::Rejected.value();
    match result {
        OK => 200,
        INSUFFICIENT_SCOPE => 403,
        other if other <= REJECTED => 401,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The values from 1 to 199, in which the core's reasons must be.
    fn is_of_a_token(outcome: Outcome) -> bool {
        (1..200).contains(&outcome.value())
    }

    #[test]
    fn results_of_tokens_are_the_reasons_of_the_core() {
        let sources = [
            include_str!("../../core/src/rejection.rs"),
            include_str!("../../core/src/json/error.rs"),
        ];
        let reasons = sources.iter().flat_map(|source| {
            let body = source.split("pub const fn reason(").nth(1).unwrap();
            let body = body.split("\n    }\n").next().unwrap();
            body.split('"').skip(1).step_by(2)
        });
        let reasons: HashSet<_> = reasons.collect();
        let names = REASONS.iter().filter(|(outcome, _)| is_of_a_token(*outcome));
        let names: HashSet<_> =
            names.map(|(_, name)| *name).filter(|name| *name != "rejected").collect();
        assert!(names.len() > 50);
        assert_eq!(names, reasons);
    }

    #[test]
    fn results_have_the_names_of_their_reasons_and_no_value_twice() {
        let mut values = HashSet::new();
        for (outcome, name) in REASONS {
            let mut kebab = String::new();
            for character in format!("{outcome:?}").chars() {
                if character.is_uppercase() && !kebab.is_empty() {
                    kebab.push('-');
                }
                kebab.extend(character.to_lowercase());
            }
            assert_eq!(kebab, *name);
            assert!(values.insert(outcome.value()), "{name}");
        }
        // The enum has no value that the table lacks.
        let source = include_str!("result.rs").split("pub enum Outcome {").nth(1).unwrap();
        let variants = source.split("\n}\n").next().unwrap();
        assert_eq!(variants.matches(" = ").count(), REASONS.len());
    }

    #[test]
    fn rejections_keep_the_status_of_the_core() {
        for rejection in [
            Rejection::AuthorizationMissing,
            Rejection::TokenMalformed { offset: 0 },
            Rejection::SignatureInvalid,
            Rejection::InsufficientScope,
        ] {
            let outcome = Outcome::from(rejection);
            assert!(is_of_a_token(outcome));
            assert_eq!(tollgate_http_status(outcome.value()), rejection.http_status());
        }
    }
}
