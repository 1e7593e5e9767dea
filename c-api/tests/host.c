/* Tests the interface from C under the sanitizers, with good, bad and impossible arguments.
 *
 *     host JWKS ES384-TOKEN ES256-TOKEN TAMPERED-TOKEN ID-TOKEN BLOB ODD-JWKS ODD-TOKEN ALL-JWKS ALL-BLOB
 *          ALL-TOKENS RS256-BLOB [es256|rs256|mismatch|overread]
 *
 * The files called ALL have keys for most algorithms, and a token by each of them on a line of its own.
 * With `es256`, the library supports only ES256, and no tables of the blob's size. With `rs256`, it supports
 * only RS256 with 2,048 bits. With `mismatch`, library and header disagree on TOLLGATE_LARGE_JWKS_KEYS. With
 * `overread`, the program breaks the interface's rules on purpose: it passes a token that is longer than its
 * memory.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tollgate.h"

enum { NOW = 1795287000, NOW_OF_ALL = 1760000000 };

static unsigned checks, failures;

#define CHECK(holds)                                              \
    do {                                                          \
        checks++;                                                 \
        if (!(holds)) {                                           \
            failures++;                                           \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #holds);    \
        }                                                         \
    } while (0)

#define CHECK_IS(expected, call)                                                             \
    do {                                                                                     \
        tollgate_result is = (call);                                                         \
        checks++;                                                                            \
        if (is != TOLLGATE_RESULT_##expected) {                                              \
            failures++;                                                                      \
            printf("%s:%d: not " #expected " but %.*s: " #call "\n", __FILE__, __LINE__,     \
                   TOLLGATE_PRINT(tollgate_reason(is)));                                     \
        }                                                                                    \
    } while (0)

#define STR(literal) ((tollgate_str)TOLLGATE_STR(literal))

static char *texts[16];
static size_t text_count;

/* Memory exactly as long as the file, so that the sanitizer detects every read beyond its end. */
static tollgate_str read_file(const char *path, const char *prefix) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    size_t len = (size_t)ftell(file), prefix_len = strlen(prefix);
    rewind(file);
    char *data = malloc(prefix_len + len);
    memcpy(data, prefix, prefix_len);
    if (fread(data + prefix_len, 1, len, file) != len) {
        exit(2);
    }
    fclose(file);
    texts[text_count++] = data;
    len += prefix_len;
    while (prefix_len > 0 && data[len - 1] == '\n') {
        len--;
    }
    return (tollgate_str){data, len};
}

static bool equals(tollgate_str text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0;
}

static const tollgate_str api[] = {TOLLGATE_STR("https://api.example.com")};
static const tollgate_str es256[] = {TOLLGATE_STR("https://other.example.com"),
                                     TOLLGATE_STR("https://es256.example.com")};

static tollgate_policy policy_for(const tollgate_str *audiences, size_t count) {
    tollgate_policy policy = {0};
    policy.version = TOLLGATE_VERSION;
    policy.issuer = STR("https://auth.example.com/oidc");
    policy.audiences = audiences;
    policy.audience_count = count;
    return policy;
}

static tollgate_key_set keys;
static tollgate_verdict verdict;
static char scratch[TOLLGATE_SCRATCH_SIZE(4096)];

static tollgate_result verify_into(const tollgate_policy *policy, tollgate_str authorization,
                                   char memory[sizeof scratch], tollgate_verdict *into) {
    return tollgate_verify(&keys, policy, NOW, authorization, memory, sizeof scratch, into);
}

static tollgate_result verify(const tollgate_policy *policy, tollgate_str authorization) {
    return verify_into(policy, authorization, scratch, &verdict);
}

static void claims_of_accepted_tokens_are_readable(tollgate_str header, tollgate_str es256_header) {
    const tollgate_str scopes[] = {TOLLGATE_STR("read:orders"), TOLLGATE_STR("write:orders")};
    tollgate_policy policy = policy_for(api, 1);
    policy.required_scopes = scopes;
    policy.required_scope_count = 2;
    policy.subject = STR("user_7f3k");
    policy.algorithms = TOLLGATE_ALGORITHMS_ES384;
    CHECK_IS(OK, verify(&policy, header));

    char buffer[64];
    size_t len = 99;
    int64_t exp = 0;
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("sub"), buffer, sizeof buffer, &len));
    CHECK(len == 9 && strcmp(buffer, "user_7f3k") == 0);
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("aud"), buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "https://api.example.com") == 0);
    CHECK_IS(OK, tollgate_claim_integer(&verdict, STR("exp"), &exp));
    CHECK(exp == 1795290340);
    CHECK_IS(OK, tollgate_claim_has_word(&verdict, STR("scope"), STR("read:orders")));
    CHECK_IS(CLAIM_ABSENT, tollgate_claim_has_word(&verdict, STR("scope"), STR("read")));
    CHECK_IS(CLAIM_OTHER_TYPE, tollgate_claim_has_word(&verdict, STR("exp"), STR("1")));
    CHECK(tollgate_claim_type(&verdict, STR("sub")) == TOLLGATE_CLAIM_STRING);
    CHECK(tollgate_claim_type(&verdict, STR("iat")) == TOLLGATE_CLAIM_NUMBER);
    CHECK(tollgate_claim_type(&verdict, STR("email")) == TOLLGATE_CLAIM_ABSENT);
    CHECK_IS(CLAIM_ABSENT, tollgate_claim_integer(&verdict, STR("email"), &exp));
    CHECK_IS(CLAIM_OTHER_TYPE, tollgate_claim_integer(&verdict, STR("sub"), &exp));
    CHECK_IS(CLAIM_OTHER_TYPE,
             tollgate_claim_string(&verdict, STR("exp"), buffer, sizeof buffer, &len));
    CHECK_IS(NOT_REJECTED, tollgate_message(&verdict, buffer, sizeof buffer, &len));

    /* A call without a buffer returns the length. A text that does not fit with its NUL is left out. */
    char exact[10];
    CHECK_IS(BUFFER_TOO_SMALL, tollgate_claim_string(&verdict, STR("sub"), NULL, 0, &len));
    CHECK(len == 9);
    exact[0] = 'x';
    CHECK_IS(BUFFER_TOO_SMALL, tollgate_claim_string(&verdict, STR("sub"), exact, 9, &len));
    CHECK(exact[0] == 0 && len == 9);
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("sub"), exact, 10, &len));
    CHECK(strcmp(exact, "user_7f3k") == 0);

    /* The second of two audiences matches; then a token without its scheme. */
    tollgate_policy other = policy_for(es256, 2);
    CHECK_IS(OK, verify(&other, es256_header));
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("aud"), buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "https://es256.example.com") == 0);
    tollgate_str bare = {es256_header.data + 7, es256_header.len - 7};
    CHECK_IS(OK, tollgate_verify_token(&keys, &other, NOW, bare, scratch, sizeof scratch, &verdict));
    CHECK_IS(TOKEN_MALFORMED, tollgate_verify_token(&keys, &other, NOW, es256_header, scratch,
                                                    sizeof scratch, &verdict));
}

