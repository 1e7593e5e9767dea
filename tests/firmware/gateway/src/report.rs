//! How much of the stack was needed, for those who watch the console.

use smoltcp::time::{Duration, Instant};
use tollgate_firmware::console::{print, print_number};
use tollgate_firmware::stack;

/// Looking for the mark takes longer than a request should wait each time.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Report {
    stack: u32,
    next: Instant,
}

impl Report {
    pub const fn new() -> Self {
        Self { stack: 0, next: Instant::ZERO }
    }

    /// Prints a line when the stack has been deeper than ever before.
    pub fn write_sometimes(&mut self, now: Instant) {
        if now < self.next {
            return;
        }
        self.next = now + PAUSE;
        let stack = stack::used_in_all();
        if stack > self.stack {
            self.stack = stack;
            print("stack ");
            print_number(stack);
            print("\n");
        }
    }
}
