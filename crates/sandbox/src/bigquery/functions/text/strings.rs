//! Functions on STRING by code points, and on BYTES where BigQuery has them.
//!
//! Decides lengths and places by code points, counted from 1, as BigQuery does.

use super::super::number::args::{int, mismatch, text};
use super::super::{P, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

/// Longest text a function may make, in characters.
const MOST: usize = 10 << 20;

const S: &[P] = &[P::String];
const SS: &[P] = &[P::String, P::String];
const SI: &[P] = &[P::String, P::Int64];
const SIS: &[P] = &[P::String, P::Int64, P::String];
const B: &[P] = &[P::Bytes];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("LENGTH", S, P::Int64, |a| whole(text(a, 0)?.chars().count())),
    Sig::new("LENGTH", B, P::Int64, |a| whole(bytes(a)?.len())),
    Sig::new("CHAR_LENGTH", S, P::Int64, |a| whole(text(a, 0)?.chars().count())),
    Sig::new("CHARACTER_LENGTH", S, P::Int64, |a| whole(text(a, 0)?.chars().count())),
    Sig::new("BYTE_LENGTH", S, P::Int64, |a| whole(text(a, 0)?.len())),
    Sig::new("BYTE_LENGTH", B, P::Int64, |a| whole(bytes(a)?.len())),
    Sig::new("OCTET_LENGTH", S, P::Int64, |a| whole(text(a, 0)?.len())),
    Sig::new("OCTET_LENGTH", B, P::Int64, |a| whole(bytes(a)?.len())),
    Sig::new("LOWER", S, P::String, |a| made(text(a, 0)?.to_lowercase())),
    Sig::new("UPPER", S, P::String, |a| made(text(a, 0)?.to_uppercase())),
    Sig::new("CONCAT", S, P::String, concat).variadic(),
    Sig::new("CONCAT", B, P::Bytes, concat_bytes).variadic(),
    Sig::new("SUBSTR", &[P::String, P::Int64, P::Int64], P::String, substr).optional(1),
    Sig::new("SUBSTRING", &[P::String, P::Int64, P::Int64], P::String, substr).optional(1),
    Sig::new("TRIM", SS, P::String, |a| trim(a, true, true)).optional(1),
    Sig::new("LTRIM", SS, P::String, |a| trim(a, true, false)).optional(1),
    Sig::new("RTRIM", SS, P::String, |a| trim(a, false, true)).optional(1),
    Sig::new("REPLACE", &[P::String, P::String, P::String], P::String, replace),
    Sig::new("REPEAT", SI, P::String, repeat),
    Sig::new("REVERSE", S, P::String, |a| made(text(a, 0)?.chars().rev().collect())),
    Sig::new("LEFT", SI, P::String, left),
    Sig::new("RIGHT", SI, P::String, right),
    Sig::new("LPAD", SIS, P::String, |a| pad(a, true)).optional(1),
    Sig::new("RPAD", SIS, P::String, |a| pad(a, false)).optional(1),
    Sig::new("STARTS_WITH", SS, P::Bool, |a| truth(text(a, 0)?.starts_with(text(a, 1)?))),
    Sig::new("ENDS_WITH", SS, P::Bool, |a| truth(text(a, 0)?.ends_with(text(a, 1)?))),
    Sig::new("STRPOS", SS, P::Int64, |a| whole(place(text(a, 0)?, text(a, 1)?))),
    Sig::new("INSTR", &[P::String, P::String, P::Int64, P::Int64], P::Int64, instr).optional(2),
    Sig::new("NORMALIZE", &[P::String, P::Part], P::String, normalize).optional(1),
    Sig::new("SPLIT", SS, P::Strings, split).optional(1),
    Sig::new("INITCAP", S, P::String, initcap),
    Sig::new("ASCII", S, P::Int64, ascii),
    Sig::new("UNICODE", S, P::Int64, unicode),
    Sig::new("CHR", &[P::Int64], P::String, chr),
    Sig::new("TO_CODE_POINTS", S, P::Ints, |a| points(text(a, 0)?.chars().map(i64::from_char))),
    Sig::new("TO_CODE_POINTS", B, P::Ints, |a| points(bytes(a)?.iter().map(|b| i64::from(*b)))),
    Sig::new("CODE_POINTS_TO_STRING", &[P::Ints], P::String, from_points),
    Sig::new("CODE_POINTS_TO_BYTES", &[P::Ints], P::Bytes, bytes_from_points),
    Sig::new("TO_HEX", B, P::String, |a| made(hex::encode(bytes(a)?))),
    Sig::new("FROM_HEX", S, P::Bytes, from_hex),
    Sig::new("TO_BASE64", B, P::String, to_base64),
    Sig::new("FROM_BASE64", S, P::Bytes, from_base64),
    Sig::new("SAFE_CONVERT_BYTES_TO_STRING", B, P::String, |a| {
        made(String::from_utf8_lossy(bytes(a)?).into_owned())
    }),
];

