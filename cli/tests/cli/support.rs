//! Runs the `tollgate` command as its users do.

use std::io::Write;
use std::process::{Command, Stdio};

/// Issuer, audience and time of the tokens in `examples/oidc-provider`.
pub(crate) const ISSUER: &str = "https://auth.example.com/oidc";
pub(crate) const AUDIENCE: &str = "https://api.example.com";

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub(crate) fn tollgate(arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input may have exited already.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn example_path(name: &str) -> String {
    format!("{}/../examples/oidc-provider/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn example(name: &str) -> String {
    std::fs::read_to_string(example_path(name)).unwrap().trim_end().to_owned()
}
