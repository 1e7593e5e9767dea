#!/usr/bin/env bash
# Starts the gateway on an emulated board, and asks it with curl: every case, a long row of requests,
# malformed ones, slow clients. Installs what it needs: a target of Rust, and QEMU and curl by apt-get.
#
# usage: run.sh [--serve]
#
# --serve: keeps the board running, and prints lines to try it with
set -euo pipefail
case ${1:-} in
    "" | --serve) ;;
    *)
        echo "usage: run.sh [--serve]" >&2
        exit 2
        ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
export CARGO_TERM_COLOR=never

target=thumbv7em-none-eabi
out=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")/firmware
generated=$out/gateway
program=$out/$target/small/tollgate-gateway
mkdir -p "$generated"

# Tokens with what they deserve, and tables for the keys that signed them.
generate() {
    cd "$root"
    cargo run --quiet --release --locked -p tollgate-tests --bin firmware_cases -- "$generated"
    cargo run --quiet --release --locked -p tollgate-cli -- \
        provision "$generated/jwks.json" --teeth 6 --blocks 2 -o "$generated/keys.rs" 2> "$generated/provision.txt" ||
        { cat "$generated/provision.txt" >&2; exit 1; }
}

build() {
    local settings
    settings=$("$here/../toolchain.sh" "$out/toolchain" "$target")
    (
        eval "$settings"
        cd "$here"
        TOLLGATE_KEYS=$generated/keys.rs CARGO_TARGET_DIR=$out \
            cargo build --quiet --locked --target "$target" --profile small
    )
}

# Starts the board with a loopback port that leads to it, and waits until it answers.
start() {
    local attempt
    for attempt in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        qemu-system-arm -M mps2-an386 -display none -serial none -monitor none \
            -chardev "file,id=console,path=$generated/console.txt" \
            -semihosting-config enable=on,target=native,chardev=console \
            -nic "user,model=lan9118,hostfwd=tcp:127.0.0.1:$port-:80" \
            -kernel "$program" < /dev/null 2> "$generated/emulator.txt" &
        board=$!
        trap 'kill "$board" 2> /dev/null || true' EXIT
        for _ in $(seq 100); do
            kill -0 "$board" 2> /dev/null || break
            if [ "$(status /)" = 404 ]; then return; fi
            sleep 0.1
        done
        kill "$board" 2> /dev/null || true
        wait "$board" || true
    done
    echo "the board does not answer"
    exit 1
}

status() { # status PATH [OPTION...]: of the answer
    local url=http://127.0.0.1:$port$1
    shift
    curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "$@" "$url" || true
}

authorization() { # authorization ALGORITHM CASE: the header's value
    awk -v algorithm="$1" -v name="$2" '$1 == algorithm && $2 == name {
        sub(/^[^ ]+ [^ ]+ [^ ]+ /, "")
        print
    }' "$generated/cases.txt"
}

# The status that a case's verdict is answered with.
expected_status() { # expected_status NAME VERDICT
    case "$1 $2" in
        # Without a clock, whether a token is valid yet cannot be told.
        "not-yet-valid "*) echo 200 ;;
        # This board has memory for every token that a request has room for ...
        "longer-than-memory "*) echo 200 ;;
        # ... but not for every request.
        "oversized "*) echo 431 ;;
        *" accepted") echo 200 ;;
        *" insufficient-scope") echo 403 ;;
        *) echo 401 ;;
    esac
}

passed=0
failed=0
check() { # check NAME EXPECTED OBSERVED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n  expected: %s\n  observed: %s\n' "$1" "$2" "$3"
    fi
}

# An answer on one line: its status, the fields that matter, and its content.
answer() { # answer OPTION...
    curl --silent --include --max-time 10 "$@" | on_one_line
}

