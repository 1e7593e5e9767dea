//! The time since the start, for TCP's timers and for idle connections.

use smoltcp::time::Instant;
use tollgate_firmware::board;

/// The processor's clock on the MPS2, which drives the counter.
const TICKS_PER_MICROSECOND: u64 = 25;

/// Adds up the processor's counter, which has 24 bits.
pub struct Clock {
    last: u32,
    ticks: u64,
}

impl Clock {
    pub fn start() -> Self {
        Self { last: board::ticks(), ticks: 0 }
    }

    /// To be asked twice in the 0.67 s after which the counter begins anew: else time is lost, and
    /// everything takes longer.
    pub fn now(&mut self) -> Instant {
        let counter = board::ticks();
        self.ticks += u64::from(counter.wrapping_sub(self.last) & board::TICKS_MASK);
        self.last = counter;
        Instant::from_micros((self.ticks / TICKS_PER_MICROSECOND) as i64)
    }
}
