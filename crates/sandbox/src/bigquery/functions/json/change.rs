//! JSON_SET, JSON_REMOVE, JSON_ARRAY_APPEND, JSON_ARRAY_INSERT and JSON_STRIP_NULLS.
//!
//! Decides which paths are created and which are passed over. A path that meets the wrong kind of
//! value changes nothing; the pairs after it are still applied.

use super::build::inside;
use super::document::{Json, sorted};
use super::encode::{STORED, encode};
use super::path::{Step, strict};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{mismatch, text};
use crate::bigquery::functions::{AnySig, P, Sig, TypedBody};
use crate::bigquery::types::Type;
use crate::bigquery::value::Value;

/// The longest array that a path may create.
const LONGEST: usize = 1_000_000;

/// A function of a JSON value, pairs of a path and a value, and a flag by name at the end.
const fn pairs(name: &'static str, body: TypedBody) -> AnySig {
    AnySig {
        name,
        params: &[Some(P::Json), Some(P::String), None],
        optional: 0,
        variadic: true,
        result: P::Json,
        strict: false,
        body,
    }
}

pub(crate) static ANY: &[AnySig] = &[
    pairs("JSON_SET", |args, types| {
        change("JSON_SET", args, types, |json, steps, value, of, create| {
            let value = encode(value, of, STORED)?;
            set(json, steps, value, create)
        })
    }),
    pairs("JSON_ARRAY_APPEND", |args, types| {
        change("JSON_ARRAY_APPEND", args, types, |json, steps, value, of, each| {
            let values = new_items(value, of, each)?;
            if let (Some(values), Some(found)) = (values, part(json, steps)) {
                let end = if let Json::Array(items) = &*found { items.len() } else { 0 };
                insert(found, end, values)?;
            }
            Ok(())
        })
    }),
    pairs("JSON_ARRAY_INSERT", |args, types| {
        change("JSON_ARRAY_INSERT", args, types, |json, steps, value, of, each| {
            let values = new_items(value, of, each)?;
            if let (Some(values), Some((Step::Place(place), before))) = (values, steps.split_last())
                && let Some(found) = part(json, before)
            {
                insert(found, *place, values)?;
            }
            Ok(())
        })
    }),
];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("JSON_REMOVE", &[P::Json, P::String], P::Json, remove_all).variadic().sees_null(),
    Sig::new("JSON_STRIP_NULLS", &[P::Json, P::String, P::Bool, P::Bool], P::Json, strip_nulls)
        .optional(3)
        .sees_null(),
];

fn no_signature(function: &str, types: &[Type]) -> Fault {
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    Fault::query(format!(
        "No matching signature for function {function} for argument types: {}",
        types.join(", ")
    ))
}

type Change = fn(&mut Json, &[Step], &Value, &Type, bool) -> Result<(), Fault>;

/// Applies the pairs from left to right; a path that is NULL is passed over.
fn change(function: &str, args: &[Value], types: &[Type], apply: Change) -> Result<Value, Fault> {
    let (Some(document), rest) = (args.first(), args.get(1..).unwrap_or_default()) else {
        return Err(mismatch());
    };
    let of = types.get(1..).unwrap_or_default().chunks_exact(2);
    let named = |fault| if function == "JSON_SET" { inside(function, fault) } else { fault };
    let mut pairs = Vec::new();
    for (pair, of) in rest.chunks_exact(2).zip(of) {
        match (pair, of) {
            ([Value::Null, _], _) => {}
            ([Value::Str(path), value], [Type::String, of]) => {
                pairs.push((strict(path).map_err(named)?, value, of));
            }
            _ => return Err(no_signature(function, types)),
        }
    }
    let flag = match (rest.len() % 2, rest.last(), types.last()) {
        (0, _, _) => Some(true),
        (_, Some(Value::Bool(flag)), _) => Some(*flag),
        (_, Some(Value::Null), Some(Type::Bool)) => None,
        _ => return Err(no_signature(function, types)),
    };
    let Value::Str(stored) = document else { return Ok(Value::Null) };
    let mut json = Json::stored(stored)?;
    if let Some(flag) = flag {
        for (steps, value, of) in pairs {
            apply(&mut json, &steps, value, of, flag).map_err(named)?;
        }
    }
    Ok(Value::Str(json.compact()))
}

/// One step down, if it is there.
fn down<'j>(json: &'j mut Json, step: &Step) -> Option<&'j mut Json> {
    match (step, json) {
        (Step::Key(key), Json::Object(members)) => {
            members.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
        }
        (Step::Place(place), Json::Array(items)) => items.get_mut(*place),
        (Step::Key(_) | Step::Place(_), _) => None,
    }
}

fn part<'j>(json: &'j mut Json, steps: &[Step]) -> Option<&'j mut Json> {
    steps.iter().try_fold(json, down)
}

fn too_long() -> Fault {
    Fault::query(format!("Exceeded maximum array size of {LONGEST}"))
}