on_one_line() {
    tr -d '\r' | awk '
        /^HTTP/ { line = line (NR > 1 ? " | " : "") $2; content = 0; next }
        content { line = line " | " $0 }
        /^$/ { content = 1 }
        /^(WWW-Authenticate|Allow|Connection):/ { line = line " | " $0 }
        END { print line }'
}

# What the board says to these bytes until it closes the connection.
answer_to() { # answer_to BYTES
    exec 3<> "/dev/tcp/127.0.0.1/$port"
    printf "$1" >&3
    timeout 20 cat <&3 | on_one_line
    exec 3>&-
}

judges_every_case() {
    local algorithm name verdict value code expected observed
    while read -r algorithm name verdict value; do
        code=$(expected_status "$name" "$verdict")
        case $code in
            200) expected='200 *{"subject":"user_1"}' ;;
            431) expected='431 *"reason":"head-too-long"}' ;;
            *) expected="$code | WWW-Authenticate: Bearer*\"reason\":\"$verdict\"}" ;;
        esac
        printf 'header = "Authorization: %s"\n' "$value" > "$generated/header.txt"
        observed=$(answer --config "$generated/header.txt" "$url")
        # shellcheck disable=SC2053 # a pattern
        [[ $observed == $expected ]] && observed=$expected
        check "$algorithm $name" "$expected" "$observed"
    done < "$generated/cases.txt"
}

answers_as_clients_expect() {
    local good expired narrow ok
    good="Authorization: $(authorization ES256 valid)"
    expired="Authorization: $(authorization ES256 expired)"
    narrow="Authorization: $(authorization ES384 without-scope)"
    ok='{"subject":"user_1"}'
    check "a good token" "200 | $ok" "$(answer -H "$good" "$url")"
    check "a query" "200 | $ok" "$(answer -H "$good" "$url?page=2")"
    check "HEAD" "200" "$(answer --head -H "$good" "$url")"
    check "no token" \
        '401 | WWW-Authenticate: Bearer | {"code":"auth.authorization_header_missing","reason":"authorization-missing"}' \
        "$(answer "$url")"
    check "an expired token" \
        '401 | WWW-Authenticate: Bearer error="invalid_token", error_description="the token expired at 1759999999, and it is 1760000000 now", scope="read:orders" | {"code":"invalid_token","reason":"expired"}' \
        "$(answer -H "$expired" "$url")"
    check "a token without the scope" \
        '403 | WWW-Authenticate: Bearer error="insufficient_scope", error_description="the token lacks a scope that is required here", scope="read:orders" | {"code":"insufficient_scope","reason":"insufficient-scope"}' \
        "$(answer -H "$narrow" "$url")"
    check "two Authorization headers" \
        '401 | WWW-Authenticate: Bearer error="invalid_request", error_description="there is more than one Authorization header", scope="read:orders" | {"code":"auth.authorization_token_invalid_format","reason":"authorization-repeated"}' \
        "$(answer -H "$good" -H "$good" "$url")"
    check "a subject to be escaped" '200 | {"subject":"a \"b\" \\ \u000a ü 😀"}' \
        "$(answer -H "Authorization: $(sed -n 's/^odd //p' "$generated/subjects.txt")" "$url")"
    check "a subject that is too long" '403 | {"code":"access_denied","reason":"subject-too-long"}' \
        "$(answer -H "Authorization: $(sed -n 's/^long //p' "$generated/subjects.txt")" "$url")"
    check "another path" '404 | {"code":"not_found","reason":"path"}' "$(answer -H "$good" "${url}x")"
    check "another method" \
        '405 | Allow: GET, HEAD | {"code":"method_not_allowed","reason":"method"}' \
        "$(answer -X DELETE -H "$good" "$url")"
    check "content" \
        '405 | Allow: GET, HEAD | Connection: close | {"code":"method_not_allowed","reason":"method"}' \
        "$(answer --data x -H "$good" "$url")"
    head -c 1000000 /dev/zero > "$generated/megabyte"
    check "a megabyte of content" "405" "$(status /orders --data-binary "@$generated/megabyte" -H "$good")"
    check "content in chunks" \
        '411 | Connection: close | {"code":"bad_request","reason":"content-without-length"}' \
        "$(answer --data x -H 'Transfer-Encoding: chunked' "$url")"
    check "the client wants no more" "200 | Connection: close | $ok" \
        "$(answer -H 'Connection: close' -H "$good" "$url")"
    check "HTTP/1.0" "200 | Connection: close | $ok" "$(answer --http1.0 -H "$good" "$url")"
    local too_long='431 | Connection: close | {"code":"bad_request","reason":"head-too-long"}'
    check "a long field" "$too_long" "$(answer -H "X: $(printf '%05000d' 0)" "$url")"
    # shellcheck disable=SC2046 # words
    check "many fields" "$too_long" "$(answer $(printf -- '-H X-%d:1 ' $(seq 40)) "$url")"
}

