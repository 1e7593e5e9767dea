//! The results as tables and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::measure::Row;

/// Formats a group as an aligned table; where different subjects do the same, the fastest comes first.
pub fn table(title: &str, baseline: &str, rows: &[Row]) -> String {
    let mut rows: Vec<&Row> = rows.iter().collect();
    let comparison = rows.iter().all(|row| row.workload == rows[0].workload);
    if comparison {
        rows.sort_by(|left, right| left.median_ns.total_cmp(&right.median_ns));
    }
    let name = |row: &Row| if comparison { row.subject.into() } else { row.workload.clone() };
    let mut text = format!("{title}\n\n");
    writeln!(text, "    {:<26}{:<26}{:>10}    {}", "", "", "median", format_args!("× {baseline}"))
        .unwrap();
    for row in rows {
        writeln!(
            text,
            "  {} {:<26}{:<26}{:>10}{:>8}",
            if row.is_ours { '▪' } else { ' ' },
            name(row),
            row.note,
            duration(row.median_ns),
            ratio(row.ratio),
        )
        .unwrap();
    }
    text
}

/// Formats nanoseconds to three digits.
pub fn duration(ns: f64) -> String {
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e4 => format!("{:.2} µs", ns / 1e3),
        ..1e5 => format!("{:.1} µs", ns / 1e3),
        ..1e6 => format!("{:.0} µs", ns / 1e3),
        _ => format!("{:.2} ms", ns / 1e6),
    }
}

/// Formats a ratio to three digits or a thousandth.
pub fn ratio(ratio: f64) -> String {
    match ratio {
        ..0.1 => format!("{ratio:.3}"),
        ..10.0 => format!("{ratio:.2}"),
        _ => format!("{ratio:.1}"),
    }
}

#[derive(Serialize)]
struct Entry<'r> {
    workload: &'r str,
    subject: &'r str,
    median_ns: f64,
    ratio_to_tollgate: f64,
}

/// Formats all results as a JSON array.
pub fn json(rows: &[Row]) -> String {
    let entries: Vec<_> = rows
        .iter()
        .map(|row| Entry {
            workload: &row.workload,
            subject: row.subject,
            median_ns: rounded(row.median_ns, 1),
            ratio_to_tollgate: rounded(row.ratio, 4),
        })
        .collect();
    serde_json::to_string_pretty(&entries).unwrap()
}

fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    (value * unit).round() / unit
}

/// Returns the names and locked versions of the peers.
pub fn peer_versions() -> String {
    const LOCK: &str = include_str!("../../Cargo.lock");
    const PEERS: [&str; 11] = [
        "p256",
        "p384",
        "p521",
        "rsa",
        "ed25519-dalek",
        "ring",
        "aws-lc-rs",
        "graviola",
        "jsonwebtoken",
        "jwt-simple",
        "jwt-compact",
    ];
    // The lock file is sorted by name and version: the last of a name is the newest, which is ours.
    let version = |name: &str| -> Option<&str> {
        let (_, package) = LOCK.rsplit_once(&format!("name = \"{name}\"\n"))?;
        package.strip_prefix("version = \"")?.split('"').next()
    };
    PEERS.map(|name| format!("{name} {}", version(name).unwrap_or("?"))).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &'static str, median_ns: f64, ratio: f64) -> Row {
        let is_ours = subject == "tollgate";
        let workload = "token/es256".into();
        Row { workload, subject, note: "a note".into(), is_ours, median_ns, ratio }
    }

    #[test]
    fn table_is_aligned_and_sorted_by_time() {
        let rows =
            [row("tollgate", 9_612.3, 1.0), row("slow", 190_000.0, 19.8), row("fast", 7.0, 0.01)];
        let table = table("title", "tollgate", &rows);
        let lines: Vec<&str> = table.lines().skip(3).collect();
        assert!(lines[0].starts_with("    fast "));
        assert!(lines[1].starts_with("  ▪ tollgate "));
        assert!(lines[1].ends_with("   9.61 µs    1.00"));
        assert!(lines[2].ends_with("    190 µs    19.8"));
    }

    #[test]
    fn json_has_the_documented_members() {
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json(&[row("tollgate", 9612.34, 1.0)]))
                .unwrap(),
            serde_json::json!([{
                "workload": "token/es256",
                "subject": "tollgate",
                "median_ns": 9612.3,
                "ratio_to_tollgate": 1.0
            }])
        );
    }

    #[test]
    fn every_peer_has_a_version() {
        assert!(!peer_versions().contains('?'));
        assert!(peer_versions().contains("p256 0.14"));
    }
}
