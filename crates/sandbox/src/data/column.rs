//! A column of texts as a typed array.
//!
//! Decides the type of a column that was not given one: the first that every value fits, else STRING.
//! An empty field is NULL, quoted or not. A value is never changed to make it fit.

use std::sync::Arc;

use base64::Engine as _;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};

use super::cell;
use super::split::{Cell, Splitter};
use crate::bigquery::functions::casts;
use crate::bigquery::functions::json::Json;
use crate::bigquery::types::Type;
use crate::bigquery::value::{self, Value};

/// Rows of one batch, so that a column of texts stays below the engine's 2 GB.
const BLOCK: usize = 1 << 17;

/// One column's fields, in order.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) texts: &'a Splitter<'a>,
    pub(super) cells: &'a [Cell],
}

/// A field that does not fit the column's type: its row from 0, and why.
pub(super) struct Misfit {
    pub(super) row: usize,
    pub(super) reason: String,
}

impl<'a> Fields<'a> {
    fn iter(self) -> impl Iterator<Item = Option<&'a str>> {
        self.cells.iter().map(move |cell| {
            let text = self.texts.text(*cell);
            (!text.is_empty()).then_some(text)
        })
    }

    /// The first row without a value.
    pub(super) fn first_null(self) -> Option<usize> {
        self.iter().position(|text| text.is_none())
    }

    /// Every value parsed; nothing if one does not fit or there is none.
    fn all<T>(self, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
        let mut some = false;
        let mut values = Vec::new();
        for text in self.iter() {
            values.push(match text {
                Some(text) => Some(parse(text)?),
                None => None,
            });
            some |= text.is_some();
        }
        some.then_some(values)
    }

    /// The type that every value fits, and the values in blocks.
    ///
    /// # Errors
    /// A block of texts that is too long.
    pub(super) fn inferred(self) -> Result<(Type, Vec<ArrayRef>), Misfit> {
        let Some((of, whole)) = self.number().or_else(|| self.time()) else {
            return Ok((Type::String, self.typed(&Type::String)?));
        };
        let block = |at: usize| whole.slice(at, BLOCK.min(whole.len() - at));
        Ok((of, (0..whole.len()).step_by(BLOCK).map(block).collect()))
    }

    fn number(self) -> Option<(Type, ArrayRef)> {
        if let Some(values) = self.all(cell::int) {
            return Some((Type::Int64, Arc::new(Int64Array::from(values))));
        }
        if let Some(values) = self.all(cell::numeric) {
            let array = Decimal128Array::from(values).with_data_type(Type::Numeric.arrow());
            return Some((Type::Numeric, Arc::new(array)));
        }
        let values = self.all(cell::float)?;
        Some((Type::Float64, Arc::new(Float64Array::from(values))))
    }

    fn time(self) -> Option<(Type, ArrayRef)> {
        if let Some(values) = self.all(cell::boolean) {
            return Some((Type::Bool, Arc::new(BooleanArray::from(values))));
        }
        if let Some(values) = self.all(cell::date) {
            return Some((Type::Date, Arc::new(Date32Array::from(values))));
        }
        if let Some(values) = self.all(cell::datetime) {
            return Some((Type::Datetime, Arc::new(TimestampMicrosecondArray::from(values))));
        }
        let values = self.all(cell::timestamp)?;
        let array = TimestampMicrosecondArray::from(values).with_data_type(Type::Timestamp.arrow());
        Some((Type::Timestamp, Arc::new(array)))
    }

    /// The values as a type that was asked for, in blocks.
    ///
    /// # Errors
    /// The first value that the type does not take, or a block of texts that is too long.
    pub(super) fn typed(self, of: &Type) -> Result<Vec<ArrayRef>, Misfit> {
        let block = |(at, cells): (usize, &'a [Cell])| {
            let block = Self { texts: self.texts, cells };
            block.block(of).map_err(|misfit| Misfit { row: misfit.row + at * BLOCK, ..misfit })
        };
        self.cells.chunks(BLOCK).enumerate().map(block).collect()
    }

    fn block(self, of: &Type) -> Result<ArrayRef, Misfit> {
        let length: usize = self.iter().flatten().map(str::len).sum();
        if i32::try_from(length).is_err() {
            let reason = format!("{BLOCK} rows hold more than 2 GB of text");
            return Err(Misfit { row: 0, reason });
        }
        if *of == Type::String {
            return Ok(Arc::new(self.iter().collect::<StringArray>()));
        }
        let one = |(row, text): (usize, Option<&str>)| match text {
            Some(text) => asked(text, of)
                .ok_or_else(|| Misfit { row, reason: format!("{:?} is no {of}", shortened(text)) }),
            None => Ok(Value::Null),
        };
        let values = self.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
        Ok(value::column(&values, of))
    }
}

/// The beginning of a text, for a message.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A text as a type that was asked for: the inferred form first, then what BigQuery's CAST takes.
fn asked(text: &str, of: &Type) -> Option<Value> {
    let plain = match of {
        Type::Int64 => cell::int(text).map(Value::Int),
        Type::Numeric => cell::numeric(text).map(Value::Numeric),
        Type::Float64 => cell::float(text).map(Value::Float),
        Type::Bool => return truth(text).map(Value::Bool),
        Type::Date => cell::date(text).map(Value::Date),
        Type::Datetime => cell::datetime(text).map(Value::Datetime),
        Type::Timestamp => cell::timestamp(text).map(Value::Timestamp),
        Type::Bytes => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            return bytes.ok().map(Value::Bytes);
        }
        Type::Json => return Json::stored(text).ok().map(|json| Value::Str(json.compact())),
        Type::BigNumeric
        | Type::String
        | Type::Time
        | Type::Interval
        | Type::Array(_)
        | Type::Struct(_)
        | Type::Range(_) => None,
    };
    plain.or_else(|| casts::cast(&Value::Str(text.to_owned()), &Type::String, of).ok())
}

/// The words that BigQuery's load jobs take for a BOOL.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}