refuses_what_is_no_request() {
    local bytes malformed='400 | Connection: close | {"code":"bad_request","reason":"head-malformed"}'
    for bytes in \
        'hello\r\n\r\n' \
        '\0\1\2\377\r\n\r\n' \
        'GET /orders\r\n\r\n' \
        'GET /orders HTTP/2.0\r\nHost: board\r\n\r\n' \
        'GET /or ders HTTP/1.1\r\nHost: board\r\n\r\n' \
        'GET /orders HTTP/1.1\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nHost: board\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nAuthorization : Bearer a.b.c\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nAuthorization: Bearer a.\r\n b.c\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nAuthorization: Bearer \0\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nno colon\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nContent-Length: -1\r\n\r\n' \
        'GET /orders HTTP/1.1\r\nHost: board\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'; do
        check "$bytes" "$malformed" "$(answer_to "$bytes")"
    done
    local request='GET / HTTP/1.1\r\nHost: board\r\n' not_found='{"code":"not_found","reason":"path"}'
    check "three requests at once" \
        "404 | $not_found | 404 | $not_found | 404 | Connection: close | $not_found" \
        "$(answer_to "$request\r\n$request\r\n${request}Connection: keep-alive, Close\r\n\r\n")"
    check "content that looks like a request" "404 | Connection: close | $not_found" \
        "$(answer_to "${request}Content-Length: 30\r\n\r\n$request\r\n")"
    check "absolute form" "404 | Connection: close | $not_found" \
        "$(answer_to 'GET HTTP://board?/orders HTTP/1.0\r\n\r\n')"
    check "silence" "" "$(answer_to '')"
}

# One curl for each round, so that connections are kept by the client as well as closed by either side.
answers_a_long_row() {
    local rounds=30 round row=$generated/row.txt results=$generated/results.txt
    local algorithm name verdict value
    while read -r algorithm name verdict value; do
        [ ! -s "$row" ] || [ "$algorithm $name" = "ES256 valid" ] || echo "next"
        printf 'url = "%s"\nheader = "Authorization: %s"\n' "$url" "$value"
        [ "$name" != wrong-audience ] || echo 'header = "Connection: close"'
        printf 'write-out = "%s %s %s %%{http_code}\\n"\n' \
            "$algorithm" "$name" "$(expected_status "$name" "$verdict")"
        printf 'output = "/dev/null"\nmax-time = 10\n'
    done < "$generated/cases.txt" > "$row"
    : > "$results"
    for round in $(seq "$rounds"); do
        curl --silent --config "$row" >> "$results" || true
        [ $((round % 10)) != 0 ] || echo "row of requests: $(wc -l < "$results") answered so far"
    done
    check "the row's answers" $((rounds * $(wc -l < "$generated/cases.txt"))) "$(wc -l < "$results")"
    while read -r algorithm name expected observed; do
        check "$algorithm $name, in the row" "$expected" "$observed"
    done < "$results"
}

