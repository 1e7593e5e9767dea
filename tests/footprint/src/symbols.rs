//! Checks that a program links only the engine and the algorithms that it enables.

use std::collections::BTreeSet;

use crate::elf::Elf;
use crate::program::{EngineFeature, Program};
use crate::tally::Tally;

/// Parts of symbol names, each with the algorithms whose programs may have it. No other program links it.
const OF_ALGORITHMS: &[(&str, &[&str])] = &[
    ("engines::ecdsa", &["ES256", "ES384", "ES512"]),
    ("p256", &["ES256"]),
    ("p384", &["ES384"]),
    ("p521", &["ES512"]),
    ("engines::eddsa", &["EdDSA"]),
    ("engines::rsa", &["RS256", "PS256"]),
    ("engines::rsa::pss", &["PS256"]),
    ("sha256", &["ES256", "RS256", "PS256"]),
    ("sha512", &["ES384", "ES512", "EdDSA"]),
];

/// Crates that only programs with RustCrypto's curves link.
const RUSTCRYPTO: &[&str] = &["p256::", "p384::", "primeorder::", "crypto_bigint::", "ecdsa::"];

/// The traces that programs have, and those that they must not have.
#[derive(Default)]
pub struct LinkedSymbols {
    seen: BTreeSet<&'static str>,
    unwanted: Vec<(String, Vec<String>)>,
}

impl LinkedSymbols {
    pub fn add(&mut self, program: &Program, elf: &Elf) {
        let of_algorithms = OF_ALGORITHMS.iter().map(|(trace, algorithms)| {
            (*trace, algorithms.iter().any(|name| program.algorithms.contains(name)))
        });
        let has_rustcrypto = program.engine == EngineFeature::RustCrypto;
        let of_rustcrypto = RUSTCRYPTO.iter().map(|trace| (*trace, has_rustcrypto));
        let mut unwanted = Vec::new();
        for (trace, allowed) in of_algorithms.chain(of_rustcrypto) {
            let mut names = elf.names().filter(|name| has(name, trace)).peekable();
            if !allowed {
                unwanted.extend(names.map(str::to_owned));
            } else if names.peek().is_some() {
                self.seen.insert(trace);
            }
        }
        self.unwanted.push((program.to_string(), unwanted));
    }

    /// With controls, each trace must occur in some program: symbols may have been renamed.
    pub fn check(&self, with_controls: bool, tally: &mut Tally) {
        let traces = OF_ALGORITHMS.iter().map(|(trace, _)| trace).chain(RUSTCRYPTO);
        for trace in traces.filter(|_| with_controls) {
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
