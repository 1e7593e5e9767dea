#!/usr/bin/env bash
# Verifies tokens on emulated microcontrollers, compares every verdict with the expected one, and
# prints what it costs. Installs what it needs: targets of Rust, and QEMU by apt-get.
#
# usage: run.sh [--quick]
#
# --quick: optimised for size only, the provisioned and the reference engine only
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
cd "$here"
export CARGO_TERM_COLOR=never

out=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")/firmware
generated=$out/generated
mkdir -p "$generated"
quick=${1:-}

targets="thumbv7em-none-eabi thumbv7m-none-eabi thumbv6m-none-eabi riscv32imc-unknown-none-elf"

# The processor that a target stands for.
processor() {
    case $1 in
        thumbv7em-*) echo "Cortex-M4" ;;
        thumbv7m-*) echo "Cortex-M3" ;;
        thumbv6m-*) echo "Cortex-M0" ;;
        riscv32imc-*) echo "rv32imc" ;;
    esac
}

# Instructions take 1 ns each of the emulated time; so long takes a tick of the board's clock, in ns.
instructions_per_tick() {
    case $1 in
        thumbv7*) echo 40 ;;
        thumbv6m-*) echo 62.5 ;;
        riscv32imc-*) echo 1 ;;
    esac
}

emulate() { # emulate TARGET PROGRAM
    local console="-display none -serial none -monitor none -chardev stdio,id=console"
    local semihosting="-semihosting-config enable=on,target=native,chardev=console"
    local machine
    case $1 in
        thumbv7em-*) machine="qemu-system-arm -M mps2-an386" ;;
        thumbv7m-*) machine="qemu-system-arm -M mps2-an385" ;;
        thumbv6m-*) machine="qemu-system-arm -M microbit" ;;
        riscv32imc-*) machine="qemu-system-riscv32 -M virt -bios none" ;;
    esac
    timeout 120 $machine $console $semihosting -icount shift=0 -kernel "$2" < /dev/null
}

install_qemu() {
    command -v qemu-system-arm > /dev/null && command -v qemu-system-riscv32 > /dev/null && return
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    $sudo apt-get install -qq --yes --no-install-recommends qemu-system-arm qemu-system-misc > /dev/null
}

# Tokens and keys, the same ones in every run; tables for one key, for the other, and for both.
generate() {
    cd "$root"
    cargo run --quiet --release --locked -p tollgate-tests --bin firmware_cases -- "$generated"
    cargo build --quiet --release --locked -p tollgate
    local tollgate size teeth
    tollgate=$(dirname "$out")/release/tollgate
    for size in 4x1 5x2 6x2; do
        teeth="--teeth ${size%x*} --blocks ${size#*x}"
        "$tollgate" provision "$generated/jwks.json" $teeth --kid k1 -o "$generated/$size-es256.rs"
        "$tollgate" provision "$generated/jwks.json" $teeth --kid k2 -o "$generated/$size-es384.rs"
        "$tollgate" provision "$generated/jwks.json" $teeth -o "$generated/$size-es256,es384.rs"
    done 2> "$generated/provision.txt"
    cd "$here"
}

