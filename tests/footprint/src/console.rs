//! Reads the console output of a program: a line for each case.

use std::path::Path;

use crate::Error;
use crate::board::Report;
use crate::program::Program;
use crate::tally::Tally;

/// A line: `case ALGORITHM NAME EXPECTED OBSERVED TICKS STACK`.
pub struct Case<'a> {
    pub algorithm: &'a str,
    pub name: &'a str,
    expected: &'a str,
    observed: &'a str,
    /// Ticks of the board's counter.
    pub ticks: u32,
    /// Bytes of stack.
    pub stack: u32,
}

/// Returns the cases that a program has run.
pub fn cases(report: &Report) -> impl Iterator<Item = Case<'_>> {
    report.console.lines().filter_map(parse)
}

fn parse(line: &str) -> Option<Case<'_>> {
    let words: Vec<&str> = line.split(' ').collect();
    let &["case", algorithm, name, expected, observed, ticks, stack] = &*words else { return None };
    let (ticks, stack) = (ticks.parse().ok()?, stack.parse().ok()?);
    Some(Case { algorithm, name, expected, observed, ticks, stack })
}

/// Checks the verdicts, and that all cases have run.
pub fn check_verdicts(
    program: &Program,
    report: &Report,
    folder: &Path,
    tally: &mut Tally,
) -> Result<(), Error> {
    tally.check(report.success, || format!("{program} exits with success:\n{}", report.console));
    for case in cases(report) {
        let Case { algorithm, name, expected, observed, .. } = case;
        tally.check(expected == observed, || {
            format!("{program}: {algorithm} {name}: expected {expected}, observed {observed}")
        });
    }
    let source = std::fs::read_to_string(folder.join("generated/cases.rs"))?;
    for algorithm in program.algorithms {
        let list = program.list(algorithm);
        let written = source.matches(&format!("\nstatic {list}_CASE_")).count();
        let judged = cases(report).filter(|case| case.algorithm == *algorithm).count();
        tally.check(written > 0 && judged == written, || {
            format!("{program}: ran {judged} of {written} cases of {algorithm}")
        });
    }
    if program.extra == Some(crate::Extra::CheckTables) {
        let checked = cases(report).filter(|case| case.algorithm == "tables").count();
        tally.check(checked == 2, || format!("{program}: ran {checked} of 2 checks of tables"));
    }
    Ok(())
}
