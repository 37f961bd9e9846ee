//! Cheap to write, costly to run: what the text alone shows about rows that are made, not read.
//!
//! Only what can be computed from literals is judged; a number that a row decides is the dry run's and
//! the deadline's affair. In doubt nothing is refused here.

use sqlparser::ast::{
    Array, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Interval,
    TypedString, UnaryOperator, Value,
};

use super::filters::Block;
use super::walk::{Checked, need};

/// Most rows that literals may generate, and longest text that one call may repeat.
const MAX_GENERATED: f64 = 1_000_000.0;
/// Most rows that a query's own LIMIT may ask for.
const MAX_LIMIT: f64 = 1_000_000.0;
/// Most pairs that a product of known tables may have.
pub(super) const MAX_PAIRS: f64 = 100_000_000.0;
/// Rows that an array is taken to have whose length the text does not show, and a list of groups.
pub(super) const ASSUMED: f64 = 10_000.0;
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Refuses a call whose literals ask for too much.
pub(super) fn check_call(name: &str, args: &FunctionArguments) -> Checked<()> {
    let Some(args) = positional(args) else { return Ok(()) };
    let length = made_length(name, &args).unwrap_or(0.0);
    let rows = generated(name, &args).unwrap_or(0.0);
    need(
        length <= MAX_GENERATED && rows <= MAX_GENERATED,
        "enforce.generated",
        "The query would generate more than a million values.",
    )
}

/// Refuses a LIMIT that bounds nothing.
pub(super) fn check_limit(limit: &Expr) -> Checked<()> {
    let reason = "The query's LIMIT asks for more than a million rows.";
    need(value(limit).is_none_or(|rows| rows <= MAX_LIMIT), "enforce.limit", reason)
}

/// Rows that an UNNEST of these arrays has by what is written.
pub(super) fn array_rows(arrays: &[Expr]) -> Option<f64> {
    if let [only] = arrays { array_length(only) } else { None }
}

/// Refuses a block that multiplies generated rows beyond the cap.
pub(super) fn check_product(block: &Block<'_>) -> Checked<()> {
    let product: f64 = block.items.iter().filter_map(|item| item.generated).product();
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

/// The name in upper case and the arguments of a plain call.
fn called(expr: &Expr) -> Option<(String, Vec<&Expr>)> {
    let Expr::Function(function) = expr else { return None };
    let name = function.name.to_string().replace('`', "").to_ascii_uppercase();
    let plain = name.strip_prefix("SAFE.").map(str::to_owned);
    Some((plain.unwrap_or(name), positional(&function.args)?))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the length of anything else is not written")]
fn array_length(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => array_length(inner),
        Expr::Array(Array { elem, named: _ }) => u32::try_from(elem.len()).ok().map(f64::from),
        Expr::Function(_) => {
            let (name, args) = called(expr)?;
            match name.as_str() {
                "ARRAY_CONCAT" => args.into_iter().map(array_length).sum(),
                "ARRAY_REVERSE" => array_length(args.first()?),
                "SPLIT" => text_length(args.first()?),
                _ => generated(&name, &args),
            }
        }
        _ => None,
    }
}

fn generated(name: &str, args: &[&Expr]) -> Option<f64> {
    let of = |known: &str| name.eq_ignore_ascii_case(known);
    let days = of("GENERATE_DATE_ARRAY") || of("GENERATE_TIMESTAMP_ARRAY");
    if !(days || of("GENERATE_ARRAY")) {
        return None;
    }
    let (first, last, step) = (args.first()?, args.get(1)?, args.get(2));
    let (from, to, step) = if days {
        (instant(first)?, instant(last)?, step.map_or(Some(DAY), |step| seconds(step))?)
    } else {
        (value(first)?, value(last)?, step.map_or(Some(1.0), |step| value(step))?)
    };
    let count = (to - from) / step;
    // Nothing comes of a step of zero, or of one in the wrong direction.
    Some(if count.is_finite() && count >= 0.0 { count.floor() + 1.0 } else { 0.0 })
}

/// Characters of the text that a call makes by repeating or filling up.
fn made_length(name: &str, args: &[&Expr]) -> Option<f64> {
    let of = |known: &str| name.eq_ignore_ascii_case(known);
    let count = || args.get(1).and_then(|count| value(count));
    if of("REPEAT") {
        return Some(text_length(args.first()?).unwrap_or(1.0).max(1.0) * count()?);
    }
    if of("LPAD") || of("RPAD") { count() } else { None }
}

/// Characters of a text that is made of literals.
#[expect(clippy::wildcard_enum_match_arm, reason = "the length of anything else is not written")]
fn text_length(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Nested(inner) => text_length(inner),
        Expr::Value(value) => u32::try_from(text(&value.value)?.len()).ok().map(f64::from),
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
            Some(text_length(left)? + text_length(right)?)
        }
        Expr::Function(_) => {
            let (name, args) = called(expr)?;
            if name == "CONCAT" {
                return args.into_iter().map(text_length).sum();
            }
            made_length(&name, &args)
        }
        _ => None,
    }
}

