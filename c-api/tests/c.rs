//! Tests the interface from C under the sanitizers and valgrind. `packaging/c/try` tries the archive for Linux, and
//! `firmware/run.sh` runs it on a device.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use tollgate_core::Algorithm::{self, EdDsa, Es256, Es384, Es512, Ps256, Ps512, Rs256, Rs512};
use tollgate_core::engines::ecdsa::Comb;
use tollgate_tests::blob::{Provisioned, blob};
use tollgate_tests::mint::{Token, good_jwks, jwk, jwks, key_for, kid_for};

/// As many algorithms as a key set can have keys, in the order of `all_algorithms` in `host.c`.
const ALL: [Algorithm; 8] = [Es256, Es384, Es512, EdDsa, Rs256, Rs512, Ps256, Ps512];

/// Claims that strings, numbers and names can be, but in tokens seldom are.
const ODD_CLAIMS: &str = r#"{"iss":"https://auth.example.com/oidc","exp":1795290340.9,
    "iat":1795286740.1,"aud":["https://a.example.com","https://b.example.com"],
    "escaped":"\u0061\/\"\u00fc\ud83d\ude00","n\u00e4me":"x","nul":"admin\u0000","empty":"",
    "least":-9223372036854775808,"large":9223372036854775808,"fraction":1.0,
    "yes":true,"no":false,"null":null,"object":{"sub":"y"}}"#;

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where tests put what they make.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn provider(file: &str) -> PathBuf {
    package().join("../examples/oidc-provider").join(file)
}

/// The output, if it went well.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(status.success(), "{command:?}: {status}\n{text}");
    text
}

/// What builds the library with these options.
fn cargo(target_dir: &Path, options: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--locked", "--package", "tollgate-c"])
        .args(options)
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(package())
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

fn build(target_dir: &Path, options: &[&str]) {
    run(&mut cargo(target_dir, options));
}

fn cc() -> Command {
    let mut cc = Command::new(std::env::var("CC").unwrap_or("cc".to_owned()));
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-g", "-I"]);
    cc.arg(package().join("include"));
    cc
}

/// Where the library for hosts is built, with one choice of features at a time.
const HOST: &str = "c-std";
static HOST_IN_USE: Mutex<()> = Mutex::new(());
const HOST_LIBRARIES: &[&str] = &["-lpthread", "-ldl", "-lm"];

const SANITIZERS: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// Compiles `tests/host.c` with the library that is in `folder`; the program.
fn host_program(folder: &Path, profile: &str, flags: &[&str], libraries: &[&str]) -> PathBuf {
    let program = folder.join("host");
    run(cc()
        .args(flags)
        .arg("-o")
        .arg(&program)
        .arg(package().join("tests/host.c"))
        .arg(folder.join(profile).join("libtollgate_c.a"))
        .args(["-Wl,--gc-sections"])
        .args(libraries));
    program
}

/// Makes a command that runs the compiled `tests/host.c` with the files that it needs.
fn host_command(folder: &Path, mut command: Command, arguments: &[&str]) -> Command {
    let (jwks, token) = (folder.join("odd_jwks.json"), folder.join("odd_token.txt"));
    fs::write(&jwks, good_jwks().to_string()).unwrap();
    fs::write(&token, Token::good().payload(ODD_CLAIMS).mint()).unwrap();
    command
        .arg(provider("jwks.json"))
        .arg(provider("access_token.txt"))
        .arg(provider("access_token_es256.txt"))
        .arg(provider("tampered_token.txt"))
        .arg(provider("id_token.txt"))
        .arg(package().join("firmware/keys.bin"))
        .args([jwks, token])
        .args(files_for_all(folder))
        .args(arguments);
    command
}

/// Writes the files with keys and tokens for all algorithms.
fn files_for_all(folder: &Path) -> [PathBuf; 4] {
    let provisioned =
        |algorithm| Provisioned::new::<Comb<4, 1>>(Some(kid_for(algorithm)), &key_for(algorithm));
    let keys = jwks(ALL.map(|algorithm| jwk(&key_for(algorithm), kid_for(algorithm))));
    let tokens = ALL.map(|algorithm| Token::good_for(algorithm).mint() + "\n");
    [
        ("all_jwks.json", keys.to_string().into_bytes()),
        ("all_keys.bin", blob(&ALL.map(provisioned))),
        ("all_tokens.txt", tokens.concat().into_bytes()),
        ("rs256_keys.bin", blob(&[provisioned(Rs256)])),
    ]
    .map(|(name, content)| {
        let file = folder.join(name);
        fs::write(&file, content).unwrap();
        file
    })
}

fn assert_checks_hold(command: &mut Command) {
    let printed = run(command);
    println!("{printed}");
    assert!(printed.ends_with(", 0 failed\n"), "{printed}");
}

/// Asserts that the program fails with this complaint after it has passed a length that is one too
/// large.
fn assert_overread_is_seen(command: &mut Command, complaint: &str) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(complaint), "{}: {said}", output.status);
    assert!(said.contains("tollgate_verify_token"), "{said}");
}

