//! The pattern of FORMAT: `%[flags][width][.precision]specifier`.
//!
//! Decides which arguments a specifier takes and of which types. It never looks at values.

use super::{LONGEST, Layout};
use crate::bigquery::fault::Fault;
use crate::bigquery::types::Type;

/// The most digits that any FLOAT64 has after its point.
const MOST_DIGITS: usize = 1074;

/// The base of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Decimal,
    Octal,
    Hexadecimal,
}

/// The form of a number with a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Fixed,
    Exponent,
    /// The shorter of the two.
    General,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
    Integer(Base),
    Real(Form),
    Text,
    Json,
    PrettyJson,
    /// `%t`
    Plain,
    /// `%T`
    Literal,
}

/// A width or precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// Written in the pattern, or left out.
    Known,
    /// `*`: the argument at this place, counted from 0 after the pattern.
    Argument(usize),
}

/// One specifier.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) layout: Layout,
    pub(super) width: Count,
    pub(super) precision: Count,
    pub(super) conversion: Conversion,
    pub(super) argument: usize,
}

#[derive(Debug)]
pub(super) enum Part {
    Text(String),
    Value(Spec),
}

/// What stands between `%` and the specifier.
struct Head<'a> {
    flags: &'a str,
    width: &'a str,
    /// With its point.
    precision: &'a str,
    letter: char,
}

fn split(text: &str, accept: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !accept(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// `*` or digits, perhaps none.
fn count(text: &str) -> (&str, &str) {
    match text.strip_prefix('*') {
        Some(rest) => ("*", rest),
        None => split(text, |c| c.is_ascii_digit()),
    }
}

/// What follows a `%`, and the rest of the pattern.
fn head(text: &str) -> Option<(Head<'_>, &str)> {
    let (flags, rest) = split(text, |c| matches!(c, '-' | '+' | ' ' | '#' | '\'' | '0'));
    let (width, rest) = count(rest);
    let after_width = rest;
    let rest = rest.strip_prefix('.').map_or(rest, |rest| count(rest).1);
    let length = after_width.len().saturating_sub(rest.len());
    let precision = after_width.get(..length).unwrap_or_default();
    let mut chars = rest.chars();
    let letter = chars.next().filter(|c| *c != '\n')?;
    Some((Head { flags, width, precision, letter }, chars.as_str()))
}

/// The parts of a pattern for arguments of these types.
pub(super) fn parse(pattern: &str, types: &[Type]) -> Result<Vec<Part>, Fault> {
    let invalid = || Fault::query(format!("Invalid FORMAT string: \"{pattern}\""));
    let mut reader = Reader { pattern, types, next: 0 };
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (head, after) = head(after).ok_or_else(invalid)?;
        rest = after;
        if head.letter == '%' {
            let flags = head.flags.replace('\'', "");
            if !(flags.is_empty() && head.width.is_empty() && head.precision.is_empty()) {
                return Err(invalid());
            }
            parts.push(Part::Text("%".to_owned()));
        } else if let Some(spec) = reader.spec(&head)? {
            parts.push(Part::Value(spec));
        }
    }
    parts.push(Part::Text(rest.to_owned()));
    reader.finish()?;
    Ok(parts)
}

struct Reader<'a> {
    pattern: &'a str,
    types: &'a [Type],
    next: usize,
}