static void unusual_claims_come_as_they_are(tollgate_str jwks, tollgate_str header) {
    const tollgate_str audiences[] = {TOLLGATE_STR("https://b.example.com")};
    tollgate_key_set odd = {0};
    tollgate_policy policy = policy_for(audiences, 1);
    policy.profile = TOLLGATE_PROFILE_ANY;
    CHECK_IS(OK, tollgate_keys_from_jwks(&odd, sizeof odd, jwks));
    CHECK_IS(OK, tollgate_verify(&odd, &policy, NOW, header, scratch, sizeof scratch, &verdict));

    char buffer[64];
    size_t len;
    int64_t integer = 7;
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("escaped"), buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "a/\"\xc3\xbc\xf0\x9f\x98\x80") == 0 && len == strlen(buffer));
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("n\xc3\xa4me"), buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "x") == 0);
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("aud"), buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "https://b.example.com") == 0);
    CHECK_IS(CLAIM_CONTAINS_NUL,
             tollgate_claim_string(&verdict, STR("nul"), buffer, sizeof buffer, &len));
    CHECK(buffer[0] == 0);
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("empty"), buffer, 1, &len));
    CHECK(len == 0);
    CHECK_IS(BUFFER_TOO_SMALL, tollgate_claim_string(&verdict, STR("empty"), NULL, 0, &len));
    CHECK_IS(OK, tollgate_claim_integer(&verdict, STR("least"), &integer));
    CHECK(integer == INT64_MIN);
    CHECK_IS(CLAIM_OTHER_TYPE, tollgate_claim_integer(&verdict, STR("large"), &integer));
    CHECK_IS(CLAIM_OTHER_TYPE, tollgate_claim_integer(&verdict, STR("fraction"), &integer));
    CHECK(integer == INT64_MIN);
    CHECK_IS(OK, tollgate_claim_integer(&verdict, STR("exp"), &integer));
    CHECK(integer == 1795290340);
    CHECK_IS(OK, tollgate_claim_integer(&verdict, STR("iat"), &integer));
    CHECK(integer == 1795286741);
    CHECK(tollgate_claim_type(&verdict, STR("yes")) == TOLLGATE_CLAIM_TRUE);
    CHECK(tollgate_claim_type(&verdict, STR("no")) == TOLLGATE_CLAIM_FALSE);
    CHECK(tollgate_claim_type(&verdict, STR("null")) == TOLLGATE_CLAIM_NULL);
    CHECK(tollgate_claim_type(&verdict, STR("object")) == TOLLGATE_CLAIM_OBJECT);
    CHECK(tollgate_claim_type(&verdict, STR("aud")) == TOLLGATE_CLAIM_ARRAY);
    CHECK(tollgate_claim_type(&verdict, STR("")) == TOLLGATE_CLAIM_ABSENT);
    CHECK(tollgate_claim_type(&verdict, STR("\xff")) == TOLLGATE_CLAIM_ABSENT);
}

/* A buffer of any size gets the whole text with its NUL, or the empty text, and nothing beyond it. */
static void texts_are_whole_or_empty(tollgate_str header, tollgate_str tampered) {
    tollgate_policy policy = policy_for(api, 1);
    static tollgate_verdict accepted, rejected;
    static char other_scratch[TOLLGATE_SCRATCH_SIZE(4096)];
    CHECK_IS(OK, verify_into(&policy, header, scratch, &accepted));
    CHECK_IS(SIGNATURE_INVALID, verify_into(&policy, tampered, other_scratch, &rejected));
    for (int text = 0; text < 3; text++) {
        size_t full = 0, len, size = 0;
        tollgate_result result;
        do {
            char *buffer = malloc(size + 1);
            memset(buffer, 'x', size + 1);
            len = SIZE_MAX;
            result = text == 0   ? tollgate_claim_string(&accepted, STR("sub"), buffer, size, &len)
                     : text == 1 ? tollgate_message(&rejected, buffer, size, &len)
                                 : tollgate_challenge(&rejected, STR("api"), &policy, buffer, size, &len);
            full = size == 0 ? len : full;
            CHECK(len == full && buffer[size] == 'x');
            CHECK(size == 0 || strlen(buffer) == (result == TOLLGATE_RESULT_OK ? len : 0));
            CHECK(result == (size > full ? TOLLGATE_RESULT_OK : TOLLGATE_RESULT_BUFFER_TOO_SMALL));
            free(buffer);
        } while (size++ <= full);
    }
}

/* Without acceptance, there are no claims and no texts, not even those of the previous token. */
static void getters_of_other_verdicts_leave_nothing(tollgate_str header, tollgate_str es256_header,
                                                    tollgate_str tampered) {
    tollgate_policy policy = policy_for(api, 1), es256_policy = policy_for(es256, 2);
    tollgate_verdict copy = {0}, other = {0};
    char buffer[64];
    size_t len;
    int64_t integer = 7;

#define CHECK_NO_STRING(expected, of)                                                        \
    do {                                                                                     \
        buffer[0] = 'x', len = 99;                                                           \
        CHECK_IS(expected, tollgate_claim_string(&(of), STR("sub"), buffer, 64, &len));      \
        CHECK(buffer[0] == 0 && len == 0);                                                   \
        CHECK_IS(expected, tollgate_claim_integer(&(of), STR("exp"), &integer));             \
        CHECK(integer == 7);                                                                 \
        CHECK_IS(expected, tollgate_claim_has_word(&(of), STR("scope"), STR("read:orders"))); \
        CHECK(tollgate_claim_type(&(of), STR("sub")) == TOLLGATE_CLAIM_ABSENT);              \
    } while (0)

    CHECK_NO_STRING(ARGUMENT_UNSET, other);
    CHECK_IS(SIGNATURE_INVALID, verify(&policy, tampered));
    CHECK_NO_STRING(NOT_ACCEPTED, verdict);

    /* Scratch memory belongs to one verdict at a time, and a verdict must not move. */
    CHECK_IS(OK, verify(&policy, header));
    copy = verdict;
    CHECK_NO_STRING(SCRATCH_REUSED, copy);
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("sub"), buffer, 64, &len));
    CHECK_IS(OK, verify_into(&es256_policy, es256_header, scratch, &other));
    CHECK_NO_STRING(SCRATCH_REUSED, verdict);
    CHECK_IS(OK, tollgate_claim_string(&other, STR("sub"), buffer, 64, &len));
    copy = verdict, verdict = other, other = copy;
    CHECK_NO_STRING(SCRATCH_REUSED, verdict);
    CHECK_NO_STRING(SCRATCH_REUSED, other);
    CHECK_IS(OK, verify(&policy, header));
    copy = verdict;
    CHECK_IS(OK, verify(&es256_policy, es256_header));
    verdict = copy;
    CHECK_NO_STRING(SCRATCH_REUSED, verdict);
    CHECK_IS(OK, verify_into(&policy, header, scratch, &other));
    CHECK_IS(SIGNATURE_INVALID, verify(&policy, tampered));
    CHECK_NO_STRING(SCRATCH_REUSED, other);
    CHECK_IS(OK, verify(&policy, header));
    memset(scratch + 200, 'x', 100);
    CHECK_NO_STRING(SCRATCH_REUSED, verdict);

    /* After each error, the text is empty. */
    CHECK_IS(OK, verify(&policy, header));
    const struct {
        tollgate_str name;
        tollgate_result result;
    } errors[] = {
        {TOLLGATE_STR("email"), TOLLGATE_RESULT_CLAIM_ABSENT},
        {TOLLGATE_STR("exp"), TOLLGATE_RESULT_CLAIM_OTHER_TYPE},
        {TOLLGATE_STR("\xff"), TOLLGATE_RESULT_ARGUMENT_NOT_UTF8},
        {{NULL, 1}, TOLLGATE_RESULT_ARGUMENT_NULL},
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        buffer[0] = 'x', len = 99;
        CHECK(tollgate_claim_string(&verdict, errors[i].name, buffer, 64, &len) == errors[i].result);
        CHECK(buffer[0] == 0 && len == 0);
    }
    buffer[0] = 'x', len = 99;
    CHECK_IS(NOT_REJECTED, tollgate_message(&verdict, buffer, 64, &len));
    CHECK(buffer[0] == 0 && len == 0);
    buffer[0] = 'x', len = 99;
    CHECK_IS(NOT_REJECTED, tollgate_challenge(&verdict, STR("api"), NULL, buffer, 64, &len));
    CHECK(buffer[0] == 0 && len == 0);
    CHECK_IS(SIGNATURE_INVALID, verify(&policy, tampered));
    buffer[0] = 'x', len = 99;
    policy.version++;
    CHECK_IS(POLICY_VERSION, tollgate_challenge(&verdict, STR("api"), &policy, buffer, 64, &len));
    CHECK(buffer[0] == 0 && len == 0);
}