build() { # build TARGET PROFILE TABLES FEATURES: the program is $out/TARGET/PROFILE/tollgate-firmware
    local algorithms=${4#*,}
    TOLLGATE_GENERATED=$generated TOLLGATE_KEYS=$generated/$3-${algorithms%,no-panic}.rs \
        CARGO_TARGET_DIR=$out cargo build --quiet --locked --target "$1" --profile "$2" --features "$4"
}

section() { # section PROGRAM NAME: its size
    local size
    size=$(readelf --section-headers --wide "$1" |
        sed -n 's/^ *\[ *[0-9]*\] *//p' | awk -v name="$2" '$1 == name { print $5 }')
    echo $((16#${size:-0}))
}

passed=0
failed=0
check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
    fi
}

# One program: builds and runs it, counts its cases, and adds a line to the table.
try() { # try TARGET PROFILE TABLES FEATURES
    local target=$1 profile=$2 tables=$3 features=$4
    local name="$target $profile $features"
    local program=$out/$target/$profile/tollgate-firmware lines=$generated/lines.txt
    local engine=${features%%,*} algorithms=${features#*,}
    [ "$engine" != provisioned ] || name="$name $tables"
    if ! build "$target" "$profile" "$tables" "$features"; then
        check "$name builds" false
        return
    fi
    check "$name ends well" emulate "$target" "$program" > "$lines"
    grep '^error' "$lines" || true
    local algorithm case expected observed ticks stack
    for algorithm in ${algorithms//,/ }; do
        check "$name judges all cases of $algorithm" \
            [ "$(grep -c "^case ${algorithm^^} " "$lines")" = "$(grep -c "^static ${algorithm^^}_" "$generated/cases.rs")" ]
    done
    while read -r _ algorithm case expected observed ticks stack; do
        check "$name $algorithm $case: expected $expected, observed $observed" [ "$expected" = "$observed" ]
    done < <(grep '^case ' "$lines")
    row "$target" "$profile" "$tables" "$engine" "$program" "$lines" >> "$generated/table.txt"
}

row() { # row TARGET PROFILE TABLES ENGINE PROGRAM LINES
    local speed=s
    [ "$2" = small ] || speed=3
    local tables=$3
    [ "$4" = provisioned ] || tables=–
    awk -v processor="$(processor "$1")" -v engine="$4" -v tables="$tables" -v speed="$speed" \
        -v per_tick="$(instructions_per_tick "$1")" \
        -v code=$(($(section "$5" .text) + $(section "$5" .rodata))) \
        -v table="$(section "$5" .tables)" -v ram=$(($(section "$5" .bss) + $(section "$5" .data))) '
        $1 != "case" { next }
        $3 == "valid" { instructions[$2] = sprintf("%.2f", $6 * per_tick / 1e6) }
        $7 > deepest[$2] { deepest[$2] = $7 }
        END {
            printf "| %s | %s | %s | %s | %.1f | %.1f | %d |", processor, engine, tables, speed, code / 1024, table / 1024, ram
            for (i = 1; i <= 2; i++) {
                algorithm = i == 1 ? "ES256" : "ES384"
                if (algorithm in instructions) printf " %s | %.1f |", instructions[algorithm], deepest[algorithm] / 1024
                else printf " | |"
            }
            print ""
        }' "$6"
}

# No figure of a row has grown by more than a tenth since figures.md was written.
compare_with_figures() {
    local line
    while read -r line; do
        check "figures.md: $line" [ "${line##* }" = kept ]
    done < <(awk -F '|' '
        function key() { return $2 $3 $4 $5 ($9 ~ /[0-9]/) ($11 ~ /[0-9]/) }
        NR == FNR { for (i = 6; i <= 12; i++) figures[key(), i] = $i; known[key()]; next }
        {
            verdict = key() in known ? "kept" : "missing"
            for (i = 6; i <= 12; i++) if (verdict == "kept" && $i + 0 > figures[key(), i] * 1.1) verdict = "exceeded"
            print $0, verdict
        }' "$here/figures.md" "$generated/table.txt")
}

links_without_panics() { # links_without_panics TARGET PROFILE FEATURES
    check "$1 $2 $3 has no path to a panic" build "$1" "$2" 6x2 "$3,no-panic"
}

install_qemu
generate
settings=$(./toolchain.sh "$out/toolchain" $targets)
eval "$settings"

profiles="small release"
[ "$quick" != --quick ] || profiles=small
: > "$generated/table.txt"
for target in $targets; do
    for profile in $profiles; do
        try "$target" "$profile" 6x2 provisioned,es256,es384
        try "$target" "$profile" 6x2 reference,es256,es384
        links_without_panics "$target" "$profile" provisioned,es256,es384
        [ "$quick" != --quick ] || continue
        try "$target" "$profile" 6x2 provisioned,es256
        try "$target" "$profile" - untabled,es256
        try "$target" "$profile" - untabled,es384
        links_without_panics "$target" "$profile" untabled,es256
        [ "$target" = thumbv6m-none-eabi ] || continue
        try "$target" "$profile" 4x1 provisioned,es256,es384
        try "$target" "$profile" 5x2 provisioned,es256,es384
    done
    echo "$(processor "$target"): $passed passed, $failed failed so far"
done

compare_with_figures
heading="| processor | engine | tables | opt-level | code | tables | RAM | ES256 | stack | ES384 | stack |
|---|---|---|---|---|---|---|---|---|---|---|"
printf '\n%s\n' "$heading" | tee "$generated/figures.md"
tee -a "$generated/figures.md" < "$generated/table.txt"
cat << END

Code with constants, tables and stack in KiB, static RAM in bytes; instructions in millions, for a
good token from the header's value to accepted claims.

END
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