# Good tokens only, on one connection: a new one may wait half a second for QEMU's user network.
answers_fast() {
    local requests=300 before after
    before=$(date +%s%N)
    curl --silent --header "Authorization: $(authorization ES256 valid)" --max-time 100 \
        --write-out '%{http_code}\n' --output /dev/null "$url?[1-$requests]" > "$generated/results.txt" || true
    after=$(date +%s%N)
    check "good tokens on one connection" "$requests" "$(grep -c '^200$' "$generated/results.txt")"
    requests_per_second=$((requests * 1000000000 / (after - before)))
}

# Rust would not link a heap without an allocator, and there is none.
has_no_allocator() {
    local symbols
    symbols=$(readelf --symbols --wide "$program")
    check "the program's symbols are there" 1 "$(grep -c ' program$' <<< "$symbols")"
    check "there is no allocator" 0 "$(grep -ciE '__rust_alloc|__rg_alloc|__rdl_alloc|malloc' <<< "$symbols")"
}

# Three clients that send half a head take three of the four connections, for a while.
serves_others_beside_slow_clients() {
    local good slow half='GET /orders HTTP/1.1\r\nHost: board\r\nAuthor'
    good="Authorization: $(authorization ES256 valid)"
    exec 4<> "/dev/tcp/127.0.0.1/$port" 5<> "/dev/tcp/127.0.0.1/$port" 6<> "/dev/tcp/127.0.0.1/$port"
    for slow in 4 5 6; do printf "$half" >&"$slow"; done
    for _ in 1 2 3 4 5; do
        check "a client beside three slow ones" "200" "$(status /orders -H "$good")"
    done
    local late='408 | Connection: close | {"code":"bad_request","reason":"head-too-late"}'
    check "the first slow client" "$late" "$(timeout 20 cat <&4 | on_one_line)"
    check "the second slow client" "$late" "$(timeout 20 cat <&5 | on_one_line)"
    check "the third slow client" "$late" "$(timeout 20 cat <&6 | on_one_line)"
    exec 4>&- 5>&- 6>&-
    check "a client after the slow ones" "200" "$(status /orders -H "$good")"
}

section() { # section NAME: its size in the program
    local size
    size=$(readelf --section-headers --wide "$program" |
        sed -n 's/^ *\[ *[0-9]*\] *//p' | awk -v name="$1" '$1 == name { print $5 }')
    echo $((16#${size:-0}))
}

"$root/.ci/packages" qemu-system-arm:qemu-system-arm curl:curl
generate
build
start
url=http://127.0.0.1:$port/orders

if [ "${1:-}" = --serve ]; then
    echo "The board answers until you stop it with Ctrl-C. For another terminal, what is answered by 200,"
    echo "401 (expired) and 403 (another scope):"
    for name in valid expired without-scope; do
        printf '\ncurl -i -H "Authorization: %s" %s\n' "$(authorization ES256 "$name")" "$url"
    done
    wait "$board"
    exit
fi

for part in has_no_allocator judges_every_case answers_as_clients_expect refuses_what_is_no_request \
    serves_others_beside_slow_clients answers_a_long_row answers_fast; do
    "$part"
    echo "$part: $passed passed, $failed failed so far"
done
# The board looks at its stack once in a second.
sleep 2
check "nothing went wrong on the board" "" "$(grep '^error' "$generated/console.txt")"
check "the board answers in the end" "404" "$(status /)"
stack=$(sed -n 's/^stack //p' "$generated/console.txt" | tail -n 1)
check "the stack is no deeper than 8 KiB" yes "$([ "$stack" -le 8192 ] && echo yes)"

cat << END

flash       $((($(section .text) + $(section .rodata)) / 1024)) KiB, of which 20 are tables
static RAM  $(section .bss) bytes
stack       $stack bytes
requests    $requests_per_second a second (ES256, on one connection, under this emulator on this machine)

END
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
