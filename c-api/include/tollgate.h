/* Tollgate: verifies JWT bearer tokens (ES256 to ES512, RS256 to PS512, EdDSA). No heap, no global state, no I/O.
 *
 * The caller provides the memory for keys, verdicts and buffers. NULL and misaligned pointers, overlapping
 * memory and impossible lengths are reported as errors. Two things cannot be checked: that there is memory
 * behind a pointer, and that key sets and verdicts are initialised with zeros (static, or = {0}).
 * All functions are thread-safe, as long as no thread writes memory that another one uses.
 *
 * If the library is built with the feature large-jwks-keys, define TOLLGATE_LARGE_JWKS_KEYS before you
 * include this header. Otherwise, every key set is refused, because it has the wrong size. */

#ifndef TOLLGATE_H
#define TOLLGATE_H

/* Written by cbindgen from src/; do not edit. */

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX == 0xffffffff
#define TOLLGATE_32_BIT
#elif UINTPTR_MAX == 0xffffffffffffffff
#define TOLLGATE_64_BIT
#else
#error "tollgate needs pointers of 32 or 64 bits"
#endif

/* A tollgate_str of a string literal, as an initializer:
 *     tollgate_str name = TOLLGATE_STR("sub");
 *     tollgate_claim_type(&verdict, (tollgate_str)TOLLGATE_STR("sub"));
 * In C++, the second is tollgate_str TOLLGATE_STR("sub"). */
#define TOLLGATE_STR(literal) {"" literal, sizeof(literal) - 1}

/* For printf: printf("%.*s", TOLLGATE_PRINT(tollgate_reason(result))) */
#define TOLLGATE_PRINT(str) (int)(str).len, (str).data

/* The size of scratch memory that is enough for every token of up to this many bytes. */
#define TOLLGATE_SCRATCH_SIZE(token_len) ((token_len) / 4 * 3 + 3)


// The most keys in a key set.
#define TOLLGATE_MAX_KEYS 8

// The most audiences in a policy.
#define TOLLGATE_MAX_AUDIENCES 8

// The most required scopes in a policy.
#define TOLLGATE_MAX_SCOPES 16

// The most claims with scopes in a policy.
#define TOLLGATE_MAX_SCOPE_CLAIMS 4

// The most requirements in a policy, with their parts.
#define TOLLGATE_MAX_REQUIREMENTS 16

// The longest token, in bytes.
#define TOLLGATE_MAX_TOKEN_LEN 16384

// The greatest clock tolerance, in seconds.
#define TOLLGATE_MAX_LEEWAY 3600

#if (defined(TOLLGATE_64_BIT) && !defined(TOLLGATE_LARGE_JWKS_KEYS))
// `sizeof(tollgate_key_set) / 8`
#define TOLLGATE_KEY_SET_WORDS 400
#endif

#if (defined(TOLLGATE_64_BIT) && defined(TOLLGATE_LARGE_JWKS_KEYS))
// `sizeof(tollgate_key_set) / 8`
#define TOLLGATE_KEY_SET_WORDS 1352
#endif

#if (defined(TOLLGATE_32_BIT) && !defined(TOLLGATE_LARGE_JWKS_KEYS))
// `sizeof(tollgate_key_set) / 8`
#define TOLLGATE_KEY_SET_WORDS 384
#endif

#if (defined(TOLLGATE_32_BIT) && defined(TOLLGATE_LARGE_JWKS_KEYS))
// `sizeof(tollgate_key_set) / 8`
#define TOLLGATE_KEY_SET_WORDS 1320
#endif

#if defined(TOLLGATE_64_BIT)
// `sizeof(tollgate_verdict) / 8`
#define TOLLGATE_VERDICT_WORDS 24
#endif

#if defined(TOLLGATE_32_BIT)
// `sizeof(tollgate_verdict) / 8`
#define TOLLGATE_VERDICT_WORDS 16
#endif

#if defined(TOLLGATE_64_BIT)
// `sizeof(tollgate_policy)`
#define TOLLGATE_POLICY_SIZE 128
#endif

#if defined(TOLLGATE_32_BIT)
// `sizeof(tollgate_policy)`
#define TOLLGATE_POLICY_SIZE 76
#endif

#if defined(TOLLGATE_64_BIT)
// `sizeof(tollgate_requirement)`
#define TOLLGATE_REQUIREMENT_SIZE 48
#endif

