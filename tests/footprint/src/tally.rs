//! Counts the checks that passed and failed.

use std::process::ExitCode;

#[derive(Default)]
pub struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    pub fn fail(&mut self, what: impl AsRef<str>) {
        self.failed += 1;
        println!("FAILED  {}", what.as_ref());
    }

    pub fn check(&mut self, holds: bool, what: impl FnOnce() -> String) -> bool {
        if holds {
            self.pass()
        } else {
            self.fail(what())
        }
        holds
    }

    pub fn end(&self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
