//! What is not chosen is not linked.

use std::collections::BTreeSet;

use crate::elf::Elf;
use crate::program::{Engine, Program};
use crate::tally::Tally;

/// Parts of names that give something away.
const ES384: &[&str] = &["p384", "sha512"];
const RUSTCRYPTO: &[&str] = &["p256::", "p384::", "primeorder::", "crypto_bigint::", "ecdsa::"];

/// The traces that programs have, and those that they should not have.
#[derive(Default)]
pub struct Linked {
    seen: BTreeSet<&'static str>,
    unwanted: Vec<(String, Vec<String>)>,
}

impl Linked {
    pub fn add(&mut self, program: &Program, elf: &Elf) {
        let mut forbidden = Vec::new();
        match program.engine {
            Engine::Reference => self.see(RUSTCRYPTO, elf),
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

    /// With controls, what is looked for must also have been found where it belongs: names change.
    pub fn check(&self, with_controls: bool, tally: &mut Tally) {
        let traces = ES384.iter().chain(RUSTCRYPTO).filter(|_| with_controls);
        for trace in traces {
            tally
                .check(self.seen.contains(trace), || format!("no program has a symbol of {trace}"));
        }
        for (program, names) in &self.unwanted {
            tally.check(names.is_empty(), || {
                format!("{program}: it should not have linked {}", names.join(", "))
            });
        }
    }
}

/// A crate is named where a path begins.
fn has(name: &str, trace: &str) -> bool {
    let Some(name_of_crate) = trace.strip_suffix("::") else { return name.contains(trace) };
    name.trim_start_matches('<')
        .strip_prefix(name_of_crate)
        .is_some_and(|rest| rest.starts_with("::"))
}