#if defined(TOLLGATE_32_BIT)
// `sizeof(tollgate_requirement)`
#define TOLLGATE_REQUIREMENT_SIZE 32
#endif

// The version of the header: major, minor and patch, a byte each.
#define TOLLGATE_VERSION 256

// The type of a claim.
enum tollgate_claim
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The claim is not there, or no token was accepted.
    TOLLGATE_CLAIM_ABSENT = 0,
    // `null`
    TOLLGATE_CLAIM_NULL = 1,
    // `false`
    TOLLGATE_CLAIM_FALSE = 2,
    // `true`
    TOLLGATE_CLAIM_TRUE = 3,
    // A number.
    TOLLGATE_CLAIM_NUMBER = 4,
    // A string.
    TOLLGATE_CLAIM_STRING = 5,
    // An array.
    TOLLGATE_CLAIM_ARRAY = 6,
    // An object.
    TOLLGATE_CLAIM_OBJECT = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_claim tollgate_claim;
#else
typedef uint32_t tollgate_claim;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The algorithms to allow: a sum of these values. A key verifies one algorithm only; but an RSA key without
// `alg` verifies RS256, and each other RSA algorithm that the sum contains.
enum tollgate_algorithms
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // All that the keys are for.
    TOLLGATE_ALGORITHMS_ANY = 0,
    // ES256.
    TOLLGATE_ALGORITHMS_ES256 = 1,
    // ES384.
    TOLLGATE_ALGORITHMS_ES384 = 2,
    // ES512.
    TOLLGATE_ALGORITHMS_ES512 = 4,
    // EdDSA, which is `Ed25519`, too.
    TOLLGATE_ALGORITHMS_EDDSA = 8,
    // RS256.
    TOLLGATE_ALGORITHMS_RS256 = 16,
    // RS384.
    TOLLGATE_ALGORITHMS_RS384 = 32,
    // RS512.
    TOLLGATE_ALGORITHMS_RS512 = 64,
    // PS256.
    TOLLGATE_ALGORITHMS_PS256 = 128,
    // PS384.
    TOLLGATE_ALGORITHMS_PS384 = 256,
    // PS512.
    TOLLGATE_ALGORITHMS_PS512 = 512,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_algorithms tollgate_algorithms;
#else
typedef uint32_t tollgate_algorithms;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How exact the time is that is passed with each token.
enum tollgate_clock
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It is the current time.
    TOLLGATE_CLOCK_EXACT = 0,
    // It is a lower bound: the current time cannot be earlier. A token that needs a clock to be judged
    // is refused (`unjudgeable`). A token that has expired since that time may be accepted.
    TOLLGATE_CLOCK_AT_LEAST = 1,
    // As `TOLLGATE_CLOCK_AT_LEAST`, but a token that needs a clock to be judged is accepted.
    TOLLGATE_CLOCK_AT_LEAST_ACCEPT_UNJUDGED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_clock tollgate_clock;
