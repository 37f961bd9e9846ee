//! RE2's regular expression syntax, rewritten for the engine that runs it.
//!
//! Decides what each construct means in RE2 and writes an engine pattern of exactly that meaning,
//! with every flag resolved on the spot. It must never hand RE2 text to the engine unread: the two
//! disagree on classes, escapes and word characters.

use super::class;
use super::escape;
use crate::bigquery::fault::Fault;

/// The most times one thing may be repeated, also through nested repetitions.
const MOST_REPEATS: u64 = 1000;

/// What `(?imsU)` has set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) fold: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) lazy: bool,
}

/// One thing that a repetition may follow.
struct Item {
    text: String,
    /// Whether it ends in a repetition, so that another one needs a group around it.
    repeated: bool,
    /// The product of the counted repetitions inside.
    times: u64,
}

/// A group that is open, or the whole pattern.
struct Frame {
    open: &'static str,
    /// Finished alternatives, each with its bar.
    before: String,
    items: Vec<Item>,
    times: u64,
    /// The flags outside.
    flags: Flags,
}

impl Frame {
    const fn new(open: &'static str, flags: Flags) -> Self {
        Self { open, before: String::new(), items: Vec::new(), times: 1, flags }
    }

    fn bar(&mut self) {
        self.finish();
        self.before.push('|');
    }

    fn finish(&mut self) {
        for item in self.items.drain(..) {
            self.before.push_str(&item.text);
            self.times = self.times.max(item.times);
        }
    }
}

/// A reader of one pattern.
pub(super) struct Parser<'p> {
    pattern: &'p str,
    at: usize,
    pub(super) flags: Flags,
    /// Whether the pattern and its texts are bytes, read as Latin-1.
    pub(super) bytes: bool,
    frame: Frame,
    outer: Vec<Frame>,
    /// Where the repetition that was just read starts.
    unary: Option<usize>,
}

/// The engine's pattern for an RE2 pattern.
///
/// # Errors
/// RE2's words for what it cannot parse; a refusal of what the engine cannot do.
pub(super) fn translate(pattern: &str, bytes: bool) -> Result<String, Fault> {
    let mut parser = Parser {
        pattern,
        at: 0,
        flags: Flags::default(),
        bytes,
        frame: Frame::new("", Flags::default()),
        outer: Vec::new(),
        unary: None,
    };
    while let Some(c) = parser.peek() {
        let before = parser.unary.take();
        parser.step(c, before)?;
    }
    if !parser.outer.is_empty() {
        return Err(wrong("missing )", pattern));
    }
    parser.frame.finish();
    let done = parser.frame.before;
    Ok(if bytes { format!("(?-u:{done})") } else { done })
}

/// RE2's complaint.
pub(super) fn wrong(what: &str, text: &str) -> Fault {
    let colon = if text.is_empty() { "" } else { ": " };
    Fault::query(format!("Cannot parse regular expression: {what}{colon}{text}"))
}

