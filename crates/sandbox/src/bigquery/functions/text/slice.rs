//! Cutting, padding and splitting STRING and BYTES.
//!
//! Decides places by characters of a STRING and by bytes of BYTES, both counted from 1. No result
//! may pass BigQuery's limit of 1 MB where BigQuery has one.

use super::super::number::args::int;
use super::super::{P, Sig};
use super::strand::{Kind, MOST, read, read_or, whole};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];
const B: &[P] = &[P::Bytes];
const SS: &[P] = &[P::String, P::String];
const BB: &[P] = &[P::Bytes, P::Bytes];
const SI: &[P] = &[P::String, P::Int64];
const BI: &[P] = &[P::Bytes, P::Int64];
const SII: &[P] = &[P::String, P::Int64, P::Int64];
const BII: &[P] = &[P::Bytes, P::Int64, P::Int64];
const SIS: &[P] = &[P::String, P::Int64, P::String];
const BIB: &[P] = &[P::Bytes, P::Int64, P::Bytes];
const SSS: &[P] = &[P::String, P::String, P::String];
const BBB: &[P] = &[P::Bytes, P::Bytes, P::Bytes];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("LENGTH", S, P::Int64, length),
    Sig::new("LENGTH", B, P::Int64, length),
    Sig::new("CHAR_LENGTH", S, P::Int64, length),
    Sig::new("CHARACTER_LENGTH", S, P::Int64, length),
    Sig::new("BYTE_LENGTH", S, P::Int64, byte_length),
    Sig::new("BYTE_LENGTH", B, P::Int64, byte_length),
    Sig::new("OCTET_LENGTH", S, P::Int64, byte_length),
    Sig::new("OCTET_LENGTH", B, P::Int64, byte_length),
    Sig::new("CONCAT", S, P::String, concat).variadic(),
    Sig::new("CONCAT", B, P::Bytes, concat).variadic(),
    Sig::new("SUBSTR", SII, P::String, substr).optional(1),
    Sig::new("SUBSTR", BII, P::Bytes, substr).optional(1),
    Sig::new("SUBSTRING", SII, P::String, substr).optional(1),
    Sig::new("SUBSTRING", BII, P::Bytes, substr).optional(1),
    Sig::new("LEFT", SI, P::String, left),
    Sig::new("LEFT", BI, P::Bytes, left),
    Sig::new("RIGHT", SI, P::String, right),
    Sig::new("RIGHT", BI, P::Bytes, right),
    Sig::new("TRIM", SS, P::String, |a| trim(a, true, true)).optional(1),
    Sig::new("TRIM", BB, P::Bytes, |a| trim(a, true, true)),
    Sig::new("LTRIM", SS, P::String, |a| trim(a, true, false)).optional(1),
    Sig::new("LTRIM", BB, P::Bytes, |a| trim(a, true, false)),
    Sig::new("RTRIM", SS, P::String, |a| trim(a, false, true)).optional(1),
    Sig::new("RTRIM", BB, P::Bytes, |a| trim(a, false, true)),
    Sig::new("LPAD", SIS, P::String, |a| pad(a, true)).optional(1),
    Sig::new("LPAD", BIB, P::Bytes, |a| pad(a, true)).optional(1),
    Sig::new("RPAD", SIS, P::String, |a| pad(a, false)).optional(1),
    Sig::new("RPAD", BIB, P::Bytes, |a| pad(a, false)).optional(1),
    Sig::new("REPEAT", SI, P::String, repeat),
    Sig::new("REPEAT", BI, P::Bytes, repeat),
    Sig::new("REVERSE", S, P::String, reverse),
    Sig::new("REVERSE", B, P::Bytes, reverse),
    Sig::new("REPLACE", SSS, P::String, replace),
    Sig::new("REPLACE", BBB, P::Bytes, replace),
    Sig::new("SPLIT", SS, P::Strings, split).optional(1),
    Sig::new("SPLIT", BB, P::ListOfBytes, split),
    Sig::new("TRANSLATE", SSS, P::String, translate),
    Sig::new("TRANSLATE", BBB, P::Bytes, translate),
];

fn length(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    whole(kind.length(of))
}

fn byte_length(args: &[Value]) -> Result<Value, Fault> {
    whole(read(args, 0)?.0.len())
}

fn concat(args: &[Value]) -> Result<Value, Fault> {
    let (_, kind) = read(args, 0)?;
    let mut all = Vec::new();
    for at in 0..args.len() {
        all.extend_from_slice(read(args, at)?.0);
    }
    kind.value(all)
}

/// A count that must not be negative; one past every length stands for the longest.
fn count(args: &[Value], at: usize, refusal: &str) -> Result<usize, Fault> {
    let given = int(args, at)?;
    if given < 0 {
        return Err(Fault::query(refusal));
    }
    Ok(usize::try_from(given).unwrap_or(usize::MAX))
}

/// SUBSTR: 1 is the first unit, 0 too; a negative place counts from the end.
fn substr(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let from = int(args, 1)?;
    let most = match args.get(2) {
        Some(_) => count(args, 2, "Third argument in SUBSTR() cannot be negative")?,
        None => usize::MAX,
    };
    let place = usize::try_from(from.unsigned_abs()).unwrap_or(usize::MAX);
    let skip =
        if from < 0 { kind.length(of).saturating_sub(place) } else { place.saturating_sub(1) };
    kind.value(kind.part(of, skip, most).to_vec())
}

fn left(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let most = count(args, 1, "Second argument in LEFT() cannot be negative")?;
    kind.value(kind.part(of, 0, most).to_vec())
}

