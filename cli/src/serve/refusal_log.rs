//! [`RefusalLog`]: the limit of refusals in the log.

use std::convert::Infallible;

use tokio::time::interval;
use tollgate::log_limit::LogLimit;

/// Says which refusals are logged, and from time to time how many are not.
#[derive(Default)]
pub(super) struct RefusalLog(LogLimit);

impl RefusalLog {
    /// Counts a refusal. Returns whether it is to be logged.
    pub(super) fn admits(&self, reason: &'static str) -> bool {
        tracing::enabled!(tracing::Level::INFO) && self.0.admits(reason)
    }

    /// Says after each interval what the log has left out.
    pub(super) async fn report(&self) -> Infallible {
        let mut ticks = interval(LogLimit::INTERVAL);
        loop {
            ticks.tick().await;
            self.end_interval();
        }
    }

    /// Says what the log has left out, and begins a new interval.
    pub(super) fn end_interval(&self) {
        self.0.end_interval();
    }
}

#[cfg(test)]
mod tests {
    use tracing::level_filters::LevelFilter;

    use super::*;

    #[test]
    fn a_log_without_refusals_counts_none() {
        let log = RefusalLog::default();
        let admits = |level: LevelFilter| {
            let log_at = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::sink);
            let admit = || (0..20).filter(|_| log.admits("expired")).count();
            tracing::subscriber::with_default(log_at.finish(), admit)
        };
        assert_eq!(admits(LevelFilter::WARN), 0);
        assert_eq!(admits(LevelFilter::INFO), 10);
    }
}