#else
typedef uint32_t tollgate_clock;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The result of a call. The values are stable, and none is used twice.
//
// - 0: success.
// - 1 to 199: the token was refused. Names and values are those of the core's reasons. A JWK set can be
//   refused for the reasons that begin with `JSON`.
// - 200 and above: the keys, the policy or an argument is wrong, or the claim is not there.
enum tollgate_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The call succeeded. For a verification: the token is accepted.
    TOLLGATE_RESULT_OK = 0,
    // The Authorization header is missing or empty.
    TOLLGATE_RESULT_AUTHORIZATION_MISSING = 1,
    // There is more than one Authorization header. Never returned: the caller has to check that.
    TOLLGATE_RESULT_AUTHORIZATION_REPEATED = 2,
    // The Authorization header has no second word.
    TOLLGATE_RESULT_AUTHORIZATION_MALFORMED = 3,
    // The scheme is not Bearer.
    TOLLGATE_RESULT_SCHEME_NOT_BEARER = 4,
    // The token is empty or has an invalid character.
    TOLLGATE_RESULT_TOKEN_MALFORMED = 5,
    // The token is longer than `TOLLGATE_MAX_TOKEN_LEN`.
    TOLLGATE_RESULT_TOKEN_TOO_LONG = 6,
    // The token does not have three parts.
    TOLLGATE_RESULT_PART_COUNT = 7,
    // A part is empty.
    TOLLGATE_RESULT_PART_EMPTY = 8,
    // A part is not strict base64url.
    TOLLGATE_RESULT_MISENCODED = 9,
    // The decoded header is too long.
    TOLLGATE_RESULT_HEADER_TOO_LONG = 10,
    // The scratch memory is too small for this token.
    TOLLGATE_RESULT_SCRATCH_TOO_SMALL = 11,
    // A JSON text is not UTF-8.
    TOLLGATE_RESULT_JSON_NOT_UTF8 = 12,
    // A JSON text is not valid JSON.
    TOLLGATE_RESULT_JSON_SYNTAX = 13,
    // A JSON text has half of a surrogate pair.
    TOLLGATE_RESULT_JSON_LONE_SURROGATE = 14,
    // A JSON text is not an object.
    TOLLGATE_RESULT_JSON_NOT_AN_OBJECT = 15,
    // A JSON object has two members of the same name.
    TOLLGATE_RESULT_JSON_DUPLICATE_NAME = 16,
    // A JSON text is nested too deeply.
    TOLLGATE_RESULT_JSON_TOO_DEEP = 17,
    // A JSON object has too many members.
    TOLLGATE_RESULT_JSON_TOO_MANY_NAMES = 18,
    // A member of the header has the wrong type.
    TOLLGATE_RESULT_HEADER_MEMBER_TYPE = 19,
    // The header has no `alg`.
    TOLLGATE_RESULT_ALGORITHM_MISSING = 20,
    // `alg` is not an algorithm that Tollgate supports.
    TOLLGATE_RESULT_ALGORITHM_UNSUPPORTED = 21,
    // The policy does not allow this algorithm.
    TOLLGATE_RESULT_ALGORITHM_NOT_ALLOWED = 22,
    // The policy requires a `typ`, and the header has none.
    TOLLGATE_RESULT_TYP_MISSING = 23,
    // The policy does not accept this `typ`.
    TOLLGATE_RESULT_TYP_MISMATCH = 24,
    // `crit` is malformed (RFC 7515 §4.1.11).
    TOLLGATE_RESULT_CRIT_MALFORMED = 25,
    // `crit` names an extension that is not understood.
    TOLLGATE_RESULT_CRIT_NOT_UNDERSTOOD = 26,
    // `b64` is not allowed in a JWT (RFC 7797 §7).
    TOLLGATE_RESULT_PAYLOAD_NOT_ENCODED = 27,
    // The token is compressed.
    TOLLGATE_RESULT_COMPRESSED = 28,
    // The token is encrypted.
    TOLLGATE_RESULT_ENCRYPTED = 29,
    // The payload is another JWT.
    TOLLGATE_RESULT_NESTED = 30,
    // `kid` is too long.
    TOLLGATE_RESULT_KID_TOO_LONG = 31,
    // The key set has no usable key.
    TOLLGATE_RESULT_NO_USABLE_KEY = 32,
    // No key fits `kid` and `alg`.
    TOLLGATE_RESULT_UNKNOWN_KEY = 33,
    // More than one key fits `kid` and `alg`.
    TOLLGATE_RESULT_AMBIGUOUS_KEY = 34,
    // The key that `kid` names is for another algorithm.
    TOLLGATE_RESULT_ALGORITHM_MISMATCH = 35,
    // The signature is not R and S at full width.
    TOLLGATE_RESULT_SIGNATURE_LENGTH = 36,
    // The signature does not verify.
    TOLLGATE_RESULT_SIGNATURE_INVALID = 37,
    // A claim has the wrong type.
    TOLLGATE_RESULT_CLAIM_TYPE = 38,
    // A time is more than 2^53 seconds from the epoch.
    TOLLGATE_RESULT_CLAIM_OUT_OF_RANGE = 39,
    // The claims do not have the form that the caller expects. Never returned.
    TOLLGATE_RESULT_CUSTOM_CLAIMS = 40,
    // A claim that the policy requires is missing.
    TOLLGATE_RESULT_CLAIM_MISSING = 41,
    // A claim that makes the token valid, by the policy's requirements, is missing or null.
    TOLLGATE_RESULT_REQUIRED_CLAIM_MISSING = 42,
    // A claim that makes the token valid, by the policy's requirements, has another value.
    TOLLGATE_RESULT_REQUIRED_CLAIM_MISMATCH = 43,
    // `iss` is not the issuer that the policy accepts.
    TOLLGATE_RESULT_ISSUER_MISMATCH = 44,
    // `iss` is not the issuer that the key belongs to. Never returned.
    TOLLGATE_RESULT_ISSUER_NOT_OF_KEY = 45,
    // `aud` names no audience that the policy accepts.
    TOLLGATE_RESULT_AUDIENCE_MISMATCH = 46,
    // `aud` also names an untrusted audience. Never returned.
    TOLLGATE_RESULT_AUDIENCE_UNTRUSTED = 47,
    // The token has expired.
    TOLLGATE_RESULT_EXPIRED = 48,
    // The token is not valid yet.
    TOLLGATE_RESULT_NOT_YET_VALID = 49,
    // The token claims to be from the future.
    TOLLGATE_RESULT_ISSUED_IN_FUTURE = 50,
    // The token is older than the policy allows.
    TOLLGATE_RESULT_TOO_OLD = 51,
    // A time cannot be checked without a clock.
    TOLLGATE_RESULT_UNJUDGEABLE = 52,
    // `sub` is not the subject that the policy expects.
    TOLLGATE_RESULT_SUBJECT_MISMATCH = 53,
    // `cnf` binds the token to a key, and no proof of possession was checked.
    TOLLGATE_RESULT_PROOF_OF_POSSESSION_REQUIRED = 54,
    // `azp` is not the client. Never returned.
    TOLLGATE_RESULT_AUTHORIZED_PARTY_MISMATCH = 55,
    // `nonce` does not match. Never returned.
    TOLLGATE_RESULT_NONCE_MISMATCH = 56,
    // `at_hash` does not match. Never returned.
    TOLLGATE_RESULT_ACCESS_TOKEN_HASH_MISMATCH = 57,
    // The last authentication is too long ago. Never returned.
    TOLLGATE_RESULT_AUTHENTICATION_TOO_OLD = 58,
    // The last authentication was in the future. Never returned.
    TOLLGATE_RESULT_AUTHENTICATION_IN_FUTURE = 59,
    // The token lacks a scope that the policy requires.
    TOLLGATE_RESULT_INSUFFICIENT_SCOPE = 60,
    // The token is valid, but does not meet a requirement of the policy.
    TOLLGATE_RESULT_REQUIREMENT_UNMET = 61,
    // The end of the range for refused tokens. Never returned.
    TOLLGATE_RESULT_REJECTED = 199,
    // The JWK set has no array called `keys`.
    TOLLGATE_RESULT_KEY_SET_WITHOUT_KEYS = 200,
    // There are more usable keys than `TOLLGATE_MAX_KEYS`.
    TOLLGATE_RESULT_KEY_SET_TOO_LARGE = 201,
    // The bytes are not a blob.
    TOLLGATE_RESULT_BLOB_UNKNOWN = 210,
    // The blob has another version of the format.
    TOLLGATE_RESULT_BLOB_VERSION = 211,
    // The number of bytes is not the blob's length.
    TOLLGATE_RESULT_BLOB_LENGTH = 212,
    // The blob's checksum does not match.
    TOLLGATE_RESULT_BLOB_DAMAGED = 213,
    // The checksum matches, but the content is invalid.
    TOLLGATE_RESULT_BLOB_MALFORMED = 214,
    // A key's point is not on its curve, or its table or constant belongs to another key.
    TOLLGATE_RESULT_BLOB_FOREIGN_TABLE = 215,
    // The library was built without a key's algorithm, without its table's size, or for shorter RSA keys.
    TOLLGATE_RESULT_BLOB_UNSUPPORTED = 216,
    // An RSA key does not have 2,048 to 4,096 bits, an odd modulus, and an odd exponent above 65536.
    TOLLGATE_RESULT_BLOB_RSA_KEY = 217,
    // The policy's `version` is not `TOLLGATE_VERSION`, or not set.
    TOLLGATE_RESULT_POLICY_VERSION = 220,
    // The issuer, an audience or the list of audiences is empty.
    TOLLGATE_RESULT_POLICY_EMPTY = 221,
    // A required scope is not a scope-token (RFC 6749 §3.3).
    TOLLGATE_RESULT_POLICY_SCOPE = 222,
    // There are more audiences, scopes, claims with scopes, or requirements than `TOLLGATE_MAX_AUDIENCES`,
    // `TOLLGATE_MAX_SCOPES`, `TOLLGATE_MAX_SCOPE_CLAIMS` and `TOLLGATE_MAX_REQUIREMENTS` allow.
    TOLLGATE_RESULT_POLICY_TOO_LARGE = 223,
    // An option has an undefined value.
    TOLLGATE_RESULT_POLICY_OPTION = 224,
    // The clock tolerance is greater than `TOLLGATE_MAX_LEEWAY`.
    TOLLGATE_RESULT_POLICY_LEEWAY = 225,
    // A requirement is invalid: its pointer, its value, or its parts.
    TOLLGATE_RESULT_POLICY_REQUIREMENT = 226,
    // A claim with scopes is not a JSON Pointer, though it begins with a slash.
    TOLLGATE_RESULT_POLICY_SCOPE_CLAIM = 227,
    // The token does not have this claim.
    TOLLGATE_RESULT_CLAIM_ABSENT = 230,
    // The claim does not have the requested type.
    TOLLGATE_RESULT_CLAIM_OTHER_TYPE = 231,
    // The claim contains U+0000, which would end the string in C.
    TOLLGATE_RESULT_CLAIM_CONTAINS_NUL = 232,
    // The buffer is too small: it needs the length that was returned, plus one byte.
    TOLLGATE_RESULT_BUFFER_TOO_SMALL = 233,
    // A pointer is NULL.
    TOLLGATE_RESULT_ARGUMENT_NULL = 240,
    // A pointer is not aligned.
    TOLLGATE_RESULT_ARGUMENT_MISALIGNED = 241,
    // A length is impossible, or a size is not the size of its type.
    TOLLGATE_RESULT_ARGUMENT_LENGTH = 242,
    // Memory to write overlaps memory to read.
    TOLLGATE_RESULT_ARGUMENT_OVERLAP = 243,
    // A text is not UTF-8.
    TOLLGATE_RESULT_ARGUMENT_NOT_UTF8 = 244,
    // The time is 0 or negative, as from a clock that was never set.
    TOLLGATE_RESULT_ARGUMENT_TIME = 245,
    // A key set or verdict was not filled in by this library.
    TOLLGATE_RESULT_ARGUMENT_UNSET = 246,
    // The verdict has no claims: the token was not accepted.
    TOLLGATE_RESULT_NOT_ACCEPTED = 247,
    // The verdict has no reason: the token was not rejected.
    TOLLGATE_RESULT_NOT_REJECTED = 248,
    // The verdict's scratch memory was used for something else, or the verdict was copied.
    TOLLGATE_RESULT_SCRATCH_REUSED = 249,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_result tollgate_result;
