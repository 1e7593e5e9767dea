#!/usr/bin/env bash
# Starts the gateway on an emulated board, and prints curl commands to try it with. Installs what is
# missing: a target of Rust, and QEMU and curl by apt-get.
#
# usage: run.sh [--test]
#
# --test: sends it every test case, malformed requests, slow clients and hundreds of requests in a row,
#         and checks each answer instead
set -euo pipefail
cd "$(dirname "$0")/../.."
[[ ${1:-} =~ ^(--test)?$ ]] || { sed -n 's/^# \{0,1\}//p' examples/board-gateway/run.sh >&2; exit 2; }
source tests/firmware/prepare.sh

board_target=thumbv7em-none-eabi
program=$out/$board_target/small/board-gateway
work=$out/board-gateway
mkdir -p "$work"

# Starts the board with a loopback port that leads to it, and waits until it answers.
start() {
    # The port may be taken.
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        qemu-system-arm -M mps2-an386 -display none -serial none -monitor none \
            -chardev "file,id=console,path=$work/console.txt" \
            -semihosting-config enable=on,target=native,chardev=console \
            -nic "user,model=lan9118,hostfwd=tcp:127.0.0.1:$port-:80" \
            -kernel "$program" < /dev/null 2> "$work/emulator.txt" &
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
    cat "$work/emulator.txt" "$work/console.txt"
    exit 1
}

status() { # status PATH [OPTION...]: of the answer
    curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "${@:2}" "http://127.0.0.1:$port$1" ||
        true
}

bearer() { # bearer ALGORITHM CASE: the header with that token
    printf 'Authorization: '
    cat "$generated/cases.txt" "$generated/subjects.txt" | sed -n "s/^$1 $2 [^ ]* //p"
}

