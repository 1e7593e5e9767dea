//! Output that cannot be written, and empty input.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use super::support::{AUDIENCE, ISSUER, example, example_path, tollgate};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.spawn().unwrap();
    // A command that reads no input may have exited already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// A device that is always full.
#[cfg(target_os = "linux")]
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_said_and_exits_with_2() {
    let (token, jwks) = (example("access_token.txt"), example_path("jwks.json"));
    for arguments in [
        &["inspect", &token][..],
        &["verify", "--jwks", &jwks, "--any-issuer", "--any-audience", "--token", &token],
        &["verify", "--jwks", &jwks, "--any-issuer", "--any-audience", "--json", "--token", &token],
        &["check", "-"],
        &["provision", &jwks, "--format", "bin"],
        &["--help"],
        &["verify", "--help"],
        &["--version"],
    ] {
        let mut command = command(arguments);
        command.stdout(full());
        let output = run(command, "{\"token\":\"a.b.c\"}\n");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains("cannot write to standard output"), "{arguments:?}: {error}");
    }
    let run = tollgate(&["provision", &jwks, "--output", "/dev/full"], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("cannot write /dev/full"), "{}", run.stderr);
}

#[test]
fn a_closed_pipe_ends_a_command_quietly_and_not_with_success() {
    let jwks = example_path("jwks.json");
    let arguments =
        ["verify", "--jwks", &jwks, "--issuer", ISSUER, "--audience", AUDIENCE, "--token"];
    let mut child = command(&arguments).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(example("tampered_token.txt").as_bytes()).unwrap();
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!((child.wait().unwrap().code(), error.as_str()), (Some(141), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_changes_no_verdict() {
    for (arguments, input, code) in [
        (&["check", "-"][..], "not a case\n", 2),
        (&["check", "-"], "{\"token\":\"a.b.c\",\"expect\":\"accept\"}\n", 1),
        (&["inspect"], "", 2),
        (&["verify"], "", 2),
    ] {
        let mut command = command(arguments);
        command.stderr(full());
        assert_eq!(run(command, input).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn an_opaque_token_is_named_as_one() {
    for token in [
        "VkZ3bDVhWXRqQ0h4T2lR",
        "not a token",
        "a.b.c",
        "a.b",
        "...",
        "bm90IGpzb24.e30.AA",
        "WzFd.e30.AA",
    ] {
        for input in [token.to_owned(), format!("Authorization: Bearer {token}\r\n")] {
            let run = tollgate(&["inspect"], &input);
            assert_eq!(run.code, 2, "{input}: {}", run.stdout);
            assert!(run.stdout.starts_with("no JWT: an opaque access token?"), "{}", run.stdout);
        }
    }
}

#[test]
fn a_whole_header_line_may_be_pasted() {
    let (token, jwks) = (example("access_token.txt"), example_path("jwks.json"));
    let verify =
        ["verify", "--jwks", &jwks, "--any-issuer", "--any-audience", "--now", "1795287000"];
    for line in [
        format!("Authorization: Bearer {token}"),
        format!("authorization:bearer {token}\r\n"),
        format!("  Authorization:   Bearer   {token}  \n"),
    ] {
        assert_eq!(tollgate(&verify, &line).code, 0, "{line}");
        assert_eq!(tollgate(&[&verify[..], &[line.as_str()]].concat(), "").code, 0, "{line}");
        let inspected = tollgate(&["inspect"], &line);
        assert_eq!(inspected.code, 0);
        assert!(inspected.stdout.contains("user_7f3k"), "{}", inspected.stdout);
    }
    let run = tollgate(&[&verify[..], &["--json"]].concat(), "Proxy-Authorization: Bearer a.b.c");
    assert_eq!(run.code, 1);
}

#[test]
fn inspecting_nothing_exits_with_2() {
    for input in ["", "\n", "  \r\n", "Authorization:", "Authorization: \n"] {
        let run = tollgate(&["inspect"], input);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{input:?}");
        assert!(run.stderr.contains("there is no token"), "{}", run.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn input_without_end_is_an_error_that_names_the_limit() {
    let endless = || Stdio::from(File::open("/dev/zero").unwrap());
    for (arguments, limit) in [
        (&["inspect"][..], "16777216"),
        (
            &["verify", "--jwks", &example_path("jwks.json"), "--any-issuer", "--any-audience"],
            "16777216",
        ),
        (&["serve", "--config", "/dev/zero"], "16777216"),
        (&["check", "-"], "268435456"),
    ] {
        let mut command = command(arguments);
        command.stdin(endless());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(&format!("has more than {limit} bytes")), "{arguments:?}: {error}");
    }
}