#else
typedef uint32_t tollgate_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The kind of token to accept.
enum tollgate_profile
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // RFC 9068 access tokens: `typ` is `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are present.
    TOLLGATE_PROFILE_ACCESS_TOKEN = 0,
    // Any token that the issuer signed for the audience, including ID tokens.
    TOLLGATE_PROFILE_ANY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_profile tollgate_profile;
#else
typedef uint32_t tollgate_profile;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What to do with tokens that are bound to a key of their holder (`cnf`, RFC 7800).
enum tollgate_proof_of_possession
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Refuse them: used as a bearer token, such a token may be stolen.
    TOLLGATE_PROOF_OF_POSSESSION_REFUSE = 0,
    // Accept them, because the caller checks the proof of possession.
    TOLLGATE_PROOF_OF_POSSESSION_CHECKED_BY_CALLER = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_proof_of_possession tollgate_proof_of_possession;
#else
typedef uint32_t tollgate_proof_of_possession;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What is required of a claim. A claim that is null counts as absent, and no value is converted.
enum tollgate_test
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It is present.
    TOLLGATE_TEST_PRESENT = 0,
    // It is this value.
    TOLLGATE_TEST_EQUALS = 1,
    // It is an array with this value, or a string with this word between spaces.
    TOLLGATE_TEST_CONTAINS = 2,
    // It is a longer string that begins so. The prefix must end with a punctuation mark other than `-` and
    // `_`.
    TOLLGATE_TEST_STARTS_WITH = 3,
    // It is a longer string that ends so. The suffix must begin with a punctuation mark other than `-` and
    // `_`.
    TOLLGATE_TEST_ENDS_WITH = 4,
    // A group: one of its parts must be met.
    TOLLGATE_TEST_ANY = 5,
    // A group: all of its parts must be met.
    TOLLGATE_TEST_ALL = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_test tollgate_test;
