//! How a command ended.

/// How a command ended. `--help` lists the exit codes.
pub(crate) enum Outcome {
    /// Exit code 0.
    Positive,
    /// Exit code 1.
    Negative,
    /// Exit code 2.
    Unreadable,
}