/// A character's code point as INT64.
trait FromChar {
    fn from_char(c: char) -> Self;
}

impl FromChar for i64 {
    fn from_char(c: char) -> Self {
        Self::from(u32::from(c))
    }
}

fn bytes(args: &[Value]) -> Result<&[u8], Fault> {
    match args.first() {
        Some(Value::Bytes(bytes)) => Ok(bytes),
        _ => Err(mismatch()),
    }
}

fn whole(count: usize) -> Result<Value, Fault> {
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn made(text: String) -> Result<Value, Fault> {
    Ok(Value::Str(text))
}

const fn truth(truth: bool) -> Result<Value, Fault> {
    Ok(Value::Bool(truth))
}

fn concat(args: &[Value]) -> Result<Value, Fault> {
    let mut all = String::new();
    for at in 0..args.len() {
        all.push_str(text(args, at)?);
    }
    made(all)
}

fn concat_bytes(args: &[Value]) -> Result<Value, Fault> {
    let mut all = Vec::new();
    for at in 0..args.len() {
        all.extend_from_slice(bytes(args.get(at..).unwrap_or_default())?);
    }
    Ok(Value::Bytes(all))
}

/// SUBSTR: 1 is the first character, 0 too; a negative place counts from the end.
fn substr(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let from = int(args, 1)?;
    let most = match args.get(2) {
        Some(_) => usize::try_from(int(args, 2)?)
            .map_err(|_| Fault::query("Third argument in SUBSTR() cannot be negative"))?,
        None => usize::MAX,
    };
    let length = i64::try_from(of.chars().count()).unwrap_or(i64::MAX);
    let skip = match from {
        0 => 0,
        1.. => from.saturating_sub(1),
        _ => length.saturating_add(from).max(0),
    };
    made(of.chars().skip(usize::try_from(skip).unwrap_or(usize::MAX)).take(most).collect())
}

fn trim(args: &[Value], start: bool, end: bool) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let set: Option<Vec<char>> = match args.get(1) {
        Some(_) => Some(text(args, 1)?.chars().collect()),
        None => None,
    };
    let drop = |c: char| set.as_ref().map_or_else(|| c.is_whitespace(), |set| set.contains(&c));
    let of = if start { of.trim_start_matches(drop) } else { of };
    made((if end { of.trim_end_matches(drop) } else { of }).to_owned())
}

fn replace(args: &[Value]) -> Result<Value, Fault> {
    let (of, from, to) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    made(if from.is_empty() { of.to_owned() } else { of.replace(from, to) })
}

fn too_long() -> Fault {
    Fault::query("The result of a string function is too long")
}

fn repeat(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let times = usize::try_from(int(args, 1)?)
        .map_err(|_| Fault::query("Second argument in REPEAT cannot be negative"))?;
    if of.len().saturating_mul(times) > MOST {
        return Err(too_long());
    }
    made(of.repeat(times))
}

fn count(args: &[Value], at: usize, name: &str) -> Result<usize, Fault> {
    usize::try_from(int(args, at)?)
        .map_err(|_| Fault::query(format!("Second argument in {name}() cannot be negative")))
}

fn left(args: &[Value]) -> Result<Value, Fault> {
    made(text(args, 0)?.chars().take(count(args, 1, "LEFT")?).collect())
}

fn right(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let skip = of.chars().count().saturating_sub(count(args, 1, "RIGHT")?);
    made(of.chars().skip(skip).collect())
}

fn pad(args: &[Value], front: bool) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let wanted = count(args, 1, if front { "LPAD" } else { "RPAD" })?;
    let with = if args.len() > 2 { text(args, 2)? } else { " " };
    if with.is_empty() {
        return Err(Fault::query("The pattern of a pad function cannot be empty"));
    }
    if wanted > MOST {
        return Err(too_long());
    }
    let have = of.chars().count();
    if have >= wanted {
        return made(of.chars().take(wanted).collect());
    }
    let filled: String = with.chars().cycle().take(wanted.saturating_sub(have)).collect();
    made(if front { filled + of } else { format!("{of}{filled}") })
}

/// The place of the first occurrence, counted from 1; 0 for none.
fn place(of: &str, what: &str) -> usize {
    match of.split_once(what) {
        Some((before, _)) => before.chars().count().saturating_add(1),
        None => 0,
    }
}

