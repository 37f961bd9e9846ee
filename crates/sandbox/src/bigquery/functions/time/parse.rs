//! PARSE_DATE, PARSE_DATETIME, PARSE_TIME and PARSE_TIMESTAMP: running a format over a text.
//!
//! Decides how each element reads and which elements a type refuses. What the fields read mean
//! together is [`fields`](super::fields)' affair; no text may be left over.

use super::calendar::{split, valid_micros};
use super::fields::Fields;
use super::format::{DAYS, MONTHS};
use super::zone::{UTC, Zone};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{optional_text, text};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const TEXTS: &[P] = &[P::String, P::String];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("PARSE_DATE", TEXTS, P::Date, |a| {
        let format = allowed(text(a, 0)?, "DATE", "cHIklMPpRrSsTXZz")?;
        Ok(Value::Date(split(parse(format, text(a, 1)?, UTC)?).0))
    }),
    Sig::new("PARSE_DATETIME", TEXTS, P::Datetime, |a| {
        let format = allowed(text(a, 0)?, "DATETIME", "Zz")?;
        parse(format, text(a, 1)?, UTC).map(Value::Datetime)
    }),
    Sig::new("PARSE_TIME", TEXTS, P::Time, |a| {
        let format = allowed(text(a, 0)?, "TIME", "AaBbhCcDdeFGgjmsUuVWwxYyZz")?;
        Ok(Value::Time(split(parse(format, text(a, 1)?, UTC)?).1))
    }),
    Sig::new("PARSE_TIMESTAMP", &[P::String, P::String, P::String], P::Timestamp, |a| {
        let zone = Zone::optional(optional_text(a, 2)?)?;
        parse(text(a, 0)?, text(a, 1)?, zone).map(Value::Timestamp)
    })
    .optional(1),
];

/// The format, unless it has an element that the type does not take.
fn allowed<'a>(format: &'a str, of: &str, refused: &str) -> Result<&'a str, Fault> {
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        if next != '%' {
            continue;
        }
        let mut element = String::new();
        let mut last = rest.next();
        while let Some(letter) = last {
            element.push(letter);
            // `%E` and `%O` go on, through a digit or star, to the letter they change.
            let prefix = element.len() == 1 && matches!(letter, 'E' | 'O');
            let width = element.len() == 2 && (letter == '*' || letter.is_ascii_digit());
            if !prefix && !width {
                break;
            }
            last = rest.next();
        }
        if last.is_some_and(|letter| refused.contains(letter)) {
            return Err(Fault::query(format!(
                "Invalid format: %{element} is not allowed for the {of} type."
            )));
        }
    }
    Ok(format)
}

