/* Tollgate: verifies JWT bearer tokens (ES256, ES384). No heap, no globals, no input or output.
 *
 * Keys, verdicts and buffers are the caller's memory. A pointer that is NULL or misaligned, memory that
 * is written and read at once, and a length that cannot be are errors. What is taken on trust is that
 * there is memory behind a pointer, and that key sets and verdicts begin as zeros: static, or = {0}.
 * All functions may be called from several threads, as long as none writes what another one uses. */

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

/* Scratch memory that suffices for every token of up to this many bytes. */
#define TOLLGATE_SCRATCH_SIZE(token_len) ((token_len) / 4 * 3 + 3)


// Keys that a key set has room for.
#define TOLLGATE_MAX_KEYS 8

// Audiences that a policy may list.
#define TOLLGATE_MAX_AUDIENCES 8

// Scopes that a policy may require.
#define TOLLGATE_MAX_SCOPES 16

// Bytes of the longest token that is looked at.
#define TOLLGATE_MAX_TOKEN_LEN 16384

// Seconds of the greatest clock tolerance.
#define TOLLGATE_MAX_LEEWAY 3600

#if defined(TOLLGATE_64_BIT)
// `sizeof(tollgate_key_set) / 8`
#define TOLLGATE_KEY_SET_WORDS 288
#endif

#if defined(TOLLGATE_32_BIT)
// `sizeof(tollgate_key_set) / 8`
#define TOLLGATE_KEY_SET_WORDS 264
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
#define TOLLGATE_POLICY_SIZE 96
#endif

#if defined(TOLLGATE_32_BIT)
// `sizeof(tollgate_policy)`
#define TOLLGATE_POLICY_SIZE 60
#endif

// The version of the header: major, minor and patch, a byte each.
#define TOLLGATE_VERSION 256

