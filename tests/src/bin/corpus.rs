//! Writes the rules to a file, one JSON object a line. With `--seeds FOLDER`, writes the inputs that
//! fuzzers start with; with `--keep FOLDER`, keeps what the fuzz target with the folder's name found.

use std::path::PathBuf;
use std::process::ExitCode;

use tollgate_tests::{corpus, fuzz_seeds};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let written = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => std::fs::write(corpus::PATH, corpus::to_json_lines()),
        ["--seeds", folder] => fuzz_seeds::write(&PathBuf::from(folder), &corpus::rules()),
        ["--keep", folder] => fuzz_seeds::keep(&PathBuf::from(folder), &corpus::rules()),
        _ => {
            eprintln!("usage: corpus [--seeds FOLDER | --keep FOLDER]");
            return ExitCode::from(2);
        }
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
