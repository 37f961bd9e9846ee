//! JSON_VALUE, JSON_QUERY, JSON_EXTRACT and their arrays, and the subscript of a JSON value.
//!
//! Decides when a missing part, a JSON null and a part of the wrong kind become NULL. A STRING is
//! read as far as the path needs; a JSON value is whole already.

use super::document::Json;
use super::path::{Mode, Step, Style, lax, steps};
use super::text;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{optional_text, text as argument};
use crate::bigquery::functions::{Body, P, Sig};
use crate::bigquery::value::Value;

/// An overload over a STRING or a JSON value with an optional path.
const fn sig(name: &'static str, params: &'static [P], result: P, body: Body) -> Sig {
    Sig::new(name, params, result, body).optional(1)
}

const TEXT: &[P] = &[P::String, P::String];
const JSON: &[P] = &[P::Json, P::String];

pub(crate) static SIGS: &[Sig] = &[
    sig("JSON_VALUE", TEXT, P::String, |a| scalar(in_text(a, Style::Standard)?)),
    sig("JSON_VALUE", JSON, P::String, |a| scalar(in_json(a, Style::Standard)?)),
    sig("JSON_EXTRACT_SCALAR", TEXT, P::String, |a| scalar(in_text(a, Style::Legacy)?)),
    sig("JSON_EXTRACT_SCALAR", JSON, P::String, |a| scalar(in_json(a, Style::Legacy)?)),
    sig("JSON_QUERY", TEXT, P::String, |a| query_text(in_text(a, Style::Standard)?)),
    sig("JSON_QUERY", JSON, P::Json, query),
    sig("JSON_EXTRACT", TEXT, P::String, |a| query_text(in_text(a, Style::Legacy)?)),
    sig("JSON_EXTRACT", JSON, P::Json, |a| Ok(whole(in_json(a, Style::Legacy)?.as_ref()))),
    sig("JSON_QUERY_ARRAY", TEXT, P::Strings, |a| items(in_text(a, Style::Standard)?)),
    sig("JSON_QUERY_ARRAY", JSON, P::Jsons, |a| items(in_json(a, Style::Standard)?)),
    sig("JSON_EXTRACT_ARRAY", TEXT, P::Strings, |a| items(in_text(a, Style::Legacy)?)),
    sig("JSON_EXTRACT_ARRAY", JSON, P::Jsons, |a| items(in_json(a, Style::Legacy)?)),
    sig("JSON_VALUE_ARRAY", TEXT, P::Strings, |a| scalars(in_text(a, Style::Standard)?)),
    sig("JSON_VALUE_ARRAY", JSON, P::Strings, |a| scalars(in_json(a, Style::Standard)?)),
    sig("JSON_EXTRACT_STRING_ARRAY", TEXT, P::Strings, |a| scalars(in_text(a, Style::Legacy)?)),
    sig("JSON_EXTRACT_STRING_ARRAY", JSON, P::Strings, |a| scalars(in_json(a, Style::Legacy)?)),
];

/// The part of a STRING that the path of a call names.
fn in_text(args: &[Value], style: Style) -> Result<Option<Json>, Fault> {
    let path = optional_text(args, 1)?.unwrap_or("$");
    text::find(argument(args, 0)?, &steps(path, style)?)
}

/// The part of a JSON value that the path of a call names.
fn in_json(args: &[Value], style: Style) -> Result<Option<Json>, Fault> {
    let steps = steps(optional_text(args, 1)?.unwrap_or("$"), style)?;
    let document = Json::stored(argument(args, 0)?)?;
    let found = steps.iter().try_fold(&document, |at, step| match at {
        Json::Object(_) => at.member(step),
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => None,
    });
    Ok(found.cloned())
}

fn scalar(found: Option<Json>) -> Result<Value, Fault> {
    Ok(found.and_then(|part| part.scalar()).map_or(Value::Null, Value::Str))
}

/// JSON_QUERY of a STRING: a JSON null is NULL.
fn query_text(found: Option<Json>) -> Result<Value, Fault> {
    Ok(whole(found.filter(|part| *part != Json::Null).as_ref()))
}

fn whole(found: Option<&Json>) -> Value {
    found.map_or(Value::Null, |part| Value::Str(part.compact()))
}

/// JSON_QUERY of a JSON value, whose path may ask for the lax mode.
fn query(args: &[Value]) -> Result<Value, Fault> {
    let path = optional_text(args, 1)?.unwrap_or("$");
    let Some((mode, steps)) = lax(path)? else {
        return Ok(whole(in_json(args, Style::Standard)?.as_ref()));
    };
    let document = Json::stored(argument(args, 0)?)?;
    let mut found = Vec::new();
    loosely(&document, &steps, mode, &mut found);
    Ok(whole(Some(&Json::Array(found))))
}

/// Every match in the lax mode: a key looks into the items of an array, place 0 of what is no array
/// is the thing itself.
fn loosely(at: &Json, steps: &[Step], mode: Mode, found: &mut Vec<Json>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(at.clone());
        return;
    };
    match (step, at) {
        (Step::Key(key), Json::Object(_)) => {
            if let Some(member) = at.member(key) {
                loosely(member, rest, mode, found);
            }
        }
        (Step::Key(_), Json::Array(items)) => {
            for item in items {
                let enter = matches!(item, Json::Object(_))
                    || (mode.recursive && matches!(item, Json::Array(_)));
                if enter {
                    loosely(item, steps, mode, found);
                }
            }
        }
        (Step::Place(place), Json::Array(items)) => {
            if let Some(item) = items.get(*place) {
                loosely(item, rest, mode, found);
            }
        }
        (Step::Place(0), _) => loosely(at, rest, mode, found),
        (Step::Key(_) | Step::Place(_), _) => {}
    }
}

fn items(found: Option<Json>) -> Result<Value, Fault> {
    let Some(Json::Array(items)) = found else { return Ok(Value::Null) };
    Ok(Value::Array(items.iter().map(|item| Value::Str(item.compact())).collect()))
}

/// The scalars of an array; NULL when one of them is none.
fn scalars(found: Option<Json>) -> Result<Value, Fault> {
    let Some(Json::Array(items)) = found else { return Ok(Value::Null) };
    if items.iter().any(Json::is_container) {
        return Ok(Value::Null);
    }
    let texts = items.iter().map(|item| item.scalar().map_or(Value::Null, Value::Str));
    Ok(Value::Array(texts.collect()))
}

/// `json.key`, `json['key']` and `json[0]`: the part, or NULL when there is none.
///
/// # Errors
/// A key that is neither a STRING nor an INT64.
pub(crate) fn subscript(json: &str, key: &Value) -> Result<Value, Fault> {
    let document = Json::stored(json)?;
    let found = match (key, &document) {
        (Value::Null, _) => None,
        (Value::Str(key), _) => document.member(key),
        (Value::Int(place), Json::Array(items)) => {
            usize::try_from(*place).ok().and_then(|place| items.get(place))
        }
        (Value::Int(_), _) => None,
        (other, _) => {
            return Err(Fault::unsupported(format!("A JSON subscript of {other:?}")));
        }
    };
    Ok(whole(found))
}