/// INSTR from a place on, of an occurrence; a negative place searches backwards.
fn instr(args: &[Value]) -> Result<Value, Fault> {
    let (of, what) = (text(args, 0)?, text(args, 1)?);
    let from = if args.len() > 2 { int(args, 2)? } else { 1 };
    let nth = if args.len() > 3 { int(args, 3)? } else { 1 };
    let nth = usize::try_from(nth).ok().filter(|nth| *nth > 0);
    let (Some(nth), true) = (nth, from != 0) else {
        return Err(Fault::query("Position and occurrence in INSTR must not be zero or negative"));
    };
    if what.is_empty() {
        return Ok(Value::Int(0));
    }
    let starts = of.char_indices().enumerate();
    let found =
        starts.filter(|(_, (byte, _))| of.get(*byte..).is_some_and(|rest| rest.starts_with(what)));
    let places: Vec<usize> = found.map(|(at, _)| at.saturating_add(1)).collect();
    let length = i64::try_from(of.chars().count()).unwrap_or(i64::MAX);
    let chosen = if from > 0 {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        places.into_iter().filter(|place| *place >= from).nth(nth.saturating_sub(1))
    } else {
        let last = usize::try_from(length.saturating_add(from).saturating_add(1)).unwrap_or(0);
        places.into_iter().rev().filter(|place| *place <= last).nth(nth.saturating_sub(1))
    };
    whole(chosen.unwrap_or(0))
}

fn normalize(args: &[Value]) -> Result<Value, Fault> {
    use unicode_normalization::UnicodeNormalization as _;
    let of = text(args, 0)?;
    made(match if args.len() > 1 { text(args, 1)? } else { "NFC" } {
        "NFC" => of.nfc().collect(),
        "NFD" => of.nfd().collect(),
        "NFKC" => of.nfkc().collect(),
        "NFKD" => of.nfkd().collect(),
        other => return Err(Fault::query(format!("Invalid normalization mode {other}"))),
    })
}

fn split(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let at = if args.len() > 1 { text(args, 1)? } else { "," };
    let parts: Vec<String> = match (of.is_empty(), at.is_empty()) {
        (true, _) => vec![String::new()],
        (false, true) => of.chars().map(|c| c.to_string()).collect(),
        (false, false) => of.split(at).map(str::to_owned).collect(),
    };
    Ok(Value::Array(parts.into_iter().map(Value::Str).collect()))
}

fn initcap(args: &[Value]) -> Result<Value, Fault> {
    const ENDS: &str = " <>[](){}/|\n\r\t!?@\"^#$&~_,.:;*%+-";
    let mut first = true;
    let mut all = String::new();
    for c in text(args, 0)?.chars() {
        if first {
            all.extend(c.to_uppercase());
        } else {
            all.extend(c.to_lowercase());
        }
        first = ENDS.contains(c);
    }
    made(all)
}

fn ascii(args: &[Value]) -> Result<Value, Fault> {
    match text(args, 0)?.chars().next() {
        None => Ok(Value::Int(0)),
        Some(c) if c.is_ascii() => Ok(Value::Int(i64::from_char(c))),
        Some(_) => Err(Fault::query("Non-ASCII character in ASCII()")),
    }
}

fn unicode(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Int(text(args, 0)?.chars().next().map_or(0, i64::from_char)))
}

fn character(point: i64) -> Result<char, Fault> {
    let found = u32::try_from(point).ok().and_then(char::from_u32);
    found.ok_or_else(|| Fault::query(format!("Invalid codepoint {point}")))
}

fn chr(args: &[Value]) -> Result<Value, Fault> {
    match int(args, 0)? {
        0 => made(String::new()),
        point => made(character(point)?.to_string()),
    }
}

fn points(points: impl Iterator<Item = i64>) -> Result<Value, Fault> {
    Ok(Value::Array(points.map(Value::Int).collect()))
}

fn ints(args: &[Value]) -> Result<Option<Vec<i64>>, Fault> {
    let Some(Value::Array(items)) = args.first() else { return Err(mismatch()) };
    Ok(items.iter().map(|item| if let Value::Int(n) = item { Some(*n) } else { None }).collect())
}

fn from_points(args: &[Value]) -> Result<Value, Fault> {
    let Some(points) = ints(args)? else { return Ok(Value::Null) };
    made(points.into_iter().map(character).collect::<Result<_, _>>()?)
}

fn bytes_from_points(args: &[Value]) -> Result<Value, Fault> {
    let Some(points) = ints(args)? else { return Ok(Value::Null) };
    let byte = |point: i64| {
        u8::try_from(point)
            .map_err(|_| Fault::query(format!("Invalid extended ASCII code points {point}")))
    };
    Ok(Value::Bytes(points.into_iter().map(byte).collect::<Result<_, _>>()?))
}

fn from_hex(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    let even = if of.len() % 2 == 1 { format!("0{of}") } else { of.to_owned() };
    let decoded = hex::decode(even);
    decoded
        .map(Value::Bytes)
        .map_err(|_| Fault::query("Failed to decode invalid hexadecimal string"))
}

fn to_base64(args: &[Value]) -> Result<Value, Fault> {
    use base64::Engine as _;
    made(base64::engine::general_purpose::STANDARD.encode(bytes(args)?))
}

fn from_base64(args: &[Value]) -> Result<Value, Fault> {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(text(args, 0)?);
    decoded.map(Value::Bytes).map_err(|_| Fault::query("Failed to decode invalid base64 string"))
}
