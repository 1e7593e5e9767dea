//! Claims about performance, checked against the results of a run.

use crate::measure::Row;
use crate::report::{duration, ratio};
use crate::workloads::series::{CHEAP_STAGES, KEY_COUNTS, TOKEN_LENS};

/// The growth that noise explains.
const NOISE: f64 = 1.1;
/// The allowed cost of a token that is refused before its signature is checked, relative to a good one.
const CHEAP: f64 = 0.1;

/// A claim, and whether this run supports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The claim, with the run's figures.
    pub text: String,
    /// Whether the figures support the claim.
    pub holds: bool,
}

/// Returns the findings of a complete run.
pub fn findings(rows: &[Row]) -> Vec<Finding> {
    let mut findings = vec![keys(rows), payload(rows), reject(rows)];
    findings.extend(
        MARGINS.map(|(workload, ours, peer, goal)| margin(rows, workload, ours, peer, goal)),
    );
    findings
}

/// How many times faster than a peer an engine of ours must be.
const MARGINS: [(&str, &str, &str, f64); 17] = [
    ("signature/es256", "tollgate", "tollgate-10x2", 1.18),
    ("signature/es384", "tollgate", "tollgate-10x2", 1.2),
    ("signature/es256", "tollgate", "aws-lc-rs", 3.7),
    ("signature/es384", "tollgate", "aws-lc-rs", 4.2),
    ("token/es256", "tollgate", "jsonwebtoken-aws-lc", 3.2),
    ("token/es384", "tollgate", "jsonwebtoken-aws-lc", 3.8),
    ("signature/es256", "tollgate-small", "aws-lc-rs", 2.7),
    ("signature/es384", "tollgate-small", "aws-lc-rs", 2.7),
    ("signature/es256", "tollgate-untabled", "aws-lc-rs", 1.0),
    ("signature/es384", "tollgate-untabled", "aws-lc-rs", 0.95),
    ("signature/rs256", "tollgate", "aws-lc-rs", 0.78),
    ("signature/ps256", "tollgate", "aws-lc-rs", 0.78),
    ("signature/rs256-4096", "tollgate", "aws-lc-rs", 0.75),
    ("token/rs256", "tollgate", "jsonwebtoken-aws-lc", 0.95),
    ("signature/eddsa", "tollgate", "aws-lc-rs", 3.6),
    ("signature/eddsa", "tollgate", "ed25519-dalek", 3.2),
    ("signature/es512", "tollgate", "aws-lc-rs", 3.5),
];

fn margin(rows: &[Row], workload: &str, ours: &str, peer: &str, goal: f64) -> Finding {
    let of = |subject| {
        let is = |row: &&Row| row.workload == workload && row.subject == subject;
        rows.iter().find(is).unwrap().ratio
    };
    let margin = of(peer) / of(ours);
    let text = format!(
        "{workload}: {ours} is {} times as fast as {peer}; the goal is {goal} or more.",
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
            "Finding the key is cheap: with {} keys in the set, a token takes {} times as long as with \
             one.",
            KEY_COUNTS[3],
            ratio(growth)
        ),
        holds: growth <= NOISE,
    }
}

/// Linear growth means that no byte costs more than the bytes before it.
fn payload(rows: &[Row]) -> Finding {
    let ns = TOKEN_LENS.map(|len| row(rows, &format!("payload/{len}")).median_ns);
    let per_byte = |i: usize| (ns[i + 1] - ns[i]) / (TOKEN_LENS[i + 1] - TOKEN_LENS[i]) as f64;
    let slopes = [per_byte(0), per_byte(1), per_byte(2)];
    Finding {
        text: format!(
            "The cost grows at most linearly with the token: from {:?} bytes to the next length, each \
             further byte takes {:.2}, {:.2} and {:.2} ns.",
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
            "Refusing a token before its signature is checked takes less than a tenth of accepting it: \
             at most {}, {} times as long ({}).",
            duration(dearest.median_ns),
            ratio(dearest.ratio),
            dearest.workload
        ),
        holds: dearest.ratio < CHEAP,
    }
}
