//! The table of the main figures in docs/benchmarks.md.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::figures::{Figures, Row};

const BEGIN: &str = "<!-- footprint: written by tests/firmware/run.sh --refresh -->\n";
const END: &str = "<!-- end of footprint -->\n";

/// Label, engine, keys, algorithms and levels of optimisation.
const PROGRAMS: [(&str, &str, &str, &str, &[&str]); 8] = [
    ("**tollgate**, ES256", "provisioned", "6x2", "ES256", &["s", "3"]),
    ("**tollgate**, ES256 and ES384", "provisioned", "6x2", "ES256 + ES384", &["s", "3"]),
    ("**tollgate**, EdDSA", "provisioned", "6x2", "EdDSA", &["s"]),
    ("**tollgate**, RS256, 2,048 bits", "provisioned", "2048 bits", "RS256", &["s"]),
    ("**tollgate**, RS256, 4,096 bits", "provisioned", "4096 bits", "RS256", &["s"]),
    ("**tollgate**, PS256, 2,048 bits", "provisioned", "2048 bits", "PS256", &["s"]),
    ("**tollgate**, ES512", "provisioned", "6x2", "ES512", &["s"]),
    ("tollgate on RustCrypto, ES256 and ES384", "rustcrypto", "–", "ES256 + ES384", &["s", "3"]),
];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md")
}

pub fn write(figures: &Figures) -> Result<(), Error> {
    let text = std::fs::read_to_string(path())?;
    let (before, _, after) = split(&text)?;
    Ok(std::fs::write(path(), format!("{before}{BEGIN}{}{END}{after}", table(figures)))?)
}

pub fn agrees_with(figures: &Figures) -> Result<bool, Error> {
    let text = std::fs::read_to_string(path())?;
    Ok(split(&text)?.1 == table(figures))
}

fn split(text: &str) -> Result<(&str, &str, &str), Error> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (table, after) = rest.split_once(END)?;
        Some((before, table, after))
    });
    parts.ok_or_else(|| {
        "docs/benchmarks.md has no section for the footprint: add the comments that enclose it"
            .into()
    })
}

fn table(figures: &Figures) -> String {
    let mut text = String::from(
        "| Cortex-M4 | opt-level | code, constants | keys, tables | instructions | stack |\n\
         |---|---|--:|--:|--:|--:|\n",
    );
    for (label, engine, keys, algorithms, opt_levels) in PROGRAMS {
        for opt_level in opt_levels {
            let key = ["Cortex-M4", engine, keys, algorithms, opt_level];
            let cells = figures.rows().iter().find(|row| row.has_key(key)).map(cells);
            writeln!(text, "| {label} | {opt_level} | {} |", cells.unwrap_or_default()).unwrap();
        }
    }
    text
}

fn cells(row: &Row) -> String {
    let sum = |names: [&str; 2]| kilobytes(names.iter().filter_map(|name| row.figure(name)).sum());
    let of_each = |names: [&str; 2], show: fn(u64) -> String| {
        let figures = names.iter().filter_map(|name| row.figure(name));
        figures.map(show).collect::<Vec<_>>().join(", ")
    };
    [
        sum(["code", "constants"]),
        sum(["keys' tables", "generators' tables"]),
        of_each(["instructions", "second's instructions"], millions),
        of_each(["stack", "second's stack"], kilobytes),
    ]
    .join(" | ")
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}

fn millions(instructions: u64) -> String {
    format!("{:.2} M", instructions as f64 / 1e6)
}