/// The value of an expression of literals.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else is no literal")]
pub(super) fn value(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => value(inner),
        Expr::Value(of) => match &of.value {
            Value::Number(digits, _) => digits.parse().ok(),
            Value::HexStringLiteral(digits) => hexadecimal(digits),
            other => text(other)?.trim().parse().ok(),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(-value(expr)?),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } | Expr::Ceil { expr, .. } => value(expr),
        Expr::Floor { expr, .. } => value(expr),
        Expr::BinaryOp { left, op, right } => arithmetic(value(left)?, op, value(right)?),
        Expr::Function(_) => {
            let (name, args) = called(expr)?;
            computed(&name, &args)
        }
        _ => None,
    }
}

fn hexadecimal(digits: &str) -> Option<f64> {
    let digit = |c: char| c.to_digit(16).map(f64::from);
    digits.chars().try_fold(0.0, |sum, c| Some(sum * 16.0 + digit(c)?))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other operator makes a number")]
fn arithmetic(left: f64, op: &BinaryOperator, right: f64) -> Option<f64> {
    match op {
        BinaryOperator::Plus => Some(left + right),
        BinaryOperator::Minus => Some(left - right),
        BinaryOperator::Multiply => Some(left * right),
        BinaryOperator::Divide => Some(left / right),
        BinaryOperator::PGBitwiseShiftLeft => Some(left * right.exp2()),
        _ => None,
    }
}

/// The value of a call with literal arguments, of functions that can make much of little.
fn computed(name: &str, args: &[&Expr]) -> Option<f64> {
    let at = |n: usize| args.get(n).and_then(|arg| value(arg));
    match name {
        "POW" | "POWER" => Some(at(0)?.powf(at(1)?)),
        "DIV" | "IEEE_DIVIDE" | "SAFE_DIVIDE" => Some(at(0)? / at(1)?),
        "SAFE_MULTIPLY" => Some(at(0)? * at(1)?),
        "SAFE_ADD" => Some(at(0)? + at(1)?),
        "EXP" => Some(at(0)?.exp()),
        "ABS" | "ROUND" | "TRUNC" | "CEIL" | "CEILING" | "FLOOR" | "INT64" => Some(at(0)?.abs()),
        "COALESCE" | "IFNULL" | "GREATEST" => {
            args.iter().map(|arg| value(arg)).try_fold(f64::MIN, |most, one| Some(most.max(one?)))
        }
        "LENGTH" | "CHAR_LENGTH" | "CHARACTER_LENGTH" | "BYTE_LENGTH" => text_length(args.first()?),
        "ARRAY_LENGTH" => array_length(args.first()?),
        _ => None,
    }
}

/// Seconds since 1970 of a literal day or time; the time of day does not matter here.
#[expect(clippy::wildcard_enum_match_arm, reason = "anything else is no literal")]
fn instant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => instant(inner),
        Expr::Value(value) => day(text(&value.value)?),
        Expr::TypedString(TypedString { value, .. }) => day(text(&value.value)?),
        Expr::Function(_) => {
            let (name, args) = called(expr)?;
            match (name.as_str(), args.as_slice()) {
                // Later than any clock that this will meet, so that a span is never too short.
                ("CURRENT_DATE" | "CURRENT_TIMESTAMP" | "CURRENT_DATETIME", _) => {
                    Some(days(NOW, 1.0, 1.0) * DAY)
                }
                ("DATE" | "TIMESTAMP" | "DATETIME", [only]) => instant(only),
                ("DATE", [year, month, date]) => {
                    Some(days(value(year)?, value(month)?, value(date)?) * DAY)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The year that stands for now.
const NOW: f64 = 2040.0;

fn text(value: &Value) -> Option<&str> {
    if let Value::SingleQuotedString(text) = value { Some(text) } else { None }
}

fn day(text: &str) -> Option<f64> {
    let mut parts = text.split(['-', 'T', ' ']);
    let mut part = || parts.next()?.parse::<f64>().ok();
    let (year, month, date) = (part()?, part()?, part()?);
    Some(days(year, month, date) * DAY)
}

/// Days since 1970, near enough to count them: all months have 30.4 days.
fn days(year: f64, month: f64, date: f64) -> f64 {
    ((year - 1970.0) * 12.0 + month) * 30.437 + date
}

/// Seconds of a literal interval.
fn seconds(expr: &Expr) -> Option<f64> {
    let Expr::Interval(Interval { value, leading_field: Some(field), .. }) = expr else {
        return None;
    };
    let quoted = if let Expr::Value(value) = &**value { text(&value.value) } else { None };
    let count = match quoted {
        Some(digits) => digits.parse().ok()?,
        None => self::value(value)?,
    };
    let unit = match field.to_string().to_ascii_uppercase().as_str() {
        "MICROSECOND" => 0.000_001,
        "MILLISECOND" => 0.001,
        "SECOND" => 1.0,
        "MINUTE" => 60.0,
        "HOUR" => 3_600.0,
        "DAY" => DAY,
        "WEEK" => DAY * 7.0,
        "MONTH" => DAY * 30.0,
        "QUARTER" => DAY * 91.0,
        "YEAR" => DAY * 365.0,
        _ => return None,
    };
    Some(unit * count)
}

#[cfg(test)]
mod tests;
