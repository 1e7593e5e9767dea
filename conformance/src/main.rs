//! Runs the corpus of rules against Tollgate and its peers, and reports who follows which.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Parser;
use tollgate_conformance::answers::Answers;
use tollgate_conformance::report;
use tollgate_conformance::rule::Rule;
use tollgate_conformance::verifiers::{linked, scripts};

/// Runs the corpus of rules against Tollgate and its peers, and reports who follows which.
///
/// Prints the report as Markdown. The answers of peers in other languages come from a recording in
/// conformance/peers.
///
/// Exit code: 1 if Tollgate breaks a rule, an adapter does not work, or --check finds a difference;
/// else 0.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Write docs/conformance.md and docs/conformance-rules.md instead of printing
    #[arg(long, conflicts_with_all = ["check", "explain"])]
    write: bool,
    /// Compare these files with what --write would write, and print only the summary
    #[arg(long, conflicts_with = "explain")]
    check: bool,
    /// First install the peers in other languages into the target folder, run them, and record their
    /// answers; needs Python 3 with venv, PyPI and npm
    #[arg(long)]
    scripts: bool,
    /// Print every answer to one rule, with its reason
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
}

fn main() -> io::Result<ExitCode> {
    let args = Args::parse();
    let rules = Rule::all();
    if args.scripts {
        scripts::ask(&rules)?;
    }
    let mut verifiers = linked();
    verifiers.extend(scripts::recorded()?);
    let answers = Answers::ask(rules, verifiers);
    if let Some(id) = &args.explain {
        return Ok(explain(&answers, id));
    }
    let files = [
        (docs("conformance.md"), report::report(&answers)),
        (docs("conformance-rules.md"), report::every_rule(&answers)),
    ];
    let mut failures = answers.faults();
    if args.write && failures.is_empty() {
        for (path, text) in &files {
            fs::write(path, text)?;
        }
    } else if args.check {
        print!("{}", report::summary(&answers));
        for (path, text) in &files {
            if fs::read_to_string(path).ok().as_ref() != Some(text) {
                failures.push(format!(
                    "{} is out of date; run `cargo run --release -p tollgate-conformance -- --write`",
                    path.display()
                ));
            }
        }
    } else {
        print!("{}", files[0].1);
    }
    for failure in &failures {
        eprintln!("error: {failure}");
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn docs(file: &str) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
    repository.join("docs").join(file)
}

fn explain(answers: &Answers, id: &str) -> ExitCode {
    let Some((rule, said)) = answers.each().find(|(rule, _)| rule.case.id == id) else {
        eprintln!("error: --explain {id}: tests/corpus/rules.jsonl has no such rule");
        return ExitCode::FAILURE;
    };
    println!("{}: {:?}", rule.case.reference, rule.case.outcome);
    println!("{:?}; needs {:?}", rule.standing, rule.needs);
    for (verifier, answer) in answers.verifiers.iter().zip(said) {
        println!("{:<14}{answer:?}", verifier.name);
    }
    ExitCode::SUCCESS
}
