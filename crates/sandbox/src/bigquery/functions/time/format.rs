//! FORMAT_DATE, FORMAT_DATETIME, FORMAT_TIME and FORMAT_TIMESTAMP.
//!
//! Decides what each format element prints. An element that a type does not have is left out of the
//! printed as it stands, as the service prints it; one that is not known here is refused by name.

use super::calendar::{
    Civil, SECOND, civil, day_of_year, iso_week, iso_year, iso_year_start, split, week_of_year,
    weekday,
};
use super::zone::Zone;
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::{
    date, datetime, optional_text, text, time, timestamp,
};
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("FORMAT_DATE", &[P::String, P::Date], P::String, |a| {
        write(text(a, 0)?, &Moment::of_date(date(a, 1)?))
    }),
    Sig::new("FORMAT_DATE", &[P::String, P::Datetime], P::String, |a| {
        write(text(a, 0)?, &Moment::of_datetime(datetime(a, 1)?))
    }),
    Sig::new("FORMAT_DATETIME", &[P::String, P::Datetime], P::String, |a| {
        write(text(a, 0)?, &Moment::of_datetime(datetime(a, 1)?))
    }),
    Sig::new("FORMAT_TIME", &[P::String, P::Time], P::String, |a| {
        write(
            text(a, 0)?,
            &Moment { local: time(a, 1)?, kind: Kind::Time, offset: 0, zone: String::new() },
        )
    }),
    Sig::new("FORMAT_TIMESTAMP", &[P::String, P::Timestamp, P::String], P::String, |a| {
        let zone = Zone::optional(optional_text(a, 2)?)?;
        let micros = timestamp(a, 1)?;
        let (offset, abbreviation) = (zone.offset_at(micros), zone_name(zone.offset_at(micros)));
        let moment =
            Moment { local: zone.local(micros), kind: Kind::Timestamp, offset, zone: abbreviation };
        write(text(a, 0)?, &moment)
    })
    .optional(1),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Date,
    Datetime,
    Time,
    Timestamp,
}

/// What is printed: a local time, and for timestamps the zone's offset and abbreviation.
#[derive(Debug)]
struct Moment {
    local: i64,
    kind: Kind,
    offset: i64,
    zone: String,
}

impl Moment {
    fn of_date(days: i32) -> Self {
        let local = super::calendar::midnight(days);
        Self { local, kind: Kind::Date, offset: 0, zone: String::new() }
    }

    const fn of_datetime(local: i64) -> Self {
        Self { local, kind: Kind::Datetime, offset: 0, zone: String::new() }
    }

    /// Whether the type has what an element prints.
    fn has(&self, element: char) -> bool {
        let of_day = "AaBbhCcDdeFGgjJmsUuVWwxYyQ";
        let of_clock = "cHIklMPpRrSsTX";
        match self.kind {
            Kind::Date => !of_clock.contains(element) && !matches!(element, 'Z' | 'z'),
            Kind::Time => !of_day.contains(element) && !matches!(element, 'Z' | 'z'),
            Kind::Datetime => !matches!(element, 'Z' | 'z'),
            Kind::Timestamp => true,
        }
    }
}

fn write(format: &str, moment: &Moment) -> Result<Value, Fault> {
    let mut out = String::new();
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        if next != '%' {
            out.push(next);
            continue;
        }
        match rest.next() {
            None => out.push('%'),
            Some('E') => extended(&mut out, &mut rest, moment)?,
            Some('O') => match rest.next() {
                Some(element) if "deHIMmSUuVWwy".contains(element) => {
                    element_text(&mut out, element, moment)?
                }
                other => {
                    return Err(unknown(&format!(
                        "O{}",
                        other.map(String::from).unwrap_or_default()
                    )));
                }
            },
            Some(element) => element_text(&mut out, element, moment)?,
        }
    }
    Ok(Value::Str(out))
}

fn unknown(element: &str) -> Fault {
    Fault::unsupported(format!("The format element %{element}"))
}

