//! The interface as C sees it: a program under the sanitizers here, a firmware under QEMU.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod blob;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tollgate_tests::mint::{Token, good_jwks};

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

/// Builds the library with these options; the folder that it is in.
fn build(target_dir: &Path, options: &[&str]) {
    run(Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--package", "tollgate-c"])
        .args(options)
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(package())
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS"));
}

fn cc() -> Command {
    let mut cc = Command::new(std::env::var("CC").unwrap_or("cc".to_owned()));
    cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I"]);
    cc.arg(package().join("include"));
    cc
}

/// Checks everything that `tests/host.c` does with a library built with these options.
fn host(name: &str, profile: &str, options: &[&str], libraries: &[&str]) {
    let folder = folder(name);
    let (program, blob) = (folder.join("host"), folder.join("keys.bin"));
    let (jwks, token) = (folder.join("odd_jwks.json"), folder.join("odd_token.txt"));
    fs::write(&blob, blob::of_jwks(&fs::read(provider("jwks.json")).unwrap())).unwrap();
    fs::write(&jwks, good_jwks().to_string()).unwrap();
    fs::write(&token, Token::good().payload(ODD_CLAIMS).mint()).unwrap();
    build(&folder, options);
    run(cc()
        .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o"])
        .arg(&program)
        .arg(package().join("tests/host.c"))
        .arg(folder.join(profile).join("libtollgate_c.a"))
        .args(["-Wl,--gc-sections"])
        .args(libraries));
    let printed = run(Command::new(program)
        .arg(provider("jwks.json"))
        .arg(provider("access_token.txt"))
        .arg(provider("access_token_es256.txt"))
        .arg(provider("tampered_token.txt"))
        .arg(provider("id_token.txt"))
        .args([blob, jwks, token]));
    println!("{printed}");
    assert!(printed.ends_with(", 0 failed\n"), "{printed}");
}

#[test]
fn arguments_good_and_bad_are_answered_under_the_sanitizers() {
    host("c-std", "debug", &[], &["-lpthread", "-ldl", "-lm"]);
}

/// Nobody defines what the panic handler calls, so the program links only if no panic can be
/// reached. The code for AVX2 in `sha2` keeps checks of indices, none of which can fail.
#[test]
fn optimised_library_links_without_std_and_without_a_panic() {
    let options = [
        "--no-default-features",
        "--release",
        "--config",
        "profile.release.panic='abort'",
        "--config",
        "build.rustflags=['--cfg', 'sha2_backend=\"soft\"']",
    ];
    host("c-no-std", "release", &options, &[]);
}

#[test]
fn example_of_the_readme_compiles() {
    let readme = include_str!("../README.md");
    let example = readme.split("```c\n").nth(1).unwrap().split("```").next().unwrap();
    let source = folder("c-readme").join("example.c");
    fs::write(&source, example).unwrap();
    run(cc().arg("-fsyntax-only").arg(source));
}

#[test]
#[ignore = "takes a C++ compiler; .ci/c-api runs it"]
fn header_is_also_cpp() {
    let source = folder("c-cpp").join("include.cpp");
    fs::write(
        &source,
        "#include \"tollgate.h\"\nint main() { return tollgate_version() != TOLLGATE_VERSION; }\n",
    )
    .unwrap();
    run(Command::new(std::env::var("CXX").unwrap_or("c++".to_owned()))
        .args(["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"])
        .arg(package().join("include"))
        .arg(source));
}

/// Runs `firmware/main.c` on a Cortex-M4 of QEMU's. Here, too, it links only without a panic.
fn firmware(name: &str, define: &[&str]) {
    const TARGET: &str = "thumbv7em-none-eabi";
    let folder = folder("c-firmware");
    let program = folder.join(name);
    fs::write(folder.join("keys.bin"), blob::of_jwks(&fs::read(provider("jwks.json")).unwrap()))
        .unwrap();
    build(
        &folder,
        &[
            "--no-default-features",
            "--release",
            "--target",
            TARGET,
            "--config",
            "build.rustflags=['--cfg', 'sha2_backend_soft=\"compact\"']",
        ],
    );
    run(Command::new("arm-none-eabi-gcc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-Os", "-g"])
        .args(["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"])
        .args(["-ffunction-sections", "-fdata-sections"])
        .args(define)
        .arg("-I")
        .arg(package().join("include"))
        .arg(format!("-Wa,-I,{}", provider("").display()))
        .arg(format!("-Wa,-I,{}", folder.display()))
        .arg(package().join("firmware/main.c"))
        .arg(package().join("firmware/startup.c"))
        .arg(folder.join(TARGET).join("release/libtollgate_c.a"))
        .args(["-nostartfiles", "--specs=nosys.specs", "-Wl,--gc-sections", "-T"])
        .arg(package().join("firmware/mps2.ld"))
        .arg("-o")
        .arg(&program));
    let size = run(Command::new("arm-none-eabi-size").arg(&program));
    let printed = run(Command::new("timeout")
        .args(["60", "qemu-system-arm", "-M", "mps2-an386", "-display", "none"])
        .args(["-serial", "none", "-monitor", "none", "-chardev", "stdio,id=c0"])
        .args(["-semihosting-config", "enable=on,target=native,chardev=c0"])
        .args(["-icount", "shift=6", "-kernel"])
        .arg(&program));
    println!("{size}{printed}");
    assert!(printed.ends_with("library and header agree: yes\n"), "{printed}");
}

#[test]
#[ignore = "takes arm-none-eabi-gcc and QEMU; .ci/c-api runs it"]
fn firmware_verifies_with_a_blob_in_flash() {
    firmware("with_blob", &[]);
}

#[test]
#[ignore = "takes arm-none-eabi-gcc and QEMU; .ci/c-api runs it"]
fn firmware_verifies_with_a_jwk_set() {
    firmware("with_jwks", &["-DWITH_JWKS"]);
}
