//! The remaining paths to panics, and the comparison with the committed list, which has their reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::path::PathBuf;
use std::process::Command;

use crate::Error;
use crate::board::CORTEX_M4;
use crate::call_sites::CallSite;
use crate::figures::HINT;
use crate::program::{Extra, OptLevel, Program};
use crate::tally::Tally;

/// The headings of the list.
const RUSTCRYPTO: &str = "RustCrypto's engine";
const FLOAT_CLAIMS: &str = "Claims with floating-point numbers, by serde";

/// Call sites by program, with reasons.
pub struct PanicList {
    /// A list is valid for one compiler version, since optimisers differ in what they can prove.
    compiler: String,
    programs: BTreeMap<String, BTreeMap<CallSite, String>>,
}

impl PanicList {
    /// Creates an empty list.
    pub fn of_this_compiler() -> Result<Self, Error> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output =
            Command::new(rustc).current_dir(crate::firmware()).arg("--version").output()?;
        let compiler = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Self { compiler, programs: BTreeMap::new() })
    }

    fn path() -> PathBuf {
        crate::firmware().join("panics.md")
    }

    pub fn read() -> Result<Self, Error> {
        let text = std::fs::read_to_string(Self::path())?;
        let mut list = Self { compiler: String::new(), programs: BTreeMap::new() };
        let mut program = "";
        for line in text.lines() {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            if let Some(compiler) = line.strip_prefix("Compiler: ") {
                list.compiler = compiler.trim_matches('`').to_owned();
            } else if let Some(heading) = line.strip_prefix("## ") {
                program = heading;
            } else if let [function, panic, reason] = &*cells
                && function.starts_with('`')
            {
                let [function, panic] =
                    [function, panic].map(|name| name.trim_matches('`').to_owned());
                let sites = list.programs.entry(program.to_owned()).or_default();
                sites.insert(CallSite { function, panic }, (*reason).to_owned());
            }
        }
        Ok(list)
    }

    pub fn write(&self) -> Result<(), Error> {
        let text = format!("{INTRODUCTION}\nCompiler: `{}`\n{self}", self.compiler);
        Ok(std::fs::write(Self::path(), text)?)
    }

    /// Adds the call sites of a program, if it is one of the listed programs.
    pub fn add(&mut self, program: &Program, sites: BTreeSet<CallSite>) {
        if program.board.target != CORTEX_M4.target || program.opt_level != OptLevel::S {
            return;
        }
        let name =
            if program.extra == Some(Extra::FloatClaims) { FLOAT_CLAIMS } else { RUSTCRYPTO };
        let sites = sites.into_iter().map(|site| (site, String::new())).collect();
        self.programs.insert(name.to_owned(), sites);
    }

    /// Replaces the call sites by those of another list, and keeps the reasons.
    pub fn take(&mut self, found: &Self) {
        self.compiler.clone_from(&found.compiler);
        for (program, sites) in &found.programs {
            let known = self.programs.remove(program).unwrap_or_default();
            let reason = |site| known.get(site).cloned().unwrap_or_default();
            let sites = sites.keys().map(|site| (site.clone(), reason(site))).collect();
            self.programs.insert(program.clone(), sites);
        }
    }

    /// Compares the call sites with those of another list, and checks that each has a reason.
    pub fn compare(&self, found: &Self, tally: &mut Tally) {
        for (program, sites) in &self.programs {
            tally.check([RUSTCRYPTO, FLOAT_CLAIMS].contains(&&**program), || {
                format!("panics.md has {program:?}, which is not a listed program")
            });
            for (site, reason) in sites {
                tally.check(!reason.is_empty(), || {
                    format!("panics.md: {program}: {site}: the reason is missing")
                });
            }
        }
        if self.compiler != found.compiler {
            println!(
                "panics.md is not compared: it is for {}, but this is {}",
                self.compiler, found.compiler
            );
            return;
        }
        let none = BTreeMap::new();
        for (name, found) in &found.programs {
            let known = self.programs.get(name).unwrap_or(&none);
            for site in found.keys() {
                tally.check(known.contains_key(site), || {
                    format!("panics.md: {name}: a new path to a panic: {site}{HINT}")
                });
            }
            for site in known.keys().filter(|site| !found.contains_key(site)) {
                tally.fail(format!("panics.md: {name}: obsolete: {site}{HINT}"));
            }
        }
    }
}

/// As Markdown.
impl fmt::Display for PanicList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (program, sites) in &self.programs {
            write!(f, "\n## {program}\n\n| function | calls | reason |\n|---|---|---|\n")?;
            for (CallSite { function, panic }, reason) in sites {
                let line = format!("| `{function}` | `{panic}` | {reason}");
                writeln!(f, "{} |", line.trim_end())?;
            }
        }
        f.write_char('\n')
    }
}

const INTRODUCTION: &str = "\
# Remaining paths to panics

The programs with the provisioned engine link only if no path leads to a panic. With RustCrypto's curves,
or with floating-point numbers in custom claims, some paths remain because the compiler cannot prove that
they are unreachable. This list has the functions that contain them, for a Cortex-M4 at opt-level `s`.
Claims of other types leave no path.

`tests/firmware/run.sh` compares this list with the program, and fails if a line is new, obsolete or
without a reason. `run.sh --refresh` rewrites the list and keeps the reasons. The list is valid for one
compiler version, since optimisers differ in what they can prove; with another version it is not compared.
";