static tollgate_result verify_token(const tollgate_policy *policy, const char *token, size_t len) {
    return tollgate_verify_token(&keys, policy, NOW, (tollgate_str){token, len}, scratch,
                                 sizeof scratch, &verdict);
}

/* Every length up to one beyond the limit: a single part, and a good token with bytes appended. */
static void tokens_of_all_lengths_are_refused(tollgate_str header) {
    tollgate_policy policy = policy_for(api, 1);
    size_t good = header.len - strlen("Bearer ");
    for (size_t len = 0; len <= TOLLGATE_MAX_TOKEN_LEN + 1; len++) {
        bool too_long = len > TOLLGATE_MAX_TOKEN_LEN;
        char *token = malloc(len);
        memset(token, 'A', len);
        CHECK(verify_token(&policy, token, len) == (len == 0    ? TOLLGATE_RESULT_TOKEN_MALFORMED
                                                    : too_long ? TOLLGATE_RESULT_TOKEN_TOO_LONG
                                                               : TOLLGATE_RESULT_PART_COUNT));
        if (len > good) {
            memcpy(token, header.data + strlen("Bearer "), good);
            tollgate_result result = verify_token(&policy, token, len);
            CHECK(too_long ? result == TOLLGATE_RESULT_TOKEN_TOO_LONG
                           : result == TOLLGATE_RESULT_SIGNATURE_LENGTH ||
                                 result == TOLLGATE_RESULT_MISENCODED);
        }
        free(token);
    }
}

static void rejections_say_why(tollgate_str header, tollgate_str tampered, tollgate_str id_token) {
    tollgate_policy policy = policy_for(api, 1);
    char buffer[512];
    size_t len;
    CHECK_IS(SIGNATURE_INVALID, verify(&policy, tampered));
    CHECK_IS(OK, tollgate_message(&verdict, buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "the signature does not verify") == 0 && len == strlen(buffer));
    CHECK_IS(OK, tollgate_challenge(&verdict, STR("api"), NULL, buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "Bearer realm=\"api\", error=\"invalid_token\", "
                         "error_description=\"the signature does not verify\"") == 0);
    CHECK_IS(BUFFER_TOO_SMALL, tollgate_challenge(&verdict, STR("api"), NULL, buffer, len, &len));
    CHECK(buffer[0] == 0);

    const tollgate_str scopes[] = {TOLLGATE_STR("delete:orders")};
    policy.required_scopes = scopes;
    policy.required_scope_count = 1;
    tollgate_result result = verify(&policy, header);
    CHECK_IS(INSUFFICIENT_SCOPE, result);
    CHECK(tollgate_http_status(result) == 403);
    CHECK(equals(tollgate_reason(result), "insufficient-scope"));
    CHECK_IS(OK, tollgate_challenge(&verdict, (tollgate_str){0}, &policy, buffer, sizeof buffer, &len));
    CHECK(strstr(buffer, "scope=\"delete:orders\"") != NULL);
    policy.required_scope_count = 0;

    CHECK_IS(TYP_MISSING, verify(&policy, id_token));
    CHECK_IS(AUTHORIZATION_MISSING, verify(&policy, (tollgate_str){0}));
    CHECK_IS(OK, tollgate_challenge(&verdict, (tollgate_str){0}, NULL, buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "Bearer") == 0);
    CHECK_IS(SCHEME_NOT_BEARER, verify(&policy, STR("Basic dTpw")));
    CHECK_IS(EXPIRED, tollgate_verify(&keys, &policy, 1800000000, header, scratch, sizeof scratch, &verdict));
    CHECK_IS(OK, tollgate_message(&verdict, buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "the token expired at 1795290340; it is now 1800000000") == 0);
    CHECK_IS(ISSUED_IN_FUTURE, tollgate_verify(&keys, &policy, 1700000000, header, scratch, sizeof scratch, &verdict));
    policy.clock = TOLLGATE_CLOCK_AT_LEAST;
    CHECK_IS(UNJUDGEABLE, tollgate_verify(&keys, &policy, 1700000000, header, scratch, sizeof scratch, &verdict));
    policy.clock = TOLLGATE_CLOCK_AT_LEAST_ACCEPT_UNJUDGED;
    CHECK_IS(OK, tollgate_verify(&keys, &policy, 1700000000, header, scratch, sizeof scratch, &verdict));
    policy.clock = TOLLGATE_CLOCK_EXACT;
    policy.max_token_age = 60;
    CHECK_IS(TOO_OLD, verify(&policy, header));
    policy.leeway = 3600;
    CHECK_IS(OK, verify(&policy, header));
    policy.algorithms = TOLLGATE_ALGORITHMS_ES256;
    CHECK_IS(ALGORITHM_NOT_ALLOWED, verify(&policy, header));
    policy.algorithms = TOLLGATE_ALGORITHMS_ANY;
    policy.subject = STR("somebody");
    CHECK_IS(SUBJECT_MISMATCH, verify(&policy, header));
    policy.subject = (tollgate_str){0};
    policy.issuer = STR("https://auth.example.com/oidc/");
    CHECK_IS(ISSUER_MISMATCH, verify(&policy, header));
    policy = policy_for(es256, 2);
    CHECK_IS(AUDIENCE_MISMATCH, verify(&policy, header));

    /* Every prefix is refused, and nothing beyond it is read. */
    policy = policy_for(api, 1);
    for (size_t prefix = 0; prefix < header.len; prefix++) {
        char *copy = malloc(prefix + 1);
        memcpy(copy, header.data, prefix);
        tollgate_result truncated = verify(&policy, (tollgate_str){copy, prefix});
        CHECK(truncated > TOLLGATE_RESULT_OK && truncated < TOLLGATE_RESULT_REJECTED);
        free(copy);
    }
    /* Scratch memory of every size: it suffices, or the result says that it is too small. */
    for (size_t size = 0; size < TOLLGATE_SCRATCH_SIZE(header.len); size++) {
        char *small = malloc(size + 1);
        result = tollgate_verify(&keys, &policy, NOW, header, small, size, &verdict);
        CHECK(result == TOLLGATE_RESULT_OK || result == TOLLGATE_RESULT_SCRATCH_TOO_SMALL);
        free(small);
    }
    CHECK_IS(SCRATCH_TOO_SMALL, tollgate_verify(&keys, &policy, NOW, header, NULL, 0, &verdict));
}

