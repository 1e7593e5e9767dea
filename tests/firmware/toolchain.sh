#!/usr/bin/env bash
# Makes bare-metal targets of Rust available, and prints the variables to export for cargo.
#
# usage: toolchain.sh FOLDER TARGET...
#
# If rustup has the targets or can add them, there is nothing to export. Otherwise, Debian's compiler and
# its matching sources build `core` for them, in FOLDER and without root.
set -euo pipefail
folder=$(realpath -m "$1")
shift

if [ -z "${TOLLGATE_WITHOUT_RUSTUP:-}" ] && rustup target add "$@" > /dev/null 2>&1; then
    exit
fi

host=$(rustc -vV | sed -n 's/^host: //p')
rustc=$folder/usr/bin/rustc
if [ ! -x "$rustc" ]; then
    mkdir -p "$folder/packages"
    cd "$folder/packages"
    depends() { apt-cache depends --no-recommends "$1" | sed -n "s/.*Depends: \($2[^ ]*\)$/\1/p" | head -n 1; }
    std=$(depends libstd-rust-web-dev libstd-rust-web-)
    apt-get --quiet download rustc-web libstd-rust-web-dev rust-web-src "$std" "$(depends "$std" libllvm)" >&2
    for package in *.deb; do dpkg -x "$package" "$folder"; done
    cd "$folder"
    rm -r packages
fi
settings="export RUSTC=$rustc LD_LIBRARY_PATH=$folder/usr/lib/$(uname -m)-linux-gnu"

# Bare-metal targets need rust-lld, which Debian does not include.
lld=lib/rustlib/$host/bin/rust-lld
mkdir -p "$(dirname "$folder/usr/$lld")"
ln -sf "$(rustc --print sysroot)/$lld" "$folder/usr/$lld"

eval "$settings"
for target in "$@"; do
    libraries=$folder/usr/lib/rustlib/$target/lib
    [ ! -e "$libraries" ] || continue
    work=$folder/core-for-$target
    mkdir -p "$work/src"
    echo '#![no_std]' > "$work/src/lib.rs"
    printf '[workspace]\n[package]\nname = "nothing"\nedition = "2024"\n' > "$work/Cargo.toml"
    # This switch lets a stable toolchain build `core`, which is an unstable option.
    (cd "$work" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$work/target CARGO_ENCODED_RUSTFLAGS=-Cembed-bitcode=yes \
        cargo build --quiet --release --target "$target" -Zbuild-std=core,alloc,panic_abort >&2)
    mkdir -p "$libraries"
    for crate in core alloc compiler_builtins panic_abort; do
        cp "$work/target/$target/release/deps/lib$crate"-*.rlib "$libraries"
    done
    rm -r "$work"
done
echo "$settings"
