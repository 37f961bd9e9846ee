//! Time, as the benchmarks read it.
//! Medians and percentiles by rank, so that one slow round does not count.

use std::time::Instant;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The value below which half of them lie.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

/// The value at a percentile, by nearest rank; not a number when there are none.
pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1) - 1;
    values.get(rank).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100_u32).map(f64::from).collect();
        assert_eq!(percentile(values.clone(), 95).to_bits(), 95.0_f64.to_bits());
        assert_eq!(median(values).to_bits(), 50.0_f64.to_bits());
        assert!(percentile(Vec::new(), 95).is_nan());
    }
}