static void policies_that_make_no_sense_are_refused(tollgate_str header) {
    tollgate_policy policy = {0};
    CHECK_IS(POLICY_VERSION, verify(&policy, header));
    policy.version = TOLLGATE_VERSION + 1;
    CHECK_IS(POLICY_VERSION, verify(&policy, header));
    policy.version = TOLLGATE_VERSION;
    CHECK_IS(POLICY_EMPTY, verify(&policy, header));
    policy.issuer = STR("https://auth.example.com/oidc");
    CHECK_IS(POLICY_EMPTY, verify(&policy, header));
    policy.audience_count = 1;
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy.audience_count = SIZE_MAX;
    policy.audiences = api;
    CHECK_IS(ARGUMENT_LENGTH, verify(&policy, header));
    policy.audiences = (const tollgate_str *)((const char *)api + 1);
    policy.audience_count = 1;
    CHECK_IS(ARGUMENT_MISALIGNED, verify(&policy, header));

    tollgate_str many[TOLLGATE_MAX_SCOPES + 1];
    for (size_t i = 0; i < TOLLGATE_MAX_SCOPES + 1; i++) {
        many[i] = STR("a");
    }
    policy = policy_for(many, TOLLGATE_MAX_AUDIENCES);
    CHECK_IS(AUDIENCE_MISMATCH, verify(&policy, header));
    policy.audience_count++;
    CHECK_IS(POLICY_TOO_LARGE, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.required_scopes = many;
    policy.required_scope_count = TOLLGATE_MAX_SCOPES;
    CHECK_IS(INSUFFICIENT_SCOPE, verify(&policy, header));
    policy.required_scope_count++;
    CHECK_IS(POLICY_TOO_LARGE, verify(&policy, header));
    policy.required_scope_count = 1;
    many[0] = STR("a b");
    CHECK_IS(POLICY_SCOPE, verify(&policy, header));
    many[0] = STR("\xff");
    CHECK_IS(ARGUMENT_NOT_UTF8, verify(&policy, header));
    policy = policy_for(many, 1);
    many[0] = STR("");
    CHECK_IS(POLICY_EMPTY, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.subject = STR("");
    CHECK_IS(POLICY_EMPTY, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.leeway = TOLLGATE_MAX_LEEWAY + 1;
    CHECK_IS(POLICY_LEEWAY, verify(&policy, header));
    for (int option = 0; option < 4; option++) {
        policy = policy_for(api, 1);
        uint32_t *options[] = {&policy.profile, &policy.algorithms, &policy.clock,
                               &policy.proof_of_possession};
        *options[option] = 9999;
        CHECK_IS(POLICY_OPTION, verify(&policy, header));
    }
}

static void requirements_are_judged_last_unless_for_validity(tollgate_str header) {
    tollgate_policy policy = policy_for(api, 1);
    tollgate_requirement list[TOLLGATE_MAX_REQUIREMENTS + 1] = {0};
    policy.requirements = list;
    policy.requirement_count = 1;
    list[0].claim = STR("sub");
    CHECK_IS(OK, verify(&policy, header));
    list[0].test = TOLLGATE_TEST_EQUALS;
    list[0].value = STR("user_7f3k");
    CHECK_IS(OK, verify(&policy, header));
    list[0].value = STR("user");
    CHECK_IS(REQUIREMENT_UNMET, verify(&policy, header));
    CHECK(tollgate_http_status(TOLLGATE_RESULT_REQUIREMENT_UNMET) == 403);
    char buffer[64];
    size_t len = 0;
    CHECK_IS(OK, tollgate_challenge(&verdict, STR("api"), &policy, buffer, sizeof buffer, &len));
    CHECK(strcmp(buffer, "Bearer realm=\"api\"") == 0);
    list[0].validity = 1;
    CHECK_IS(REQUIRED_CLAIM_MISMATCH, verify(&policy, header));
    list[0].claim = STR("/nowhere/0");
    CHECK_IS(REQUIRED_CLAIM_MISSING, verify(&policy, header));

    list[0] = (tollgate_requirement){0};
    list[0].test = TOLLGATE_TEST_ANY;
    list[0].parts = 2;
    list[1].claim = STR("email");
    list[1].test = TOLLGATE_TEST_ENDS_WITH;
    list[1].value = STR("@example.com");
    list[2].claim = STR("/scope");
    list[2].test = TOLLGATE_TEST_CONTAINS;
    list[2].value = STR("read:orders");
    policy.requirement_count = 3;
    CHECK_IS(OK, verify(&policy, header));
    list[0].test = TOLLGATE_TEST_ALL;
    CHECK_IS(REQUIREMENT_UNMET, verify(&policy, header));
    list[1].claim = STR("iat");
    list[1].test = TOLLGATE_TEST_EQUALS;
    list[1].value = STR("1");
    list[1].value_type = TOLLGATE_TYPE_NUMBER;
    CHECK_IS(REQUIREMENT_UNMET, verify(&policy, header));

    const tollgate_str scp[] = {TOLLGATE_STR("sub"), TOLLGATE_STR("/aud")};
    const tollgate_str scopes[] = {TOLLGATE_STR("user_7f3k")};
    policy = policy_for(api, 1);
    policy.required_scopes = scopes;
    policy.required_scope_count = 1;
    CHECK_IS(INSUFFICIENT_SCOPE, verify(&policy, header));
    policy.scope_claims = scp;
    policy.scope_claim_count = 2;
    CHECK_IS(OK, verify(&policy, header));
}

static void requirements_that_make_no_sense_are_refused(tollgate_str header) {
    tollgate_policy policy = policy_for(api, 1);
    tollgate_requirement many[TOLLGATE_MAX_REQUIREMENTS + 1] = {0};
    for (size_t i = 0; i < TOLLGATE_MAX_REQUIREMENTS + 1; i++) {
        many[i].claim = STR("sub");
    }
    policy.requirements = many;
    policy.requirement_count = TOLLGATE_MAX_REQUIREMENTS;
    CHECK_IS(OK, verify(&policy, header));
    policy.requirement_count++;
    CHECK_IS(POLICY_TOO_LARGE, verify(&policy, header));
    policy.requirement_count = 1;

    const tollgate_str name = TOLLGATE_STR("sub"), none = {0}, a = TOLLGATE_STR("a");
    const tollgate_requirement wrong[] = {
        {none, none, TOLLGATE_TEST_PRESENT, 0, 0, 0},
        {STR(""), none, TOLLGATE_TEST_PRESENT, 0, 0, 0},
        {STR("/~"), none, TOLLGATE_TEST_PRESENT, 0, 0, 0},
        {name, a, TOLLGATE_TEST_PRESENT, 0, 0, 0},
        {name, none, TOLLGATE_TEST_PRESENT, 0, 1, 0},
        {name, none, TOLLGATE_TEST_EQUALS, 0, 0, 0},
        {name, a, TOLLGATE_TEST_EQUALS, TOLLGATE_TYPE_NUMBER, 0, 0},
        {name, a, TOLLGATE_TEST_EQUALS, TOLLGATE_TYPE_BOOLEAN, 0, 0},
        {name, STR("1"), TOLLGATE_TEST_STARTS_WITH, TOLLGATE_TYPE_NUMBER, 0, 0},
        {name, a, TOLLGATE_TEST_STARTS_WITH, 0, 0, 0},
        {name, a, TOLLGATE_TEST_ENDS_WITH, 0, 0, 0},
        {none, none, TOLLGATE_TEST_ANY, 0, 0, 0},
        {none, none, TOLLGATE_TEST_ALL, 0, 1, 0},
        {name, none, TOLLGATE_TEST_ALL, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        policy.requirements = &wrong[i];
        CHECK_IS(POLICY_REQUIREMENT, verify(&policy, header));
    }
    const tollgate_requirement undefined[] = {
        {name, none, 7, 0, 0, 0},
        {name, a, TOLLGATE_TEST_EQUALS, 3, 0, 0},
        {name, none, TOLLGATE_TEST_PRESENT, 0, 0, 2},
    };
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++) {
        policy.requirements = &undefined[i];
        CHECK_IS(POLICY_OPTION, verify(&policy, header));
    }
    policy.requirements = NULL;
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));

    const tollgate_str nowhere[] = {TOLLGATE_STR("/~")};
    policy = policy_for(api, 1);
    policy.scope_claims = nowhere;
    policy.scope_claim_count = 1;
    CHECK_IS(POLICY_SCOPE_CLAIM, verify(&policy, header));
    policy.scope_claim_count = TOLLGATE_MAX_SCOPE_CLAIMS + 1;
    CHECK_IS(ARGUMENT_NULL, verify(&(tollgate_policy){.version = TOLLGATE_VERSION,
                                                      .issuer = STR("a"),
                                                      .audiences = api,
                                                      .audience_count = 1,
                                                      .scope_claim_count = 1},
                                   header));
}

static void impossible_arguments_are_refused(tollgate_str header, tollgate_str jwks) {
    tollgate_policy policy = policy_for(api, 1);
    char buffer[128];
    size_t len;
    int64_t integer;
    size_t size = sizeof scratch;

    /* One argument at a time is NULL. */
    const tollgate_str nowhere = {NULL, 1};
    tollgate_key_set other = {0};
    CHECK_IS(ARGUMENT_NULL, tollgate_keys_from_jwks(NULL, sizeof keys, jwks));
    CHECK_IS(ARGUMENT_NULL, tollgate_keys_from_blob(NULL, sizeof keys, jwks));
    CHECK_IS(ARGUMENT_NULL, tollgate_keys_from_trusted_blob(NULL, sizeof keys, jwks));
    CHECK_IS(ARGUMENT_NULL, tollgate_keys_from_jwks(&other, sizeof other, nowhere));
    CHECK_IS(ARGUMENT_NULL, tollgate_keys_from_blob(&other, sizeof other, nowhere));
    CHECK_IS(ARGUMENT_NULL, tollgate_keys_from_trusted_blob(&other, sizeof other, nowhere));
    CHECK_IS(JSON_SYNTAX, tollgate_keys_from_jwks(&other, sizeof other, (tollgate_str){0}));
    CHECK_IS(BLOB_UNKNOWN, tollgate_keys_from_blob(&other, sizeof other, (tollgate_str){0}));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify(NULL, &policy, NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify(&keys, NULL, NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify(&keys, &policy, NOW, header, NULL, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify(&keys, &policy, NOW, header, scratch, size, NULL));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify_token(NULL, &policy, NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify_token(&keys, NULL, NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify_token(&keys, &policy, NOW, header, NULL, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_verify_token(&keys, &policy, NOW, header, scratch, size, NULL));
    CHECK_IS(ARGUMENT_NULL, verify(&policy, nowhere));
    CHECK_IS(ARGUMENT_NULL, verify_token(&policy, NULL, 1));
    policy = policy_for(&nowhere, 1);
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy = policy_for(NULL, 1);
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.issuer = nowhere;
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.subject = nowhere;
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.required_scope_count = 1;
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy.required_scopes = &nowhere;
    CHECK_IS(ARGUMENT_NULL, verify(&policy, header));
    policy = policy_for(api, 1);
    CHECK_IS(OK, verify(&policy, header));
    CHECK(tollgate_claim_type(NULL, STR("sub")) == TOLLGATE_CLAIM_ABSENT);
    CHECK(tollgate_claim_type(&verdict, (tollgate_str){NULL, 3}) == TOLLGATE_CLAIM_ABSENT);
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_string(NULL, STR("sub"), buffer, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_string(&verdict, nowhere, buffer, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_string(&verdict, STR("sub"), NULL, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_string(&verdict, STR("sub"), buffer, 64, NULL));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_integer(NULL, STR("exp"), &integer));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_integer(&verdict, nowhere, &integer));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_integer(&verdict, STR("exp"), NULL));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_has_word(NULL, STR("scope"), STR("a")));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_has_word(&verdict, nowhere, STR("a")));
    CHECK_IS(ARGUMENT_NULL, tollgate_claim_has_word(&verdict, STR("scope"), nowhere));
    CHECK_IS(EXPIRED, tollgate_verify(&keys, &policy, INT64_MAX, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_NULL, tollgate_message(NULL, buffer, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_message(&verdict, NULL, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_message(&verdict, buffer, 64, NULL));
    CHECK_IS(ARGUMENT_NULL, tollgate_challenge(NULL, STR(""), NULL, buffer, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_challenge(&verdict, nowhere, NULL, buffer, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_challenge(&verdict, STR(""), NULL, NULL, 64, &len));
    CHECK_IS(ARGUMENT_NULL, tollgate_challenge(&verdict, STR(""), NULL, buffer, 64, NULL));

    /* Misaligned arguments. */
    char *raw = malloc(sizeof(tollgate_key_set) + 8);
    CHECK_IS(ARGUMENT_MISALIGNED, tollgate_keys_from_jwks((tollgate_key_set *)(raw + 1), sizeof keys, jwks));
    CHECK_IS(ARGUMENT_MISALIGNED, tollgate_verify((tollgate_key_set *)(raw + 4), &policy, NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_MISALIGNED, tollgate_verify(&keys, (tollgate_policy *)(raw + 1), NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_MISALIGNED, tollgate_verify(&keys, &policy, NOW, header, scratch, size, (tollgate_verdict *)(raw + 2)));
    CHECK_IS(OK, verify(&policy, header));
    CHECK_IS(ARGUMENT_MISALIGNED, tollgate_claim_string(&verdict, STR("sub"), buffer, 64, (size_t *)(raw + 1)));
    CHECK_IS(ARGUMENT_MISALIGNED, tollgate_claim_integer(&verdict, STR("exp"), (int64_t *)(raw + 1)));
    /* Scratch memory and texts may begin anywhere. */
    CHECK_IS(OK, tollgate_verify(&keys, &policy, NOW, header, scratch + 1, size - 1, &verdict));
    free(raw);

    /* Wrong sizes and lengths. */
    CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_jwks(&other, sizeof other - 1, jwks));
    CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_jwks(&other, 0, jwks));
    CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_blob(&other, sizeof other + 8, jwks));
    CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_trusted_blob(&other, SIZE_MAX, jwks));
    CHECK_IS(ARGUMENT_LENGTH, tollgate_claim_string(&verdict, STR("sub"), buffer, SIZE_MAX, &len));
    CHECK_IS(ARGUMENT_LENGTH, tollgate_message(&verdict, buffer, SIZE_MAX / 2 + 1, &len));
    CHECK_IS(ARGUMENT_LENGTH, verify(&policy, (tollgate_str){header.data, SIZE_MAX}));
    CHECK_IS(ARGUMENT_LENGTH, tollgate_verify(&keys, &policy, NOW, header, scratch, SIZE_MAX / 2 + 1, &verdict));

    /* Overlapping memory. If the verdict overlaps, the key set and the policy stay unchanged. */
    memcpy(scratch, header.data, header.len);
    CHECK_IS(ARGUMENT_OVERLAP, verify(&policy, (tollgate_str){scratch, header.len}));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&keys, &policy, NOW, header, &verdict, sizeof verdict, &verdict));
    for (size_t word = 0; word < sizeof keys / 8; word += 7) {
        tollgate_verdict *inside = (tollgate_verdict *)(void *)&keys.opaque[word];
        CHECK_IS(ARGUMENT_OVERLAP, verify_into(&policy, header, scratch, inside));
    }
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&keys, &policy, NOW, header, &keys, sizeof keys, &verdict));
    union {
        tollgate_policy policy;
        tollgate_verdict verdict;
    } both = {policy};
    CHECK_IS(ARGUMENT_OVERLAP, verify_into(&both.policy, header, scratch, &both.verdict));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&keys, &both.policy, NOW, header, &both, sizeof both, &verdict));
    CHECK_IS(OK, verify(&both.policy, header));
    memset(scratch, 'a', size);
    policy.issuer.data = scratch + 1;
    CHECK_IS(ARGUMENT_OVERLAP, verify(&policy, header));
    policy = policy_for(api, 1);
    tollgate_str list[16] = {api[0]};
    policy.audiences = list;
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&keys, &policy, NOW, header, list, sizeof list, &verdict));
    CHECK_IS(OK, verify(&policy, header));
    policy = policy_for(api, 1);
    policy.required_scopes = list;
    policy.required_scope_count = 1;
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&keys, &policy, NOW, header, list, sizeof list, &verdict));
    policy = policy_for(api, 1);
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_keys_from_jwks(&other, sizeof other, (tollgate_str){(char *)&other, 100}));
    CHECK_IS(OK, verify(&policy, header));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_claim_string(&verdict, STR("sub"), scratch, size, &len));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_claim_string(&verdict, STR("sub"), (char *)&verdict, 64, &len));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_claim_string(&verdict, STR("sub"), (char *)&len, sizeof len, &len));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_claim_string(&verdict, STR("sub"), buffer, 64, (size_t *)&verdict));
    memcpy(buffer, "sub", 3);
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_claim_string(&verdict, (tollgate_str){buffer, 3}, buffer, 64, &len));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_claim_integer(&verdict, STR("exp"), (int64_t *)&verdict));
    CHECK_IS(OK, tollgate_claim_string(&verdict, STR("sub"), buffer, 64, &len));
    CHECK_IS(EXPIRED, tollgate_verify(&keys, &policy, INT64_MAX, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_message(&verdict, (char *)&verdict, 64, &len));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_challenge(&verdict, (tollgate_str){buffer, 3}, NULL, buffer, 64, &len));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_challenge(&verdict, STR(""), &both.policy, (char *)&both, sizeof both, &len));
    both.policy.issuer.data = buffer;
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_challenge(&verdict, STR(""), &both.policy, buffer, 64, &len));
    CHECK_IS(OK, tollgate_message(&verdict, buffer, sizeof buffer, &len));

    /* Times from a clock that was never set, or that failed. */
    CHECK_IS(ARGUMENT_TIME, tollgate_verify(&keys, &policy, 0, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_TIME, tollgate_verify(&keys, &policy, -1, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_TIME, tollgate_verify(&keys, &policy, INT64_MIN, header, scratch, size, &verdict));
    CHECK_IS(EXPIRED, tollgate_verify(&keys, &policy, INT64_MAX, header, scratch, size, &verdict));

    /* Unset key sets and verdicts; a failure unsets them, too. */
    CHECK_IS(ARGUMENT_UNSET, tollgate_verify(&other, &policy, NOW, header, scratch, size, &verdict));
    CHECK_IS(ARGUMENT_UNSET, tollgate_message(&verdict, buffer, 64, &len));
    CHECK_IS(OK, tollgate_keys_from_jwks(&other, sizeof other, jwks));
    CHECK_IS(JSON_SYNTAX, tollgate_keys_from_jwks(&other, sizeof other, STR("{")));
    CHECK_IS(ARGUMENT_UNSET, tollgate_verify(&other, &policy, NOW, header, scratch, size, &verdict));
    CHECK_IS(OK, verify(&policy, header));
    CHECK_IS(POLICY_VERSION, verify(&(tollgate_policy){0}, header));
    CHECK_IS(ARGUMENT_UNSET, tollgate_claim_string(&verdict, STR("sub"), buffer, 64, &len));
    CHECK_IS(ARGUMENT_UNSET, tollgate_claim_string((tollgate_verdict *)&keys, STR("sub"), buffer, 64, &len));
}

/* IEEE 802.3 */
static uint32_t crc32(const char *data, size_t len) {
    uint32_t crc = UINT32_MAX;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        crc ^= (uint32_t)((unsigned char)data[bit / 8] >> bit % 8 & 1);
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* Whether the byte belongs to a key's id or its length. With a right checksum, only these can change. */
static bool is_of_an_id(tollgate_str blob, size_t at) {
    size_t key = 64;
    while (key < blob.len) {
        const unsigned char *head = (const unsigned char *)blob.data + key;
        size_t id = 8 + (head[0] == 1 ? 64 : 96), table = (size_t)(head[4] + 256 * head[5]);
        if (at == key + 3 || (at >= key + id && at < key + id + head[3])) {
            return true;
        }
        key += (id + head[3] + 63) / 64 * 64 + (table + 63) / 64 * 64;
    }
    return false;
}

static void key_sets_are_whole_or_unset(tollgate_str jwks, tollgate_str blob, tollgate_str header) {
    tollgate_policy policy = policy_for(api, 1);
    tollgate_key_set set = {0};
    tollgate_verdict other = {0};
    CHECK_IS(KEY_SET_WITHOUT_KEYS, tollgate_keys_from_jwks(&set, sizeof set, STR("{}")));
    CHECK_IS(NO_USABLE_KEY, tollgate_keys_from_jwks(&set, sizeof set, STR("{\"keys\":[{}]}")));
    CHECK_IS(JSON_NOT_AN_OBJECT, tollgate_keys_from_jwks(&set, sizeof set, STR("[]")));
    for (size_t len = 0; len < jwks.len; len++) {
        char *prefix = malloc(len);
        memcpy(prefix, jwks.data, len);
        CHECK_IS(JSON_SYNTAX, tollgate_keys_from_jwks(&set, sizeof set, (tollgate_str){prefix, len}));
        free(prefix);
    }

    CHECK_IS(OK, tollgate_keys_from_blob(&set, sizeof set, blob));
    CHECK_IS(OK, tollgate_verify(&set, &policy, NOW, header, scratch, sizeof scratch, &other));
    CHECK_IS(OK, tollgate_keys_from_trusted_blob(&set, sizeof set, blob));
    CHECK_IS(OK, tollgate_verify(&set, &policy, NOW, header, scratch, sizeof scratch, &other));

    /* One bit flipped, and truncated; then the flipped bit with a matching checksum. */
    char *copy = malloc(blob.len);
    tollgate_str altered = {copy, blob.len};
    for (size_t bit = 0; bit < 8 * blob.len; bit += bit < 8 * 256 ? 1 : 1009) {
        memcpy(copy, blob.data, blob.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        tollgate_result damaged = tollgate_keys_from_trusted_blob(&set, sizeof set, altered);
        CHECK(damaged >= TOLLGATE_RESULT_BLOB_UNKNOWN && damaged <= TOLLGATE_RESULT_BLOB_MALFORMED);
        CHECK(damaged == tollgate_keys_from_blob(&set, sizeof set, altered));
        CHECK_IS(ARGUMENT_UNSET, tollgate_verify(&set, &policy, NOW, header, scratch, sizeof scratch, &other));
        char *prefix = malloc(bit / 8);
        memcpy(prefix, blob.data, bit / 8);
        tollgate_result truncated = tollgate_keys_from_blob(&set, sizeof set, (tollgate_str){prefix, bit / 8});
        CHECK(truncated == TOLLGATE_RESULT_BLOB_LENGTH || truncated == TOLLGATE_RESULT_BLOB_UNKNOWN);
        free(prefix);

        if (bit / 8 < 20) {
            continue;
        }
        uint32_t checksum = crc32(copy + 20, blob.len - 20);
        for (int i = 0; i < 4; i++) {
            copy[16 + i] = (char)(checksum >> 8 * i & 0xff);
        }
        tollgate_result compared = tollgate_keys_from_blob(&set, sizeof set, altered);
        CHECK(compared == TOLLGATE_RESULT_OK
                  ? is_of_an_id(blob, bit / 8)
                  : compared >= TOLLGATE_RESULT_BLOB_MALFORMED && compared <= TOLLGATE_RESULT_BLOB_UNSUPPORTED);
        if (tollgate_keys_from_trusted_blob(&set, sizeof set, altered) == TOLLGATE_RESULT_OK) {
            tollgate_result result = tollgate_verify(&set, &policy, NOW, header, scratch, sizeof scratch, &other);
            CHECK(result == TOLLGATE_RESULT_OK || result == TOLLGATE_RESULT_SIGNATURE_INVALID ||
                  result == TOLLGATE_RESULT_UNKNOWN_KEY);
        }
    }
    /* The library does not write to the blob that the key set borrows. */
    memcpy(copy, blob.data, blob.len);
    CHECK_IS(OK, tollgate_keys_from_blob(&set, sizeof set, altered));
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&set, &policy, NOW, header, copy + blob.len - 64, 64, &other));
    tollgate_verdict *inside = (tollgate_verdict *)(void *)(copy + blob.len / 2 / 16 * 16);
    CHECK_IS(ARGUMENT_OVERLAP, tollgate_verify(&set, &policy, NOW, header, scratch, sizeof scratch, inside));
    CHECK(memcmp(copy, blob.data, blob.len) == 0);
    free(copy);
}

/* Texts need no alignment, and no memory behind their end. */
static void texts_may_begin_anywhere(tollgate_str jwks, tollgate_str blob, tollgate_str header) {
    tollgate_policy policy = policy_for(api, 1);
    tollgate_key_set set = {0};
    tollgate_verdict other = {0};
    const size_t scratch_len = TOLLGATE_SCRATCH_SIZE(header.len);
    for (size_t offset = 0; offset < 16; offset++) {
        char *memory[] = {malloc(offset + jwks.len), malloc(offset + blob.len), malloc(offset + header.len),
                          malloc(offset + scratch_len)};
        tollgate_str keys_text = {memcpy(memory[0] + offset, jwks.data, jwks.len), jwks.len};
        tollgate_str keys_blob = {memcpy(memory[1] + offset, blob.data, blob.len), blob.len};
        tollgate_str token = {memcpy(memory[2] + offset, header.data, header.len), header.len};
        CHECK_IS(OK, tollgate_keys_from_jwks(&set, sizeof set, keys_text));
        CHECK_IS(OK, tollgate_verify(&set, &policy, NOW, token, memory[3] + offset, scratch_len, &other));
        CHECK_IS(OK, tollgate_keys_from_blob(&set, sizeof set, keys_blob));
        CHECK_IS(OK, tollgate_verify(&set, &policy, NOW, token, memory[3] + offset, scratch_len, &other));
        CHECK_IS(OK, tollgate_keys_from_trusted_blob(&set, sizeof set, keys_blob));
        CHECK_IS(OK, tollgate_verify(&set, &policy, NOW, token, memory[3] + offset, scratch_len, &other));
        for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
            free(memory[i]);
        }
    }
}