fn set(json: &mut Json, steps: &[Step], value: Json, create: bool) -> Result<(), Fault> {
    let Some((step, rest)) = steps.split_first() else {
        *json = value;
        return Ok(());
    };
    if down(json, step).is_some() {
        return down(json, step).map_or(Ok(()), |inner| set(inner, rest, value, create));
    }
    if !create {
        return Ok(());
    }
    if steps.iter().any(|step| matches!(step, Step::Place(place) if *place >= LONGEST)) {
        return Err(too_long());
    }
    let mut made = Json::Null;
    match (step, &mut *json) {
        (Step::Key(key), Json::Object(members)) => {
            set(&mut made, rest, value, true)?;
            let mut all = std::mem::take(members);
            all.push((key.clone(), made));
            *json = sorted(all);
        }
        (Step::Key(key), Json::Null) => {
            set(&mut made, rest, value, true)?;
            *json = Json::Object(vec![(key.clone(), made)]);
        }
        (Step::Place(place), Json::Array(items)) => {
            set(&mut made, rest, value, true)?;
            items.resize(*place, Json::Null);
            items.push(made);
        }
        (Step::Place(place), Json::Null) => {
            set(&mut made, rest, value, true)?;
            let mut items = vec![Json::Null; *place];
            items.push(made);
            *json = Json::Array(items);
        }
        // Another kind of value stands there: the pair is passed over.
        (Step::Key(_) | Step::Place(_), _) => {}
    }
    Ok(())
}

/// What an append or insert adds; `None` for a NULL array taken item by item.
fn new_items(value: &Value, of: &Type, each: bool) -> Result<Option<Vec<Json>>, Fault> {
    match (value, of) {
        (Value::Array(items), Type::Array(element)) if each => {
            let items = items.iter().map(|item| encode(item, element, STORED));
            items.collect::<Result<_, _>>().map(Some)
        }
        (Value::Null, Type::Array(_)) if each => Ok(None),
        _ => Ok(Some(vec![encode(value, of, STORED)?])),
    }
}

/// Puts items at a place of an array; a JSON null becomes an array first.
fn insert(json: &mut Json, place: usize, values: Vec<Json>) -> Result<(), Fault> {
    if place.saturating_add(values.len()) > LONGEST {
        return Err(too_long());
    }
    if *json == Json::Null {
        *json = Json::Array(Vec::new());
    }
    if let Json::Array(items) = json {
        if items.len() < place {
            items.resize(place, Json::Null);
        }
        items.splice(place..place, values);
    }
    Ok(())
}

/// JSON_REMOVE: the paths one after the other.
fn remove_all(args: &[Value]) -> Result<Value, Fault> {
    let mut paths = Vec::new();
    for path in args.iter().skip(1) {
        if let Value::Str(path) = path {
            paths.push(strict(path).map_err(|fault| inside("JSON_REMOVE", fault))?);
        }
    }
    if args.first().is_none_or(Value::is_null) {
        return Ok(Value::Null);
    }
    let mut json = Json::stored(text(args, 0)?)?;
    for steps in paths {
        if steps.is_empty() {
            return Err(Fault::query("The JSONPath cannot be '$'"));
        }
        remove(&mut json, &steps);
    }
    Ok(Value::Str(json.compact()))
}

fn remove(json: &mut Json, steps: &[Step]) {
    let Some((last, before)) = steps.split_last() else { return };
    match (last, part(json, before)) {
        (Step::Key(key), Some(Json::Object(members))) => members.retain(|(known, _)| known != key),
        (Step::Place(place), Some(Json::Array(items))) if *place < items.len() => {
            items.remove(*place);
        }
        (Step::Key(_) | Step::Place(_), _) => {}
    }
}

fn strip_nulls(args: &[Value]) -> Result<Value, Fault> {
    let steps = match args.get(1) {
        None => Some(Vec::new()),
        Some(Value::Str(path)) => {
            Some(strict(path).map_err(|fault| inside("JSON_STRIP_NULLS", fault))?)
        }
        Some(_) => None,
    };
    let Some(document @ Value::Str(stored)) = args.first() else { return Ok(Value::Null) };
    let mut json = Json::stored(stored)?;
    let flag = |at: usize, missing: bool| match args.get(at) {
        None => Some(missing),
        Some(Value::Bool(flag)) => Some(*flag),
        Some(_) => None,
    };
    let (Some(steps), Some(arrays), Some(empty)) = (steps, flag(2, true), flag(3, false)) else {
        return Ok(document.clone());
    };
    if let Some(found) = part(&mut json, &steps) {
        strip(found, arrays, empty);
        if empty && is_empty(found, arrays) {
            *found = Json::Null;
        }
    }
    Ok(Value::Str(json.compact()))
}

/// Whether an object, or with `arrays` an array, has nothing in it.
const fn is_empty(json: &Json, arrays: bool) -> bool {
    match json {
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => arrays && items.is_empty(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => false,
    }
}

fn strip(json: &mut Json, arrays: bool, empty: bool) {
    let drop = |part: &Json| *part == Json::Null || (empty && is_empty(part, arrays));
    match json {
        Json::Object(members) => {
            members.iter_mut().for_each(|(_, value)| strip(value, arrays, empty));
            members.retain(|(_, value)| !drop(value));
        }
        Json::Array(items) => {
            items.iter_mut().for_each(|item| strip(item, arrays, empty));
            if arrays {
                items.retain(|item| !drop(item));
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {}
    }
}
