//! A CSV text cut into records and fields, by RFC 4180 and nothing looser.
//!
//! Decides where a field begins and ends and names the line and character of everything that does not
//! keep the form. It must never guess: a text that can be read in two ways is refused.

/// A part of a text: where it lies, or that it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    start: usize,
    /// With the highest bit set the part lies among the unquoted texts.
    length: u32,
}

/// The bit of a length that tells of an unquoted text.
const UNQUOTED: u32 = 1 << 31;
/// BigQuery's limit for a cell.
const LONGEST: usize = 100 << 20;

/// What is wrong, and the line it is on, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: u64,
    pub(super) reason: String,
}

/// Reads one text record by record.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    text: &'a str,
    at: usize,
    /// The line the last record began on.
    line: u64,
    /// The line the next one begins on.
    following: u64,
    /// Fields whose doubled quotes were made single.
    unquoted: String,
}

impl<'a> Splitter<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, following: 1, unquoted: String::new() }
    }

    /// The line the last record began on, counted from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Share of the text that was read, in percent.
    pub(super) fn percent(&self) -> u8 {
        let share = self.at.saturating_mul(100).checked_div(self.text.len()).unwrap_or(100);
        u8::try_from(share).unwrap_or(100)
    }

    /// The text of a cell.
    pub(super) fn text(&self, cell: Cell) -> &str {
        let (whole, length) = if cell.length & UNQUOTED == 0 {
            (self.text, cell.length)
        } else {
            (self.unquoted.as_str(), cell.length & !UNQUOTED)
        };
        whole.get(cell.start..cell.start + length as usize).unwrap_or_default()
    }

    /// The next record's fields; `false` at the end of the text.
    pub(super) fn next(&mut self, cells: &mut Vec<Cell>) -> Result<bool, Wrong> {
        cells.clear();
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(false);
        }
        self.line = self.following;
        let (line, length) = match rest.split_once('\n') {
            Some((line, _)) => (line, line.len() + 1),
            None => (rest, rest.len()),
        };
        if line.as_bytes().contains(&b'"') {
            return self.quoted(rest, cells).map(|()| true);
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.as_bytes().contains(&b'\r') {
            return Err(self.wrong(line, line.find('\r').unwrap_or_default(), BARE));
        }
        let mut start = self.at;
        for field in line.split(',') {
            cells.push(self.cell(start, field, 0)?);
            start += field.len() + 1;
        }
        self.at += length;
        self.following = self.line.saturating_add(1);
        Ok(true)
    }

    fn cell(&self, start: usize, field: &str, mark: u32) -> Result<Cell, Wrong> {
        match u32::try_from(field.len()).ok().filter(|_| field.len() <= LONGEST) {
            Some(length) => Ok(Cell { start, length: length | mark }),
            None => {
                Err(Wrong { line: self.line, reason: "a field is longer than 100 MB".to_owned() })
            }
        }
    }

    fn wrong(&self, record: &str, at: usize, what: &str) -> Wrong {
        let before = record.get(..at).unwrap_or_default();
        let lines = before.matches('\n').count() as u64;
        let last = before.rsplit('\n').next().unwrap_or_default();
        let place = last.chars().count().saturating_add(1);
        let reason = format!("character {place}: {what}");
        Wrong { line: self.line.saturating_add(lines), reason }
    }

    /// A record with at least one quote in its first line; it may go on over further lines.
    fn quoted(&mut self, record: &'a str, cells: &mut Vec<Cell>) -> Result<(), Wrong> {
        let mut at = 0;
        loop {
            let rest = record.get(at..).unwrap_or_default();
            let length = if let Some(inside) = rest.strip_prefix('"') {
                let length = self.closing(record, at, inside)?;
                let field = inside.get(..length).unwrap_or_default();
                let cell = if field.as_bytes().contains(&b'"') {
                    let start = self.unquoted.len();
                    self.unquoted.push_str(&field.replace("\"\"", "\""));
                    self.cell(start, self.unquoted.get(start..).unwrap_or_default(), UNQUOTED)?
                } else {
                    self.cell(self.at + at + 1, field, 0)?
                };
                cells.push(cell);
                length + 2
            } else {
                let field = bare(rest);
                if let Some((bad, what)) = misplaced(field) {
                    return Err(self.wrong(record, at + bad, what));
                }
                cells.push(self.cell(self.at + at, field, 0)?);
                field.len()
            };
            at += length;
            match end(record.get(at..).unwrap_or_default()) {
                Some((1, true)) => at += 1,
                Some((length, _)) => {
                    self.skip(record, at + length);
                    return Ok(());
                }
                None => return Err(self.wrong(record, at, BEHIND)),
            }
        }
    }

    /// Length of a quoted field's inside, up to its closing quote.
    fn closing(&self, record: &str, opened: usize, inside: &str) -> Result<usize, Wrong> {
        let mut at = 0;
        while let Some(found) = inside.get(at..).and_then(|rest| rest.find('"')) {
            let quote = at + found;
            if !inside.get(quote + 1..).unwrap_or_default().starts_with('"') {
                return Ok(quote);
            }
            at = quote + 2;
        }
        Err(self.wrong(record, opened, "the quote that opens here is never closed"))
    }

    fn skip(&mut self, record: &str, length: usize) {
        let read = record.get(..length).unwrap_or_default();
        let read = read.strip_suffix('\n').unwrap_or(read);
        let lines = read.matches('\n').count() as u64;
        self.following = self.line.saturating_add(lines).saturating_add(1);
        self.at += length;
    }
}

const BARE: &str = "a carriage return without a line feed; lines end with LF or CR LF";
const INSIDE: &str =
    "a quote inside a field that does not begin with one; put the field in quotes and double it";
const BEHIND: &str = "text behind a closing quote; a quote inside a field is written twice";

/// The field without quotes that a text begins with. One character at a time is looked for: that is
/// many times faster than looking for several.
fn bare(text: &str) -> &str {
    let field = text.split_once(',').map_or(text, |(field, _)| field);
    match field.split_once('\n') {
        Some((field, _)) => field.strip_suffix('\r').unwrap_or(field),
        None if field.len() == text.len() => field.strip_suffix('\r').unwrap_or(field),
        None => field,
    }
}

/// Where a field without quotes holds what it may not.
fn misplaced(field: &str) -> Option<(usize, &'static str)> {
    let quote = field.find('"').map(|at| (at, INSIDE));
    let bare = field.find('\r').map(|at| (at, BARE));
    quote.into_iter().chain(bare).min_by_key(|(at, _)| *at)
}

/// How long what ends a field is, and whether it is a comma; nothing if the field does not end here.
fn end(rest: &str) -> Option<(usize, bool)> {
    match rest.as_bytes() {
        [] => Some((0, false)),
        [b',', ..] => Some((1, true)),
        [b'\n', ..] => Some((1, false)),
        [b'\r', b'\n', ..] => Some((2, false)),
        [b'\r'] => Some((1, false)),
        _ => None,
    }
}