// What became of a call. The values are stable, and none is used twice.
//
// 0 is success. Below 200, a token was refused, for the reason of the same name in the core; a JWK set
// may be refused for those of JSON. From 200 on, the caller's keys, policy or arguments are at fault, or
// there is no such claim.
enum tollgate_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It worked; of a verification: the token is accepted.
    TOLLGATE_RESULT_OK = 0,
    // There is no Authorization header, or an empty one.
    TOLLGATE_RESULT_AUTHORIZATION_MISSING = 1,
    // There is more than one Authorization header. Does not occur in C, where the caller sees that.
    TOLLGATE_RESULT_AUTHORIZATION_REPEATED = 2,
    // The Authorization header has no second word.
    TOLLGATE_RESULT_AUTHORIZATION_MALFORMED = 3,
    // The scheme is not Bearer.
    TOLLGATE_RESULT_SCHEME_NOT_BEARER = 4,
    // The token is empty or has a character that no token has.
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
    // A JSON text is not JSON.
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
    // A member of the header is not of its standard type.
    TOLLGATE_RESULT_HEADER_MEMBER_TYPE = 19,
    // The header has no `alg`.
    TOLLGATE_RESULT_ALGORITHM_MISSING = 20,
    // `alg` is neither ES256 nor ES384.
    TOLLGATE_RESULT_ALGORITHM_UNSUPPORTED = 21,
    // The policy does not allow this algorithm.
    TOLLGATE_RESULT_ALGORITHM_NOT_ALLOWED = 22,
    // The policy expects a `typ`, and the header has none.
    TOLLGATE_RESULT_TYP_MISSING = 23,
    // `typ` is none of those that the policy accepts.
    TOLLGATE_RESULT_TYP_MISMATCH = 24,
    // `crit` is malformed (RFC 7515 §4.1.11).
    TOLLGATE_RESULT_CRIT_MALFORMED = 25,
    // `crit` names an extension that is not understood.
    TOLLGATE_RESULT_CRIT_NOT_UNDERSTOOD = 26,
    // `b64` has no place in a JWT (RFC 7797 §7).
    TOLLGATE_RESULT_PAYLOAD_NOT_ENCODED = 27,
    // The token is compressed.
    TOLLGATE_RESULT_COMPRESSED = 28,
    // The token is encrypted.
    TOLLGATE_RESULT_ENCRYPTED = 29,
    // The payload is another JWT.
    TOLLGATE_RESULT_NESTED = 30,
    // `kid` is too long.
    TOLLGATE_RESULT_KID_TOO_LONG = 31,
    // The key set has no key that could verify anything.
    TOLLGATE_RESULT_NO_USABLE_KEY = 32,
    // No key fits `kid` and `alg`.
    TOLLGATE_RESULT_UNKNOWN_KEY = 33,
    // More than one key could be meant.
    TOLLGATE_RESULT_AMBIGUOUS_KEY = 34,
    // The key that `kid` names is for another algorithm.
    TOLLGATE_RESULT_ALGORITHM_MISMATCH = 35,
    // The signature is not R and S at full width.
    TOLLGATE_RESULT_SIGNATURE_LENGTH = 36,
    // The signature does not verify.
    TOLLGATE_RESULT_SIGNATURE_INVALID = 37,
    // A claim is not of its standard type.
    TOLLGATE_RESULT_CLAIM_TYPE = 38,
    // A time lies beyond 2^53 seconds from the epoch.
    TOLLGATE_RESULT_CLAIM_OUT_OF_RANGE = 39,
    // The claims are not of the caller's shape. Does not occur in C.
    TOLLGATE_RESULT_CUSTOM_CLAIMS = 40,
    // A claim is missing that the policy requires.
    TOLLGATE_RESULT_CLAIM_MISSING = 41,
    // A claim of the policy's list is missing. Does not occur in C.
    TOLLGATE_RESULT_REQUIRED_CLAIM_MISSING = 42,
    // A claim of the policy's list differs. Does not occur in C.
    TOLLGATE_RESULT_REQUIRED_CLAIM_MISMATCH = 43,
    // `iss` is not the issuer that the policy accepts.
    TOLLGATE_RESULT_ISSUER_MISMATCH = 44,
    // `iss` is not the issuer to whom the key belongs. Does not occur in C.
    TOLLGATE_RESULT_ISSUER_NOT_OF_KEY = 45,
    // `aud` names nobody that the policy accepts.
    TOLLGATE_RESULT_AUDIENCE_MISMATCH = 46,
    // `aud` also names somebody untrusted. Does not occur in C.
    TOLLGATE_RESULT_AUDIENCE_UNTRUSTED = 47,
    // The token has expired.
    TOLLGATE_RESULT_EXPIRED = 48,
    // The token is not valid yet.
    TOLLGATE_RESULT_NOT_YET_VALID = 49,
    // The token claims to be from the future.
    TOLLGATE_RESULT_ISSUED_IN_FUTURE = 50,
    // The token is older than the policy allows.
    TOLLGATE_RESULT_TOO_OLD = 51,
    // Without a clock, a time cannot be judged.
    TOLLGATE_RESULT_UNJUDGEABLE = 52,
    // `sub` is not the subject that the policy expects.
    TOLLGATE_RESULT_SUBJECT_MISMATCH = 53,
    // `cnf` binds the token to a key whose possession nobody has proved.
    TOLLGATE_RESULT_PROOF_OF_POSSESSION_REQUIRED = 54,
    // `azp` is not the client. Does not occur in C.
    TOLLGATE_RESULT_AUTHORIZED_PARTY_MISMATCH = 55,
    // `nonce` is another. Does not occur in C.
    TOLLGATE_RESULT_NONCE_MISMATCH = 56,
    // `at_hash` is another. Does not occur in C.
    TOLLGATE_RESULT_ACCESS_TOKEN_HASH_MISMATCH = 57,
    // The last authentication was too long ago. Does not occur in C.
    TOLLGATE_RESULT_AUTHENTICATION_TOO_OLD = 58,
    // The last authentication is from the future. Does not occur in C.
    TOLLGATE_RESULT_AUTHENTICATION_IN_FUTURE = 59,
    // `scope` lacks a scope that the policy requires.
    TOLLGATE_RESULT_INSUFFICIENT_SCOPE = 60,
    // For a reason that this library has no value for.
    TOLLGATE_RESULT_REJECTED = 199,
    // The JWK set has no array called `keys`.
    TOLLGATE_RESULT_KEY_SET_WITHOUT_KEYS = 200,
    // There are more usable keys than `TOLLGATE_MAX_KEYS`.
    TOLLGATE_RESULT_KEY_SET_TOO_LARGE = 201,
    // The bytes do not begin as a blob does.
    TOLLGATE_RESULT_BLOB_UNKNOWN = 210,
    // The blob's format is of another version.
    TOLLGATE_RESULT_BLOB_VERSION = 211,
    // There are fewer or more bytes than the blob takes.
    TOLLGATE_RESULT_BLOB_LENGTH = 212,
    // The blob's checksum does not match.
    TOLLGATE_RESULT_BLOB_DAMAGED = 213,
    // The checksum matches, and yet the blob makes no sense.
    TOLLGATE_RESULT_BLOB_MALFORMED = 214,
    // A key's point is not on its curve, or its table is not its own.
    TOLLGATE_RESULT_BLOB_FOREIGN_TABLE = 215,
    // A key is for an algorithm, or has a table of a size, that this library was built without.
    TOLLGATE_RESULT_BLOB_UNSUPPORTED = 216,
    // The policy's `version` is not the library's, or was not set.
    TOLLGATE_RESULT_POLICY_VERSION = 220,
    // The issuer, an audience or the list of audiences is empty.
    TOLLGATE_RESULT_POLICY_EMPTY = 221,
    // A required scope is no scope-token (RFC 6749 §3.3).
    TOLLGATE_RESULT_POLICY_SCOPE = 222,
    // There are more audiences or scopes than a policy may have.
    TOLLGATE_RESULT_POLICY_TOO_LARGE = 223,
    // An option has a value that is none of its own.
    TOLLGATE_RESULT_POLICY_OPTION = 224,
    // The clock tolerance is greater than `TOLLGATE_MAX_LEEWAY`.
    TOLLGATE_RESULT_POLICY_LEEWAY = 225,
    // The token has no such claim.
    TOLLGATE_RESULT_CLAIM_ABSENT = 230,
    // The claim is there, but of another type than was asked for.
    TOLLGATE_RESULT_CLAIM_OTHER_TYPE = 231,
    // The claim has the character U+0000 in it, where C would see its end.
    TOLLGATE_RESULT_CLAIM_CONTAINS_NUL = 232,
    // The buffer is too small; the length says what it takes, and one more.
    TOLLGATE_RESULT_BUFFER_TOO_SMALL = 233,
    // A pointer is NULL.
    TOLLGATE_RESULT_ARGUMENT_NULL = 240,
    // A pointer is not aligned.
    TOLLGATE_RESULT_ARGUMENT_MISALIGNED = 241,
    // A length is impossible, or a size not that of the type.
    TOLLGATE_RESULT_ARGUMENT_LENGTH = 242,
    // Memory that is written overlaps memory that is read.
    TOLLGATE_RESULT_ARGUMENT_OVERLAP = 243,
    // Text is not UTF-8.
    TOLLGATE_RESULT_ARGUMENT_NOT_UTF8 = 244,
    // The time is not after the epoch, as when a clock was never set.
    TOLLGATE_RESULT_ARGUMENT_TIME = 245,
    // A key set or verdict was not made by this library.
    TOLLGATE_RESULT_ARGUMENT_UNSET = 246,
    // The verdict has no claims: the token was not accepted.
    TOLLGATE_RESULT_NOT_ACCEPTED = 247,
    // The verdict has no reason: the token was not rejected.
    TOLLGATE_RESULT_NOT_REJECTED = 248,
    // The scratch memory of the verdict was used again, or the verdict was copied.
    TOLLGATE_RESULT_SCRATCH_REUSED = 249,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_result tollgate_result;
