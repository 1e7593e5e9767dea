//! The time since power-on, for TCP's timers and for idle connections.

use smoltcp::time::Instant;
use tollgate_firmware::board;

/// The rate of the counter, which the processor clock of the MPS2 drives.
const TICKS_PER_MICROSECOND: u64 = 25;

/// Extends the processor's 24-bit counter.
pub struct Clock {
    last: u32,
    ticks: u64,
}

impl Clock {
    pub fn start() -> Self {
        Self { last: board::ticks(), ticks: 0 }
    }

    /// Returns the time. Call it at least once every 0.67 s: the counter wraps around after that, and
    /// the clock falls behind.
    pub fn now(&mut self) -> Instant {
        let counter = board::ticks();
        self.ticks += u64::from(counter.wrapping_sub(self.last) & board::TICKS_MASK);
        self.last = counter;
        Instant::from_micros((self.ticks / TICKS_PER_MICROSECOND) as i64)
    }
}
