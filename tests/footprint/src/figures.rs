//! The table of figures, and the comparison with the committed one.

use std::fmt::Write;
use std::path::PathBuf;

use crate::Error;
use crate::board::Report;
use crate::console;
use crate::elf::Parts;
use crate::program::Program;
use crate::tally::Tally;

pub const HINT: &str = "; update it with `tests/firmware/run.sh --refresh`";

const KEYS: [&str; 5] = ["processor", "engine", "keys", "algorithms", "opt-level"];
const FIGURES: [&str; 10] = [
    "code",
    "constants",
    "keys' tables",
    "generators' tables",
    "static RAM",
    "harness",
    "instructions",
    "stack",
    "second's instructions",
    "second's stack",
];

/// The figures of one program.
#[derive(Clone)]
pub struct Row {
    key: [String; KEYS.len()],
    /// `None` for the second algorithm of a program that has only one.
    figures: [Option<u64>; FIGURES.len()],
}

impl Row {
    pub fn of(program: &Program, parts: &Parts, report: &Report) -> Self {
        let cost = |index: usize| {
            let algorithm = program.algorithms.get(index)?;
            let valid = console::cases(report)
                .find(|case| case.algorithm == *algorithm && case.name == "valid")?;
            let deepest = console::cases(report)
                .filter(|case| case.algorithm == *algorithm)
                .map(|case| u64::from(case.stack))
                .max()?;
            let instructions = f64::from(valid.ticks) * program.board.instructions_per_tick;
            Some((instructions as u64, deepest))
        };
        let (first, second) = (cost(0), cost(1));
        Self {
            key: key(program),
            figures: [
                Some(parts.code),
                Some(parts.constants),
                Some(parts.key_tables),
                Some(parts.generator_tables),
                Some(parts.ram),
                Some(parts.harness),
                first.map(|(instructions, _)| instructions),
                first.map(|(_, stack)| stack),
                second.map(|(instructions, _)| instructions),
                second.map(|(_, stack)| stack),
            ],
        }
    }

    /// Returns the figure in a column.
    pub fn figure(&self, heading: &str) -> Option<u64> {
        FIGURES.iter().zip(self.figures).find(|(name, _)| **name == heading)?.1
    }

    pub fn has_key(&self, key: [&str; KEYS.len()]) -> bool {
        self.key == key
    }

    pub fn markdown(&self) -> String {
        let figures = self.figures.map(|figure| figure.map(with_commas).unwrap_or_default());
        format!("| {} | {} |", self.key.join(" | "), figures.join(" | "))
    }

    fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix('|')?.strip_suffix('|')?;
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (key, figures) = cells.split_first_chunk::<{ KEYS.len() }>()?;
        let figures: &[&str; FIGURES.len()] = figures.try_into().ok()?;
        let figures = figures.map(|cell| cell.replace(',', ""));
        // The heading and the line below it have no figures.
        figures[0].parse::<u64>().ok()?;
        Some(Self { key: key.map(str::to_owned), figures: figures.map(|cell| cell.parse().ok()) })
    }

    /// Returns the figures that have grown by more than a tenth, or are new or missing.
    fn grown_since(&self, before: &Self) -> Vec<String> {
        let figures = FIGURES.iter().zip(self.figures).zip(before.figures);
        let grown = figures.filter_map(|((name, now), before)| match (now, before) {
            (Some(now), Some(before)) if now * 10 <= before * 11 => None,
            (None, None) => None,
            (now, before) => Some(format!("{name} from {} to {}", show(before), show(now))),
        });
        grown.collect()
    }
}

fn key(program: &Program) -> [String; KEYS.len()] {
    [
        program.board.processor,
        program.engine.name(),
        &program.keys.to_string(),
        &program.algorithms.join(" + "),
        program.opt_level.name(),
    ]
    .map(str::to_owned)
}

