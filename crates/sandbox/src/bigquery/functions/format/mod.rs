//! FORMAT: a text with values put into it.
//!
//! Decides the answer of a call from its pattern, the types and the values. A pattern that does not
//! fit its arguments fails whatever the values are; one NULL makes the answer NULL, except for `%t`
//! and `%T`.

mod float;
mod int;
mod literal;
mod pattern;
#[cfg(test)]
mod tests;

use self::pattern::{Conversion, Count, Part, Spec, parse};
use super::json::Json;
use super::number::exact::{BIGNUMERIC_SCALE, NUMERIC_SCALE, from_bignumeric};
use super::{AnySig, P};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::mismatch;
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// The longest answer, in bytes, and the largest width.
const LONGEST: usize = 1 << 20;

pub(crate) static ANY: &[&[AnySig]] = &[&[AnySig {
    name: "FORMAT",
    params: &[Some(P::String)],
    optional: 0,
    variadic: true,
    result: P::String,
    strict: false,
    body: format,
}]];

/// Whether a pattern fits arguments of these types (the ones after the pattern), as BigQuery checks a
/// constant pattern before a query runs.
///
/// # Errors
/// What a call would fail with.
pub(crate) fn check(pattern: &str, types: &[Type]) -> Result<(), Fault> {
    parse(pattern, types).map(|_| ())
}

fn too_long() -> Fault {
    Fault::query(format!("Output string too long while evaluating FORMAT; limit {LONGEST}"))
}

/// FORMAT(pattern, value...).
fn format(args: &[Value], types: &[Type]) -> Result<Value, Fault> {
    let Some(Value::Str(pattern)) = args.first() else { return Ok(Value::Null) };
    let (values, types) = (args.get(1..).unwrap_or_default(), types.get(1..).unwrap_or_default());
    if pattern.len() > LONGEST {
        return Err(too_long());
    }
    let parts = parse(pattern, types)?;
    let mut out = String::new();
    for part in &parts {
        if out.len() > LONGEST {
            return Err(too_long());
        }
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Value(spec) => match put(spec, values, types)? {
                Some(text) => out.push_str(&text),
                None => return Ok(Value::Null),
            },
        }
    }
    if out.len() > LONGEST { Err(too_long()) } else { Ok(Value::Str(out)) }
}

/// How a value is laid out once every `*` is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) left: bool,
    pub(super) plus: bool,
    pub(super) space: bool,
    pub(super) alternate: bool,
    pub(super) zero: bool,
    pub(super) grouped: bool,
    pub(super) upper: bool,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
}

impl Layout {
    /// The sign to be shown.
    pub(super) const fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    /// Fills up to the width: blanks on either side, or zeros after `head`.
    pub(super) fn fill(&self, head: &str, body: &str, zeros: bool) -> String {
        let used = head.chars().count().saturating_add(body.chars().count());
        let missing = self.width.saturating_sub(used);
        if self.left {
            return format!("{head}{body}{}", " ".repeat(missing));
        }
        if zeros {
            return format!("{head}{}{body}", "0".repeat(missing));
        }
        format!("{}{head}{body}", " ".repeat(missing))
    }
}

/// One value as its specifier asks; `None` when it or a `*` of it is NULL.
fn put(spec: &Spec, values: &[Value], types: &[Type]) -> Result<Option<String>, Fault> {
    let Some(layout) = layout(spec, values)? else { return Ok(None) };
    let (Some(value), Some(of)) = (values.get(spec.argument), types.get(spec.argument)) else {
        return Err(mismatch());
    };
    let text = match (spec.conversion, value) {
        (Conversion::Plain, _) => literal::plain(value, of)?,
        (Conversion::Literal, _) => literal::literal(value, of)?,
        (_, Value::Null) => return Ok(None),
        (Conversion::Integer(base), Value::Int(number)) => {
            return Ok(Some(int::write(*number, base, layout)));
        }
        (Conversion::Real(form), Value::Float(number)) => {
            return Ok(Some(float::write(float::Number::Float(*number), form, layout)));
        }
        (Conversion::Real(form), Value::Numeric(units)) => {
            let number = float::Number::Exact((*units).into(), NUMERIC_SCALE);
            return Ok(Some(float::write(number, form, layout)));
        }
        (Conversion::Real(form), Value::BigNumeric(units)) => {
            let number = float::Number::Exact(from_bignumeric(*units), BIGNUMERIC_SCALE);
            return Ok(Some(float::write(number, form, layout)));
        }
        // The text ends at a NUL, as it does for the C library.
        (Conversion::Text, Value::Str(text)) => {
            text.split_once('\0').map_or(text.as_str(), |(before, _)| before).to_owned()
        }
        (Conversion::Json, Value::Str(json)) => Json::stored(json)?.compact(),
        (Conversion::PrettyJson, Value::Str(json)) => Json::stored(json)?.pretty(),
        (
            Conversion::Integer(_)
            | Conversion::Real(_)
            | Conversion::Text
            | Conversion::Json
            | Conversion::PrettyJson,
            _,
        ) => return Err(mismatch()),
    };
    let cut = layout.precision.unwrap_or(usize::MAX);
    let text: String = text.chars().take(cut).collect();
    Ok(Some(layout.fill("", &text, false)))
}

/// The layout with every `*` taken from its argument; `None` when one of them is NULL.
fn layout(spec: &Spec, values: &[Value]) -> Result<Option<Layout>, Fault> {
    let mut layout = spec.layout;
    if let Count::Argument(at) = spec.width {
        let Some(Value::Int(width)) = values.get(at) else { return Ok(None) };
        layout.left |= *width < 0;
        let width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        if width > LONGEST {
            return Err(too_long());
        }
        layout.width = width;
    }
    if let Count::Argument(at) = spec.precision {
        let Some(Value::Int(precision)) = values.get(at) else { return Ok(None) };
        // A negative precision counts as none.
        layout.precision = match usize::try_from(*precision) {
            Ok(precision) => Some(pattern::check_precision(precision, spec.conversion)?),
            Err(_) => None,
        };
    }
    Ok(Some(layout))
}