#else
typedef uint32_t tollgate_test;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The type of a value to compare with.
enum tollgate_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // A string.
    TOLLGATE_TYPE_STRING = 0,
    // A number, compared by its value: 2 equals 2.0.
    TOLLGATE_TYPE_NUMBER = 1,
    // A boolean.
    TOLLGATE_TYPE_BOOLEAN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_type tollgate_type;
#else
typedef uint32_t tollgate_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Memory for a verdict: the claims of an accepted token, or the reason for a rejection. Initialise it with
// zeros.
typedef struct tollgate_verdict {
    // Private to the library.
    uint64_t opaque[TOLLGATE_VERDICT_WORDS];
} tollgate_verdict;

// Bytes with their length, without a NUL at the end. `{NULL, 0}` and `{0}` are empty.
//
// An argument is borrowed for the call, or for as long as the function says. A result has static
// storage duration.
typedef struct tollgate_str {
    // The first byte; may be NULL if `len` is 0.
    const char *data;
    // The number of bytes.
    size_t len;
} tollgate_str;

// What is required of one claim, or a group of requirements. A token that does not meet it is refused with
// `TOLLGATE_RESULT_REQUIREMENT_UNMET`, which is HTTP 403.
typedef struct tollgate_requirement {
    // The claim: its name, or a JSON Pointer (RFC 6901), which begins with a slash. `{0}` for a group.
    struct tollgate_str claim;
    // The value to compare with: a text, a JSON number, or `true` or `false`, as `value_type` says. `{0}` for
    // `TOLLGATE_TEST_PRESENT` and for a group.
    struct tollgate_str value;
    // A value of `tollgate_test`.
    uint32_t test;
    // A value of `tollgate_type`.
    uint32_t value_type;
    // For a group, how many of the following requirements are its parts, each with its own parts. Otherwise
    // 0.
    uint32_t parts;
    // 1 if a token that does not meet it is invalid, which is HTTP 401; otherwise 0. Parts have 0.
    uint32_t validity;
} tollgate_requirement;