#else
typedef uint32_t tollgate_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a claim is.
enum tollgate_claim
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It is not there, or there is no accepted token.
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

// Which algorithms are allowed.
enum tollgate_algorithms
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // ES256 and ES384.
    TOLLGATE_ALGORITHMS_BOTH = 0,
    // ES256 alone.
    TOLLGATE_ALGORITHMS_ES256 = 1,
    // ES384 alone.
    TOLLGATE_ALGORITHMS_ES384 = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_algorithms tollgate_algorithms;
#else
typedef uint32_t tollgate_algorithms;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What the time is worth that is passed with each token.
enum tollgate_clock
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It is the time.
    TOLLGATE_CLOCK_EXACT = 0,
    // It cannot be earlier. Tokens that only a clock could judge are refused (`unjudgeable`); one
    // that has expired since then may be accepted.
    TOLLGATE_CLOCK_AT_LEAST = 1,
    // The same, but tokens that only a clock could judge are accepted.
    TOLLGATE_CLOCK_AT_LEAST_ACCEPT_UNJUDGED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_clock tollgate_clock;
#else
typedef uint32_t tollgate_clock;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Which kind of token is accepted.
enum tollgate_profile
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Access tokens of RFC 9068: `typ` is `at+jwt`, and `sub`, `client_id`, `iat`, `jti` are there.
    TOLLGATE_PROFILE_ACCESS_TOKEN = 0,
    // Any signed token of the issuer's for the audience, ID tokens included.
    TOLLGATE_PROFILE_ANY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_profile tollgate_profile;
