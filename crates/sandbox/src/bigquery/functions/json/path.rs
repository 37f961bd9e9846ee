//! JSONPath as BigQuery reads it: `$.a.b[0]`, and for other keys `."x y"` or, in the older
//! functions, `['x y']`.
//!
//! Decides which paths are valid and their steps. Filters, wildcards and negative places do not
//! exist; they must be refused and never ignored.

use unicode_normalization::char::is_combining_mark;

use crate::bigquery::fault::Fault;

/// Which quotes a path uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// JSON_VALUE, JSON_QUERY and their arrays.
    Standard,
    /// JSON_EXTRACT and its kin.
    Legacy,
}

/// A step of a path that tells keys from places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Place(usize),
}

/// How a path treats arrays where it expects objects, and the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mode {
    pub(crate) lax: bool,
    pub(crate) recursive: bool,
}

/// Part of a key without quotes.
fn is_plain(c: char) -> bool {
    let letter = (c.is_alphabetic() && !is_combining_mark(c)) || c.is_numeric();
    letter || matches!(c, '_' | '-' | ':') || is_blank(c)
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

/// The start of `text` for which `accept` holds, and the rest; `None` when there is none.
fn run(text: &str, accept: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !accept(c)).unwrap_or(text.len());
    if end == 0 { None } else { text.split_at_checked(end) }
}

/// `.key`
fn plain_key(text: &str) -> Option<(String, &str)> {
    let (key, rest) = run(text.strip_prefix('.')?, is_plain)?;
    Some((key.to_owned(), rest))
}

/// A quoted key up to its closing quote; only an escape of the quote itself is undone.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let (key, rest) = raw_quoted(text, quote)?;
    Some((key.replace(&format!("\\{quote}"), &quote.to_string()), rest))
}

/// A quoted key as it is written, up to its closing quote.
fn raw_quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            c if c == quote => return Some((key, chars.as_str())),
            '\\' => key.extend(['\\', chars.next()?]),
            c => key.push(c),
        }
    }
}

/// `[inside]` with blanks around it.
fn bracket<'a, T>(
    text: &'a str,
    inside: impl Fn(&'a str) -> Option<(T, &'a str)>,
) -> Option<(T, &'a str)> {
    let (found, rest) = inside(text.strip_prefix('[')?.trim_start_matches(is_blank))?;
    Some((found, rest.trim_start_matches(is_blank).strip_prefix(']')?))
}

fn token(text: &str, style: Style) -> Option<(String, &str)> {
    let legacy = style == Style::Legacy;
    let word = |text| {
        let accept = |c: char| {
            let letter = c.is_alphabetic() && !is_combining_mark(c);
            c.is_numeric() || matches!(c, '_' | '-') || (legacy && letter)
        };
        run(text, accept).map(|(word, rest): (&str, &str)| (word.to_owned(), rest))
    };
    plain_key(text).or_else(|| bracket(text, word)).or_else(|| match style {
        Style::Standard => quoted(text.strip_prefix(".\"")?, '"'),
        Style::Legacy => bracket(text, |inner| quoted(inner.strip_prefix('\'')?, '\'')),
    })
}

/// The steps of a path; each is a key of an object or a place in an array, whichever it meets.
pub(crate) fn steps(path: &str, style: Style) -> Result<Vec<String>, Fault> {
    let Some(mut rest) = path.strip_prefix('$') else {
        return Err(Fault::query("JSONPath must start with '$'"));
    };
    let mut steps = Vec::new();
    while let Some((step, after)) = token(rest, style) {
        steps.push(step);
        rest = after;
    }
    if rest.is_empty() || (rest == "." && style == Style::Legacy) {
        return Ok(steps);
    }
    let unsupported = ["*", "..", "@"].into_iter().filter_map(|op| Some((rest.find(op)?, op)));
    Err(match unsupported.min() {
        Some((_, op)) => Fault::query(format!("Unsupported operator in JSONPath: {op}")),
        None => invalid(rest),
    })
}

fn invalid(rest: &str) -> Fault {
    Fault::query(format!("Invalid token in JSONPath at: {rest}"))
}

/// The steps of a path in a function that changes JSON.
pub(crate) fn strict(path: &str) -> Result<Vec<Step>, Fault> {
    let Some(rest) = path.strip_prefix('$') else {
        return Err(Fault::query("JSONPath must start with '$'"));
    };
    strict_steps(rest)
}

fn strict_steps(mut rest: &str) -> Result<Vec<Step>, Fault> {
    let digits = |text| run(text, |c: char| c.is_ascii_digit());
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let key = plain_key(rest).or_else(|| raw_quoted(rest.strip_prefix(".\"")?, '"'));
        if let Some((key, after)) = key {
            steps.push(Step::Key(key));
            rest = after;
            continue;
        }
        let (place, after) = bracket(rest, digits).ok_or_else(|| invalid(rest))?;
        let place = place
            .parse::<usize>()
            .map_err(|_| Fault::query(format!("JSONPath contains invalid array index: {place}")))?;
        steps.push(Step::Place(place));
        rest = after;
    }
    Ok(steps)
}

/// A path with modifiers before `$`; `None` when it is an ordinary path, right or wrong.
pub(crate) fn lax(path: &str) -> Result<Option<(Mode, Vec<Step>)>, Fault> {
    let prefix =
        || Fault::query("JSONPath must start with zero or more unique modifiers followed by '$'");
    let mut mode = Mode::default();
    let mut rest = path;
    while let Some((word, after)) = rest.split_once(is_blank) {
        let flag = match word.to_ascii_lowercase().as_str() {
            "lax" => &mut mode.lax,
            "recursive" => &mut mode.recursive,
            _ => break,
        };
        if std::mem::replace(flag, true) {
            return Err(prefix());
        }
        rest = after.trim_start_matches(is_blank);
    }
    if mode.recursive && !mode.lax {
        return Err(Fault::query(
            "JSONPath has an invalid combination of modifiers. The 'lax' modifier must be included if 'recursive' is specified.",
        ));
    }
    if !mode.lax {
        return Ok(None);
    }
    let steps = strict_steps(rest.strip_prefix('$').ok_or_else(prefix)?)?;
    Ok(Some((mode, steps)))
}