// The tokens to accept. `version`, `issuer` and `audiences` must be set; everywhere else, zeros are the
// strict choice. `exp` is always required.
typedef struct tollgate_policy {
    // `TOLLGATE_VERSION`, so that the library can check that it has the header's version.
    uint32_t version;
    // The only accepted issuer (`iss`). The key set must have the keys of this issuer alone, so that no
    // issuer can sign for another (RFC 8725 §3.8).
    struct tollgate_str issuer;
    // The accepted audiences. `aud` must contain one of them, compared exactly.
    const struct tollgate_str *audiences;
    // The number of audiences: 1 to `TOLLGATE_MAX_AUDIENCES`.
    size_t audience_count;
    // The scopes that the token must have, all of them. May be NULL if there are none.
    const struct tollgate_str *required_scopes;
    // The number of required scopes: at most `TOLLGATE_MAX_SCOPES`.
    size_t required_scope_count;
    // The claims with scopes, all of them together: names, or JSON Pointers (RFC 6901), which begin with a
    // slash. May be NULL for `scope` alone.
    const struct tollgate_str *scope_claims;
    // The number of claims with scopes: at most `TOLLGATE_MAX_SCOPE_CLAIMS`.
    size_t scope_claim_count;
    // What is required of other claims. May be NULL if nothing is.
    const struct tollgate_requirement *requirements;
    // The number of requirements, with their parts: at most `TOLLGATE_MAX_REQUIREMENTS`.
    size_t requirement_count;
    // The only accepted subject (`sub`), or `{0}` for any.
    struct tollgate_str subject;
    // The tolerated difference between the issuer's clock and ours, in seconds.
    uint32_t leeway;
    // The maximum age of a token since `iat`, in seconds, or 0 for no limit.
    uint32_t max_token_age;
    // A value of `tollgate_profile`.
    uint32_t profile;
    // A sum of values of `tollgate_algorithms`.
    uint32_t algorithms;
    // A value of `tollgate_clock`.
    uint32_t clock;
    // A value of `tollgate_proof_of_possession`.
    uint32_t proof_of_possession;
} tollgate_policy;