/* Makes the library read out of bounds, which the sanitizer or valgrind must detect. */
static tollgate_result overread(tollgate_str header) {
    tollgate_policy policy = policy_for(api, 1);
    size_t len = header.len - strlen("Bearer ");
    char *token = malloc(len);
    memcpy(token, header.data + strlen("Bearer "), len);
    tollgate_result result = verify_token(&policy, token, len + 1);
    free(token);
    return result;
}

static void what_is_left_out_is_refused(tollgate_str header, tollgate_str es256_header, tollgate_str blob) {
    tollgate_policy policy = policy_for(es256, 2);
    tollgate_key_set set = {0};
    CHECK_IS(OK, verify(&policy, es256_header));
    CHECK_IS(UNKNOWN_KEY, verify(&policy, header));
    CHECK_IS(BLOB_UNSUPPORTED, tollgate_keys_from_blob(&set, sizeof set, blob));
    CHECK_IS(BLOB_UNSUPPORTED, tollgate_keys_from_trusted_blob(&set, sizeof set, blob));
    CHECK_IS(ARGUMENT_UNSET, tollgate_verify(&set, &policy, NOW, es256_header, scratch, sizeof scratch, &verdict));
}

/* The algorithms of the tokens for all algorithms, in their order. */
static const uint32_t all_algorithms[] = {
    TOLLGATE_ALGORITHMS_ES256, TOLLGATE_ALGORITHMS_ES384, TOLLGATE_ALGORITHMS_ES512, TOLLGATE_ALGORITHMS_EDDSA,
    TOLLGATE_ALGORITHMS_RS256, TOLLGATE_ALGORITHMS_RS512, TOLLGATE_ALGORITHMS_PS256, TOLLGATE_ALGORITHMS_PS512,
};
enum { ALL_COUNT = sizeof all_algorithms / sizeof *all_algorithms };

