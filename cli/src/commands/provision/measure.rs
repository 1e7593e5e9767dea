//! Measures each size of table on this machine.

use std::fmt;
use std::time::{Duration, Instant};

use tollgate::keys::{self, BoxedVerifier, FixedTable};
use tollgate::table_size::{TableKey, TableSize};
use tollgate_core::engines::eddsa::UntabledEd25519Key;
use tollgate_core::engines::rsa::RsaPublicKey;
use tollgate_core::{Algorithm, SignatureVerifier, UnusableKey};

use super::provisioned_key::{ProvisionedKey, PublicKey, provision_rsa};
use crate::style;

/// A table of sizes for each algorithm among the keys, with the chosen size marked. RSA keys have one
/// size each, that of their modulus.
pub(super) struct Report<'a> {
    pub(super) keys: &'a [ProvisionedKey],
    pub(super) chosen: TableSize,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for algorithm in Algorithm::ALL {
            let mut keys = self.keys.iter().map(|key| &key.key);
            match keys.find(|key| key.algorithm() == *algorithm) {
                Some(PublicKey::Table(key)) => self.measure(key, f)?,
                Some(PublicKey::Rsa { key, .. }) => measure_rsa(key, *algorithm, f)?,
                None => {}
            }
        }
        Ok(())
    }
}

impl Report<'_> {
    fn measure(&self, point: &TableKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = point.algorithm();
        heading(algorithm, "teeth x blocks", f)?;
        if let Ok(key) = without_table(point) {
            row(f, " ", "no table", 0, None, &verification(algorithm, &key))?;
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
            row(f, mark, &name, table.len(), Some(built), &verification(algorithm, &key))?;
        }
        Ok(())
    }
}

fn measure_rsa(
    key: &RsaPublicKey,
    algorithm: Algorithm,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    heading(algorithm, "modulus", f)?;
    let start = Instant::now();
    let Some(engine) = provision_rsa(key) else { return Ok(()) };
    let built = start.elapsed();
    let name = format!("{} bits", key.bits());
    row(f, "*", &name, engine.bytes().len(), Some(built), &verification(algorithm, &engine))
}

fn heading(algorithm: Algorithm, sizes: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (strong, reset) = (style::NOTE, style::RESET);
    writeln!(
        f,
        "{strong}{algorithm}{reset}{sizes:>width$}       bytes    built in  verifies in",
        width = 21_usize.saturating_sub(algorithm.name().len())
    )
}

fn row(
    f: &mut fmt::Formatter<'_>,
    mark: &str,
    name: &str,
    bytes: usize,
    built: Option<Duration>,
    verified: &str,
) -> fmt::Result {
    let built = built.map_or_else(String::new, |built| format!("{} us", micros(built)));
    writeln!(f, "{mark} {name:>16}{bytes:>14}{built:>12}{verified:>11} us")
}

fn without_table(key: &TableKey) -> Result<BoxedVerifier<'static>, UnusableKey> {
    match key {
        TableKey::Ec(key) => keys::ecdsa_without_table(key),
        TableKey::Ed25519(key) => Ok(Box::new(UntabledEd25519Key::<FixedTable>::from(*key))),
    }
}

/// The median time of a verification. The signature is wrong but in range, so it takes as long as a
/// valid one.
fn verification(algorithm: Algorithm, key: &impl SignatureVerifier) -> String {
    const ROUNDS: usize = 101;
    let signature = signature(key.signature_len());
    let message = [0; 400];
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let verdict = key.verify(algorithm, std::hint::black_box(&message), &signature);
            std::hint::black_box(verdict).ok();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    micros(times.get(ROUNDS / 2).copied().unwrap_or_default())
}

/// A signature whose numbers are in range for every algorithm. R and S differ: if they were equal, one
/// multiplication would be trivial.
fn signature(len: usize) -> Vec<u8> {
    // The most significant byte of each number: the first of R and S for ECDSA, the last of S for EdDSA,
    // and the first for RSA.
    let is_top = |at: usize| at == 0 || at == len / 2 || at.saturating_add(1) == len;
    let digits = (1..=u8::MAX).cycle().zip(0..len);
    digits.map(|(digit, at)| if is_top(at) { 0 } else { digit }).collect()
}

fn micros(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_measured_signatures_are_below_the_orders() {
        for len in [64, 96, 132] {
            let signature = signature(len);
            let (r, s) = signature.split_at(len / 2);
            assert_ne!(r, s);
            assert_eq!((r[0], s[0], s[s.len() - 1]), (0, 0, 0));
        }
        assert_eq!((signature(512).len(), signature(512)[0]), (512, 0));
    }
}