fn show(figure: Option<u64>) -> String {
    figure.map_or_else(|| "nothing".to_owned(), with_commas)
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats rows as a table.
pub fn table(rows: &[Row]) -> String {
    let lines = KEYS.map(|_| "---").join("|");
    let numbers = FIGURES.map(|_| "--:").join("|");
    let mut text =
        format!("| {} | {} |\n|{lines}|{numbers}|\n", KEYS.join(" | "), FIGURES.join(" | "));
    for row in rows {
        writeln!(text, "{}", row.markdown()).unwrap();
    }
    text
}

/// The content of `figures.md`.
pub struct Figures {
    rows: Vec<Row>,
}

impl Figures {
    fn path() -> PathBuf {
        crate::firmware().join("figures.md")
    }

    pub fn read() -> Result<Self, Error> {
        let text = std::fs::read_to_string(Self::path())?;
        Ok(Self { rows: text.lines().filter_map(Row::parse).collect() })
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Replaces the measured rows, and keeps the other rows of known programs.
    pub fn take(&mut self, measured: Vec<Row>, all: &[Program]) {
        let mut rows = measured;
        rows.append(&mut self.rows);
        let of = |program: &Program| {
            let key = key(program);
            rows.iter().find(|row| row.key == key).cloned()
        };
        self.rows = all.iter().filter(|program| program.extra.is_none()).filter_map(of).collect();
    }

    pub fn write(&self) -> Result<(), Error> {
        let text = format!("{INTRODUCTION}\n{}", table(&self.rows));
        Ok(std::fs::write(Self::path(), text)?)
    }

    /// Checks that no figure has grown by more than a tenth, and that no row is missing on either side.
    pub fn compare(&self, measured: &[Row], all: &[Program], tally: &mut Tally) {
        for row in measured {
            let Some(before) = self.rows.iter().find(|before| before.key == row.key) else {
                tally.fail(format!("figures.md lacks {}{HINT}", row.key.join(", ")));
                continue;
            };
            let grown = row.grown_since(before);
            tally.check(grown.is_empty(), || {
                format!("figures.md: {}: {}{HINT}", row.key.join(", "), grown.join("; "))
            });
        }
        let known: Vec<_> = all.iter().filter(|program| program.extra.is_none()).map(key).collect();
        for row in &self.rows {
            tally.check(known.contains(&row.key), || {
                format!("figures.md has {}, which is not a program{HINT}", row.key.join(", "))
            });
        }
    }
}

const INTRODUCTION: &str = "\
# Footprint

`tests/firmware/run.sh --refresh` writes this file, and `run.sh` fails if a figure has grown by more than
a tenth. [README.md](README.md) describes how the figures are measured.

All sizes are in bytes. Flash consists of *code*, *constants* and the *tables* of keys and generators; an
RSA key counts as a table. The *harness* around the core is separate. *Instructions* are those for a valid
token, from the header value to the accepted claims. *Stack* is the maximum of all cases. A program with two
algorithms has figures for each.
";

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "| M4 | engine | 6x2 | ES256 | s | 26,530 | 3,448 | 4,096 | 4,096 | 0 | 732 | \
                        835,440 | 2,292 |  |  |";

    #[test]
    fn a_written_row_can_be_read() {
        let row = Row::parse(LINE).unwrap();
        assert_eq!(row.figure("instructions"), Some(835_440));
        assert_eq!(row.figure("second's instructions"), None);
        assert_eq!(row.markdown(), LINE);
        assert_eq!(table(std::slice::from_ref(&row)).lines().filter_map(Row::parse).count(), 1);
    }

    #[test]
    fn a_figure_may_grow_by_a_tenth() {
        let grown = |from: &str, to| {
            let before = Row::parse(LINE).unwrap();
            Row::parse(&LINE.replace(from, to)).unwrap().grown_since(&before)
        };
        assert!(grown("26,530", "29,183").is_empty());
        assert_eq!(grown("26,530", "29,184"), ["code from 26,530 to 29,184"]);
        assert!(grown("26,530", "10").is_empty(), "it may shrink");
        assert_eq!(grown("| 0 |", "| 4 |"), ["static RAM from 0 to 4"]);
        assert_eq!(grown("|  |  |", "|  | 1 |"), ["second's stack from nothing to 1"]);
        assert_eq!(grown("2,292", ""), ["stack from 2,292 to nothing"]);
    }
}
