//! Measures subjects in rounds.
//!
//! In each round, every subject of a group verifies one batch of tokens. So a disturbance that lasts
//! longer than a round affects all subjects. The reported time is the median over the rounds.
//!
//! The reported ratio is the median of the ratios within the rounds, between batches a few
//! milliseconds apart. The quotient of two median times would resist single outliers as well, but not
//! a machine that is slow for some of the rounds: one median might come from a slow round and the
//! other from a fast one.

use std::time::{Duration, Instant};

use crate::workloads::Case;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The approximate time for a batch: long enough for the clock, short enough to run undisturbed.
    pub batch: Duration,
    /// The total time for each case.
    pub per_case: Duration,
}

impl Effort {
    /// For a first look.
    pub const QUICK: Self =
        Self { batch: Duration::from_millis(1), per_case: Duration::from_millis(400) };
    /// For published figures.
    pub const FULL: Self =
        Self { batch: Duration::from_millis(2), per_case: Duration::from_millis(3500) };
    /// A median of fewer rounds would mean little.
    const MIN_ROUNDS: u32 = 15;
}

/// One line of the results.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the workload.
    pub workload: String,
    /// The name of the subject.
    pub subject: &'static str,
    /// A few words about the subject.
    pub note: String,
    /// Whether the subject is Tollgate.
    pub is_ours: bool,
    /// The time of one verification.
    pub median_ns: f64,
    /// The time relative to the first case of the group.
    pub ratio: f64,
}

/// Measures the cases of a group, and reports progress after each round: rounds done, rounds in all.
pub fn measure(cases: &mut [Case], effort: Effort, mut progress: impl FnMut(u32, u32)) -> Vec<Row> {
    let iterations: Vec<u64> =
        cases.iter_mut().map(|case| iterations_of_batch(case, effort.batch)).collect();
    // A single token of a slow subject exceeds the batch time, so a whole round is timed.
    let start = Instant::now();
    let mut rounds = vec![one_round(cases, &iterations, 0)];
    let budget = effort.per_case * cases.len() as u32;
    let count = (budget.as_secs_f64() / start.elapsed().as_secs_f64()) as u32;
    let count = count.max(Effort::MIN_ROUNDS);
    // The first round was the warm-up.
    rounds.clear();
    for round in 0..count {
        rounds.push(one_round(cases, &iterations, round as usize));
        progress(round + 1, count);
    }
    let row = |(index, case): (usize, &Case)| Row {
        workload: case.workload.clone(),
        subject: case.subject,
        note: case.note.clone(),
        is_ours: case.is_ours(),
        median_ns: median(rounds.iter().map(|times| times[index]).collect()),
        ratio: median(rounds.iter().map(|times| times[index] / times[0]).collect()),
    };
    cases.iter().enumerate().map(row).collect()
}

/// Returns the nanoseconds per token of each case, in the order of the cases.
fn one_round(cases: &mut [Case], iterations: &[u64], round: usize) -> Vec<f64> {
    let mut times = vec![0.0; cases.len()];
    for turn in 0..cases.len() {
        // The order differs from round to round: who is first, and who follows whom.
        let turn = if round.is_multiple_of(2) { turn } else { cases.len() - 1 - turn };
        let index = (turn + round / 2) % cases.len();
        times[index] = run(&mut cases[index], round, iterations[index]) / iterations[index] as f64;
    }
    times
}

/// Returns the nanoseconds of a batch, which begins with another token in every round.
fn run(case: &mut Case, round: usize, iterations: u64) -> f64 {
    let start = Instant::now();
    case.run(round, iterations);
    start.elapsed().as_nanos() as f64
}

fn iterations_of_batch(case: &mut Case, batch: Duration) -> u64 {
    let batch = batch.as_nanos() as f64;
    let mut iterations = 1;
    loop {
        let elapsed = run(case, 0, iterations);
        if elapsed >= batch / 4.0 {
            return ((iterations as f64 * batch / elapsed) as u64).max(1);
        }
        iterations *= 2;
    }
}

/// Returns the middle value, or the mean of the two in the middle.
///
/// # Panics
///
/// Panics if `values` is empty.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        (values[middle - 1] + values[middle]) / 2.0
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads;

    #[test]
    fn median_ignores_outliers() {
        assert_eq!(median(vec![3.0, 1.0, 1e9]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 1e9]), 3.0);
    }

    #[test]
    fn baseline_has_the_ratio_one() {
        let effort = Effort { batch: Duration::from_micros(1), per_case: Duration::ZERO };
        let rows = measure(&mut workloads::series::reject().cases, effort, |_, _| ());
        assert_eq!(rows[0].ratio, 1.0);
        assert!(rows.iter().all(|row| row.median_ns > 0.0));
    }
}
