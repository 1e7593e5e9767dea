//! The sentence for each reason: what is wrong, and where it helps, what to do.
//!
//! Each is also an `error_description`, so it keeps to the characters that RFC 6750 §3 allows
//! there: visible ASCII and space, no quotation mark, no backslash.

use core::fmt;

use super::Rejection;
use crate::limits;

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AuthorizationMissing => f.write_str("there is no Authorization header"),
            Self::AuthorizationRepeated => {
                f.write_str("there is more than one Authorization header")
            }
            Self::AuthorizationMalformed => {
                f.write_str("the Authorization header is not of the form: Bearer TOKEN")
            }
            Self::SchemeNotBearer => f.write_str("the authorization scheme is not Bearer"),
            Self::TokenMalformed { offset } => write!(
                f,
                "the token is empty or has a character at byte {offset} that no token has there",
            ),
            Self::TokenTooLong { len } => {
                write!(f, "the token has {len} bytes; the limit is {}", limits::MAX_TOKEN_LEN)
            }
            Self::PartCount { found: 5 } => {
                f.write_str("the token has 5 parts: it is encrypted (JWE), not signed")
            }
            Self::PartCount { found } => {
                write!(f, "the token does not have 3 parts separated by dots but {found}")
            }
            Self::PartEmpty(part) => write!(f, "the {part} is empty"),
            Self::Misencoded { part, offset } => {
                write!(f, "the {part} is not base64url without padding: see its byte {offset}")
            }
            Self::HeaderTooLong { len } => write!(
                f,
                "the decoded header has {len} bytes; the limit is {}",
                limits::MAX_HEADER_LEN
            ),
            Self::ScratchTooSmall { needed } => {
                write!(f, "the verifier has too little memory: this token takes {needed} bytes")
            }
            Self::Json { part, error } => write!(f, "the {part} {error}"),
            Self::HeaderMemberType(member) => {
                write!(f, "{member} in the header is not of its standard type")
            }
            Self::AlgorithmMissing => f.write_str("the header has no alg"),
            Self::AlgorithmUnsupported => f.write_str("alg is neither ES256 nor ES384"),
            Self::AlgorithmNotAllowed(algorithm) => {
                write!(f, "the algorithm {algorithm} is not allowed here")
            }
            Self::TypMissing => f.write_str("the header has no typ, and one is expected"),
            Self::TypMismatch => f.write_str("typ is not that of an accepted kind of token"),
            Self::CriticalMalformed => f.write_str(
                "crit is empty, or repeats a name, or names a registered or an absent member",
            ),
            Self::CriticalNotUnderstood => {
                f.write_str("crit names an extension that is not understood")
            }
            Self::PayloadNotEncoded => f.write_str("b64 has no place in a JWT"),
            Self::Compressed => f.write_str("the token is compressed (zip)"),
            Self::Encrypted => f.write_str("the token is encrypted (enc)"),
            Self::Nested => f.write_str("the payload is another JWT (cty), not claims"),
            Self::KeyIdTooLong => {
                write!(f, "kid is longer than {} bytes", limits::MAX_KEY_ID_LEN)
            }
            Self::NoUsableKey => f.write_str("the key set has no usable key"),
            Self::UnknownKey => f.write_str("no key fits kid and alg"),
            Self::AmbiguousKey => f.write_str("more than one key fits kid and alg"),
            Self::AlgorithmMismatch { header, key } => {
                write!(f, "alg is {header}, but the key that kid names is for {key}")
            }
            Self::SignatureLength { expected, found } => {
                write!(f, "the signature has {found} bytes, but R and S together take {expected}")
            }
            Self::SignatureInvalid => f.write_str("the signature does not verify"),
            Self::ClaimType(claim) => write!(f, "the claim {claim} is not of its standard type"),
            Self::ClaimOutOfRange(claim) => {
                write!(f, "the claim {claim} is more than 2^53 seconds from the epoch")
            }
            Self::CustomClaims => f.write_str("the claims are not of the shape expected here"),
            Self::ClaimMissing(claim) => {
                write!(f, "the claim {claim} is missing, and it is required here")
            }
            Self::RequiredClaimMissing { index } => {
                write!(f, "a required claim is missing or null (at {index} in the policy's list)")
            }
            Self::RequiredClaimMismatch { index } => {
                write!(f, "a required claim has another value (at {index} in the policy's list)")
            }
            Self::IssuerMismatch => f.write_str("the issuer (iss) is not accepted here"),
            Self::IssuerNotOfKey => {
                f.write_str("the key that verifies the token belongs to another issuer than iss")
            }
            Self::AudienceMismatch => f.write_str("the token is meant for another audience (aud)"),
            Self::AudienceUntrusted => {
                f.write_str("the token is also meant for an audience (aud) that is not trusted")
            }
            Self::Expired { exp, now } => {
                write!(f, "the token expired at {exp}, and it is {now} now")
            }
            Self::NotYetValid { nbf, now } => {
                write!(f, "the token is not valid before {nbf}, and it is {now} now")
            }
            Self::IssuedInFuture { iat, now } => {
                write!(f, "the token was issued at {iat}, and it is {now} now")
            }
            Self::TooOld { iat, now } => {
                write!(f, "the token is too old: it was issued at {iat}, and it is {now} now")
            }
            Self::Unjudgeable(claim) => {
                write!(f, "the claim {claim} cannot be judged without a clock")
            }
            Self::SubjectMismatch => f.write_str("the subject (sub) is not the expected one"),
            Self::ProofOfPossessionRequired => f.write_str(
                "the token is bound to a key (cnf), and its possession has not been proved",
            ),
            Self::AuthorizedPartyMismatch => {
                f.write_str("the authorized party (azp) is not this client")
            }
            Self::NonceMismatch => {
                f.write_str("nonce is not the one of the authentication request")
            }
            Self::AccessTokenHashMismatch => {
                f.write_str("at_hash does not belong to the access token")
            }
            Self::AuthenticationTooOld { auth_time, now } => {
                write!(f, "the last authentication was at {auth_time}, too long before {now}")
            }
            Self::AuthenticationInFuture { auth_time, now } => {
                write!(f, "the last authentication was at {auth_time}, and it is {now} now")
            }
            Self::InsufficientScope => f.write_str("the token lacks a scope that is required here"),
        }
    }
}
