//! PARSE_JSON, JSON_ARRAY, JSON_OBJECT, and what asks about a whole document: JSON_TYPE, JSON_KEYS,
//! JSON_FLATTEN, JSON_CONTAINS.
//!
//! Decides which key of two equal ones stays (the first) and the order of keys (by their bytes).

use std::collections::BTreeSet;

use super::convert::exact_mode;
use super::document::{Json, quote, sorted};
use super::encode::{STORED, encode};
use super::parse::{Wide, parse};
use crate::bigquery::fault::{Fault, Kind};
use crate::bigquery::functions::number::args::{optional_text, text};
use crate::bigquery::functions::{AnySig, P, Sig};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("PARSE_JSON", &[P::String, P::String], P::Json, |a| {
        let mode = optional_text(a, 1)?.map_or(Ok(true), exact_mode);
        let exact = mode.map_err(|mode| {
            Fault::query(format!("Invalid `wide_number_mode` specified for PARSE_JSON: {mode}"))
        })?;
        let wide = if exact { Wide::Exact } else { Wide::Round };
        let parsed = parse(text(a, 0)?, wide);
        parsed
            .map(|json| Value::Str(json.compact()))
            .map_err(|why| Fault::query(format!("Invalid input to PARSE_JSON: {why}")))
    })
    .optional(1),
    Sig::new("JSON_TYPE", &[P::Json], P::String, |a| {
        Ok(Value::Str(kind(&Json::stored(text(a, 0)?)?).to_owned()))
    }),
    Sig::new("JSON_KEYS", &[P::Json, P::Int64, P::String], P::Strings, keys)
        .optional(2)
        .sees_null(),
    Sig::new("JSON_FLATTEN", &[P::Json], P::Jsons, |a| {
        let mut out = Vec::new();
        flatten(&Json::stored(text(a, 0)?)?, &mut out);
        Ok(Value::Array(out))
    }),
    Sig::new("JSON_CONTAINS", &[P::Json, P::Json], P::Bool, |a| {
        let (whole, wanted) = (Json::stored(text(a, 0)?)?, Json::stored(text(a, 1)?)?);
        Ok(Value::Bool(contains(&whole, &wanted, true)))
    }),
];

pub(crate) static ANY: &[AnySig] = &[
    AnySig {
        name: "JSON_ARRAY",
        params: &[],
        optional: 0,
        variadic: true,
        result: P::Json,
        strict: false,
        body: |args, types| {
            let items = args.iter().zip(types).map(|(value, of)| encode(value, of, STORED));
            let items: Result<Vec<Json>, Fault> = items.collect();
            let items = items.map_err(|fault| inside("JSON_ARRAY", fault))?;
            Ok(Value::Str(Json::Array(items).compact()))
        },
    },
    AnySig {
        name: "JSON_OBJECT",
        params: &[],
        optional: 0,
        variadic: true,
        result: P::Json,
        strict: false,
        body: object,
    },
];

/// The function's name before the words of an error.
pub(super) fn inside(function: &str, mut fault: Fault) -> Fault {
    if fault.kind == Kind::InvalidQuery {
        fault.message = format!("Invalid input to {function}: {}", fault.message);
    }
    fault
}

const fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::Text(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// JSON_OBJECT of keys and values in turn, or of an array of each.
fn object(args: &[Value], types: &[Type]) -> Result<Value, Fault> {
    let no = |why: &str| Fault::query(format!("Invalid input to JSON_OBJECT: {why}"));
    let is_keys = |of: &Type| matches!(of, Type::Array(element) if **element == Type::String);
    let mut members = Vec::new();
    let mut add = |key: &Value, value: &Value, of: &Type| {
        let Value::Str(key) = key else { return Err(no("A key cannot be NULL")) };
        let value = encode(value, of, STORED).map_err(|fault| inside("JSON_OBJECT", fault))?;
        members.push((key.clone(), value));
        Ok(())
    };
    if let ([keys, values], [of_keys, Type::Array(of)]) = (args, types)
        && is_keys(of_keys)
    {
        let Value::Array(keys) = keys else { return Err(no("The keys array cannot be NULL")) };
        let Value::Array(values) = values else {
            return Err(no("The values array cannot be NULL"));
        };
        if keys.len() != values.len() {
            return Err(no("The number of keys and values must match"));
        }
        keys.iter().zip(values).try_for_each(|(key, value)| add(key, value, of))?;
        return Ok(Value::Str(sorted(members).compact()));
    }
    let fits = |(at, (value, of)): (usize, (&Value, &Type))| {
        at % 2 == 1 || *of == Type::String || value.is_null()
    };
    if args.len() % 2 == 1 || !args.iter().zip(types).enumerate().all(fits) {
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        return Err(Fault::query(format!(
            "No matching signature for function JSON_OBJECT for argument types: {}",
            types.join(", ")
        )));
    }
    for (pair, of) in args.chunks_exact(2).zip(types.chunks_exact(2)) {
        if let ([key, value], [_, of]) = (pair, of) {
            add(key, value, of)?;
        }
    }
    Ok(Value::Str(sorted(members).compact()))
}

/// How JSON_KEYS treats arrays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrays {
    Passed,
    Entered,
    /// Arrays directly inside arrays too.
    EnteredDeeply,
}

fn keys(args: &[Value]) -> Result<Value, Fault> {
    let depth = match args.get(1) {
        Some(Value::Int(depth)) => usize::try_from(*depth).ok().filter(|depth| *depth > 0),
        Some(_) | None => Some(usize::MAX),
    };
    let depth = depth.ok_or_else(|| Fault::query("max_depth must be positive."))?;
    let arrays = match args.get(2) {
        None => Arrays::Passed,
        Some(Value::Str(mode)) => match mode.to_ascii_lowercase().as_str() {
            "strict" => Arrays::Passed,
            "lax" => Arrays::Entered,
            "lax recursive" => Arrays::EnteredDeeply,
            _ => return Err(Fault::query("Invalid JSON mode specified")),
        },
        Some(_) => return Ok(Value::Null),
    };
    let Some(Value::Str(stored)) = args.first() else { return Ok(Value::Null) };
    let mut found = BTreeSet::new();
    collect(&Json::stored(stored)?, "", depth, arrays, &mut found);
    Ok(Value::Array(found.into_iter().map(Value::Str).collect()))
}

fn collect(json: &Json, prefix: &str, depth: usize, arrays: Arrays, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                let mut name = prefix.to_owned();
                if !name.is_empty() {
                    name.push('.');
                }
                write_key(key, &mut name);
                if depth > 1 {
                    collect(value, &name, depth.saturating_sub(1), arrays, found);
                }
                found.insert(name);
            }
        }
        Json::Array(items) if arrays != Arrays::Passed => {
            for item in items {
                let nested = matches!(item, Json::Array(_));
                if !nested || arrays == Arrays::EnteredDeeply {
                    collect(item, prefix, depth, arrays, found);
                }
            }
        }
        Json::Array(_) | Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

/// A key as part of a path; one with a point or an escape is quoted.
fn write_key(key: &str, out: &mut String) {
    if key.contains(|c: char| matches!(c, '.' | '"' | '\\') || u32::from(c) < 0x20) {
        quote(key, out);
    } else {
        out.push_str(key);
    }
}

fn flatten(json: &Json, out: &mut Vec<Value>) {
    if let Json::Array(items) = json {
        items.iter().for_each(|item| flatten(item, out));
    } else {
        out.push(Value::Str(json.compact()));
    }
}

/// Whether every part of `wanted` is in `whole`; only at the top may an array hold a scalar itself.
fn contains(whole: &Json, wanted: &Json, top: bool) -> bool {
    match (wanted, whole) {
        (Json::Object(members), Json::Object(_)) => members.iter().all(|(key, value)| {
            whole.member(key).is_some_and(|found| contains(found, value, false))
        }),
        (Json::Array(wanted), Json::Array(items)) => {
            wanted.iter().all(|wanted| items.iter().any(|item| contains(item, wanted, false)))
        }
        (Json::Object(_) | Json::Array(_), _) | (_, Json::Object(_)) => false,
        (_, Json::Array(items)) => top && items.iter().any(|item| contains(item, wanted, false)),
        (Json::Number(a), Json::Number(b)) => a.same(b),
        (a, b) => a == b,
    }
}
