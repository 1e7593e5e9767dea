# Prepares programs for emulated boards: test tokens, tables for the keys that signed them,
# and bare-metal targets of Rust. The scripts that source this run in the root of the repository.
export CARGO_TERM_COLOR=never
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
programs=$target/release
out=$target/firmware
generated=$out/generated

generate_tokens() { # the same ones in every run
    # Built separately: together, the command line would get features that it has nowhere else.
    cargo build --quiet --release --locked -p tollgate-tests --bin firmware_cases
    cargo build --quiet --release --locked -p tollgate-cli
    "$programs/firmware_cases" "$generated"
}

provision() { # provision SIZE FILE [OPTION...]: writes the keys' tables, for instance of size 6x2
    local size=$1 file=$2
    shift 2
    # It also prints how fast each size is, which matters only if it fails.
    "$programs/tollgate" provision "$generated/jwks.json" --teeth "${size%x*}" --blocks "${size#*x}" "$@" \
        -o "$generated/$file" 2> "$generated/provision.txt" || { cat "$generated/provision.txt" >&2; exit 1; }
}

use_targets() { # use_targets TARGET...: later calls of cargo can build for them
    local settings
    settings=$(tests/firmware/toolchain.sh "$out/toolchain" "$@")
    eval "$settings"
}
