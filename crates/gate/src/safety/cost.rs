//! Cheap to write, costly to run: what the text alone shows about rows that are made, not read.
//!
//! Only literals are judged; a number that a row decides is the dry run's and the deadline's affair.
//! A product of tables is refused unless the catalog says that it is small.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Interval, TypedString,
    UnaryOperator, Value,
};

use super::filters::Block;
use super::walk::{Checked, need};

/// Most rows that literals may generate, and longest text that one call may repeat.
const MAX_GENERATED: u64 = 1_000_000;
/// Most pairs that a product of known tables may have.
pub(super) const MAX_PAIRS: u64 = 100_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Refuses a call whose literals ask for too much.
pub(super) fn check_call(name: &str, args: &FunctionArguments) -> Checked<()> {
    let Some(args) = positional(args) else { return Ok(()) };
    let repeats = ["REPEAT", "LPAD", "RPAD"].iter().any(|known| known.eq_ignore_ascii_case(name));
    let length = args.get(1).filter(|_| repeats).and_then(|arg| whole(arg));
    let rows = generated(name, &args);
    let most = i64::try_from(MAX_GENERATED).unwrap_or(i64::MAX);
    let short = length.is_none_or(|length| length <= most);
    need(
        short && rows.is_none_or(|rows| rows <= MAX_GENERATED),
        "enforce.generated",
        "The query would generate more than a million values.",
    )
}

/// Rows that an UNNEST of these arrays generates from literals.
pub(super) fn generated_rows(arrays: &[Expr]) -> Option<u64> {
    let [Expr::Function(function)] = arrays else { return None };
    generated(&function.name.to_string(), &positional(&function.args)?)
}

/// Refuses a block that multiplies generated rows beyond the cap.
pub(super) fn check_product(block: &Block<'_>) -> Checked<()> {
    let rows = block.items.iter().filter_map(|item| item.generated);
    let product = rows.fold(1_u64, u64::saturating_mul);
    let reason = "The query would generate more than a million rows.";
    need(product <= MAX_GENERATED, "enforce.generated", reason)
}

fn positional(args: &FunctionArguments) -> Option<Vec<&Expr>> {
    let FunctionArguments::List(list) = args else { return None };
    let value = |arg| match arg {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => None,
    };
    list.args.iter().map(value).collect()
}

fn generated(name: &str, args: &[&Expr]) -> Option<u64> {
    let (first, last) = (args.first()?, args.get(1)?);
    let step = args.get(2);
    let (from, to, step) = match name.to_ascii_uppercase().as_str() {
        "GENERATE_ARRAY" => (whole(first)?, whole(last)?, step.map_or(Some(1), |s| whole(s))?),
        "GENERATE_DATE_ARRAY" | "GENERATE_TIMESTAMP_ARRAY" => {
            (instant(first)?, instant(last)?, step.map_or(Some(DAY), |s| seconds(s))?)
        }
        _ => return None,
    };
    let span = to.saturating_sub(from);
    if step == 0 || (span < 0) != (step < 0) && span != 0 {
        return Some(0);
    }
    u64::try_from(span.saturating_abs() / step.saturating_abs()).ok().map(|n| n.saturating_add(1))
}

/// The value of an expression of whole literals.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else is no literal")]
fn whole(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Nested(inner) => whole(inner),
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => number(digits),
            Value::HexStringLiteral(digits) => i64::from_str_radix(digits, 16).ok(),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => whole(expr)?.checked_neg(),
        Expr::BinaryOp { left, op, right } => {
            let (left, right) = (whole(left)?, whole(right)?);
            match op {
                BinaryOperator::Plus => Some(left.saturating_add(right)),
                BinaryOperator::Minus => Some(left.saturating_sub(right)),
                BinaryOperator::Multiply => Some(left.saturating_mul(right)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A number's whole part; one with an exponent is as large as its power of ten at least.
fn number(digits: &str) -> Option<i64> {
    let (mantissa, power) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let whole: i64 = mantissa.split('.').next()?.parse().unwrap_or(i64::MAX);
    let power: i64 = power.trim_start_matches('+').parse().ok()?;
    let power = u32::try_from(power).unwrap_or(0);
    Some(whole.max(i64::from(power > 0)).saturating_mul(10_i64.saturating_pow(power)))
}

/// Seconds since 1970 of a literal day or time; the time of day does not matter here.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else is no literal")]
fn instant(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Nested(inner) => instant(inner),
        Expr::Value(value) => day(text(&value.value)?),
        Expr::TypedString(TypedString { value, .. }) => day(text(&value.value)?),
        Expr::Cast { expr, .. } => instant(expr),
        Expr::Function(function) => match positional(&function.args)?.as_slice() {
            [only] => instant(only),
            [year, month, date] => {
                Some(days(whole(year)?, whole(month)?, whole(date)?).saturating_mul(DAY))
            }
            _ => None,
        },
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::SingleQuotedString(text) = value { Some(text) } else { None }
}

fn day(text: &str) -> Option<i64> {
    let mut parts = text.split(['-', 'T', ' ']);
    let mut part = || parts.next()?.parse::<i64>().ok();
    let (year, month, date) = (part()?, part()?, part()?);
    Some(days(year, month, date).saturating_mul(DAY))
}

/// Days since 1970, near enough to count them: all months have 30.4 days.
const fn days(year: i64, month: i64, date: i64) -> i64 {
    let months = year.saturating_sub(1970).saturating_mul(12).saturating_add(month);
    (months.saturating_mul(30_437) / 1_000).saturating_add(date)
}

/// Seconds of a literal interval.
fn seconds(expr: &Expr) -> Option<i64> {
    let Expr::Interval(Interval { value, leading_field: Some(field), .. }) = expr else {
        return None;
    };
    let quoted = if let Expr::Value(value) = &**value { text(&value.value) } else { None };
    let count = match quoted {
        Some(digits) => digits.parse().ok()?,
        None => whole(value)?,
    };
    let unit = match field.to_string().to_ascii_uppercase().as_str() {
        "MICROSECOND" | "MILLISECOND" | "SECOND" => 1,
        "MINUTE" => 60,
        "HOUR" => 3_600,
        "DAY" => DAY,
        "WEEK" => DAY.saturating_mul(7),
        "MONTH" => DAY.saturating_mul(30),
        "QUARTER" => DAY.saturating_mul(91),
        "YEAR" => DAY.saturating_mul(365),
        _ => return None,
    };
    Some(unit.saturating_mul(count))
}