/* The line at `index`. */
static tollgate_str line(tollgate_str text, size_t index) {
    const char *begin = text.data, *end = text.data + text.len;
    for (; index > 0; index--) {
        begin = (const char *)memchr(begin, '\n', (size_t)(end - begin)) + 1;
    }
    return (tollgate_str){begin, (size_t)((const char *)memchr(begin, '\n', (size_t)(end - begin)) - begin)};
}

static tollgate_result verify_one(const tollgate_key_set *set, const tollgate_policy *policy, tollgate_str token) {
    return tollgate_verify_token(set, policy, NOW_OF_ALL, token, scratch, sizeof scratch, &verdict);
}

/* Each key verifies its own algorithm, if the policy allows it. `known` is the sum of the algorithms that the
 * set has keys for. */
static void check_tokens(const tollgate_key_set *set, tollgate_str tokens, uint32_t known) {
    for (size_t i = 0; i < ALL_COUNT; i++) {
        tollgate_policy policy = policy_for(api, 1);
        tollgate_str token = line(tokens, i);
        if (!(known & all_algorithms[i])) {
            CHECK_IS(UNKNOWN_KEY, verify_one(set, &policy, token));
            continue;
        }
        CHECK_IS(OK, verify_one(set, &policy, token));
        policy.algorithms = all_algorithms[i];
        CHECK_IS(OK, verify_one(set, &policy, token));
        policy.algorithms = 1023 ^ all_algorithms[i];
        CHECK_IS(ALGORITHM_NOT_ALLOWED, verify_one(set, &policy, token));
        policy.algorithms = 1023;
        char *forged = malloc(token.len);
        memcpy(forged, token.data, token.len);
        char *changed = forged + token.len - 30;
        *changed = *changed == 'A' ? 'B' : 'A';
        CHECK_IS(SIGNATURE_INVALID, verify_one(set, &policy, (tollgate_str){forged, token.len}));
        free(forged);
    }
}

