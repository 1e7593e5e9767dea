//! Counts the requests, and collects wrong answers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum number of wrong answers to show.
const SHOWN: usize = 20;

#[derive(Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    kinds: BTreeMap<&'static str, u64>,
    wrong: u64,
    examples: Vec<String>,
}

impl Tally {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a right outcome.
    pub fn right(&self, kind: &'static str) {
        *self.counts().kinds.entry(kind).or_default() += 1;
    }

    /// Counts a wrong outcome.
    pub fn wrong(&self, kind: &'static str, how: impl std::fmt::Display) {
        let mut counts = self.counts();
        *counts.kinds.entry(kind).or_default() += 1;
        counts.wrong += 1;
        if counts.examples.len() < SHOWN {
            counts.examples.push(format!("{kind}: {how}"));
        }
    }

    pub fn is_right_or(&self, kind: &'static str, ended: Result<(), String>) {
        match ended {
            Ok(()) => self.right(kind),
            Err(how) => self.wrong(kind, how),
        }
    }

    pub fn total(&self) -> u64 {
        self.counts().kinds.values().sum()
    }

    pub fn wrong_answers(&self) -> (u64, Vec<String>) {
        let counts = self.counts();
        (counts.wrong, counts.examples.clone())
    }

    pub fn kinds(&self) -> Vec<(&'static str, u64)> {
        self.counts().kinds.iter().map(|(kind, count)| (*kind, *count)).collect()
    }
}
