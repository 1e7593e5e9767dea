//! Checks that a program links only the engine and the algorithms that it enables.

use std::collections::BTreeSet;

use crate::elf::Elf;
use crate::program::{EngineFeature, Program};
use crate::tally::Tally;

/// Parts of symbol names that identify a feature.
const ES384: &[&str] = &["p384", "sha512"];
const RUSTCRYPTO: &[&str] = &["p256::", "p384::", "primeorder::", "crypto_bigint::", "ecdsa::"];

/// The traces that programs have, and those that they must not have.
#[derive(Default)]
pub struct LinkedSymbols {
    seen: BTreeSet<&'static str>,
    unwanted: Vec<(String, Vec<String>)>,
}

impl LinkedSymbols {
    pub fn add(&mut self, program: &Program, elf: &Elf) {
        let mut forbidden = Vec::new();
        match program.engine {
            EngineFeature::Reference => self.see(RUSTCRYPTO, elf),
            _ => forbidden.extend_from_slice(RUSTCRYPTO),
        }
        match program.algorithms {
            ["ES256"] => forbidden.extend_from_slice(ES384),
            _ => self.see(ES384, elf),
        }
        let names = elf.names().filter(|name| forbidden.iter().any(|trace| has(name, trace)));
        self.unwanted.push((program.to_string(), names.map(str::to_owned).collect()));
    }

    fn see(&mut self, traces: &'static [&'static str], elf: &Elf) {
        self.seen.extend(traces.iter().filter(|trace| elf.names().any(|name| has(name, trace))));
    }

    /// With controls, each trace must occur in some program: symbols may have been renamed.
    pub fn check(&self, with_controls: bool, tally: &mut Tally) {
        let traces = ES384.iter().chain(RUSTCRYPTO).filter(|_| with_controls);
        for trace in traces {
            tally.check(self.seen.contains(trace), || {
                format!("no program has a symbol with {trace}")
            });
        }
        for (program, names) in &self.unwanted {
            tally.check(names.is_empty(), || {
                format!("{program}: must not link {}", names.join(", "))
            });
        }
    }
}

/// Whether a name contains a trace. A crate must be at the start of the path.
fn has(name: &str, trace: &str) -> bool {
    let Some(name_of_crate) = trace.strip_suffix("::") else { return name.contains(trace) };
    name.trim_start_matches('<')
        .strip_prefix(name_of_crate)
        .is_some_and(|rest| rest.starts_with("::"))
}
