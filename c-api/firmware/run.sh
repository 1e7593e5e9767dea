#!/usr/bin/env bash
# Links main.c with the library for Cortex-M4, runs it under QEMU, and prints how large it is. A program
# links only if no panic can be reached.
#
# usage: run.sh [--sizes]
#
# --sizes: links it with more choices of features, too, for the table of the README
#
# It takes arm-none-eabi-gcc with newlib, and qemu-system-arm.
set -euo pipefail
cd "$(dirname "$0")"
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-../../target}")
out=$target_dir/c-firmware
mkdir -p "$out"
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

targets="thumbv7em-none-eabi thumbv7em-none-eabihf"
settings=$(../../tests/firmware/toolchain.sh "$target_dir/firmware/toolchain" $targets)
eval "$settings"

link() { # link TARGET PROFILE FEATURES DEFINITION...: the program is $out/program
    local target=$1 profile=$2 features=$3 float=soft
    shift 3
    [ "$target" = thumbv7em-none-eabi ] || float="hard -mfpu=fpv4-sp-d16"
    cargo build --quiet --locked -p tollgate-c --target-dir "$out" --target "$target" \
        --profile "$profile" --no-default-features --features "$features" \
        --config "build.rustflags=['--cfg', 'sha2_backend_soft=\"compact\"']"
    arm-none-eabi-gcc -std=c11 -Wall -Wextra -Werror -Os -g -mcpu=cortex-m4 -mthumb -mfloat-abi=$float \
        -ffunction-sections -fdata-sections "${@/#/-D}" -I ../include -Wa,-I,../../examples/oidc-provider \
        main.c startup.c "$out/$target/$profile/libtollgate_c.a" \
        -nostartfiles --specs=nosys.specs -Wl,--gc-sections,-z,noexecstack -T mps2.ld -o "$out/program"
    arm-none-eabi-size -A "$out/program" | awk -v name="$target $profile $features $*" \
        '$1 == ".text" || $1 == ".data" { size += $2 } END { printf "%s: %.1f KiB of flash\n", name, size / 1024 }'
}

run() {
    timeout 60 qemu-system-arm -M mps2-an386 -display none -serial none -monitor none \
        -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console \
        -icount shift=6 -kernel "$out/program"
}

all=es256,es384,all-combs
link thumbv7em-none-eabi small $all
run
link thumbv7em-none-eabi small es384,comb-6x2 WITH_JWKS ES384_ALONE
run
link thumbv7em-none-eabihf small es256,comb-6x2
link thumbv7em-none-eabi dist $all
link thumbv7em-none-eabi small all-algorithms,all-combs WITHOUT_CHALLENGE

if [ "${1:-}" = --sizes ]; then
    for profile in small dist; do
        for features in es256,comb-6x2 es384,comb-6x2 es256,es384,comb-6x2 $all; do
            link thumbv7em-none-eabi $profile $features WITHOUT_CHALLENGE TRUSTED
            link thumbv7em-none-eabi $profile $features WITHOUT_CHALLENGE
            link thumbv7em-none-eabi $profile $features WITHOUT_CHALLENGE WITH_JWKS
            link thumbv7em-none-eabi $profile $features
        done
    done
fi
