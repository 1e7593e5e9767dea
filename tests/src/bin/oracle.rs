//! Compares the core with the oracle on generated tokens; exits with 1 if they disagree.

use std::process::ExitCode;

use tollgate_tests::compare::oracle::{ENOUGH, Tally, run};
use tollgate_tests::verify::judge_request;

const USAGE: &str = "usage: oracle [--tokens N] [--seed N] [--threads N]";

/// Tokens between two lines that say how far it is.
const SLICE: u64 = 20_000;

fn main() -> ExitCode {
    let Some([tokens, seed, threads]) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let threads = usize::try_from(threads).unwrap_or(1).max(1);
    let mut tally = Tally::default();
    let mut done = 0;
    while done < tokens && tally.disagreements.len() < ENOUGH {
        let slice = done..tokens.min(done + SLICE);
        done = slice.end;
        tally.add(run(slice, seed, threads, &judge_request));
        eprintln!("{done} of {tokens}, {} disagreements", tally.disagreements.len());
    }
    println!("seed {seed}\n{tally}");
    for disagreement in &tally.disagreements {
        println!("\n{disagreement}");
    }
    let gaps = tally.gaps();
    for gap in &gaps {
        println!("gap: {gap}");
    }
    if tally.disagreements.is_empty() && gaps.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Tokens, seed and threads.
fn arguments() -> Option<[u64; 3]> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut values = [500_000, 1, u64::try_from(cores).unwrap_or(1)];
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let index = ["--tokens", "--seed", "--threads"].iter().position(|known| *known == name)?;
        values[index] = arguments.next()?.parse().ok()?;
    }
    Some(values)
}
