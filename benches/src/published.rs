//! The table of ratios in docs/benchmarks.md.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use crate::measure::Row;
use crate::report::{peer_versions, ratio};

const BEGIN: &str = "<!-- ratios: written by `compare -- --write` -->\n";
const END: &str = "<!-- end of ratios -->\n";

/// The columns: a workload and its heading.
const COLUMNS: [(&str, &str); 4] = [
    ("signature/es256", "signature ES256"),
    ("signature/es384", "signature ES384"),
    ("token/es256", "token ES256"),
    ("token/es384", "token ES384"),
];

/// The lines: a label, and its subjects. A workload has at most one of them.
const LINES: [(&str, &[&str]); 13] = [
    ("**tollgate**, default: 64 / 96 KiB per key", &["tollgate"]),
    ("tollgate, 4 / 6 KiB per key", &["tollgate-small"]),
    ("tollgate, 0.5 / 0.75 KiB per key", &["tollgate-4x1"]),
    ("tollgate, no table", &["tollgate-untabled"]),
    ("tollgate on RustCrypto", &["tollgate-reference"]),
    ("aws-lc-rs, parsed key", &["aws-lc-rs"]),
    ("graviola", &["graviola"]),
    ("ring", &["ring"]),
    ("p256 / p384 (RustCrypto)", &["p256", "p384"]),
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
    Some(format!("{before}{BEGIN}{}\nPeers: {}.\n{END}{after}", table(rows), peer_versions()))
}

fn table(rows: &[Row]) -> String {
    let headings = COLUMNS.map(|(_, heading)| heading).join(" | ");
    let mut text = format!("| | {headings} |\n|---{}|\n", "|--:".repeat(COLUMNS.len()));
    for (label, subjects) in LINES {
        let cells = COLUMNS.map(|(workload, _)| cell(rows, workload, subjects)).join(" | ");
        writeln!(text, "| {label} | {cells} |").unwrap();
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
        let table = table(&rows());
        let has_size =
            |row: &Row| row.is_ours && row.subject.ends_with(|c: char| c.is_ascii_digit());
        for row in rows() {
            if COLUMNS.iter().any(|(workload, _)| *workload == row.workload) && !has_size(&row) {
                assert!(table.contains(&format!(" {} |", ratio(row.ratio))), "{}", row.subject);
            }
        }
        // A label without a subject would leave an empty line.
        assert!(table.lines().all(|line| !line.contains("|  |  |  |  |")), "{table}");
    }
}
