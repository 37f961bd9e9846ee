//! The simulator's clock: milliseconds and microseconds since 1970, as BigQuery's resources show them.
//!
//! The one place that reads it, so that nothing else depends on when it runs.

/// Microseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "times of jobs and tables are facts of this process")]
pub(crate) fn micros() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Milliseconds since 1970.
pub(crate) fn millis() -> i64 {
    micros() / 1000
}