/// Checks everything that `tests/host.c` does with a library built with these options.
fn host(name: &str, profile: &str, options: &[&str], libraries: &[&str], arguments: &[&str]) {
    let folder = folder(name);
    build(&folder, options);
    let program = host_program(&folder, profile, SANITIZERS, libraries);
    assert_checks_hold(&mut host_command(&folder, Command::new(program), arguments));
}

#[test]
fn arguments_good_and_bad_are_answered_under_the_sanitizers() {
    let _in_use = HOST_IN_USE.lock();
    host(HOST, "debug", &[], HOST_LIBRARIES, &[]);
}

/// Above, the sanitizer sees what C does. Here it also sees what the library itself reads and writes.
#[test]
#[ignore = "takes an unstable option of the compiler; .ci/c-api runs it"]
fn library_keeps_to_its_memory_under_the_address_sanitizer() {
    let folder = folder("c-address");
    // Build scripts, which run here, are left alone if there is a target.
    let target = run(Command::new("rustc").args(["--print", "host-tuple"]));
    let options =
        ["--target", target.trim(), "--config", "build.rustflags=['-Zsanitizer=address']"];
    run(cargo(&folder, &options).env("RUSTC_BOOTSTRAP", "1"));
    let profile = format!("{}/debug", target.trim());
    let program = host_program(&folder, &profile, SANITIZERS, HOST_LIBRARIES);
    let host = |arguments| host_command(&folder, Command::new(&program), arguments);
    assert_checks_hold(&mut host(&[]));
    assert_overread_is_seen(&mut host(&["overread"]), "AddressSanitizer: heap-buffer-overflow");
}

#[test]
#[ignore = "takes valgrind; .ci/c-api runs it"]
fn library_reads_only_what_was_written_under_valgrind() {
    let _in_use = HOST_IN_USE.lock();
    let folder = folder(HOST);
    build(&folder, &[]);
    let program = host_program(&folder, "debug", &[], HOST_LIBRARIES);
    let host = |arguments| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]).arg(&program);
        host_command(&folder, valgrind, arguments)
    };
    assert_checks_hold(&mut host(&[]));
    assert_overread_is_seen(&mut host(&["overread"]), "Invalid read");
}

#[test]
fn what_was_left_out_of_the_library_is_refused() {
    let _in_use = HOST_IN_USE.lock();
    let options = ["--no-default-features", "--features", "std,es256,comb-4x1"];
    host(HOST, "debug", &options, HOST_LIBRARIES, &["es256"]);
}

#[test]
fn rs256_alone_verifies_and_refuses_the_rest() {
    let _in_use = HOST_IN_USE.lock();
    let options = ["--no-default-features", "--features", "std,rs256"];
    host(HOST, "debug", &options, HOST_LIBRARIES, &["rs256"]);
}

#[test]
fn large_keys_of_jwk_sets_verify_if_library_and_header_have_room_for_them() {
    let _in_use = HOST_IN_USE.lock();
    let folder = folder(HOST);
    build(&folder, &["--features", "large-jwks-keys"]);
    let large = [SANITIZERS, &["-DTOLLGATE_LARGE_JWKS_KEYS"]].concat();
    let program = host_program(&folder, "debug", &large, HOST_LIBRARIES);
    assert_checks_hold(&mut host_command(&folder, Command::new(program), &[]));
    let program = host_program(&folder, "debug", SANITIZERS, HOST_LIBRARIES);
    assert_checks_hold(&mut host_command(&folder, Command::new(program), &["mismatch"]));
}

/// The function that the panic handler calls is not defined, so the program links only if no panic can
/// be reached. The AVX2 code of `sha2` keeps checks of indices that never fail.
#[test]
fn optimised_library_links_without_std_and_without_a_panic() {
    let options = [
        "--no-default-features",
        "--features",
        "all-algorithms,all-combs",
        "--profile",
        "small",
        "--config",
        "build.rustflags=['--cfg', 'sha2_backend=\"soft\"']",
    ];
    host("c-no-std", "small", &options, &[], &[]);
}

#[test]
fn example_of_the_readme_compiles() {
    let example = include_str!("../README.md").split("```c\n").nth(1).unwrap();
    let source = folder("c-readme").join("example.c");
    fs::write(&source, example.split("```").next().unwrap()).unwrap();
    run(cc().arg("-fsyntax-only").arg(source));
}

#[test]
#[ignore = "takes a C++ compiler; .ci/c-api runs it"]
fn header_is_also_cpp() {
    let source = folder("c-cpp").join("include.cpp");
    let program = "#include \"tollgate.h\"\n\
        static const tollgate_str audiences[] = {TOLLGATE_STR(\"api\")};\n\
        int main() {\n\
            tollgate_verdict verdict = {};\n\
            tollgate_claim_type(&verdict, tollgate_str TOLLGATE_STR(\"sub\"));\n\
            return tollgate_reason(TOLLGATE_RESULT_OK).len != audiences[0].len;\n\
        }\n";
    fs::write(&source, program).unwrap();
    run(Command::new(std::env::var("CXX").unwrap_or("c++".to_owned()))
        .args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"])
        .arg("-fsyntax-only")
        .arg("-I")
        .arg(package().join("include"))
        .arg(source));
}