// Memory for the keys of one issuer. Initialise it with zeros. It can be anywhere, and nothing needs to be
// freed. Several threads may read it at once. It contains addresses, so it is only valid in the process
// that made it.
typedef struct tollgate_key_set {
    // Private to the library.
    uint64_t opaque[TOLLGATE_KEY_SET_WORDS];
} tollgate_key_set;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Writes the value of `WWW-Authenticate` for the response to a rejected token (RFC 6750 §3), with a NUL
// at the end.
//
// - `verdict`: the verdict on a rejected token.
// - `realm`: the realm, or `{0}` for none.
// - `policy`: the policy whose required scopes the challenge names, or NULL to name none.
// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 512 bytes are enough without scopes.
//
// # Safety
//
// As for `tollgate_claim_string`.
tollgate_result tollgate_challenge(const struct tollgate_verdict *verdict,
                                   struct tollgate_str realm,
                                   const struct tollgate_policy *policy,
                                   char *buffer,
                                   size_t size,
                                   size_t *len);

// Writes a sentence that says why the token was rejected, with a NUL at the end. The wording may change;
// `tollgate_reason` is stable.
//
// - `verdict`: the verdict on a rejected token.
// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 256 bytes are enough.
//
// # Safety
//
// As for `tollgate_claim_string`.
tollgate_result tollgate_message(const struct tollgate_verdict *verdict,
                                 char *buffer,
                                 size_t size,
                                 size_t *len);

// Returns the type of a claim, which also tells whether it is there and whether it is true.
//
// - `verdict`: the verdict on an accepted token.
// - `name`: the claim's name, as unescaped UTF-8.
//
// # Safety
//
// `verdict` is NULL or points to a `tollgate_verdict`, whose scratch memory has not changed.
tollgate_claim tollgate_claim_type(const struct tollgate_verdict *verdict,
                                   struct tollgate_str name);

// Copies a string claim as unescaped UTF-8, with a NUL at the end. For `aud`, which may be an array,
// copies the audience that matched the policy.
//
// Refuses a string that contains U+0000, so `strlen` always returns the right length.
//
// - `verdict`, `name`: as for `tollgate_claim_type`.
// - `buffer`, `size`: the memory to copy to, and its size in bytes. Pass NULL and 0 to get the length.
// - `len`: receives the length without the NUL, even if the buffer is too small.
//
// After an error the buffer holds the empty string, unless `buffer` or `len` caused the error.
//
// # Safety
//
// As for `tollgate_claim_type`; and `size` bytes at `buffer` are writable.
tollgate_result tollgate_claim_string(const struct tollgate_verdict *verdict,
                                      struct tollgate_str name,
                                      char *buffer,
                                      size_t size,
                                      size_t *len);

// Reads an integer claim. It must be written as an integer and fit into `int64_t`. Times may have
// a fraction or an exponent: `exp` is rounded down, and `nbf`, `iat` and `auth_time` are rounded up, to
// seconds since 1970-01-01T00:00:00Z.
//
// - `verdict`, `name`: as for `tollgate_claim_type`.
// - `value`: receives the integer. Unchanged after an error.
//
// # Safety
//
// As for `tollgate_claim_type`; and `value` is NULL or writable.
tollgate_result tollgate_claim_integer(const struct tollgate_verdict *verdict,
                                       struct tollgate_str name,
                                       int64_t *value);

// Looks for a word in a string claim of words separated by single spaces, such as `scope`. Returns
// `TOLLGATE_RESULT_OK` if the word is there, and `TOLLGATE_RESULT_CLAIM_ABSENT` if not.
//
// - `verdict`, `name`: as for `tollgate_claim_type`.
// - `word`: the word to look for.
//
// # Safety
//
// As for `tollgate_claim_type`.
tollgate_result tollgate_claim_has_word(const struct tollgate_verdict *verdict,
                                        struct tollgate_str name,
                                        struct tollgate_str word);

// Makes a key set from a JWK set (RFC 7517 §5), and borrows nothing from it. Skips keys that cannot be
// used; it is an error if no key is left. The caller must know that the text comes from the issuer.
// Keys for RSA and ES512 need the feature `large-jwks-keys` of the library.
//
// - `keys`: receives the key set. After an error it is empty, unless it is NULL, misaligned, has the wrong
//   size, or overlaps the text.
// - `keys_size`: `sizeof(tollgate_key_set)`.
// - `jwks`: the text. It is no longer needed after the call.
//
// # Safety
//
// `keys` is NULL or points to a `tollgate_key_set` that no other thread uses during the call.
tollgate_result tollgate_keys_from_jwks(struct tollgate_key_set *keys,
                                        size_t keys_size,
                                        struct tollgate_str jwks);

