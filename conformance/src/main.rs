//! Asks Tollgate and its peers the corpus of rules, and reports who keeps which.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Parser;
use tollgate_conformance::answers::Answers;
use tollgate_conformance::report;
use tollgate_conformance::rule::Rule;
use tollgate_conformance::verifiers::{linked, scripts};

/// Asks Tollgate and its peers the corpus of rules, and reports who keeps which.
///
/// Prints the report as Markdown. Peers in other languages have been asked before; their answers are
/// recorded in conformance/peers.
///
/// Exit code: 0; or 1 if Tollgate breaks a rule, if an adapter does not work, or if --check finds a
/// difference.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Write docs/conformance.md and docs/conformance-rules.md instead
    #[arg(long, conflicts_with_all = ["check", "explain"])]
    write: bool,
    /// Compare these files with what would be written, and print no more than the summary
    #[arg(long, conflicts_with = "explain")]
    check: bool,
    /// First install the peers in other languages into the target folder, ask them, and record what
    /// they say; takes Python 3 with venv, and PyPI and npm
    #[arg(long)]
    scripts: bool,
    /// Print what everybody says to one rule, and why
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
                    "{} is out of date; `cargo run --release -p tollgate-conformance -- --write`",
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
        eprintln!("error: no rule is called {id}");
        return ExitCode::FAILURE;
    };
    println!("{}: {:?}", rule.case.reference, rule.case.outcome);
    println!("{:?}; needs {:?}", rule.standing, rule.needs);
    for (verifier, answer) in answers.verifiers.iter().zip(said) {
        println!("{:<14}{answer:?}", verifier.name);
    }
    ExitCode::SUCCESS
}
