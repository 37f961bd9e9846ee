//! Arithmetic with 64 significant bits, which ROUND and TRUNC of a FLOAT64 are computed with.
//!
//! Decides nothing of its own: it repeats the format in which the service divides by a power of ten,
//! rounds and multiplies back, because the last digit of the answer depends on it. Zero, infinity
//! and NaN must be kept out by the caller.

/// A positive number `mantissa * 2^exponent`, the mantissa's highest bit set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extended {
    mantissa: u64,
    exponent: i32,
}

impl Extended {
    pub(crate) const ONE: Self = Self { mantissa: 1 << 63, exponent: -63 };
    const TEN: Self = Self { mantissa: 10 << 60, exponent: -60 };

    /// A positive finite float; `None` for others.
    pub(crate) fn from_float(value: f64) -> Option<Self> {
        if !value.is_finite() || value <= 0.0 {
            return None;
        }
        let bits = value.to_bits();
        let fraction = bits & 0x000f_ffff_ffff_ffff;
        let power = i32::try_from(bits >> 52).ok()?;
        let (whole, exponent) =
            if power == 0 { (fraction, -1074) } else { (fraction | (1 << 52), power - 1075) };
        Some(Self::normal(u128::from(whole), exponent, false))
    }

    /// The nearest number with 64 bits, ties to even; `sticky` says that more bits follow.
    fn normal(mantissa: u128, exponent: i32, sticky: bool) -> Self {
        let width = 128 - mantissa.leading_zeros().min(127);
        let shift = i32::try_from(width).unwrap_or(128) - 64;
        let exponent = exponent + shift;
        if shift <= 0 {
            let moved = mantissa << shift.unsigned_abs();
            return Self { mantissa: u64::try_from(moved).unwrap_or(u64::MAX), exponent };
        }
        let (kept, rest) = (mantissa >> shift, mantissa & ((1 << shift) - 1));
        let half = 1_u128 << (shift - 1);
        let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
        match u64::try_from(kept + u128::from(up)) {
            Ok(mantissa) => Self { mantissa, exponent },
            // Rounding up carried into a new bit.
            Err(_) => Self { mantissa: 1 << 63, exponent: exponent + 1 },
        }
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let product = u128::from(self.mantissa) * u128::from(other.mantissa);
        Self::normal(product, self.exponent + other.exponent, false)
    }

    pub(crate) fn over(self, other: Self) -> Self {
        let (left, right) = (u128::from(self.mantissa) << 64, u128::from(other.mantissa));
        let (quotient, rest) = (left / right, left % right);
        // Two more bits with a mark for the rest keep the rounding exact.
        let (next, rest) = ((rest << 2) / right, (rest << 2) % right);
        Self::normal((quotient << 2) | next, self.exponent - other.exponent - 66, rest != 0)
    }

    /// Ten to a power, by repeated multiplication or division.
    pub(crate) fn ten_to(power: i32) -> Self {
        let mut result = Self::ONE;
        for _ in 0..power.unsigned_abs() {
            result = if power > 0 { result.times(Self::TEN) } else { result.over(Self::TEN) };
        }
        result
    }

    /// The whole number nearest to it, halves away from zero, or below it; `None` for zero.
    pub(crate) fn whole(self, truncate: bool) -> Option<Self> {
        if self.exponent >= 0 {
            return Some(self);
        }
        let shift = self.exponent.unsigned_abs();
        if shift > 64 {
            return None;
        }
        let wide = u128::from(self.mantissa);
        let half = if truncate { 0 } else { 1_u128 << (shift - 1) };
        let whole = (wide + half) >> shift;
        (whole > 0).then(|| Self::normal(whole, 0, false))
    }

    /// The nearest float, ties to even; infinity when it is too large.
    pub(crate) fn to_float(self) -> f64 {
        // A normal float keeps 53 bits; below 2^-1022 fewer are left.
        let lost = 11.max(-1074 - self.exponent);
        if lost > 64 {
            return 0.0;
        }
        let wide = u128::from(self.mantissa);
        let (kept, rest) = (wide >> lost, wide & ((1_u128 << lost) - 1));
        let half = 1_u128 << (lost - 1);
        let up = rest > half || (rest == half && kept & 1 == 1);
        let kept = u64::try_from(kept + u128::from(up)).unwrap_or(u64::MAX);
        scaled(kept, self.exponent + lost)
    }
}

/// `mantissa * 2^exponent` for a mantissa of at most 54 bits whose low bits are zero when needed.
fn scaled(mantissa: u64, exponent: i32) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most 53 bits are set, so the conversion is exact"
    )]
    let mut value = mantissa as f64;
    let mut left = exponent;
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        // Powers of two within a thousand are exact, and no bit is lost: the caller kept only those
        // that a float of this size holds.
        value *= 2.0_f64.powi(step);
        left -= step;
    }
    value
}