impl Reader<'_> {
    /// The place of the next argument.
    fn take(&mut self) -> usize {
        let at = self.next;
        self.next = at.saturating_add(1);
        at
    }

    fn finish(&self) -> Result<(), Fault> {
        let (wanted, got) = (self.next.saturating_add(1), self.types.len().saturating_add(1));
        if wanted == got {
            return Ok(());
        }
        let many = if wanted > got { "few" } else { "many" };
        let pattern = self.pattern;
        Err(Fault::query(format!(
            "Too {many} arguments to FORMAT for pattern \"{pattern}\"; Expected {wanted}; Got {got}"
        )))
    }

    fn wrong_type(&self, at: usize, expected: &str) -> Fault {
        let got = self.types.get(at).map_or_else(String::new, ToString::to_string);
        let place = at.saturating_add(2);
        Fault::query(format!(
            "Invalid type for argument {place} to FORMAT; Expected {expected}; Got {got}"
        ))
    }

    /// The argument of a `*`.
    fn star(&mut self) -> Result<Count, Fault> {
        let at = self.take();
        match self.types.get(at) {
            None | Some(Type::Int64) => Ok(Count::Argument(at)),
            Some(_) => Err(self.wrong_type(at, "integer")),
        }
    }

    /// A specifier; `None` when there is no argument for it, which is reported at the end.
    fn spec(&mut self, head: &Head<'_>) -> Result<Option<Spec>, Fault> {
        let has = |flag: char| head.flags.contains(flag);
        let mut layout = Layout {
            left: has('-'),
            plus: has('+'),
            space: has(' '),
            alternate: has('#'),
            zero: has('0'),
            grouped: has('\''),
            upper: head.letter.is_ascii_uppercase(),
            ..Layout::default()
        };
        let mut width = Count::Known;
        if head.width == "*" {
            width = self.star()?;
        } else if !head.width.is_empty() {
            let wide = || {
                let width = head.width;
                Fault::query(format!(
                    "Width {width} exceeds the maximum supported output width of FORMAT. Limit: {LONGEST}"
                ))
            };
            let known = head.width.parse().ok().filter(|width| *width <= LONGEST);
            layout.width = known.ok_or_else(wide)?;
        }
        let mut precision = Count::Known;
        let conversion = conversion(head.letter);
        match head.precision.strip_prefix('.') {
            None => {}
            Some("*") => precision = self.star()?,
            Some(digits) => {
                let digits = if digits.is_empty() { "0" } else { digits };
                let known = digits.parse().unwrap_or(usize::MAX);
                let conversion = conversion.unwrap_or(Conversion::Text);
                layout.precision = Some(check_precision(known, conversion)?);
            }
        }
        let argument = self.take();
        if argument >= self.types.len() {
            return Ok(None);
        }
        let conversion = conversion.ok_or_else(|| self.unknown(head.letter))?;
        self.check(argument, head.letter, conversion)?;
        Ok(Some(Spec { layout, width, precision, conversion, argument }))
    }

    fn unknown(&self, letter: char) -> Fault {
        let pattern = self.pattern;
        Fault::query(format!(
            "Invalid format specifier character \"{letter}\" in FORMAT string: \"{pattern}\""
        ))
    }

    /// Whether the argument has a type that the specifier takes.
    fn check(&self, at: usize, letter: char, conversion: Conversion) -> Result<(), Fault> {
        let Some(of) = self.types.get(at) else { return Ok(()) };
        let (fits, expected) = match conversion {
            // BigQuery has no unsigned type, so nothing fits.
            Conversion::Integer(_) if letter == 'u' => (false, "UINT"),
            Conversion::Integer(_) => (*of == Type::Int64, "integer"),
            Conversion::Real(_) => (of.is_number() && *of != Type::Int64, "FLOAT64"),
            Conversion::Text => (*of == Type::String, "STRING"),
            Conversion::Json | Conversion::PrettyJson => (*of == Type::Json, "PROTO or JSON"),
            Conversion::Plain | Conversion::Literal => (true, ""),
        };
        if fits { Ok(()) } else { Err(self.wrong_type(at, expected)) }
    }
}

const fn conversion(letter: char) -> Option<Conversion> {
    Some(match letter {
        'd' | 'i' | 'u' => Conversion::Integer(Base::Decimal),
        'o' => Conversion::Integer(Base::Octal),
        'x' | 'X' => Conversion::Integer(Base::Hexadecimal),
        'f' | 'F' => Conversion::Real(Form::Fixed),
        'e' | 'E' => Conversion::Real(Form::Exponent),
        'g' | 'G' => Conversion::Real(Form::General),
        's' => Conversion::Text,
        'p' => Conversion::Json,
        'P' => Conversion::PrettyJson,
        't' => Conversion::Plain,
        'T' => Conversion::Literal,
        _ => return None,
    })
}

/// A precision within its limit.
pub(super) fn check_precision(precision: usize, conversion: Conversion) -> Result<usize, Fault> {
    let limit = match conversion {
        Conversion::Real(Form::Fixed | Form::Exponent) => MOST_DIGITS,
        // More digits than there can be change nothing here.
        Conversion::Real(Form::General) => return Ok(precision.min(MOST_DIGITS)),
        Conversion::Integer(_)
        | Conversion::Text
        | Conversion::Json
        | Conversion::PrettyJson
        | Conversion::Plain
        | Conversion::Literal => LONGEST,
    };
    if precision > limit {
        return Err(Fault::query(format!("Precision value is too big{limit}")));
    }
    Ok(precision)
}
