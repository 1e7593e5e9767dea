#!/usr/bin/env bash
# Verifies tokens on emulated microcontrollers, compares every verdict with the expected one, and the
# cost with figures.md. Installs what is missing: targets of Rust, and QEMU by apt-get.
#
# usage: run.sh [--quick] [--only=TEXT] [--refresh]
#
# --quick      runs the programs that docs/benchmarks.md shows, and two for each other board
# --only=TEXT  runs the programs with TEXT in their names, for instance --only="Cortex-M0, provisioned"
# --refresh    rewrites figures.md, panics.md and the table in docs/benchmarks.md, or only the rows of the
#              programs that ran
set -euo pipefail
cd "$(dirname "$0")/../.."
for argument in "$@"; do
    case $argument in
        --quick | --only=* | --refresh) ;;
        *)
            sed -n 's/^# \{0,1\}//p' tests/firmware/run.sh >&2
            exit 2
            ;;
    esac
done
source tests/firmware/prepare.sh

.ci/apt-install qemu-system-arm:qemu-system-arm qemu-system-riscv32:qemu-system-misc
generate_tokens
cargo build --quiet --release --locked -p tollgate-footprint
for size in 4x1 5x2 6x2 8x2; do
    provision "$size" "$size-es256,es384.rs"
done
provision 6x2 6x2-es256.rs --kid k1
use_targets thumbv7em-none-eabi thumbv7m-none-eabi thumbv6m-none-eabi riscv32imc-unknown-none-elf
"$programs/footprint" "$out" "$@"