impl<'p> Parser<'p> {
    pub(super) fn rest(&self) -> &'p str {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.skip(c.len_utf8());
        Some(c)
    }

    /// Passes over a text if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.skip(text.len());
        }
        there
    }

    pub(super) const fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    pub(super) const fn place(&self) -> usize {
        self.at
    }

    /// What has been read since a place.
    pub(super) fn since(&self, place: usize) -> &'p str {
        self.pattern.get(place..self.at).unwrap_or_default()
    }

    pub(super) fn push(&mut self, text: String) {
        self.frame.items.push(Item { text, repeated: false, times: 1 });
    }

    /// A class or another text that case folding applies to.
    pub(super) fn push_folded(&mut self, text: String) {
        let text = if self.flags.fold { format!("(?i:{text})") } else { text };
        self.push(text);
    }

    fn push_code(&mut self, code: u32) {
        self.push_folded(class::one(code));
    }

    fn step(&mut self, c: char, unary: Option<usize>) -> Result<(), Fault> {
        match c {
            '(' if self.rest().starts_with("(?") => self.perl_group()?,
            '(' => {
                self.skip(1);
                self.open("(");
            }
            '|' => {
                self.skip(1);
                self.frame.bar();
            }
            ')' => self.close()?,
            '^' => self.simple(if self.flags.multi_line { "(?m:^)" } else { r"\A" }),
            '$' => self.simple(if self.flags.multi_line { "(?m:$)" } else { r"\z" }),
            '.' => self.simple(if self.flags.dot_all { "(?s:.)" } else { r"[^\n]" }),
            '[' => {
                let class = class::parse(self)?;
                self.push_folded(class);
            }
            '*' | '+' | '?' => self.repeat(unary)?,
            '{' => self.counted(unary)?,
            '\\' => self.backslash()?,
            other => {
                self.skip(other.len_utf8());
                self.push_code(u32::from(other));
            }
        }
        Ok(())
    }

    fn simple(&mut self, text: &str) {
        self.skip(1);
        self.push(text.to_owned());
    }

    fn open(&mut self, open: &'static str) {
        let frame = Frame::new(open, self.flags);
        self.outer.push(std::mem::replace(&mut self.frame, frame));
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(outer) = self.outer.pop() else {
            return Err(wrong("unexpected )", self.pattern));
        };
        self.skip(1);
        let mut group = std::mem::replace(&mut self.frame, outer);
        group.finish();
        self.flags = group.flags;
        let text = format!("{}{})", group.open, group.before);
        self.frame.items.push(Item { text, repeated: false, times: group.times });
        Ok(())
    }

    /// `*`, `+`, `?`, each with an optional `?`.
    fn repeat(&mut self, unary: Option<usize>) -> Result<(), Fault> {
        let start = self.at;
        self.skip(1);
        let op = self.since(start);
        self.repetition(op, start, unary, 1)
    }

    /// `{2}`, `{2,}`, `{2,3}`; anything else is a plain brace.
    fn counted(&mut self, unary: Option<usize>) -> Result<(), Fault> {
        let start = self.at;
        let Some((length, least, most)) = escape::counts(self.rest()) else {
            self.skip(1);
            self.push_code(u32::from('{'));
            return Ok(());
        };
        self.skip(length);
        let op = self.since(start);
        let times = most.unwrap_or(least);
        let backwards = most.is_some_and(|most| most < least);
        let too_often = backwards || least > MOST_REPEATS || times > MOST_REPEATS;
        let times = if too_often { u64::MAX } else { times };
        self.repetition(op, start, unary, times)
    }

    fn repetition(
        &mut self,
        op: &str,
        start: usize,
        unary: Option<usize>,
        times: u64,
    ) -> Result<(), Fault> {
        let lazy = self.eat("?") != self.flags.lazy;
        if let Some(unary) = unary {
            return Err(wrong("bad repetition operator", self.since(unary)));
        }
        let whole = self.since(start);
        if times == u64::MAX {
            return Err(wrong("invalid repetition size", whole));
        }
        let Some(item) = self.frame.items.last_mut() else {
            return Err(wrong("no argument for repetition operator", whole));
        };
        let inside = item.times.saturating_mul(times.max(1));
        if times >= 2 && inside > MOST_REPEATS {
            return Err(wrong("invalid repetition size", whole));
        }
        let mark = if lazy { "?" } else { "" };
        item.text = match item.repeated {
            true => format!("(?:{}){op}{mark}", item.text),
            false => format!("{}{op}{mark}", item.text),
        };
        item.repeated = true;
        item.times = inside;
        self.unary = Some(start);
        Ok(())
    }

    fn backslash(&mut self) -> Result<(), Fault> {
        let next = self.rest().chars().nth(1);
        match next {
            Some('b') => self.plain(r"(?-u:\b)"),
            Some('B') => self.plain(r"(?-u:\B)"),
            Some('A') => self.plain(r"\A"),
            Some('z') => self.plain(r"\z"),
            Some('C') => self.plain("(?s-u:.)"),
            Some('Q') => self.quoted(),
            Some('p' | 'P' | 'd' | 'D' | 's' | 'S' | 'w' | 'W') => {
                let group = class::group(self)?;
                self.push_folded(format!("[{group}]"));
            }
            _ => {
                let code = escape::code(self)?;
                self.push_code(code);
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.skip(2);
        self.push(text.to_owned());
    }

    /// `\Q…\E`: plain characters, to the end when there is no `\E`.
    fn quoted(&mut self) {
        self.skip(2);
        while !self.eat(r"\E") {
            let Some(c) = self.bump() else { return };
            self.push_code(u32::from(c));
        }
    }

    /// `(?P<name>`, `(?<name>`, `(?flags)` and `(?flags:`.
    fn perl_group(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let looks_behind = rest.starts_with("(?<=") || rest.starts_with("(?<!");
        if looks_behind {
            return Err(wrong("invalid perl operator", rest.get(..4).unwrap_or_default()));
        }
        for start in ["(?P<", "(?<"] {
            if rest.starts_with(start) {
                return self.named(start.len());
            }
        }
        let (flags, group) = escape::flags(self)?;
        if group {
            self.open("(?:");
        }
        self.flags = flags;
        Ok(())
    }

    fn named(&mut self, start: usize) -> Result<(), Fault> {
        let rest = self.rest();
        let Some(end) = rest.find('>') else {
            return Err(wrong("invalid named capture group", rest));
        };
        let name = rest.get(start..end).unwrap_or_default();
        let place = self.at;
        self.skip(end.saturating_add(1));
        if !escape::is_name(name) {
            return Err(wrong("invalid named capture group", self.since(place)));
        }
        self.open("(");
        Ok(())
    }
}
