//! Compares Tollgate's engines with each other and with their peers, in one process.

use std::io::{IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};

use clap::Parser;
use tollgate_benches::goals::findings;
use tollgate_benches::measure::{Effort, measure};
use tollgate_benches::{chart, published, report, workloads};

/// Compares Tollgate's engines with each other and with their peers, in one process.
///
/// Prints medians, and ratios to `tollgate`, a server's default engine. In the series, ratios are to
/// the first line: one key, the shortest token, the accepted token. Writes no file unless told to.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Print an array of {"workload","subject","median_ns","ratio_to_tollgate"}
    #[arg(long)]
    json: bool,
    /// Take less than a minute; do not publish these figures
    #[arg(long)]
    quick: bool,
    /// Draw a chart into FILE
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Publish the results: redraw benches/compare.svg, rewrite the table in docs/benchmarks.md
    #[arg(long, conflicts_with = "quick")]
    write: bool,
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
    if let Some(file) = &args.chart {
        chart::write(file, &all)?;
    }
    if args.write {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        chart::write(&package.join("compare.svg"), &all)?;
        published::write(&package.join("../docs/benchmarks.md"), &all)?;
    }
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

/// Shows the progress on a terminal; prints nothing into a file or a pipe.
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