/// What is left of the text and what was read so far.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
    pub(super) fields: Fields,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    }

    /// A number of at most so many digits inside the bounds.
    fn number(&mut self, most: usize, least: i64, greatest: i64) -> Option<i64> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(count).filter(|_| count > 0)?;
        let value = digits.parse().ok().filter(|value| (least..=greatest).contains(value))?;
        self.rest = rest;
        Some(value)
    }

    /// A name, whole or by its first three letters, in any case; its place in the list.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        for (at, name) in names.iter().enumerate() {
            for spelled in [*name, name.get(..3)?] {
                let Some((head, rest)) = self.rest.split_at_checked(spelled.len()) else {
                    continue;
                };
                if head.eq_ignore_ascii_case(spelled) {
                    self.rest = rest;
                    return i64::try_from(at).ok();
                }
            }
        }
        None
    }

    fn fraction(&mut self, most: usize) -> Option<()> {
        let Some(after) = self.rest.strip_prefix('.') else { return Some(()) };
        let count = after.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = after.split_at_checked(count).filter(|_| count > 0)?;
        let six: String = digits.chars().chain("000000".chars()).take(6).collect();
        self.fields.fraction = six.parse().ok()?;
        self.rest = rest;
        Some(())
    }

    fn offset(&mut self, colon: bool) -> Option<()> {
        let sign = if self.rest.starts_with('-') { -1 } else { 1 };
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let before = self.rest.len();
        let hours = self.number(2, 0, 23).filter(|_| before - self.rest.len() == 2)?;
        let after_hours = self.rest;
        if colon {
            self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        }
        let before = self.rest.len();
        let minutes = self.number(2, 0, 59).filter(|_| before - self.rest.len() == 2);
        if minutes.is_none() {
            self.rest = after_hours;
        }
        self.fields.offset = Some(sign * (hours * 60 + minutes.unwrap_or(0)));
        Some(())
    }

    /// One simple element; `None` when the text does not fit. `more` says that another follows.
    fn element(&mut self, element: char, more: bool) -> Option<()> {
        self.fields.count += 1;
        match element {
            'Y' => {
                let (most, greatest) = if more { (4, 9999) } else { (5, 10_000) };
                let found = self.number(most, 0, greatest)?;
                self.fields.year(found);
            }
            'C' => {
                let found = self.number(2, 0, 99)?;
                self.fields.century(found);
            }
            'y' => {
                let found = self.number(2, 0, 99)?;
                self.fields.short_year(found);
            }
            'm' => {
                let found = self.number(2, 1, 12)?;
                self.fields.month(found);
            }
            'B' | 'b' | 'h' => {
                let found = self.name(&MONTHS)? + 1;
                self.fields.month(found);
            }
            'd' => {
                let found = self.number(2, 1, 31)?;
                self.fields.day(found);
            }
            'e' => {
                self.blanks();
                let found = self.number(2, 1, 31)?;
                self.fields.day(found);
            }
            'Q' => {
                let found = self.number(1, 1, 4)?;
                self.fields.quarter(found);
            }
            'A' | 'a' => {
                let found = self.name(&DAYS)?;
                self.fields.weekday(found);
            }
            'u' => {
                let found = self.number(1, 1, 7)? % 7;
                self.fields.weekday(found);
            }
            'w' => {
                let found = self.number(1, 0, 6)?;
                self.fields.weekday(found);
            }
            's' => {
                let negative = self.rest.starts_with('-');
                self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
                let seconds = self.number(12, 0, 253_402_300_799)?;
                self.fields.since_1970 = Some(if negative { -seconds } else { seconds });
            }
            'j' | 'U' | 'W' | 'V' | 'G' | 'g' | 'J' => return self.week_element(element),
            _ => return self.clock_element(element),
        }
        Some(())
    }

    /// Weeks, ISO years and days of a year.
    fn week_element(&mut self, element: char) -> Option<()> {
        match element {
            'j' => {
                let found = self.number(3, 1, 366)?;
                self.fields.day_of_year(found);
            }
            'U' => {
                let found = self.number(2, 0, 53)?;
                self.fields.week(found, 0);
            }
            'W' => {
                let found = self.number(2, 0, 53)?;
                self.fields.week(found, 1);
            }
            'V' => self.fields.iso_week = Some(self.number(2, 1, 53)?),
            'G' => self.fields.iso_year = Some(self.number(20, 0, 99_999)?),
            'g' => {
                let year = self.number(2, 0, 99)?;
                self.fields.iso_year = Some(if year < 69 { 2000 + year } else { 1900 + year });
            }
            'J' => self.fields.iso_day = Some(self.number(3, 1, 371)?),
            _ => return None,
        }
        Some(())
    }

    fn clock_element(&mut self, element: char) -> Option<()> {
        match element {
            'H' | 'k' => {
                if element == 'k' {
                    self.blanks();
                }
                self.fields.hour = self.number(2, 0, 23)?;
                self.fields.twelve = false;
            }
            'I' | 'l' => {
                self.blanks();
                self.fields.hour = self.number(2, 1, 12)? % 12;
                self.fields.twelve = true;
            }
            'M' => self.fields.minute = self.number(2, 0, 59)?,
            'S' => self.fields.second = self.number(2, 0, 60)?,
            'p' | 'P' => {
                let (head, rest) = self.rest.split_at_checked(2)?;
                self.fields.afternoon = head.eq_ignore_ascii_case("pm");
                if !self.fields.afternoon && !head.eq_ignore_ascii_case("am") {
                    return None;
                }
                self.rest = rest;
            }
            'z' => return self.offset(false),
            '%' => self.rest = self.rest.strip_prefix('%')?,
            'n' | 't' => self.blanks(),
            _ => return None,
        }
        Some(())
    }
}

/// What a composed element stands for.
fn spelled(element: char) -> Option<&'static str> {
    Some(match element {
        'c' => "%a %b %e %H:%M:%S %Y",
        'D' | 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'r' => "%I:%M:%S %p",
        'R' => "%H:%M",
        'T' | 'X' => "%H:%M:%S",
        _ => return None,
    })
}

const KNOWN: &str = "YCymBbhdeQAauwjUWVGgJsHkIlMSpPz%nt";

