//! What the series are measured for, in sentences with figures.

use crate::measure::Row;
use crate::report::{duration, ratio};
use crate::workloads::series::{CHEAP_STAGES, KEY_COUNTS, TOKEN_LENS};

/// What noise may add to a cost that should not grow.
const NOISE: f64 = 1.1;
/// What a token may cost that is refused before its signature is checked.
const CHEAP: f64 = 0.1;

/// A claim, and whether this run bears it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The claim and its figures.
    pub text: String,
    /// Whether they agree.
    pub holds: bool,
}

/// The findings of a complete run.
pub fn findings(rows: &[Row]) -> Vec<Finding> {
    let mut findings = vec![keys(rows), payload(rows), reject(rows)];
    findings.extend(
        MARGINS.map(|(workload, ours, peer, goal)| margin(rows, workload, ours, peer, goal)),
    );
    findings
}

/// How many times as fast as a peer an engine of ours is to be.
const MARGINS: [(&str, &str, &str, f64); 8] = [
    ("signature/es256", "tollgate", "aws-lc-rs", 3.7),
    ("signature/es384", "tollgate", "aws-lc-rs", 4.2),
    ("token/es256", "tollgate", "jsonwebtoken-aws-lc", 3.2),
    ("token/es384", "tollgate", "jsonwebtoken-aws-lc", 3.8),
    ("signature/es256", "tollgate-small", "aws-lc-rs", 2.7),
    ("signature/es384", "tollgate-small", "aws-lc-rs", 2.7),
    ("signature/es256", "tollgate-untabled", "aws-lc-rs", 1.0),
    ("signature/es384", "tollgate-untabled", "aws-lc-rs", 0.95),
];

fn margin(rows: &[Row], workload: &str, ours: &str, peer: &str, goal: f64) -> Finding {
    let of = |subject| {
        let is = |row: &&Row| row.workload == workload && row.subject == subject;
        rows.iter().find(is).unwrap().ratio
    };
    let margin = of(peer) / of(ours);
    let text = format!(
        "{workload}: {ours} is {} times as fast as {peer}; at least {goal} is the goal.",
        ratio(margin)
    );
    Finding { text, holds: margin >= goal }
}

fn row<'r>(rows: &'r [Row], workload: &str) -> &'r Row {
    rows.iter().find(|row| row.workload == workload).unwrap()
}

fn keys(rows: &[Row]) -> Finding {
    let growth = row(rows, &format!("keys/{}", KEY_COUNTS[3])).ratio;
    Finding {
        text: format!(
            "Finding the key costs next to nothing: among {} keys, a token takes {} times as long as \
             with one.",
            KEY_COUNTS[3],
            ratio(growth)
        ),
        holds: growth <= NOISE,
    }
}

/// Linear is what has no byte that costs more than the bytes before it.
fn payload(rows: &[Row]) -> Finding {
    let ns = TOKEN_LENS.map(|len| row(rows, &format!("payload/{len}")).median_ns);
    let per_byte = |i: usize| (ns[i + 1] - ns[i]) / (TOKEN_LENS[i + 1] - TOKEN_LENS[i]) as f64;
    let slopes = [per_byte(0), per_byte(1), per_byte(2)];
    Finding {
        text: format!(
            "The cost grows at most linearly with the token: between {:?} bytes, each more byte \
             takes {:.2}, {:.2} and {:.2} ns.",
            TOKEN_LENS, slopes[0], slopes[1], slopes[2]
        ),
        holds: slopes[2] <= slopes[1] * NOISE && slopes[1] <= slopes[0] * NOISE,
    }
}

fn reject(rows: &[Row]) -> Finding {
    let stages = CHEAP_STAGES.map(|stage| row(rows, &format!("reject/{stage}")));
    let dearest = stages.into_iter().max_by(|a, b| a.ratio.total_cmp(&b.ratio)).unwrap();
    Finding {
        text: format!(
            "Refusing an ordinary token before its signature is checked takes less than a tenth of \
             accepting it: at the most {}, {} times as long ({}).",
            duration(dearest.median_ns),
            ratio(dearest.ratio),
            dearest.workload
        ),
        holds: dearest.ratio < CHEAP,
    }
}
