//! Lines of an input that nobody vouches for: bounded, one by one, and none of them lost.
//!
//! A line that is empty, too long or not UTF-8 is handed out as such, so that answers stay beside
//! their questions. No more than one line is ever held, and never more of it than the cap.

use std::io::{self, BufRead, BufReader, Read};

use serde_json::json;

/// Longest line, in bytes. JSON may write one byte of a text as six.
pub(super) const MAX_LINE: usize = 64 << 20;
/// Room that is kept from one line to the next.
const KEPT: usize = 1 << 20;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Text(&'a str),
    /// Why it cannot be judged.
    Unreadable(&'static str),
}

/// The lines of an input.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    max: usize,
    first: bool,
}

/// The answer to a line that could not be judged.
pub(super) fn error(reason: &str) -> String {
    json!({"id": null, "error": reason}).to_string()
}

impl<R: Read> Lines<R> {
    pub(super) const fn new(input: BufReader<R>) -> Self {
        Self { input, line: Vec::new(), max: MAX_LINE, first: true }
    }

    /// Whether another whole line is here already, so that reading it will not wait.
    pub(super) fn has_next(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }

    /// The next line; None at the end. What stands behind the last line end is a line if it is not
    /// empty.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        self.line.shrink_to(KEPT);
        let mut length = 0_usize;
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() && length == 0 {
                return Ok(None);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = end.and_then(|end| chunk.get(..end)).unwrap_or(chunk);
            length = length.saturating_add(part.len());
            if length <= self.max {
                self.line.extend_from_slice(part);
            }
            let (ended, used) = (end.is_some() || part.is_empty(), part.len());
            self.input.consume(used.saturating_add(usize::from(end.is_some())));
            if ended {
                return Ok(Some(self.read(length)));
            }
        }
    }

    fn read(&mut self, length: usize) -> Line<'_> {
        let first = std::mem::take(&mut self.first);
        if length > self.max {
            return Line::Unreadable("the line is longer than 64 MiB");
        }
        let line = self.line.strip_prefix(b"\xef\xbb\xbf").filter(|_| first).unwrap_or(&self.line);
        match str::from_utf8(line) {
            Err(_) => Line::Unreadable("the line is not UTF-8"),
            Ok(text) if text.trim().is_empty() => Line::Unreadable("the line is empty"),
            Ok(text) => Line::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line of the input as it is answered, read in pieces of this size.
    fn all(input: &[u8], piece: usize, max: usize) -> Vec<String> {
        let mut lines = Lines { max, ..Lines::new(BufReader::with_capacity(piece, input)) };
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push(match line {
                Line::Text(text) => text.to_owned(),
                Line::Unreadable(reason) => format!("!{reason}"),
            });
        }
        seen
    }

    #[test]
    fn every_line_is_handed_out_once_whatever_the_pieces() {
        let empty = "!the line is empty";
        let long = "!the line is longer than 64 MiB";
        for (input, expected) in [
            (&b""[..], &[][..]),
            (b"a", &["a"]),
            (b"a\n", &["a"]),
            (b"a\nb", &["a", "b"]),
            (b"\n", &[empty]),
            (b"a\n\nb\n", &["a", empty, "b"]),
            (b"a\r\n \r\nb", &["a\r", empty, "b"]),
            (b"a\n \n", &["a", empty]),
            (b"\xff\nb\n", &["!the line is not UTF-8", "b"]),
            (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", &["a", "\u{feff}b"]),
            (b"12345678\n123456789\nc", &["12345678", long, "c"]),
            (b"12345678901234567890", &[long]),
        ] {
            for piece in [1, 2, 3, 7, 100] {
                assert_eq!(all(input, piece, 8), expected, "{input:?} by {piece}");
            }
        }
    }

    #[test]
    fn a_waiting_line_is_known_without_reading() {
        let mut lines = Lines::new(BufReader::with_capacity(100, &b"a\nb\nc"[..]));
        for (text, more) in [("a", true), ("b", false), ("c", false)] {
            assert_eq!(lines.next().unwrap(), Some(Line::Text(text)));
            assert_eq!(lines.has_next(), more, "{text}");
        }
    }
}
