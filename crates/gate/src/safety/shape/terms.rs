//! Expressions: columns, the five aggregates, and comparisons with a literal.
//!
//! Each function admits one grammar rule and records the columns it saw. Nothing here descends into
//! an expression it does not admit.

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectNamePart, TypedString, UnaryOperator, Value, ValueWithSpan,
};

use super::super::Blocked;
use super::super::reading::Reading;
use super::{Checked, need};

/// The functions that may be called.
const AGGREGATES: [&str; 5] = ["SUM", "COUNT", "MIN", "MAX", "AVG"];

/// A name that is a plain column or alias.
pub(super) fn name(ident: &Ident) -> Checked<&str> {
    let Ident { value, quote_style, span: _ } = ident;
    let quoting = quote_style.is_none_or(|quote| quote == '`');
    let mut characters = value.chars();
    let first = characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    let reason = "Names of columns and aliases hold letters, digits and underscores only.";
    need(quoting && first && rest && value.len() <= 300, "shape.name", reason)?;
    Ok(value)
}

/// An expression that is nothing but a column.
pub(super) fn column<'a>(expr: &'a Expr, rule: &'static str, reason: &str) -> Checked<&'a str> {
    let Expr::Identifier(ident) = expr else {
        return Err(Blocked::new(rule, reason));
    };
    name(ident)
}

/// An entry of the SELECT list; returns its column, if it is of one.
pub(super) fn read_output(expr: &Expr, reading: &mut Reading) -> Checked<Option<String>> {
    if let Expr::Function(function) = expr {
        return read_aggregate(function, reading);
    }
    let reason = "The SELECT list takes columns and SUM, COUNT, MIN, MAX or AVG of a column.";
    let column = column(expr, "shape.projection", reason)?;
    reading.uses(column);
    Ok(Some(column.to_owned()))
}

fn read_aggregate(function: &Function, reading: &mut Reading) -> Checked<Option<String>> {
    let Function {
        name,
        uses_odbc_syntax,
        parameters,
        args,
        filter,
        null_treatment,
        over,
        within_group,
    } = function;
    let called = match name.0.as_slice() {
        [ObjectNamePart::Identifier(Ident { value, quote_style: None, span: _ })] => {
            value.to_ascii_uppercase()
        }
        _ => String::new(),
    };
    let known = AGGREGATES.contains(&called.as_str());
    need(known, "shape.function", "Only the functions SUM, COUNT, MIN, MAX and AVG are allowed.")?;
    need(over.is_none(), "shape.window", "Window functions and QUALIFY are not allowed.")?;
    let plain = !uses_odbc_syntax && *parameters == FunctionArguments::None && filter.is_none();
    let plain = plain && null_treatment.is_none() && within_group.is_empty();
    need(plain, "shape.function", "A function takes one column and no further clauses.")?;
    let FunctionArguments::List(FunctionArgumentList { duplicate_treatment, args, clauses }) = args
    else {
        return Err(Blocked::new("shape.function", "A function takes one column."));
    };
    need(
        duplicate_treatment.is_none() && clauses.is_empty(),
        "shape.function",
        "A function takes one column and no further clauses.",
    )?;
    match args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if called == "COUNT" => Ok(None),
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => {
            let column = column(expr, "shape.function", "A function takes one column.")?;
            reading.uses(column);
            Ok(Some(column.to_owned()))
        }
        _ => Err(Blocked::new("shape.function", "A function takes one column.")),
    }
}

/// A WHERE clause: comparisons joined by AND. A chain leans to the left, so a loop walks it.
pub(super) fn read_condition(condition: &Expr, reading: &mut Reading) -> Checked<()> {
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        let Expr::BinaryOp { left, op, right } = expr else {
            let reason = "WHERE takes comparisons of a column with a literal, joined by AND.";
            return Err(Blocked::new("shape.where", reason));
        };
        if *op == BinaryOperator::And {
            open.extend([&**left, &**right]);
        } else {
            read_comparison(left, op, right, reading)?;
        }
    }
    Ok(())
}

fn read_comparison(
    left: &Expr,
    op: &BinaryOperator,
    right: &Expr,
    reading: &mut Reading,
) -> Checked<()> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let reason = "WHERE takes comparisons of a column with a literal, joined by AND.";
    let column = column(left, "shape.where", reason)?;
    need([Eq, NotEq, Lt, LtEq, Gt, GtEq].contains(op), "shape.where", reason)?;
    read_literal(right)?;
    reading.uses(column);
    if *op != NotEq {
        reading.bounds(column);
    }
    Ok(())
}

fn read_literal(expr: &Expr) -> Checked<()> {
    let literal = is_number_or_text(expr) || is_negative_number(expr) || is_date(expr);
    let reason = "A literal is a number, a text in single quotes, or DATE 'yyyy-mm-dd'.";
    need(literal, "shape.literal", reason)
}

fn is_number_or_text(expr: &Expr) -> bool {
    let admitted =
        |value: &Value| matches!(value, Value::Number(_, false) | Value::SingleQuotedString(_));
    if let Expr::Value(ValueWithSpan { value, span: _ }) = expr { admitted(value) } else { false }
}

fn is_negative_number(expr: &Expr) -> bool {
    if let Expr::UnaryOp { op: UnaryOperator::Minus, expr } = expr
        && let Expr::Value(ValueWithSpan { value: Value::Number(_, false), span: _ }) = &**expr
    {
        return true;
    }
    false
}

fn is_date(expr: &Expr) -> bool {
    let Expr::TypedString(TypedString {
        data_type: DataType::Date,
        value,
        uses_odbc_syntax: false,
    }) = expr
    else {
        return false;
    };
    let ValueWithSpan { value: Value::SingleQuotedString(text), span: _ } = value else {
        return false;
    };
    let digits = |part: &str, length: usize| {
        (part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => {
            digits(year, 4).is_some_and(|year| year >= 1)
                && digits(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && digits(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}
