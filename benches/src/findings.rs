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
    vec![keys(rows), payload(rows), reject(rows)]
}

fn row<'r>(rows: &'r [Row], workload: &str) -> &'r Row {
    rows.iter().find(|row| row.workload == workload).unwrap()
}

fn keys(rows: &[Row]) -> Finding {
    let growth = row(rows, &format!("keys/{}", KEY_COUNTS[3])).ratio;
    Finding {
        text: format!(
            "The cost does not grow with the key set: {} keys take {} times as long as one.",
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
