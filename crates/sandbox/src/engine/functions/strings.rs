//! Text functions: LENGTH, LOWER, UPPER, TRIM, SUBSTR, REPLACE, STARTS_WITH, ENDS_WITH.
//!
//! Decides that positions and lengths count characters, never bytes, and that SUBSTR counts from 1, takes 0 as 1
//! and negative positions from the end.

use super::{Function, Given, Resolved, fixed, unexpected};
use crate::engine::types::{Datum, SqlType};
use crate::wire::error::ApiError;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "bq_length", title: "LENGTH", resolve: one_to_int, eval: length, safe: false },
    Function { name: "bq_lower", title: "LOWER", resolve: one_to_text, eval: lower, safe: false },
    Function { name: "bq_upper", title: "UPPER", resolve: one_to_text, eval: upper, safe: false },
    Function { name: "bq_trim", title: "TRIM", resolve: one_to_text, eval: trim, safe: false },
    Function { name: "bq_substr", title: "SUBSTR", resolve: substring_types, eval: substring, safe: false },
    Function { name: "bq_replace", title: "REPLACE", resolve: three_to_text, eval: replace, safe: false },
    Function { name: "bq_starts_with", title: "STARTS_WITH", resolve: two_to_bool, eval: starts_with, safe: false },
    Function { name: "bq_ends_with", title: "ENDS_WITH", resolve: two_to_bool, eval: ends_with, safe: false },
];

fn one_to_int(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::String], SqlType::Int64)
}

fn one_to_text(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::String], SqlType::String)
}

fn three_to_text(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::String; 3], SqlType::String)
}

fn two_to_bool(given: Given<'_>) -> Resolved {
    fixed(given, &[SqlType::String; 2], SqlType::Bool)
}

fn substring_types(given: Given<'_>) -> Resolved {
    let wanted = [SqlType::String, SqlType::Int64, SqlType::Int64];
    fixed(given, wanted.get(..given.len().max(2))?, SqlType::String)
}

fn length(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text)] => Ok(Datum::Int(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))),
        _ => Err(unexpected("LENGTH")),
    }
}

fn lower(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text)] => Ok(Datum::text(text.to_lowercase())),
        _ => Err(unexpected("LOWER")),
    }
}

fn upper(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text)] => Ok(Datum::text(text.to_uppercase())),
        _ => Err(unexpected("UPPER")),
    }
}

fn trim(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text)] => Ok(Datum::text(text.trim())),
        _ => Err(unexpected("TRIM")),
    }
}

fn substring(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    let (text, position, length) = match args {
        [Datum::Text(text), Datum::Int(position)] => (text, *position, i64::MAX),
        [Datum::Text(text), Datum::Int(position), Datum::Int(length)] => (text, *position, *length),
        _ => return Err(unexpected("SUBSTR")),
    };
    let Ok(length) = usize::try_from(length) else {
        return Err(ApiError::invalid_query("Third argument in SUBSTR() cannot be negative"));
    };
    let total = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if position < 0 { total.saturating_add(position).max(0) } else { position.saturating_sub(1).max(0) };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    Ok(Datum::text(text.chars().skip(start).take(length).collect::<String>()))
}

fn replace(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text), Datum::Text(from), Datum::Text(_)] if from.is_empty() => Ok(Datum::text(text.as_ref())),
        [Datum::Text(text), Datum::Text(from), Datum::Text(to)] => Ok(Datum::text(text.replace(from.as_ref(), to))),
        _ => Err(unexpected("REPLACE")),
    }
}

fn starts_with(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text), Datum::Text(start)] => Ok(Datum::Bool(text.starts_with(start.as_ref()))),
        _ => Err(unexpected("STARTS_WITH")),
    }
}

fn ends_with(args: &[Datum<'_>]) -> Result<Datum<'static>, ApiError> {
    match args {
        [Datum::Text(text), Datum::Text(end)] => Ok(Datum::Bool(text.ends_with(end.as_ref()))),
        _ => Err(unexpected("ENDS_WITH")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_may_be_negative() {
        let cut = |text: &'static str, position, length| {
            substring(&[Datum::text(text), Datum::Int(position), Datum::Int(length)]).unwrap()
        };
        assert_eq!(cut("😀😎🎉", 2, 1), Datum::text("😎"));
        assert_eq!(cut("apple", 0, 2), Datum::text("ap"));
        assert_eq!(cut("apple", -2, 9), Datum::text("le"));
        assert_eq!(cut("apple", -9, 2), Datum::text("ap"));
        assert!(substring(&[Datum::text("a"), Datum::Int(1), Datum::Int(-1)]).is_err());
    }

    #[test]
    fn case_follows_unicode() {
        assert_eq!(upper(&[Datum::text("groß")]).unwrap(), Datum::text("GROSS"));
        assert_eq!(length(&[Datum::text("日本語")]).unwrap(), Datum::Int(3));
    }
}