fn parse(format: &str, source: &str, zone: Zone) -> Result<i64, Fault> {
    let mut reader = Reader { rest: source, fields: Fields::new(zone) };
    reader.blanks();
    let left = run(&mut reader, format)?;
    reader.blanks();
    let left = left.trim_matches(|c: char| c.is_ascii_whitespace());
    let left = left.replace("%n", "").replace("%t", "");
    if left == "%" {
        return Err(Fault::query("Format string cannot end with a single '%'"));
    }
    if !reader.rest.is_empty() || !left.trim().is_empty() {
        return Err(failed(source));
    }
    valid_micros(reader.fields.instant()?)
        .ok_or_else(|| Fault::query("Invalid result from parsing function"))
}

fn failed(source: &str) -> Fault {
    Fault::query(format!("Failed to parse input string \"{source}\""))
}

/// Runs the format until it or the text ends; what is left of the format.
fn run<'a>(reader: &mut Reader<'_>, format: &'a str) -> Result<&'a str, Fault> {
    let source = reader.rest;
    let mut rest = format;
    while !reader.rest.is_empty() {
        let mut letters = rest.chars();
        let Some(next) = letters.next() else { break };
        if next.is_ascii_whitespace() {
            reader.blanks();
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
            continue;
        }
        if next != '%' {
            let (found, left) = (reader.rest.chars().next().unwrap_or(' '), reader.rest.len());
            reader.rest = reader.rest.strip_prefix(next).ok_or_else(|| {
                let at = source.len() - left;
                Fault::query(format!(
                    "Mismatch between format character '{next}' and string character '{found}' at string \
                     index: {at} with format: '{format}'"
                ))
            })?;
            rest = letters.as_str();
            continue;
        }
        let Some(element) = letters.next() else {
            return Err(Fault::query("Format string cannot end with a single '%'"));
        };
        rest = letters.as_str();
        let read = match element {
            'E' => extended(reader, &mut rest)?,
            'Z' => zone_name(reader)?,
            'O' => {
                let unknown = || Fault::unsupported("Parsing an %O element of this kind");
                let element = rest
                    .chars()
                    .next()
                    .filter(|c| "deHIMmSUuVWwy".contains(*c))
                    .ok_or_else(unknown)?;
                rest = rest.get(1..).unwrap_or_default();
                reader.element(element, rest.starts_with('%'))
            }
            _ => match spelled(element) {
                Some(spelled) => {
                    Some(run(reader, spelled)?).filter(|left| left.is_empty()).map(|_| ())
                }
                None if KNOWN.contains(element) => reader.element(element, rest.starts_with('%')),
                None => {
                    return Err(Fault::unsupported(format!(
                        "Parsing the format element %{element}"
                    )));
                }
            },
        };
        read.ok_or_else(|| failed(source))?;
    }
    Ok(rest)
}

fn zone_name(reader: &mut Reader<'_>) -> Result<Option<()>, Fault> {
    let end = reader.rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(reader.rest.len());
    let Some((name, rest)) = reader.rest.split_at_checked(end).filter(|_| end > 0) else {
        return Ok(None);
    };
    reader.fields.zone = Zone::parse(name)?;
    reader.fields.offset = None;
    reader.rest = rest;
    Ok(Some(()))
}

/// The elements after `%E`.
fn extended(reader: &mut Reader<'_>, format: &mut &str) -> Result<Option<()>, Fault> {
    let unknown = |format: &str| {
        let shown: String = format.chars().take(2).collect();
        Fault::unsupported(format!("Parsing the format element %E{shown}"))
    };
    let mut letters = format.chars();
    let first = letters.next().ok_or_else(|| unknown(format))?;
    let after = letters.as_str();
    if let Some(rest) = after.strip_prefix('S')
        && (first == '*' || ('0'..='6').contains(&first))
    {
        *format = rest;
        let most = first.to_digit(10).map_or(9, |count| usize::try_from(count).unwrap_or(6));
        let seconds = reader.element('S', false);
        return Ok(if most == 0 { seconds } else { seconds.and_then(|()| reader.fraction(most)) });
    }
    if let Some(rest) = after.strip_prefix('Y').filter(|_| first == '4') {
        *format = rest;
        let before = reader.rest.len();
        let year = reader.element('Y', true);
        return Ok(year.filter(|()| before - reader.rest.len() == 4));
    }
    *format = after;
    match first {
        'z' if reader.rest.starts_with('Z') => {
            reader.rest = reader.rest.get(1..).unwrap_or_default();
            reader.fields.offset = Some(0);
            Ok(Some(()))
        }
        'z' => Ok(reader.offset(true)),
        'Y' | 'y' | 'C' => Ok(reader.element(first, after.starts_with('%'))),
        _ => Err(unknown(&format!("{first}{after}"))),
    }
}
