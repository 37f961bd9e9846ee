//! Tables of JSON calls and their answers, by the types of their arguments.
//!
//! A call is written as its arguments; the overload is the first that takes exactly these types.

mod building;
mod changing;
mod converting;
mod encoding;
mod looking;
mod parsing;

use crate::bigquery::functions::{any_named, named};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// An argument.
type Arg = (Value, Type);

fn json(text: &str) -> Arg {
    (Value::Str(text.to_owned()), Type::Json)
}

fn text(text: &str) -> Arg {
    (Value::Str(text.to_owned()), Type::String)
}

fn int(number: i64) -> Arg {
    (Value::Int(number), Type::Int64)
}

fn flag(truth: bool) -> Arg {
    (Value::Bool(truth), Type::Bool)
}

const fn null(of: Type) -> Arg {
    (Value::Null, of)
}

fn ints(numbers: &[i64]) -> Arg {
    let items = numbers.iter().map(|number| Value::Int(*number)).collect();
    (Value::Array(items), Type::Array(Box::new(Type::Int64)))
}

fn texts(items: &[&str]) -> Arg {
    let items = items.iter().map(|item| Value::Str((*item).to_owned())).collect();
    (Value::Array(items), Type::Array(Box::new(Type::String)))
}

/// The answer of a call, or the message of its failure.
fn ask(name: &str, args: &[Arg]) -> Result<Value, String> {
    let values: Vec<Value> = args.iter().map(|(value, _)| value.clone()).collect();
    let types: Vec<Type> = args.iter().map(|(_, of)| of.clone()).collect();
    let some_null = values.iter().any(Value::is_null);
    let fits = |sig: &&crate::bigquery::functions::Sig| {
        let least = sig.params.len() - sig.optional;
        let most = if sig.variadic { usize::MAX } else { sig.params.len() };
        let last = sig.params.last();
        (least..=most).contains(&types.len())
            && types.iter().enumerate().all(|(at, of)| {
                sig.params.get(at).or(last).and_then(|param| param.to_type()).as_ref() == Some(of)
            })
    };
    let answer = if let Some(sig) = named(name).find(fits) {
        if sig.strict && some_null { Ok(Value::Null) } else { (sig.body)(&values) }
    } else {
        let any = any_named(name).unwrap_or_else(|| panic!("no overload of {name} for {types:?}"));
        if any.strict && some_null { Ok(Value::Null) } else { (any.body)(&values, &types) }
    };
    answer.map_err(|fault| fault.to_string())
}

/// Checks a call whose answer is a STRING or JSON value; `None` is NULL.
#[track_caller]
fn says(name: &str, args: &[Arg], expected: Option<&str>) {
    let expected = expected.map_or(Value::Null, |text| Value::Str(text.to_owned()));
    assert_eq!(ask(name, args), Ok(expected), "{name}{args:?}");
}

#[track_caller]
fn lists(name: &str, args: &[Arg], expected: &[&str]) {
    let expected = expected.iter().map(|text| Value::Str((*text).to_owned())).collect();
    assert_eq!(ask(name, args), Ok(Value::Array(expected)), "{name}{args:?}");
}

#[track_caller]
fn fails(name: &str, args: &[Arg], message: &str) {
    assert_eq!(ask(name, args), Err(message.to_owned()), "{name}{args:?}");
}
