//! Reports the stack usage on the console.

use smoltcp::time::{Duration, Instant};
use tollgate_firmware::console::{print, print_number};
use tollgate_firmware::stack;

/// Measuring the stack takes too long to do it for each request.
const PAUSE: Duration = Duration::from_secs(1);

pub struct StackReport {
    stack: u32,
    next: Instant,
}

impl StackReport {
    pub const fn new() -> Self {
        Self { stack: 0, next: Instant::ZERO }
    }

    /// Prints a line if the stack has been deeper than before.
    pub fn write_sometimes(&mut self, now: Instant) {
        if now < self.next {
            return;
        }
        self.next = now + PAUSE;
        let stack = stack::used_in_total();
        if stack > self.stack {
            self.stack = stack;
            print("stack ");
            print_number(stack);
            print("\n");
        }
    }
}
