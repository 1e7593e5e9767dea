//! Writes the rules down, one JSON object a line. With `--seeds FOLDER`, writes what fuzzers begin
//! with; with `--keep FOLDER`, keeps what one found that is called as the folder is.

use std::path::PathBuf;
use std::process::ExitCode;

use tollgate_tests::{corpus, seeds};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let written = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => std::fs::write(corpus::PATH, corpus::to_json_lines()),
        ["--seeds", folder] => seeds::write(&PathBuf::from(folder), &corpus::rules()),
        ["--keep", folder] => seeds::keep(&PathBuf::from(folder), &corpus::rules()),
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
