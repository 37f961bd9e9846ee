//! Reading a body's arguments by position.
//!
//! Decides nothing: the binder has typed every argument, so a mismatch here is its mistake and is
//! reported as a refusal. It must never panic and never convert one type into another.

use datafusion::arrow::datatypes::i256;

use crate::bigquery::fault::Fault;
use crate::bigquery::value::{Interval, Value};

/// The refusal of a call whose arguments are not of the declared types.
pub(crate) fn mismatch() -> Fault {
    Fault::unsupported("a call with arguments of other types than its signature")
}

macro_rules! reader {
    ($name:ident, $variant:ident, $result:ty) => {
        pub(crate) fn $name(args: &[Value], at: usize) -> Result<$result, Fault> {
            if let Some(Value::$variant(inner)) = args.get(at) {
                Ok(*inner)
            } else {
                Err(mismatch())
            }
        }
    };
}

reader!(int, Int, i64);
reader!(float, Float, f64);
reader!(numeric, Numeric, i128);
reader!(bignumeric, BigNumeric, i256);
reader!(date, Date, i32);
reader!(time, Time, i64);
reader!(datetime, Datetime, i64);
reader!(timestamp, Timestamp, i64);
reader!(interval, Interval, Interval);

pub(crate) fn text(args: &[Value], at: usize) -> Result<&str, Fault> {
    if let Some(Value::Str(text)) = args.get(at) { Ok(text) } else { Err(mismatch()) }
}

pub(crate) fn bytes(args: &[Value], at: usize) -> Result<&[u8], Fault> {
    if let Some(Value::Bytes(bytes)) = args.get(at) { Ok(bytes) } else { Err(mismatch()) }
}

/// A text that may have been left out.
pub(crate) fn optional_text(args: &[Value], at: usize) -> Result<Option<&str>, Fault> {
    if args.len() <= at { Ok(None) } else { text(args, at).map(Some) }
}