static void all_algorithms_verify(tollgate_str jwks, tollgate_str blob, tollgate_str tokens) {
    tollgate_key_set set = {0};
    CHECK_IS(OK, tollgate_keys_from_blob(&set, sizeof set, blob));
    check_tokens(&set, tokens, 1023);
    CHECK_IS(OK, tollgate_keys_from_trusted_blob(&set, sizeof set, blob));
    check_tokens(&set, tokens, 1023);
    CHECK_IS(OK, tollgate_keys_from_jwks(&set, sizeof set, jwks));
#ifdef TOLLGATE_LARGE_JWKS_KEYS
    check_tokens(&set, tokens, 1023);
#else
    check_tokens(&set, tokens,
                 TOLLGATE_ALGORITHMS_ES256 | TOLLGATE_ALGORITHMS_ES384 | TOLLGATE_ALGORITHMS_EDDSA);
#endif
}

/* The engine borrows all of its key, which no memory to write may overlap. */
static void rsa_keys_stay_in_the_blob(tollgate_str blob, tollgate_str tokens) {
    tollgate_policy policy = policy_for(api, 1);
    tollgate_key_set set = {0};
    char *copy = malloc(blob.len);
    memcpy(copy, blob.data, blob.len);
    CHECK_IS(OK, tollgate_keys_from_blob(&set, sizeof set, (tollgate_str){copy, blob.len}));
    tollgate_str token = line(tokens, 4);
    for (size_t at = 128; at < 128 + 516; at += 129) {
        CHECK_IS(ARGUMENT_OVERLAP,
                 tollgate_verify_token(&set, &policy, NOW_OF_ALL, token, copy + at, 1, &verdict));
    }
    CHECK(memcmp(copy, blob.data, blob.len) == 0);
    CHECK_IS(OK, verify_one(&set, &policy, token));

    /* Another constant, an even modulus and another exponent, each with a matching checksum. */
    static const struct {
        size_t at;
        tollgate_result result;
    } changes[] = {{128 + 256, TOLLGATE_RESULT_BLOB_FOREIGN_TABLE},
                   {128, TOLLGATE_RESULT_BLOB_RSA_KEY},
                   {128 + 512, TOLLGATE_RESULT_BLOB_RSA_KEY}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        memcpy(copy, blob.data, blob.len);
        copy[changes[i].at] = (char)(copy[changes[i].at] ^ 1);
        uint32_t checksum = crc32(copy + 20, blob.len - 20);
        for (int byte = 0; byte < 4; byte++) {
            copy[16 + byte] = (char)(checksum >> 8 * byte & 0xff);
        }
        CHECK(tollgate_keys_from_trusted_blob(&set, sizeof set, (tollgate_str){copy, blob.len}) == changes[i].result);
    }
    free(copy);
}