#else
typedef uint32_t tollgate_profile;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What becomes of tokens that are bound to a key of their holder (`cnf`, RFC 7800).
enum tollgate_proof_of_possession
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // They are refused: used as bearer tokens, they may have been stolen.
    TOLLGATE_PROOF_OF_POSSESSION_REFUSE = 0,
    // They are accepted, because the caller checks the proof.
    TOLLGATE_PROOF_OF_POSSESSION_CHECKED_BY_CALLER = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tollgate_proof_of_possession tollgate_proof_of_possession;
#else
typedef uint32_t tollgate_proof_of_possession;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Room for a verdict: the claims of an accepted token, or why one was rejected. It begins as zeros.
typedef struct tollgate_verdict {
    // Not yours.
    uint64_t opaque[TOLLGATE_VERDICT_WORDS];
} tollgate_verdict;

// Some bytes, with their length; no NUL ends them. `{NULL, 0}` is empty, as `{0}` is.
//
// In arguments: borrowed for the call, or for as long as the function says. In results: of static
// storage duration.
typedef struct tollgate_str {
    // The first byte; may be NULL if `len` is 0.
    const char *data;
    // How many bytes there are.
    size_t len;
} tollgate_str;

// What a token must be to be accepted. Zeros are the strict choice everywhere; `version`, `issuer`
// and `audiences` must be set. `exp` is always required.
typedef struct tollgate_policy {
    // `TOLLGATE_VERSION`: proves that header and library belong together.
    uint32_t version;
    // The only issuer (`iss`) that is accepted: the one whose keys are in the key set, so that no
    // issuer can sign for another (RFC 8725 §3.8).
    struct tollgate_str issuer;
    // The audiences, of which `aud` must name one, exactly.
    const struct tollgate_str *audiences;
    // How many there are: 1 to `TOLLGATE_MAX_AUDIENCES`.
    size_t audience_count;
    // Scopes that the token must all have; may be NULL if there are none.
    const struct tollgate_str *required_scopes;
    // How many there are, at most `TOLLGATE_MAX_SCOPES`.
    size_t required_scope_count;
    // The only subject (`sub`) that is accepted; any, if it is `{0}`.
    struct tollgate_str subject;
    // How far the issuer's clock may be from ours, in seconds.
    uint32_t leeway;
    // The age from `iat` on, in seconds, beyond which a token is refused; 0: none.
    uint32_t max_token_age;
    // A value of `tollgate_profile`.
    uint32_t profile;
    // A value of `tollgate_algorithms`.
    uint32_t algorithms;
    // A value of `tollgate_clock`.
    uint32_t clock;
    // A value of `tollgate_proof_of_possession`.
    uint32_t proof_of_possession;
} tollgate_policy;

