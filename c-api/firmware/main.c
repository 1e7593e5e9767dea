/* A gateway without an operating system: the issuer's keys stand in flash, a token comes in.
 *
 * keys.bin is what `tollgate provision examples/oidc-provider/jwks.json --format bin` writes. With
 * ES384_ALONE defined, the library was built without es256; with WITH_JWKS, there are no tables; with
 * TRUSTED, they are not compared; WITHOUT_CHALLENGE leaves that out. */
#include <string.h>

#include "startup.h"
#include "tollgate.h"

/* A file as a part of the program, at a cache line. */
#define FILE_IN_FLASH(name, file)                                                          \
    __asm__(".section .files." #name ",\"a\"\n.balign 64\n.global " #name ", " #name "_end\n"   \
            #name ": .incbin \"" file "\"\n" #name "_end:\n.previous\n");                  \
    extern const char name[], name##_end[];

FILE_IN_FLASH(token, "access_token.txt")
FILE_IN_FLASH(token_es256, "access_token_es256.txt")
FILE_IN_FLASH(tampered, "tampered_token.txt")
#ifdef WITH_JWKS
FILE_IN_FLASH(jwks, "jwks.json")
#else
FILE_IN_FLASH(blob, "keys.bin")
#endif

#define STR(literal) ((tollgate_str)TOLLGATE_STR(literal))

static const tollgate_str audiences[] = {TOLLGATE_STR("https://api.example.com"),
                                         TOLLGATE_STR("https://es256.example.com")};
static const tollgate_str scopes[] = {TOLLGATE_STR("read:orders")};
static const tollgate_policy policy = {
    .version = TOLLGATE_VERSION,
    .issuer = TOLLGATE_STR("https://auth.example.com/oidc"),
    .audiences = audiences,
    .audience_count = 2,
    .required_scopes = scopes,
    .required_scope_count = 1,
};

static tollgate_key_set keys;
static tollgate_verdict verdict;
static char scratch[TOLLGATE_SCRATCH_SIZE(1024)];

static void print_number(uint32_t number) {
    char digits[12] = {0}, *digit = digits + sizeof digits - 1;
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(digit);
}

/* As if it had come in a request: "Bearer " and the token. */
static tollgate_result verify(const char *begin, const char *end) {
    static char header[2048];
    size_t len = (size_t)(end - begin);
    if (len + 7 > sizeof header) {
        finish(2);
    }
    memcpy(header, "Bearer ", 7);
    memcpy(header + 7, begin, len);
    while (header[7 + len - 1] == '\n') {
        len--;
    }
    tollgate_str authorization = {header, 7 + len};
    return tollgate_verify(&keys, &policy, 1795287000, authorization, scratch, sizeof scratch,
                           &verdict);
}

static void print_reason(tollgate_result result) {
    char reason[64] = {0};
    tollgate_str text = tollgate_reason(result);
    memcpy(reason, text.data, text.len < sizeof reason ? text.len : 0);
    print(reason);
    print("\n");
}

static void expect(const char *what, int holds) {
    print(what);
    print(holds ? ": yes\n" : ": NO\n");
    if (!holds) {
        finish(1);
    }
}

/* How deep the stack went: it is painted first, and then searched for the paint. */
extern uint32_t stack_bottom, stack_top;

static void paint(void) {
    uint32_t *here = __builtin_frame_address(0);
    for (volatile uint32_t *at = &stack_bottom; at < here - 64; at++) {
        *at = 0x57acced0;
    }
}

static uint32_t stack_used(void) {
    volatile uint32_t *at = &stack_bottom;
    while (*at == 0x57acced0) {
        at++;
    }
    return (uint32_t)(&stack_top - at) * 4;
}

int main(void) {
    paint();
#ifdef WITH_JWKS
    tollgate_result loaded =
        tollgate_keys_from_jwks(&keys, sizeof keys, (tollgate_str){jwks, jwks_end - jwks});
#elif defined TRUSTED
    tollgate_result loaded =
        tollgate_keys_from_trusted_blob(&keys, sizeof keys, (tollgate_str){blob, blob_end - blob});
#else
    tollgate_result loaded =
        tollgate_keys_from_blob(&keys, sizeof keys, (tollgate_str){blob, blob_end - blob});
#endif
    print_reason(loaded);
    expect("keys loaded", loaded == TOLLGATE_RESULT_OK);
    print("stack for loading the keys: ");
    print_number(stack_used());

    paint();
    print(" bytes\n");
    expect("ES384 token accepted", verify(token, token_end) == TOLLGATE_RESULT_OK);
    char subject[32];
    size_t len;
    int64_t exp;
    expect("its subject is there",
           tollgate_claim_string(&verdict, STR("sub"), subject, sizeof subject, &len) ==
                   TOLLGATE_RESULT_OK &&
               strcmp(subject, "user_7f3k") == 0);
    expect("its end is there",
           tollgate_claim_integer(&verdict, STR("exp"), &exp) == TOLLGATE_RESULT_OK &&
               exp == 1795290340);
#ifdef ES384_ALONE
    expect("ES256 token refused",
           verify(token_es256, token_es256_end) == TOLLGATE_RESULT_UNKNOWN_KEY);
#else
    expect("ES256 token accepted", verify(token_es256, token_es256_end) == TOLLGATE_RESULT_OK);
#endif

    expect("tampered token rejected",
           verify(tampered, tampered_end) == TOLLGATE_RESULT_SIGNATURE_INVALID);
#ifndef WITHOUT_CHALLENGE
    static char challenge[512];
    expect("its challenge is written",
           tollgate_challenge(&verdict, STR("api"), &policy, challenge, sizeof challenge, &len) ==
               TOLLGATE_RESULT_OK);
    print(challenge);
    print("\n");
#endif
    print("stack for verifying: ");
    print_number(stack_used());
    print(" bytes\n");

    expect("NULL refused", tollgate_verify(NULL, &policy, 1, (tollgate_str){0}, scratch,
                                           sizeof scratch, &verdict) ==
                               TOLLGATE_RESULT_ARGUMENT_NULL);
    expect("misaligned verdict refused",
           tollgate_verify(&keys, &policy, 1, (tollgate_str){0}, scratch, sizeof scratch,
                           (tollgate_verdict *)((char *)&verdict + 4)) ==
               TOLLGATE_RESULT_ARGUMENT_MISALIGNED);
    expect("library and header agree", tollgate_version() == TOLLGATE_VERSION);
    return 0;
}