passed=0
failed=0
check() { # check NAME EXPECTED OBSERVED, where EXPECTED is a pattern of bash
    # shellcheck disable=SC2053
    if [[ $3 == $2 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n  expected: %s\n  observed: %s\n' "$1" "$2" "$3"
    fi
}

expect() { # expect NAME EXPECTED OPTION...: checks what curl gets
    check "$1" "$2" "$(curl --silent --include --max-time 10 "${@:3}" | on_one_line)"
}

# An answer on one line: its status, the fields that matter, and its content. More answers follow it,
# unless lines that begin with `case` stand between them.
on_one_line() {
    tr -d '\r' | awk '
        function flush() { if (line != "") print line; line = ""; content = 0 }
        /^case / { line = $0 " " line; flush(); next }
        /^HTTP/ { line = line (line == "" ? "" : " | ") $2; content = 0; next }
        content { line = line " | " $0 }
        /^$/ { content = 1 }
        /^(WWW-Authenticate|Allow|Connection):/ { line = line " | " $0 }
        END { flush() }'
}

# Rust does not link a heap without an allocator, and there is none.
has_no_allocator() {
    local symbols
    symbols=$(readelf --symbols --wide "$program")
    check "the program's symbols are there" 1 "$(grep -c ' program$' <<< "$symbols")"
    check "there is no allocator" 0 "$(grep -ciE '__rust_alloc|__rg_alloc|__rdl_alloc|malloc' <<< "$symbols")"
}

answers_as_clients_expect() {
    local good ok='{"subject":"user_1"}'
    good=$(bearer ES256 valid)
    expect "a good token" "200 | $ok" -H "$good" "$url"
    expect "a query" "200 | $ok" -H "$good" "$url?page=2"
    expect "HEAD" "200" --head -H "$good" "$url"
    expect "no token" \
        '401 | WWW-Authenticate: Bearer scope="read:orders" | {"code":"auth.authorization_header_missing","reason":"authorization-missing"}' \
        "$url"
    expect "an expired token" \
        '401 | WWW-Authenticate: Bearer error="invalid_token", error_description="*1759999999*1760000000*", scope="read:orders" | {"code":"invalid_token","reason":"expired"}' \
        -H "$(bearer ES256 expired)" "$url"
    expect "a token without the scope" \
        '403 | WWW-Authenticate: Bearer error="insufficient_scope", error_description="*", scope="read:orders" | {"code":"insufficient_scope","reason":"insufficient-scope"}' \
        -H "$(bearer ES384 without-scope)" "$url"
    expect "two Authorization headers" \
        '401 | WWW-Authenticate: Bearer error="invalid_request", error_description="*", scope="read:orders" | {"code":"auth.authorization_token_invalid_format","reason":"authorization-repeated"}' \
        -H "$good" -H "$good" "$url"
    # In a pattern, two backslashes are one.
    expect "a subject to be escaped" '200 | {"subject":"a \\"b\\" \\\\ \\n \\u0001 ü 😀"}' \
        -H "$(bearer ES256 odd-subject)" "$url"
    expect "the longest subject" '200 | {"subject":"*"}' -H "$(bearer ES256 longest-subject)" "$url"
    expect "a subject that is too long" '403 | {"code":"access_denied","reason":"subject-too-long"}' \
        -H "$(bearer ES256 long-subject)" "$url"
    expect "another path" '404 | {"code":"not_found","reason":"path"}' -H "$good" "${url}x"
    expect "another method" '405 | Allow: GET, HEAD | {"code":"method_not_allowed","reason":"method"}' \
        -X DELETE -H "$good" "$url"
    expect "content" '405 | Allow: GET, HEAD | Connection: close | {"code":"method_not_allowed","reason":"method"}' \
        --data x -H "$good" "$url"
    head -c 1000000 /dev/zero > "$work/megabyte"
    check "a megabyte of content" 405 "$(status /orders --data-binary "@$work/megabyte" -H "$good")"
    expect "content in chunks" '411 | Connection: close | {"code":"bad_request","reason":"content-without-length"}' \
        --data x -H 'Transfer-Encoding: chunked' "$url"
    expect "the client wants no more" "200 | Connection: close | $ok" -H 'Connection: close' -H "$good" "$url"
    expect "HTTP/1.0" "200 | Connection: close | $ok" --http1.0 -H "$good" "$url"
    local too_long='431 | Connection: close | {"code":"bad_request","reason":"head-too-long"}'
    expect "a long field" "$too_long" -H "X: $(printf '%05000d' 0)" "$url"
    # shellcheck disable=SC2046 # words
    expect "many fields" "$too_long" $(printf -- '-H X-%d:1 ' $(seq 40)) "$url"
}

refuses_malformed_requests() {
    local bytes not_found='{"code":"not_found","reason":"path"}' get='GET /orders HTTP/1.1\r\nHost: board\r\n'
    for bytes in \
        'hello\r\n\r\n' \
        '\0\1\2\377\r\n\r\n' \
        'GET /orders\r\n\r\n' \
        'GET /orders HTTP/2.0\r\nHost: board\r\n\r\n' \
        'GET /or ders HTTP/1.1\r\nHost: board\r\n\r\n' \
        'GET /orders HTTP/1.1\r\n\r\n' \
        "${get}Host: board\r\n\r\n" \
        "${get}Authorization : Bearer a.b.c\r\n\r\n" \
        "${get}Authorization: Bearer a.\r\n b.c\r\n\r\n" \
        "${get}Authorization: Bearer \0\r\n\r\n" \
        "${get}no colon\r\n\r\n" \
        "${get}Content-Length: -1\r\n\r\n" \
        "${get}Content-Length: 1\r\nContent-Length: 2\r\n\r\n"; do
        expect_raw "$bytes" '400 | Connection: close | {"code":"bad_request","reason":"head-malformed"}' "$bytes"
    done
    get='GET / HTTP/1.1\r\nHost: board\r\n'
    expect_raw "three requests at once" \
        "404 | $not_found | 404 | $not_found | 404 | Connection: close | $not_found" \
        "$get\r\n$get\r\n${get}Connection: keep-alive, Close\r\n\r\n"
    expect_raw "content that looks like a request" "404 | Connection: close | $not_found" \
        "${get}Content-Length: 30\r\n\r\n$get\r\n"
    expect_raw "absolute form" "404 | Connection: close | $not_found" 'GET HTTP://board?/orders HTTP/1.0\r\n\r\n'
    expect_raw "silence" "" ''
}

expect_raw() { # expect_raw NAME EXPECTED BYTES: checks what the board answers until it closes the connection
    exec 3<> "/dev/tcp/127.0.0.1/$port"
    printf "$3" >&3
    check "$1" "$2" "$(timeout 20 cat <&3 | on_one_line)"
    exec 3>&-
}

# Three clients that send half a head take three of the four connections, for a while.
serves_others_beside_slow_clients() {
    local slow half='GET /orders HTTP/1.1\r\nHost: board\r\nAuthor'
    exec 4<> "/dev/tcp/127.0.0.1/$port" 5<> "/dev/tcp/127.0.0.1/$port" 6<> "/dev/tcp/127.0.0.1/$port"
    for slow in 4 5 6; do printf "$half" >&"$slow"; done
    for _ in 1 2 3 4 5; do
        check "a client beside three slow ones" 200 "$(status /orders -H "$(bearer ES256 valid)")"
    done
    for slow in 4 5 6; do
        check "a slow client" '408 | Connection: close | {"code":"bad_request","reason":"head-too-late"}' \
            "$(timeout 20 cat <&"$slow" | on_one_line)"
    done
    exec 4>&- 5>&- 6>&-
    check "a client after the slow ones" 200 "$(status /orders -H "$(bearer ES256 valid)")"
}

# Every case in each round. One curl for a round keeps its connections; sometimes the board closes one.
judges_every_case_in_each_round() {
    local rounds=30 algorithm name verdict value
    while read -r algorithm name verdict value; do
        [ ! -s "$work/round.txt" ] || echo "next"
        printf 'url = "%s"\nheader = "Authorization: %s"\n' "$url" "$value"
        [ "$name" != wrong-audience ] || echo 'header = "Connection: close"'
        printf 'write-out = "case %s %s\\n"\ninclude\nmax-time = 10\n' "$algorithm" "$name"
        printf 'case %s %s %s\n' "$algorithm" "$name" "$(expected_answer "$name" "$verdict")" >&3
    done < "$generated/cases.txt" > "$work/round.txt" 3> "$work/expected.txt"
    for _ in $(seq "$rounds"); do
        curl --silent --config "$work/round.txt" | on_one_line > "$work/answers.txt" || true
        check "answers in a round" "$(wc -l < "$work/expected.txt")" "$(wc -l < "$work/answers.txt")"
        while read -r expected <&3 && read -r observed; do
            check "${expected%% [0-9]*}" "$expected" "$observed"
        done < "$work/answers.txt" 3< "$work/expected.txt"
    done
}

expected_answer() { # expected_answer CASE VERDICT
    case "$1 $2" in
        # The board has no clock to find these out, and memory for every token that a request has room for.
        "not-yet-valid "* | "longer-than-memory "* | *" accepted") echo '200*| {"subject":"user_1"}' ;;
        "oversized "*) echo '431 *"reason":"head-too-long"}' ;;
        *" insufficient-scope") echo '403 *| WWW-Authenticate: Bearer *"reason":"insufficient-scope"}' ;;
        *) echo "401 | WWW-Authenticate: Bearer*\"reason\":\"$2\"}" ;;
    esac
}