// Room for the keys of one issuer. It begins as zeros. Put it anywhere; nothing needs to be freed. It
// may be read by several threads at once. It belongs to one run of the program, whose addresses it has:
// make it anew after a restart.
typedef struct tollgate_key_set {
    // Not yours.
    uint64_t opaque[TOLLGATE_KEY_SET_WORDS];
} tollgate_key_set;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Writes the value of `WWW-Authenticate` for the answer to a rejected token (RFC 6750 §3), ended
// by a NUL.
//
// - `verdict`: of a token that was rejected.
// - `realm`: what is protected; none, if it is `{0}`.
// - `policy`: names the scopes that are required; may be NULL, and then it names none.
// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 512 bytes suffice without scopes.
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

// Writes a sentence that says why the token was rejected, ended by a NUL. It may be reworded;
// `tollgate_reason` is stable.
//
// - `verdict`: of a token that was rejected.
// - `buffer`, `size`, `len`: as for `tollgate_claim_string`. 256 bytes suffice.
//
// # Safety
//
// As for `tollgate_claim_string`.
tollgate_result tollgate_message(const struct tollgate_verdict *verdict,
                                 char *buffer,
                                 size_t size,
                                 size_t *len);

// The type of a claim: whether it is there, and whether it is true.
//
// - `verdict`: of a token that was accepted.
// - `name`: the claim's name, unescaped UTF-8.
//
// # Safety
//
// `verdict` is NULL or leads to a `tollgate_verdict`, whose scratch memory is as it was.
tollgate_claim tollgate_claim_type(const struct tollgate_verdict *verdict,
                                   struct tollgate_str name);

// Copies a claim that is a string as UTF-8, unescaped and ended by a NUL. Of `aud`, which may be an
// array, it is the audience that the policy matched.
//
// A string with U+0000 in it is refused, so that `strlen` is never mistaken.
//
// - `verdict`, `name`: as for `tollgate_claim_type`.
// - `buffer`, `size`: where it goes, and its bytes. NULL and 0 ask for the length.
// - `len`: becomes the length without the NUL, also if the buffer is too small for it.
//
// After an error, the buffer holds the empty string, unless `buffer` or `len` was the error.
//
// # Safety
//
// As for `tollgate_claim_type`, and `size` bytes at `buffer` may be written.
tollgate_result tollgate_claim_string(const struct tollgate_verdict *verdict,
                                      struct tollgate_str name,
                                      char *buffer,
                                      size_t size,
                                      size_t *len);

// A claim that is an integer. It must be written as one, and fit. Times may be written otherwise:
// `exp` is rounded down, `nbf`, `iat` and `auth_time` are rounded up, to seconds since
// 1970-01-01T00:00:00Z.
//
// - `verdict`, `name`: as for `tollgate_claim_type`.
// - `value`: becomes the integer, and stays as it is after an error.
//
// # Safety
//
// As for `tollgate_claim_type`, and `value` is NULL or may be written.
tollgate_result tollgate_claim_integer(const struct tollgate_verdict *verdict,
                                       struct tollgate_str name,
                                       int64_t *value);

// Whether a string has a word among those that single spaces separate: whether `scope` has a scope.
// `TOLLGATE_RESULT_OK` if so, `TOLLGATE_RESULT_CLAIM_ABSENT` if not.
//
// - `verdict`, `name`: as for `tollgate_claim_type`.
// - `word`: what is looked for.
//
// # Safety
//
// As for `tollgate_claim_type`.
tollgate_result tollgate_claim_has_word(const struct tollgate_verdict *verdict,
                                        struct tollgate_str name,
                                        struct tollgate_str word);

// Makes a key set from a JWK set (RFC 7517 §5), of which nothing is borrowed. Keys that cannot
// verify are left out; it is an error if none is left. That the text is the issuer's is for the
// caller to know.
//
// - `keys`: where the set goes. After an error there is none in it, unless it is NULL, misaligned, of
//   another size, or overlaps the text.
// - `keys_size`: `sizeof(tollgate_key_set)`.
// - `jwks`: the text, which is not needed any more afterwards.
//
// # Safety
//
// `keys` is NULL or leads to a `tollgate_key_set` that nobody else uses during the call.
tollgate_result tollgate_keys_from_jwks(struct tollgate_key_set *keys,
                                        size_t keys_size,
                                        struct tollgate_str jwks);

