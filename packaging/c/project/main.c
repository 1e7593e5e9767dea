/* Verifies a token with the keys of a JWK set.
 *
 * usage: gateway JWKS TOKEN AUDIENCE NOW */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tollgate.h>

/* Reads a file without the line end. */
static tollgate_str content(const char *path, char *memory, size_t size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t len = fread(memory, 1, size, file);
    fclose(file);
    while (len > 0 && memory[len - 1] == '\n') {
        len--;
    }
    return (tollgate_str){.data = memory, .len = len};
}

int main(int argc, char **argv) {
    static char jwks[65536], token[TOLLGATE_MAX_TOKEN_LEN];
    static char scratch[TOLLGATE_SCRATCH_SIZE(TOLLGATE_MAX_TOKEN_LEN)];
    static tollgate_key_set keys;
    if (argc != 5 || tollgate_version() != TOLLGATE_VERSION) {
        return 2;
    }
    tollgate_result result = tollgate_keys_from_jwks(&keys, sizeof keys, content(argv[1], jwks, sizeof jwks));
    if (result != TOLLGATE_RESULT_OK) {
        printf("no keys: %.*s\n", TOLLGATE_PRINT(tollgate_reason(result)));
        return 2;
    }
    const tollgate_str audiences[] = {{.data = argv[3], .len = strlen(argv[3])}};
    const tollgate_policy policy = {
        .version = TOLLGATE_VERSION,
        .issuer = TOLLGATE_STR("https://auth.example.com/oidc"),
        .audiences = audiences,
        .audience_count = 1,
    };
    tollgate_verdict verdict = {0};
    result = tollgate_verify_token(&keys, &policy, atoll(argv[4]), content(argv[2], token, sizeof token), scratch,
                                   sizeof scratch, &verdict);
    if (result != TOLLGATE_RESULT_OK) {
        printf("%d %.*s\n", (int)tollgate_http_status(result), TOLLGATE_PRINT(tollgate_reason(result)));
        return 1;
    }
    char subject[256];
    size_t len;
    tollgate_str sub = TOLLGATE_STR("sub");
    if (tollgate_claim_string(&verdict, sub, subject, sizeof subject, &len) != TOLLGATE_RESULT_OK) {
        return 2;
    }
    printf("200 %s\n", subject);
    return 0;
}