fn right(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let most = count(args, 1, "Second argument in RIGHT() cannot be negative")?;
    let skip = kind.length(of).saturating_sub(most);
    kind.value(kind.part(of, skip, usize::MAX).to_vec())
}

/// TRIM: without a set, white space as Unicode has it.
fn trim(args: &[Value], start: bool, end: bool) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let (set, _) = if args.len() > 1 { read(args, 1)? } else { (of, kind) };
    let set: Vec<&[u8]> = kind.units(set).collect();
    let blank = |unit: &[u8]| {
        std::str::from_utf8(unit).is_ok_and(|unit| unit.chars().all(char::is_whitespace))
    };
    let drop = |unit: &&[u8]| if args.len() > 1 { set.contains(unit) } else { blank(unit) };
    let units: Vec<&[u8]> = kind.units(of).collect();
    let first = if start { units.iter().take_while(|unit| drop(unit)).count() } else { 0 };
    let kept = units.get(first..).unwrap_or_default();
    let last = if end { kept.iter().rev().take_while(|unit| drop(unit)).count() } else { 0 };
    kind.value(kept.get(..kept.len().saturating_sub(last)).unwrap_or_default().concat())
}

fn pad(args: &[Value], front: bool) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let negative = "Second argument (output size) for LPAD/RPAD cannot be negative";
    let wanted = count(args, 1, negative)?;
    let too_long = || Fault::query("Output of LPAD/RPAD exceeds max allowed output size of 1MB");
    if wanted > MOST {
        return Err(too_long());
    }
    let with = read_or(args, 2, b" ")?;
    if with.is_empty() {
        let message = "Third argument (pad pattern) for LPAD/RPAD cannot be empty";
        return Err(Fault::query(message));
    }
    let missing = wanted.saturating_sub(kind.length(of));
    let kept = kind.part(of, 0, wanted);
    let units: Vec<&[u8]> = kind.units(with).collect();
    let filling: Vec<u8> = units.iter().copied().cycle().take(missing).flatten().copied().collect();
    if filling.len().saturating_add(kept.len()) > MOST {
        return Err(too_long());
    }
    kind.value(if front { [&filling, kept].concat() } else { [kept, &filling].concat() })
}

fn repeat(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let negative = "Second argument (repeat count) for REPEAT cannot be negative";
    let times = count(args, 1, negative)?;
    if of.len().saturating_mul(times) > MOST {
        return Err(Fault::query("Output of REPEAT exceeds max allowed output size of 1MB"));
    }
    kind.value(if of.is_empty() { Vec::new() } else { of.repeat(times) })
}

fn reverse(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    kind.value(kind.units(of).rev().flatten().copied().collect())
}

/// The pieces between separators; at least one.
fn pieces<'a>(of: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut rest = of;
    let mut all = Vec::new();
    while let Some(place) = super::find::first(rest, at) {
        all.push(rest.get(..place).unwrap_or_default());
        rest = rest.get(place.saturating_add(at.len())..).unwrap_or_default();
    }
    all.push(rest);
    all
}

fn replace(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let (from, to) = (read(args, 1)?.0, read(args, 2)?.0);
    let done = if from.is_empty() { of.to_vec() } else { pieces(of, from).join(to) };
    if done.len() > MOST {
        return Err(Fault::query("Output of REPLACE exceeds max allowed output size of 1MB"));
    }
    kind.value(done)
}

/// SPLIT: an empty separator splits between all units; an empty value is one empty piece.
fn split(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let at = read_or(args, 1, b",")?;
    let parts = match (of.is_empty(), at.is_empty()) {
        (true, _) => vec![of],
        (false, true) => kind.units(of).collect(),
        (false, false) => pieces(of, at),
    };
    let values: Result<_, _> = parts.into_iter().map(|part| kind.value(part.to_vec())).collect();
    values.map(Value::Array)
}

/// TRANSLATE: each unit of the second text becomes the unit at its place in the third, or nothing.
fn translate(args: &[Value]) -> Result<Value, Fault> {
    let (of, kind) = read(args, 0)?;
    let from: Vec<&[u8]> = kind.units(read(args, 1)?.0).collect();
    let to: Vec<&[u8]> = kind.units(read(args, 2)?.0).collect();
    for (at, unit) in from.iter().enumerate() {
        if from.iter().take(at).any(|earlier| earlier == unit) {
            return Err(twice(unit, kind));
        }
    }
    let mut done = Vec::with_capacity(of.len());
    for unit in kind.units(of) {
        match from.iter().position(|known| *known == unit) {
            Some(at) => done.extend_from_slice(to.get(at).copied().unwrap_or_default()),
            None => done.extend_from_slice(unit),
        }
    }
    if done.len() > MOST {
        return Err(Fault::query("Output of TRANSLATE exceeds max allowed output size of 1MB"));
    }
    kind.value(done)
}

fn twice(unit: &[u8], kind: Kind) -> Fault {
    if kind == Kind::Bytes {
        let byte = unit.first().copied().unwrap_or_default();
        return Fault::query(format!("Duplicate byte 0x{byte:02x} in TRANSLATE source bytes"));
    }
    let unit = String::from_utf8_lossy(unit);
    let quoted = match unit.as_ref() {
        "\"" => "'\"'".to_owned(),
        "\\" => r#""\\""#.to_owned(),
        "\n" => r#""\n""#.to_owned(),
        "\r" => r#""\r""#.to_owned(),
        "\t" => r#""\t""#.to_owned(),
        plain => format!("\"{plain}\""),
    };
    Fault::query(format!("Duplicate character {quoted} in TRANSLATE source characters"))
}
