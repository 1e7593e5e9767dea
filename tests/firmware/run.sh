#!/usr/bin/env bash
# Verifies tokens on emulated microcontrollers, compares every verdict with the expected one, and
# what it costs with figures.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
firmware=$PWD/tests/firmware
export CARGO_TERM_COLOR=never

help() {
    cat << END
usage: run.sh [--quick] [--only=TEXT] [--refresh]

Installs what is missing: targets of Rust, and QEMU by apt-get.

--quick      the programs that the README shows, and two for each other board
--only=TEXT  the programs with TEXT in their names, for instance --only="Cortex-M0, provisioned"
--refresh    write figures.md, panics.md and the README's table anew; for some of the programs, only
             their rows
END
}

for argument in "$@"; do
    case $argument in
        --quick | --only=* | --refresh) ;;
        --help)
            help
            exit
            ;;
        *)
            help >&2
            exit 2
            ;;
    esac
done

# Tokens and keys, the same ones in every run; tables for both keys, and for one.
generate() { # generate FOLDER
    "$programs/firmware_cases" "$1"
    local size
    for size in 4x1 5x2 6x2 8x2; do
        provision "$1" "$size" "$size-es256,es384.rs"
    done
    provision "$1" 6x2 6x2-es256.rs --kid k1
}

provision() { # provision FOLDER SIZE FILE [OPTION...]
    local folder=$1 size=$2 file=$3
    shift 3
    # What it says of each size's speed is for people.
    "$programs/tollgate" provision "$folder/jwks.json" --teeth "${size%x*}" --blocks "${size#*x}" "$@" \
        -o "$folder/$file" 2> "$folder/provision.txt" || {
        cat "$folder/provision.txt" >&2
        exit 1
    }
}

.ci/packages qemu-system-arm:qemu-system-arm qemu-system-riscv32:qemu-system-misc
cargo build --quiet --release --locked -p tollgate-tests --bin firmware_cases -p tollgate-footprint --bin footprint
cargo build --quiet --release --locked -p tollgate-cli
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
programs=$target/release
generate "$target/firmware/generated"
settings=$("$firmware/toolchain.sh" "$target/firmware/toolchain" \
    thumbv7em-none-eabi thumbv7m-none-eabi thumbv6m-none-eabi riscv32imc-unknown-none-elf)
eval "$settings"
"$programs/footprint" "$target/firmware" "$@"