static void rs256_alone_refuses_the_rest(tollgate_str all_blob, tollgate_str rs256_blob, tollgate_str tokens,
                                         tollgate_str jwks) {
    tollgate_key_set set = {0};
    CHECK_IS(BLOB_UNSUPPORTED, tollgate_keys_from_blob(&set, sizeof set, all_blob));
    CHECK_IS(NO_USABLE_KEY, tollgate_keys_from_jwks(&set, sizeof set, jwks));
    CHECK_IS(OK, tollgate_keys_from_blob(&set, sizeof set, rs256_blob));
    check_tokens(&set, tokens, TOLLGATE_ALGORITHMS_RS256);
}

static void results_have_names(void) {
    CHECK(tollgate_version() == TOLLGATE_VERSION);
    CHECK(tollgate_http_status(TOLLGATE_RESULT_OK) == 200);
    CHECK(tollgate_http_status(TOLLGATE_RESULT_EXPIRED) == 401);
    CHECK(tollgate_http_status(TOLLGATE_RESULT_REJECTED) == 401);
    CHECK(tollgate_http_status(TOLLGATE_RESULT_ARGUMENT_NULL) == 500);
    CHECK(tollgate_http_status(12345) == 500);
    CHECK(equals(tollgate_reason(TOLLGATE_RESULT_OK), "ok"));
    CHECK(equals(tollgate_reason(TOLLGATE_RESULT_ARGUMENT_NULL), "argument-null"));
    CHECK(equals(tollgate_reason(12345), ""));
}

int main(int argc, char **argv) {
    if (argc < 13) {
        return 2;
    }
    const char *mode = argc > 13 ? argv[13] : "";
    tollgate_str jwks = read_file(argv[1], "");
    tollgate_str header = read_file(argv[2], "Bearer ");
    tollgate_str es256_header = read_file(argv[3], "bearer ");
    tollgate_str tampered = read_file(argv[4], "Bearer ");
    tollgate_str blob = read_file(argv[6], "");
    tollgate_str all_jwks = read_file(argv[9], ""), all_blob = read_file(argv[10], "");
    tollgate_str all_tokens = read_file(argv[11], ""), rs256_blob = read_file(argv[12], "");

    if (strcmp(mode, "rs256") != 0 && strcmp(mode, "mismatch") != 0) {
        CHECK_IS(OK, tollgate_keys_from_jwks(&keys, sizeof keys, jwks));
    }
    if (strcmp(mode, "overread") == 0) {
        printf("the overread was not detected: %d\n", (int)overread(header));
        return 1;
    } else if (strcmp(mode, "es256") == 0) {
        what_is_left_out_is_refused(header, es256_header, blob);
    } else if (strcmp(mode, "rs256") == 0) {
        rs256_alone_refuses_the_rest(all_blob, rs256_blob, all_tokens, all_jwks);
        rsa_keys_stay_in_the_blob(rs256_blob, all_tokens);
    } else if (strcmp(mode, "mismatch") == 0) {
        CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_jwks(&keys, sizeof keys, jwks));
        CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_blob(&keys, sizeof keys, blob));
        CHECK_IS(ARGUMENT_LENGTH, tollgate_keys_from_trusted_blob(&keys, sizeof keys, blob));
    } else {
        claims_of_accepted_tokens_are_readable(header, es256_header);
        unusual_claims_come_as_they_are(read_file(argv[7], ""), read_file(argv[8], "Bearer "));
        texts_are_whole_or_empty(header, tampered);
        getters_of_other_verdicts_leave_nothing(header, es256_header, tampered);
        tokens_of_all_lengths_are_refused(header);
        rejections_say_why(header, tampered, read_file(argv[5], "Bearer "));
        policies_that_make_no_sense_are_refused(header);
    requirements_are_judged_last_unless_for_validity(header);
    requirements_that_make_no_sense_are_refused(header);
        impossible_arguments_are_refused(header, jwks);
        key_sets_are_whole_or_unset(jwks, blob, header);
        texts_may_begin_anywhere(jwks, blob, header);
        all_algorithms_verify(all_jwks, all_blob, all_tokens);
        rsa_keys_stay_in_the_blob(rs256_blob, all_tokens);
        results_have_names();
    }
    while (text_count > 0) {
        free(texts[--text_count]);
    }
    printf("%u checks, %u failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