/// The elements after `%E`.
fn extended(
    out: &mut String,
    rest: &mut std::str::Chars<'_>,
    moment: &Moment,
) -> Result<(), Fault> {
    let first = rest.next();
    let micros = moment.local.rem_euclid(SECOND);
    match first {
        Some('z') => {
            let offset = offset_text(moment.offset, ":");
            out.push_str(if moment.has('z') { &offset } else { "%Ez" });
            Ok(())
        }
        Some('4') if rest.as_str().starts_with('Y') => {
            rest.next();
            let year = format!("{:04}", civil(split(moment.local).0).year);
            out.push_str(if moment.has('Y') { &year } else { "%E4Y" });
            Ok(())
        }
        Some(digit)
            if rest.as_str().starts_with('S') && (digit == '*' || ('0'..='6').contains(&digit)) =>
        {
            rest.next();
            if moment.has('S') {
                element_text(out, 'S', moment)?;
                let digits = format!("{micros:06}");
                let shown = match digit.to_digit(10).and_then(|count| usize::try_from(count).ok()) {
                    Some(count) => digits.get(..count).unwrap_or_default(),
                    None => digits.trim_end_matches('0'),
                };
                if !shown.is_empty() {
                    out.push('.');
                    out.push_str(shown);
                }
            } else {
                out.extend(['%', 'E', digit, 'S']);
            }
            Ok(())
        }
        Some(element) if "CcXxYy".contains(element) => element_text(out, element, moment),
        other => Err(unknown(&format!("E{}", other.map(String::from).unwrap_or_default()))),
    }
}

/// `%Z`: `UTC`, `UTC-4` or `UTC+0530`, whatever the zone is called.
fn zone_name(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    match (hours, minutes) {
        (0, 0) => "UTC".to_owned(),
        (_, 0) => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours:02}{minutes:02}"),
    }
}

fn offset_text(seconds: i64, colon: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

fn element_text(out: &mut String, element: char, moment: &Moment) -> Result<(), Fault> {
    if !moment.has(element) {
        // The service prints the element itself where the type does not have it.
        out.extend(['%', element]);
        return Ok(());
    }
    let (days, within) = split(moment.local);
    let text = match element {
        '%' => "%".to_owned(),
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'z' => offset_text(moment.offset, ""),
        'Z' => moment.zone.clone(),
        's' => (moment.local.div_euclid(SECOND) - moment.offset).to_string(),
        'c' | 'D' | 'F' | 'x' | 'r' | 'R' | 'T' | 'X' => return composed(out, element, moment),
        'H' | 'I' | 'k' | 'l' | 'M' | 'S' | 'p' | 'P' => clock_text(element, within / SECOND),
        _ => day_text(element, days).ok_or_else(|| unknown(&element.to_string()))?,
    };
    out.push_str(&text);
    Ok(())
}

/// Elements that stand for several others.
fn composed(out: &mut String, element: char, moment: &Moment) -> Result<(), Fault> {
    let spelled = match element {
        'c' => "a b e T Y",
        'D' | 'x' => "m/d/y",
        // The only element whose year has four digits always.
        'F' => {
            out.push_str(&super::write::date_text(split(moment.local).0));
            return Ok(());
        }
        'r' => "I:M:S p",
        'R' => "H:M",
        _ => "H:M:S",
    };
    for part in spelled.chars() {
        if part.is_ascii_alphabetic() { element_text(out, part, moment)? } else { out.push(part) }
    }
    Ok(())
}

fn clock_text(element: char, seconds: i64) -> String {
    let hour = seconds / 3600 % 24;
    let twelve = (hour + 11) % 12 + 1;
    match element {
        'H' => format!("{hour:02}"),
        'I' => format!("{twelve:02}"),
        'k' => format!("{hour:2}"),
        'l' => format!("{twelve:2}"),
        'M' => format!("{:02}", seconds / 60 % 60),
        'S' => format!("{:02}", seconds % 60),
        'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        _ => if hour < 12 { "am" } else { "pm" }.to_owned(),
    }
}

fn name(names: &[&str], at: i32) -> String {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default().to_owned()
}

fn short(name: &str) -> String {
    name.chars().take(3).collect()
}

fn day_text(element: char, days: i32) -> Option<String> {
    let Civil { year, month, day } = civil(days);
    let weekday = weekday(days);
    Some(match element {
        'A' => name(&DAYS, weekday),
        'a' => short(&name(&DAYS, weekday)),
        'B' => name(&MONTHS, month - 1),
        'b' | 'h' => short(&name(&MONTHS, month - 1)),
        'C' => format!("{:02}", year / 100),
        'd' => format!("{day:02}"),
        'e' => format!("{day:2}"),
        'G' => iso_year(days).to_string(),
        'g' => format!("{:02}", iso_year(days).rem_euclid(100)),
        'j' => format!("{:03}", day_of_year(days)),
        'J' => format!("{:03}", days - iso_year_start(iso_year(days)) + 1),
        'm' => format!("{month:02}"),
        'Q' => ((month - 1) / 3 + 1).to_string(),
        'U' => format!("{:02}", week_of_year(days, 0)),
        'W' => format!("{:02}", week_of_year(days, 1)),
        'V' => format!("{:02}", iso_week(days)),
        'u' => ((weekday + 6) % 7 + 1).to_string(),
        'w' => weekday.to_string(),
        'Y' => year.to_string(),
        'y' => format!("{:02}", year % 100),
        _ => return None,
    })
}