# Good tokens only, on one connection: a new one may wait half a second for QEMU's user network.
answers_fast() {
    local requests=300 before after answered
    before=$(date +%s%N)
    answered=$(curl --silent --header "$(bearer ES256 valid)" --max-time 100 --write-out '%{http_code}\n' \
        --output /dev/null "$url?[1-$requests]" | grep -c '^200$') || true
    after=$(date +%s%N)
    check "good tokens on one connection" "$requests" "$answered"
    requests_per_second=$((requests * 1000000000 / (after - before)))
}

section() { # section NAME: its size in the program
    echo $((16#$(readelf --section-headers --wide "$program" | awk '{ sub(/\[ */, "") } $2 == "'"$1"'" { print $6 }')))
}

.ci/apt-install qemu-system-arm:qemu-system-arm curl:curl
generate_tokens
provision 6x2 6x2-es256,es384.rs
use_targets "$board_target"
TOLLGATE_KEYS=$generated/6x2-es256,es384.rs CARGO_TARGET_DIR=$out cargo --config tests/firmware/.cargo/config.toml build \
    --quiet --locked --manifest-path examples/board-gateway/Cargo.toml --target "$board_target" --profile small
start
url=http://127.0.0.1:$port/orders

if [ "${1:-}" != --test ]; then
    echo "The board answers until you stop it with Ctrl-C. In another terminal, these are answered with 200,"
    echo "401 (expired) and 403 (the scope is missing):"
    for name in valid expired without-scope; do
        printf '\ncurl -i -H "%s" %s\n' "$(bearer ES256 "$name")" "$url"
    done
    wait "$board"
    exit
fi

for part in has_no_allocator answers_as_clients_expect refuses_malformed_requests \
    serves_others_beside_slow_clients judges_every_case_in_each_round answers_fast; do
    "$part"
    echo "$part: $passed passed, $failed failed so far"
done
# The board measures its stack once a second.
sleep 2
check "nothing went wrong on the board" "" "$(grep '^error' "$work/console.txt")"
check "the board answers in the end" 404 "$(status /)"
stack=$(sed -n 's/^stack //p' "$work/console.txt" | tail -n 1)
check "the stack is no deeper than 8 KiB" yes "$([ "$stack" -le 8192 ] && echo yes)"

cat << END

flash       $((($(section .text) + $(section .rodata)) / 1024)) KiB, including 20 KiB of tables
static RAM  $(section .bss) bytes
stack       $stack bytes
requests    $requests_per_second a second (ES256, on one connection, under this emulator on this machine)

END
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
