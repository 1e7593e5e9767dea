//! Compares Tollgate's engines with each other and with their peers, all in one process.

use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;

use clap::Parser;
use tollgate_benches::findings::findings;
use tollgate_benches::measure::{Effort, measure};
use tollgate_benches::{chart, report, workloads};

/// Compares Tollgate's engines with each other and with their peers, all in one process.
///
/// Prints medians, and ratios to `tollgate`, which is a server's default engine. In the series,
/// ratios are to the first line: one key, the shortest token, the accepted token. Writes a chart.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Print an array of {"workload","subject","median_ns","ratio_to_tollgate"}
    #[arg(long)]
    json: bool,
    /// Take less than a minute, for a look; figures to publish come without this
    #[arg(long)]
    quick: bool,
    /// Write the chart there [default: compare.svg in the package]
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let mut out = std::io::stdout();
    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    let mut all = Vec::new();
    for mut group in workloads::all() {
        for case in &mut group.cases {
            case.check()?;
        }
        let name = group.title.split(':').next().unwrap_or_default();
        let rows = measure(&mut group.cases, effort, |round, rounds| progress(name, round, rounds));
        erase_progress();
        if !args.json {
            writeln!(out, "{}", report::table(&group.title, group.baseline, &rows))?;
        }
        all.extend(rows);
    }
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/compare.svg");
    chart::write(&args.chart.unwrap_or_else(|| default.into()), &all)?;
    if args.json {
        writeln!(out, "{}", report::json(&all))?;
        return Ok(());
    }
    for finding in findings(&all) {
        let verdict = if finding.holds { "holds:" } else { "DOES NOT HOLD:" };
        writeln!(out, "{verdict} {}", finding.text)?;
    }
    writeln!(out, "\nPeers: {}", report::peer_versions())?;
    Ok(())
}

/// What is going on, for somebody who waits; nothing in a file or a pipe.
fn progress(group: &str, round: u32, rounds: u32) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{group}: round {round} of {rounds}");
        stderr().flush().ok();
    }
}

fn erase_progress() {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