// Makes a key set from a blob that `tollgate provision --format bin` wrote. Checks that each table belongs
// to its key, which takes as long as a few verifications. Skips keys of a kind that this version does not
// know. The caller must know that the blob has the right keys.
//
// - `keys`, `keys_size`: as for `tollgate_keys_from_jwks`.
// - `blob`: the blob. The key set borrows its tables, so it must not move or change while the keys are in
//   use. Flash is the best place, aligned to 64 bytes. The library must be built with the algorithms and
//   the table sizes of all its keys, and for the lengths of its RSA keys.
//
// # Safety
//
// As for `tollgate_keys_from_jwks`.
tollgate_result tollgate_keys_from_blob(struct tollgate_key_set *keys,
                                        size_t keys_size,
                                        struct tollgate_str blob);

// As `tollgate_keys_from_blob`, but does not check the tables: anyone who can write the blob decides which
// signatures are valid. Use it for flash that only you can write, when start-up time matters. RSA keys are
// checked all the same, which is quick.
//
// # Safety
//
// As for `tollgate_keys_from_jwks`.
tollgate_result tollgate_keys_from_trusted_blob(struct tollgate_key_set *keys,
                                                size_t keys_size,
                                                struct tollgate_str blob);

// Returns the stable name of a result in kebab case, such as `expired`. A refused token has the core's
// reason. A number that is not a result has an empty name.
//
// - `result`: what a function returned.
struct tollgate_str tollgate_reason(uint32_t result);

// Returns the HTTP status to answer with: 200 for success, 401 or 403 for a refused token, 500 for
// everything else.
//
// - `result`: what `tollgate_verify` returned.
uint16_t tollgate_http_status(uint32_t result);

// Verifies the token in an `Authorization` header. The token is accepted only if the result is
// `TOLLGATE_RESULT_OK`.
//
// - `keys`: the issuer's keys.
// - `policy`: the tokens to accept.
// - `now`: seconds since 1970-01-01T00:00:00Z; see `tollgate_clock`.
// - `authorization`: the header's value, `Bearer eyJ…`, which is not copied. Empty if the request has no
//   such header. If it has several, do not choose one: answer 401 with `error="invalid_request"`.
// - `scratch`: memory for the decoded token. Its content is overwritten. The verdict borrows it, so do not
//   use it for anything else while the verdict is in use.
// - `scratch_size`: its size in bytes. `TOLLGATE_SCRATCH_SIZE(longest token)` is always enough.
// - `verdict`: receives the verdict, if the token is accepted or refused. After any other result it is
//   empty, unless it is NULL, misaligned, or overlaps `keys`, their blob or `policy`. Do not copy it.
//
// # Safety
//
// Every pointer is NULL or points to a value of its type, and memory has the size that is passed with it.
tollgate_result tollgate_verify(const struct tollgate_key_set *keys,
                                const struct tollgate_policy *policy,
                                int64_t now,
                                struct tollgate_str authorization,
                                void *scratch,
                                size_t scratch_size,
                                struct tollgate_verdict *verdict);

// As `tollgate_verify`, for a token that came without a header, for instance over CoAP or MQTT.
//
// - `token`: the token alone, `eyJ…`, which is not copied.
//
// # Safety
//
// As for `tollgate_verify`.
tollgate_result tollgate_verify_token(const struct tollgate_key_set *keys,
                                      const struct tollgate_policy *policy,
                                      int64_t now,
                                      struct tollgate_str token,
                                      void *scratch,
                                      size_t scratch_size,
                                      struct tollgate_verdict *verdict);

// Returns the version of the library, to compare with `TOLLGATE_VERSION`.
uint32_t tollgate_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TOLLGATE_H */

/* The library is built with the same assertions. This form of them is valid in C99 and C++. */
typedef char tollgate_assert_key_set[sizeof(tollgate_key_set) == 8 * TOLLGATE_KEY_SET_WORDS ? 1 : -1];
typedef char tollgate_assert_verdict[sizeof(tollgate_verdict) == 8 * TOLLGATE_VERDICT_WORDS ? 1 : -1];
typedef char tollgate_assert_policy[sizeof(tollgate_policy) == TOLLGATE_POLICY_SIZE ? 1 : -1];
typedef char tollgate_assert_requirement[sizeof(tollgate_requirement) == TOLLGATE_REQUIREMENT_SIZE ? 1 : -1];
typedef char tollgate_assert_result[sizeof(tollgate_result) == 4 ? 1 : -1];