// Makes a key set from a blob, as `tollgate provision --format bin` writes it. Each table is
// compared with its key, which takes as long as some verifications. That the blob is of the right
// keys is for the caller to know.
//
// - `keys`, `keys_size`: as for `tollgate_keys_from_jwks`.
// - `blob`: its tables are borrowed. It must stay, unchanged, as long as the keys are used; best in
//   flash, at a multiple of 64. All of its keys must be of algorithms and sizes that the library was
//   built with.
//
// # Safety
//
// As for `tollgate_keys_from_jwks`.
tollgate_result tollgate_keys_from_blob(struct tollgate_key_set *keys,
                                        size_t keys_size,
                                        struct tollgate_str blob);

// As `tollgate_keys_from_blob`, but tables are taken as they are: whoever can write the blob
// decides which signatures verify. For flash that only its owner can write, and a start that
// cannot wait.
//
// # Safety
//
// As for `tollgate_keys_from_jwks`.
tollgate_result tollgate_keys_from_trusted_blob(struct tollgate_key_set *keys,
                                                size_t keys_size,
                                                struct tollgate_str blob);

// A stable name of a result, kebab-case: `expired`. The core's reason, if it is one; empty for what
// is no result.
//
// - `result`: what a function returned.
struct tollgate_str tollgate_reason(uint32_t result);

// The HTTP status to answer with: 200 for success, 401 or 403 below 200, 500 for everything else.
//
// - `result`: what `tollgate_verify` returned.
uint16_t tollgate_http_status(uint32_t result);

// Judges the value of an `Authorization` header. Only `TOLLGATE_RESULT_OK` means that the token is
// accepted.
//
// - `keys`: the issuer's keys.
// - `policy`: what is accepted.
// - `now`: seconds since 1970-01-01T00:00:00Z; see `tollgate_clock`.
// - `authorization`: the value, not copied: `Bearer eyJ…`; empty if the request has none. If it has
//   more than one, do not choose: answer 401 with `error="invalid_request"`.
// - `scratch`: memory for the decoded token, which the verdict borrows: leave it alone as long as the
//   verdict is used. It is overwritten.
// - `scratch_size`: its bytes. `TOLLGATE_SCRATCH_SIZE(longest token)` always suffice.
// - `verdict`: where the verdict goes. There is one after `TOLLGATE_RESULT_OK` and after a rejection;
//   after any other result there is none in it, unless it is NULL, misaligned, or overlaps `keys`, their
//   blob or `policy`. Copies of it cannot be used.
//
// # Safety
//
// Every pointer is NULL or leads to what its type says, and to as many bytes as are said.
tollgate_result tollgate_verify(const struct tollgate_key_set *keys,
                                const struct tollgate_policy *policy,
                                int64_t now,
                                struct tollgate_str authorization,
                                void *scratch,
                                size_t scratch_size,
                                struct tollgate_verdict *verdict);

// As `tollgate_verify`, for a token that came without a header: over CoAP or MQTT, for instance.
//
// - `token`: the token alone, not copied: `eyJ…`.
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

// The version of the library, to be compared with `TOLLGATE_VERSION`.
uint32_t tollgate_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TOLLGATE_H */

/* The library is built with the same assertions; this form of them is C99 and C++. */
typedef char tollgate_assert_key_set[sizeof(tollgate_key_set) == 8 * TOLLGATE_KEY_SET_WORDS ? 1 : -1];
typedef char tollgate_assert_verdict[sizeof(tollgate_verdict) == 8 * TOLLGATE_VERDICT_WORDS ? 1 : -1];
typedef char tollgate_assert_policy[sizeof(tollgate_policy) == TOLLGATE_POLICY_SIZE ? 1 : -1];
typedef char tollgate_assert_result[sizeof(tollgate_result) == 4 ? 1 : -1];
