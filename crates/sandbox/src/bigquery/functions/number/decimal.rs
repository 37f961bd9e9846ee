//! Arithmetic on the two exact decimal kinds, with BigQuery's error texts.
//!
//! Decides rounding and overflow of `+ - * /`, MOD, DIV, SQRT and whole powers for NUMERIC and
//! BIGNUMERIC alike. It works on units (see [`exact`](super::exact)) and never on floats.

use num_bigint::{BigInt, Sign};

use super::exact::{Kind, Rounding, cut, divide_rounded, ten_to, units_text};
use crate::bigquery::fault::Fault;

impl Kind {
    /// How BigQuery begins its overflow messages.
    const fn overflow_name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::BigNumeric => "BIGNUMERIC",
        }
    }

    /// Units as text.
    pub(crate) fn text(self, units: &BigInt) -> String {
        units_text(units, self.scale())
    }

    fn check(self, units: BigInt, call: impl FnOnce() -> String) -> Result<BigInt, Fault> {
        if self.holds(&units) { Ok(units) } else { Err(self.overflow(&call())) }
    }

    pub(crate) fn overflow(self, call: &str) -> Fault {
        Fault::query(format!("{} overflow: {call}", self.overflow_name()))
    }

    fn infix(self, left: &BigInt, operator: &str, right: &BigInt) -> String {
        format!("{} {operator} {}", self.text(left), self.text(right))
    }

    fn called(self, name: &str, left: &BigInt, right: &BigInt) -> String {
        format!("{name}({}, {})", self.text(left), self.text(right))
    }

    pub(crate) fn add(self, left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
        self.check(left + right, || self.infix(left, "+", right))
    }

    pub(crate) fn subtract(self, left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
        self.check(left - right, || self.infix(left, "-", right))
    }

    pub(crate) fn multiply(self, left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
        let product = divide_rounded(&(left * right), &self.one()).unwrap_or_default();
        self.check(product, || self.infix(left, "*", right))
    }

    pub(crate) fn divide(self, left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
        let Some(quotient) = divide_rounded(&(left * self.one()), right) else {
            return Err(Fault::query(format!(
                "division by zero: {}",
                self.infix(left, "/", right)
            )));
        };
        self.check(quotient, || self.infix(left, "/", right))
    }

    pub(crate) fn negate(self, units: &BigInt) -> Result<BigInt, Fault> {
        self.check(-units, || format!("-({})", self.text(units)))
    }

    pub(crate) fn modulo(self, left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
        if right.sign() == Sign::NoSign {
            return Err(Fault::query(format!(
                "division by zero: {}",
                self.called("MOD", left, right)
            )));
        }
        Ok(left % right)
    }

    /// DIV: the whole part of the quotient.
    pub(crate) fn whole_quotient(self, left: &BigInt, right: &BigInt) -> Result<BigInt, Fault> {
        if right.sign() == Sign::NoSign {
            return Err(Fault::query(format!(
                "division by zero: {}",
                self.called("DIV", left, right)
            )));
        }
        self.check((left / right) * self.one(), || self.called("DIV", left, right))
    }

    /// ROUND, TRUNC, CEIL and FLOOR; `call` is the name and further arguments for the message.
    pub(crate) fn cut(
        self,
        units: &BigInt,
        digits: i64,
        how: Rounding,
        call: &str,
    ) -> Result<BigInt, Fault> {
        self.check(cut(units, self.scale(), digits, how), || {
            let (name, rest) = call.split_once(',').unwrap_or((call, ""));
            let comma = if rest.is_empty() { "" } else { ", " };
            format!("{name}({}{comma}{rest})", self.text(units))
        })
    }

    /// SQRT, exact and then rounded to this kind's digits.
    pub(crate) fn square_root(self, units: &BigInt) -> Result<BigInt, Fault> {
        if units.sign() == Sign::Minus {
            let text = self.text(units);
            return Err(Fault::query(format!(
                "SQRT is undefined for negative value: SQRT({text})"
            )));
        }
        // Two digits more than asked, plus a mark for what is cut off, decide the rounding exactly.
        let wide = units * ten_to(self.scale() + 4);
        let root = wide.sqrt();
        let inexact = &root * &root != wide;
        let marked = root * 10 + u8::from(inexact);
        Ok(divide_rounded(&marked, &BigInt::from(1000)).unwrap_or_default())
    }

    /// POW with a whole exponent, exact and then rounded; `None` when the exponent is not whole.
    pub(crate) fn whole_power(
        self,
        base: &BigInt,
        exponent: &BigInt,
    ) -> Option<Result<BigInt, Fault>> {
        let one = self.one();
        if (exponent % &one).sign() != Sign::NoSign {
            return None;
        }
        let call = || self.called("POW", base, exponent);
        let zero = base.sign() == Sign::NoSign;
        let times = exponent / &one;
        if zero && times.sign() == Sign::Minus {
            return Some(Err(Fault::query(format!("division by zero: {}", call()))));
        }
        if zero || base.magnitude() == one.magnitude() {
            let odd = times.bit(0);
            let units = match (times.sign(), zero) {
                (Sign::NoSign, _) => one,
                (_, true) => BigInt::default(),
                (_, false) => {
                    if odd {
                        base.clone()
                    } else {
                        one
                    }
                }
            };
            return Some(Ok(units));
        }
        u32::try_from(times.magnitude()).ok().filter(|n| *n <= 4000).map(|times_abs| {
            let power = base.pow(times_abs);
            let shift = one.pow(times_abs);
            let units = if times.sign() == Sign::Minus {
                divide_rounded(&(shift * &one), &power)
            } else {
                divide_rounded(&(power * &one), &shift)
            };
            self.check(units.unwrap_or_default(), call)
        })
    }
}
