//! Measures each size of table on this machine.

use std::fmt;
use std::time::{Duration, Instant};

use tollgate::keys;
use tollgate::table_size::TableSize;
use tollgate_core::{Algorithm, EcPublicKey, SignatureVerifier};

use super::provisioned_key::ProvisionedKey;
use crate::style;

/// A table of sizes for each algorithm among the keys, with the chosen size marked.
pub(super) struct Report<'a> {
    pub(super) keys: &'a [ProvisionedKey],
    pub(super) chosen: TableSize,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for algorithm in Algorithm::ALL {
            let mut points = self.keys.iter().map(|key| &key.point);
            if let Some(point) = points.find(|point| point.algorithm() == *algorithm) {
                self.measure(point, f)?;
            }
        }
        Ok(())
    }
}

impl Report<'_> {
    fn measure(&self, point: &EcPublicKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = point.algorithm();
        let (strong, reset) = (style::NOTE, style::RESET);
        writeln!(
            f,
            "{strong}{algorithm}{reset}  teeth x blocks       bytes    built in  verifies in"
        )?;
        if let Ok(key) = keys::without_table(point) {
            writeln!(f, "  {:>16}{:>14}{:>12}{:>11} us", "no table", 0, "", verification(&key))?;
        }
        for size in TableSize::ALL {
            let start = Instant::now();
            let Ok(table) = size.build(point) else { continue };
            let built = start.elapsed();
            let Ok(key) = size.provision(point) else { continue };
            let is_chosen =
                (size.teeth(), size.blocks()) == (self.chosen.teeth(), self.chosen.blocks());
            let mark = if is_chosen { "*" } else { " " };
            let name = format!("{} x {}", size.teeth(), size.blocks());
            let (bytes, verified) = (table.len(), verification(&key));
            writeln!(f, "{mark} {name:>16}{bytes:>14}{:>9} us{verified:>11} us", micros(built))?;
        }
        Ok(())
    }
}

/// The median time of a verification. The signature is wrong but in range, so it takes as long as a
/// valid one.
fn verification(key: &impl SignatureVerifier) -> String {
    const ROUNDS: usize = 101;
    // R and S must differ: if they are equal, one multiplication is trivial.
    let signature: Vec<u8> = (1..).take(key.algorithm().signature_len()).collect();
    let message = [0; 400];
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let verdict = key.verify(std::hint::black_box(&message), &signature);
            std::hint::black_box(verdict).ok();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    micros(times.get(ROUNDS / 2).copied().unwrap_or_default())
}

fn micros(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}
