//! Runs the firmware on emulated boards, and compares verdicts with the expected ones and costs with the
//! committed figures. `tests/firmware/run.sh` prepares everything and calls this.

mod board;
mod call_sites;
mod console;
mod elf;
mod figures;
mod panics;
mod program;
mod programs;
mod published;
mod symbols;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use elf::Elf;
use figures::{Figures, Row};
use panics::PanicList;
use program::{Extra, Program};
use symbols::LinkedSymbols;
use tally::Tally;

type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let Some(folder) = arguments.first().filter(|first| !first.starts_with('-')) else {
        eprintln!("usage: footprint FOLDER [--quick] [--only=TEXT] [--refresh]");
        return ExitCode::from(2);
    };
    let only = arguments.iter().find_map(|argument| argument.strip_prefix("--only="));
    let wanted = |program: &Program| {
        (!has("--quick") || program.quick())
            && only.is_none_or(|text| program.to_string().contains(text))
    };
    match run(Path::new(folder), wanted, only.is_none(), has("--refresh")) {
        Ok(tally) => tally.end(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the directory of the firmware package.
fn firmware() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware")
}

fn run(
    folder: &Path,
    wanted: impl Fn(&Program) -> bool,
    with_controls: bool,
    refresh: bool,
) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let all = programs::all();

    let mut measured = Vec::new();
    let mut surviving = PanicList::of_this_compiler()?;
    let mut linked = LinkedSymbols::default();
    for program in all.iter().filter(|program| wanted(program)) {
        let Some(elf) = build(program, folder, &mut tally)? else { continue };
        let report = program.board.run(&elf.path)?;
        console::check_verdicts(program, &report, folder, &mut tally)?;
        if program.extra.is_none() {
            let row = Row::of(program, &elf.parts(program)?, &report);
            println!("{}", row.markdown());
            measured.push(row);
            linked.add(program, &elf);
        }
        if program.may_panic() {
            surviving.add(program, elf.call_sites()?);
        }
    }
    linked.check(with_controls, &mut tally);

    let mut figures = Figures::read()?;
    let mut list = PanicList::read()?;
    if refresh {
        figures.take(measured.clone(), &all);
        figures.write()?;
        list.take(&surviving);
        list.write()?;
        published::write(&figures)?;
    }
    figures.compare(&measured, &all, &mut tally);
    list.compare(&surviving, &mut tally);
    tally.check(published::agrees_with(&figures)?, || {
        format!("the figures in docs/benchmarks.md differ from figures.md{}", figures::HINT)
    });
    println!("\n{}", figures::table(&measured));
    println!("{surviving}");
    Ok(tally)
}

/// Builds a program. Unless it may panic, it links only if no path leads to a panic.
fn build(program: &Program, folder: &Path, tally: &mut Tally) -> Result<Option<Elf>, Error> {
    if program.may_panic() {
        let output = program.build(folder, false)?;
        let built = tally.check(output.status.success(), || {
            format!("{program} builds:\n{}", String::from_utf8_lossy(&output.stderr))
        });
        return if built { Elf::read(program.path(folder)).map(Some) } else { Ok(None) };
    }
    if program.build(folder, true)?.status.success() {
        tally.pass();
        return Elf::read(program.path(folder)).map(Some);
    }
    // With an ordinary panic handler it links, and shows which functions panic.
    let output = program.build(folder, false)?;
    if !output.status.success() {
        tally.fail(format!("{program} builds:\n{}", String::from_utf8_lossy(&output.stderr)));
        return Ok(None);
    }
    let elf = Elf::read(program.path(folder))?;
    let sites: Vec<String> = elf.call_sites()?.iter().map(ToString::to_string).collect();
    tally.fail(format!("{program} has paths to panics:\n{}", sites.join("\n")));
    Ok(Some(elf))
}
