//! The tables of ratios in docs/benchmarks.md.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use crate::measure::Row;
use crate::report::{peer_versions, ratio};

const BEGIN: &str = "<!-- ratios: written by `compare -- --write` -->\n";
const END: &str = "<!-- end of ratios -->\n";

/// The columns of the tables: a workload and its heading.
const TABLES: [(&str, &[(&str, &str)]); 2] = [
    (
        "signature",
        &[
            ("signature/es256", "ES256"),
            ("signature/es384", "ES384"),
            ("signature/es512", "ES512"),
            ("signature/rs256", "RS256"),
            ("signature/rs256-4096", "RS256, 4,096 bits"),
            ("signature/ps256", "PS256"),
            ("signature/eddsa", "EdDSA"),
        ],
    ),
    (
        "token",
        &[
            ("token/es256", "ES256"),
            ("token/es384", "ES384"),
            ("token/rs256", "RS256"),
            ("token/eddsa", "EdDSA"),
        ],
    ),
];

/// The lines: a label, and its subjects. A workload has at most one of them.
const LINES: [(&str, &[&str]); 15] = [
    ("**tollgate**, default: 1 to 1.7 MiB per key", &["tollgate"]),
    ("tollgate, default with a dozen keys: 96 to 288 KiB per key", &["tollgate-many-keys"]),
    ("tollgate, 10 × 2: 64 to 144 KiB per key", &["tollgate-10x2"]),
    ("tollgate, 6 × 2: 4 to 9 KiB per key", &["tollgate-small"]),
    ("tollgate, 4 × 1: 0.5 to 1.1 KiB per key", &["tollgate-4x1"]),
    ("tollgate, no table", &["tollgate-untabled"]),
    ("tollgate on RustCrypto", &["tollgate-reference"]),
    ("aws-lc-rs, parsed key", &["aws-lc-rs"]),
    ("graviola", &["graviola"]),
    ("ring", &["ring"]),
    ("RustCrypto, dalek", &["p256", "p384", "p521", "rsa", "ed25519-dalek"]),
    ("jsonwebtoken on aws-lc", &["jsonwebtoken-aws-lc"]),
    ("jsonwebtoken on RustCrypto", &["jsonwebtoken-rust-crypto"]),
    ("jwt-simple", &["jwt-simple"]),
    ("jwt-compact", &["jwt-compact"]),
];

/// Rewrites the table in `page` with the results of a complete run.
///
/// # Errors
///
/// Returns an error if the page cannot be read or written, or has no place for the table.
pub fn write(page: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(page)?;
    let text = with_table(&text, rows)
        .ok_or_else(|| format!("{} lacks the lines {BEGIN}and {END}", page.display()))?;
    Ok(std::fs::write(page, text)?)
}

fn with_table(page: &str, rows: &[Row]) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}\nPeers: {}.\n{END}{after}", tables(rows), peer_versions()))
}

fn tables(rows: &[Row]) -> String {
    TABLES.map(|(title, columns)| table(rows, title, columns)).join("\n")
}

/// Leaves out the lines of subjects that do none of this.
fn table(rows: &[Row], title: &str, columns: &[(&str, &str)]) -> String {
    let headings: String = columns.iter().map(|(_, heading)| format!(" {heading} |")).collect();
    let mut text = format!("| {title} |{headings}\n|---{}|\n", "|--:".repeat(columns.len()));
    for (label, subjects) in LINES {
        let cells: Vec<_> =
            columns.iter().map(|(workload, _)| cell(rows, workload, subjects)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            writeln!(text, "| {label} | {} |", cells.join(" | ")).unwrap();
        }
    }
    text
}

/// The ratio to Tollgate's default, or nothing where the subject does not do this.
fn cell(rows: &[Row], workload: &str, subjects: &[&str]) -> String {
    let is = |row: &&Row| row.workload == workload && subjects.contains(&row.subject);
    rows.iter().find(is).map(|row| ratio(row.ratio)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads;

    const PAGE: &str = include_str!("../../docs/benchmarks.md");

    fn rows() -> Vec<Row> {
        let groups = workloads::all().into_iter();
        let cases = groups.flat_map(|group| group.cases).enumerate();
        cases
            .map(|(number, case)| Row {
                is_ours: case.is_ours(),
                workload: case.workload,
                subject: case.subject,
                note: case.note,
                median_ns: 1.0,
                ratio: 1000.0 + number as f64,
            })
            .collect()
    }

    #[test]
    fn page_has_a_place_for_the_table_and_keeps_the_rest() {
        let written = with_table(PAGE, &rows()).unwrap();
        assert!(written.contains("| 1000.0 |"), "{written}");
        assert_eq!(with_table(&written, &rows()).unwrap(), written);
        let outside = |text: &str| {
            let (before, rest) = text.split_once(BEGIN).unwrap();
            (before.to_owned(), rest.split_once(END).unwrap().1.to_owned())
        };
        assert_eq!(outside(&written), outside(PAGE));
    }

    #[test]
    fn every_peer_and_every_named_engine_has_a_figure() {
        let tables = tables(&rows());
        let has_size =
            |row: &Row| row.is_ours && row.subject.ends_with(|c: char| c.is_ascii_digit());
        for row in rows() {
            let is_shown = TABLES
                .iter()
                .any(|(_, columns)| columns.iter().any(|(name, _)| *name == row.workload));
            if is_shown && !has_size(&row) {
                assert!(tables.contains(&format!(" {} |", ratio(row.ratio))), "{}", row.subject);
            }
        }
        for (label, _) in LINES {
            assert!(tables.contains(label), "{label} is of no subject");
        }
    }
}
