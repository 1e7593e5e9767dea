# The day's commands. Each recipe runs one plain command, so you can copy it if you do not have `just`.

# List the recipes
default:
    @just --list --unsorted

# Run the tests
test *args:
    cargo test --workspace {{ args }}

# Run the lints, as strictly as CI
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Format the code
format:
    cargo fmt --all

# Format, lint and test: for every change
check: format lint test

# Run the steps of CI that you name, or all; .ci/steps has their names
ci *steps:
    .ci/run {{ steps }}

# Start a gate, an issuer and an API on this machine, to try them
demo:
    cargo run --release -- serve --demo

# Make what people install, in target/packages: all parts or those that you name; --try also tries them
dist *args:
    packaging/make {{ args }}

# Write the corpus, after a rule was added or changed
corpus:
    cargo run -p tollgate-tests --bin corpus

# Judge the corpus with the command line
check-corpus:
    cargo run -q -- check tests/corpus/rules.jsonl

# Compare the core with the oracle on generated tokens: --tokens, --seed, --threads
oracle *args:
    cargo run --release -p tollgate-tests --bin oracle -- {{ args }}

# Report how we and our peers judge the corpus; --write updates docs/conformance.md, --scripts runs peers in other languages
conformance *args:
    cargo run --release -p tollgate-conformance -- {{ args }}

# Measure our speed and that of our peers
compare *args:
    cargo run --profile dist -p tollgate-benches --bin compare -- {{ args }}

# Measure our engines and pipeline over time, with criterion
bench *args:
    cargo bench -p tollgate-benches {{ args }}

# Build the Python package; --test tests it, --compare compares it with its peers
python *args:
    python/run {{ args }}

# Count the instructions of each stage of a token, without those of its signature
pipeline:
    cargo run --profile dist -p tollgate-benches --bin pipeline

# Put the server under load, beside a Flask app, an empty handler and Envoy's own filter; --quick, --write
load *args:
    benches/serve/compare.py {{ args }}

# Put the server under load and faults, and check every answer
soak *args:
    tests/soak/run {{ args }}

# Test the server with an OpenID provider, nginx, Caddy, Envoy, HAProxy and Traefik
real-parts *args:
    .ci/real-parts {{ args }}

# Test the demo in Chromium, with a picture of each page
browser *args:
    .ci/browser {{ args }}

# Fuzz all targets, or those that you name: --seconds N
fuzz *args:
    fuzz/run {{ args }}

# Compare the C header with the code; --write updates it
c-header *args:
    c-api/check-header {{ args }}

# Run the C firmware on an emulated board; --sizes prints its size for each choice of features
c-firmware *args:
    c-api/firmware/run.sh {{ args }}

# Run the firmware on emulated boards and compare its costs; --quick, --refresh
firmware *args:
    tests/firmware/run.sh {{ args }}

# Start the HTTP gateway on an emulated board; --test tests it
gateway *args:
    examples/board-gateway/run.sh {{ args }}

# Print how much of the core its tests reach; --missing lists the rest
coverage *args:
    .ci/coverage {{ args }}

# Mutate modules of the core, or of sign-in as in sign_in/attempt; takes hours
mutants *modules:
    .ci/mutants {{ modules }}

# Compare the public interfaces with the recorded ones; --write records them
public-api *args:
    .ci/public-api {{ args }}

# Compare the list of dependencies in SECURITY.md; --write updates it
dependencies *args:
    .ci/dependencies {{ args }}

# Run the core's tests under Miri, without those of curves; first: rustup +nightly component add miri
miri:
    MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p tollgate-core --lib -- --skip provisioned

# Compute the tables of the generators into a folder
generator-tables folder:
    cargo run -p tollgate-tests --bin generator_tables -- {{ folder }}
